"""The notebook a run writes: its cells as they are executed, saved as they come through the contents manager."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jupyter_core.utils import ensure_async

from .at_rest import BETWEEN, laid_out
from .at_rest import Cell as Cell
from .folders import make_folders
from .saving import SavedAsItGrows

TRUSTED_UP_TO = 1_000_000
"""Characters of a finished notebook that is signed as trusted: signing holds the event loop, so big ones are not."""


class Document:
    """A notebook in memory whose cells change while they run. Only cells that changed are written out anew; the text
    of the others is kept from the save before."""

    def __init__(self, contents: Any, path: str, notebook: dict[str, Any]) -> None:
        self.path = path
        self.cells: list[Cell] = notebook["cells"]
        self._contents = contents
        self._head = {name: value for name, value in notebook.items() if name != "cells"}
        self._trouble: Callable[[Exception], None] | None = None
        self._texts: dict[int, str] = {}
        self._dirty: set[int] = set()
        self._saved = SavedAsItGrows(self._save, self._troubled)
        self._saved_at: Any = None
        self._text = ""
        self.size = 0
        """Characters of its text at the last save."""

    def on_trouble(self, tell: Callable[[Exception], None]) -> None:
        """Whom to tell when the file cannot be written."""
        self._trouble = tell

    def _troubled(self, error: Exception) -> None:
        if self._trouble is not None:
            self._trouble(error)

    def append(self, cells: list[Cell]) -> None:
        """Add cells at the end."""
        self.cells.extend(cells)
        self._dirty.update(map(id, cells))

    def touch(self, cell: Cell) -> None:
        """This cell changed."""
        self._dirty.add(id(cell))
        self._saved.touch()

    async def close(self) -> None:
        """Write the last state, and sign it: this server ran it, so its outputs may be shown."""
        await self._saved.close()
        self._trouble = None
        text, self._text = self._text, ""
        notary = getattr(self._contents, "notary", None)
        if notary is not None and 0 < len(text) <= TRUSTED_UP_TO:
            with suppress(Exception):  # an unsigned notebook shows all but scripts
                notary.sign(await asyncio.to_thread(_as_node, text))

    async def _save(self) -> None:
        await self._catch_up()
        dirty, self._dirty = self._dirty, set()
        fresh = {id(cell): _copied(cell) for cell in self.cells if id(cell) in dirty or id(cell) not in self._texts}
        order = [id(cell) for cell in self.cells]
        self._text, self._texts = await asyncio.to_thread(_written, self._head, order, fresh, self._texts)
        self.size = len(self._text)
        model = {"type": "file", "format": "text", "content": self._text}
        try:
            saved = await ensure_async(self._contents.save(model, self.path))
        except Exception:
            await make_folders(self._contents, self.path.rpartition("/")[0])  # if somebody deleted it
            saved = await ensure_async(self._contents.save(model, self.path))
        self._saved_at = saved.get("last_modified")

    async def _catch_up(self) -> None:
        """Take in what others wrote to the file meanwhile. Nobody else writes the output of a run."""


def _copied(cell: Cell) -> Cell:
    """A cell as it is now, safe from what its kernel says next."""
    outputs = [
        {**output, "text": list(output["text"])} if output.get("output_type") == "stream" else dict(output)
        for output in cell.get("outputs", ())
    ]
    return {**cell, "outputs": outputs} if "outputs" in cell else dict(cell)


def _written(
    head: dict[str, Any], order: list[int], fresh: dict[int, Cell], known: dict[int, str]
) -> tuple[str, dict[int, str]]:
    """The text of a whole notebook, as nbformat lays it out, and the text of each cell by its key."""
    texts = {key: laid_out(fresh[key], 2) if key in fresh else known[key] for key in order}
    cells = BETWEEN.join(texts[key] for key in order)
    rest = laid_out(head, 0).removeprefix("{")
    text = f'{{\n "cells": [\n  {cells}\n ],{rest}\n' if order else f'{{\n "cells": [],{rest}\n'
    return text.encode("utf-8", "replace").decode("utf-8"), texts  # a lone surrogate must not spoil the file


def _as_node(text: str) -> Any:
    import nbformat

    return nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
