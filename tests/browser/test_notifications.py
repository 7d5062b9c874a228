"""Notifications, in their tab and in a task's form: targets, a test message, whom a prompt tells, this browser's own
notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from language_model import KEY, Model
from live_server import LiveServer
from playwright.sync_api import Page, expect
from sinks import Webhook, wait_for

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints
from .steps import choose, new_task, row, sheet
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
def model() -> Iterator[Model]:
    model = Model()
    yield model
    model.server.shutdown()
    model.server.server_close()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, hook: Webhook, model: Model, chromium: str
) -> Iterator[LiveServer]:
    home: Path = tmp_path_factory.mktemp("telling")
    (home / "config").mkdir()
    settings = {"targets": {"board": "env:BOARD", "gone": "env:NOT_THERE"}, "to": ["board"]}
    endpoint = {"base_url": model.url, "model": "small-1", "api_key": "env:MODEL_KEY"}
    prompts = {"endpoints": {"house": endpoint, "nowhere": {"base_url": "http://127.0.0.1:9/v1", "model": "small-2"}}}
    config = {"NotificationSettings": settings, "PromptSettings": prompts}
    (home / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
    with LiveServer(home, env={"BOARD": hook.address("canary"), "MODEL_KEY": KEY}) as server:
        yield server


def test_targets_are_listed_and_a_test_message_is_sent(
    new_page: Callable[..., Page], server: LiveServer, hook: Webhook, complaints: Complaints
) -> None:
    complaints.expected.append("502")
    page = new_page()
    page.goto(server.page("#/notifications"))
    board = page.get_by_role("row", name="board")
    expect(page.get_by_role("row", name="gone")).to_contain_text("NOT_THERE")
    expect(page.get_by_text("Told to board: failures, missed times, recoveries.")).to_be_visible()
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


def test_a_prompt_is_written_tells_whom_it_was_told_to_and_is_edited_back(
    new_page: Callable[..., Page], server: LiveServer, hook: Webhook, model: Model, complaints: Complaints
) -> None:
    complaints.expected.append("status of 400")
    client = SchedulerClient(server.url, server.token)
    client.bulk("delete", client.tasks())
    hook.posts.clear()
    model.requests.clear()
    page = new_page()
    page.goto(server.page())
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Briefing")
    choose(form, "Prompt")
    form.get_by_role("textbox", name="Prompt", exact=True).fill("Report {{ region }}.")
    form.get_by_label("System prompt").fill("Be brief.")
    expect(form.get_by_label("Language model")).to_have_value("house")
    expect(form.get_by_label("Model", exact=True)).to_have_attribute("placeholder", "small-1")
    form.get_by_role("button", name="Add parameter").click()
    form.get_by_label("Parameter name").fill("region")
    form.get_by_label("Parameter value").fill("eu")
    form.get_by_text("Notifications", exact=True).click()
    expect(form.get_by_text("failures, missed times, recoveries, to board", exact=True)).to_be_visible()
    form.get_by_label("Tell of", exact=True).select_option(label="What I choose")
    form.get_by_label("Missed its time").uncheck()
    form.get_by_label("Succeeded").check()
    form.get_by_label("Takes long", exact=True).check()
    form.get_by_label("Takes long after (minutes)").fill("90")
    form.get_by_label("Tell whom").select_option(label="Whom I choose")
    expect(form.get_by_label("board", exact=True)).to_be_checked()
    expect(form.get_by_text("NOT_THERE")).to_be_visible()
    assert barriers(page) == []

    form.get_by_label("As text").fill("0 0 7 * * *")
    form.get_by_role("button", name="Create task").click()
    expect(form.get_by_label("As text")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_text("this has 6")).to_be_visible()
    assert client.tasks(q="Briefing") == []
    form.get_by_label("As text").fill("@weekly")
    form.get_by_label("Options").fill("{")
    form.get_by_role("button", name="Create and run").click()
    expect(form.get_by_label("Options")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Options").fill('{"temperature": 0.2}')
    form.get_by_role("button", name="Create and run").click()
    expect(sheet(page)).to_have_count(0)
    told = wait_for(lambda: [post for post in hook.posts if "Briefing succeeded" in str(post)], "the message")
    assert len(told) == 1
    (asked,) = model.requests
    assert asked["temperature"] == 0.2
    assert [message["content"] for message in asked["messages"]] == ["Be brief.", "Report eu."]
    made = client.task("Briefing").data
    assert made["schedule"]["weekday"] in ("0", "7")
    assert made["notify"] == {
        "on": ["failure", "recovered", "success", "long"], "to": ["board"], "long_after": 5400, "long_factor": None,
    }  # fmt: skip

    row(page, "Briefing").get_by_role("button", name="Edit Briefing").click()
    expect(form.get_by_label("System prompt")).to_have_value("Be brief.")
    form.get_by_role("textbox", name="Prompt", exact=True).fill("Report all of {{ region }}.")
    page.keyboard.press("Escape")
    new_task(page)
    form.get_by_role("button", name="Bring it back").click()
    expect(form.get_by_role("textbox", name="Prompt", exact=True)).to_have_value("Report all of {{ region }}.")
    choose(form, "Command")
    choose(form, "Prompt")
    expect(form.get_by_label("Parameter value")).to_have_value("eu")
    form.get_by_label("Language model").select_option(label="nowhere")
    form.get_by_text("Notifications", exact=True).click()
    form.get_by_label("Tell of", exact=True).select_option(index=0)
    form.get_by_role("button", name="Save changes").click()
    expect(sheet(page)).to_have_count(0)
    changed = client.task("Briefing").data
    assert changed["notify"] == {**made["notify"], "on": None}
    assert changed["action"] == {**made["action"], "prompt": "Report all of {{ region }}.", "endpoint": "nowhere"}
