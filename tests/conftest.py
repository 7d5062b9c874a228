"""Fixtures for everyone. `async def` tests run on pytest-jupyter's event loop, one a test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from live_server import LiveServer

from dev import find_chromium

pytest_plugins = ["pytest_jupyter.jupyter_server", "performing", "postgres"]

LONG = ("test_server_nights.py", "test_simulation.py", "test_cron_oracle.py")
"""Files that take longest: begun first, so that several workers end together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
    for item in items:
        # Twice more if it fails, and the summary says so: while it still connects to a kernel, JupyterLab drops cells.
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))


@pytest.fixture(scope="module")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server with the extension and no tasks, shared by the tests of a module."""
    with LiveServer(tmp_path_factory.mktemp("live")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. Where there is none, the tests that need it are skipped, and say why."""
    path = find_chromium()
    if not path:
        pytest.skip(os.environ.get("CHROMIUM_MISSING") or "no Chromium: install it, or set CHROMIUM to its path")
    return path
