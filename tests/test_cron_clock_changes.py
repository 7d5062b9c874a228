"""Clock changes by name: what a person in that place would see on that day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from jupyter_scheduler_ext.engine.cron import fires_between, next_fires, parse


def local_fires(expression: str, zone: str, first_day: str, days: int = 1) -> list[str]:
    """What fires on some local dates, in the order of time, as local time with its offset: `29 03:00+0200`."""
    first = date.fromisoformat(first_day)
    start = datetime.combine(first, time(), UTC) - timedelta(days=2)
    found = fires_between(expression, zone, start, start + timedelta(days=days + 4))
    local = [fire.astimezone(ZoneInfo(zone)) for fire in found]
    return [f"{fire:%d %H:%M%z}" for fire in local if first <= fire.date() < first + timedelta(days=days)]


class TestSpringInBerlin:
    """29 March 2026: 02:00 becomes 03:00."""

    def test_a_fixed_time_in_the_gap_fires_once_at_the_change(self) -> None:
        assert local_fires("30 2 * * *", "Europe/Berlin", "2026-03-28", 3) == [
            "28 02:30+0100",
            "29 03:00+0200",
            "30 02:30+0200",
        ]

    def test_several_times_in_the_gap_become_one(self) -> None:
        assert local_fires("0,20,40 2 * * *", "Europe/Berlin", "2026-03-29") == ["29 03:00+0200"]

    def test_a_time_moved_onto_another_fire_becomes_one_with_it(self) -> None:
        assert local_fires("0 2,3 * * *", "Europe/Berlin", "2026-03-29") == ["29 03:00+0200"]

    def test_the_last_minute_before_and_the_first_after_the_gap_stay(self) -> None:
        assert local_fires("59 1 * * *", "Europe/Berlin", "2026-03-29") == ["29 01:59+0100"]
        assert local_fires("0 3 * * *", "Europe/Berlin", "2026-03-29") == ["29 03:00+0200"]

    def test_a_star_in_the_minute_follows_real_time(self) -> None:
        assert local_fires("*/30 1,2,3 * * *", "Europe/Berlin", "2026-03-29") == [
            "29 01:00+0100",
            "29 01:30+0100",
            "29 03:00+0200",
            "29 03:30+0200",
        ]

    def test_a_star_in_the_hour_follows_real_time(self) -> None:
        assert local_fires("30 */2 * * *", "Europe/Berlin", "2026-03-29")[:2] == ["29 00:30+0100", "29 04:30+0200"]

    def test_a_full_range_of_hours_is_no_star_and_makes_up_for_the_gap(self) -> None:
        assert local_fires("30 0-4 * * *", "Europe/Berlin", "2026-03-29") == [
            "29 00:30+0100",
            "29 01:30+0100",
            "29 03:00+0200",
            "29 03:30+0200",
            "29 04:30+0200",
        ]


class TestAutumnInBerlin:
    """25 October 2026: 03:00 becomes 02:00."""

    def test_a_fixed_time_that_comes_twice_fires_the_first_time_only(self) -> None:
        assert local_fires("30 2 * * *", "Europe/Berlin", "2026-10-25") == ["25 02:30+0200"]

    def test_a_star_fires_in_both_hours(self) -> None:
        assert local_fires("*/30 2 * * *", "Europe/Berlin", "2026-10-25") == [
            "25 02:00+0200",
            "25 02:30+0200",
            "25 02:00+0100",
            "25 02:30+0100",
        ]

    def test_a_stepped_star_in_the_hour_counts_as_a_star(self) -> None:
        assert local_fires("0 */2 * * *", "Europe/Berlin", "2026-10-25")[:4] == [
            "25 00:00+0200",
            "25 02:00+0200",
            "25 02:00+0100",
            "25 04:00+0100",
        ]

    def test_from_within_the_second_hour_a_fixed_time_waits_for_tomorrow(self) -> None:
        second_two_o_clock = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
        assert next_fires("30 2 * * *", "Europe/Berlin", second_two_o_clock, 1) == [
            datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
        ]


class TestNewYork:
    def test_midnight_of_9_march_2026_the_day_after_the_change_is_there(self) -> None:
        assert local_fires("0 0 * * *", "America/New_York", "2026-03-08", 3) == [
            "08 00:00-0500",
            "09 00:00-0400",
            "10 00:00-0400",
        ]

    def test_each_hour_of_a_spring_day_fires_once(self) -> None:
        day = fires_between(
            "0 * * * *",
            "America/New_York",
            datetime(2026, 3, 8, 4, 59, tzinfo=UTC),
            datetime(2026, 3, 9, 3, 59, tzinfo=UTC),
        )
        assert [later - earlier for earlier, later in pairwise(day)] == [timedelta(hours=1)] * 22


class TestChangesAtMidnight:
    @pytest.mark.parametrize(
        ("zone", "day", "moved"),
        [
            ("America/Havana", "2026-03-08", "08 01:00-0400"),
            ("Asia/Beirut", "2026-03-29", "29 01:00+0300"),
            ("America/Santiago", "2026-09-06", "06 01:00-0300"),
        ],
    )
    def test_midnight_in_the_gap_fires_at_one(self, zone: str, day: str, moved: str) -> None:
        assert local_fires("0 0 * * *", zone, day) == [moved]

    def test_midnight_that_comes_twice_in_havana_fires_once(self) -> None:
        assert local_fires("0 0 * * *", "America/Havana", "2026-11-01") == ["01 00:00-0400"]

    def test_a_gap_before_midnight_in_nuuk_moves_to_midnight(self) -> None:
        assert local_fires("30 23 28 * *", "America/Nuuk", "2026-03-28", 2) == ["29 00:00-0100"]

    def test_a_gap_before_midnight_in_nuuk_becomes_one_with_midnight_of_the_next_day(self) -> None:
        assert local_fires("0,30 0,23 * * *", "America/Nuuk", "2026-03-29")[:2] == ["29 00:00-0100", "29 00:30-0100"]

    def test_a_date_whose_only_time_is_in_the_gap_still_counts_when_the_next_day_fires_later(self) -> None:
        assert local_fires("45 23,12 28,29 3 *", "America/Nuuk", "2026-03-29") == [
            "29 00:00-0100",
            "29 12:45-0100",
            "29 23:45-0100",
        ]

    def test_days_that_interleave_around_one_minute_past_midnight_come_in_order(self) -> None:
        """St. John's put the clock back at 00:01 to 23:01 of the day before, until 2011."""
        assert local_fires("*/30 23,0 * * *", "America/St_Johns", "2010-11-06", 2)[2:8] == [
            "06 23:00-0230",
            "06 23:30-0230",
            "07 00:00-0230",
            "06 23:30-0330",
            "07 00:00-0330",
            "07 00:30-0330",
        ]
        assert local_fires("0,30 23,0 * * *", "America/St_Johns", "2010-11-06", 2)[2:6] == [
            "06 23:00-0230",
            "06 23:30-0230",
            "07 00:00-0230",
            "07 00:30-0330",
        ]

    def test_from_the_first_midnight_of_st_johns_the_next_fire_is_on_the_day_before(self) -> None:
        first_midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
        assert next_fires("*/30 23,0 * * *", "America/St_Johns", first_midnight, 2) == [
            datetime(2010, 11, 7, 3, 0, tzinfo=UTC),
            datetime(2010, 11, 7, 3, 30, tzinfo=UTC),
        ]


class TestUnevenOffsets:
    def test_lord_howe_moves_by_half_an_hour_in_spring(self) -> None:
        assert local_fires("15 2 * * *", "Australia/Lord_Howe", "2026-10-04") == ["04 02:30+1100"]
        assert local_fires("45 2 * * *", "Australia/Lord_Howe", "2026-10-04") == ["04 02:45+1100"]

    def test_lord_howe_repeats_half_an_hour_in_autumn(self) -> None:
        assert local_fires("45 1 * * *", "Australia/Lord_Howe", "2026-04-05") == ["05 01:45+1100"]
        assert local_fires("*/15 1 * * *", "Australia/Lord_Howe", "2026-04-05") == [
            "05 01:00+1100",
            "05 01:15+1100",
            "05 01:30+1100",
            "05 01:45+1100",
            "05 01:30+1030",
            "05 01:45+1030",
        ]

    def test_lord_howe_loses_no_minute_of_an_hour_after_the_change(self) -> None:
        assert len(local_fires("* 6 * * *", "Australia/Lord_Howe", "2026-04-05")) == 60

    def test_chatham_changes_at_a_quarter_to_and_never_goes_backwards(self) -> None:
        fires = next_fires("*/15 3 * * *", "Pacific/Chatham", datetime(2026, 4, 3, tzinfo=UTC), 24)
        assert fires == sorted(set(fires))
        assert local_fires("*/15 3 * * *", "Pacific/Chatham", "2026-04-05") == [
            "05 03:00+1345",
            "05 03:15+1345",
            "05 03:30+1345",
            "05 03:00+1245",
            "05 03:15+1245",
            "05 03:30+1245",
            "05 03:45+1245",
        ]

    def test_chatham_gap_from_a_quarter_to_three(self) -> None:
        assert local_fires("0 3 * * *", "Pacific/Chatham", "2026-09-27") == ["27 03:45+1345"]
        assert local_fires("30 2 * * *", "Pacific/Chatham", "2026-09-27") == ["27 02:30+1245"]


class TestClockCorrections:
    """A gap of three hours or more is no summer time."""

    def test_the_day_that_apia_skipped_does_not_fire(self) -> None:
        assert local_fires("0 9 * * *", "Pacific/Apia", "2011-12-28", 5) == [
            "28 09:00-1000",
            "29 09:00-1000",
            "31 09:00+1400",
            "01 09:00+1400",
        ]

    def test_a_rule_for_that_date_alone_waits_a_year(self) -> None:
        after = datetime(2011, 12, 29, tzinfo=UTC)
        assert next_fires("0 9 30 12 *", "Pacific/Apia", after, 1) == [datetime(2012, 12, 29, 19, tzinfo=UTC)]

    def test_three_hours_in_casey_are_a_correction_too(self) -> None:
        """18 October 2009: 02:00 at +08 became 05:00 at +11."""
        assert local_fires("30 3 * * *", "Antarctica/Casey", "2009-10-17", 3) == ["17 03:30+0800", "19 03:30+1100"]

    def test_a_gap_of_two_hours_is_made_up_for(self) -> None:
        """Troll goes from UTC to +02 at 01:00 on 29 March 2026."""
        assert local_fires("30 1,2 * * *", "Antarctica/Troll", "2026-03-29") == ["29 03:00+0200"]


def test_an_offset_that_changes_for_good_is_a_change_like_any_other() -> None:
    """Istanbul stayed on summer time in 2016; Moscow went back for good on 26 October 2014."""
    assert local_fires("30 3 * * *", "Europe/Istanbul", "2016-10-30") == ["30 03:30+0300"]
    assert local_fires("30 1 * * *", "Europe/Moscow", "2014-10-26", 2) == ["26 01:30+0400", "27 01:30+0300"]


@pytest.mark.parametrize(
    ("expression", "follows"),
    [
        ("* * * * *", True),
        ("*/20 2 * * *", True),
        ("0 */20 * * *", True),
        ("*,5 2 * * *", True),
        ("0,*/5 2 * * *", False),
        ("0-59 0-23 * * *", False),
        ("0 2 * * *", False),
        ("@hourly", True),
        ("@daily", False),
    ],
)
def test_a_rule_follows_real_time_if_minute_or_hour_starts_with_a_star(expression: str, follows: bool) -> None:
    assert parse(expression).follows_real_time is follows


def test_a_zone_without_changes_is_plain() -> None:
    assert local_fires("30 2 * * *", "Asia/Kolkata", "2026-03-28", 2) == ["28 02:30+0530", "29 02:30+0530"]
