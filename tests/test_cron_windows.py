"""Fires of a window: listed, counted, the latest before an instant, and those that a long gap swallowed."""

from __future__ import annotations

import doctest
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import cron_oracle
import pytest

from jupyter_scheduler_ext.engine import cron
from jupyter_scheduler_ext.engine.cron import (
    CronError,
    SkippedFire,
    count_between,
    count_by_day,
    fires_between,
    latest_before,
    next_fire_epoch,
    next_fires,
    skipped_in_gaps,
)

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_next_fires_are_strictly_after_the_instant() -> None:
    assert next_fires("0 12 * * *", "UTC", NOON, 1) == [NOON + 24 * HOUR]
    assert next_fires("0 12 * * *", "UTC", NOON - timedelta(microseconds=1), 1) == [NOON]
    assert next_fires("* * * * *", "UTC", NOON + timedelta(microseconds=1), 1) == [NOON + timedelta(minutes=1)]


def test_next_fires_are_in_utc_whatever_zone_the_instant_is_given_in() -> None:
    (fire,) = next_fires("30 2 * * *", "Asia/Kolkata", NOON.astimezone(timezone(-5 * HOUR)), 1)
    assert fire == datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
    assert fire.tzinfo is UTC


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2026, 3, 12)
    for call in (
        lambda: next_fires("* * * * *", "UTC", naive, 1),
        lambda: fires_between("* * * * *", "UTC", naive, NOON),
        lambda: count_between("* * * * *", "UTC", NOON, naive),
        lambda: latest_before("* * * * *", "UTC", naive),
    ):
        with pytest.raises(ValueError, match="aware"):
            call()


def test_no_fires_asked_are_no_fires_given() -> None:
    assert next_fires("* * * * *", "UTC", NOON, 0) == []
    assert next_fires("* * * * *", "UTC", NOON, -1) == []


def test_the_fast_way_speaks_in_seconds() -> None:
    assert next_fire_epoch("0 12 * * *", "UTC", NOON.timestamp()) == int((NOON + 24 * HOUR).timestamp())
    assert next_fire_epoch("0 12 * * *", "UTC", NOON.timestamp() - 0.25) == int(NOON.timestamp())
    assert next_fire_epoch("0 0 1 1 *", "UTC", -86400.5) == 0


def test_fires_before_the_epoch_are_found_too() -> None:
    assert next_fires("0 0 * * *", "Europe/Berlin", datetime(1969, 7, 20, tzinfo=UTC), 1) == [
        datetime(1969, 7, 20, 23, tzinfo=UTC)
    ]


def test_the_window_is_open_at_its_start_and_closed_at_its_end() -> None:
    assert fires_between("0 * * * *", "UTC", NOON, NOON + 2 * HOUR) == [NOON + HOUR, NOON + 2 * HOUR]
    assert count_between("0 * * * *", "UTC", NOON, NOON + 2 * HOUR) == 2


def test_an_empty_or_backward_window_has_no_fires() -> None:
    for end in (NOON, NOON - HOUR):
        assert fires_between("* * * * *", "UTC", NOON, end) == []
        assert count_between("* * * * *", "UTC", NOON, end) == 0


def test_a_limit_keeps_the_first_fires() -> None:
    assert fires_between("0 * * * *", "UTC", NOON, NOON + 99 * HOUR, 2) == [NOON + HOUR, NOON + 2 * HOUR]
    assert fires_between("0 * * * *", "UTC", NOON, NOON + 99 * HOUR, limit=0) == []


def test_fifty_years_of_minutes_are_counted_without_being_listed() -> None:
    start, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
    assert count_between("* * * * *", "Europe/Berlin", start, end) == (end - start) // timedelta(minutes=1)


def test_fires_are_counted_by_local_date() -> None:
    start = datetime(2026, 3, 27, 22, tzinfo=UTC)
    assert count_by_day("0 */6 * * *", "Europe/Berlin", start, start + timedelta(days=2)) == {
        date(2026, 3, 28): 4,
        date(2026, 3, 29): 4,
        date(2026, 3, 30): 1,
    }


def test_a_fire_moved_over_midnight_counts_where_it_lands() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert count_by_day("30 23 28 * *", "America/Nuuk", start, start + timedelta(days=1)) == {date(2026, 3, 29): 1}


def test_a_dense_schedule_is_counted_by_date_to_the_end() -> None:
    start = datetime(2026, 3, 11, 23, 59, 59, tzinfo=UTC)
    counts = count_by_day("* * * * *", "UTC", start, start + timedelta(days=42))
    assert counts == {date(2026, 3, 12) + timedelta(days=n): 1440 for n in range(42)}


def test_a_year_has_a_fire_a_day_at_a_fixed_time_in_gap_and_overlap() -> None:
    start = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert count_between("30 2 * * *", "Europe/Berlin", start, start + timedelta(days=365)) == 365


def test_the_latest_fire_may_be_the_instant_itself() -> None:
    assert latest_before("0 12 * * *", "UTC", NOON) == NOON
    assert latest_before("0 12 * * *", "UTC", NOON - timedelta(microseconds=1)) == NOON - 24 * HOUR


def test_the_latest_fire_is_found_across_leap_years() -> None:
    assert latest_before("0 0 29 2 *", "UTC", datetime(2104, 2, 28, tzinfo=UTC)) == datetime(2096, 2, 29, tzinfo=UTC)


def test_the_latest_fire_in_an_overlap_is_the_first_pass_of_a_fixed_time() -> None:
    second_pass = datetime(2026, 10, 25, 1, 45, tzinfo=UTC)
    assert latest_before("30 2 * * *", "Europe/Berlin", second_pass) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert latest_before("*/30 2 * * *", "Europe/Berlin", second_pass) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_there_is_no_latest_fire_at_the_beginning_of_time() -> None:
    assert latest_before("0 0 1 1 *", "UTC", datetime(1, 6, 1, tzinfo=UTC)) is None


def test_windows_agree_with_each_other_over_months() -> None:
    rng = random.Random(3)
    zones = sorted(cron_oracle.changes_2005_2035())
    for _ in range(100):
        zone = rng.choice(zones)
        start = datetime(2005, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(30 * 365 * 1440))
        end = start + timedelta(days=rng.randrange(1, 100))
        expression = cron_oracle.random_expression(
            rng, (start + timedelta(days=rng.randrange(40))).replace(tzinfo=None)
        )
        fires = fires_between(expression, zone, start, end)
        told = f"{expression!r} in {zone} from {start} to {end}"
        assert fires == sorted(set(fires)), told
        assert count_between(expression, zone, start, end) == len(fires), told
        by_date = Counter(fire.astimezone(ZoneInfo(zone)).date() for fire in fires)
        assert count_by_day(expression, zone, start, end) == by_date, told
        middle = rng.choice(fires) if fires else end
        assert count_between(expression, zone, start, middle) + count_between(expression, zone, middle, end) == len(
            fires
        )
        if fires:
            assert latest_before(expression, zone, middle) == middle, told
            assert next_fires(expression, zone, middle - timedelta(seconds=1), 1) == [middle], told


class TestSkippedInGaps:
    APIA = datetime(2011, 12, 30, 10, 0, tzinfo=UTC)

    def skipped(self, expression: str, zone: str = "Pacific/Apia", change: datetime = APIA) -> list[SkippedFire]:
        return skipped_in_gaps(expression, zone, change - 48 * HOUR, change + 48 * HOUR)

    def test_the_day_that_apia_skipped_is_told(self) -> None:
        assert self.skipped("0 9,17 * * *") == [
            SkippedFire(datetime(2011, 12, 30, 9), self.APIA),
            SkippedFire(datetime(2011, 12, 30, 17), self.APIA),
        ]

    def test_three_hours_in_casey_are_told(self) -> None:
        change = datetime(2009, 10, 17, 18, 0, tzinfo=UTC)
        assert self.skipped("30 3 * * *", "Antarctica/Casey", change) == [
            SkippedFire(datetime(2009, 10, 18, 3, 30), change)
        ]

    def test_what_is_made_up_for_is_not_skipped(self) -> None:
        assert self.skipped("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)) == []

    def test_what_follows_real_time_misses_nothing(self) -> None:
        assert self.skipped("*/30 9 * * *") == []

    def test_a_date_that_does_not_match_is_not_told(self) -> None:
        assert self.skipped("0 9 29,31 * *") == []

    def test_a_gap_belongs_to_the_window_that_contains_its_instant(self) -> None:
        assert len(skipped_in_gaps("0 9 * * *", "Pacific/Apia", self.APIA - HOUR, self.APIA)) == 1
        assert skipped_in_gaps("0 9 * * *", "Pacific/Apia", self.APIA, self.APIA + HOUR) == []
        assert skipped_in_gaps("0 9 * * *", "Pacific/Apia", self.APIA, self.APIA - HOUR) == []


@pytest.mark.parametrize(
    ("expression", "zone", "field"), [("x * * * *", "UTC", "minute"), ("* * * * *", "Mars", "timezone")]
)
def test_every_question_refuses_bad_rules_and_zones(expression: str, zone: str, field: str) -> None:
    for call in (
        lambda: next_fires(expression, zone, NOON, 1),
        lambda: next_fire_epoch(expression, zone, 0),
        lambda: fires_between(expression, zone, NOON, NOON + HOUR),
        lambda: count_between(expression, zone, NOON, NOON + HOUR),
        lambda: latest_before(expression, zone, NOON),
        lambda: skipped_in_gaps(expression, zone, NOON, NOON + HOUR),
    ):
        with pytest.raises(CronError) as refusal:
            call()
        assert refusal.value.field == field


def test_the_example_in_the_documentation_of_the_module_is_true() -> None:
    assert doctest.testmod(cron) == (0, 2)
