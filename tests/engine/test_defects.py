"""Defects of the original that must not return (RELIABILITY 6), each under its own name.

What concerns the file store, the cron engine and tokens on the wire is tested beside those.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_scheduler_ext.engine import tokens
from jupyter_scheduler_ext.engine.deferred import DeferredTask
from jupyter_scheduler_ext.engine.errors import Conflict, Invalid, NotFound
from jupyter_scheduler_ext.engine.instants import to_datetime

from .night import Night, at

# Time


def test_no_minutely_fire_is_lost_however_long_a_tick_takes(night: Night):
    """A 60 s window and sleep(60) lost 70 of 4,320 fires with 0.5 s of overhead."""

    async def story():
        await night.scheduler.stop()
        await night.boot(history_runs=1000)
        night.kernels.seconds = 0.1
        task = await night.make("* * * * *")
        commit = night.scheduler.commits.run_all

        async def slow(ops: Any) -> list[Any]:
            await asyncio.sleep(0.5)
            return await commit(ops)

        night.scheduler.commits.run_all = slow  # type: ignore[method-assign]
        await night.until("2026-03-01 12:00:30")
        assert len(await night.history(task)) == 720

    night.run(story())


def test_two_tickers_fire_once(night: Night):
    async def story():
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:00:59")
        night.clock.step(1)
        await asyncio.gather(*(night.scheduler.tick() for _ in range(5)))
        assert len(await night.history(task)) == 1

    night.run(story())


def test_a_fire_while_the_loop_slept_is_not_forgotten(night: Night):
    """There was no cursor: what was not due in the last minute had never been."""

    async def story():
        task = await night.make("5 * * * *")
        await night.until("2026-03-01 00:04")
        night.clock.step(600)
        await night.sleep(16)
        assert [run.fire_time for run in await night.history(task)] == [at("2026-03-01 00:05")]

    night.run(story())


def test_the_next_run_is_told_in_the_zone_of_the_task(night: Night):
    async def story():
        schedule = {"minute": "30", "hour": "9", "day": "*", "month": "*", "weekday": "*", "timezone": "Asia/Tokyo"}
        task, _ = await night.scheduler.create(
            {"name": "tokyo", "type": "scheduled", "schedule": schedule, "action": {"kind": "noop"}}
        )
        assert night.scheduler.task_json(task.uuid)["next_run"] == "2026-03-01T00:30:00.000Z"

    night.run(story())


def test_the_zone_that_the_client_gave_is_kept(night: Night):
    async def story():
        schedule = {"minute": "30", "hour": "9", "timezone": "Asia/Tokyo"}
        task, _ = await night.scheduler.create(
            {"name": "tokyo", "type": "scheduled", "schedule": schedule, "action": {"kind": "noop"}}
        )
        await night.scheduler.update(task.uuid, {"schedule": {"hour": "10"}})
        await night.scheduler.update(task.uuid, {"schedule": "15 11 * * *"})
        shown = night.scheduler.task_json(task.uuid)["schedule"]
        assert (shown["hour"], shown["timezone"]) == ("11", "Asia/Tokyo")

    night.run(story())


def test_a_planned_time_uses_the_offset_of_its_own_day(night: Night):
    """Naive planned times were given today's offset: an hour wrong after the clock change."""

    async def story():
        plan = {"todo": [{"wall": "2026-07-01T09:00", "timezone": "Europe/Berlin"}]}
        task, _ = await night.scheduler.create(
            {"name": "summer", "type": "planned", "plan": plan, "action": {"kind": "noop"}}
        )
        assert night.scheduler.task_json(task.uuid)["next_run"] == "2026-07-01T07:00:00.000Z"

    night.run(story())


def test_a_request_in_another_zone_changes_nobody_elses(night: Night):
    async def story():
        task = await night.make("0 9 * * *")
        before = night.scheduler.task_json(task.uuid)["next_run"]
        night.scheduler.preview({"schedule": "0 9 * * *", "timezone": "Asia/Tokyo"})
        other = {"minute": "0", "hour": "9", "timezone": "America/New_York"}
        await night.scheduler.create(
            {"name": "elsewhere", "type": "scheduled", "schedule": other, "action": {"kind": "noop"}}
        )
        assert night.scheduler.task_json(task.uuid)["next_run"] == before

    night.run(story())


def test_a_plan_given_out_of_order_hides_no_date(night: Night):
    async def story():
        task = await night.make(["2026-03-03T00:00Z", "2026-03-01T01:00Z", "2026-03-02T00:00Z"])
        await night.until("2026-03-03 00:01")
        fires = [run.fire_time for run in await night.history(task)]
        assert fires == [at("2026-03-01 01:00"), at("2026-03-02 00:00"), at("2026-03-03 00:00")]

    night.run(story())


# State


def test_an_error_does_not_stop_a_cron_task_for_ever(night: Night):
    async def story():
        night.kernels.fails = {"a task"}
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 05:01")
        assert len(await night.history(task)) == 5

    night.run(story())


def test_running_is_recovered_after_a_crash(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 01:00")
        await night.crash()
        night.kernels.seconds = 1
        await night.boot()
        await night.until("2026-03-01 02:01")
        assert [run.state for run in await night.history(task)] == ["lost", "succeeded"]

    night.run(story())


def test_a_disable_during_a_run_is_not_lost_when_the_run_ends(night: Night):
    async def story():
        night.kernels.seconds = 30
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:01:05")
        await night.scheduler.disable(task.uuid)
        await night.until("2026-03-01 00:05")
        assert night.state(task) == "disabled"
        assert len(await night.history(task)) == 1

    night.run(story())


def test_running_a_disabled_task_by_hand_does_not_enable_it(night: Night):
    async def story():
        task = await night.make("* * * * *", enabled=False)
        await night.scheduler.run(task.uuid, force=True)
        await night.until("2026-03-01 00:10")
        assert len(await night.history(task)) == 1
        assert night.scheduler.task_json(task.uuid)["enabled"] is False

    night.run(story())


def test_no_patch_lets_a_second_run_in(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make()
        await night.scheduler.run(task.uuid)
        with pytest.raises(Conflict):
            await night.scheduler.update(task.uuid, {"state": "idle"})
        with pytest.raises(Conflict):
            await night.scheduler.run(task.uuid)

    night.run(story())


def test_cancelling_one_run_leaves_the_others_alone(night: Night):
    async def story():
        night.kernels.seconds = None
        tasks = [await night.make(name=name) for name in ("one", "two", "three")]
        runs = [await night.scheduler.run(task.uuid) for task in tasks]
        await night.scheduler.cancel(runs[1].id)
        await night.sleep(20)
        states = [(await night.scheduler.get_run(run.id)).state for run in runs]
        assert states == ["running", "cancelled", "running"]
        assert [work.asked for work in night.kernels.started] == [[], ["interrupt"], []]

    night.run(story())


def test_a_second_start_cannot_lose_the_first_handle(night: Night):
    async def story():
        async def work(stop: Any) -> int:
            await asyncio.sleep(1)
            return 7

        deferred = DeferredTask(work).start()
        with pytest.raises(RuntimeError):
            deferred.start()
        assert await deferred.wait() == 7

    night.run(story())


def test_a_date_given_twice_runs_once_and_not_for_ever(night: Night):
    async def story():
        task = await night.make(["2026-03-01T01:00Z", "2026-03-01T01:00Z", "2026-03-01T02:00+01:00"])
        await night.until("2026-03-01 03:00")
        assert len(await night.history(task)) == 1

    night.run(story())


def test_a_finish_does_not_overwrite_an_edit_of_the_plan(night: Night):
    async def story():
        night.kernels.seconds = 60
        task = await night.make(["2026-03-01T01:00Z"])
        await night.until("2026-03-01 01:00:10")
        plan = night.scheduler.task_json(task.uuid)["plan"]
        assert plan["in_progress"]["at"] == "2026-03-01T01:00:00Z"
        plan["todo"].append({"wall": "2026-03-01T05:00:00", "timezone": "UTC"})
        await night.scheduler.update(task.uuid, {"plan": plan})
        await night.until("2026-03-01 01:02")
        plan = night.scheduler.task_json(task.uuid)["plan"]
        assert [time["at"] for time in plan["todo"]] == ["2026-03-01T05:00:00Z"]
        assert [time["at"] for time in plan["done"]] == ["2026-03-01T01:00:00Z"]

    night.run(story())


@pytest.mark.parametrize("failure", [RuntimeError("no kernel"), OSError("no file"), KeyError("x")])
def test_an_exception_before_anything_runs_does_not_leave_running(night: Night, failure: Exception):
    async def story():
        night.kernels.refuses = failure
        task = await night.make("0 * * * *")
        await night.until("2026-03-01 01:01")
        (run,) = await night.history(task)
        assert run.state == "failed"
        assert run.error is not None
        assert run.error.name == type(failure).__name__

    night.run(story())


def test_a_cancelled_run_leaves_a_record(night: Night):
    async def story():
        night.kernels.seconds = None
        task = await night.make()
        run = await night.scheduler.run(task.uuid)
        await night.scheduler.cancel(run.id)
        await night.sleep(2)
        (kept,) = await night.history(task)
        assert (kept.state, "by hand" in kept.reason) == ("cancelled", True)
        assert kept.finished_at is not None

    night.run(story())


def test_a_cancelled_run_that_still_waited_leaves_a_record_too(night: Night):
    async def story():
        night.kernels.seconds = None
        await night.scheduler.stop()
        await night.boot(max_concurrent_runs=1)
        first, second = [await night.make(name=name) for name in ("one", "two")]
        await night.scheduler.run(first.uuid)
        waiting = await night.scheduler.run(second.uuid)
        await night.scheduler.cancel(waiting.id)
        assert (await night.history(second))[0].state == "cancelled"
        assert len(night.kernels.started) <= 1

    night.run(story())


def test_one_task_that_raises_does_not_abort_the_tick(night: Night, monkeypatch: pytest.MonkeyPatch):
    async def story():
        bad = await night.make("* * * * *", name="bad")
        good = await night.make("* * * * *", name="good")
        from jupyter_scheduler_ext.engine import ticker

        whole = ticker.decide

        def decide(task: Any, *rest: Any) -> Any:
            if task.uuid == bad.uuid:
                raise RuntimeError("bad data")
            return whole(task, *rest)

        monkeypatch.setattr(ticker, "decide", decide)
        await night.until("2026-03-01 00:03:30")
        assert len(await night.history(good)) == 3

    night.run(story())


def test_a_task_whose_zone_has_vanished_is_in_error_alone(night: Night, monkeypatch: pytest.MonkeyPatch):
    async def story():
        from jupyter_scheduler_ext.engine.abc import Put

        good = await night.make("* * * * *", name="good")
        bad = await night.make("* * * * *", name="bad")
        broken = bad.model_copy(update={"schedule": bad.schedule.model_copy(update={"timezone": "Mars/Olympus"})})
        await night.scheduler.tasks.commit([Put(broken)])
        await night.until("2026-03-01 00:03:30")
        shown = night.scheduler.task_json(bad.uuid)
        assert shown["state"] == "error"
        assert "timezone" in shown["halted"]
        assert len(await night.history(good)) == 3
        uuids, total, _, _ = await night.scheduler.list_tasks()
        assert total == len(uuids) == 2

    night.run(story())


def test_starting_is_reported_as_it_went(night: Night):
    """It said "started successfully" whatever had happened."""

    async def story():
        with pytest.raises(NotFound):
            await night.scheduler.run("no-such-task")
        task = await night.make()
        run = await night.scheduler.run(task.uuid)
        assert run.state == "running"

    night.run(story())


# Storage


def test_a_field_can_be_cleared(night: Night):
    async def story():
        task = await night.make("0 * * * *", policy={"max_runs": 3, "timeout": 5}, description="x")
        await night.scheduler.update(task.uuid, {"policy": {"max_runs": None}, "description": ""})
        shown = night.scheduler.task_json(task.uuid)
        assert shown["policy"]["max_runs"] is None
        assert shown["policy"]["timeout"] == 5
        assert shown["description"] == ""

    night.run(story())


def test_a_typo_in_a_plan_is_refused_and_the_plan_kept(night: Night):
    async def story():
        task = await night.make(["2026-03-01T01:00Z"])
        for typo in ({"todo": ["2026-13-45"]}, {"todoo": []}, {"todo": "2026-03-01"}, []):
            with pytest.raises(Invalid) as refusal:
                await night.scheduler.update(task.uuid, {"plan": typo})
            assert refusal.value.field
            assert refusal.value.field.startswith("plan")
        assert len(night.scheduler.task_json(task.uuid)["plan"]["todo"]) == 1

    night.run(story())


def test_a_date_whose_wall_time_was_edited_beside_its_old_instant_moves(night: Night):
    """The instant of the reply, sent back beside a new wall time, was believed: the date stayed where it was."""

    async def story():
        task = await night.make(["2026-03-01T01:00Z", "2026-03-01T02:00Z"])
        todo = night.scheduler.task_json(task.uuid)["plan"]["todo"]
        todo[0]["wall"] = "2026-03-01T05:00:00"
        await night.scheduler.update(task.uuid, {"plan": {"todo": todo}})
        shown = night.scheduler.task_json(task.uuid)
        assert [time["at"] for time in shown["plan"]["todo"]] == ["2026-03-01T02:00:00Z", "2026-03-01T05:00:00Z"]
        assert shown["next_run"] == "2026-03-01T02:00:00.000Z"

    night.run(story())


def test_a_run_never_rewrites_the_definitions(night: Night):
    """The whole file was rewritten several times a run."""

    async def story():
        await night.make("* * * * *")
        revision = night.scheduler.tasks.snapshot.revision
        await night.until("2026-03-01 01:00:30")
        assert night.scheduler.tasks.snapshot.revision == revision

    night.run(story())


def test_ids_cannot_be_guessed_or_collide(night: Night):
    async def story():
        ids = {(await night.make(name=f"task {index}")).uuid for index in range(50)}
        assert len(ids) == 50
        assert all(len(uuid) == 36 for uuid in ids)

    night.run(story())


# Security


def test_a_token_is_random_shown_once_and_kept_as_a_hash(night: Night):
    async def story():
        task, secret = await night.scheduler.create({"name": "hook", "type": "adhoc", "action": {"kind": "noop"}})
        assert secret is not None
        assert len(secret) >= 43
        stored = night.scheduler.tasks[task.uuid].model_dump_json()
        assert secret not in stored
        assert secret not in str(night.scheduler.task_json(task.uuid))
        assert secret not in str(await night.scheduler.export())
        assert night.scheduler.task_json(task.uuid)["token"]["last4"] == secret[-4:]
        assert "sha256" not in str(night.scheduler.task_json(task.uuid))

    night.run(story())


def test_a_token_is_checked_and_every_failure_looks_the_same(night: Night):
    async def story():
        task, secret = await night.scheduler.create({"name": "hook", "type": "adhoc", "action": {"kind": "noop"}})
        other, _ = await night.scheduler.create({"name": "other", "type": "adhoc", "action": {"kind": "noop"}})
        cron = await night.make("0 * * * *")
        messages = set()
        for uuid, token in ((task.uuid, secret + "x"), (other.uuid, secret), (cron.uuid, secret), ("nobody", secret)):
            with pytest.raises(NotFound) as refusal:
                await night.scheduler.trigger(uuid, token)
            messages.add((refusal.value.message, refusal.value.field))
        assert len(messages) == 1
        run = await night.scheduler.trigger(task.uuid, secret)
        assert run.origin == "token"
        assert night.scheduler.task_json(task.uuid)["token"]["last_used"] is not None
        fresh = await night.scheduler.rotate_token(task.uuid)
        with pytest.raises(NotFound):
            await night.scheduler.trigger(task.uuid, secret)
        await night.sleep(5)
        await night.scheduler.trigger(task.uuid, fresh)
        await night.scheduler.revoke_token(task.uuid)
        with pytest.raises(NotFound):
            await night.scheduler.trigger(task.uuid, fresh)

    night.run(story())


def test_an_expired_token_opens_nothing(night: Night):
    async def story():
        task, _ = await night.scheduler.create({"name": "hook", "type": "adhoc", "action": {"kind": "noop"}})
        secret = await night.scheduler.editor.rotate_token(task.uuid, to_datetime(night.clock.now() + 60_000))
        assert tokens.matches(night.scheduler.tasks[task.uuid], secret, to_datetime(night.clock.now()))
        await night.sleep(61)
        with pytest.raises(NotFound):
            await night.scheduler.trigger(task.uuid, secret)

    night.run(story())


def test_a_token_may_set_declared_parameters_and_nothing_else(night: Night):
    async def story():
        action = {"kind": "noop", "parameters": {"region": "eu"}}
        task, secret = await night.scheduler.create({"name": "hook", "type": "adhoc", "action": action})
        assert secret is not None
        with pytest.raises(Invalid) as refusal:
            await night.scheduler.trigger(task.uuid, secret, {"path": "/etc"})
        assert refusal.value.field == "parameters.path"
        await night.scheduler.trigger(task.uuid, secret, {"region": "us"})
        await night.sleep(0.1)
        assert night.kernels.started[0].launch.parameters == {"region": "us"}

    night.run(story())
