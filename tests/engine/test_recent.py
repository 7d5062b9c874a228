"""What is remembered of runs for readers who ask what changed: a herd for a moment, a few for longer."""

from __future__ import annotations

import gc

from jupyter_scheduler_ext.engine import recent as recent_module
from jupyter_scheduler_ext.engine.changes import ChangeLog
from jupyter_scheduler_ext.engine.execution import _Flight
from jupyter_scheduler_ext.engine.recent import AT_ONCE, KEPT, STAYS, RecentRuns
from jupyter_scheduler_ext.engine.runs import Origin, Run, RunState

from .night import Night


class Watch:
    def __init__(self) -> None:
        self.time = 1_000_000

    def now(self) -> int:
        return self.time


def ended(number: int, at: int, **fields: object) -> Run:
    names = {"id": f"run-{number}", "task_id": "t", "task_name": "t", "context_id": "t", "key": "k"}
    times = {"fire_time": at, "queued_at": at, "finished_at": at}
    return Run(**{"origin": Origin.SCHEDULE, "state": RunState.SUCCEEDED, **names, **times, **fields})


def test_a_herd_is_remembered_for_a_moment_and_then_forgotten_a_few_at_a_time():
    clock, forgotten = Watch(), []
    recent = RecentRuns(clock, forgotten.append)
    for number in range(KEPT + 100):
        recent.see(ended(number, clock.time))
    assert len(recent) == KEPT + 100
    assert forgotten == []

    clock.time += STAYS + 1
    recent.see(ended(1000, clock.time))
    assert forgotten == [f"run-{number}" for number in range(AT_ONCE)]
    for number in range(1001, 1200):
        recent.see(ended(number, clock.time))
    assert len(recent) == KEPT
    assert "run-1199" in recent
    assert recent.get("run-0") is None


def test_long_results_are_not_kept_for_long():
    clock, forgotten = Watch(), []
    recent = RecentRuns(clock, forgotten.append)
    many = recent_module.TEXTS // 50_000 + 1
    for number in range(many):
        recent.see(ended(number, clock.time, state=RunState.RUNNING, finished_at=None))
        recent.see(ended(number, clock.time, result="x" * 50_000))
    assert forgotten == []
    clock.time += STAYS + 1
    recent.see(ended(1000, clock.time))
    assert forgotten == ["run-0"]


def test_there_is_a_bound_however_much_happens_at_once(monkeypatch):
    monkeypatch.setattr(recent_module, "MOST", KEPT + 10)
    recent = RecentRuns(Watch(), lambda run_id: None)
    for number in range(KEPT + 50):
        recent.see(ended(number, 1_000_000))
    assert len(recent) == KEPT + 10


def test_a_reader_who_has_not_seen_what_was_forgotten_starts_over_and_no_other_does():
    changes = ChangeLog("life")
    changes.mark("tasks", "t")
    before = changes.revision
    changes.mark("runs", "r1")
    after = changes.revision
    changes.mark("runs", "r2")
    changes.forget("runs", "r1")
    changes.forget("runs", "never seen")
    assert changes.since(before).reset
    assert not changes.since(after).reset
    assert changes.since(after).runs == ["r2"]


def test_a_run_that_is_over_goes_from_memory_without_the_garbage_collector(night: Night):
    async def story():
        gc.disable()
        try:
            before = sum(isinstance(thing, _Flight) for thing in gc.get_objects())
            task = await night.make("0 * * * *")
            await night.until("2026-03-01 05:00")
            await night.sleep(60)
            assert len(await night.history(task)) == 5
            assert sum(isinstance(thing, _Flight) for thing in gc.get_objects()) == before
        finally:
            gc.enable()

    night.run(story())
