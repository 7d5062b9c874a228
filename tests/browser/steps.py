"""What a person does with the scheduler's face, on the page or in a widget: `root` is the page or a part of it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

Root = Page | Locator


def row(root: Root, name: str) -> Locator:
    """The row of the task with this name."""
    page = root if isinstance(root, Page) else root.page
    return root.locator(".scheduler-row").filter(has=page.get_by_role("button", name=name, exact=True))


def sheet(root: Root) -> Locator:
    """The sheet or dialog that is open."""
    return root.locator("dialog[open]")


def new_task(root: Root) -> Locator:
    """Open the form for a new task."""
    button = root.locator(".scheduler-root").get_by_role("button", name="New task", exact=True)
    button.locator("visible=true").first.click()
    form = sheet(root)
    form.get_by_label("Name", exact=True).wait_for()
    return form


def choose(form: Locator, name: str) -> None:
    """Choose one of the kinds or types, which look like buttons and are radio buttons."""
    form.locator("label.scheduler-segment", has_text=re.compile(f"^{re.escape(name)}$")).click()


def write_code(form: Locator, source: str) -> None:
    """Choose code, and type it into the highlighting editor, which loads when its field is first used."""
    choose(form, "Code")
    form.locator(".scheduler-code").click()
    editor = form.locator(".cm-content")
    editor.wait_for()
    editor.fill(source)


def expect_state(root: Root, name: str, state: str) -> None:
    """The row of the task says, in words, that it is in this state."""
    expect(row(root, name).locator(".scheduler-badge")).to_have_text(state, timeout=30_000)


def toast(root: Root, text: str) -> Locator:
    """A short message at the foot of the page."""
    return root.locator(".scheduler-toast", has_text=text)
