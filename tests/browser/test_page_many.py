"""Five hundred tasks at once: choose, change, remove, take back, find."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import row, sheet, toast

pytestmark = pytest.mark.browser


@pytest.fixture
def crowded(new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient) -> Page:
    """The page of a server with 500 tasks."""
    tasks = [
        {
            "type": "scheduled",
            "name": f"Task {number:03}",
            "tags": ["odd" if number % 2 else "even"],
            "schedule": f"{number % 60} 3 * * *",
            "action": {"kind": "code", "source": "1"},
        }
        for number in range(500)
    ]
    client.import_tasks({"tasks": tasks})
    page = new_page()
    page.goto(server.page())
    expect(page.locator(".scheduler-foot")).to_contain_text("500 tasks")
    return page


def test_all_are_disabled_deleted_and_brought_back_at_once(crowded: Page, client: SchedulerClient) -> None:
    page, bar = crowded, crowded.get_by_role("toolbar")
    page.get_by_label("Select all tasks shown").check()
    expect(bar).to_contain_text("500 selected")
    bar.get_by_role("button", name="Disable").click()
    expect(toast(page, "500 done")).to_be_visible()
    assert len(client.tasks(state="disabled")) == 500
    toast(page, "500 done").get_by_role("button", name="Undo").click()
    expect(toast(page, "Undo: 500 done")).to_be_visible()
    assert len(client.tasks(state="disabled")) == 0

    first = client.task("Task 000")
    expect(page.get_by_role("button", name="Disabled 0")).to_be_visible()
    first.disable()
    expect(page.get_by_role("button", name="Disabled 1")).to_be_visible()
    page.get_by_label("Select all tasks shown").check()
    bar.get_by_role("button", name="Disable").click()
    toast(page, "Disable: 500 done").get_by_role("button", name="Undo").click()
    expect(toast(page, "Undo: 499 done")).to_be_visible()
    assert [task.id for task in client.tasks(state="disabled")] == [first.id], "as it was before"

    page.get_by_label("Select all tasks shown").check()
    bar.get_by_role("button", name="Delete").click()
    expect(sheet(page)).to_contain_text("Delete 500 tasks?")
    sheet(page).get_by_role("button", name="Delete").click()
    undo = toast(page, "Deleted 500 tasks").get_by_role("button", name="Undo")
    undo.wait_for()
    assert len(client.tasks()) == 0
    undo.click()
    expect(page.locator(".scheduler-foot")).to_contain_text("500 tasks")
    assert len(client.tasks(state="disabled")) == 1


def test_only_what_a_filter_shows_is_chosen_and_tagged(crowded: Page, client: SchedulerClient) -> None:
    page = crowded
    page.get_by_role("searchbox", name="Filter tasks").fill("task 04")
    expect(page.locator(".scheduler-foot")).to_contain_text("15 of 500 tasks")
    page.get_by_label("Select all tasks shown").check()
    page.get_by_role("toolbar").get_by_role("button", name="Tag").click()
    sheet(page).get_by_role("textbox").fill("forties")
    sheet(page).get_by_role("button", name="Apply").click()
    expect(toast(page, "15 done")).to_be_visible()
    assert len(client.tasks(tag="forties")) == 15


def test_the_list_holds_few_rows_whatever_is_scrolled_and_sorted(crowded: Page) -> None:
    page = crowded
    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(row(page, "Task 000")).to_be_visible()
    page.locator(".scheduler-row").first.hover()
    page.mouse.wheel(0, 60_000)
    expect(row(page, "Task 499")).to_be_visible()
    assert page.locator(".scheduler-row").count() < 100
    assert re.search("sort=name", page.url)


def test_the_address_keeps_the_filter(crowded: Page, new_page: Callable[..., Page], server: LiveServer) -> None:
    crowded.get_by_role("searchbox", name="Filter tasks").fill("task 123")
    expect(crowded).to_have_url(re.compile("q=task"))
    again = new_page()
    again.goto(server.page(crowded.evaluate("location.hash")))
    expect(again.locator(".scheduler-foot")).to_contain_text("1 of 500 tasks")
