"""JupyterLab, as far as these tests use it."""

from __future__ import annotations

from live_server import LiveServer
from playwright.sync_api import Locator, Page, TimeoutError, expect


class Lab:
    """A notebook open in JupyterLab, in a workspace of its own."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, server: LiveServer, path: str) -> Lab:
        """Open a notebook of the served folder, and wait until its kernel is idle."""
        self.page.goto(f"{server.url}lab/workspaces/{self.name(path)}/tree/{path}?token={server.token}&reset")
        self.cells.first.wait_for(timeout=60_000)
        expect(self.page.locator(".jp-Notebook-ExecutionIndicator").first).to_have_attribute(
            "data-status", "idle", timeout=60_000
        )
        return self

    @staticmethod
    def name(path: str) -> str:
        """A workspace for this notebook; its name must have no dot."""
        return "".join(letter for letter in path if letter.isalnum())

    @property
    def cells(self) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    def run(self, index: int) -> Locator:
        """Run a cell; returns its output area.

        While JupyterLab still connects to the kernel it drops what is run, or asks for a kernel: once more, then.
        """
        cell = self.cells.nth(index)
        prompt = cell.locator(".jp-InputPrompt").first
        answer = self.page.locator(".jp-Dialog .jp-Dialog-button.jp-mod-accept")
        for _ in range(30):
            try:
                if answer.first.is_visible():
                    answer.first.click(timeout=2_000)
                cell.locator(".jp-InputArea-editor").click(timeout=2_000)
                self.page.keyboard.press("Control+Enter")
                expect(prompt).not_to_have_text("[ ]:", timeout=1_500)
                break
            except (AssertionError, TimeoutError):
                continue
        return cell.locator(".jp-Cell-outputWrapper")

    def evaluate(self, source: str) -> Locator:
        """Insert a cell with this source at the end and run it; returns its output area.

        While JupyterLab still puts a notebook together it takes the focus away from what was clicked, and the keys go
        nowhere: clicked and pressed again, then, until there is one cell more.
        """
        before = self.cells.count()
        for _ in range(20):
            try:
                self.cells.last.locator(".jp-InputArea-editor").click(timeout=2_000)
                self.page.keyboard.press("Escape")
                self.page.keyboard.press("b")
                self.cells.nth(before).wait_for(timeout=2_000)
                break
            except (AssertionError, TimeoutError):
                continue
        editor = self.cells.last.locator(".jp-InputArea-editor")
        for _ in range(20):
            try:
                editor.click(timeout=2_000)
                self.page.keyboard.press("Control+a")
                self.page.keyboard.type(source)
                expect(editor).to_contain_text(source, timeout=2_000)
                break
            except (AssertionError, TimeoutError):
                continue
        return self.run(self.cells.count() - 1)
