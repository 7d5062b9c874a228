"""Which tasks a list shows, in which order: a pure query over the board."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .board import Board
from .errors import Invalid
from .models import AnyTask, TaskState

ATTENTION = {TaskState.ERROR: 0, TaskState.RUNNING: 1, TaskState.IDLE: 2, TaskState.DISABLED: 3}
_LAST = 1 << 62

SortKey = Callable[[Board, AnyTask], Any]
SORTS: dict[str, SortKey] = {
    "attention": lambda board, task: (ATTENTION[board.state(task)], board.agenda[task.uuid] or _LAST),
    "name": lambda board, task: task.name.casefold(),
    "state": lambda board, task: ATTENTION[board.state(task)],
    "type": lambda board, task: task.type,
    "next_run": lambda board, task: board.agenda[task.uuid] or _LAST,
    "created_at": lambda board, task: task.created_at.timestamp() if task.created_at else 0,
    "updated_at": lambda board, task: task.updated_at.timestamp() if task.updated_at else 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Filters are combined with and; `q` is looked for in name, description, tags and what runs, in any case."""

    type: str | None = None
    state: str | None = None
    q: str | None = None
    tag: str | None = None
    context_id: str | None = None
    sort: str = "created_at"
    limit: int | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """`total` counts all that match; `next_cursor` continues after this page."""

    tasks: list[AnyTask]
    total: int
    next_cursor: str | None


def find(board: Board, query: TaskQuery) -> TaskPage:
    """Raises `errors.Invalid` naming the parameter. Without filter and sort a page costs as much as it shows."""
    descending = query.sort.startswith("-")
    key = SORTS.get(query.sort.removeprefix("-"))
    if key is None:
        raise Invalid(f"sort is one of: {', '.join(sorted(SORTS))}, with - in front for descending", field="sort")
    if query.state is not None and query.state not in set(TaskState):
        raise Invalid(f"state is one of: {', '.join(TaskState)}", field="state")
    if query.type is not None and query.type not in ("scheduled", "planned", "adhoc"):
        raise Invalid("type is one of: scheduled, planned, adhoc", field="type")
    if query.limit is not None and not 1 <= query.limit <= 10_000:
        raise Invalid("limit is between 1 and 10000", field="limit")
    start = _decode(query.cursor)
    tasks = board.tasks.snapshot.tasks
    if query.sort == "created_at" and not (query.type or query.state or query.q or query.tag or query.context_id):
        ids = list(tasks)
        end = len(ids) if query.limit is None else min(len(ids), start + query.limit)
        return TaskPage([tasks[i] for i in ids[start:end]], len(ids), _encode(end) if end < len(ids) else None)
    found = [task for task in tasks.values() if _matches(board, task, query)]
    found.sort(key=lambda task: (key(board, task), task.uuid), reverse=descending)
    end = len(found) if query.limit is None else min(len(found), start + query.limit)
    return TaskPage(found[start:end], len(found), _encode(end) if end < len(found) else None)


def _matches(board: Board, task: AnyTask, query: TaskQuery) -> bool:
    if query.type is not None and task.type != query.type:
        return False
    if query.tag is not None and query.tag not in task.tags:
        return False
    if query.context_id is not None and task.context != query.context_id:
        return False
    if query.state is not None and board.state(task) != query.state:
        return False
    if query.q:
        text = " ".join((task.name, task.description, *task.tags, task.action.label)).casefold()
        return all(word in text for word in query.q.casefold().split())
    return True


def _encode(offset: int) -> str:
    return base64.urlsafe_b64encode(json.dumps(offset).encode()).decode()


def _decode(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        offset = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        offset = None
    if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
        raise Invalid("cursor is the next_cursor of an earlier page", field="cursor")
    return offset
