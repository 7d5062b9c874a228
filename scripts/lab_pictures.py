"""The pictures of JupyterLab and Notebook 7 for the documentation; `scripts/pictures.py` takes them with the others."""

from __future__ import annotations

import json
from collections.abc import Callable

from live_server import LiveServer
from playwright.sync_api import Locator, Page, expect

PATIENT = 60_000
OWN = "jupyter-scheduler-ext:plugin"
THEMES = "@jupyterlab/apputils-extension:themes"

Open = Callable[..., Page]
"""Opens a page at an address, in a window of its own."""


def take(server: LiveServer, open_page: Open, shoot: Callable[[Page, str], None], notebook: str) -> None:
    """All of them, in a JupyterLab whose settings are as they were afterwards."""
    form(server, open_page, shoot, notebook)
    sidebar(server, open_page, shoot, notebook)
    notebook7(server, open_page, shoot, notebook)


def form(server: LiveServer, open_page: Open, shoot: Callable[[Page, str], None], notebook: str) -> None:
    """The form for the notebook in front, opened by the clock in its toolbar."""
    page = open_page(lab(server, "form", notebook))
    page.locator(".jp-MarkdownOutput h1").first.click(timeout=PATIENT)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(timeout=PATIENT)
    page.keyboard.press("Control+s")
    page.locator(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty").wait_for(state="detached", timeout=PATIENT)
    clock(page).click(timeout=PATIENT)
    expect(page.locator("dialog[open]").get_by_label("Name", exact=True)).not_to_have_value("", timeout=PATIENT)
    shoot(page, "lab-form-light")
    page.context.close()


def sidebar(server: LiveServer, open_page: Open, shoot: Callable[[Page, str], None], notebook: str) -> None:
    """The list in the right sidebar beside a notebook, in the dark theme."""
    choose(server, OWN, {"openIn": "right"})
    choose(server, THEMES, {"theme": "JupyterLab Dark"})
    try:
        page = open_page(lab(server, "sidebar", notebook))
        page.get_by_role("button", name="Scheduler: ").click(timeout=PATIENT)
        expect(page.locator(".scheduler-ext-panel .scheduler-row").first).to_be_visible(timeout=PATIENT)
        clock(page).wait_for(timeout=PATIENT)
        page.locator(".jp-MarkdownOutput h1").first.wait_for(timeout=PATIENT)
        widen(page)
        shoot(page, "lab-sidebar-dark")
        page.context.close()
    finally:
        choose(server, OWN, {})
        choose(server, THEMES, {})


def notebook7(server: LiveServer, open_page: Open, shoot: Callable[[Page, str], None], notebook: str) -> None:
    """The clock in the toolbar of Notebook 7, with its words."""
    page = open_page(f"{server.url}notebooks/{notebook}?token={server.token}")
    page.locator(".jp-MarkdownOutput h1").first.wait_for(timeout=PATIENT)
    page.locator(".jp-NotebookPanel-toolbar").get_by_text("Python 3").first.wait_for(timeout=PATIENT)
    clock(page).wait_for(timeout=PATIENT)
    shoot(page, "notebook7")
    page.context.close()


def lab(server: LiveServer, workspace: str, notebook: str) -> str:
    """The address of a notebook in a workspace of its own."""
    return f"{server.url}lab/workspaces/{workspace}/tree/{notebook}?token={server.token}&reset"


def clock(page: Page) -> Locator:
    """The button in the toolbar of the notebook."""
    return page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Schedule this notebook")


def widen(page: Page) -> None:
    """Drag the edge of the right sidebar, as one who reads in it does."""
    edge = page.locator("#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)").last.bounding_box()
    assert edge is not None
    middle = edge["y"] + edge["height"] / 2
    page.mouse.move(edge["x"] + edge["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(edge["x"] - 200, middle, steps=4)
    page.mouse.up()


def choose(server: LiveServer, plugin: str, values: dict[str, object]) -> None:
    """Set JupyterLab's settings of one plugin."""
    server.fetch(f"lab/api/settings/{plugin}", "PUT", {"raw": json.dumps(values)})
