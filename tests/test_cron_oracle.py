"""T1: the engine against cronie's loop acted out minute by minute, in every zone that changes its clocks."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import cron_oracle
import pytest

from jupyter_scheduler_ext.engine.cron import count_between, fires_between, latest_before, next_fire_epoch

CASES_A_CHUNK = 250
BERLIN_SPRING_2026 = 1774746000
BERLIN_AUTUMN_2026 = 1792890000


def compare_chunk(chunk: int) -> dict[str, int]:
    """Run one chunk of cases; returns how often each kind of situation really came up."""
    changes = cron_oracle.changes_2005_2035()
    zones = sorted(changes)
    seen = {"fires": 0, "gap": 0, "overlap": 0, "fixed": 0, "empty": 0}
    for case in range(chunk * CASES_A_CHUNK, (chunk + 1) * CASES_A_CHUNK):
        rng = random.Random(case)
        name = zones[case % len(zones)]
        change = rng.choice(changes[name])
        start = change.at - rng.randint(-14 * 3600, 40 * 3600)
        end = max(start, change.at) + 30 * 3600
        near = datetime.fromtimestamp(change.at + change.before, UTC)
        expression = cron_oracle.random_expression(rng, near)
        expected = cron_oracle.fires(expression, name, start, end)
        told = f"case {case}: {expression!r} in {name} from {datetime.fromtimestamp(start, UTC)}"
        found = fires_between(expression, name, instant(start), instant(end))
        assert [int(fire.timestamp()) for fire in found] == expected, told
        assert count_between(expression, name, instant(start), instant(end)) == len(expected), told
        assert step_through(expression, name, start, end) == expected, told
        if expected:
            assert latest_before(expression, name, instant(end)) == instant(expected[-1]), told
        seen["fires"] += len(expected)
        seen["empty"] += not expected
        seen["gap" if change.after > change.before else "overlap"] += 1
        seen["fixed"] += cron_oracle.Rule(expression).is_fixed
    return seen


def step_through(expression: str, zone: str, start: int, end: int) -> list[int]:
    found = []
    fire = next_fire_epoch(expression, zone, start)
    while fire is not None and fire <= end:
        assert fire > (found[-1] if found else start), "the next fire must be later than the one before"
        found.append(fire)
        fire = next_fire_epoch(expression, zone, fire)
    return found


def instant(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize("chunk", range(8))
def test_agrees_with_the_minute_by_minute_oracle_in_2000_cases_near_clock_changes(chunk: int) -> None:
    seen = compare_chunk(chunk)
    assert seen["fires"] > 20 * CASES_A_CHUNK
    assert seen["empty"] < CASES_A_CHUNK / 2
    assert min(seen["gap"], seen["overlap"], seen["fixed"]) > CASES_A_CHUNK / 10


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(8, 88))
def test_agrees_with_the_oracle_in_20000_more_cases(chunk: int) -> None:
    compare_chunk(chunk)


def test_the_cases_cover_every_zone_with_a_change_from_2005_to_2035() -> None:
    zones = cron_oracle.changes_2005_2035()
    assert 300 < len(zones) <= 8 * CASES_A_CHUNK
    assert {"Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Antarctica/Casey", "America/Havana"} <= set(
        zones
    )


@pytest.mark.parametrize(
    ("expression", "change", "expected"),
    [
        ("30 2 * * *", BERLIN_SPRING_2026, ["01:00"]),
        ("0,30 2,3 * * *", BERLIN_SPRING_2026, ["01:00", "01:30"]),
        ("*/30 2,3 * * *", BERLIN_SPRING_2026, ["01:00", "01:30"]),
        ("*/30 2 * * *", BERLIN_SPRING_2026, []),
        ("30 2 * * *", BERLIN_AUTUMN_2026, ["00:30"]),
        ("*/30 2 * * *", BERLIN_AUTUMN_2026, ["00:00", "00:30", "01:00", "01:30"]),
    ],
)
def test_the_oracle_itself_acts_as_the_rules_say(expression: str, change: int, expected: list[str]) -> None:
    found = cron_oracle.fires(expression, "Europe/Berlin", change - 6 * 3600, change + 6 * 3600)
    assert [f"{instant(fire):%H:%M}" for fire in found] == expected
