"""The transition table of RELIABILITY 3, row by row."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.errors import Conflict, NotFound
from jupyter_scheduler_ext.engine.policy import derive_state
from jupyter_scheduler_ext.engine.runs import BAD, RunState

from .night import Night


@pytest.mark.parametrize(
    ("enabled", "active", "halted", "last", "state"),
    [
        (True, False, False, None, "idle"),
        (True, False, False, RunState.SUCCEEDED, "idle"),
        (True, False, False, RunState.CANCELLED, "idle"),
        (True, False, False, RunState.INTERRUPTED, "idle"),
        *((True, False, False, bad, "error") for bad in sorted(BAD)),
        (True, False, True, RunState.SUCCEEDED, "error"),
        (True, True, True, RunState.FAILED, "running"),
        (False, True, False, None, "running"),
        (False, False, True, RunState.FAILED, "disabled"),
        (False, False, False, None, "disabled"),
    ],
)
def test_the_state_follows_from_four_facts(enabled, active, halted, last, state):
    assert derive_state(enabled, active, halted, last) == state


def test_a_run_takes_a_task_from_idle_over_running_back_to_idle(night: Night):
    async def story():
        task = await night.make("* * * * *")
        assert night.state(task) == "idle"
        await night.until("2026-03-01 00:01")
        assert night.state(task) == "running"
        await night.sleep(2)
        assert night.state(task) == "idle"

    night.run(story())


def test_a_failed_run_leaves_error_and_the_schedule_goes_on(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:01:30")
        assert night.state(task) == "error"
        night.kernels.fails = set()
        await night.until("2026-03-01 00:02:30")
        assert night.state(task) == "idle"
        assert [run.state for run in await night.history(task)] == ["failed", "succeeded"]

    night.run(story())


def test_a_task_disabled_while_it_runs_ends_disabled(night: Night):
    async def story():
        night.kernels.seconds = 20
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:01")
        await night.scheduler.disable(task.uuid)
        assert night.state(task) == "running"
        await night.sleep(30)
        assert night.state(task) == "disabled"
        assert [run.state for run in await night.history(task)] == ["succeeded"]

    night.run(story())


def test_a_disabled_task_runs_by_hand_only_with_force(night: Night):
    async def story():
        task = await night.make("* * * * *", enabled=False)
        with pytest.raises(Conflict, match="disabled"):
            await night.scheduler.run(task.uuid)
        run = await night.scheduler.run(task.uuid, force=True)
        await night.sleep(2)
        assert (await night.scheduler.get_run(run.id)).state == "succeeded"
        assert night.state(task) == "disabled"

    night.run(story())


def test_enabling_does_not_catch_up_what_lies_in_the_pause(night: Night):
    async def story():
        task = await night.make("* * * * *", enabled=False, policy={"catchup": "all"})
        await night.until("2026-03-01 06:00:30")
        await night.scheduler.enable(task.uuid)
        await night.until("2026-03-01 06:01:30")
        assert [run.state for run in await night.history(task)] == ["succeeded"]

    night.run(story())


def test_reset_clears_an_error_and_is_refused_while_a_run_is_active(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        task = await night.make()
        await night.scheduler.run(task.uuid)
        with pytest.raises(Conflict, match="active"):
            await night.scheduler.reset(task.uuid)
        await night.sleep(5)
        assert night.state(task) == "error"
        await night.scheduler.reset(task.uuid)
        assert night.state(task) == "idle"

    night.run(story())


def test_a_halted_task_runs_by_hand_and_goes_on_after_a_reset(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        task = await night.make("* * * * *", policy={"pause_after": 2})
        await night.until("2026-03-01 00:10")
        shown = night.scheduler.task_json(task.uuid)
        assert shown["state"] == "error"
        assert "2" in shown["halted"]
        assert shown["next_run"] is None
        assert len(await night.history(task)) == 2

        night.kernels.fails = set()
        await night.scheduler.run(task.uuid)
        await night.sleep(2)
        await night.scheduler.reset(task.uuid)
        assert night.state(task) == "idle"
        await night.until("2026-03-01 00:12:30")
        assert [run.state for run in await night.history(task)][-2:] == ["succeeded", "succeeded"]

    night.run(story())


def test_enabling_a_halted_task_lifts_the_halt(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        task = await night.make("* * * * *", policy={"pause_after": 1})
        await night.until("2026-03-01 00:05")
        await night.scheduler.enable(task.uuid)
        assert night.state(task) == "idle"

    night.run(story())


@pytest.mark.parametrize("state", ["running", "idle", "error", "nonsense"])
def test_nobody_sets_a_state_through_a_patch(night: Night, state: str):
    async def story():
        task = await night.make("* * * * *", enabled=False)
        with pytest.raises(Conflict) as refusal:
            await night.scheduler.update(task.uuid, {"state": state})
        assert refusal.value.field == "state"

    night.run(story())


def test_deleting_a_running_task_cancels_it_first_and_undo_brings_it_back(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:01")
        await night.scheduler.delete(task.uuid)
        assert night.kernels.started[0].asked == ["interrupt"]
        with pytest.raises(NotFound):
            night.scheduler.task_json(task.uuid)
        await night.until("2026-03-01 00:30")
        night.kernels.seconds = 1
        await night.scheduler.restore(task.uuid)
        await night.until("2026-03-01 00:31:30")
        assert [run.state for run in await night.history(task)] == ["cancelled", "succeeded"]

    night.run(story())


def test_the_counts_of_states_follow_every_change(night: Night):
    async def story():
        def counts() -> dict[str, int]:
            return {state: number for state, number in night.scheduler.status()["counts"].items() if number}

        night.kernels.fails = {"bad"}
        night.kernels.seconds = 10
        bad = await night.make("* * * * *", name="bad")
        good = await night.make("* * * * *", name="good")
        assert counts() == {"tasks": 2, "idle": 2}
        await night.until("2026-03-01 00:01:05")
        assert counts() == {"tasks": 2, "running": 2}
        await night.sleep(20)
        assert counts() == {"tasks": 2, "idle": 1, "error": 1}
        await night.scheduler.disable(good.uuid)
        await night.scheduler.delete(bad.uuid)
        assert counts() == {"tasks": 1, "disabled": 1}
        await night.scheduler.stop()
        await night.boot()
        assert counts() == {"tasks": 1, "disabled": 1}

    night.run(story())
