"""What must hold at every step (RELIABILITY 7), checked against every commit and every start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..engine.firing import due_at, next_fire
from ..engine.instants import Instant, to_rfc3339
from ..engine.ledger import Adopt, Claim, ClaimResult, Finish, FinishResult, Op, SetCursor, Start
from ..engine.models import AnyTask
from ..engine.runs import ACTIVE, TIMED, Facts, Run, RunState


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass(slots=True)
class Stretch:
    """A rule and the time in which it held. What the cursor had `passed` at its end counts even if it lies later: the
    clock may have been set back."""

    task: AnyTask
    start: Instant
    end: Instant | None = None
    passed: Instant = 0


@dataclass
class Watcher:
    """Sees every commit and every start of every process of one world."""

    limit: int
    task_of: Callable[[str], AnyTask | None]
    violated: Callable[[Violation], None]
    """Told of a violation when it happens: the engine survives exceptions, and would survive this one too."""
    states: dict[str, RunState] = field(default_factory=dict)
    records: dict[str, dict[tuple[Instant, str, int], Run]] = field(default_factory=dict)
    """Of each task, its runs by fire time, origin and attempt."""
    runs: dict[str, Run] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    cursors: dict[str, Instant] = field(default_factory=dict)
    running: dict[str, Run] = field(default_factory=dict)
    active: dict[str, dict[str, Run]] = field(default_factory=dict)
    commits: int = 0

    def committed(self, ops: Sequence[Op], answers: Sequence[Any]) -> None:
        self.commits += 1
        for op, answer in zip(ops, answers, strict=True):
            if isinstance(answer, BaseException):
                self._expect(False, f"{type(op).__name__} failed: {answer!r}")
            if isinstance(op, Claim) and isinstance(answer, ClaimResult):
                for run in answer.runs:
                    self._recorded(run)
                self._cursor(answer.facts, back=False)
            elif isinstance(op, Start) and answer is True:
                self._move(op.run_id, RunState.RUNNING)
            elif isinstance(op, Finish) and isinstance(answer, FinishResult):
                self._move(op.run_id, answer.run.state)
                if answer.retried and op.retry is not None:
                    self._recorded(op.retry)
            elif isinstance(op, SetCursor) and isinstance(answer, Facts):
                self._cursor(answer, back=op.back)
            elif isinstance(op, Adopt) and isinstance(answer, Run):
                self._expect(answer.state is RunState.QUEUED, f"{answer.id} was taken over after it had begun")
        self._expect(len(self.running) <= self.limit, f"{len(self.running)} runs in flight, {self.limit} allowed")

    def starting(self, run: Run) -> None:
        """A kernel starts for this run at this moment."""
        self._expect(self.states.get(run.id) is RunState.RUNNING, f"{run.id} starts without a durable claim")
        self._expect(run.id not in self.started, f"{run.id} starts twice")
        self.started.add(run.id)

    def _recorded(self, run: Run) -> None:
        records = self.records.setdefault(run.task_id, {})
        key = (run.fire_time, run.origin.value, run.attempt)
        self._expect(key not in records, f"two runs of {run.task_id} for {key}")
        records[key] = self.runs[run.id] = run
        self.states[run.id] = run.state
        self._expect(run.state in ACTIVE or bool(run.reason), f"{run.id} was {run.state} without a reason")
        if run.state in ACTIVE:
            self._overlap(run)
            self.active.setdefault(run.task_id, {})[run.id] = run
        if run.state is RunState.RUNNING:
            self._running(run)

    def _overlap(self, run: Run) -> None:
        """Beside a run of an earlier fire, one of a rule starts or waits only if its policy says so."""
        task = self.task_of(run.task_id)
        if task is None or run.origin not in TIMED or task.policy.overlap in ("allow", "cancel_previous"):
            return
        earlier = [one for one in self.active.get(run.task_id, {}).values() if one.queued_at != run.queued_at]
        if task.policy.overlap == "queue_one":
            earlier = [one for one in earlier if self.states[one.id] is RunState.QUEUED]
        self._expect(not earlier, f"{run.id} of {task.name} was claimed beside {[one.id for one in earlier]}")

    def _move(self, run_id: str, to: RunState) -> None:
        was = self.states[run_id]
        self._expect(was in ACTIVE, f"{run_id} was {was}, which is final, and became {to}")
        self.states[run_id] = to
        if to is RunState.RUNNING:
            self._running(self.runs[run_id])
        else:
            self.running.pop(run_id, None)
            self.active.get(self.runs[run_id].task_id, {}).pop(run_id, None)

    def _running(self, run: Run) -> None:
        task = self.task_of(run.task_id)
        if task is not None and task.policy.overlap != "allow":
            other = next((one for one in self.running.values() if one.task_id == run.task_id), None)
            self._expect(other is None, f"two runs of {run.task_id} at once")
        self.running[run.id] = run

    def _cursor(self, facts: Facts, *, back: bool) -> None:
        if facts.cursor is None:
            return
        known = self.cursors.get(facts.task_id)
        self._expect(back or known is None or facts.cursor >= known, f"the cursor of {facts.task_id} went back")
        self.cursors[facts.task_id] = facts.cursor

    def check_fires(self, stretches: Sequence[Stretch], now: Instant, *, settled: bool) -> int:
        """Every fire that the cursor has passed is recorded exactly once, and nothing else is; with `settled`, the
        cursor has passed all that is due. Returns how many fires there were."""
        expected: dict[Instant, None] = {}
        task = stretches[-1].task
        cursor = self.cursors.get(task.uuid, -1)
        for stretch in stretches:
            after, end = stretch.start, stretch.end
            while (fire := next_fire(stretch.task, after)) is not None:
                due = due_at(stretch.task, fire)
                if end is not None and due > end and fire > stretch.passed:
                    break
                if fire <= cursor:
                    expected[fire] = None
                elif end is None and due <= now:
                    self._expect(not settled, f"{task.name}: {to_rfc3339(fire)} is due and was not considered")
                else:
                    break
                after = fire
        recorded = sorted(
            (run for run in self.records.get(task.uuid, {}).values() if run.origin in TIMED),
            key=lambda run: run.fire_time,
        )
        for run in recorded:
            self._expect(run.fire_time in expected, f"{task.name}: a record for {to_rfc3339(run.fire_time)}, no fire")
        total = sum(run.fires for run in recorded)
        self._expect(total == len(expected), f"{task.name}: {len(expected)} fires were passed, {total} are recorded")
        return total

    def _expect(self, holds: bool, text: str) -> None:
        if not holds:
            violation = Violation(text)
            self.violated(violation)
            raise violation
