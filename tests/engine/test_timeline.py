"""Counts by bucket, of what ran and of what will run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from jupyter_scheduler_ext.engine import outlook
from jupyter_scheduler_ext.engine.instants import Instant
from jupyter_scheduler_ext.engine.listing import TaskQuery

from .night import NOOP, Night, at


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


def counted_anew(night: Night, start: Instant, end: Instant, width: int) -> dict[Instant, int]:
    """What is planned, task by task and fire by fire."""
    board = night.scheduler.board
    found: Counter[Instant] = Counter()
    for task in night.scheduler.tasks.values():
        for due in outlook.fires(board, task, max(start, board.clock.now()), end):
            found[start + (due - start) // width * width] += 1
    return dict(found)


RULES = ["*/10 * * * *", "0 * * * *", "7 3 * * *", "30 */2 * * *"]
POLICIES: list[dict[str, Any]] = [
    {},
    {"jitter": 1200},
    {"max_runs": 5},
    {"start_at": "2026-03-01T09:00:00Z"},
    {"end_at": "2026-03-01T10:00:00Z"},
]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_planned_is_right_after_whatever_happened(night: Night, seed: int):
    chance = Random(seed)

    async def story():
        scheduler = night.scheduler
        for number in range(24):
            policy = POLICIES[number % len(POLICIES)]
            await night.make(RULES[number % len(RULES)], name=f"task {number}", policy=policy)
        await night.make(["2026-03-01T05:05:00Z", "2026-03-01T07:05:00Z"], policy={"jitter": 600})
        windows = [(at("2026-03-01 00:00"), at("2026-03-01 12:00"), 1_800_000)]
        windows += [(at("2026-03-01 06:10"), at("2026-03-02 06:10"), 7_200_000)]
        windows += [(at("2026-03-02 00:00"), at("2026-03-04 00:00"), 86_400_000)]

        def any_one() -> str:
            return chance.choice(list(scheduler.tasks))

        happenings: list[Callable[[], Any]] = [
            lambda: scheduler.update(any_one(), {"policy": chance.choice(POLICIES)}),
            lambda: scheduler.disable(any_one()),
            lambda: scheduler.enable(any_one()),
            lambda: scheduler.delete(any_one()) if len(scheduler.tasks) > 12 else None,
            lambda: scheduler.create({"type": "scheduled", "schedule": RULES[0], "name": "new", "action": NOOP}),
            lambda: scheduler.board.set_aside(any_one(), "for the test"),
            lambda: scheduler.board.postpone(any_one(), 4 * 3_600_000),
            lambda: night.sleep(chance.choice([1, 400, 1800])),
        ]
        for _ in range(40):
            for _ in range(chance.choice([1, 3, 9])):
                done = chance.choice(happenings)()
                if done is not None:
                    await done
            for window in chance.sample(windows, 2):
                assert await scheduler.outlook.counts(*window) == counted_anew(night, *window), window

    night.run(story())


def test_a_timeline_costs_the_tasks_that_changed(night: Night, monkeypatch: pytest.MonkeyPatch):
    looked: list[str] = []
    whole = outlook.fires
    monkeypatch.setattr(outlook, "fires", lambda *given: looked.append(given[1].name) or whole(*given))

    async def story():
        window = at("2026-03-01 00:00"), at("2026-03-02 00:00"), 1_800_000
        made = [await night.make(f"{number} 12 * * *", name=f"task {number}") for number in range(50)]
        await night.make("0 3 * * *", name="nightly")

        async def cost() -> list[str]:
            looked.clear()
            await night.scheduler.timeline(*window)
            return sorted(looked)

        assert len(await cost()) == 51
        assert await cost() == []
        await night.scheduler.update(made[7].uuid, {"description": "changed"})
        assert await cost() == ["task 7"]
        await night.until("2026-03-01 02:59:59")
        assert await cost() == []
        await night.until("2026-03-01 03:01")
        assert await cost() == []  # the nightly task is due tomorrow: there is nothing to work out
        shown = await night.scheduler.timeline(*window)
        assert sum(bucket["planned"] for bucket in shown["buckets"]) == 50
        assert sum(bucket["succeeded"] for bucket in shown["buckets"]) == 1

    night.run(story())


def test_what_nobody_claimed_in_time_is_not_planned_any_more(night: Night):
    async def story():
        window = at("2026-03-01 00:00"), at("2026-03-02 00:00"), 3_600_000
        await night.make("0 3,5 * * *")
        assert sum((await night.scheduler.outlook.counts(*window)).values()) == 2
        await night.scheduler.leadership.stop_ticking()
        await night.until("2026-03-01 03:30")
        assert await night.scheduler.outlook.counts(*window) == {at("2026-03-01 05:00"): 1}

    night.run(story())


def test_lanes_are_those_of_the_first_tasks_by_name(night: Night, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jupyter_scheduler_ext.engine.timeline.LANES", 4)

    async def story():
        for name in ("e", "B", "d", "a", "C"):
            await night.make("0 12 * * *", name=name)
        await night.make("0 1 * * *", name="aa")  # has run, and is due tomorrow
        await night.make(name="on demand")
        await night.until("2026-03-01 02:00")
        window = at("2026-03-01 00:00"), at("2026-03-02 00:00"), 1_800_000
        shown = await night.scheduler.timeline(*window, lanes=True)
        assert [(lane["name"], len(lane["runs"]), len(lane["planned"])) for lane in shown["tasks"]] == [
            ("a", 0, 1),
            ("aa", 1, 0),
            ("B", 0, 1),
            ("C", 0, 1),
        ]
        assert (await night.scheduler.lists.find(TaskQuery(sort="name", limit=1))).total == 7

    night.run(story())
