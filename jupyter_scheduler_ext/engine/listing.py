"""Which tasks a list shows, in which order: a pure query over the board, and the words that a query is made of."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from .board import Board
from .errors import Invalid
from .models import AnyTask, TaskState

ATTENTION = {TaskState.ERROR: 0, TaskState.RUNNING: 1, TaskState.IDLE: 2, TaskState.DISABLED: 3}
_LAST = 1 << 62

SortKey = Callable[[Board, AnyTask], Any]
SORTS: dict[str, SortKey] = {
    "attention": lambda board, task: 2 * _LAST * ATTENTION[board.state(task)] + (board.agenda[task.uuid] or _LAST),
    "name": lambda board, task: task.name.casefold(),
    "state": lambda board, task: ATTENTION[board.state(task)],
    "type": lambda board, task: task.type,
    "next_run": lambda board, task: board.agenda[task.uuid] or _LAST,
    "created_at": lambda board, task: task.created_at.timestamp() if task.created_at else 0,
    "updated_at": lambda board, task: task.updated_at.timestamp() if task.updated_at else 0,
}

Entry: TypeAlias = tuple[Any, str]
"""A task in a list: what it is sorted by, and its uuid, so that no two are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Filters are combined with and; `q` is looked for in name, description, tags and what runs, in any case.

    `sort` is one of `SORTS`, with - in front for descending; `cursor` the `next_cursor` of an earlier page.
    """

    type: str | None = None
    state: str | None = None
    q: str | None = None
    tag: str | None = None
    context_id: str | None = None
    sort: str = "created_at"
    limit: int | None = None
    cursor: str | None = None

    def check(self) -> None:
        """Raises `errors.Invalid` naming the parameter."""
        if self.column not in SORTS:
            raise Invalid(f"sort is one of: {', '.join(sorted(SORTS))}, with - in front for descending", field="sort")
        if self.state is not None and self.state not in set(TaskState):
            raise Invalid(f"state is one of: {', '.join(TaskState)}", field="state")
        if self.type is not None and self.type not in ("scheduled", "planned", "adhoc"):
            raise Invalid("type is one of: scheduled, planned, adhoc", field="type")
        if self.limit is not None and not 1 <= self.limit <= 10_000:
            raise Invalid("limit is between 1 and 10000", field="limit")
        _decode(self.cursor)

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def filters(self) -> tuple[str | None, ...]:
        return self.type, self.state, self.q, self.tag, self.context_id

    @property
    def as_stored(self) -> bool:
        """Is it the whole list in the order in which it is stored?"""
        return self.sort == "created_at" and not any(self.filters)


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Uuids. `total` counts all that match; `next_cursor` continues after this page."""

    ids: list[str]
    total: int
    next_cursor: str | None


def find(board: Board, query: TaskQuery) -> TaskPage:
    """The answer worked out anew, over every task. Raises `errors.Invalid` naming the parameter."""
    query.check()
    tasks = board.tasks.snapshot.tasks
    return (
        stored_page(board, query)
        if query.as_stored
        else page_of([uuid for _, uuid in sorted(entries(board, query, tasks))], query)
    )


def stored_page(board: Board, query: TaskQuery) -> TaskPage:
    """A page of the list as it is stored, which costs what it shows."""
    tasks = board.tasks.snapshot.tasks
    start, end, following = _stretch(len(tasks), query)
    return TaskPage(list(islice(tasks, start, end)), len(tasks), following)


def page_of(ordered: list[str], query: TaskQuery) -> TaskPage:
    """The page of all that match, which are given in ascending order."""
    total = len(ordered)
    start, end, following = _stretch(total, query)
    shown = ordered[total - end : total - start][::-1] if query.descending else ordered[start:end]
    return TaskPage(shown, total, following)


def entries(board: Board, query: TaskQuery, uuids: Iterable[str]) -> list[Entry]:
    """Those of the tasks that are there and match."""
    tasks = board.tasks.snapshot.tasks
    key = SORTS[query.column]
    words = query.q.casefold().split() if query.q else []
    given = (tasks.get(uuid) for uuid in uuids)
    return [(key(board, task), task.uuid) for task in given if task is not None and _matches(board, task, query, words)]


def _matches(board: Board, task: AnyTask, query: TaskQuery, words: list[str]) -> bool:
    if query.type is not None and task.type != query.type:
        return False
    if query.tag is not None and query.tag not in task.tags:
        return False
    if query.context_id is not None and task.context != query.context_id:
        return False
    if query.state is not None and board.state(task) != query.state:
        return False
    if words:
        text = " ".join((task.name, task.description, *task.tags, task.action.label)).casefold()
        return all(word in text for word in words)
    return True


def _stretch(total: int, query: TaskQuery) -> tuple[int, int, str | None]:
    """Where the page begins and ends, and the cursor of the next one."""
    start = min(total, _decode(query.cursor))
    end = total if query.limit is None else min(total, start + query.limit)
    return start, end, _encode(end) if end < total else None


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
