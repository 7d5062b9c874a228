"""The widget in a notebook of a real JupyterLab: the same flow as on the page, from a cell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import write_notebook
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


def test_one_task_several_views_and_a_filter(lab: Callable[..., Lab], client: SchedulerClient) -> None:
    for name in ("Alpha", "Beta"):
        client.schedule(code="1", name=name, tags=(name.lower(),))
    notebook = lab(
        "views.ipynb",
        f"{IMPORT}SchedulerWidget(task='Alpha')",
        "SchedulerWidget(filter={'tag': 'beta'}, height=300)",
        "SchedulerWidget()",
    )
    one, filtered, whole = (notebook.run(index) for index in range(3))
    expect(row(one, "Alpha")).to_be_visible()
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


def test_without_a_server_it_says_what_to_do(lab: Callable[..., Lab]) -> None:
    notebook = lab("nowhere.ipynb", f"{IMPORT}SchedulerWidget(url='http://127.0.0.1:9/', token='t')")
    widget = notebook.run(0)
    expect(widget).to_contain_text("No Jupyter server to talk to")
    expect(widget).to_contain_text("jupyter scheduler-ext")


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
