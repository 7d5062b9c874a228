"""The scheduler in Notebook 7: a notebook's toolbar, the file list and the menus lead to the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints, write_notebook
from .steps import row, sheet
from .test_lab_jupyterlab import PATIENT, schedule_file, type_into_the_notebook, until

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.timeout(300)]

NOTEBOOKS_OWN = ("reading 'schema'", "/static/notebook/")
"""What Notebook 7.6 complains about by itself, without any extension."""


def test_from_notebook_7_the_page_opens_with_the_notebook_filled_in(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient, complaints: Complaints
) -> None:
    complaints.expected.extend(NOTEBOOKS_OWN)
    notebook = server.root / "weekly.ipynb"
    write_notebook(notebook, "print('week')")

    classic = new_page()
    classic.goto(f"{server.url}notebooks/weekly.ipynb?token={server.token}")
    type_into_the_notebook(classic, "# edited")
    classic.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Schedule this notebook").click()
    with classic.expect_popup(timeout=PATIENT) as opened:
        classic.get_by_role("dialog").get_by_role("button", name="Save and Schedule").click()
    page = opened.value
    form = sheet(page)
    expect(form.get_by_label("Name", exact=True)).to_have_value("Weekly", timeout=PATIENT)
    expect(form.get_by_role("combobox", name="Notebook")).to_have_value("weekly.ipynb")
    assert "# edited" in notebook.read_text("utf-8")
    form.get_by_role("button", name="Create task").click()
    expect(row(page, "Weekly")).to_be_visible()
    assert client.task("Weekly").run().wait(60, check=True).result == "week"

    classic.goto(f"{server.url}tree?token={server.token}")
    classic.locator(".jp-DirListing-item", has_text="weekly.ipynb").wait_for(timeout=PATIENT)
    with classic.expect_popup(timeout=PATIENT) as opened:
        schedule_file(classic, "weekly.ipynb")
    form = sheet(opened.value)
    expect(form.get_by_role("combobox", name="Notebook")).to_have_value("weekly.ipynb", timeout=PATIENT)
    form.get_by_role("button", name="Cancel").click()

    entry = classic.get_by_role("menuitem", name="Scheduler", exact=True)
    until(entry, lambda: classic.locator(".lm-MenuBar-item", has_text="View").click())
    with classic.expect_popup(timeout=PATIENT) as opened:
        entry.click()
    expect(row(opened.value, "Weekly")).to_be_visible(timeout=PATIENT)
