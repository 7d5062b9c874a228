"""The scheduler in JupyterLab: the extension that a wheel brings, in a real JupyterLab 4."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer
from playwright.sync_api import Locator, Page, TimeoutError, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints, write_notebook
from .steps import choose, new_task, row, sheet, toast, write_code
from .test_page_accessibility import RULES

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.timeout(300)]

PATIENT = 60_000
"""Milliseconds: JupyterLab itself starts while others work on the same machine."""
OWN = "jupyter-scheduler-ext:plugin"
THEMES = "@jupyterlab/apputils-extension:themes"


@pytest.fixture
def settings(server: LiveServer) -> Iterator[Callable[..., None]]:
    """Sets JupyterLab's settings of one plugin; they are as they were when the test ends."""
    changed: set[str] = set()

    def choose(plugin: str, **values: Any) -> None:
        changed.add(plugin)
        server.fetch(f"lab/api/settings/{plugin}", "PUT", {"raw": json.dumps(values)})

    yield choose
    for plugin in changed:
        server.fetch(f"lab/api/settings/{plugin}", "PUT", {"raw": "{}"})


def open_lab(page: Page, server: LiveServer, workspace: str, path: str = "") -> None:
    """JupyterLab in a workspace of its own, as far as the status bar has heard of the scheduler."""
    tree = f"/tree/{path}" if path else ""
    page.goto(f"{server.url}lab/workspaces/{workspace}{tree}?token={server.token}&reset")
    page.locator(".jp-DirListing-item").first.wait_for(timeout=PATIENT)


def status_bar(page: Page) -> Locator:
    return page.get_by_role("button", name="Scheduler: ")


def panel(page: Page) -> Locator:
    """The scheduler's page, where it lies in JupyterLab."""
    return page.locator(".scheduler-ext-panel")


def type_into_the_notebook(page: Page, text: str) -> None:
    """Edit the first cell. While JupyterLab still puts a notebook together, keys go nowhere: again, then."""
    editor = page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea-editor").first
    editor.wait_for(timeout=PATIENT)
    for _ in range(20):
        try:
            editor.click(timeout=2_000)
            page.keyboard.press("Control+End")
            page.keyboard.type(text)
            expect(editor).to_contain_text(text, timeout=2_000)
            break
        except (AssertionError, TimeoutError):
            continue


def until(sign: Locator, act: Callable[[], object]) -> None:
    """Do it until its sign is there: JupyterLab puts its keys and menus together when the rest has long been drawn."""
    for _ in range(20):
        act()
        try:
            expect(sign).to_be_visible(timeout=3_000)
            return
        except AssertionError:
            sign.page.keyboard.press("Escape")
    expect(sign).to_be_visible()


def schedule_file(page: Page, name: str) -> None:
    """Choose a notebook's entry in the menu of the file browser."""
    entry = page.get_by_role("menuitem", name="Schedule Notebook…")
    until(entry, lambda: page.locator(".jp-DirListing-item", has_text=name).click(button="right"))
    entry.click()


def barriers(page: Page, *parts: str) -> list[str]:
    """What axe finds in our parts of JupyterLab."""
    from axe_playwright_python.sync_playwright import Axe

    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "([parts, rules]) => axe.run({include: parts}, {runOnly: rules, resultTypes: ['violations']})",
        [list(parts), RULES],
    )
    return [f"{one['id']}: {[node['target'] for node in one['nodes']][:5]}" for one in found["violations"]]


def test_a_notebook_is_scheduled_run_and_read_without_leaving_jupyterlab(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient, settings: Callable[..., None]
) -> None:
    # So rarely does the status bar look by itself that what it shows in time has been pushed.
    settings(OWN, statusInterval=3600)
    notebook = server.root / "daily.ipynb"
    write_notebook(notebook, "print('hello', name)", parameters="name = 'world'")
    page = new_page(1400, 900)
    open_lab(page, server, "daily", "daily.ipynb")
    expect(status_bar(page)).to_have_accessible_name("Scheduler: nothing due", timeout=PATIENT)

    type_into_the_notebook(page, "# edited")
    page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Schedule this notebook").click()
    form = sheet(panel(page))
    expect(form.get_by_label("Name", exact=True)).to_have_value("Daily", timeout=PATIENT)
    expect(form.get_by_role("combobox", name="Notebook")).to_have_value("daily.ipynb")
    expect(form.get_by_label("Parameter name", exact=True).first).to_have_value("name")

    expect(form.get_by_role("status").filter(has_text="unsaved changes")).to_be_visible()
    form.get_by_role("button", name="Save notebook").click()
    expect(form.get_by_role("button", name="Save notebook")).to_be_hidden()
    assert "# edited" in notebook.read_text("utf-8")
    form.get_by_role("button", name="Create task").click()
    expect(row(panel(page), "Daily")).to_be_visible()
    expect(status_bar(page)).to_contain_text("next ", timeout=PATIENT)

    client.task("Daily").run({"name": "reader"}).wait(60, check=True)
    client.schedule(code="1/0", name="Broken").run().wait(60)
    expect(status_bar(page)).to_contain_text("1 failed", timeout=PATIENT)
    expect(row(panel(page), "Broken")).to_be_visible()

    row(panel(page), "Daily").get_by_role("button", name="Daily", exact=True).click()
    history = sheet(panel(page))
    history.locator(".scheduler-runs tbody button").first.click()
    history.get_by_role("button", name="Open output").click()
    outputs = page.locator(".jp-Notebook .jp-OutputArea")
    expect(outputs.filter(has_text="hello reader").first).to_be_visible(timeout=PATIENT)
    assert len(page.context.pages) == 1, "in the same JupyterLab, not in another tab of the browser"

    status_bar(page).click()
    expect(history).to_be_visible()
    history.get_by_role("heading").first.click()
    page.keyboard.press("Escape")
    expect(history).to_have_count(0)
    assert barriers(page, ".scheduler-ext-panel", ".scheduler-ext-status") == []


def test_tasks_of_each_type_are_made_in_the_tab_and_keys_still_work_when_what_was_pressed_is_gone(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    page = new_page(1400, 900)
    open_lab(page, server, "types")
    page.locator(".jp-LauncherCard", has_text="Scheduler").click()
    root = panel(page)
    expect(root.get_by_role("heading", name="No tasks yet")).to_be_visible(timeout=PATIENT)

    form = new_task(root)
    form.get_by_role("combobox", name="Notebook").fill("hel")
    form.get_by_role("option", name="hello.ipynb").click()
    form.get_by_label("Parameter value").first.fill("tab")
    form.get_by_role("button", name="Weekdays at 07:00").click()
    form.get_by_role("button", name="Create task").click()
    expect(row(root, "Hello")).to_be_visible()

    form = new_task(root)
    form.get_by_label("Name", exact=True).fill("Planned")
    choose(form, "Planned dates")
    form.locator("input[type='datetime-local']:visible").first.fill("2031-05-01T10:30")
    write_code(form, "6 * 7")
    form.get_by_role("button", name="Create task").click()
    expect(row(root, "Planned")).to_be_visible()

    form = new_task(root)
    form.get_by_label("Name", exact=True).fill("Called")
    choose(form, "On demand")
    choose(form, "Command")
    form.get_by_role("textbox", name="Command", exact=True).fill("echo called")
    form.get_by_role("button", name="Create task").click()
    box = root.get_by_role("dialog", name="Token")
    expect(toast(box, "Created Called")).to_be_visible()
    box.get_by_role("button", name="I have stored it").click()
    expect(box).to_have_count(0)
    made = {task.name: (task.data["type"], task.action["kind"]) for task in client.tasks()}
    assert made == {
        "Hello": ("scheduled", "notebook"),
        "Planned": ("planned", "code"),
        "Called": ("adhoc", "command"),
    }

    row(root, "Planned").get_by_role("button", name="Planned", exact=True).click()
    history = sheet(root)
    # While it runs there is another button in its place, and nothing has the focus.
    history.get_by_role("button", name="Run now").click()
    expect(history.locator("table.scheduler-runs tbody tr")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(history).to_have_count(0)
    expect(root.locator(".scheduler-row:focus-within")).to_contain_text("Planned")
    page.keyboard.press("Delete")
    expect(row(root, "Planned")).to_have_count(0)
    toast(root, "Deleted Planned").get_by_role("button", name="Undo").click()
    expect(row(root, "Planned")).to_be_visible()

    page.keyboard.press("n")
    expect(sheet(root).get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Half typed")
    page.locator(".lm-TabBar-tab.lm-mod-current", has_text="Scheduler").locator(".lm-TabBar-tabCloseIcon").click()
    page.locator(".jp-Dialog").get_by_role("button", name="Cancel").click()
    expect(sheet(root).get_by_label("Name", exact=True)).to_have_value("Half typed")


def test_in_a_sidebar_and_the_dark_theme_it_is_reached_by_keys_and_from_a_file(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient, settings: Callable[..., None]
) -> None:
    settings(OWN, openIn="right", statusBar=False)
    settings(THEMES, theme="JupyterLab Dark")
    client.schedule(code="1", name="Nightly", when="@daily")
    write_notebook(server.root / "other.ipynb", "1")
    page = new_page(1400, 900)
    open_lab(page, server, "sidebar")
    expect(page.locator("#jp-right-stack .scheduler-ext-panel")).to_have_count(1, timeout=PATIENT)

    launcher = page.locator(".jp-LauncherCard", has_text="Scheduler")
    expect(launcher).to_be_visible()
    words = page.locator(".lm-CommandPalette-input")
    until(words, lambda: page.keyboard.press("Control+Shift+C"))
    words.fill("Scheduler")
    page.locator(".lm-CommandPalette-item.lm-mod-active[data-command='scheduler-ext:open']").wait_for()
    words.press("Enter")
    root = panel(page).locator(".scheduler-root")
    expect(row(root, "Nightly")).to_be_visible(timeout=PATIENT)
    expect(root).to_have_attribute("data-scheduler-theme", "dark")
    expect(status_bar(page)).to_be_hidden()
    box = root.bounding_box()
    assert box is not None
    assert root.evaluate("root => root.querySelector('.scheduler-main').scrollWidth") <= box["width"]
    assert barriers(page, ".scheduler-ext-panel") == []

    schedule_file(page, "hello.ipynb")
    form = sheet(root)
    expect(form.get_by_label("Name", exact=True)).to_have_value("Hello")
    form.get_by_label("Name", exact=True).fill("Half typed")
    schedule_file(page, "other.ipynb")
    expect(toast(root, "Save or close this form first")).to_be_visible()
    expect(form.get_by_label("Name", exact=True)).to_have_value("Half typed")


class WithoutScheduler(LiveServer):
    """A Jupyter server on which the scheduler's server extension is switched off."""

    probe = "api/status"

    def __init__(self, home: Path) -> None:
        super().__init__(home, "--ServerApp.jpserver_extensions=jupyter_scheduler_ext=False", lab=True)

    def api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Jupyter's own: there is no other."""
        return self.fetch(f"api/{path}", method, body)


def test_without_the_server_extension_it_says_what_is_missing_and_how_to_get_it(
    new_page: Callable[..., Page], tmp_path: Path, complaints: Complaints
) -> None:
    complaints.expected.append("scheduler-ext/api/status")
    with WithoutScheduler(tmp_path) as server:
        write_notebook(server.root / "hello.ipynb", "1")
        page = new_page()
        open_lab(page, server, "without")
        page.locator(".jp-LauncherCard", has_text="Scheduler").click()
        said = panel(page)
        expect(said).to_contain_text("The scheduler is not running on this Jupyter server", timeout=PATIENT)
        expect(said).to_contain_text("jupyter server extension enable jupyter_scheduler_ext")
        said.get_by_role("button", name="Try Again").click()
        expect(said.get_by_role("heading")).to_have_text("The scheduler is not running on this Jupyter server")
        expect(page.locator(".scheduler-ext-status")).to_be_hidden()
        page.context.close()
