"""Everything without a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, Route, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import expect_state, row, sheet, toast

pytestmark = [pytest.mark.browser, pytest.mark.kernel]


def focused(page: Page) -> str:
    """What has the focus, in words."""
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel || ''"))


def test_a_task_is_made_run_edited_deleted_and_restored_by_keys_alone(page: Page, client: SchedulerClient) -> None:
    keys = page.keyboard
    keys.press("n")
    expect(sheet(page).get_by_label("Name", exact=True)).to_be_focused()
    keys.type("By keys")
    sheet(page).get_by_role("combobox", name="Notebook").focus()
    keys.type("hello")
    sheet(page).get_by_role("option", name="hello.ipynb").wait_for()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(sheet(page).get_by_role("combobox", name="Notebook")).to_have_value("hello.ipynb")
    keys.press("Control+Enter")
    expect(sheet(page)).to_have_count(0)
    expect(row(page, "By keys")).to_be_visible()

    keys.press("j")
    expect(row(page, "By keys")).to_be_focused()
    keys.press("r")
    expect(row(page, "By keys").locator(".scheduler-cell-last")).to_contain_text("just now", timeout=30_000)
    expect_state(page, "By keys", "Idle")

    expect(row(page, "By keys")).to_be_focused()
    keys.press("e")
    expect(sheet(page).get_by_label("Name", exact=True)).to_be_focused()
    keys.press("End")
    keys.type(" alone")
    keys.press("Control+Enter")
    expect(sheet(page)).to_have_count(0)
    expect(row(page, "By keys alone")).to_be_focused()

    keys.press("h")
    expect(sheet(page).get_by_role("heading", name="By keys alone")).to_be_visible()
    keys.press("Escape")
    expect(sheet(page)).to_have_count(0)
    expect(row(page, "By keys alone")).to_be_focused()

    keys.press("Delete")
    expect(row(page, "By keys alone")).to_have_count(0)
    undo = toast(page, "Deleted").get_by_role("button", name="Undo")
    for _ in range(60):
        if focused(page) == "Undo":
            break
        keys.press("Tab")
    expect(undo).to_be_focused()
    keys.press("Enter")
    expect(row(page, "By keys alone")).to_be_visible()
    assert len(client.tasks()) == 1


def test_the_palette_finds_tasks_and_commands(page: Page, client: SchedulerClient) -> None:
    client.schedule(code="1", name="Needle")
    expect(row(page, "Needle")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(sheet(page).get_by_role("combobox")).to_be_focused()
    page.keyboard.type("needl")
    expect(sheet(page).get_by_role("listbox")).to_contain_text("Needle")
    expect(sheet(page).get_by_role("option").first).to_have_text(re.compile("Run now"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(sheet(page).get_by_role("heading", name="Needle")).to_be_visible()


def test_keys_typed_before_the_palette_is_there_are_typed_into_it(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    client.schedule(code="1", name="Rerun the needle", when="@daily")
    page = new_page()
    held: list[Route] = []
    page.route(re.compile(r"/panels\.js"), lambda route: held.append(route))
    page.goto(server.page())
    expect(row(page, "Rerun the needle")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Control+k")
    page.keyboard.type("rerux")
    page.keyboard.press("Backspace")
    while not held:
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    expect(sheet(page).get_by_role("combobox")).to_have_value("reru")
    expect(sheet(page).get_by_role("listbox")).to_contain_text("Rerun the needle")
    page.keyboard.type("n")
    expect(sheet(page).get_by_role("combobox")).to_have_value("rerun")
    assert len(client.task("Rerun the needle").runs()) == 0


def test_rows_are_chosen_and_searched_by_keys(page: Page, client: SchedulerClient) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        client.schedule(code="1", name=name)
    expect(page.locator(".scheduler-row:visible")).to_have_count(3)
    # With the focus nowhere the first key shows where it would be; it does nothing to a task.
    page.keyboard.press("Delete")
    expect(row(page, "Alpha")).to_be_focused()
    page.keyboard.press("Shift+R")
    sheet(page).get_by_label("Parameter name").fill("region")
    page.keyboard.press("Escape")
    toast(page, "Closed with unsaved changes").get_by_role("button", name="Reopen").click()
    expect(sheet(page).get_by_label("Parameter name")).to_have_value("region")
    page.keyboard.press("Escape")
    expect(row(page, "Alpha")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("toolbar")).to_contain_text("1 selected")
    page.keyboard.press("Control+a")
    expect(page.get_by_role("toolbar")).to_contain_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("gam")
    expect(page.locator(".scheduler-row:visible")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(row(page, "Gamma")).to_be_focused()
    page.keyboard.press("o")
    expect(row(page, "Gamma").locator(".scheduler-detail")).to_be_visible()
    page.keyboard.press("?")
    expect(sheet(page)).to_contain_text("Keyboard shortcuts")
