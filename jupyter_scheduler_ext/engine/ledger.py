"""The vocabulary of the ledger: what may be written to it, each as one value.

Every write is an `Op`; `abc.Ledger.apply` commits several in one transaction and answers each. So a tick is one commit,
and finishes, starts and heartbeats that arrive together share one. Ops carry all that a store needs to refuse a stale
writer: the cursor a claim was computed from, the (run, owner, epoch) of a run in flight. Those that come by thousands,
claims and finishes, are named tuples, which are made in a third of the time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from .instants import Instant
from .runs import Facts, Run, RunError, RunState


class Claim(NamedTuple):
    """Record what became of a task's due fires, and move its cursor, in one step.

    Refused as a whole (`ClaimResult.accepted` is False) if the cursor is no longer `expected_cursor`, if too many runs
    would be active, or if the task was deleted; and, run by run, if (task, fire time, origin, attempt) has a record
    already. `runs` may be QUEUED, RUNNING (started at once) or born terminal. A manual run, a retry or a backfill
    leaves the cursor alone: both cursors None.
    """

    task_id: str
    runs: tuple[Run, ...]
    expected_cursor: Instant | None = None
    cursor: Instant | None = None
    counted: int = 0
    """How much `Facts.run_count` grows, less the QUEUED and RUNNING runs that had a record already."""
    max_active: int | None = None
    """Refuse the claim if its QUEUED and RUNNING runs would make more than so many active ones of this task (the
    overlap policy, checked under the row lock when several servers share the ledger); None = no limit."""


class ClaimResult(NamedTuple):
    """`runs`: those recorded. `facts`: the task's row afterwards. `active`: if overlap refused it, the runs in the way,
    oldest first."""

    accepted: bool
    runs: tuple[Run, ...]
    facts: Facts
    active: tuple[Run, ...] = ()
    buried: bool = False
    """Refused because the task was deleted; if it is defined nevertheless (made anew, restored from a backup of the
    definitions, a crash in the middle of deleting), `Unbury` brings it back to life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """QUEUED -> RUNNING, durable before anything of the run begins. Answers bool: False if it is no longer ours."""

    run_id: str
    owner: str
    epoch: int
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """A run that is recorded as started, of which nothing has begun, goes on: its owner had stood still or was cut off
    in between. Epoch + 1, so that nobody who takes the owner for dead can still end it. Answers the Run, or None: it is
    no longer the owner's, or the owner has no lease."""

    run_id: str
    owner: str
    epoch: int
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What became known of a run in flight: where its output goes, its kernel. None: unchanged. Answers bool."""

    run_id: str
    owner: str
    epoch: int
    progress: float | None = None
    output_path: str | None = None
    kernel_id: str | None = None
    kernel_process: str | None = None
    """``pid:start time`` of the kernel, so that after a crash only that very process is killed."""


class Finish(NamedTuple):
    """Active -> terminal, with the counters of the task (`settle.settle`). Answers FinishResult, or None if refused:
    another owner or epoch, or already terminal. None, too, if the task was deleted: then the run's end is recorded, but
    the task's facts are left alone and there is no retry. An owner of None in the run is "" here."""

    run_id: str
    owner: str
    epoch: int
    state: RunState
    at: Instant
    reason: str = ""
    result: str | None = None
    error: RunError | None = None
    pause_after: int = 0
    started_at: Instant | None = None
    """When the first of the user's code began, if later than the recorded start (a kernel was started first)."""
    retry: Run | None = None
    """The next attempt, QUEUED, recorded in the same step and only if this finish is accepted."""


class FinishResult(NamedTuple):
    """The run as it ended, the task's facts afterwards, and whether `Finish.retry` was recorded."""

    run: Run
    facts: Facts
    retried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Take over a QUEUED run of a dead owner: epoch + 1. Answers the Run, or None."""

    run_id: str
    epoch: int
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Clear halt, failure count and last outcome of a task. Answers Facts."""

    task_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCursor:
    """Move a cursor without a run: a rule edited, or the recorded reset after the clock stepped back (`back=True`, the
    only way it decreases). Answers Facts."""

    task_id: str
    cursor: Instant
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsed:
    """Answers Facts."""

    task_id: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Renew an owner's lease, which is that of everything it runs, for `lease` seconds by the ledger's clock. Answers
    the ids of its active runs: one that is missing was taken from it."""

    owner: str
    lease: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bury:
    """A task is deleted: keep its definition (JSON text) for undo. From now on its claims are refused and late finishes
    leave its facts alone; its QUEUED runs are CANCELLED here, RUNNING ones are for their owner to end. Answers None."""

    task_id: str
    definition: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbury:
    """Undo a deletion. Answers Unburied, or None if there is no definition to undo it with; that is kept until the next
    `Prune`, so that undoing can be tried again if the definition could not be saved."""

    task_id: str


class Unburied(NamedTuple):
    """A deleted task as it was: its definition (JSON text) and its facts, so that what was halted stays so."""

    definition: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A follower asks the leader for something (``run``, ``cancel``). Answers the request's id."""

    verb: str
    body: dict[str, Any]
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The leader's reply to a request. Answers None."""

    request_id: int
    reply: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune:
    """Remove terminal runs beyond the newest `keep` of a task or finished before `before`, at most `limit` of them; the
    undo of tasks deleted before `buried_before`; answered requests asked before `before`. Answers the removed runs'
    (id, context_id, output_path)."""

    keep: int
    before: Instant
    buried_before: Instant
    limit: int = 1000


Op: TypeAlias = (
    Claim
    | Start
    | Resume
    | Note
    | Finish
    | Adopt
    | Reset
    | SetCursor
    | TokenUsed
    | Heartbeat
    | Bury
    | Unbury
    | Ask
    | Answer
    | Prune
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a follower asked for; `reply` is None until the leader answered."""

    id: int
    verb: str
    body: dict[str, Any]
    asked_at: Instant
    reply: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs `abc.Ledger.runs` lists, newest first. `since` (included) and `until` (excluded) are about
    `queued_at`; `before` is the (queued_at, id) of the last one seen."""

    ids: tuple[str, ...] = ()
    task_id: str | None = None
    context_id: str | None = None
    states: frozenset[RunState] = frozenset()
    key: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    before: tuple[Instant, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Bucket:
    """Runs counted over one stretch of time by outcome, for the ribbon and the calendar."""

    at: Instant
    counts: dict[str, int] = field(default_factory=dict)
