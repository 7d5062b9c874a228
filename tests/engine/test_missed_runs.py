"""What happens to fires whose time passed while nobody was there: `catchup` and `catchup_window` (RELIABILITY 2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from .night import Night, at


def down(night: Night, task_policy: dict, until: str, rule: str = "0 * * * *"):
    """A task made at midnight; the scheduler dies at 00:30 and is back at `until`; the runs that there are then."""
    found: list = []

    async def story():
        task = await night.make(rule, policy=task_policy)
        await night.until("2026-03-01 00:30")
        await night.crash()
        await night.until(until)
        await night.boot()
        await night.sleep(30)
        found.extend(await night.history(task))

    night.run(story())
    return [(run.state, run.fires) for run in found]


def test_latest_runs_the_newest_and_tells_of_the_others_in_one_record(night: Night):
    assert down(night, {"catchup": "latest"}, "2026-03-01 05:10") == [("missed", 4), ("succeeded", 1)]


def test_none_runs_nothing_that_is_over(night: Night):
    assert down(night, {"catchup": "none"}, "2026-03-01 05:10") == [("missed", 5)]


def test_none_still_runs_what_is_due_at_this_minute(night: Night):
    assert down(night, {"catchup": "none"}, "2026-03-01 05:00:40") == [("missed", 4), ("succeeded", 1)]


def test_all_runs_every_one_in_order_one_after_another(night: Night):
    assert down(night, {"catchup": "all"}, "2026-03-01 05:10") == [("succeeded", 1)] * 5


def test_all_runs_the_newest_hundred_and_counts_the_rest(night: Night):
    night.kernels.seconds = 0.01
    rows = down(night, {"catchup": "all"}, "2026-03-01 05:10:30", rule="* * * * *")

    # Until 00:30 it ran, the 00:30 one was lost; 280 were missed by 05:10.
    assert rows[30:131] == [("missed", 180), *[("succeeded", 1)] * 100]


def test_what_is_older_than_the_window_is_missed(night: Night):
    assert down(night, {"catchup": "latest", "catchup_window": 600}, "2026-03-01 05:30") == [("missed", 5)]


def test_a_missed_record_says_what_and_why(night: Night):
    async def story():
        task = await night.make("0 * * * *", policy={"catchup": "none"})
        await night.crash()
        await night.until("2026-03-01 03:30")
        await night.boot()
        await night.sleep(1)
        (run,) = await night.history(task)
        assert "3 times missed" in run.reason
        assert "01:00" in run.reason
        assert "03:00" in run.reason
        assert night.state(task) == "idle"

    night.run(story())


@pytest.mark.parametrize("days", [1, 400])
def test_a_year_of_absence_of_a_minutely_task_is_taken_up_at_once(night: Night, days: int):
    async def story():
        task = await night.make("* * * * *")
        await night.until("2026-03-01 00:00:30")
        await night.crash()
        await night.sleep(days * 86_400)
        await night.boot()
        await night.sleep(3)
        missed, caught_up = await night.history(task)
        assert missed.fires == days * 1440 - 1
        assert caught_up.state == "succeeded"

    night.run(story())


def test_planned_dates_that_passed_are_caught_up_too(night: Night):
    async def story():
        task = await night.make(["2026-03-01T01:00Z", "2026-03-01T02:00Z", "2026-03-02T02:00Z"])
        await night.crash()
        await night.until("2026-03-01 04:00")
        await night.boot()
        await night.sleep(3)
        plan = night.scheduler.task_json(task.uuid)["plan"]
        assert [time["at"] for time in plan["done"]] == ["2026-03-01T01:00:00Z", "2026-03-01T02:00:00Z"]
        assert [time["at"] for time in plan["todo"]] == ["2026-03-02T02:00:00Z"]
        assert [run.state for run in await night.history(task)] == ["missed", "succeeded"]

    night.run(story())


def test_suspend_is_noticed_within_a_quarter_minute_and_caught_up(night: Night):
    async def story():
        task = await night.make("30 * * * *")
        await night.until("2026-03-01 00:10")
        night.clock.step(3 * 3600)
        await night.sleep(15.1)
        (missed, caught_up) = await night.history(task)
        assert missed.fires == 2
        assert caught_up.fire_time == at("2026-03-01 02:30")

    night.run(story())


def test_times_that_the_calendar_jumped_over_are_recorded(tmp_path: Path):
    """Samoa went over the date line: 30 December 2011 never was in Apia."""
    night = Night(tmp_path, "2011-12-29 12:00")

    async def story():
        schedule = {"minute": "30", "hour": "2,14", "timezone": "Pacific/Apia"}
        task, _ = await night.scheduler.create(
            {"name": "samoa", "type": "scheduled", "schedule": schedule, "action": {"kind": "noop"}}
        )
        await night.until("2011-12-31 02:00")
        runs = await night.history(task)
        assert [run.state for run in runs] == ["succeeded", "succeeded", "missed", "succeeded", "succeeded"][
            -len(runs) :
        ]
        (lost,) = [run for run in runs if run.state == "missed"]
        assert lost.fires == 2
        assert "jumped" in lost.reason

    night.run(story())


def test_a_clock_set_back_fires_nothing_twice(night: Night):
    async def story():
        task = await night.make("*/10 * * * *")
        await night.until("2026-03-01 00:55")
        night.clock.step(-1800)
        await night.until("2026-03-01 01:05")
        fires = [run.fire_time for run in await night.history(task)]
        assert fires == [at(f"2026-03-01 00:{minute:02}") for minute in range(10, 60, 10)] + [at("2026-03-01 01:00")]

    night.run(story())


def test_a_clock_that_ran_a_year_ahead_does_not_stop_the_schedule_for_a_year(night: Night):
    async def story():
        night.clock.step(365 * 86_400)
        task = await night.make("*/10 * * * *")
        await night.sleep(700)
        night.clock.step(-365 * 86_400)
        await night.sleep(1300)
        runs = await night.history(task)
        assert [run.fire_time for run in runs][:2] == [at("2026-03-01 00:20"), at("2026-03-01 00:30")]

    night.run(story())
