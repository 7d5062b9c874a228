"""The views beside the list, the tabs, and the ways in which people set up what they see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import row, sheet

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

TABS = ("Scheduler", "Contexts", "Notifications", "Status", "Access")
WATCH_TABS = """() => {
  window.seen = [];
  const look = () => {
    const shown = [...document.querySelectorAll('[role=tabpanel]')].filter((panel) => panel.checkVisibility());
    const at = shown.map((panel) => panel.id.split('-').at(-1)).join('+');
    if (window.seen.at(-1) !== at) window.seen.push(at);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture
def past(client: SchedulerClient) -> SchedulerClient:
    """Two tasks, of which one ran and one failed."""
    client.schedule(code="'fine'", name="Fine", when="@hourly").run().wait(60)
    client.schedule(code="1/0", name="Failing", when="@hourly").run().wait(60)
    return client


def test_timeline_and_calendar_lead_from_a_day_to_a_run(page: Page, past: SchedulerClient) -> None:
    page.get_by_role("button", name="Calendar").click()
    today = page.locator(".scheduler-month-day[aria-current=date]")
    expect(today).to_contain_text(re.compile(r"[1-9]\d* failed"))
    page.get_by_role("button", name="Next month").click()
    expect(today).to_have_count(0)
    page.get_by_role("button", name="Previous month").click()
    today.click()
    expect(page).to_have_url(re.compile("#/timeline"))
    lane = page.locator(".scheduler-timeline").get_by_role("listitem").filter(has_text="Failing")
    lane.locator(".scheduler-lane-run").first.click()
    expect(sheet(page).locator(".scheduler-failure")).to_contain_text("ZeroDivisionError")
    page.go_back()
    expect(sheet(page)).to_have_count(0)
    page.get_by_role("button", name="List", exact=True).click()
    expect(row(page, "Failing")).to_be_visible()


def test_a_tab_is_chosen_by_mouse_keys_and_address_and_no_other_flashes_by(
    page: Page, past: SchedulerClient, server: LiveServer
) -> None:
    expect(row(page, "Fine")).to_be_visible()
    page.evaluate(WATCH_TABS)
    page.get_by_role("tab", name="Contexts").click()
    expect(page.get_by_role("tabpanel").get_by_role("rowheader", name="Fine")).to_be_visible()
    for name in TABS[2:]:
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=name)).to_be_focused()
        expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
        expect(page).to_have_url(re.compile(f"#/{name.lower()}"))
    assert page.evaluate("window.seen") == ["scheduler", "contexts", "notifications", "status", "access"]
    expect(page.get_by_role("tabpanel", name="Access").get_by_role("row").filter(has_text="Schedule")).to_contain_text(
        "Allowed"
    )
    page.goto(server.page("#/status"))
    expect(page.get_by_role("tabpanel", name="Status")).to_contain_text("Leader")


def test_the_context_chosen_stays_chosen_and_narrows_the_list(
    page: Page, past: SchedulerClient, server: LiveServer
) -> None:
    past.schedule(code="1", name="Shares", when="@daily", context_id="laboratory").run().wait(60)
    page.goto(server.page("#/"))
    page.reload()
    picker = page.locator(".scheduler-top").get_by_role("combobox", name="Context")
    picker.select_option(label="Shares")
    expect(page.locator(".scheduler-row:visible")).to_have_count(1)
    page.goto(server.page("#/"))
    page.reload()
    expect(row(page, "Shares")).to_be_visible()
    expect(page.locator(".scheduler-row:visible")).to_have_count(1)
    picker.select_option(label="All")
    expect(page.locator(".scheduler-row:visible")).to_have_count(3)


def test_at_twice_the_size_nothing_is_cut_off(
    new_page: Callable[..., Page], server: LiveServer, past: SchedulerClient
) -> None:
    page = new_page(640, 400, device_scale_factor=2)
    for fragment in ("#/", "#/timeline", "#/calendar", "#/contexts", "#/status", "#/access", "#/new/scheduled"):
        page.goto(server.page(fragment))
        page.get_by_text("Live").first.wait_for(state="attached")
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(width) <= 0, fragment


def test_in_forced_colours_states_bars_and_choices_can_be_told_apart(
    new_page: Callable[..., Page], server: LiveServer, past: SchedulerClient
) -> None:
    page = new_page(forced_colors="active")
    page.goto(server.page())
    expect(row(page, "Failing").locator(".scheduler-badge")).to_have_css("border-top-style", "solid")
    colours = page.evaluate(
        """() => ['good', 'bad'].map((kind) => getComputedStyle(document.querySelector(`.scheduler-bar-${kind}`)).fill)
          .concat(getComputedStyle(document.querySelector('.scheduler-row')).backgroundColor)"""
    )
    assert len(set(colours)) == 3
    expect(page.locator(".scheduler-segment[aria-pressed=true]").first).to_have_css("outline-style", "solid")
    expect(page.locator(".scheduler-live-dot").first).to_have_css("border-top-style", "solid")


def test_who_wants_no_motion_gets_none(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    client.schedule(code="import time; time.sleep(600)", name="Turning").run()
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    for motion, expected in (("no-preference", True), ("reduce", False)):
        page = new_page(reduced_motion=motion)
        page.goto(server.page())
        expect(row(page, "Turning").locator(".scheduler-badge")).to_have_text("Running")
        page.wait_for_function(f"() => (({moving})() > 0) === {str(expected).lower()}")
