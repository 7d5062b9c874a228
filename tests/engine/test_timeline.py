"""Counts by bucket, of what ran and of what will run."""

from __future__ import annotations

from .night import Night, at


def test_a_minutely_task_is_planned_in_every_bucket_of_a_day(night: Night):
    async def story():
        await night.make("* * * * *")
        await night.sleep(1)
        half_hour = 30 * 60_000
        shown = await night.scheduler.timeline(at("2026-03-01 00:00"), at("2026-03-02 00:00"), half_hour)
        planned = [bucket["planned"] for bucket in shown["buckets"]]
        assert planned == [29] + [30] * 47

    night.run(story())


def test_what_ran_and_what_will_run_stand_side_by_side(night: Night):
    async def story():
        night.kernels.fails = {"bad"}
        await night.make("0 * * * *", name="good")
        await night.make("0 * * * *", name="bad")
        await night.until("2026-03-01 03:30")
        hour = 3_600_000
        shown = await night.scheduler.timeline(at("2026-03-01 00:00"), at("2026-03-01 06:00"), hour, lanes=True)
        counts = {bucket["at"][11:13]: bucket for bucket in shown["buckets"]}
        assert (counts["02"]["succeeded"], counts["02"]["failed"], counts["02"]["planned"]) == (1, 1, 0)
        assert (counts["05"]["succeeded"], counts["05"]["planned"]) == (0, 2)
        assert {lane["name"]: len(lane["runs"]) for lane in shown["tasks"]} == {"good": 3, "bad": 3}

    night.run(story())
