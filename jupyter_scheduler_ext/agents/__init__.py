"""The scheduler's operations as tools for AI agents, through jupyter-server-mcp. Off unless the server offers them."""

from __future__ import annotations

PLACE = f"{__name__}.tools"


def tools() -> list[str]:
    """The entry point ``jupyter_server_mcp.tools``: where each tool is found; none where the server does not offer
    them (`access.AgentSettings`)."""
    from .access import offered

    if offered() is None:
        return []
    from .catalogue import CATALOGUE

    return [f"{PLACE}:{name}" for name in CATALOGUE]
