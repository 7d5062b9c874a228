"""Short words for long records."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, TypeAlias

from jupyter_scheduler_ext.engine.abc import Clock, Ledger
from jupyter_scheduler_ext.engine.instants import Instant
from jupyter_scheduler_ext.engine.ledger import Claim, Finish, Op, Start
from jupyter_scheduler_ext.engine.run_id import new_run_id
from jupyter_scheduler_ext.engine.runs import Origin, Run, RunState
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

NOW: Instant = 1_780_000_000_000
OWNER = "boot:1:100"

OpenLedger: TypeAlias = Callable[[], SqlLedger]
"""Opens the same ledger again, as another server would."""

_numbers = count()


class StillClock(Clock):
    """Stands where it is put."""

    def __init__(self, now: Instant) -> None:
        self.instant = now

    def now(self) -> Instant:
        return self.instant

    def monotonic(self) -> float:
        return self.instant / 1000

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def run_of(task_id: str = "task", fire: Instant = NOW, **given: Any) -> Run:
    """A queued run of a rule."""
    values = {
        "id": new_run_id(fire),
        "task_id": task_id,
        "task_name": f"Task {task_id}",
        "context_id": task_id,
        "origin": Origin.SCHEDULE,
        "fire_time": fire,
        "key": f"{task_id}:{fire}",
        "state": RunState.QUEUED,
        "queued_at": fire,
        "owner": OWNER,
        "epoch": 1,
    }
    return Run(**(values | given))


def by_hand(task_id: str = "task", at: Instant = NOW, **given: Any) -> Run:
    """A queued run that a person asked for."""
    return run_of(task_id, at, key=f"hand:{next(_numbers)}", **({"origin": Origin.MANUAL} | given))


def claim_of(*runs: Run, after: Instant | None = None, **given: Any) -> Claim:
    """A claim of fires of a rule: the cursor goes from `after` to the newest of them."""
    cursor = max(run.fire_time for run in runs)
    values: dict[str, Any] = {"expected_cursor": after, "cursor": cursor, "counted": len(runs)}
    return Claim(task_id=runs[0].task_id, runs=runs, **(values | given))


def start_of(run: Run, at: Instant | None = None) -> Start:
    return Start(run_id=run.id, owner=run.owner or "", epoch=run.epoch, at=run.fire_time if at is None else at)


def finish_of(run: Run, state: RunState = RunState.SUCCEEDED, at: Instant | None = None, **given: Any) -> Finish:
    values: dict[str, Any] = {"run_id": run.id, "owner": run.owner or "", "epoch": run.epoch, "state": state}
    return Finish(**(values | {"at": run.fire_time + 1000 if at is None else at} | given))


def apply_one(ledger: Ledger, op: Op) -> Any:
    (answer,) = ledger.apply([op])
    return answer


def perform(ledger: Ledger, run: Run, state: RunState = RunState.SUCCEEDED, **finish: Any) -> Any:
    """Claim a run by hand, start and finish it; answers the finish."""
    claimed, started, finished = ledger.apply(
        [Claim(task_id=run.task_id, runs=(run,)), start_of(run), finish_of(run, state, **finish)]
    )
    assert claimed.accepted
    assert started
    return finished
