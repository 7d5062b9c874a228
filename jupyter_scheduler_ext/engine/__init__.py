"""The scheduler itself: time, claims, state. Knows no web, no Tornado and no Jupyter server."""
