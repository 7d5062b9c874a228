"""Which dates a rule names: day and weekday together, last days, n-th weekdays, rare dates."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import cron_oracle
from cronsim import CronSim

from jupyter_scheduler_ext.engine.cron import next_fires, parse
from jupyter_scheduler_ext.engine.cron_dates import HORIZON_YEARS


def dates(expression: str, start: date, count: int) -> list[str]:
    after = datetime.combine(start, datetime.min.time(), UTC) - timedelta(seconds=1)
    return [f"{fire:%Y-%m-%d}" for fire in next_fires(expression, "UTC", after, count)]


def test_day_or_weekday_is_enough_when_neither_starts_with_a_star() -> None:
    assert dates("0 0 13 * 5", date(2026, 3, 1), 5) == [
        "2026-03-06",
        "2026-03-13",
        "2026-03-20",
        "2026-03-27",
        "2026-04-03",
    ]
    assert dates("0 0 10 * 1", date(2026, 3, 9), 3) == ["2026-03-09", "2026-03-10", "2026-03-16"]


def test_a_star_in_the_day_field_leaves_the_weekday_to_decide() -> None:
    assert dates("0 0 * * 1", date(2026, 3, 1), 2) == ["2026-03-02", "2026-03-09"]


def test_a_star_in_the_weekday_field_leaves_the_day_to_decide() -> None:
    assert dates("0 0 13 * *", date(2026, 3, 1), 2) == ["2026-03-13", "2026-04-13"]


def test_a_stepped_star_counts_as_a_star_so_both_must_match() -> None:
    assert dates("0 0 */10 * 1", date(2026, 1, 1), 3) == ["2026-05-11", "2026-06-01", "2026-08-31"]
    assert dates("0 0 13 * */5", date(2026, 1, 1), 2) == ["2026-02-13", "2026-03-13"]


def test_a_star_later_in_the_field_does_not_count_as_a_star() -> None:
    assert dates("0 0 1,* * 1", date(2026, 3, 3), 2) == ["2026-03-03", "2026-03-04"]


def test_a_full_range_is_no_star_so_either_is_enough() -> None:
    assert dates("0 0 1-31 * 1", date(2026, 3, 3), 3) == ["2026-03-03", "2026-03-04", "2026-03-05"]


def test_the_last_day_of_the_month_follows_the_month() -> None:
    assert dates("0 0 L * *", date(2027, 12, 1), 4) == ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]


def test_the_last_day_can_stand_with_other_days() -> None:
    assert dates("0 0 15,L * *", date(2026, 2, 1), 3) == ["2026-02-15", "2026-02-28", "2026-03-15"]


def test_the_last_friday() -> None:
    assert dates("0 0 * * 5L", date(2026, 1, 1), 3) == ["2026-01-30", "2026-02-27", "2026-03-27"]


def test_the_last_sunday_is_0l_and_7l() -> None:
    assert dates("0 0 * * 7L", date(2026, 1, 1), 3) == dates("0 0 * * 0L", date(2026, 1, 1), 3)
    assert dates("0 0 * * 7L", date(2026, 3, 1), 1) == ["2026-03-29"]


def test_the_second_tuesday() -> None:
    assert dates("0 0 * * 2#2", date(2026, 1, 1), 3) == ["2026-01-13", "2026-02-10", "2026-03-10"]


def test_a_fifth_weekday_skips_months_without_one() -> None:
    assert dates("0 0 * * 1#5", date(2026, 1, 1), 3) == ["2026-03-30", "2026-06-29", "2026-08-31"]


def test_an_nth_weekday_or_a_day() -> None:
    assert dates("0 0 1 * 1#1", date(2026, 4, 1), 3) == ["2026-04-01", "2026-04-06", "2026-05-01"]


def test_the_31st_skips_short_months() -> None:
    assert dates("0 0 31 * *", date(2026, 1, 1), 3) == ["2026-01-31", "2026-03-31", "2026-05-31"]


def test_29_february_waits_for_a_leap_year_also_across_2100() -> None:
    assert dates("0 0 29 2 *", date(2026, 1, 1), 2) == ["2028-02-29", "2032-02-29"]
    assert dates("0 0 29 2 *", date(2096, 3, 1), 1) == ["2104-02-29"]


def test_29_february_or_any_monday_of_february() -> None:
    assert dates("0 0 29 2 1", date(2028, 2, 22), 3) == ["2028-02-28", "2028-02-29", "2029-02-05"]


def test_29_february_on_one_weekday_is_found_over_forty_years() -> None:
    assert dates("0 0 29 2 */7", date(2088, 3, 1), 1) == ["2128-02-29"]
    assert dates("0 0 * 2 0#5", date(2088, 3, 1), 1) == ["2128-02-29"]


def test_the_rarest_date_there_is_lies_within_the_horizon() -> None:
    for weekday in range(7):
        found = [year for year in range(2000, 2500) if _is_leap(year) and date(year, 2, 29).weekday() == weekday]
        gaps = [later - earlier for earlier, later in pairwise(found)]
        assert max(gaps) == 40 < HORIZON_YEARS


def test_the_year_ends_and_goes_on() -> None:
    assert dates("0 0 1 1 *", date(2026, 1, 2), 2) == ["2027-01-01", "2028-01-01"]


def test_the_calendar_ends_without_an_error() -> None:
    assert next_fires("0 0 1 1 *", "UTC", datetime(9999, 6, 1, tzinfo=UTC), 5) == []
    assert len(next_fires("0 0 1 1 *", "UTC", datetime(1, 1, 1, tzinfo=UTC), 5)) == 5


def test_dates_agree_with_cronsim_over_years_where_no_clock_changes() -> None:
    """cronsim's dates are right, its clock changes are not: so this one is in UTC."""
    rng = random.Random(1)
    for _ in range(400):
        start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(15 * 365 * 1440))
        expression = cron_oracle.random_expression(rng, start + timedelta(days=rng.randrange(366)))
        if re.search(r"\b(\d+)-\1/|[A-Z]L", expression):
            continue  # cronsim reads 8-8/1 as 8-23, and knows 5L but not FRIL
        cronsim = CronSim(expression, start)
        assert next_fires(expression, "UTC", start, 20) == [next(cronsim) for _ in range(20)], expression


def test_searching_backwards_mirrors_searching_forwards() -> None:
    rng = random.Random(2)
    for _ in range(200):
        start = datetime(2020, 1, 1) + timedelta(days=rng.randrange(15 * 365))
        cron = parse(cron_oracle.random_expression(rng, start))
        first = cron.next_day(start.toordinal())
        assert first is not None
        second = cron.next_day(first + 1)
        assert second is not None
        assert cron.previous_day(second - 1) == first
        assert all(not cron.matches(day) for day in range(first + 1, second))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
