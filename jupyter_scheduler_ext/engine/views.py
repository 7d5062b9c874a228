"""Tasks as the API shows them: the definition, its state, its past in twenty bars and its next fire."""

from __future__ import annotations

import json
from typing import Any

from .board import Board
from .cron import CronError, explain
from .firing import cursor_in_force, due_at, upcoming
from .instants import Instant, to_instant, to_rfc3339
from .models import AdHocTask, AnyTask, PlannedTask, ScheduledTask, TaskPlan
from .runs import Origin

DERIVED = frozenset(
    {
        "revision", "state", "next_run", "last_run", "strip", "progress", "active_runs", "halted", "dedicated_context",
        "schedule_words", "created_at", "updated_at", "next_runs", "owner", "effective_from",
        "waiting_for_server",
    }
)  # fmt: skip
"""Members of a task's JSON that a client cannot set; they are ignored when it sends them back."""

DEFINED_ELSEWHERE = frozenset({"context_id", "plan"})
"""Members of a definition that are shown as what became of them."""


class Views:
    """Builds and caches the JSON of tasks; an entry is dropped when the board says that the task changed."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._full: dict[str, bytes] = {}
        self._slim: dict[str, bytes] = {}
        self._words: dict[tuple[str, str], str] = {}

    def forget(self, task_id: str) -> None:
        self._full.pop(task_id, None)
        self._slim.pop(task_id, None)

    def full(self, task: AnyTask) -> bytes:
        """The whole task as JSON text."""
        cached = self._full.get(task.uuid)
        if cached is None:
            derived = self._derived(task)
            # The definition is written by pydantic itself, several times as fast as by way of a dictionary.
            definition = task.model_dump_json(exclude={"token"} | (DEFINED_ELSEWHERE & derived.keys())).encode()
            cached = self._full[task.uuid] = definition[:-1] + b"," + _text(derived)[1:]
        return cached

    def slim(self, task: AnyTask) -> bytes:
        """What a table needs, as JSON text."""
        cached = self._slim.get(task.uuid)
        if cached is None:
            shown = {
                "uuid": task.uuid,
                "revision": task.revision,
                "type": task.type,
                "name": task.name,
                "tags": task.tags,
                "enabled": task.enabled,
                "owner": task.owner,
                "action": {"kind": task.action.kind, "label": task.action.label[:200]},
                **self._happened(task),
            }
            if isinstance(task, ScheduledTask):
                shown["timezone"] = task.schedule.timezone
            cached = self._slim[task.uuid] = _text(shown)
        return cached

    def as_json(self, task: AnyTask) -> dict[str, Any]:
        """The whole task as a dictionary (DESIGN, HTTP)."""
        return task.model_dump(mode="json", exclude={"token"}) | self._derived(task)

    def _derived(self, task: AnyTask) -> dict[str, Any]:
        """Members that stand in a task's JSON beside, or instead of, those of its definition."""
        derived = self._happened(task)
        if isinstance(task, PlannedTask):
            derived["plan"] = self.plan(task).model_dump(mode="json")
        if isinstance(task, AdHocTask):
            token = task.token
            derived["token"] = token and {
                **token.model_dump(mode="json", exclude={"sha256"}),
                "last_used": to_rfc3339(self._board.facts_of(task.uuid).token_last_used),
            }
        return derived

    def _happened(self, task: AnyTask) -> dict[str, Any]:
        """What is and what was, of a task of any type."""
        board = self._board
        facts = board.facts_of(task.uuid)
        active = board.active(task.uuid)
        return {
            "context_id": task.context,
            "dedicated_context": task.context == task.uuid,
            "state": board.state(task).value,
            "halted": board.halted(task.uuid),
            "waiting_for_server": self._waiting(task),
            "next_run": to_rfc3339(board.agenda[task.uuid]),
            "last_run": json.loads(facts.last_run) if facts.last_run else None,
            "strip": json.loads(facts.strip),
            "active_runs": [
                {
                    "id": run.id,
                    "state": run.state.value,
                    "fire_time": to_rfc3339(run.fire_time),
                    "started_at": to_rfc3339(run.started_at),
                    "progress": run.progress,
                }
                for run in active
            ],
            "progress": next((run.progress for run in active if run.progress is not None), None),
            "schedule_words": self.words(task),
        }

    def _waiting(self, task: AnyTask) -> dict[str, Any] | None:
        """Which label no server has, and since when the task is due nevertheless."""
        since = self._board.unattended.get(task.uuid)
        return None if since is None else {"label": task.server_label, "since": to_rfc3339(since)}

    def words(self, task: AnyTask) -> str:
        """When the task runs, in words."""
        if isinstance(task, ScheduledTask):
            rule = task.schedule.expression, task.schedule.timezone
            if rule not in self._words:
                try:
                    self._words[rule] = explain(task.schedule.expression)
                except CronError:
                    self._words[rule] = task.schedule.expression
            return self._words[rule]
        if isinstance(task, PlannedTask):
            count = len(self.plan(task).todo)
            return "No planned dates left" if count == 0 else f"{count} planned date{'s' if count != 1 else ''}"
        return "On demand"

    def plan(self, task: PlannedTask) -> TaskPlan:
        """The plan split by what has become of each date, which follows from the cursor and the active runs."""
        board = self._board
        cursor = cursor_in_force(task, board.facts_of(task.uuid), board.clock.now())
        running = {run.fire_time for run in board.active(task.uuid) if run.origin in (Origin.PLAN, Origin.RETRY)}
        dates = task.plan.dates
        current = next((time for time in dates if to_instant(time.at) in running), None)
        return TaskPlan(
            todo=tuple(time for time in dates if to_instant(time.at) > cursor),
            in_progress=current,
            done=tuple(time for time in dates if to_instant(time.at) <= cursor and time is not current),
        )

    def next_runs(self, task: AnyTask, count: int) -> list[str | None]:
        """The next due instants of an enabled task."""
        board = self._board
        if board.agenda[task.uuid] is None:
            return []
        after: Instant = cursor_in_force(task, board.facts_of(task.uuid), board.clock.now())
        return [to_rfc3339(due_at(task, fire)) for fire in upcoming(task, after, count)]


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
