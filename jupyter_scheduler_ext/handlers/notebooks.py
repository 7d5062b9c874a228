"""api/notebooks: which notebooks there are to schedule, and the parameters that one declares."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Annotated, Any

from jupyter_core.utils import ensure_async
from pydantic import Field
from tornado.web import HTTPError

from ..contexts.paths import served_path
from ..engine.errors import Invalid, NotFound
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import Shape

CONTEXTS = "tmp/chats"
"""What runs leave is not offered for scheduling."""
MOST_FOLDERS = 1000
MOST_FOUND = 500


class NotebooksQuery(Shape):
    q: Annotated[str, Field(max_length=200, description="Words of the path, in any order and case")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 100
    """How many at most."""


class ParametersQuery(Shape):
    path: Annotated[str, Field(min_length=1, max_length=1024)]
    """The notebook, from the served root."""


class NotebookFound(Shape):
    path: str
    """From the served root."""
    name: str
    """The name of the file."""
    last_modified: str | None
    """When it was written."""


class NotebookList(Shape):
    notebooks: list[NotebookFound]
    """Those nearest the root first."""
    complete: Annotated[bool, Field(description="False if there are more than were looked at")]


class NotebookParameter(Shape):
    name: str
    """The variable."""
    type: str | None
    """What its value or its annotation says it is; null: nothing does."""
    default: Any
    """Its value in the notebook."""
    help: str | None
    """The comment beside it."""


class NotebookParameters(Shape):
    parameters: list[NotebookParameter]
    """In the order of the notebook."""
    kernel_name: str | None
    """The kernel spec that the notebook names."""


@endpoint("GET", "api/notebooks", "read", query=NotebooksQuery, replies={200: NotebookList}, rate="find")
async def scheduler_notebooks_list(request: ApiHandler) -> None:
    """Find notebooks below the served root.

    Needs `read` on `contents` as well.
    """
    query = request.query_as(NotebooksQuery)
    await request.require("read", "contents")
    found, complete = await find_notebooks(request.contents_manager, query.q.casefold().split(), query.limit)
    request.reply({"notebooks": found, "complete": complete})


@endpoint("GET", "api/notebooks/parameters", "read", query=ParametersQuery, replies={200: NotebookParameters})
async def scheduler_notebook_parameters(request: ApiHandler) -> None:
    """Read the parameters that a notebook declares in its cell tagged `parameters`.

    Needs `read` on `contents` as well.
    """
    path = request.query_as(ParametersQuery).path
    await request.require("read", "contents")
    notebook = await read_notebook(request.contents_manager, path)
    from ..runners.inspect import declared_parameters

    parameters = await asyncio.to_thread(declared_parameters, notebook)
    kernel = notebook.get("metadata", {}).get("kernelspec", {})
    name = kernel.get("name") if isinstance(kernel, dict) else None
    request.reply({"parameters": parameters, "kernel_name": name})


async def find_notebooks(contents: Any, words: list[str], limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Notebooks whose path has all words, nearest the root first; looks into `MOST_FOLDERS` folders at most."""
    found: list[dict[str, Any]] = []
    folders = deque([""])
    visited = 0
    while folders and visited < MOST_FOLDERS:
        visited += 1
        try:
            listing = await ensure_async(contents.get(folders.popleft(), content=True, type="directory"))
        except HTTPError:
            continue
        for entry in sorted(listing["content"], key=lambda entry: str(entry["name"]).casefold()):
            path = entry["path"].strip("/")
            if entry["type"] in ("directory", "notebook") and not leads_inside(contents, path):
                continue
            if entry["type"] == "directory" and path != CONTEXTS:
                folders.append(path)
            elif entry["type"] == "notebook" and all(word in path.casefold() for word in words):
                modified = entry.get("last_modified")
                found.append({"path": path, "name": entry["name"], "last_modified": modified and modified.isoformat()})
                if len(found) >= limit:
                    return found, False
        await asyncio.sleep(0)
    return found, not folders


def leads_inside(contents: Any, path: str) -> bool:
    """Not hidden, and no link out of the served folder: what may be scheduled may be offered."""
    try:
        served_path(contents, path, field="path")
    except Invalid:
        return False
    return True


async def read_notebook(contents: Any, path: str) -> dict[str, Any]:
    """A notebook as plain JSON, unvalidated: validating costs more than reading. Raises Invalid or NotFound."""
    path = served_path(contents, path, field="path")
    try:
        model = await ensure_async(contents.get(path, content=True, type="file", format="text"))
        notebook = json.loads(model["content"])
    except HTTPError as error:
        if error.status_code == 404:
            raise NotFound(f"there is no notebook {path}", field="path") from None
        raise Invalid(f"{path} cannot be read as a notebook", field="path") from None
    except ValueError:
        raise Invalid(f"{path} is not a notebook", field="path") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Invalid(f"{path} is not a notebook of format 4", field="path")
    return notebook
