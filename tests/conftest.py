"""Fixtures for everyone. `async def` tests run on pytest-jupyter's event loop, one a test."""

pytest_plugins = ["pytest_jupyter.jupyter_server", "performing"]
