"""GET api/tasks: the tasks, as a table or a program wants them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import Field

from ..engine.errors import NotFound
from ..engine.slices import SOME, sliced
from .base import ApiHandler, to_json
from .endpoint import endpoint
from .shapes import Shape, TaskList

PAGE = 10_000
"""The longest page; who asks for more gets this many and a cursor."""


class TaskListQuery(Shape):
    """Filters are combined with and."""

    type: str | None = None
    """`scheduled`, `planned` or `adhoc`."""
    state: str | None = None
    """`idle`, `running`, `disabled` or `error`."""
    q: Annotated[str | None, Field(description="Words to look for in names, descriptions, tags and what runs")] = None
    tag: str | None = None
    """One tag."""
    context_id: str | None = None
    """The context that they share."""
    sort: Annotated[str, Field(description="A column, with - in front for descending")] = "created_at"
    limit: Annotated[int | None, Field(ge=1)] = None
    """How many a page has; left out: as many as a page may have."""
    cursor: str | None = None
    """The `next_cursor` of an earlier page."""
    fields: Annotated[
        str | None, Field(description="Names of members, separated by commas; `slim` stands for what a table needs")
    ] = None


@endpoint(
    "GET",
    "api/tasks",
    "read",
    query=TaskListQuery,
    replies={200: TaskList, 304: None},
    headers={"If-None-Match": "The `Etag` of an earlier answer; 304 if it still stands"},
    gives={"Etag": "Changes with any task"},
)
async def scheduler_tasks_list(request: ApiHandler) -> None:
    """List tasks."""
    query = request.query_as(TaskListQuery)
    scheduler = request.scheduler
    uuids, total, next_cursor, revision = await scheduler.list_tasks(
        type=query.type,
        state=query.state,
        q=query.q,
        tag=query.tag,
        context_id=query.context_id,
        sort=query.sort,
        limit=min(query.limit, PAGE) if query.limit else None,
        cursor=query.cursor,
    )
    request.set_header("Etag", f'W/"{revision}"')
    if request.check_etag_header():
        request.set_status(304)
        request.finish()
        return
    parts = await gather(uuids, serialiser(request, query.fields))
    rest = to_json({"total": total, "next_cursor": next_cursor, "revision": revision})
    await request.reply_long(b'{"tasks":[' + b",".join(parts) + b"]," + rest[1:])


def serialiser(request: ApiHandler, fields: str | None) -> Callable[[str], bytes]:
    """How one task becomes JSON text: whole, slim, or only the members named."""
    if fields is None:
        return request.scheduler.task_bytes
    if fields == "slim":
        return request.scheduler.slim_bytes
    names = [name.strip() for name in fields.split(",") if name.strip()]

    def part(uuid: str) -> bytes:
        whole = json.loads(request.scheduler.task_bytes(uuid))
        return to_json({name: whole[name] for name in ("uuid", *names) if name in whole})

    return part


async def gather(uuids: Iterable[str], text_of: Callable[[str], bytes]) -> list[bytes]:
    """The JSON text of each task that is still there, without holding the event loop for long."""
    parts: list[bytes] = []
    async for uuid in sliced(uuids, SOME):
        try:
            parts.append(text_of(uuid))
        except NotFound:
            continue
    return parts
