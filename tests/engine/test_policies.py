"""Timeout, retries, jitter, limits and pauses: one field, one question (RELIABILITY 2)."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.engine.firing import due_at

from .night import Night, at


def test_a_run_beyond_its_timeout_is_stopped_and_timed_out(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make("0 * * * *", policy={"timeout": 10})
        await night.until("2026-03-01 01:00:11")
        (run,) = await night.history(task)
        assert run.state == "timed_out"
        assert "10 s" in run.reason
        assert night.state(task) == "error"

    night.run(story())


@pytest.mark.parametrize(
    ("heeds", "asked", "seconds"),
    [("interrupt", ["interrupt"], 1), ("terminate", ["interrupt", "terminate"], 6), ("kill", None, 11)],
)
def test_cancelling_goes_step_by_step_until_the_run_ends(night: Night, heeds, asked, seconds):
    async def story():
        night.kernels.seconds, night.kernels.heeds = None, heeds
        task = await night.make()
        run = await night.scheduler.run(task.uuid)
        await night.scheduler.cancel(run.id)
        await night.sleep(seconds)
        ended = await night.scheduler.get_run(run.id)
        assert ended.state == "cancelled"
        assert night.kernels.started[0].asked == (asked or ["interrupt", "terminate", "kill"])

    night.run(story())


def test_a_run_that_survives_even_a_kill_is_given_up_and_says_so(night: Night):
    async def story():
        night.kernels.seconds, night.kernels.heeds = None, "nothing"
        task = await night.make()
        run = await night.scheduler.run(task.uuid)
        await night.scheduler.cancel(run.id)
        await night.sleep(16)
        ended = await night.scheduler.get_run(run.id)
        assert ended.state == "cancelled"
        assert "given up" in ended.reason

    night.run(story())


def test_a_failed_run_is_tried_again_with_growing_delays_and_the_same_key(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        retries = {"max": 2, "delay": 100, "factor": 3, "max_delay": 250}
        task = await night.make("0 1 * * *", policy={"retries": retries})
        await night.until("2026-03-01 02:00")
        first, second, third = await night.history(task)
        assert [run.attempt for run in (first, second, third)] == [1, 2, 3]
        assert {run.key for run in (first, second, third)} == {first.key}
        assert second.origin == third.origin == "retry"
        assert 90_000 <= second.started_at - first.finished_at <= 111_000
        assert 225_000 <= third.started_at - second.finished_at <= 276_000
        assert night.state(task) == "error"

    night.run(story())


def test_retries_end_with_the_first_success(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        task = await night.make("0 1 * * *", policy={"retries": {"max": 5, "delay": 10}})
        await night.until("2026-03-01 01:00:05")
        night.kernels.fails = set()
        await night.until("2026-03-01 02:00")
        assert [run.state for run in await night.history(task)] == ["failed", "succeeded"]
        assert night.state(task) == "idle"

    night.run(story())


def test_a_retry_that_waits_survives_a_restart(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        task = await night.make("0 1 * * *", policy={"retries": {"max": 1, "delay": 600}})
        await night.until("2026-03-01 01:00:05")
        await night.crash()
        night.kernels.fails = set()
        await night.sleep(60)
        await night.boot()
        await night.until("2026-03-01 01:20")
        assert [run.state for run in await night.history(task)] == ["failed", "succeeded"]

    night.run(story())


def test_failures_in_a_row_pause_a_task_and_cancelled_runs_do_not_count(night: Night):
    async def story():
        task = await night.make("* * * * *", policy={"pause_after": 3})
        night.kernels.seconds = None
        for minute, end in enumerate(("fail", "cancel", "fail", "succeed", "fail", "fail", "fail"), 1):
            await night.until(f"2026-03-01 00:{minute:02}:01")
            work = night.kernels.started[-1]
            if end == "cancel":
                await night.scheduler.cancel(work.launch.run.id)
            else:
                getattr(work, end)()
        await night.until("2026-03-01 00:15")
        assert len(await night.history(task)) == 7
        assert night.scheduler.task_json(task.uuid)["halted"]

    night.run(story())


def test_jitter_is_the_same_after_a_restart_and_never_early(night: Night):
    async def story():
        task = await night.make("0 * * * *", policy={"jitter": 600})
        due = due_at(task, at("2026-03-01 01:00"))
        assert at("2026-03-01 01:00") <= due < at("2026-03-01 01:10")
        await night.crash()
        await night.until("2026-03-01 01:00")
        await night.boot()
        await night.until("2026-03-01 01:11")
        (run,) = await night.history(task)
        assert run.fire_time == at("2026-03-01 01:00")
        assert due <= run.started_at <= due + 20

    night.run(story())


def test_max_runs_start_at_and_end_at_bound_a_schedule(night: Night):
    async def story():
        counted = await night.make("0 * * * *", name="counted", policy={"max_runs": 2})
        window = {"start_at": "2026-03-01T03:00:00Z", "end_at": "2026-03-01T05:00:00Z"}
        bounded = await night.make("0 * * * *", name="bounded", policy=window)
        await night.until("2026-03-01 09:30")
        assert len(await night.history(counted)) == 2
        hours = [run.fire_time for run in await night.history(bounded)]
        assert hours == [at("2026-03-01 03:00"), at("2026-03-01 04:00"), at("2026-03-01 05:00")]
        assert night.scheduler.task_json(counted.uuid)["next_run"] is None

    night.run(story())


def test_backfill_runs_each_time_gone_by_once(night: Night):
    async def story():
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 00:10")
        made = await night.scheduler.backfill(task.uuid, at("2026-02-28 20:00"), at("2026-02-28 23:00"))
        again = await night.scheduler.backfill(task.uuid, at("2026-02-28 20:00"), at("2026-02-28 23:00"))
        await night.sleep(60)
        assert [run.fire_time for run in made] == [at(f"2026-02-28 {hour}:00") for hour in (21, 22, 23)]
        assert again == []
        assert [run.state for run in await night.history(task)] == ["succeeded"] * 3
        with pytest.raises(Invalid, match="past"):
            await night.scheduler.backfill(task.uuid, at("2026-02-28 20:00"), at("2026-03-02 23:00"))

    night.run(story())


def test_old_runs_go_beyond_number_and_age(night: Night):
    async def story():
        await night.scheduler.stop()
        await night.boot(history_runs=10, history_days=1.0)
        task = await night.make("*/10 * * * *")
        await night.until("2026-03-01 04:05")
        assert len(await night.history(task)) == 10 + 1
        await night.scheduler.disable(task.uuid)
        await night.until("2026-03-03 04:05")
        assert await night.history(task) == []

    night.run(story())


def test_the_last_progress_before_a_pause_is_shown(night: Night):
    async def story():
        night.kernels.seconds, night.kernels.steps = 60, [0.1, 0.2, 0.6]
        task = await night.make()
        await night.scheduler.run(task.uuid)
        await night.sleep(1)
        assert night.scheduler.task_json(task.uuid)["progress"] == 0.6

    night.run(story())
