"""Runs, and the facts a task's past leaves behind: what happened, as the ledger keeps it.

Both are named tuples: a herd makes and changes tens of thousands of them, at a quarter of a frozen dataclass's cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from .instants import Instant, to_rfc3339


class RunState(StrEnum):
    """QUEUED -> RUNNING -> one of the terminal states; SKIPPED and MISSED are born terminal. Terminal is final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    LOST = "lost"
    SKIPPED = "skipped"
    MISSED = "missed"


ACTIVE = frozenset({RunState.QUEUED, RunState.RUNNING})
TERMINAL = frozenset(RunState) - ACTIVE
BAD = frozenset({RunState.FAILED, RunState.TIMED_OUT, RunState.LOST})
"""Outcomes that put a task in ERROR and count towards `pause_after`."""
STARTED = frozenset(RunState) - {RunState.SKIPPED, RunState.MISSED, RunState.QUEUED}


class Origin(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    PLAN = "plan"
    MANUAL = "manual"
    TOKEN = "token"
    BACKFILL = "backfill"
    RETRY = "retry"


TIMED = frozenset({Origin.SCHEDULE, Origin.PLAN})
"""Origins whose fire time comes from the task's rule and moves its cursor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """An exception as a person reads it; the traceback may hold ANSI colours."""

    name: str
    message: str
    traceback: str = ""


_NOTHING: dict[str, Any] = {}
"""Shared by all runs without parameters, and so never to be changed."""


class Run(NamedTuple):
    """One execution of a task. (task, fire time, origin, attempt) is unique; times are instants, `progress` is 0 to 1.

    `key` is the same for all attempts at one fire: it is handed to the user's code, which can so make its effects
    idempotent. `epoch` counts the owners a run has had; a write that carries an older one is refused.
    """

    id: str
    task_id: str
    task_name: str
    context_id: str
    origin: Origin
    fire_time: Instant
    key: str
    state: RunState
    queued_at: Instant
    attempt: int = 1
    due_at: Instant | None = None
    reason: str = ""
    started_at: Instant | None = None
    finished_at: Instant | None = None
    progress: float | None = None
    parameters: dict[str, Any] = _NOTHING
    result: str | None = None
    error: RunError | None = None
    output_path: str | None = None
    kernel_id: str | None = None
    server: str | None = None
    owner: str | None = None
    epoch: int = 0
    fires: int = 1
    """How many fires this record stands for: more than 1 only for a merged MISSED record."""

    @property
    def duration(self) -> float | None:
        """Seconds from start to finish, once finished."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at) / 1000

    @property
    def environment(self) -> dict[str, str]:
        """What the user's code can know of its run: the same key for every attempt, so that effects can be made
        once."""
        return {
            "SCHEDULER_RUN_ID": self.id,
            "SCHEDULER_RUN_KEY": self.key,
            "SCHEDULER_TASK_ID": self.task_id,
            "SCHEDULER_TASK_NAME": self.task_name,
            "SCHEDULER_FIRE_TIME": to_rfc3339(self.fire_time) or "",
            "SCHEDULER_ATTEMPT": str(self.attempt),
            "SCHEDULER_ORIGIN": self.origin.value,
        }

    def to_json(self) -> dict[str, Any]:
        """The shape of a run in the API (DESIGN, HTTP): times as RFC 3339 in UTC, durations in seconds."""
        error = self.error
        return {
            "id": self.id,
            "task_id": self.task_id,
            "task_name": self.task_name,
            "context_id": self.context_id,
            "origin": self.origin.value,
            "fire_time": to_rfc3339(self.fire_time),
            "attempt": self.attempt,
            "key": self.key,
            "state": self.state.value,
            "reason": self.reason,
            "count": self.fires,
            "queued_at": to_rfc3339(self.queued_at),
            "started_at": to_rfc3339(self.started_at),
            "finished_at": to_rfc3339(self.finished_at),
            "duration": self.duration,
            "progress": self.progress,
            "parameters": self.parameters,
            "result": self.result,
            "error": error and {"name": error.name, "message": error.message, "traceback": error.traceback},
            "output_path": self.output_path,
            "kernel_id": self.kernel_id,
            "server": self.server,
        }


class Facts(NamedTuple):
    """What the ledger knows of one task, one row each; the task's state is derived from this and its definition.

    `strip` is the JSON text of the last 20 runs as ``[[state, seconds], ...]``, oldest first, and `last_run` the JSON
    text of the newest finished one: texts, since they are only ever passed on.
    """

    task_id: str
    cursor: Instant | None = None
    """The last fire time considered; fires are looked for after it. Decreases only by the recorded clock reset."""
    halted: str | None = None
    """Why the schedule stands still until a reset (`pause_after` reached); None while it runs."""
    failures: int = 0
    """Bad outcomes in a row."""
    run_count: int = 0
    """Runs claimed by the rule, for `max_runs`."""
    last_state: RunState | None = None
    """Outcome of the newest finished run that really started or was lost; None after a reset."""
    last_run: str | None = None
    strip: str = "[]"
    token_last_used: Instant | None = None
