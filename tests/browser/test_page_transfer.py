"""Tasks leave the page as a file and come back into it, and what is met there is named first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import row, sheet, toast

pytestmark = pytest.mark.browser


def export(page: Page, wanted: str) -> str:
    """Export by the dialog that is open; returns the text of the file."""
    dialog = sheet(page)
    dialog.get_by_role("combobox", name="Format").select_option(label=wanted)
    with page.expect_download() as started:
        dialog.get_by_role("button", name="Download").click()
    expect(sheet(page)).to_have_count(0)
    assert started.value.suggested_filename == f"tasks.{wanted.lower()}"
    return Path(started.value.path()).read_text("utf-8")


def open_from_menu(page: Page, item: str) -> Locator:
    page.get_by_role("button", name="New task from").click()
    page.get_by_role("menuitem", name=item).click()
    return sheet(page)


def test_tasks_go_out_and_come_in_as_json_and_a_dry_run_names_what_it_meets(
    page: Page, client: SchedulerClient, tmp_path: Path
) -> None:
    kept = client.schedule(code="1", name="Kept", when="@daily")
    gone = client.schedule(code="2", name="Gone", when="2031-05-01T10:30", timezone="Asia/Tokyo")
    hook = client.schedule(code="3", name="Hook")
    expect(page.locator(".scheduler-row:visible")).to_have_count(3)
    open_from_menu(page, "Export tasks")
    text = export(page, "JSON")
    tasks = json.loads(text)["tasks"]
    assert {task["uuid"] for task in tasks} == {kept.id, gone.id, hook.id}
    assert "sha256" not in text

    kept.edit(name="Kept and changed")
    gone.delete()
    expect(row(page, "Gone")).to_have_count(0)
    tasks.append({"type": "scheduled", "name": "Wrong", "schedule": "61 * * * *", "action": tasks[0]["action"]})
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps({"tasks": tasks}), "utf-8")
    dialog = open_from_menu(page, "Import tasks")
    dialog.locator("input[type=file]").set_input_files(file)
    dialog.get_by_role("button", name="Check").click()
    found = dialog.locator(".scheduler-banner[role=status]")
    expect(found).to_contain_text("1 new, 2 conflicts, 1 that cannot be imported")
    problems = dialog.get_by_role("listitem")
    expect(problems.filter(has_text="Kept")).to_contain_text("is there already")
    expect(problems.filter(has_text="Wrong")).to_contain_text("0-59")
    assert client.task("Kept and changed").id == kept.id

    # Another answer to conflicts is another import: it is checked anew.
    dialog.get_by_role("combobox", name="If a task exists already").select_option(label="Replace it")
    dialog.get_by_role("button", name="Check").click()
    expect(problems.filter(has_text="Kept")).to_contain_text("replaces the one that is there")
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(toast(page, "Imported 3 tasks")).to_be_visible()
    expect(row(page, "Gone")).to_be_visible()
    expect(row(page, "Kept and changed")).to_have_count(0)
    assert client.task("Gone").data["plan"]["todo"][0]["timezone"] == "Asia/Tokyo"


def test_what_is_selected_goes_out_as_yaml_and_text_comes_in_as_copies(page: Page, client: SchedulerClient) -> None:
    one = client.schedule(code="1", name="One", when="@daily", description="with: a colon")
    client.schedule(code="2", name="Two", when="@daily")
    row(page, "One").get_by_role("checkbox").check()
    page.get_by_role("toolbar").get_by_role("button", name="Export").click()
    text = export(page, "YAML")
    assert [task["uuid"] for task in yaml.safe_load(text)["tasks"]] == [one.id]

    page.get_by_role("button", name="Clear selection").click()
    dialog = open_from_menu(page, "Import tasks")
    dialog.get_by_role("textbox").fill(text)
    dialog.get_by_role("combobox", name="If a task exists already").select_option(label="Import a copy")
    dialog.get_by_role("button", name="Check").click()
    expect(dialog.locator(".scheduler-banner[role=status]")).to_contain_text("1 new, 0 conflicts")
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(toast(page, "Imported 1 task")).to_be_visible()
    expect(row(page, "One")).to_have_count(2)


def test_what_is_no_list_of_tasks_is_refused_in_words(page: Page) -> None:
    page.get_by_role("button", name="Import tasks").click()
    dialog = sheet(page)
    dialog.get_by_role("textbox").fill('{"tasks": [')
    dialog.get_by_role("button", name="Check").click()
    expect(dialog.get_by_role("alert")).to_contain_text("JSON")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Import tasks").click()
    expect(dialog.get_by_role("textbox")).to_have_value('{"tasks": [')
