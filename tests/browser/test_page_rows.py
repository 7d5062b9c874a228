"""What a row offers, what narrows the list, and what the page remembers of how one likes it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Locator, Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import expect_state, row, sheet, toast

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

SLOW = "import time; print(' 40%|####      | 4/10', flush=True); time.sleep(600)"


def menu(page: Page, name: str, item: str) -> None:
    """Choose from the menu of a task's row."""
    row(page, name).get_by_role("button", name=f"More actions for {name}").click()
    page.get_by_role("menuitem", name=item).click()


def names(page: Page) -> Locator:
    """The names of the tasks that are shown."""
    return page.locator(".scheduler-row:visible .scheduler-name")


def test_a_row_runs_with_changes_is_duplicated_disabled_and_enabled(page: Page, client: SchedulerClient) -> None:
    client.schedule(code="f'hello {who}'", name="Greet", when="@daily", parameters={"who": "all"})
    expect(row(page, "Greet")).to_be_visible()

    menu(page, "Greet", "Run with changes")
    form = sheet(page)
    expect(form.get_by_label("Parameter name").first).to_have_value("who")
    form.get_by_label("Parameter value").first.fill("reader")
    form.get_by_role("button", name="Run", exact=True).click()
    run = page.get_by_role("dialog", name="Greet", exact=True)
    expect(run.locator(".scheduler-sheet-head .scheduler-badge")).to_have_text("Succeeded")
    expect(run).to_contain_text("'hello reader'")

    run.get_by_role("button", name="Run with changes").click()
    again = page.get_by_role("dialog", name="Run with changes")
    expect(again.get_by_label("Parameter value").first).to_have_value("reader")
    again.get_by_label("Parameter value").first.fill("again")
    again.get_by_role("button", name="Run", exact=True).click()
    expect(run).to_contain_text("'hello again'")
    page.keyboard.press("Escape")
    expect(sheet(page)).to_have_count(0)
    expect(row(page, "Greet").get_by_role("img", name="Last 2 runs: 2 succeeded, 0 failed")).to_be_attached()

    menu(page, "Greet", "Duplicate")
    expect(sheet(page).get_by_label("Name", exact=True)).to_have_value("Greet (copy)")
    sheet(page).get_by_role("button", name="Create task").click()
    expect(row(page, "Greet (copy)")).to_be_visible()

    menu(page, "Greet (copy)", "Disable")
    expect_state(page, "Greet (copy)", "Disabled")
    menu(page, "Greet (copy)", "Enable")
    expect_state(page, "Greet (copy)", "Idle")


def test_a_running_row_shows_how_far_it_is_and_an_open_row_the_last_words(page: Page, client: SchedulerClient) -> None:
    client.schedule(code="print('some words')", name="Talks", when="@daily").run().wait(60)
    client.schedule(code=SLOW, name="Slow").run()
    bar = row(page, "Slow").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "40", timeout=60_000)
    row(page, "Talks").get_by_role("button", name="Details of Talks").click()
    detail = row(page, "Talks").locator(".scheduler-detail")
    expect(detail.locator(".scheduler-fires li")).to_have_count(5)
    expect(detail.locator(".scheduler-log")).to_contain_text("some words")
    row(page, "Slow").get_by_role("button", name="Stop Slow").click()
    expect_state(page, "Slow", "Idle")


def test_the_list_is_narrowed_by_state_type_and_tag_and_sorted_by_its_heads(
    page: Page, client: SchedulerClient
) -> None:
    client.schedule(code="1", name="Bravo", when="@daily", tags=("blue",))
    client.schedule(code="1", name="Alpha", when="2031-05-01T10:30", tags=("green",))
    client.schedule(code="1", name="Charlie", tags=("blue",), enabled=False)
    expect(names(page)).to_have_count(3)

    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(names(page)).to_have_text(["Alpha", "Bravo", "Charlie"])
    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(names(page)).to_have_text(["Charlie", "Bravo", "Alpha"])
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")

    page.get_by_role("group", name="Filter by state").get_by_role("button", name=re.compile("^Disabled")).click()
    expect(names(page)).to_have_text(["Charlie"])
    page.get_by_role("group", name="Filter by state").get_by_role("button", name=re.compile("^All")).click()
    page.get_by_role("combobox", name="Type").select_option(label="Dates")
    expect(names(page)).to_have_text(["Alpha"])
    page.get_by_role("combobox", name="Type").select_option(label="All")
    page.get_by_role("combobox", name="Tag").select_option(label="blue")
    expect(names(page)).to_have_text(["Charlie", "Bravo"])
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_role("heading", name="No task matches")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(names(page)).to_have_count(3)


def test_columns_density_and_views_are_as_one_left_them(
    page: Page, client: SchedulerClient, server: LiveServer
) -> None:
    client.schedule(code="1", name="Kept", when="@daily", tags=("mine",))
    client.schedule(code="1", name="Other", when="@daily")
    expect(names(page)).to_have_count(2)
    tall = row(page, "Kept").bounding_box()
    options = page.get_by_role("button", name="Table options")
    options.click()
    page.get_by_role("menuitemcheckbox", name="Compact rows").click()
    options.click()
    page.get_by_role("menuitemcheckbox", name="Next run").click()
    page.get_by_role("combobox", name="Tag").select_option(label="mine")
    options.click()
    page.get_by_role("menuitem", name="Save this view").click()
    sheet(page).get_by_role("textbox").fill("My own")
    sheet(page).get_by_role("button", name="Save").click()

    page.goto(server.page("#/"))
    page.reload()
    expect(names(page)).to_have_count(2)
    expect(row(page, "Kept").locator(".scheduler-cell-next")).to_be_hidden()
    low = row(page, "Kept").bounding_box()
    assert tall is not None
    assert low is not None
    assert low["height"] < tall["height"]
    options.click()
    page.get_by_role("menuitem", name="My own").click()
    expect(names(page)).to_have_text(["Kept"])


def test_what_fails_for_one_of_many_is_said_of_that_one(page: Page, client: SchedulerClient) -> None:
    client.schedule(code="1", name="Ready")
    client.schedule(code="import time; time.sleep(600)", name="Occupied").run()
    expect_state(page, "Occupied", "Running")
    page.get_by_label("Select all tasks shown").check()
    page.get_by_role("toolbar").get_by_role("button", name="Run", exact=True).click()
    toast(page, "1 done, 1 failed").get_by_role("button", name="Results").click()
    results = sheet(page).get_by_role("row")
    expect(results).to_have_count(1)
    expect(results).to_contain_text("Occupied")
    page.keyboard.press("Escape")
    expect_state(page, "Ready", "Idle")  # until then rows may change places under the pointer
    row(page, "Occupied").get_by_role("button", name="Stop Occupied").click()
    expect_state(page, "Occupied", "Idle")


def test_an_empty_page_offers_ways_to_begin(page: Page) -> None:
    expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
    page.get_by_role("button", name="Watch a value").click()
    expect(sheet(page).get_by_label("As text")).to_have_value("*/15 * * * *")
    expect(sheet(page).locator(".scheduler-code")).to_be_visible()


def test_a_task_of_another_zone_says_so(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    client.schedule(code="1", name="Abroad", when="30 9 * * *", timezone="Asia/Tokyo")
    client.schedule(code="1", name="At home", when="30 9 * * *", timezone="Europe/Berlin")
    page = new_page(timezone_id="Europe/Berlin", locale="de-DE")
    page.goto(server.page())
    expect(row(page, "Abroad").locator(".scheduler-cell-schedule")).to_have_text(re.compile("09:30.*Tokyo"))
    expect(row(page, "Abroad").locator(".scheduler-cell-next")).to_have_text(re.compile("0[12]:30"))
    expect(row(page, "At home").locator(".scheduler-cell-schedule")).to_have_text(re.compile(r"09:30\s*$"))
