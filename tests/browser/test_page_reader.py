"""Who may look, but not act, gets a page that says so and offers nothing that the server would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import write_notebook
from .lab import Lab
from .steps import row, sheet

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

MAKER = {"X-Maker": "1"}
READERS = """from jupyter_server.auth import Authorizer

class Readers(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        reading = handler.request.headers.get("X-Maker") is None and resource == "scheduler_ext"
        return action == "read" if reading else True
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[LiveServer]:
    """A server whose users may read the schedule; whoever sends X-Maker may do all."""
    home = tmp_path_factory.mktemp("readers")
    (home / "readers.py").write_text(READERS)
    options = ("--ServerApp.authorizer_class=readers.Readers",)
    with LiveServer(home, *options, env={"PYTHONPATH": str(home)}, lab=True) as server:
        yield server


@pytest.fixture(scope="module")
def task_id(library: LiveServer) -> str:
    """A task that has failed, made by someone else."""
    body = {
        "type": "scheduled",
        "name": "Only to look at",
        "schedule": "0 3 * * *",
        "action": {"kind": "code", "source": "print('to be read'); 1/0"},
    }
    made = library.fetch("scheduler-ext/api/tasks", "POST", body, MAKER)["task"]["uuid"]
    run = library.fetch(f"scheduler-ext/api/tasks/{made}/run", "POST", {}, MAKER)["run"]["id"]
    SchedulerClient(library.url, library.token).get_run(run).wait(60)
    return str(made)


def test_a_reader_sees_all_and_is_offered_nothing_that_would_be_refused(
    new_page: Callable[..., Page], library: LiveServer, task_id: str
) -> None:
    page = new_page()
    page.goto(library.page())
    expect(page.get_by_text("Read only")).to_be_visible()
    expect(row(page, "Only to look at").locator(".scheduler-badge")).to_have_text("Error")
    for name in ("New task", "Run Only to look at", "Edit Only to look at"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    row(page, "Only to look at").get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Run historyH"])
    page.keyboard.press("Escape")
    row(page, "Only to look at").get_by_role("checkbox").check()
    shown = page.get_by_role("toolbar").get_by_role("button").locator("visible=true")
    expect(shown).to_have_text(["Export", ""])
    page.keyboard.press("Escape")

    # Neither keys nor an address lead to the form.
    page.keyboard.press("j")
    for key in ("r", "e", "n", "Delete"):
        page.keyboard.press(key)
    expect(sheet(page)).to_have_count(0)
    page.goto(library.page(f"#/task/{task_id}/edit"))
    detail = sheet(page)
    expect(detail.get_by_role("heading", name="Only to look at")).to_be_visible()
    detail.locator("table.scheduler-runs tbody tr").click()
    expect(detail.get_by_role("log")).to_contain_text("to be read")
    expect(detail.locator(".scheduler-sheet-foot")).to_be_hidden()
    page.goto(library.page("#/access"))
    expect(page.get_by_role("row", name="Schedule")).to_contain_text("Not allowed")


def test_a_reader_s_widget_offers_nothing_either(
    new_page: Callable[..., Page], library: LiveServer, task_id: str
) -> None:
    write_notebook(
        Path(library.root) / "reader.ipynb", "from jupyter_scheduler_ext import SchedulerWidget\nSchedulerWidget()"
    )
    widget = Lab(new_page(1400, 1000)).open(library, "reader.ipynb").run(0)
    expect(row(widget, "Only to look at")).to_be_visible()
    expect(widget.get_by_role("button", name="Run Only to look at")).to_have_count(0)
    expect(widget.get_by_role("button", name="New task")).to_have_count(0)
