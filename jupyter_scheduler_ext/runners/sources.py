"""Reading what a run executes, when it starts: notebooks through the contents manager, code as cells."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

from ..contexts.paths import served_path
from ..engine.errors import Invalid, NotFound

Notebook = dict[str, Any]

INLINE = 100_000
"""Characters of JSON that are parsed on the event loop (under a millisecond); more goes to a thread."""
SEPARATOR = re.compile(r"^# %%.*$", re.MULTILINE)


async def read_notebook(contents: Any, path: str) -> Notebook:
    """A notebook as plain nbformat-4 JSON. Raises NotFound or Invalid with a message for people."""
    path = served_path(contents, path, field="action.path")
    plain = path.endswith(".ipynb")
    try:
        if plain:
            model = await ensure_async(contents.get(path, type="file", format="text"))
        else:  # what other formats mean is the contents manager's to know (jupytext's, for one)
            model = await ensure_async(contents.get(path, type="notebook"))
    except HTTPError as error:
        if error.status_code == 404:
            raise NotFound(f"the notebook {path!r} is not there", field="action.path") from None
        raise Invalid(f"{path!r} cannot be read as a notebook: {error.log_message}", field="action.path") from None
    if not plain:
        return dict(model["content"])
    return await parse_notebook(model["content"], path)


async def parse_notebook(text: str, path: str) -> Notebook:
    """The text of an .ipynb as nbformat-4 JSON; older formats are upgraded. Raises Invalid."""
    try:
        found = json.loads(text) if len(text) < INLINE else await asyncio.to_thread(json.loads, text)
        if isinstance(found, dict) and found.get("nbformat", 0) != 4:
            found = await asyncio.to_thread(_upgrade, text)
    except Exception as error:
        raise Invalid(f"{path!r} is not a notebook: {error}", field="action.path") from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and "cell_type" in cell for cell in cells):
        raise Invalid(f"{path!r} is not a notebook: it has no cells", field="action.path")
    found.setdefault("metadata", {})
    found.setdefault("nbformat_minor", 0)
    return dict(found)


def _upgrade(text: str) -> dict[str, Any]:
    import nbformat

    return dict(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]


def source_of(cell: dict[str, Any]) -> str:
    """A cell's text: nbformat allows a list of lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def code_cell(source: str, *, cell_id: str | None = None, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A code cell that has not run."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [],
        "source": source,
    }
    return cell if cell_id is None else {"id": cell_id, **cell}


def split_cells(source: str) -> list[str]:
    """Code as cells, separated by lines that start with ``# %%``; empty ones are left out."""
    return [part.strip("\n") for part in SEPARATOR.split(source) if part.strip()]
