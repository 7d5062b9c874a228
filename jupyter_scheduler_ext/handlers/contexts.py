"""api/contexts: the places runs leave behind; walk in, start their kernel anew, clear them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from ..engine.errors import NotFound
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import ContextShown, Shape


class ContextList(Shape):
    contexts: list[ContextShown]
    """One entry a context."""


class ContextReply(Shape):
    context: ContextShown
    """The context as it is now."""


class OpenBody(Shape):
    """The notebook to open: the output of a run, or by default the context's transcript."""

    model_config = ConfigDict(extra="forbid")

    run_id: str | None = None
    """The run whose output to open."""


class Opened(Shape):
    model_config = ConfigDict(extra="allow")

    path: Annotated[str, Field(description="The notebook, from the served root")]
    url: Annotated[str, Field(description="Where JupyterLab, or Notebook, shows it")]
    session: dict[str, Any] | None
    """Jupyter's session that ties it to the living kernel: `id`, `path`, `kernel`; null: it is a file alone."""


@endpoint("GET", "api/contexts", "read", replies={200: ContextList})
async def scheduler_contexts_list(request: ApiHandler) -> None:
    """List contexts, with their tasks and kernels."""
    request.reply({"contexts": await request.assembly.contexts.all()})


@endpoint("GET", "api/contexts/{context_id}", "read", replies={200: ContextReply})
async def scheduler_context_get(request: ApiHandler, context_id: str) -> None:
    """Show a context."""
    request.reply({"context": await request.assembly.contexts.get(context_id)})


@endpoint("POST", "api/contexts/{context_id}/open", "execute", body=OpenBody, replies={200: Opened})
async def scheduler_context_open(request: ApiHandler, context_id: str) -> None:
    """Make the session that ties a notebook to the context's living kernel.

    Needs `read` on `contents` and `write` on `sessions` as well, as opening a notebook in JupyterLab does.
    """
    await request.require("read", "contents")
    await request.require("write", "sessions")
    body = request.body_as(OpenBody)
    run = await request.scheduler.get_run(body.run_id) if body.run_id is not None else None
    if run is not None and run.context_id != context_id:
        raise NotFound(f"run {run.id} did not run in this context", field="run_id")
    opened = await request.assembly.contexts.open(context_id, run)
    request.reply({**opened, "url": request.extension.notebook_url(opened["path"])})


@endpoint("POST", "api/contexts/{context_id}/restart", "execute", replies={200: ContextReply})
async def scheduler_context_restart(request: ApiHandler, context_id: str) -> None:
    """End the context's kernel; the next run starts another."""
    await request.assembly.contexts.restart(context_id)
    request.reply({"context": await request.assembly.contexts.get(context_id)})


@endpoint("POST", "api/contexts/{context_id}/clear", "write", replies={200: ContextReply})
async def scheduler_context_clear(request: ApiHandler, context_id: str) -> None:
    """Remove what the context's runs left, and its kernel; attachments and history stay."""
    await request.assembly.contexts.clear(context_id)
    request.reply({"context": await request.assembly.contexts.get(context_id)})
