"""Changes of tasks and runs for other extensions, as Jupyter events: an id and a state, never what a task holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .engine.errors import NotFound

if TYPE_CHECKING:
    from jupyter_events import EventLogger

    from .engine.scheduler import TaskScheduler

BASE = "https://jupyter-scheduler-ext.readthedocs.io/events"
TASK_EVENT = f"{BASE}/task/v1"
RUN_EVENT = f"{BASE}/run/v1"
PAUSE = 0.2
"""Seconds between two rounds: what changes twice meanwhile is told once."""
BATCH = 20
"""Events, 0.2 ms each with a listener, before others get a turn on the loop."""


def _schema(identifier: str, title: str, description: str, members: dict[str, str]) -> dict[str, Any]:
    return {
        "$id": identifier,
        "version": "1",
        "title": title,
        "description": description,
        "personal-data": False,
        "type": "object",
        "required": list(members),
        "properties": {name: {"type": "string", "description": text} for name, text in members.items()},
    }


SCHEMAS = (
    _schema(
        TASK_EVENT,
        "Scheduled task",
        "A task was made, changed, deleted, or is in another state.",
        {"uuid": "The task", "state": "idle, running, disabled, error or deleted"},
    ),
    _schema(
        RUN_EVENT,
        "Run of a task",
        "A run was queued, started, or has ended.",
        {"id": "The run", "task_id": "Its task", "state": "The state of the run, such as running or succeeded"},
    ),
)


def register(events: EventLogger) -> None:
    """Make the event types known to the server."""
    for schema in SCHEMAS:
        if schema["$id"] not in events.schemas:
            events.register_event_schema(schema)


class Announcer:
    """Follows the scheduler's changes and emits one event a task or run, with its newest state."""

    def __init__(self, scheduler: TaskScheduler, events: EventLogger) -> None:
        self._scheduler = scheduler
        self._events = events

    async def run(self) -> None:
        """Until cancelled."""
        changes = self._scheduler.changes
        woken = asyncio.Event()
        end = changes.subscribe(lambda *_: woken.set())
        revision = changes.revision
        try:
            while True:
                await woken.wait()
                woken.clear()
                delta = changes.since(revision)
                revision = delta.revision
                await self._emit(self._events_of(delta.tasks, delta.runs, delta.deleted))
                await asyncio.sleep(PAUSE)
        finally:
            end()

    def _events_of(self, tasks: list[str], runs: list[str], deleted: list[str]) -> list[tuple[str, dict[str, str]]]:
        found = [(TASK_EVENT, {"uuid": uuid, "state": "deleted"}) for uuid in deleted]
        for uuid in tasks:
            try:
                state = self._scheduler.board.state(self._scheduler.editor.get(uuid)).value
            except NotFound:
                continue
            found.append((TASK_EVENT, {"uuid": uuid, "state": state}))
        known = self._scheduler.board.recent
        for run in (known[run_id] for run_id in runs if run_id in known):
            found.append((RUN_EVENT, {"id": run.id, "task_id": run.task_id, "state": run.state.value}))
        return found

    async def _emit(self, events: list[tuple[str, dict[str, str]]]) -> None:
        for count, (schema, data) in enumerate(events, 1):
            self._events.emit(schema_id=schema, data=data)
            if count % BATCH == 0:
                await asyncio.sleep(0)
