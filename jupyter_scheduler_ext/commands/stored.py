"""A schedule read from where it is stored while no server is asked: the same pictures, and nothing is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..client import NotFound, Unreachable
from ..client.lists import RunList, TaskList
from ..client.naming import id_of
from ..client.records import RunRecord, TaskRecord
from ..engine.abc import TaskStore
from ..engine.board import Board
from ..engine.clock import SystemClock, local_zone
from ..engine.instants import to_rfc3339
from ..engine.listing import TaskQuery, find
from ..engine.run_log import RunLogs
from ..engine.runs import RunState
from ..engine.task_list import SchedulerTaskList
from ..engine.transfer import export_tasks
from ..engine.views import Views
from ..stores.untouched import UntouchedFile, UntouchedHistory, UntouchedTasks


class StoredSchedule:
    """What `SchedulerClient` tells of a server, told of its storage folder and of its shared database if it has one, as
    they were at the first question. Raises StoreError."""

    def __init__(self, folder: Path, db_url: str = "") -> None:
        self._clock = SystemClock()
        self._logs = RunLogs(folder, self._clock)
        store: TaskStore
        if db_url:
            from ..stores.sql.reading import UntouchedRows, source_of

            source = source_of(db_url)
            self.place, store = source.name, UntouchedRows(source, local_zone())
        else:
            source = UntouchedFile(folder / "history.sqlite")
            self.place, store = str(folder), UntouchedTasks(folder, local_zone())
        self._history = UntouchedHistory(source)
        tasks = SchedulerTaskList(store, inline=True)
        tasks.open_sync()
        self._board = Board(tasks, self._clock)
        self._board.facts = self._history.facts()
        self._board.replace_active(self._history.active())
        for uuid in tasks:
            self._board.reschedule(uuid)
        self._views = Views(self._board)

    def tasks(
        self, *, sort: str | None = None, limit: int | None = None, **filters: str | None
    ) -> TaskList[TaskRecord]:
        found = find(self._board, TaskQuery(sort=sort or "created_at", limit=limit, **filters))
        held = self._board.tasks
        return TaskList(TaskRecord(self._views.as_json(held[uuid])) for uuid in found.ids)

    def task(self, task: str | TaskRecord) -> TaskRecord:
        key = task if isinstance(task, str) else task.id
        known = self._board.task(key) or self._board.task(id_of(key, (one.data for one in self.tasks())))
        if known is None:
            raise NotFound(f"there is no task {key}", code="not_found", status=404)
        return TaskRecord({**self._views.as_json(known), "next_runs": self._views.next_runs(known, 5)})

    def runs(
        self, task: str | TaskRecord | None = None, *, state: str | Iterable[str] | None = None, limit: int = 50
    ) -> RunList[RunRecord]:
        words = state.split(",") if isinstance(state, str) else list(state or ())
        task_id = None if task is None else (self.task(task) if isinstance(task, str) else task).id
        states = frozenset(RunState(word) for word in words)
        return RunList(
            RunRecord(run.to_json()) for run in self._history.runs(task_id=task_id, states=states, limit=limit)
        )

    def get_run(self, run_id: str) -> RunRecord:
        found = self._history.runs(run_id=run_id, limit=1)
        if not found:
            raise NotFound(f"there is no run {run_id}", code="not_found", status=404)
        return RunRecord(found[0].to_json())

    def log(self, run: str | RunRecord, *, start: int = 0, follow: bool = False) -> Iterator[dict[str, Any]]:
        if follow:
            raise Unreachable("a log is followed on a running server only", code="no_server")
        run_id = run if isinstance(run, str) else run.id
        while True:
            page = self._logs.read(run_id, start)
            yield from page.entries
            if page.next == start:
                return
            start = page.next

    def export(self, tasks: Iterable[str | TaskRecord] | None = None) -> dict[str, Any]:
        held = self._board.tasks.snapshot.tasks
        ids = [self.task(task).id for task in tasks] if tasks is not None else list(held)
        return export_tasks(held[uuid] for uuid in ids)

    def status(self) -> dict[str, Any]:
        snapshot = self._board.tasks.snapshot
        counts = {state.value: number for state, number in self._counts().items()}
        return {
            "role": "none",
            "leader": None,
            "now": to_rfc3339(self._clock.now()),
            "store": {
                "folder": self.place,
                "revision": snapshot.revision,
                "read_only": True,
                "quarantined": dict(snapshot.quarantined),
            },
            "next_run": to_rfc3339(self._board.agenda.next()),
            "counts": {"tasks": len(snapshot.tasks), **counts},
            "banners": [],
        }

    def _counts(self) -> dict[Any, int]:
        for uuid in self._board.tasks:
            self._board.count(uuid)
        return self._board.state_counts()
