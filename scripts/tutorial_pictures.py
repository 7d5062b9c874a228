"""The pictures of the tutorial, taken by walking through it on a server of its own, for `scripts/pictures.py`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from browser.lab import Lab
from live_server import LiveServer
from playwright.sync_api import Locator, Page, expect

PATIENT = 60_000
NAME = "sales.ipynb"
PARAMETERS = 'region = "north"\ndays = 7'
REST = (
    """figures = {"north": [12, 15, 11, 19, 14, 16, 18], "south": [7, 9, 8, 12, 10, 9, 11]}
sales = figures[region][-days:]
print("Days:", sales)""",
    """total = sum(sales)
f"{region}: {total} sold in {days} days\"""",
)

Open = Callable[[str], Page]
"""Opens a page at an address, in a window of its own."""


def take(open_page: Open, shoot: Callable[[Page, str], None]) -> None:
    """All of them, in the order of the tutorial: each step stands on what the one before left."""
    with tempfile.TemporaryDirectory() as folder, LiveServer(Path(folder), lab=True) as server:
        page = open_page(f"{server.url}lab?token={server.token}&reset")
        lab = Lab(page)
        write_notebook(lab)
        tag(lab)
        shoot(page, "tutorial/tag")
        save(page)
        schedule(page)
        shoot(page, "tutorial/form")
        run(page)
        shoot(page, "tutorial/details")
        walk_in(lab)
        shoot(page, "tutorial/walk-in")
        fail(page)
        shoot(page, "tutorial/failed")
        page.context.close()


def write_notebook(lab: Lab) -> None:
    """Part 2: three cells in a new notebook, each of them run."""
    card = lab.page.locator(".jp-LauncherCard[data-category=Notebook]").filter(has_text="Python 3")
    card.click(timeout=PATIENT)
    lab.cells.first.wait_for(timeout=PATIENT)
    editor = lab.cells.first.locator(".jp-InputArea-editor")
    editor.click()
    lab.page.keyboard.insert_text(PARAMETERS)
    lab.run(0)
    for source in REST:
        at = lab.cells.count()
        lab.cells.last.locator(".jp-InputArea-editor").click()
        for key in ("Escape", "b", "Enter"):
            lab.page.keyboard.press(key)
        lab.cells.nth(at).wait_for()
        lab.page.keyboard.insert_text(source)
        lab.run(at)
    expect(lab.page.get_by_text("105 sold in 7 days").last).to_be_visible(timeout=PATIENT)


def tag(lab: Lab) -> None:
    """Part 2: the first cell is tagged `parameters` in the property inspector."""
    page = lab.page
    lab.cells.first.locator(".jp-InputArea-editor").click()
    page.get_by_role("tab", name="Property Inspector").click()
    page.get_by_text("Common Tools").click()
    page.locator(".jp-CellTags-Add, .jp-CellTags input").first.click()
    page.keyboard.type("parameters")
    page.keyboard.press("Enter")
    page.locator(".jp-CellTags-Tag", has_text="parameters").wait_for()


def save(page: Page) -> None:
    """Part 2: the panel is closed, and the notebook saved under its name."""
    page.get_by_role("tab", name="Property Inspector").click()
    page.locator(".jp-Notebook .jp-InputArea-editor").first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    box = page.locator(".jp-Dialog input").first
    box.fill(NAME)
    page.keyboard.press("Enter")
    page.get_by_role("tab", name=NAME).wait_for(timeout=PATIENT)


def schedule(page: Page) -> None:
    """Part 3: the clock in the toolbar opens the form, filled in."""
    page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Schedule this notebook").click()
    expect(sheet(page).get_by_label("Name", exact=True)).to_have_value("Sales", timeout=PATIENT)


def run(page: Page) -> None:
    """Parts 3 and 4: the task runs once, and its row is opened."""
    sheet(page).get_by_role("button", name="Create and run").click()
    expect(badge(page)).to_have_text("Idle", timeout=PATIENT)
    expect(page.locator(".scheduler-strip .scheduler-bar-good")).to_have_count(1, timeout=PATIENT)
    page.get_by_role("button", name="Details of Sales").click()
    expect(page.locator(".scheduler-log-tail")).to_contain_text("105 sold", timeout=PATIENT)
    quiet(page)
    expect(page.locator(".scheduler-ribbon .scheduler-ribbon-succeeded")).to_have_count(1, timeout=PATIENT)


def walk_in(lab: Lab) -> None:
    """Part 5: the output notebook, and a cell added to it by hand."""
    page = lab.page
    page.get_by_role("button", name="Open log").click()
    page.get_by_role("button", name="Open output").click()
    output = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    cells = output.locator(".jp-CodeCell")
    cells.nth(2).wait_for(timeout=PATIENT)
    expect(output.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle", timeout=PATIENT)
    cells.last.locator(".jp-InputArea-editor").click()
    for key in ("Escape", "b", "Enter"):
        page.keyboard.press(key)
    cells.nth(3).wait_for()
    page.keyboard.insert_text("max(sales)")
    answer = output.locator(".jp-OutputArea-output").get_by_text("19", exact=True)
    while not answer.is_visible():  # JupyterLab drops what is run while it still connects to the kernel
        cells.nth(3).locator(".jp-InputArea-editor").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1_500)


def fail(page: Page) -> None:
    """Part 6: run with a region that there is not; the details tell why."""
    page.get_by_role("tab", name="Scheduler").first.click()
    sheet(page).get_by_role("button", name="Run with changes").click()
    dialog = sheet(page).filter(has_text="Only for this run")
    dialog.get_by_label("Parameter value").first.fill("east")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".scheduler-failure")).to_contain_text("KeyError", timeout=PATIENT)
    sheet(page).get_by_role("button", name="Close").click()
    quiet(page)
    expect(badge(page)).to_have_text("Error", timeout=PATIENT)
    expect(page.locator(".scheduler-log-tail")).to_contain_text("KeyError", timeout=PATIENT)


def sheet(page: Page) -> Locator:
    """The sheet or dialog that is open."""
    return page.locator("dialog[open]")


def quiet(page: Page) -> None:
    """Wait until the message that the run has begun is gone: it would lie on the picture."""
    expect(page.locator(".scheduler-toast")).to_have_count(0, timeout=PATIENT)


def badge(page: Page) -> Locator:
    """The state of the one task."""
    return page.locator(".scheduler-row .scheduler-badge")
