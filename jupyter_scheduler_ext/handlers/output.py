"""GET api/runs/{run_id}/output: what a run left, as the file it is or as a page to read or send on."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from jupyter_core.utils import ensure_async
from pydantic import Field
from tornado.web import HTTPError

from ..engine.errors import Invalid, NotFound
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import Shape

SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""An output may hold scripts, such as those of a plot: they get no origin, no session and no network."""
TYPES = {"ipynb": "application/x-ipynb+json", "txt": "text/plain; charset=utf-8"}


class OutputQuery(Shape):
    format: Annotated[Literal["file", "html"], Field(description="The file itself, or a notebook as a page")] = "file"
    hide_input: Annotated[bool, Field(description="In a page: outputs without the code")] = False
    download: Annotated[bool, Field(description="To be saved instead of shown")] = False


@endpoint(
    "GET",
    "api/runs/{run_id}/output",
    "read",
    query=OutputQuery,
    media=("text/html", "text/plain", "application/x-ipynb+json"),
    replies={200: None},
    gives={"Content-Disposition": "With `download`: a name to save it under"},
    rate="report",
)
async def scheduler_run_output(request: ApiHandler, run_id: str) -> None:
    """Give a run's output notebook, or its page of HTML, or a command's text.

    Needs `read` on `contents` as well.
    """
    query = request.query_as(OutputQuery)
    await request.require("read", "contents")
    run = await request.scheduler.get_run(run_id)
    path = run.output_path
    if path is None:
        raise NotFound("this run has left no output", field="run_id")
    name, _, ending = path.rpartition("/")[2].rpartition(".")
    request.set_header("Content-Security-Policy", SANDBOX)
    if query.format == "html":
        if ending != "ipynb":
            raise Invalid("only a notebook can be shown as a page", field="format")
        from ..runners.reports import as_html

        text = await as_html(request.contents_manager, path, hide_input=query.hide_input)
        ending, media = "html", "text/html; charset=utf-8"
    else:
        text, media = await read_text(request, path), TYPES.get(ending, TYPES["txt"])
    if query.download:
        request.set_header("Content-Disposition", f"attachment; filename*=utf-8''{quote(f'{name}.{ending}')}")
    await request.reply_long(text.encode(), media=media)


async def read_text(request: ApiHandler, path: str) -> str:
    """A file of the served root. Raises NotFound."""
    try:
        contents: Any = request.contents_manager
        model = await ensure_async(contents.get(path, content=True, type="file", format="text"))
    except HTTPError:
        raise NotFound(f"the output {path} is not there any more", field="run_id") from None
    return str(model["content"])
