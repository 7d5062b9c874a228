"""axe finds nothing to complain about, in any view, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import row, sheet

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that a theme can break; the others look at what is there, whatever its colours."""
LOOK = """async runOnly => {
  const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(moving.map(one => one.finished));
  const where = document.querySelector("dialog[open]") ?? document;
  return (await axe.run(where, {runOnly, resultTypes: ["violations"], preload: false})).violations;
}"""


@pytest.fixture(scope="module")
def busy(server: LiveServer) -> Iterator[SchedulerClient]:
    """A server with tasks in every state and with a past."""
    client = SchedulerClient(server.url, server.token)
    client.schedule("hello.ipynb", "30 2 * * *", name="Idle", tags=("finance",)).run().wait(60)
    client.schedule(code="1/0", name="Broken", when="@hourly").run().wait(60)
    client.schedule(code="1", name="Off", when="@daily", enabled=False)
    client.schedule(code="import time; time.sleep(300)", name="Busy").run()
    client.schedule(code="1", name="Dated", when="2031-05-01T10:30")
    yield client
    client.bulk("delete", client.tasks())


VIEWS = {
    "list": ("#/", ".scheduler-row"),
    "timeline": ("#/timeline", ".scheduler-timeline svg, .scheduler-timeline [role]"),
    "calendar": ("#/calendar", ".scheduler-month [role], .scheduler-month button"),
    "contexts": ("#/contexts", "[role=tabpanel] table tbody tr"),
    "notifications": ("#/notifications", "[role=tab][data-tab=notifications][aria-selected=true]"),
    "status": ("#/status", "[role=tab][data-tab=status][aria-selected=true]"),
    "access": ("#/access", "[role=tabpanel] table tbody tr th"),
    "task": ("#/task/{task}", "dialog[open] .scheduler-runs tbody tr"),
    "run": ("#/run/{run}", "dialog[open] .scheduler-failure"),
    "edit": ("#/task/{task}/edit", "dialog[open] form"),
    "new": ("#/new/planned", "dialog[open] form"),
}
"""The views: where each is, and what must be there before it is looked at, since a blank page has no barrier either."""


DIALOGS = {"commands": "Control+k", "shortcuts": "?", "run with changes": "Shift+R"}
"""What keys open above the list, whose first row is the active one."""


def barriers(page: Page) -> list[str]:
    """What axe finds in light and in dark: by all rules in the one that is, by those of colours in the other, which is
    left on. While a dialog is open nothing else can be reached, and it alone is looked at."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(LOOK, RULES)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if dark else "dark")
    page.locator(f"[data-scheduler-theme={'light' if dark else 'dark'}]").first.wait_for()
    found += page.evaluate(LOOK, {"type": "rule", "values": COLOURS})
    return [f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:5]}" for one in found]


@pytest.mark.parametrize("width", [1280, 390])
def test_no_view_has_a_barrier(
    new_page: Callable[..., Page], server: LiveServer, busy: SchedulerClient, width: int
) -> None:
    page = new_page(width, 800)
    page.goto(server.page())
    expect(page.locator(".scheduler-row")).to_have_count(5)
    broken = busy.task("Broken")
    ids = {"task": broken.id, "run": broken.runs()[0].id}
    found: dict[str, list[str]] = {}
    for name, (fragment, sign) in VIEWS.items():
        page.goto(server.page(fragment.format(**ids)))
        page.locator(sign).locator("visible=true").first.wait_for()
        found[name] = barriers(page)
        if sheet(page).count():
            page.keyboard.press("Escape")
            expect(sheet(page)).to_have_count(0)
    page.goto(server.page("#/"))
    row(page, "Idle").get_by_role("button", name="Idle", exact=True).focus()
    page.keyboard.press("o")
    page.locator(".scheduler-detail").wait_for()
    found["open row"] = barriers(page)
    for name, keys in DIALOGS.items():
        page.keyboard.press(keys)
        sheet(page).first.wait_for()
        found[name] = barriers(page)
        page.keyboard.press("Escape")
        expect(sheet(page)).to_have_count(0)
    for item in ("From a template", "Import tasks", "Export tasks"):
        page.get_by_role("button", name="New task from").click()
        page.get_by_role("menuitem", name=item).wait_for()
        found["menu"] = barriers(page)
        page.get_by_role("menuitem", name=item).click()
        sheet(page).first.wait_for()
        found[item] = barriers(page)
        page.keyboard.press("Escape")
        expect(sheet(page)).to_have_count(0)
    row(page, "Idle").get_by_role("checkbox").check()
    page.get_by_role("toolbar").wait_for()
    found["selection"] = barriers(page)
    assert {name: said for name, said in found.items() if said} == {}
