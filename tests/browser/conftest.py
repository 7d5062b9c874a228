"""A real browser against a real server. These tests are not `async def`: Playwright brings an event loop of its own.

Every page fails its test for an error on the console, an uncaught exception or a violation of the page's policy,
whatever else the test looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from jupyter_scheduler_ext.client import SchedulerClient

CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WAIT = 30_000
"""Milliseconds that anything may take to appear on a busy machine."""
FOREIGN = ("/api/me", "favicon", "/lab/extensions/", "/lab/api/", "/static/lab/")
"""Parts of addresses whose failures are JupyterLab's own."""


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """In place of pytest-jupyter's, which would close Playwright's loop after each test."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """In place of pytest-jupyter's: no server of these tests runs in this process."""


@pytest.fixture(scope="package")
def launch(chromium: str) -> Iterator[Callable[[], Browser]]:
    """Gives the one headless Chromium of these tests, or another if it has crashed.

    Not for the whole session: while it is open its loop counts as running, and `async def` tests could not run.
    """
    expect.set_options(timeout=WAIT)
    launched: list[Browser] = []
    with sync_playwright() as playwright:

        def launch() -> Browser:
            if not launched or not launched[-1].is_connected():
                launched.append(playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS))
            return launched[-1]

        yield launch
        for browser in launched:
            browser.close()


@pytest.fixture
def browser(launch: Callable[[], Browser]) -> Browser:
    """A headless Chromium; open a context or page of your own in it."""
    return launch()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[LiveServer]:
    """One server for all tests in a browser, with a JupyterLab that asks nothing."""
    with LiveServer(tmp_path_factory.mktemp("browser"), lab=True) as server:
        write_notebook(server.root / "hello.ipynb", "print('hello', name)\nlen(name)", parameters="name = 'world'")
        yield server


@pytest.fixture
def client(server: LiveServer) -> Iterator[SchedulerClient]:
    """A client of the server; each test begins without tasks."""
    client = SchedulerClient(server.url, server.token)
    yield client
    client.bulk("delete", client.tasks())


JUPYTERLABS_OWN = ("Canceled future for create_subshell_request",)
"""JupyterLab asks a kernel for a subshell for its comms, and complains if it connects anew before the answer came."""


class Complaints:
    """What pages said that no page should say. `expected` are parts of messages that a test provokes."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.expected: list[str] = []

    def listen(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.heard.append(f"uncaught: {error}"))

    def check(self) -> None:
        expected = (*JUPYTERLABS_OWN, *self.expected)
        unexpected = [text for text in self.heard if not any(part in text for part in expected)]
        assert unexpected == []

    def _hear(self, message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        if message.type == "error" and not any(part in address for part in FOREIGN):
            self.heard.append(f"{message.text} ({address})")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the pages of this test complained about; it fails for anything that it did not expect."""
    complaints = Complaints()
    yield complaints
    complaints.check()


@pytest.fixture
def new_page(browser: Browser, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens pages in a context of their own; arguments are those of Playwright's `new_context`."""
    contexts: list[BrowserContext] = []

    def open_page(width: int = 1280, height: int = 800, **options: Any) -> Page:
        settings = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce", **options}
        context = browser.new_context(**settings)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page = context.new_page()
        complaints.listen(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient) -> Page:
    """The scheduler's page, of a server without tasks."""
    page = new_page()
    page.goto(server.page())
    page.get_by_role("heading", name="Scheduled tasks", level=1).wait_for()
    return page


def write_notebook(path: Path, *cells: str, parameters: str | None = None) -> None:
    """A notebook; its first cell is the one with the tag `parameters`, if there are any."""
    import nbformat

    made = [nbformat.v4.new_code_cell(source) for source in cells]
    if parameters is not None:
        made.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
