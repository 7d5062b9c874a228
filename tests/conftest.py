"""Fixtures for everyone. `async def` tests run on pytest-jupyter's event loop, one a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from live_server import LiveServer

from dev import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["pytest_jupyter.jupyter_server", "performing"]


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


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium for the tests of a module; open a context or page of your own in it.

    Not for the whole session: while it is open, Playwright's loop counts as running, and `async def` tests cannot run.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        browser.close()
