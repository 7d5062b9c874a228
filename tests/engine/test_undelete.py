"""A deleted task stays so until it is wanted again: by undo, by a new task of its id, after half a deletion."""

from __future__ import annotations

from jupyter_scheduler_ext.engine.ledger import Bury
from jupyter_scheduler_ext.engine.runs import RunState

from .night import Night


def minutes(runs):
    return [run.fire_time // 60_000 % 60 for run in runs]


def test_a_task_made_anew_under_a_deleted_ones_id_runs(night: Night):
    async def story():
        first = await night.make("* * * * *", uuid="report")
        await night.until("2026-03-01 00:01:30")
        await night.scheduler.delete(first.uuid)
        await night.until("2026-03-01 00:03:30")
        again = await night.make("* * * * *", uuid="report")
        await night.until("2026-03-01 00:05:30")
        assert minutes(await night.history(again)) == [1, 4, 5]
        assert night.state(again) == "idle"

    night.run(story())


def test_a_crash_in_the_middle_of_deleting_leaves_a_task_that_runs(night: Night):
    async def story():
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:01:30")
        await night.scheduler.commits.run(Bury(task_id=task.uuid, definition="{}", at=night.clock.now()))
        await night.crash()
        await night.boot()
        await night.until("2026-03-01 00:03:30")
        runs = await night.history(task)
        assert minutes(runs)[-2:] == [2, 3]
        assert {run.state for run in runs} == {RunState.SUCCEEDED}

    night.run(story())


def test_an_undone_deletion_forgets_neither_a_halt_nor_how_often_the_task_ran(night: Night):
    async def story():
        night.kernels.fails = {"bad"}
        bad = await night.make("* * * * *", name="bad", policy={"pause_after": 2})
        few = await night.make("* * * * *", name="few", policy={"max_runs": 3})
        await night.until("2026-03-01 00:02:30")
        before = night.scheduler.task_json(few.uuid)["strip"]
        assert before
        for task in (bad, few):
            await night.scheduler.delete(task.uuid)
            await night.scheduler.restore(task.uuid)
        assert night.state(bad) == "error"
        assert night.scheduler.task_json(few.uuid)["strip"] == before
        await night.until("2026-03-01 00:06:30")
        assert minutes(await night.history(bad)) == [1, 2]
        assert minutes(await night.history(few)) == [1, 2, 3]

    night.run(story())


def test_an_undone_deletion_goes_on_from_now(night: Night):
    async def story():
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:01:30")
        await night.scheduler.delete(task.uuid)
        await night.until("2026-03-01 00:03:30")
        await night.scheduler.restore(task.uuid)
        await night.until("2026-03-01 00:05:30")
        assert minutes(await night.history(task)) == [1, 4, 5]

    night.run(story())
