"""A tab that nobody looks at costs nothing, and is fresh when somebody looks again."""

from __future__ import annotations

from collections.abc import Callable

from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import row

COUNT_TIMERS = """
const repeated = new Set();
const {setInterval: begin, clearInterval: end} = window;
window.setInterval = (...args) => { const id = begin(...args); repeated.add(id); return id; };
window.clearInterval = (id) => { repeated.delete(id); end(id); };
Object.defineProperty(window, 'repeatedTimers', {get: () => repeated.size});
"""
SHOW = """(shown) => {
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => !shown});
  document.dispatchEvent(new Event('visibilitychange'));
}"""
WATCH = """() => {
  window.writes = 0;
  new MutationObserver((found) => { window.writes += found.length; })
    .observe(document.querySelector('.scheduler-body'), {subtree: true, childList: true, characterData: true});
}"""


def test_a_hidden_page_asks_for_nothing_and_is_fresh_when_it_is_seen(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    task = client.schedule(code="1", name="Before", when="0 4 * * *")
    page, seen = new_page(), new_page()
    page.add_init_script(COUNT_TIMERS)
    for each in (page, seen):
        each.goto(server.page())
        expect(row(each, "Before")).to_be_visible()
        expect(each.get_by_text("Live").first).to_be_attached()
    assert page.evaluate("repeatedTimers") > 0

    page.evaluate(SHOW, False)
    expect(page.get_by_text("Paused").first).to_be_attached()
    page.evaluate(WATCH)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    client.update(task, {"name": "After"})
    expect(row(seen, "After")).to_be_visible()
    assert page.evaluate("[repeatedTimers, writes]") == [0, 0]
    assert asked == []

    page.evaluate(SHOW, True)
    expect(row(page, "After")).to_be_visible()
    expect(page.get_by_text("Live").first).to_be_attached()
    assert page.evaluate("repeatedTimers") > 0
    assert len(asked) <= 4, asked
