"""The page, as a person uses it: make a task, see it run, read what it did, change it, remove it, take that back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, Route, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints
from .steps import choose, expect_state, new_task, row, sheet, toast, write_code

pytestmark = [pytest.mark.browser, pytest.mark.kernel]


def test_a_notebook_is_chosen_scheduled_and_run_and_its_result_appears_without_reload(
    page: Page, client: SchedulerClient
) -> None:
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Greeting")
    notebook = form.get_by_role("combobox", name="Notebook")
    notebook.fill("hel")
    form.get_by_role("option", name="hello.ipynb").click()
    expect(notebook).to_have_value("hello.ipynb")
    form.get_by_role("button", name="Every 15 minutes").click()
    expect(form.get_by_text("Every 15 minutes", exact=True).last).to_be_visible()
    form.get_by_role("button", name="Create and run").click()
    expect(sheet(page)).to_have_count(0)

    expect(row(page, "Greeting").locator(".scheduler-cell-schedule")).to_have_text("Every 15 minutes")
    expect(row(page, "Greeting").locator(".scheduler-cell-last")).to_have_text(
        re.compile("just now|ago"), timeout=30_000
    )
    expect_state(page, "Greeting", "Idle")
    run = client.task("Greeting").runs()[0]
    assert (run.state, run.result) == ("succeeded", "5")


def test_a_failure_is_seen_in_the_row_and_explained_in_the_history(page: Page, client: SchedulerClient) -> None:
    client.schedule(code="print('before')\n{}['missing']", name="Breaks", when="@daily")
    row(page, "Breaks").get_by_role("button", name="Run Breaks").click()
    expect_state(page, "Breaks", "Error")

    row(page, "Breaks").get_by_role("button", name="Breaks", exact=True).click()
    detail = sheet(page)
    expect(detail.locator("table.scheduler-runs tbody tr")).to_have_count(1)
    detail.locator("table.scheduler-runs tbody tr").click()
    expect(detail.locator(".scheduler-failure")).to_contain_text("KeyError")
    expect(detail.get_by_role("log")).to_contain_text("before")
    assert re.search(r"#/run/", page.url)
    page.keyboard.press("Escape")
    expect(sheet(page)).to_have_count(0)


def test_a_running_task_shows_its_log_as_it_comes_and_can_be_stopped(page: Page, client: SchedulerClient) -> None:
    client.schedule(
        code="import time\nfor i in range(200): print('tick', i, flush=True); time.sleep(0.1)", name="Ticks"
    )
    row(page, "Ticks").get_by_role("button", name="Run Ticks").click()
    expect_state(page, "Ticks", "Running")
    toast(page, "Started Ticks").get_by_role("button", name="Show").click()
    log = sheet(page).get_by_role("log")
    expect(log).to_contain_text("tick 1")
    expect(log).to_contain_text("tick 8")
    sheet(page).get_by_role("button", name="Stop").click()
    expect(sheet(page).locator(".scheduler-sheet-head .scheduler-badge")).to_have_text("Cancelled", timeout=20_000)


def test_code_is_written_edited_and_the_list_follows(page: Page, client: SchedulerClient) -> None:
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Sum")
    write_code(form, "sum(range(10))")
    form.get_by_role("button", name="Create task").click()
    expect(sheet(page)).to_have_count(0)
    assert client.task("Sum").action["source"].strip() == "sum(range(10))"

    row(page, "Sum").get_by_role("button", name="Edit Sum").click()
    form = sheet(page)
    expect(form.get_by_label("Name", exact=True)).to_have_value("Sum")
    form.get_by_label("Name", exact=True).fill("Sum of ten")
    form.get_by_role("button", name="Save changes").click()
    expect(sheet(page)).to_have_count(0)
    expect(row(page, "Sum of ten")).to_be_visible()
    expect(row(page, "Sum")).to_have_count(0)


def test_a_deleted_task_comes_back_when_that_is_undone(page: Page, client: SchedulerClient) -> None:
    task = client.schedule(code="1", name="Precious")
    row(page, "Precious").get_by_role("button", name="More actions for Precious").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(row(page, "Precious")).to_have_count(0)
    toast(page, "Deleted Precious").get_by_role("button", name="Undo").click()
    expect(row(page, "Precious")).to_be_visible()
    assert client.task("Precious").id == task.id


def test_what_the_server_refuses_is_said_at_the_field_and_nothing_is_lost(
    page: Page, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected.append("status of 400")
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Never")
    form.get_by_role("combobox", name="Notebook").fill("gone.ipynb")
    form.get_by_label("As text").fill("61 * * * *")
    form.get_by_role("button", name="Create task").click()
    expect(form.locator("[data-bad=true] .scheduler-error:visible").first).to_contain_text("0-59")
    form.get_by_label("As text").fill("5 * * * *")
    form.get_by_role("button", name="Create task").click()
    expect(form.locator("[data-bad=true] .scheduler-error:visible").first).to_contain_text("gone.ipynb")
    expect(form.get_by_label("Name", exact=True)).to_have_value("Never")
    assert len(client.tasks()) == 0


def test_an_ad_hoc_task_shows_its_token_once_and_the_token_works(
    page: Page, client: SchedulerClient, server: LiveServer
) -> None:
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Webhook")
    choose(form, "On demand")
    write_code(form, "'called'")
    form.get_by_role("button", name="Create task").click()
    shown = sheet(page)
    expect(shown).to_contain_text("only time the token is shown")
    task = client.task("Webhook")
    text = " ".join(shown.locator("input, code, pre").evaluate_all("all => all.map(e => e.value ?? e.textContent)"))
    token = max(re.findall(r"[\w-]{30,}", text.replace(task.id, "")), key=len)
    assert SchedulerClient(server.url, "none").trigger(task.id, token).origin == "token"
    shown.get_by_role("button", name="I have stored it").click()
    expect(sheet(page)).to_have_count(0)
    assert token not in page.content()


def test_planned_dates_are_picked_and_kept(page: Page, client: SchedulerClient) -> None:
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Twice")
    choose(form, "Planned dates")
    field = form.locator("input[type='datetime-local']:visible").first
    field.fill("2031-05-01T10:30")
    form.get_by_role("button", name="Add", exact=False).locator("visible=true").first.click()
    write_code(form, "1")
    form.get_by_role("button", name="Create task").click()
    expect(sheet(page)).to_have_count(0)
    assert client.task("Twice").data["plan"]["todo"][0]["wall"].startswith("2031-05-01T10:30")


def test_what_others_change_is_pushed_to_the_page(page: Page, client: SchedulerClient) -> None:
    expect(page.locator(".scheduler-top .scheduler-live")).to_have_text("Live")
    task = client.schedule(code="1", name="From elsewhere")
    expect(row(page, "From elsewhere")).to_be_visible(timeout=2_000)
    task.disable()
    expect_state(page, "From elsewhere", "Disabled")
    task.delete()
    expect(row(page, "From elsewhere")).to_have_count(0)


def test_without_push_the_page_polls_and_says_so(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    page = new_page()
    page.route_web_socket(re.compile("/api/stream"), lambda socket: socket.close())
    page.goto(server.page())
    expect(page.locator(".scheduler-top .scheduler-live")).to_have_text("Polling")
    client.schedule(code="1", name="Polled")
    expect(row(page, "Polled")).to_be_visible(timeout=6_000)


def test_a_page_that_was_offline_resumes_without_a_gap(
    page: Page, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected += ["ERR_FAILED", "ERR_CONNECTION", "WebSocket connection", "ERR_INTERNET_DISCONNECTED"]
    client.schedule(code="1", name="Before")
    expect(row(page, "Before")).to_be_visible()

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/scheduler-ext/api/**", refuse)
    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    client.schedule(code="1", name="Meanwhile")
    client.task("Before").delete()
    page.wait_for_timeout(500)
    page.unroute("**/scheduler-ext/api/**", refuse)
    page.context.set_offline(False)
    expect(row(page, "Meanwhile")).to_be_visible()
    expect(row(page, "Before")).to_have_count(0)
    expect(page.locator(".scheduler-top .scheduler-live")).to_have_text("Live", timeout=20_000)


def test_a_link_to_a_task_and_to_a_run_opens_it(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    task = client.schedule(code="print('line of the log')", name="Linked")
    run = task.run().wait(30)
    page = new_page()
    page.goto(server.page(f"#/task/{task.id}"))
    expect(sheet(page).get_by_role("heading", name="Linked")).to_be_visible()
    page.goto(server.page(f"#/run/{run.id}"))
    expect(sheet(page).get_by_role("log")).to_contain_text("line of the log")
    page.goto(server.page("#/status"))
    expect(page.get_by_role("tab", name="Status")).to_have_attribute("aria-selected", "true")


def test_a_link_to_what_is_gone_says_so_and_shows_it_again_when_the_deletion_is_undone(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected.append("status of 404")
    task = client.schedule(code="print('line of the log')", name="Linked", when="@daily")
    run = task.run().wait(30)
    task.delete()
    page = new_page()
    page.goto(server.page(f"#/run/{run.id}"))
    shown = sheet(page)
    expect(shown.get_by_role("log")).to_contain_text("line of the log")
    expect(shown.get_by_text("The task of this run was deleted")).to_be_visible()
    expect(shown.get_by_role("button", name="Edit")).to_be_hidden()
    page.goto(server.page(f"#/task/{task.id}/edit"))
    expect(shown.get_by_role("heading", name="This task is not here")).to_be_visible()
    expect(shown.locator("table.scheduler-runs tbody tr")).to_have_count(1)
    assert page.url.endswith(f"#/task/{task.id}")
    shown.get_by_role("button", name="Bring it back").click()
    expect(shown.get_by_role("heading", name="Linked")).to_be_visible()
    expect(shown.get_by_text("Every day at 00:00")).to_be_visible()
    expect(row(page, "Linked")).to_have_count(1)

    task.delete()
    expect(shown.get_by_role("heading", name="“Linked” is not here")).to_be_visible()
    expect(shown.get_by_role("button", name="Run now")).to_be_hidden()
    page.goto(server.page("#/run/never"))
    expect(shown.get_by_role("heading", name="This run is not here")).to_be_visible()
    page.goto(server.page("#/task/never"))
    shown.get_by_role("button", name="Bring it back").click()
    expect(toast(page, "There is nothing to bring back")).to_be_visible()
    shown.get_by_role("button", name="See all tasks").click()
    expect(sheet(page)).to_have_count(0)
    assert "#/task" not in page.url


def test_a_form_closed_by_accident_can_be_reopened_as_it_was(page: Page) -> None:
    form = new_task(page)
    form.get_by_label("Name", exact=True).fill("Half written")
    page.keyboard.press("Escape")
    expect(sheet(page)).to_have_count(0)
    toast(page, "unsaved").get_by_role("button", name="Reopen").click()
    expect(sheet(page).get_by_label("Name", exact=True)).to_have_value("Half written")


def test_the_output_of_a_run_is_read_and_downloaded_from_its_history(
    page: Page, server: LiveServer, client: SchedulerClient
) -> None:
    run = client.schedule("hello.ipynb", name="Reported").run({"name": "reader"}).wait(60, check=True)
    page.goto(server.page(f"#/run/{run.id}"))
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Page (HTML)").click()
    expect(opened.value.get_by_text("hello reader")).to_be_visible(timeout=60_000)
    expect(opened.value.get_by_text("print(").first).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Page without code").click()
    expect(opened.value.get_by_text("hello reader")).to_be_visible(timeout=60_000)
    expect(opened.value.get_by_text("print(")).to_have_count(0)
    link = page.get_by_role("link", name="Download").get_attribute("href")
    assert link is not None
    answer = page.request.get(link)
    assert "hello reader" in answer.text()
    assert answer.headers["content-disposition"].startswith("attachment")
