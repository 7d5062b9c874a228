"""After a crash and at a stop: nothing runs twice, nothing stays RUNNING, nothing is silent (RELIABILITY 3)."""

from __future__ import annotations

from .night import Night


def test_a_run_of_a_dead_scheduler_is_lost_at_once_and_not_started_again(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 01:00")
        await night.crash()
        await night.boot()
        (run,) = await night.history(task)
        assert run.state == "lost"
        assert "died" in run.reason
        assert len(night.kernels.started) == 1
        assert night.state(task) == "error"
        assert [recovered for recovered, _ in night.kernels.recovered] == [run.id]

    night.run(story())


def test_with_on_crash_retry_a_lost_run_is_tried_once_more(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make("0 * * * *", policy={"on_crash": "retry"})
        await night.until("2026-03-01 01:00")
        await night.crash()
        night.kernels.seconds = 1
        await night.boot()
        await night.sleep(60)
        lost, again = await night.history(task)
        assert (lost.state, again.state, again.attempt) == ("lost", "succeeded", 2)
        assert lost.key == again.key

    night.run(story())


def test_a_run_that_waited_when_the_scheduler_died_still_runs(night: Night):
    async def story():
        await night.scheduler.stop()
        await night.boot(max_concurrent_runs=1)
        night.kernels.seconds = None
        for name in ("first", "second"):
            await night.make("0 * * * *", name=name)
        await night.until("2026-03-01 01:00")
        await night.crash()
        night.kernels.seconds = 1
        await night.boot(max_concurrent_runs=1)
        await night.sleep(10)
        assert sorted((run.task_name, run.state.value) for run in await night.history()) == [
            ("first", "lost"),
            ("second", "succeeded"),
        ]

    night.run(story())


def test_a_zombie_cannot_write_over_what_came_after_it(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 01:00")
        zombie, mortal = night.scheduler, night.mortal
        await night.crash()
        await night.boot()
        mortal.dead = False
        zombie.ledger.open()
        finish = list(_finishes(zombie, task.uuid))
        assert zombie.ledger.apply(finish) == [None]
        (run,) = await night.history(task)
        assert run.state == "lost"
        zombie.ledger.close()

    night.run(story())


def _finishes(scheduler, task_id):
    from jupyter_scheduler_ext.engine.ledger import Finish
    from jupyter_scheduler_ext.engine.runs import RunState

    for run in scheduler.board.active(task_id):
        yield Finish(
            run_id=run.id, owner=run.owner, epoch=run.epoch, state=RunState.SUCCEEDED, at=scheduler.clock.now()
        )


def test_a_stop_waits_for_runs_and_interrupts_what_lasts_longer(night: Night):
    async def story():
        await night.scheduler.stop()
        await night.boot(drain_timeout=10.0)
        quick = await night.make(name="quick")
        slow = await night.make(name="slow")
        night.kernels.seconds = 5
        await night.scheduler.run(quick.uuid)
        night.kernels.seconds = 5
        await night.sleep(0.1)
        night.kernels.seconds = None
        await night.scheduler.run(slow.uuid)
        await night.sleep(0.1)
        began = night.clock.monotonic()
        await night.scheduler.stop()
        assert night.clock.monotonic() - began < 20
        await night.boot()
        assert [(run.task_name, run.state.value) for run in await night.history()] == [
            ("quick", "succeeded"),
            ("slow", "interrupted"),
        ]
        assert night.state(slow) == "idle"

    night.run(story())


def test_a_full_disk_claims_nothing_and_catches_up_when_there_is_room(night: Night):
    async def story():
        task = await night.make("*/10 * * * *")
        await night.until("2026-03-01 00:05")
        night.mortal.broken = "no space left on device"
        await night.until("2026-03-01 00:35")
        assert night.kernels.started == []
        banners = {banner["code"] for banner in night.scheduler.status()["banners"]}
        assert "claims" in banners
        night.mortal.broken = None
        await night.sleep(5)
        assert [(run.state, run.fires) for run in await night.history(task)] == [("missed", 2), ("succeeded", 1)]
        assert night.scheduler.status()["banners"] == []

    night.run(story())


def test_an_end_that_cannot_be_recorded_yet_is_recorded_when_it_can(night: Night):
    async def story():
        night.kernels.seconds = 60
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 01:00:30")
        night.mortal.broken = "no space left on device"
        await night.until("2026-03-01 01:05")
        night.mortal.broken = None
        await night.sleep(20)
        (run,) = await night.history(task)
        assert run.state == "succeeded"
        assert night.state(task) == "idle"

    night.run(story())


def test_a_run_whose_end_is_not_recorded_yet_keeps_its_slot(night: Night):
    """Found by the simulator (seed 113): after a full disk more runs were recorded as running than the limit allows."""

    async def story():
        await night.scheduler.stop()
        await night.boot(max_concurrent_runs=1)
        night.kernels.seconds = 60
        await night.make("0 1 * * *", name="first")
        await night.make("5 1 * * *", name="second")
        await night.until("2026-03-01 01:00:30")
        night.mortal.broken = "no space left on device"
        await night.until("2026-03-01 01:04:58")
        night.mortal.broken = None
        await night.until("2026-03-01 01:05:00")
        most = 0
        for _ in range(100):
            await night.sleep(0.2)
            states = [run.state for run in night.scheduler.ledger.active()]
            most = max(most, states.count("running"))
        assert most == 1
        await night.sleep(90)
        assert [run.state for run in await night.history()] == ["succeeded", "succeeded"]

    night.run(story())


def test_two_schedulers_on_one_folder_only_one_ticks_and_the_other_takes_over(night: Night):
    async def story():
        task = await night.make("0 * * * *")
        leader = night.scheduler
        follower = await night.boot(watch_interval=1.0)
        assert leader.leading
        assert not follower.leading
        assert follower.status()["role"] == "follower"
        await night.until("2026-03-01 01:00:10")
        assert len(await night.history(task)) == 1
        await leader.stop()
        await night.sleep(2.5)
        assert follower.leading
        await night.until("2026-03-01 02:00:10")
        assert [run.state for run in await night.history(task)] == ["succeeded", "succeeded"]

    night.run(story())


def test_a_follower_has_the_leader_run_and_cancel(night: Night):
    async def story():
        night.kernels.seconds = None
        leader = await _restart(night, watch_interval=0.5)
        task = await night.make()
        follower = await night.boot(watch_interval=0.5)
        run = await follower.run(task.uuid)
        assert run.task_id == task.uuid
        assert leader.board.active(task.uuid)[0].id == run.id
        await follower.cancel(run.id)
        await night.sleep(3)
        assert (await leader.get_run(run.id)).state == "cancelled"
        await leader.stop()

    night.run(story())


async def _restart(night: Night, **settings):
    await night.scheduler.stop()
    return await night.boot(**settings)
