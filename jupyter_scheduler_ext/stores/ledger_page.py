"""A page of the ledger: the rows that some ops are about, read once, changed in memory by each op, written once.

So a tick of 10,000 claims costs a few bulk statements, and what an op means is plain Python that is the same for every
database. A page lives inside one transaction, which keeps other writers from the rows it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ..engine.ledger import (
    Adopt,
    Claim,
    ClaimResult,
    Finish,
    FinishResult,
    Note,
    Reset,
    Resume,
    SetCursor,
    Start,
    TokenUsed,
)
from ..engine.runs import ACTIVE, TERMINAL, Facts, Run, RunState
from ..engine.settle import lengthen_strip, settle
from .database import Transaction
from .ledger_rows import (
    FACT_COLUMNS,
    RUN_COLUMNS,
    clean,
    cut,
    cut_error,
    error_text,
    facts_from,
    facts_values,
    happened_at,
    parameters_text,
    run_from,
    run_values,
)

PageOp: TypeAlias = Claim | Start | Resume | Note | Finish | Adopt | Reset | SetCursor | TokenUsed

_NEW_FACTS = (
    "INSERT INTO facts (task_id, failures, run_count, strip, records) VALUES (?, 0, 0, '[]', 0) "
    "ON CONFLICT (task_id) DO NOTHING"
)
_READ_FACTS = f"SELECT {FACT_COLUMNS}, records, buried_at FROM facts WHERE task_id IN ({{keys}}) ORDER BY task_id"
_READ_RUNS = f"SELECT {RUN_COLUMNS}, kernel_process FROM runs WHERE id IN ({{keys}}) ORDER BY id"
_READ_ACTIVE = (
    f"SELECT {RUN_COLUMNS}, kernel_process FROM runs WHERE state IN ('queued', 'running') AND task_id IN ({{keys}})"
)
_READ_TAKEN = (
    "WITH wanted (task, fire, source, number) AS ({keys}) SELECT task_id, fire_time, origin, attempt FROM wanted "
    "JOIN runs ON task_id = task AND fire_time = fire AND origin = source AND attempt = number"
)
_ADD_RUN = f"INSERT INTO runs ({RUN_COLUMNS}, kernel_process, happened_at) VALUES ({', '.join('?' * 26)})"
_MOVE_RUN = (
    "UPDATE runs SET state = ?, reason = ?, started_at = ?, finished_at = ?, result = ?, error = ?, owner = ?, "
    "epoch = ?, happened_at = ?, progress = ?, output_path = ?, kernel_id = ?, kernel_process = ? WHERE id = ?"
)
_NOTE_RUN = "UPDATE runs SET progress = ?, output_path = ?, kernel_id = ?, kernel_process = ? WHERE id = ?"
_PUT_FACTS = (
    f"INSERT INTO facts ({FACT_COLUMNS}, records) VALUES ({', '.join('?' * 10)}) ON CONFLICT (task_id) DO UPDATE SET "
    "cursor = excluded.cursor, halted = excluded.halted, failures = excluded.failures, "
    "run_count = excluded.run_count, last_state = excluded.last_state, last_run = excluded.last_run, "
    "strip = excluded.strip, token_last_used = excluded.token_last_used, records = excluded.records"
)


@dataclass(slots=True)
class _Task:
    facts: Facts
    records: int = 0
    buried: bool = False
    changed: bool = False
    held: bool = False
    """Another writer is at this task at this very moment: no fire of its rule is claimed now."""


@dataclass(slots=True)
class _Entry:
    """A run, and what of it is still to be written."""

    run: Run
    kernel_process: str | None = None
    parameters: str | None = None
    """The run's parameters as JSON text, for a new one."""
    moved: bool = False
    noted: bool = False

    @property
    def active(self) -> bool:
        state = self.run.state
        return state is RunState.QUEUED or state is RunState.RUNNING


_Key: TypeAlias = tuple[str, int, str, int]


def _key(run: Run) -> _Key:
    return run.task_id, run.fire_time, run.origin._value_, run.attempt  # `.value` is ten times slower


def _by_rule(op: PageOp) -> bool:
    """A claim of fires of the task's rule; they stay due if it is refused."""
    return isinstance(op, Claim) and op.cursor is not None


def _lapsed(transaction: Transaction, ops: Sequence[PageOp]) -> frozenset[str]:
    """The owners among those who would claim, start or adopt whose lease has run out."""
    owners = {op.owner for op in ops if isinstance(op, Start | Resume | Adopt)}
    owners.update(run.owner or "" for op in ops if isinstance(op, Claim) for run in op.runs if run.state in ACTIVE)
    held = transaction.matching("SELECT owner, lease_until FROM owners WHERE owner IN ({keys})", owners)
    return frozenset(owners - {owner for owner, until in held if until >= transaction.now})


@dataclass(slots=True)
class Page:
    """Tasks and runs that ops name, as they would be if the transaction were committed now."""

    _tasks: dict[str, _Task] = field(default_factory=dict)
    _runs: dict[str, _Entry] = field(default_factory=dict)
    _active: dict[str, dict[str, None]] = field(default_factory=dict)
    """Ids of the active runs of those tasks whose claims are limited by them."""
    _taken: set[_Key] = field(default_factory=set)
    _made: set[str] = field(default_factory=set)
    """Tasks that had no facts, and have a row now only to hold them; it goes again if nothing is to be said in it."""
    _lapsed: frozenset[str] = frozenset()
    """Owners whose lease has run out: they claim, start and adopt nothing."""

    @classmethod
    def read(cls, transaction: Transaction, ops: Sequence[PageOp], *, leased: bool = False) -> Page:
        """All that these ops may touch. Facts are locked before runs, and both in order: no two writers deadlock.

        A task that is named for the fires of its rule alone is left to whoever is at it already. `leased`: owners need
        a lease that has not run out."""
        page = cls(_lapsed=_lapsed(transaction, ops) if leased else frozenset())
        run_ids = {op.run_id for op in ops if isinstance(op, Start | Resume | Note | Finish | Adopt)}
        named = [op for op in ops if isinstance(op, Claim | Reset | SetCursor | TokenUsed)]
        waited = {op.task_id for op in named if not _by_rule(op)}
        found = transaction.matching("SELECT id, task_id FROM runs WHERE id IN ({keys})", run_ids)
        waited.update(task_id for _, task_id in found)
        page._lock(transaction, {op.task_id for op in named} - waited, transaction.free)
        page._lock(transaction, waited, transaction.lock)
        for row in transaction.matching(_READ_RUNS + transaction.lock, run_ids):
            page._runs[row[0]] = _Entry(run_from(row), row[24])
        page._read_claims(transaction, ops)
        return page

    def _lock(self, transaction: Transaction, task_ids: set[str], how: str) -> None:
        """Read the facts of tasks and hold them; a row that is missing is made first, since none cannot be held."""
        self._read_facts(transaction, task_ids, how)
        absent = sorted(task_ids - self._tasks.keys()) if how else []
        if not absent:
            return
        transaction.many(_NEW_FACTS, [(task_id,) for task_id in absent])
        self._made.update(absent)
        self._read_facts(transaction, absent, how)
        elsewhere = task_ids - self._tasks.keys()
        self._made -= elsewhere
        self._read_facts(transaction, elsewhere, "")
        for task_id in elsewhere:
            self._task(task_id).held = True

    def _read_facts(self, transaction: Transaction, task_ids: Iterable[str], how: str) -> None:
        for row in transaction.matching(_READ_FACTS + how, task_ids):
            self._tasks[row[0]] = _Task(facts_from(row), records=row[9], buried=row[10] is not None)

    def _read_claims(self, transaction: Transaction, ops: Sequence[PageOp]) -> None:
        limited: set[str] = set()
        keys: set[_Key] = set()
        for op in ops:
            if isinstance(op, Claim):
                keys.update(map(_key, op.runs))
                if op.max_active is not None:
                    limited.add(op.task_id)
            elif isinstance(op, Finish) and op.retry is not None:
                keys.add(_key(op.retry))
        self._active = {task_id: {} for task_id in limited}
        for row in transaction.matching(_READ_ACTIVE, limited):
            self._active[row[1]][row[0]] = None
            if row[0] not in self._runs:
                self._runs[row[0]] = _Entry(run_from(row), row[24])
        self._taken.update(transaction.matching(_READ_TAKEN, keys))

    def write(self, transaction: Transaction) -> None:
        """All that changed, in at most four bulk statements; runs by task, so that indexes are walked in order."""
        new, moved, noted = [], [], []
        for run_id, entry in sorted(self._runs.items(), key=lambda item: item[1].run.task_id):
            run = entry.run
            place = (run.progress, run.output_path, run.kernel_id, entry.kernel_process, run_id)
            if entry.parameters is not None:
                new.append(run_values(run, entry.parameters, entry.kernel_process))
            elif entry.moved:
                moved.append(
                    (
                        run.state.value,
                        run.reason,
                        run.started_at,
                        run.finished_at,
                        run.result,
                        error_text(run.error),
                        run.owner,
                        run.epoch,
                        happened_at(run),
                        *place,
                    )
                )
            elif entry.noted:
                noted.append(place)
        transaction.many(_ADD_RUN, new)
        transaction.many(_MOVE_RUN, moved)
        transaction.many(_NOTE_RUN, noted)
        changed = [(*facts_values(task.facts), task.records) for task in self._tasks.values() if task.changed]
        transaction.many(_PUT_FACTS, changed)
        unsaid = sorted(task_id for task_id in self._made if not self._tasks[task_id].changed)
        transaction.many("DELETE FROM facts WHERE task_id = ? AND records = 0", [(task_id,) for task_id in unsaid])

    def perform(self, op: PageOp) -> object:
        """Carry out one op and answer it; an op that raises has changed nothing."""
        match op:
            case Claim():
                return self._claim(op)
            case Start():
                return self._start(op)
            case Resume():
                return self._resume(op)
            case Note():
                return self._note(op)
            case Finish():
                return self._finish(op)
            case Adopt():
                return self._adopt(op)
            case Reset():
                return self._alter(op.task_id, halted=None, failures=0, last_state=None)
            case SetCursor():
                cursor = self._task(op.task_id).facts.cursor
                if cursor is not None and not op.back:
                    return self._alter(op.task_id, cursor=max(cursor, op.cursor))
                return self._alter(op.task_id, cursor=op.cursor)
            case TokenUsed():
                return self._alter(op.task_id, token_last_used=op.at)

    def _claim(self, op: Claim) -> ClaimResult:
        task = self._task(op.task_id)
        facts = task.facts
        refused = task.held or (
            self._lapsed and any(run.owner in self._lapsed for run in op.runs if run.state in ACTIVE)
        )
        if refused or task.buried or (op.cursor is not None and facts.cursor != op.expected_cursor):
            return ClaimResult(accepted=False, runs=(), facts=facts, buried=task.buried)
        fresh = self._fresh(op.task_id, op.runs)
        starting = sum([entry.active for entry in fresh.values()])
        if op.max_active is not None and starting:
            active = self._active[op.task_id]
            if len(active) + starting > op.max_active:
                blocking = sorted(
                    (self._runs[run_id].run for run_id in active), key=lambda run: (run.queued_at, run.id)
                )
                return ClaimResult(accepted=False, runs=(), facts=facts, active=tuple(blocking))
        strip = facts.strip
        for key, entry in fresh.items():
            self._add(task, key, entry)
            if not entry.active:
                strip = lengthen_strip(strip, entry.run)
        cursor = facts.cursor
        if op.cursor is not None and (cursor is None or cursor < op.cursor):
            cursor = op.cursor
        counted = op.counted
        if len(fresh) < len(op.runs):
            counted = max(0, counted + starting - sum(run.state in ACTIVE for run in op.runs))
        task.facts = facts = facts._replace(cursor=cursor, run_count=facts.run_count + counted, strip=strip)
        task.changed = True
        return ClaimResult(accepted=True, runs=tuple([entry.run for entry in fresh.values()]), facts=facts)

    def _fresh(self, task_id: str, runs: Iterable[Run]) -> dict[_Key, _Entry]:
        """Those runs that no record stands for yet, as new entries."""
        fresh: dict[_Key, _Entry] = {}
        for run in runs:
            if run.task_id != task_id:
                raise ValueError(f"run {run.id} is one of task {run.task_id}, not of {task_id}")
            key = _key(run)
            if key not in self._taken and key not in fresh and run.id not in self._runs:
                fresh[key] = _Entry(run, parameters=parameters_text(run.parameters))
        return fresh

    def _start(self, op: Start) -> bool:
        entry = self._held(op)
        if entry is None or entry.run.state is not RunState.QUEUED or op.owner in self._lapsed:
            return False
        entry.run = entry.run._replace(state=RunState.RUNNING, started_at=op.at)
        entry.moved = True
        return True

    def _resume(self, op: Resume) -> Run | None:
        entry = self._held(op)
        if entry is None or entry.run.state is not RunState.RUNNING or op.owner in self._lapsed:
            return None
        entry.run = entry.run._replace(epoch=op.epoch + 1, started_at=op.at)
        entry.moved = True
        return entry.run

    def _note(self, op: Note) -> bool:
        entry = self._held(op)
        if entry is None or entry.run.state is not RunState.RUNNING:
            return False
        run = entry.run
        entry.run = run._replace(
            progress=run.progress if op.progress is None else op.progress,
            output_path=run.output_path if op.output_path is None else clean(op.output_path),
            kernel_id=op.kernel_id or run.kernel_id,
        )
        entry.kernel_process = op.kernel_process or entry.kernel_process
        entry.noted = True
        return True

    def _finish(self, op: Finish) -> FinishResult | None:
        if op.state not in TERMINAL:
            raise ValueError(f"a run does not finish as {op.state.value}")
        entry = self._held(op)
        if entry is None:
            return None
        run = entry.run
        retry = self._fresh(run.task_id, [op.retry] if op.retry else [])
        started = run.started_at
        if started is not None and op.started_at is not None:
            started = max(started, op.started_at)
        run = run._replace(
            state=op.state,
            reason=clean(op.reason) or run.reason,
            started_at=started,
            finished_at=op.at if started is None else max(op.at, started),
            result=None if op.result is None else cut(op.result),
            error=cut_error(op.error),
        )
        entry.run = run
        entry.moved = True
        self._active.get(run.task_id, {}).pop(run.id, None)
        task = self._task(run.task_id)
        if task.buried:
            return None
        task.facts = settle(task.facts, run, op.pause_after)
        task.changed = True
        for key, again in retry.items():
            self._add(task, key, again)
        return FinishResult(run=run, facts=task.facts, retried=bool(retry))

    def _adopt(self, op: Adopt) -> Run | None:
        entry = self._runs.get(op.run_id)
        if entry is None or entry.run.state is not RunState.QUEUED or entry.run.epoch != op.epoch:
            return None
        if op.owner in self._lapsed:
            return None
        entry.run = entry.run._replace(owner=op.owner, epoch=op.epoch + 1)
        entry.moved = True
        return entry.run

    def _held(self, op: Start | Resume | Note | Finish) -> _Entry | None:
        """The run, if it is active and the writer still holds it: a paused zombie comes with an old epoch."""
        entry = self._runs.get(op.run_id)
        if entry is None or entry.run.state not in ACTIVE:
            return None
        return entry if (entry.run.owner or "", entry.run.epoch) == (op.owner, op.epoch) else None

    def _task(self, task_id: str) -> _Task:
        task = self._tasks.get(task_id)
        if task is None:
            task = self._tasks[task_id] = _Task(Facts(task_id=task_id))
        return task

    def _alter(self, task_id: str, **changes: object) -> Facts:
        task = self._task(task_id)
        task.facts = task.facts._replace(**changes)  # type: ignore[arg-type]
        task.changed = True
        return task.facts

    def _add(self, task: _Task, key: _Key, entry: _Entry) -> None:
        run = entry.run
        self._taken.add(key)
        self._runs[run.id] = entry
        if entry.active and run.task_id in self._active:
            self._active[run.task_id][run.id] = None
        task.records += 1
        task.changed = True
