"""A fire while the run before is still active: `overlap` (RELIABILITY 2), and the queues that runs wait in."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_scheduler_ext.engine.errors import Conflict

from .night import Night


def two_fires(night: Night, overlap: str, seconds: float = 90.0, until: str = "2026-03-01 00:05"):
    """A minutely task whose runs take `seconds`; its history at 00:05."""
    found: list = []

    async def story():
        night.kernels.seconds = seconds
        task = await night.make("* * * * *", policy={"overlap": overlap})
        await night.until(until)
        found.extend(await night.history(task))

    night.run(story())
    return found


def test_skip_records_each_fire_that_found_the_one_before_running(night: Night):
    runs = two_fires(night, "skip")

    assert [run.state for run in runs] == ["succeeded", "skipped", "succeeded", "skipped", "running"]
    assert "still running" in runs[1].reason


def test_queue_one_lets_one_wait_and_skips_the_next(night: Night):
    runs = two_fires(night, "queue_one", seconds=150)

    assert [run.state for run in runs] == ["succeeded", "running", "skipped", "queued", "skipped"]


def test_cancel_previous_ends_the_one_before_and_starts_the_new_one(night: Night):
    runs = two_fires(night, "cancel_previous")

    assert [run.state for run in runs] == ["cancelled"] * 4 + ["running"]
    assert "replaced" in runs[0].reason


def test_allow_runs_them_side_by_side(night: Night):
    runs = two_fires(night, "allow", seconds=1000, until="2026-03-01 00:03")

    assert [run.state for run in runs] == ["running"] * 3


def test_a_run_by_hand_is_refused_with_the_active_run(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make()
        first = await night.scheduler.run(task.uuid)
        with pytest.raises(Conflict) as refusal:
            await night.scheduler.run(task.uuid)
        assert refusal.value.details["active_run"] == first.id
        assert refusal.value.status == 409
        await night.sleep(1)
        night.kernels.started[0].succeed()

    night.run(story())


def test_the_same_key_twice_is_one_run(night: Night):
    async def story():
        task = await night.make(policy={"overlap": "allow"})
        first = await night.scheduler.run(task.uuid, key="order-7")
        second = await night.scheduler.run(task.uuid, key="order-7")
        other = await night.scheduler.run(task.uuid, key="order-8")
        assert first.id == second.id != other.id
        at_once = await asyncio.gather(*(night.scheduler.run(task.uuid, key="order-9") for _ in range(5)))
        assert len({run.id for run in at_once}) == 1

    night.run(story())


def test_no_more_than_the_limit_run_at_once_and_the_others_wait_their_turn(night: Night):
    async def story():
        await night.scheduler.stop()
        await night.boot(max_concurrent_runs=2)
        for index in range(5):
            await night.make("* * * * *", name=f"task {index}")
        night.kernels.seconds = 5
        await night.until("2026-03-01 00:01")
        states = [run.state for run in await night.history()]
        assert sorted(states) == ["queued"] * 3 + ["running"] * 2
        await night.sleep(5)
        states = [run.state for run in await night.history()]
        assert sorted(states) == ["queued"] + ["running"] * 2 + ["succeeded"] * 2
        await night.sleep(20)
        assert {run.state for run in await night.history()} == {"succeeded"}

    night.run(story())


def test_tasks_that_share_a_context_run_one_after_another_in_order(night: Night):
    async def story():
        night.kernels.seconds = 2
        for name in ("first", "second", "third"):
            await night.make("* * * * *", name=name, context_id="shared")
        await night.until("2026-03-01 00:01")
        assert [work.launch.task.name for work in night.kernels.started] == ["first"]
        await night.sleep(5)
        assert [work.launch.task.name for work in night.kernels.started] == ["first", "second", "third"]
        runs = await night.history()
        assert "skipped" not in {run.state for run in runs}

    night.run(story())


def test_a_task_with_a_long_catch_up_does_not_starve_the_others(night: Night):
    async def story():
        greedy = await night.make("* * * * *", name="greedy", policy={"catchup": "all", "overlap": "allow"})
        await night.crash()
        await night.until("2026-03-01 01:00:10")
        await night.boot(max_concurrent_runs=1)
        modest = await night.make(name="modest")
        await night.scheduler.run(modest.uuid)
        await night.sleep(5)
        assert (await night.history(modest))[0].state == "succeeded"
        assert "queued" in {run.state for run in await night.history(greedy)}

    night.run(story())
