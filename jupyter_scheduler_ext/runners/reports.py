"""An output notebook as a page: nbconvert's HTML, with or without the code."""

from __future__ import annotations

import asyncio
from typing import Any

from .sources import read_notebook

TEMPLATE = "lab"


async def as_html(contents: Any, path: str, *, hide_input: bool = False) -> str:
    """The notebook at `path` as one HTML page. Its outputs are the user's own and may hold scripts: serve it behind a
    sandbox. Raises NotFound or Invalid.

    nbconvert takes a second or two to import, the first time; both import and export happen in a thread.
    """
    notebook = await read_notebook(contents, path)
    return await asyncio.to_thread(_exported, notebook, path.rpartition("/")[2], hide_input)


def _exported(notebook: dict[str, Any], title: str, hide_input: bool) -> str:
    import nbformat
    from nbconvert.exporters import HTMLExporter
    from nbformat.v4.rwbase import rejoin_lines

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name=TEMPLATE, exclude_input=hide_input, exclude_input_prompt=hide_input
    )
    resources = {"metadata": {"name": title.removesuffix(".ipynb")}}
    # On disk texts are lists of lines; nbconvert wants them whole.
    whole = rejoin_lines(nbformat.from_dict(notebook))  # type: ignore[no-untyped-call]
    text, _ = exporter.from_notebook_node(whole, resources=resources)
    return str(text)
