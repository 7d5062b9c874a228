"""The rest of the form: parameters and files, policies, templates, tokens, and two people at one task."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from live_server import LiveServer
from playwright.sync_api import Locator, Page, Route, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints
from .steps import choose, new_task, row, sheet, toast, write_code

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

DROP = """(zone) => {
  const data = new DataTransfer();
  data.items.add(new File(["1,2"], "dropped.csv", {type: "text/csv"}));
  for (const kind of ["dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}"""


def edit(page: Page, name: str) -> Locator:
    row(page, name).get_by_role("button", name=f"Edit {name}").click()
    form = sheet(page)
    expect(form.get_by_label("Name", exact=True)).to_have_value(name)
    return form


def test_a_notebook_brings_its_parameters_files_come_along_and_policies_are_kept(
    page: Page, client: SchedulerClient, tmp_path: Path
) -> None:
    chosen = tmp_path / "chosen.txt"
    chosen.write_text("chosen")
    form = new_task(page)
    form.get_by_role("combobox", name="Notebook").fill("hello")
    form.get_by_role("option", name="hello.ipynb").click()
    expect(form.get_by_label("Name", exact=True)).to_have_value("Hello")
    expect(form.get_by_label("Parameter name").first).to_have_value("name")
    expect(form.get_by_label("Parameter value").first).to_have_attribute("placeholder", re.compile("world"))
    form.get_by_label("Parameter value").first.fill("files")
    form.locator(".scheduler-drop").evaluate(DROP)
    form.locator(".scheduler-drop input[type=file]").set_input_files(chosen)
    expect(form.locator(".scheduler-file")).to_have_count(2)
    form.get_by_text("When things go wrong").click()
    form.get_by_label("If it is still running at the next time").select_option(label="Run both")
    form.get_by_label("Try again after a failure (times)").fill("2")
    form.get_by_label("Stop after (minutes)").fill("5")
    form.get_by_role("button", name="Create task").click()
    expect(sheet(page)).to_have_count(0)
    task = client.task("Hello").data
    assert task["action"]["parameters"] == {"name": "files"}
    assert sorted(task["attachments"]) == ["chosen.txt", "dropped.csv"]
    policy = task["policy"]
    assert (policy["overlap"], policy["retries"]["max"], policy["timeout"]) == ("allow", 2, 300)

    form = edit(page, "Hello")
    form.get_by_role("button", name="Remove chosen.txt").click()
    form.get_by_role("button", name="Save changes").click()
    expect(sheet(page)).to_have_count(0)
    assert client.task("Hello").data["attachments"] == ["dropped.csv"]

    row(page, "Hello").get_by_role("button", name="More actions for Hello").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(form.get_by_label("Name", exact=True)).to_have_value("Hello (copy)")
    form.get_by_role("button", name="Create task").click()
    expect(sheet(page)).to_have_count(0)
    copy = client.task("Hello (copy)").data
    assert (copy["attachments"], copy["dedicated_context"], copy["policy"]) == (["dropped.csv"], True, policy)


def test_a_file_that_is_too_large_is_said_at_its_field_and_the_rest_is_saved(
    page: Page, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected.append("status of 413")
    page.route(
        re.compile("attachments.*name=huge.bin"),
        lambda route: route.fulfill(
            status=413, json={"error": {"code": "too_large", "message": "huge.bin is too large"}}
        ),
    )
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("With files")
    write_code(form, "1")
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"1"} for name in ("huge.bin", "small.csv")]
    form.locator(".scheduler-drop input[type=file]").set_input_files(files)
    form.get_by_role("button", name="Create task").click()
    expect(form.get_by_text("huge.bin is too large")).to_be_visible()
    expect(form.get_by_text("The task is saved, its files are not all there yet")).to_be_visible()
    task = client.task("With files")
    assert task.data["attachments"] == ["small.csv"]
    assert page.url.endswith(f"#/task/{task.id}/edit")
    form.get_by_role("button", name="Remove huge.bin").click()
    form.get_by_role("button", name="Save changes").click()
    expect(sheet(page)).to_have_count(0)
    assert client.task("With files").data["attachments"] == ["small.csv"]


def test_half_a_megabyte_of_code_is_typed_into_without_a_copy_at_each_key_and_saved_whole(
    page: Page, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected.append("status of 400")
    lines = "\n".join(f"x_{n} = 'abcdefghij klmnop' + str({n}) # comment {n}" for n in range(8_900))
    client.schedule(code="first = 1", name="First")
    task = client.schedule(code=lines, name="Long")
    form = edit(page, "First")
    form.locator(".scheduler-code").click()
    editor = form.locator(".cm-content")
    expect(editor).to_have_text("first = 1")
    page.keyboard.press("Escape")
    form = edit(page, "Long")
    expect(editor).to_contain_text("x_0 = ")
    # Half a megabyte in a hidden text area cost more at each key than all the editor does.
    expect(form.locator(".scheduler-code textarea")).to_have_count(0)
    editor.click()
    page.keyboard.press("Control+z")
    expect(editor).to_contain_text("x_0 = ")
    page.keyboard.press("Control+End")
    page.keyboard.type("\ndone = True")
    form.get_by_role("button", name="Save changes").click()
    expect(sheet(page)).to_have_count(0)
    assert client.task(task.id).action["source"] == f"{lines}\ndone = True"

    form = edit(page, "Long")
    editor.fill("")
    form.get_by_role("button", name="Save changes").click()
    expect(form.locator(".scheduler-code-editor")).to_have_attribute("data-invalid", "true")
    expect(form.locator(".scheduler-code-editor")).to_be_focused()


def test_a_command_is_split_into_its_words_and_made_once_though_the_reply_is_lost(
    page: Page, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected += ["ERR_FAILED", "status of 409"]
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Words")
    choose(form, "Command")
    form.get_by_role("textbox", name="Command", exact=True).fill("echo 'two words' three")
    form.get_by_label("Environment").fill("COLOUR=blue")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(re.compile(r"api/tasks$"), lose, times=1)
    form.get_by_role("button", name="Create task").click()
    expect(form.get_by_text(re.compile("^Not saved"))).to_be_visible()
    form.get_by_role("button", name="Create task").click()
    expect(sheet(page)).to_have_count(0)
    assert len(client.tasks()) == 1
    action = client.task("Words").action
    assert action["argv"] == ["echo", "two words", "three"]
    assert action["env"] == {"COLOUR": "blue"}


def test_templates_of_the_house_and_of_ones_own(page: Page, client: SchedulerClient) -> None:
    more = page.get_by_role("button", name="New task from")
    more.click()
    page.get_by_role("menuitem", name="From a template").click()
    sheet(page).get_by_role("button", name=re.compile("^Nightly notebook")).click()
    expect(sheet(page).get_by_label("As text")).to_have_value(re.compile(r"^\d+ \d+ \* \* \*$"))
    expect(sheet(page).get_by_role("combobox", name="Notebook")).to_be_visible()
    page.keyboard.press("Escape")

    client.schedule(code="print('mine')", name="Mine", when="5 5 * * 5", tags=("kept",))
    row(page, "Mine").get_by_role("button", name="More actions for Mine").click()
    page.get_by_role("menuitem", name="Save as template").click()
    sheet(page).get_by_role("textbox").fill("My pattern")
    sheet(page).get_by_role("button", name="Save").click()
    expect(toast(page, "Template My pattern saved")).to_be_visible()
    more.click()
    page.get_by_role("menuitem", name="From a template").click()
    sheet(page).get_by_role("button", name=re.compile("^My pattern")).click()
    form = sheet(page)
    expect(form.get_by_label("As text")).to_have_value("5 5 * * 5")
    form.get_by_label("Name", exact=True).fill("Made from it")
    form.get_by_role("button", name="Create task").click()
    expect(row(page, "Made from it")).to_be_visible()
    made = client.task("Made from it")
    assert (made.action["source"], made.data["tags"]) == ("print('mine')", ["kept"])

    more.click()
    page.get_by_role("menuitem", name="From a template").click()
    sheet(page).get_by_role("button", name="Remove template My pattern").click()
    expect(sheet(page).get_by_role("button", name=re.compile("^My pattern"))).to_have_count(0)


def test_a_token_is_copied_with_its_curl_made_anew_and_revoked(
    page: Page, client: SchedulerClient, server: LiveServer, complaints: Complaints
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Hook")
    choose(form, "On demand")
    write_code(form, "'called'")
    form.get_by_role("button", name="Create task").click()
    box = page.get_by_role("dialog", name="Token")
    box.get_by_role("button", name="Copy").last.click()
    words = shlex.split(page.evaluate("navigator.clipboard.readText()"))
    task = client.task("Hook")
    first = words[words.index("-H") + 1].removeprefix("X-Task-Token: ")
    assert words[0] == "curl"
    assert words[-1] == f"{server.url}scheduler-ext/api/tasks/{task.id}/run"
    box.get_by_role("button", name="I have stored it").click()
    called = SchedulerClient(server.url, "none").trigger(task.id, first)
    assert client.get_run(called.id).wait(60).result == "'called'"

    form = edit(page, "Hook")
    expect(form.get_by_text(re.compile("ends in ….*last used"))).to_be_visible()
    form.get_by_role("button", name="New token").click()
    box.get_by_role("button", name="I have stored it").click()
    expect(form.get_by_text(f"ends in …{client.task('Hook').data['token']['last4']}")).to_be_visible()
    assert client.task("Hook").data["token"]["last4"] != first[-4:]
    form.get_by_role("button", name="Revoke").click()
    expect(form.get_by_text("No token: nothing can call this task")).to_be_visible()
    assert client.task("Hook").data["token"] is None
    # A token is none of the form's fields: saving afterwards meets no conflict.
    form.get_by_label("Name", exact=True).fill("Hook without key")
    form.get_by_role("button", name="Save changes").click()
    expect(row(page, "Hook without key")).to_be_visible()


def test_what_someone_else_changed_or_deleted_meanwhile_is_said_and_nothing_is_lost(
    page: Page, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected += ["status of 412", "status of 404"]
    task = client.schedule(code="1", name="Shared", when="@daily")
    form = edit(page, "Shared")
    form.get_by_label("As text").fill("0 5 * * *")
    task.edit(name="Renamed elsewhere")
    form.get_by_role("button", name="Save changes").click()
    expect(form.get_by_text("Someone else changed this task")).to_be_visible()
    renamed = form.get_by_role("row", name=re.compile("^Name"))
    expect(renamed).to_contain_text("Renamed elsewhere")
    expect(renamed).to_contain_text("not changed by you")
    form.get_by_role("button", name="Save mine").click()
    expect(sheet(page)).to_have_count(0)
    shared = client.task(task.id).data
    assert (shared["schedule"]["hour"], shared["name"]) == ("5", "Renamed elsewhere")

    form = edit(page, "Renamed elsewhere")
    form.get_by_label("Name", exact=True).fill("Made anew")
    task.delete()
    form.get_by_role("button", name="Save changes").click()
    expect(form.get_by_text("Someone deleted this task meanwhile.")).to_be_visible()
    form.get_by_role("button", name="Create task").click()
    expect(row(page, "Made anew")).to_be_visible()
    assert client.task("Made anew").data["schedule"]["hour"] == "5"


def test_days_are_picked_in_the_sentence_and_seen_in_the_calendar(page: Page) -> None:
    form = new_task(page)
    form.get_by_label("Repeat unit").select_option(label="week")
    days = form.get_by_role("group", name="Days of the week")
    for day in ("Tuesday", "Saturday", "Monday"):
        days.get_by_role("button", name=day).click()
    expect(form.get_by_label("As text")).to_have_value(re.compile(r" \* \* 2,6$"))
    # Five weeks, of which today's run may be over.
    expect(form.locator(".scheduler-mini-day[data-on=true]").nth(7)).to_be_visible()
