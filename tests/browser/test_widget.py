"""The widget in a notebook of a real JupyterLab: the same flow as on the page, from a cell."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints, write_notebook
from .lab import Lab
from .steps import expect_state, new_task, row, sheet, toast, write_code

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

IMPORT = "from jupyter_scheduler_ext import SchedulerWidget\n"


@pytest.fixture
def lab(new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient) -> Callable[..., Lab]:
    """Opens a notebook with these cells in JupyterLab."""

    def open_notebook(name: str, *cells: str) -> Lab:
        write_notebook(server.root / name, *cells)
        return Lab(new_page(1400, 1000)).open(server, name)

    return open_notebook


def test_the_widget_makes_runs_edits_and_deletes_a_task(lab: Callable[..., Lab], client: SchedulerClient) -> None:
    notebook = lab("widget.ipynb", f"{IMPORT}SchedulerWidget()")
    widget = notebook.run(0)
    form = new_task(widget)
    form.get_by_label("Name", exact=True).fill("From a cell")
    write_code(form, "print('aabb'); 6 * 7")
    form.get_by_role("button", name="Create and run").click()
    expect(sheet(notebook.page)).to_have_count(0)
    expect(row(widget, "From a cell").locator(".scheduler-cell-last")).to_contain_text("just now", timeout=30_000)
    expect_state(widget, "From a cell", "Idle")
    assert client.task("From a cell").runs()[0].result == "42"
    expect(notebook.cells).to_have_count(1)

    row(widget, "From a cell").get_by_role("button", name="More actions for").click()
    notebook.page.locator(".scheduler-menu").get_by_role("menuitem", name="Edit").click()
    sheet(notebook.page).get_by_label("Name", exact=True).fill("Renamed in a cell")
    sheet(notebook.page).get_by_role("button", name="Save changes").click()
    expect(row(widget, "Renamed in a cell")).to_be_visible()

    row(widget, "Renamed in a cell").get_by_role("button", name="More actions for").click()
    notebook.page.locator(".scheduler-menu").get_by_role("menuitem", name="Delete").click()
    expect(row(widget, "Renamed in a cell")).to_have_count(0)
    toast(notebook.page, "Deleted").get_by_role("button", name="Undo").click()
    expect(row(widget, "Renamed in a cell")).to_be_visible()


def test_through_the_kernel_it_works_too_even_while_the_kernel_is_busy(
    lab: Callable[..., Lab], client: SchedulerClient
) -> None:
    client.schedule(code="'done'", name="Through the kernel")
    notebook = lab(
        "comm.ipynb", f"{IMPORT}SchedulerWidget(transport='comm')", "import time; time.sleep(25); print('awake')"
    )
    widget = notebook.run(0)
    expect(row(widget, "Through the kernel")).to_be_visible()
    sleeping = notebook.run(1)
    row(widget, "Through the kernel").get_by_role("button", name="Run Through the kernel").click()
    expect(row(widget, "Through the kernel").locator(".scheduler-cell-last")).to_contain_text(
        "just now", timeout=20_000
    )
    expect(sleeping).not_to_contain_text("awake")
    expect(widget.locator(".scheduler-foot .scheduler-live")).to_have_text("Polling")
    row(widget, "Through the kernel").get_by_role("button", name="Through the kernel", exact=True).click()
    expect(sheet(notebook.page).locator("table.scheduler-runs tbody tr")).to_have_count(1)
    expect(sleeping).not_to_contain_text("awake")


def test_one_task_several_views_and_filters_also_of_what_is_not_there(
    lab: Callable[..., Lab], client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected.append("/restore")
    for name in ("Alpha", "Beta"):
        client.schedule(code="1", name=name, tags=(name.lower(),))
    notebook = lab(
        "views.ipynb",
        f"{IMPORT}SchedulerWidget(task='Alpha')",
        "SchedulerWidget(filter={'tag': 'beta'}, height=300)",
        "SchedulerWidget()",
        "SchedulerWidget(task='Never was')",
        "SchedulerWidget(filter='omega')",
    )
    one, filtered, whole, never, empty = (notebook.run(index) for index in range(5))
    expect(row(one, "Alpha")).to_be_visible()
    expect(one.locator(".scheduler-still")).to_be_hidden()
    expect(one.locator(".scheduler-detail")).to_be_visible()
    expect(one.get_by_role("searchbox")).to_have_count(0)
    expect(row(filtered, "Beta")).to_be_visible()
    expect(row(filtered, "Alpha")).to_have_count(0)
    expect(filtered.locator(".scheduler-scroll")).to_have_css("max-height", "300px")
    expect(whole.locator(".scheduler-row:visible")).to_have_count(2)
    expect(row(one, "Beta")).to_have_count(0)
    client.task("Beta").edit(name="Gamma")
    expect(row(filtered, "Gamma")).to_be_visible()
    expect(row(whole, "Gamma")).to_be_visible()

    expect(never.get_by_role("heading", name="“Never was” is not here")).to_be_visible()
    expect(empty.get_by_role("heading", name="No task matches")).to_be_visible()
    task = client.task("Alpha")
    task.delete()
    gone = one.get_by_role("heading", name="“Alpha” is not here")
    expect(gone).to_be_visible()
    one.get_by_role("button", name="Bring it back").click()
    expect(one.locator(".scheduler-detail")).to_be_visible()
    expect(row(whole, "Alpha")).to_be_visible()
    expect(gone).to_have_count(0)
    never.get_by_role("button", name="Bring it back").click()
    expect(toast(never, "There is nothing to bring back")).to_be_visible()
    never.get_by_role("button", name="See all tasks").click()
    expect(never.locator(".scheduler-row:visible")).to_have_count(2)


def test_without_a_server_it_says_what_to_do(lab: Callable[..., Lab], server: LiveServer) -> None:
    notebook = lab(
        "nowhere.ipynb",
        f"{IMPORT}widget = SchedulerWidget(url='http://127.0.0.1:9/', token='t'); widget",
        f"widget._bridge = SchedulerWidget(url={server.url!r}, token={server.token!r})._bridge",
    )
    widget = notebook.run(0)
    expect(widget).to_contain_text("No Jupyter server to talk to")
    expect(widget).to_contain_text("jupyter scheduler-ext")
    expect(widget.locator(".scheduler-still")).to_be_hidden()
    notebook.run(1)
    widget.get_by_role("button", name="Try again").click()
    expect(widget.get_by_role("heading", name="No tasks yet")).to_be_visible()
    expect(widget).not_to_contain_text("No Jupyter server")


@pytest.fixture(scope="module")
def executed(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook of widgets, executed and made into a page as people do it; then the tasks are gone."""
    client = SchedulerClient(server.url, server.token)
    task = client.schedule(code="'done'", name="Seen on paper", when="30 2 * * *")
    task.run().wait(60, check=True)
    folder = tmp_path_factory.mktemp("paper")
    reach = f"url={server.url!r}, token={server.token!r}"
    cells = (f"{IMPORT}SchedulerWidget({reach})", f"SchedulerWidget(task='Seen on paper', {reach})")
    write_notebook(folder / "report.ipynb", *cells)
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "report.ipynb"]
    subprocess.run(command, cwd=folder, env=server.environment, check=True, capture_output=True, timeout=240)
    task.delete()
    return folder / "report.html"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_made_into_a_page_by_nbconvert_it_is_a_table_of_words(
    executed: Path, new_page: Callable[..., Page], complaints: Complaints, scripts: bool
) -> None:
    complaints.expected += ["ERR_FAILED", "require", "Math"]
    page = new_page(java_script_enabled=scripts)
    page.route(re.compile("^http"), lambda route: route.abort())
    page.goto(executed.as_uri())
    whole, card = page.locator(".jp-Cell-outputWrapper").nth(0), page.locator(".jp-Cell-outputWrapper").nth(1)
    expect(whole.get_by_role("row", name=re.compile("Seen on paper.*idle.*Every day at 02:30"))).to_be_visible()
    expect(card.get_by_role("row", name=re.compile("Last run.*succeeded")).first).to_be_visible()
    expect(card).to_contain_text("'done'")


def test_the_output_of_a_run_opens_in_jupyterlab(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    run = client.schedule("hello.ipynb", name="Opened").run({"name": "reader"}).wait(60, check=True)
    assert run.output_path is not None
    notebook = Lab(new_page(1400, 1000))
    notebook.page.goto(f"{server.url}lab/workspaces/output/tree/{run.output_path}?token={server.token}&reset")
    expect(notebook.page.locator(".jp-Notebook .jp-OutputArea", has_text="hello reader").first).to_be_visible(
        timeout=60_000
    )
