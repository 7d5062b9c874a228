"""Rights that are checked again when a task fires: who may not any more has a recorded SKIPPED run and no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_scheduler_ext.engine.abc import Admission
from jupyter_scheduler_ext.engine.ownership import OwnerCheck
from jupyter_scheduler_ext.engine.runs import Run

from .night import NOOP, Night


class Guard(Admission):
    """Refuses whom the test names; answers at once, or never for tasks that hang; may raise."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.hangs: set[str] = set()
        self.raises: set[str] = set()
        self.asked: list[str] = []

    async def refusal(self, task: Any, run: Run) -> str | None:
        self.asked.append(f"{task.owner} {task.name} {run.origin}")
        if task.name in self.hangs:
            await asyncio.sleep(1e9)
        if task.name in self.raises:
            raise RuntimeError("no answer")
        return "may not any more" if task.owner in self.refused else None


@pytest.fixture
def guard() -> Guard:
    return Guard()


def tell(night: Night, guard: Admission, story: Callable[[], Any]) -> None:
    """Live through a story with a guard at the door."""

    async def guarded() -> None:
        await night.scheduler.stop()
        await night.boot(admission=guard)
        await story()

    night.run(guarded())


def test_a_fire_whose_owner_may_not_any_more_is_a_skipped_run_and_runs_nothing(night: Night, guard: Guard):
    async def story():
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 01:30")
        guard.refused.add("ana")
        await night.until("2026-03-01 02:30")
        first, second = await night.history(task)
        assert first.state == "succeeded"
        assert (second.state, second.reason, second.started_at) == ("skipped", "may not any more", None)
        assert second.finished_at is not None
        assert len(night.kernels.started) == 1
        assert night.state(task) == "idle"

    tell(night, guard, story)


def test_whatever_asks_for_a_run_the_owner_is_asked_about(night: Night, guard: Guard):
    async def story():
        rule = await night.make("0 * * * *", name="rule", policy={"retries": {"max": 1, "delay": 1}})
        planned = await night.make(["2026-03-01T00:10:00Z"], name="plan")
        adhoc, secret = await night.scheduler.create({"type": "adhoc", "name": "call", "action": NOOP}, "ana")
        night.kernels.fails.add("rule")
        await night.until("2026-03-01 01:30")
        await night.scheduler.run(planned.uuid)
        await night.scheduler.trigger(adhoc.uuid, secret)
        await night.scheduler.backfill(rule.uuid, 0, 3_600_000)
        await night.sleep(60)
        origins = {asked.split()[-1] for asked in guard.asked}
        assert origins == {"schedule", "retry", "plan", "manual", "token", "backfill"}

    tell(night, guard, story)


def test_a_check_that_hangs_or_fails_touches_no_other_task(night: Night, guard: Guard):
    async def story():
        hanging = [await night.make("0 * * * *", name=f"hangs {number}") for number in range(10)]
        guard.hangs = {task.name for task in hanging}
        failing = await night.make("0 * * * *", name="raises")
        guard.raises.add("raises")
        others = [await night.make("0 * * * *", name=f"other {number}") for number in range(10)]
        await night.until("2026-03-01 01:10")
        assert {(await night.history(task))[-1].state for task in others} == {"succeeded"}
        (refused,) = await night.history(failing)
        assert refused.state == "skipped"
        assert "could not be found out" in refused.reason
        (waiting,) = await night.history(hanging[0])
        assert waiting.state == "queued"
        assert night.scheduler.status()["queue"]["running"] == 0
        await night.scheduler.cancel(waiting.id)
        assert (await night.history(hanging[0]))[-1].state == "cancelled"

    tell(night, guard, story)


def test_who_waits_at_the_door_when_the_scheduler_dies_is_asked_about_again(night: Night, guard: Guard):
    async def story():
        task = await night.make("0 * * * *", name="hangs")
        guard.hangs.add("hangs")
        await night.until("2026-03-01 01:01")
        await night.crash()
        guard.hangs.clear()
        guard.refused.add("ana")
        await night.boot(admission=guard)
        await night.sleep(1)
        (run,) = await night.history(task)
        assert run.state == "skipped"
        assert len(guard.asked) == 2

    tell(night, guard, story)


def test_runs_of_one_task_keep_their_order(night: Night, guard: Guard):
    async def story():
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 05:30")
        guard.asked.clear()
        await night.scheduler.backfill(task.uuid, 0, 4 * 3_600_000)
        await night.sleep(60)
        fires = [work.launch.run.fire_time for work in night.kernels.started[-4:]]
        assert fires == sorted(fires)
        assert len(guard.asked) == 4

    tell(night, guard, story)


def test_who_changes_what_runs_becomes_the_owner_and_who_changes_the_rest_does_not(night: Night):
    async def story():
        task = await night.make("0 * * * *")
        scheduler = night.scheduler
        await scheduler.update(task.uuid, {"schedule": "5 * * * *", "name": "renamed", "tags": ["x"]}, by="ben")
        assert scheduler.editor.get(task.uuid).owner == "ana"
        await scheduler.update(task.uuid, {"owner": "eve"}, by="eve")
        assert scheduler.editor.get(task.uuid).owner == "ana"
        await scheduler.update(task.uuid, {"action": {**NOOP, "parameters": {"region": "eu"}}}, by="ben")
        assert scheduler.editor.get(task.uuid).owner == "ben"
        await scheduler.update(task.uuid, {"context_id": "shared"}, by="ana")
        assert scheduler.editor.get(task.uuid).owner == "ana"
        exported = await scheduler.export()
        await scheduler.import_tasks({"tasks": exported["tasks"]}, on_conflict="replace", owner="eve")
        assert scheduler.editor.get(task.uuid).owner == "eve"

    night.run(story())


@pytest.fixture
def ask(night: Night):
    """What an `OwnerCheck` of this function says about a task of ana's, in real time."""

    async def make() -> None:
        task = await night.make()
        known.append((task, await night.scheduler.run(task.uuid)))

    known: list[tuple[Any, Run]] = []
    night.run(make())

    def run(question: Any, timeout: float = 60.0, times: int = 1) -> list[str | None]:
        async def story() -> list[str | None]:
            check = OwnerCheck(question, timeout)
            return [await check.refusal(*known[0]) for _ in range(times)]

        return asyncio.run(story())

    return run


def test_only_a_clear_yes_lets_a_run_start(ask):
    async def later(owner, task, run):
        await asyncio.sleep(0)
        return owner == "ana" and run.task_id == task.uuid

    class Question:
        async def __call__(self, owner, task, run):
            return True

    for question in (lambda owner, task, run: owner == "ana", later, Question()):
        assert ask(question) == [None]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (False, "refused it"),
        ("left the company\x1b[31m\nyesterday", "left the company [31m yesterday"),
        (None, "neither yes nor no, but NoneType"),
        (1, "neither yes nor no, but int"),
        ("", "neither yes nor no, but str"),
    ],
)
def test_anything_else_refuses_and_says_why(ask, answer, says):
    (reason,) = ask(lambda owner, task, run: answer)
    assert says in reason
    assert "'ana'" in reason


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, StopIteration, asyncio.CancelledError])
def test_a_check_that_raises_refuses_and_its_message_stays_in_the_log(ask, error, caplog):
    def broken(owner, task, run):
        raise error("secret of the directory")

    async def broken_later(owner, task, run):
        raise error("secret of the directory")

    for question in (broken,) if error is StopIteration else (broken, broken_later):
        (reason,) = ask(question)
        assert "failed" in reason
        assert "secret" not in reason


def test_a_check_that_hangs_refuses_and_is_not_asked_again_while_it_does(ask):
    end = threading.Event()
    calls: list[str] = []

    def hanging(owner, task, run):
        calls.append(owner)
        end.wait(60)
        return True

    try:
        first, second = ask(hanging, timeout=0.05, times=2)
    finally:
        end.set()
    assert "did not answer within 0.05 s" in first
    assert "has not answered yet" in second
    assert calls == ["ana"]
