"""What a ledger means, said plainly: dictionaries, one op after another, nothing shared with the code."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from jupyter_scheduler_ext.engine.instants import Instant
from jupyter_scheduler_ext.engine.ledger import (
    Adopt,
    Bury,
    Claim,
    Finish,
    Heartbeat,
    Note,
    Op,
    Prune,
    Reset,
    Resume,
    SetCursor,
    Start,
    TokenUsed,
    Unbury,
)
from jupyter_scheduler_ext.engine.runs import ACTIVE, BAD, Run, RunState


@dataclass
class TaskPast:
    cursor: Instant | None = None
    halted: bool = False
    failures: int = 0
    run_count: int = 0
    last_state: RunState | None = None
    last_id: str | None = None
    strip: list[str] = field(default_factory=list)
    token: Instant | None = None


@dataclass
class Model:
    tasks: dict[str, TaskPast] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    buried: dict[str, Instant] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    def past(self, task_id: str) -> TaskPast:
        return self.tasks.setdefault(task_id, TaskPast())

    def active(self, task_id: str) -> list[Run]:
        mine = [run for run in self.runs.values() if run.task_id == task_id and run.state in ACTIVE]
        return sorted(mine, key=lambda run: (run.queued_at, run.id))

    def exists(self, run: Run) -> bool:
        def key(one: Run) -> tuple[Any, ...]:
            return one.task_id, one.fire_time, one.origin, one.attempt

        return any(key(run) == key(other) for other in self.runs.values())

    def apply(self, op: Op) -> Any:
        return getattr(self, type(op).__name__.lower())(op)

    def claim(self, op: Claim) -> Any:
        """Answers (accepted, ids recorded, ids in the way)."""
        past = self.tasks.get(op.task_id, TaskPast())
        refused = (False, [], [])
        if op.task_id in self.buried or (op.cursor is not None and past.cursor != op.expected_cursor):
            return refused
        fresh: list[Run] = []
        for run in op.runs:
            if not self.exists(run):
                fresh.append(run)
        starting = [run for run in fresh if run.state in ACTIVE]
        active = self.active(op.task_id)
        if op.max_active is not None and starting and len(active) + len(starting) > op.max_active:
            return (False, [], [run.id for run in active])
        known = len([run for run in op.runs if run.state in ACTIVE]) - len(starting)
        past = self.past(op.task_id)
        past.run_count += max(0, op.counted - known)
        if op.cursor is not None:
            past.cursor = max(op.cursor, past.cursor or op.cursor)
        for run in fresh:
            self.runs[run.id] = run
            if run.state not in ACTIVE:
                past.strip = [*past.strip, run.state.value][-20:]
        return (True, [run.id for run in fresh], [])

    def held(self, op: Start | Note | Finish) -> Run | None:
        run = self.runs.get(op.run_id)
        if run is None or run.state not in ACTIVE or (run.owner, run.epoch) != (op.owner, op.epoch):
            return None
        return run

    def start(self, op: Start) -> bool:
        run = self.held(op)
        if run is None or run.state is not RunState.QUEUED:
            return False
        self.runs[run.id] = run._replace(state=RunState.RUNNING, started_at=op.at)
        return True

    def resume(self, op: Resume) -> str | None:
        run = self.held(op)
        if run is None or run.state is not RunState.RUNNING:
            return None
        self.runs[run.id] = run._replace(epoch=op.epoch + 1, started_at=op.at)
        return run.id

    def note(self, op: Note) -> bool:
        run = self.held(op)
        if run is None or run.state is not RunState.RUNNING:
            return False
        self.runs[run.id] = run._replace(progress=op.progress)
        return True

    def finish(self, op: Finish) -> Any:
        """Answers (the run's state, whether its retry was recorded), or None."""
        run = self.held(op)
        if run is None:
            return None
        at = op.at if run.started_at is None else max(op.at, run.started_at)
        run = self.runs[run.id] = run._replace(state=op.state, finished_at=at)
        if run.task_id in self.buried:
            return None
        past = self.past(run.task_id)
        past.strip = [*past.strip, run.state.value][-20:]
        if run.state in BAD or (run.started_at is not None and run.state not in (RunState.SKIPPED, RunState.MISSED)):
            past.last_state, past.last_id = run.state, run.id
            if run.state in BAD:
                past.failures += 1
                past.halted = past.halted or 0 < op.pause_after <= past.failures
            elif run.state is RunState.SUCCEEDED:
                past.failures = 0
        retried = op.retry is not None and not self.exists(op.retry)
        if retried and op.retry is not None:
            self.runs[op.retry.id] = op.retry
        return run.state, retried

    def adopt(self, op: Adopt) -> str | None:
        run = self.runs.get(op.run_id)
        if run is None or run.state is not RunState.QUEUED or run.epoch != op.epoch:
            return None
        self.runs[run.id] = run._replace(owner=op.owner, epoch=op.epoch + 1)
        return run.id

    def reset(self, op: Reset) -> None:
        past = self.past(op.task_id)
        past.halted, past.failures, past.last_state = False, 0, None

    def setcursor(self, op: SetCursor) -> None:
        past = self.past(op.task_id)
        past.cursor = op.cursor if op.back or past.cursor is None else max(past.cursor, op.cursor)

    def tokenused(self, op: TokenUsed) -> None:
        self.past(op.task_id).token = op.at

    def heartbeat(self, op: Heartbeat) -> list[str]:
        mine = [run for run in self.runs.values() if run.owner == op.owner and run.state in ACTIVE]
        return [run.id for run in sorted(mine, key=lambda run: (run.queued_at, run.id))]

    def bury(self, op: Bury) -> None:
        self.past(op.task_id)
        self.buried[op.task_id] = op.at
        self.definitions[op.task_id] = op.definition
        for run in self.active(op.task_id):
            if run.state is RunState.QUEUED:
                self.runs[run.id] = run._replace(state=RunState.CANCELLED, finished_at=op.at)

    def unbury(self, op: Unbury) -> str | None:
        self.buried.pop(op.task_id, None)
        return self.definitions.get(op.task_id)

    def prune(self, op: Prune) -> set[str]:
        """Assumes that the limit is not reached."""
        gone: set[str] = set()
        for task_id in {run.task_id for run in self.runs.values()}:
            ended = [run for run in self.runs.values() if run.task_id == task_id and run.state not in ACTIVE]
            ended.sort(key=lambda run: (run.queued_at, run.id))
            aged = [run for run in ended if (run.finished_at or 0) < op.before and run.queued_at < op.before]
            left = [run for run in ended if run not in aged]
            beyond = left[: max(0, len(left) - op.keep)]
            gone |= {run.id for run in (*aged, *beyond)}
        for run_id in gone:
            del self.runs[run_id]
        for task_id in list(self.definitions):
            if task_id not in self.buried or self.buried[task_id] < op.buried_before:
                del self.definitions[task_id]
        for task_id, buried_at in list(self.buried.items()):
            if buried_at < op.buried_before and not any(run.task_id == task_id for run in self.runs.values()):
                del self.buried[task_id], self.tasks[task_id]
        return gone


def seen(facts: Any) -> TaskPast:
    """A ledger's facts in the model's words."""
    return TaskPast(
        cursor=facts.cursor,
        halted=facts.halted is not None,
        failures=facts.failures,
        run_count=facts.run_count,
        last_state=facts.last_state,
        last_id=None if facts.last_run is None else json.loads(facts.last_run)["id"],
        strip=[state for state, _ in json.loads(facts.strip)],
        token=facts.token_last_used,
    )
