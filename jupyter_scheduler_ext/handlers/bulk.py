"""POST api/tasks/bulk: one action on many tasks, with an answer for each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from .base import ApiHandler
from .body import MEGABYTE
from .endpoint import endpoint
from .shapes import ErrorBody, Shape

MOST = 10_000
EXECUTING = frozenset({"run", "enable", "reset", "restore"})
"""Actions after which code of a task runs that would not have run."""


class BulkFilter(Shape):
    """The same filters as those of the list."""

    model_config = ConfigDict(extra="forbid")

    type: str | None = None
    """`scheduled`, `planned` or `adhoc`."""
    state: str | None = None
    """`idle`, `running`, `disabled` or `error`."""
    q: str | None = None
    """Words to look for in names, descriptions, tags and what runs."""
    tag: str | None = None
    """One tag."""
    context_id: str | None = None
    """The context that they share."""


class BulkBody(Shape):
    """`ids`, or a `filter` for all that it matches; `tags` are added by `tag` and taken away by `untag`."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["run", "enable", "disable", "delete", "restore", "reset", "tag", "untag", "export"]
    """What to do to each."""
    ids: Annotated[list[str] | None, Field(max_length=MOST)] = None
    """Which tasks."""
    filter: BulkFilter | None = None
    """All tasks that match."""
    tags: Annotated[list[str] | None, Field(max_length=50)] = None
    """For `tag` and `untag`: which."""

    @model_validator(mode="after")
    def _consistent(self) -> BulkBody:
        if (self.ids is None) == (self.filter is None):
            raise PydanticCustomError("which_tasks", "name the tasks by ids or by filter")
        if self.action in ("tag", "untag") and not self.tags:
            raise PydanticCustomError("no_tags", "this action needs tags")
        return self


class BulkResult(Shape):
    id: str
    """The task's id."""
    ok: bool
    """Was it done?"""
    error: ErrorBody | None = None
    """Why not."""


class BulkReply(Shape):
    results: list[BulkResult]
    """One a task, in the order asked for."""
    format: int | None = None
    """Of `export`: the number of the format."""
    tasks: list[dict[str, Any]] | None = None
    """Of `export`: the definitions."""


@endpoint("POST", "api/tasks/bulk", "write", body=BulkBody, replies={200: BulkReply}, limit=8 * MEGABYTE, rate="bulk")
async def scheduler_tasks_bulk(request: ApiHandler) -> None:
    """Do one thing to many tasks.

    Needs `execute` as well where the action makes code run: run, enable, reset, restore.
    """
    body = request.body_as(BulkBody)
    if body.action in EXECUTING:
        await request.require("execute")
    ids = body.ids
    if body.filter is not None:
        ids, *_ = await request.scheduler.list_tasks(**body.filter.model_dump())
    chosen = list(dict.fromkeys(ids or ()))
    if body.action == "export":
        exported = await request.scheduler.export(chosen)
        request.reply({"results": [{"id": task["uuid"], "ok": True} for task in exported["tasks"]], **exported})
        return
    request.reply({"results": await request.scheduler.bulk(body.action, chosen, body.tags)})
