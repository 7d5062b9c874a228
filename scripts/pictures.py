"""Takes the pictures of the README and the documentation: a real server, a real browser, and an invented past.

python3 dev.py pictures             all of them
python3 dev.py pictures tutorial    some: table, form, widget, views, walk_in, jupyterlab, tutorial
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from invented_past import HABITS, TROUBLE, ZONE, invent, path_of
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import lab_pictures  # noqa: E402
import tutorial_pictures  # noqa: E402
from browser.lab import Lab  # noqa: E402
from live_server import LiveServer  # noqa: E402

from dev import find_chromium  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
SHARPNESS = 1.5
BUSY = "Refresh churn features"
"""The task that is running while the pictures are taken."""


def notebook(*cells: str) -> dict[str, Any]:
    """A notebook of these code cells."""
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def furnish(root: Path) -> None:
    """The notebooks that the tasks run, in the served folder."""
    (root / "jobs").mkdir(parents=True)
    for habit in HABITS:
        shutil.copy(ROOT / "notebooks" / "examples" / "daily_report.ipynb", root / path_of(habit.name))
    steps = [f"import time\n\nprint('part {n + 1} of 9')\ntime.sleep({0.5 if n < 6 else 600})" for n in range(9)]
    (root / path_of(BUSY)).write_text(json.dumps(notebook(*steps)), "utf-8")
    shown = "from jupyter_scheduler_ext import SchedulerWidget\n\nSchedulerWidget()"
    (root / "monitor.ipynb").write_text(json.dumps(notebook(shown)), "utf-8")


@contextmanager
def stage() -> Iterator[LiveServer]:
    """A server with a past, in which one task is running."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        furnish(home / "work")
        invent(home / "schedule")
        with LiveServer(home, f"--SchedulerExtension.storage_dir={home / 'schedule'}", lab=True) as server:
            start_the_busy_one(server)
            yield server


def start_the_busy_one(server: LiveServer) -> None:
    """Run the task that is to be seen at work, and wait until it is well on its way. Raises TimeoutError."""
    task = next(task for task in server.api("tasks")["tasks"] if task["name"] == BUSY)
    run = server.api(f"tasks/{task['uuid']}/run", "POST", {})["run"]
    deadline = time.monotonic() + 60
    while (server.api(f"runs/{run['id']}")["run"]["progress"] or 0) < 0.6:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{BUSY} does not get on")
        time.sleep(0.2)


def open_page(
    browser: Browser, address: str, theme: str = "light", size: ViewportSize = SIZE, sharpness: float = SHARPNESS
) -> Page:
    """A page in a window of its own, as a person in the tasks' zone sees it."""
    context = browser.new_context(
        viewport=size, device_scale_factor=sharpness, timezone_id=ZONE, locale="en-GB", color_scheme=theme
    )
    page = context.new_page()
    page.goto(address)
    return page


def shoot(page: Page, name: str) -> None:
    """Save what the page shows, once it has come to rest."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(600)
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, animations="disabled")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


def table(browser: Browser, server: LiveServer) -> None:
    """The page, with the details of the task that is in trouble."""
    for theme in ("light", "dark"):
        page = open_page(browser, server.page(), theme)
        page.get_by_role("button", name=f"Details of {TROUBLE}").click()
        expect(page.get_by_text("lock wait timeout exceeded").first).to_be_visible()
        shoot(page, f"table-{theme}")
        page.context.close()


def form(browser: Browser, server: LiveServer) -> None:
    """The form of a task."""
    page = open_page(browser, server.page())
    page.get_by_role("button", name="Edit Validate incoming lab results").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    shoot(page, "form")


def widget(browser: Browser, server: LiveServer) -> None:
    """The widget in a notebook cell in JupyterLab."""
    page = open_page(browser, f"{server.url}lab/tree/monitor.ipynb?token={server.token}&reset")
    lab = Lab(page)
    lab.cells.first.wait_for(timeout=120_000)
    lab.run(0)
    expect(page.get_by_role("button", name=f"Details of {TROUBLE}")).to_be_visible(timeout=60_000)
    shoot(page, "widget")


def views(browser: Browser, server: LiveServer) -> None:
    """Every view, light and dark, wide and narrow, to be looked at with a critical eye."""
    task = next(task for task in server.api("tasks")["tasks"] if task["name"] == TROUBLE)
    run = server.api(f"runs?task_id={task['uuid']}&limit=1")["runs"][0]
    fragments = {
        "list": "#/",
        "timeline": "#/timeline",
        "calendar": "#/calendar",
        "task": f"#/task/{task['uuid']}",
        "run": f"#/run/{run['id']}",
        "edit": f"#/task/{task['uuid']}/edit",
        "new": "#/new/planned",
        "contexts": "#/contexts",
        "notifications": "#/notifications",
        "status": "#/status",
        "access": "#/access",
    }
    for name, fragment in fragments.items():
        for theme in ("light", "dark"):
            for width, size in (("wide", SIZE), ("narrow", PHONE)):
                page = open_page(browser, server.page(fragment), theme, size, 1)
                page.get_by_text("Live").first.wait_for(state="attached")
                page.wait_for_timeout(2500)
                if name == "run":
                    page.get_by_text("Traceback", exact=True).click()
                shoot(page, f"views/{name}-{theme}-{width}")
                page.context.close()


def walk_in(browser: Browser, server: LiveServer) -> None:
    """A transcript in JupyterLab, attached to the kernel that three runs have counted in."""
    source = "nights = globals().get('nights', 0) + 1\nprint('night', nights)"
    action = {"kind": "code", "source": source, "kernel_name": "python3", "kernel": "keep"}
    task = server.api("tasks", "POST", {"type": "adhoc", "name": "Night watch", "action": action})["task"]
    for _ in range(3):
        run = server.api(f"tasks/{task['uuid']}/run", "POST", {})["run"]
        while server.api(f"runs/{run['id']}")["run"]["finished_at"] is None:
            time.sleep(0.2)
    page = open_page(browser, server.page(f"#/run/{run['id']}"))
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open output").click()
    lab = opened.value
    outputs = lab.locator(".jp-OutputArea")
    expect(outputs.filter(has_text="night 3").first).to_be_visible(timeout=60_000)
    lab.wait_for_timeout(2000)
    lab.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-InputArea-editor").click()
    for key in ("Escape", "b", "Enter"):
        lab.keyboard.press(key)
    lab.keyboard.type("nights * 111")
    lab.keyboard.press("Control+Enter")
    expect(outputs.filter(has_text="333").first).to_be_visible(timeout=60_000)
    shoot(lab, "walk-in")
    server.api(f"tasks/{task['uuid']}", "DELETE")


def jupyterlab(browser: Browser, server: LiveServer) -> None:
    """The scheduler in JupyterLab and Notebook 7."""
    lab_pictures.take(server, lambda address: open_page(browser, address), shoot, path_of(HABITS[0].name))


def tutorial(browser: Browser, server: LiveServer) -> None:
    """The steps of the tutorial, on a server where nothing has run yet."""
    tutorial_pictures.take(lambda address: open_page(browser, address, sharpness=1), shoot)


PARTS = (table, form, widget, views, walk_in, jupyterlab, tutorial)


def main() -> None:
    """All pictures, or those of the parts that are named."""
    named = sys.argv[1:]
    if unknown := set(named) - {part.__name__ for part in PARTS}:
        sys.exit(f"no pictures are called {', '.join(sorted(unknown))}")
    with stage() as server, sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=options)
        for part in PARTS:
            if not named or part.__name__ in named:
                part(browser, server)
        browser.close()


if __name__ == "__main__":
    main()
