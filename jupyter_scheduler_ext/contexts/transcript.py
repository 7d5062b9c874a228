"""The transcript of a context: one notebook to which every code run adds its cells."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

from .at_rest import AtRest, at_rest
from .documents import Cell, Document
from .folders import TRANSCRIPT

LONGEST = 400
"""Cells a transcript keeps; the oldest go."""
LARGEST = 50_000_000
"""Characters that it keeps, since it is read and written as a whole; the oldest cells go, none of a run under way."""


class Transcript(Document):
    """A transcript in memory. It may lie open before a person who adds cells and saves: at each save, what the file has
    come to hold is kept, and the cells of the runs that are writing are put back in their places.

    What earlier runs left is held at rest, that is as text: with 400 cells the objects would be most of the memory."""

    def __init__(self, contents: Any, path: str, notebook: AtRest, saved_at: Any) -> None:
        super().__init__(contents, path, notebook.head | {"cells": notebook.cells})
        self._texts = notebook.texts
        self.writers = 0
        """Runs that have it open."""
        self._saved_at = saved_at
        self._own: dict[str, Cell] = {}

    def append(self, cells: list[Cell]) -> None:
        """Add cells at the end; the oldest go if there are more than `LONGEST`."""
        super().append(cells)
        self._own.update({cell["id"]: cell for cell in cells})
        del self.cells[:-LONGEST]

    async def close(self) -> None:
        """One run is done with it."""
        await super().close()
        self.writers -= 1
        if self.writers == 0:
            self._own.clear()

    async def _save(self) -> None:
        await super()._save()
        if self._shed():
            await super()._save()

    def _shed(self) -> bool:
        """Let the oldest cells go if all are too large; says whether any went."""
        over = self.size - LARGEST
        count = 0
        for cell in self.cells:
            if over <= 0 or cell["id"] in self._own:
                break
            over -= len(self._texts[id(cell)])
            count += 1
        del self.cells[:count]
        return count > 0

    async def _catch_up(self) -> None:
        if self._saved_at is None:
            return
        try:
            model = await ensure_async(self._contents.get(self.path, content=False))
            if model["last_modified"] == self._saved_at:
                return
            model = await ensure_async(self._contents.get(self.path, type="file", format="text"))
        except HTTPError:
            return  # deleted, or something else by now: written anew
        theirs = await asyncio.to_thread(at_rest, model["content"])
        if theirs is not None:
            self.cells[:] = _merged(theirs.cells, self._own)
            self._texts = theirs.texts
            self._dirty = set(map(id, self._own.values()))


def _merged(theirs: list[Cell], own: dict[str, Cell]) -> list[Cell]:
    """Their cells, ours in the places where they have them, and at the end those they do not have."""
    there = {cell["id"] for cell in theirs}
    merged = [own.get(cell["id"], cell) for cell in theirs]
    return [*merged, *(cell for cell_id, cell in own.items() if cell_id not in there)][-LONGEST:]


class Transcripts:
    """The transcripts that runs are writing to; runs that overlap in one context share the one document."""

    def __init__(self, contents: Any) -> None:
        self._contents = contents
        self._open: dict[str, Transcript] = {}
        self._opening = asyncio.Lock()

    async def open(self, folder: str, kernel_name: str, language: str) -> Transcript:
        """The transcript in this context folder, to be closed by the run that asks for it. A new one if there is none,
        or if it cannot be read: then the old one is moved aside under another name."""
        path = f"{folder}/{TRANSCRIPT}"
        async with self._opening:
            document = self._open.get(path)
            if document is None or document.writers == 0:
                found, saved_at = await self._read(path)
                notebook = found or _empty(kernel_name, language)
                document = self._open[path] = Transcript(self._contents, path, notebook, saved_at)
            document.writers += 1
            return document

    async def _read(self, path: str) -> tuple[AtRest | None, Any]:
        """The transcript and when it was written."""
        try:
            model = await ensure_async(self._contents.get(path, type="file", format="text"))
        except HTTPError as error:
            if error.status_code != 404:
                await self._put_aside(path)
            return None, None
        found = await asyncio.to_thread(at_rest, model["content"])
        if found is None:
            await self._put_aside(path)
        return found, model["last_modified"] if found else None

    async def _put_aside(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        stem, _, suffix = name.rpartition(".")
        free = await ensure_async(self._contents.increment_filename(f"{stem}-unreadable.{suffix}", folder))
        await ensure_async(self._contents.rename(path, f"{folder}/{free}"))


def _empty(kernel_name: str, language: str) -> AtRest:
    metadata = {
        "kernelspec": {"name": kernel_name, "display_name": kernel_name, "language": language},
        "language_info": {"name": language},
    }
    return AtRest(head={"metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, cells=[], texts={})
