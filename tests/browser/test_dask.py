"""A notebook that is scheduled in the page runs on a worker of a Dask cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import Run, SchedulerClient

from .conftest import write_notebook
from .steps import new_task, row, sheet

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

WHERE = "import os\nprint('on a worker')\nos.getppid()"


@pytest.fixture(scope="module")
def dask_server(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[LiveServer]:
    options = (
        "--SchedulerExtension.executors=local",
        "--SchedulerExtension.executors=dask",
        "--DaskSettings.workers=1",
    )
    with LiveServer(tmp_path_factory.mktemp("dask"), *options) as server:
        write_notebook(server.root / "where.ipynb", WHERE)
        yield server


@pytest.fixture
def dask_client(dask_server: LiveServer) -> SchedulerClient:
    """A client of the server, which has no tasks."""
    client = SchedulerClient(dask_server.url, dask_server.token)
    client.bulk("delete", client.tasks())
    return client


def test_a_notebook_scheduled_in_the_page_runs_on_a_worker(
    new_page: Callable[..., Page], dask_server: LiveServer, dask_client: SchedulerClient
) -> None:
    page = new_page(1280, 900)
    page.goto(dask_server.page())
    form = new_task(page)
    form.get_by_role("combobox", name="Notebook").fill("where")
    form.get_by_role("option", name="where.ipynb").click()
    expect(form.get_by_label("Name", exact=True)).to_have_value("Where")
    form.get_by_label("Runs on").select_option("dask")
    form.get_by_role("button", name="Create task").click()
    expect(sheet(page)).to_have_count(0)

    task = dask_client.task("Where")
    assert task.data["executor"] == "dask"
    row(page, "Where").get_by_role("button", name="Run Where").click()
    run = wait_for_end(dask_client)

    assert run.state == "succeeded", run.reason
    parent = psutil.Process(int(str(run.result)))
    assert parent.pid != dask_server.pid
    assert dask_server.pid in {process.pid for process in parent.parents()}, "a worker of the server's own cluster"
    page.goto(dask_server.page(f"#/run/{run.id}"))
    expect(page.get_by_text("on a worker").first).to_be_visible()


def wait_for_end(client: SchedulerClient) -> Run:
    deadline = time.monotonic() + 90
    while True:
        runs = client.runs("Where")
        if runs and runs[0].is_over:
            return runs[0]
        assert time.monotonic() < deadline, f"it did not end: {runs}"
        time.sleep(0.3)
