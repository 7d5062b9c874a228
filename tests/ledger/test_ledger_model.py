"""T4: whatever is done to a ledger, in batches, with restarts, by two servers: it stays what the model says."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from postgres import Postgres

from jupyter_scheduler_ext.engine.ledger import (
    Adopt,
    Bury,
    Claim,
    ClaimResult,
    Finish,
    FinishResult,
    Heartbeat,
    Note,
    Op,
    Prune,
    Reset,
    Resume,
    RunFilter,
    SetCursor,
    Start,
    TokenUsed,
    Unburied,
    Unbury,
)
from jupyter_scheduler_ext.engine.runs import TERMINAL, Facts, Origin, Run, RunState
from jupyter_scheduler_ext.stores.database import SqliteDatabase
from jupyter_scheduler_ext.stores.sql.shared_ledger import SharedLedger
from jupyter_scheduler_ext.stores.sql.versions import open_database
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .model import Model, seen
from .parts import NOW, OWNER, StillClock, by_hand, run_of

TASKS = ("a", "b", "c")
OWNERS = (OWNER, "boot:2:7")


def comparable(answer: Any) -> Any:
    """An answer of the ledger in the model's words."""
    match answer:
        case Unburied():
            return answer.definition
        case ClaimResult():
            return answer.accepted, [run.id for run in answer.runs], [run.id for run in answer.active]
        case FinishResult():
            return answer.run.state, answer.retried
        case Run():
            return answer.id
        case Facts():
            return None
        case [(str(), str(), _), *_]:
            return {removed[0] for removed in answer}
    return answer


def plain(run: Run) -> tuple[Any, ...]:
    return (
        run.id,
        run.task_id,
        run.origin,
        run.fire_time,
        run.attempt,
        run.state,
        run.owner,
        run.epoch,
        run.started_at,
        run.finished_at,
        run.progress,
    )


class LedgerMachine(RuleBasedStateMachine):
    def open(self, folder: Path) -> SqlLedger:
        raise NotImplementedError

    def new_id(self) -> str:
        """Ids in the order of making: examples must replay."""
        self.made += 1
        return f"run-{self.made:06}"

    @initialize()
    def begin(self) -> None:
        self.made = 0
        self.folder = TemporaryDirectory()
        self.clock = StillClock(NOW)
        self.model = Model()
        self.ledgers: list[SqlLedger] = []
        self.ledgers += [self.open(Path(self.folder.name)) for _ in range(2)]

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.close()
        self.folder.cleanup()

    @rule(data=st.data(), size=st.integers(1, 5), which=st.integers(0, 1))
    def apply(self, data: st.DataObject, size: int, which: int) -> None:
        ops = [self.draw(data) for _ in range(size)]
        answers = self.ledgers[which].apply(ops)
        for op, answer in zip(ops, answers, strict=True):
            expected = self.model.apply(op)
            if isinstance(op, Prune):
                expected = expected or []
            assert comparable(answer) == expected, op

    @rule(seconds=st.sampled_from([-60, 1, 60, 3600]))
    def the_clock_moves(self, seconds: int) -> None:
        self.clock.instant += seconds * 1000

    @rule(which=st.integers(0, 1))
    def a_server_restarts(self, which: int) -> None:
        self.ledgers[which].close()
        self.ledgers[which] = self.open(Path(self.folder.name))

    @invariant()
    def both_tell_the_same_story(self) -> None:
        for ledger in self.ledgers:
            facts = {task_id: seen(row) for task_id, row in ledger.facts().items()}
            assert facts == {name: past for name, past in self.model.tasks.items() if name not in self.model.buried}
            runs = {run.id: plain(run) for run in ledger.runs(RunFilter(limit=10_000))}
            assert runs == {run.id: plain(run) for run in self.model.runs.values()}
            active = [run.id for task_id in TASKS for run in self.model.active(task_id)]
            assert sorted(run.id for run in ledger.active()) == sorted(active)

    def draw(self, data: st.DataObject) -> Op:
        kind = data.draw(
            st.sampled_from([self.fire, self.by_hand, self.about_a_run, self.about_a_run, self.about_a_task])
        )
        return kind(data)

    def fire(self, data: st.DataObject) -> Claim:
        task_id = data.draw(st.sampled_from(TASKS))
        known = self.model.tasks.get(task_id)
        cursor = known.cursor if known else None
        if data.draw(st.integers(0, 3)) == 0:
            cursor = data.draw(st.sampled_from([None, NOW - 1, NOW + 1]))
        fires = data.draw(st.lists(st.integers(-2, 4), min_size=1, max_size=3))
        states = st.sampled_from([RunState.QUEUED, RunState.RUNNING, RunState.SKIPPED, RunState.MISSED])
        runs: list[Run] = []
        for step in sorted(set(fires)):
            state, fire = data.draw(states), self.clock.instant // 60_000 * 60_000 + step * 60_000
            times = {
                RunState.RUNNING: {"started_at": fire},
                RunState.SKIPPED: {"finished_at": fire},
                RunState.MISSED: {"finished_at": fire},
            }.get(state, {})
            runs.append(run_of(task_id, fire, id=self.new_id(), state=state, **times))
        return Claim(
            task_id=task_id,
            runs=tuple(runs),
            expected_cursor=cursor,
            cursor=max(run.fire_time for run in runs),
            counted=sum(run.state in (RunState.QUEUED, RunState.RUNNING) for run in runs),
            max_active=data.draw(st.sampled_from([None, 1, 2])),
        )

    def by_hand(self, data: st.DataObject) -> Claim:
        at = self.clock.instant + data.draw(st.integers(0, 2))
        task_id, owner = data.draw(st.sampled_from(TASKS)), data.draw(st.sampled_from(OWNERS))
        run = by_hand(task_id, at, id=self.new_id(), owner=owner)
        return Claim(task_id=run.task_id, runs=(run,), max_active=data.draw(st.sampled_from([None, 1])))

    def about_a_run(self, data: st.DataObject) -> Op:
        runs = sorted(
            self.model.runs.values(), key=lambda run: (run.state not in (RunState.QUEUED, RunState.RUNNING), run.id)
        )
        run = data.draw(st.sampled_from(runs)) if runs else run_of(id=self.new_id())
        owner = data.draw(st.sampled_from([run.owner or "", run.owner or "", *OWNERS]))
        epoch = run.epoch + data.draw(st.sampled_from([0, 0, 0, -1, 1]))
        at = self.clock.instant
        held = {"run_id": run.id, "owner": owner, "epoch": epoch}
        match data.draw(st.sampled_from(["start", "start", "resume", "note", "finish", "finish", "adopt"])):
            case "start":
                return Start(**held, at=at)
            case "resume":
                return Resume(**held, at=at)
            case "note":
                return Note(**held, progress=data.draw(st.sampled_from([0.25, 0.5])))
            case "adopt":
                return Adopt(run_id=run.id, owner=data.draw(st.sampled_from(OWNERS)), epoch=epoch)
        retry = run_of(run.task_id, run.fire_time, id=self.new_id(), origin=Origin.RETRY, attempt=run.attempt + 1)
        return Finish(
            **held,
            at=at,
            state=data.draw(st.sampled_from(sorted(TERMINAL))),
            pause_after=data.draw(st.sampled_from([0, 1, 2])),
            retry=data.draw(st.sampled_from([None, retry])),
        )

    def about_a_task(self, data: st.DataObject) -> Op:
        task_id = data.draw(st.sampled_from(TASKS))
        at = self.clock.instant
        match data.draw(st.sampled_from(["reset", "cursor", "token", "beat", "bury", "unbury", "unbury", "prune"])):
            case "reset":
                return Reset(task_id=task_id)
            case "cursor":
                return SetCursor(task_id=task_id, cursor=at, back=data.draw(st.booleans()))
            case "token":
                return TokenUsed(task_id=task_id, at=at)
            case "beat":
                return Heartbeat(owner=data.draw(st.sampled_from(OWNERS)), lease=45)
            case "bury":
                return Bury(task_id=task_id, definition='{"name": "x"}', at=at)
            case "unbury":
                return Unbury(task_id=task_id)
        ages = st.sampled_from([0, at - 60_000, at])
        return Prune(keep=data.draw(st.integers(0, 5)), before=data.draw(ages), buried_before=data.draw(ages))


class SqliteMachine(LedgerMachine):
    def open(self, folder: Path) -> SqlLedger:
        ledger = SqlLedger(SqliteDatabase(folder / "history.sqlite", self.clock, synchronous="OFF"))
        ledger.open()
        return ledger


class PostgresMachine(LedgerMachine):
    """Each example in a schema of its own; what it leaves goes with the server."""

    server: ClassVar[Postgres]

    def open(self, folder: Path) -> SqlLedger:
        name = re.sub(r"[^a-z0-9]", "_", f"model_{folder.name}".lower())
        ledger = SharedLedger(open_database(self.server.url(name)), leased=False)
        ledger.open()
        return ledger


MACHINES = [SqliteMachine, PostgresMachine]
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def find_server(machine: type[LedgerMachine], request: pytest.FixtureRequest) -> None:
    if issubclass(machine, PostgresMachine):
        machine.server = request.getfixturevalue("postgres")


@pytest.mark.parametrize("machine", MACHINES)
def test_the_ledger_is_what_the_model_says(machine: type[LedgerMachine], request: pytest.FixtureRequest) -> None:
    find_server(machine, request)
    examples = 50 if machine is SqliteMachine else 10
    run_state_machine_as_test(machine, settings=settings(SETTINGS, max_examples=examples, stateful_step_count=30))


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("machine", MACHINES)
def test_the_ledger_is_what_the_model_says_a_thousand_times(
    machine: type[LedgerMachine], request: pytest.FixtureRequest
) -> None:
    find_server(machine, request)
    run_state_machine_as_test(machine, settings=settings(SETTINGS, max_examples=1000, stateful_step_count=50))
