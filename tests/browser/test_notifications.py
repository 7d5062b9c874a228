"""The tab for notifications: targets, a test message, and this browser's own notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect
from sinks import Webhook, wait_for

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints
from .test_page_accessibility import barriers

pytestmark = pytest.mark.browser

ASKS = """
window.shown = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, options) { window.shown.push(`${title} | ${options.body}`); }
};
"""
"""In place of the browser's own notifications, which nobody sees in a test: one that is asked, agrees, and keeps."""


@pytest.fixture(scope="module")
def hook() -> Iterator[Webhook]:
    with Webhook() as sink:
        yield sink


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, hook: Webhook, chromium: str) -> Iterator[LiveServer]:
    home: Path = tmp_path_factory.mktemp("telling")
    (home / "config").mkdir()
    settings = {"targets": {"board": "env:BOARD", "gone": "env:NOT_THERE"}, "to": ["board"]}
    (home / "config" / "jupyter_server_config.json").write_text(json.dumps({"NotificationSettings": settings}))
    with LiveServer(home, env={"BOARD": hook.address("canary")}) as server:
        yield server


def test_targets_are_listed_and_a_test_message_is_sent(
    new_page: Callable[..., Page], server: LiveServer, hook: Webhook, complaints: Complaints
) -> None:
    complaints.expected.append("502")
    page = new_page()
    page.goto(server.page("#/notifications"))
    board = page.get_by_role("row", name="board")
    expect(page.get_by_role("row", name="gone")).to_contain_text("NOT_THERE")
    expect(page.get_by_text("tell of failures, missed times, recoveries, to board.")).to_be_visible()
    board.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test message was delivered to board")).to_be_visible()
    wait_for(lambda: hook.posts, "the message")
    page.get_by_role("row", name="gone").get_by_role("button", name="Send a test").click()
    expect(page.locator(".scheduler-toast").filter(has_text="was not delivered")).to_be_visible()
    assert "canary" not in page.content()
    assert barriers(page) == []


@pytest.mark.parametrize("width", [390])
def test_the_tab_is_there_on_a_telephone(new_page: Callable[..., Page], server: LiveServer, width: int) -> None:
    page = new_page(width, 800)
    page.goto(server.page("#/notifications"))
    expect(page.get_by_role("row", name="board")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers(page) == []


def test_the_browser_tells_what_fails_once_it_was_asked_to(new_page: Callable[..., Page], server: LiveServer) -> None:
    client = SchedulerClient(server.url, server.token)
    failing = client.schedule(["python3", "-c", "raise SystemExit(3)"], name="Watched")
    page = new_page()
    page.add_init_script(ASKS)
    page.goto(server.page("#/notifications"))
    switch = page.get_by_role("checkbox", name="Notify me when a run fails or is missed")
    expect(switch).not_to_be_checked()
    switch.click()
    expect(switch).to_be_checked()
    failing.run()
    page.wait_for_function("() => window.shown.length > 0")
    assert page.evaluate("window.shown") == ["Watched: Failed | exit code 3"]
    switch.click()
    expect(switch).not_to_be_checked()
