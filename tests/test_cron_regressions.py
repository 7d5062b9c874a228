"""Defects of the scheduler that this design comes from, and traps of the cron engines it could have used.

One test each, named after what went wrong (RELIABILITY.md, section 6, Time; and what was measured of croniter,
cronsim and APScheduler).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from jupyter_scheduler_ext.engine import plan_times
from jupyter_scheduler_ext.engine.cron import (
    CronError,
    count_between,
    fires_between,
    next_fire_epoch,
    next_fires,
    parse,
)
from jupyter_scheduler_ext.engine.models import TASK, PlannedTask

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def test_minutely_fires_are_all_there_however_late_each_look_is() -> None:
    """The 60 s window with a 60 s sleep lost 70 of 4,320 minutely fires at 0.5 s overhead a turn."""
    cursor, now, seen = NOON, NOON, 0
    end = NOON + timedelta(days=3)
    while now < end:
        now = min(now + timedelta(seconds=60.5), end)
        due = fires_between("* * * * *", "UTC", cursor, now)
        seen += len(due)
        cursor = due[-1] if due else cursor
    assert seen == 4320


def test_two_looks_at_the_same_minute_find_a_fire_once() -> None:
    """Two tickers fired twice: without a cursor, whatever was due in the last minute was due again."""
    fire = NOON + timedelta(minutes=1)
    assert fires_between("* * * * *", "UTC", NOON, fire + timedelta(seconds=20)) == [fire]
    assert fires_between("* * * * *", "UTC", fire, fire + timedelta(seconds=40)) == []


def test_the_next_run_heeds_the_zone() -> None:
    assert next_fires("30 2 * * *", "America/New_York", NOON, 1) == [datetime(2026, 3, 13, 6, 30, tzinfo=UTC)]
    assert next_fires("30 2 * * *", "Asia/Tokyo", NOON, 1) == [datetime(2026, 3, 12, 17, 30, tzinfo=UTC)]


def test_a_run_in_the_gap_is_not_lost() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert next_fires("30 2 * * *", "Europe/Berlin", spring, 1) == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]


def test_a_run_in_the_overlap_fires_at_the_first_hour_not_the_second() -> None:
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert next_fires("30 2 * * *", "Europe/Berlin", autumn, 2) == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


def test_one_zone_is_not_changed_by_asking_for_another() -> None:
    """Any request changed the zone of the whole process."""
    before = next_fires("30 2 * * *", "Europe/Berlin", NOON, 3)
    next_fires("30 2 * * *", "America/New_York", NOON, 3)
    with pytest.raises(CronError):
        next_fires("30 2 * * *", "Nowhere/Land", NOON, 3)
    assert next_fires("30 2 * * *", "Europe/Berlin", NOON, 3) == before


def test_a_naive_planned_time_uses_the_offset_of_its_own_day_not_of_today() -> None:
    assert plan_times.resolve("2026-07-01T09:00", "Europe/Berlin").at == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert plan_times.resolve("2026-12-01T09:00", "Europe/Berlin").at == datetime(2026, 12, 1, 8, tzinfo=UTC)


def planned(dates: list[str], timezone: str) -> list[datetime]:
    """The dates of a task that is planned for them."""
    action = {"kind": "code", "source": "1"}
    data = {"type": "planned", "name": "a plan", "plan": {"todo": dates}, "action": action}
    task = TASK.validate_python(data, context={"timezone": timezone})
    assert isinstance(task, PlannedTask)
    return [time.at for time in task.plan.dates]


def test_an_unsorted_plan_hides_nothing() -> None:
    dates = planned(["2027-01-01T00:00", "2026-01-01T00:00", "2026-06-01T00:00"], "UTC")
    assert [at.year * 100 + at.month for at in dates] == [202601, 202606, 202701]


def test_a_planned_time_given_twice_is_one() -> None:
    """A duplicate ran again at every tick for ever."""
    dates = planned(["2026-06-01T12:00", "2026-06-01T12:00", "2026-06-01T10:00Z"], "Europe/Berlin")
    assert dates == [datetime(2026, 6, 1, 10, tzinfo=UTC)]


@pytest.mark.timeout(10)
def test_forty_digits_are_refused_at_once() -> None:
    """The original's regular expression took seconds on them, doubling with each digit."""
    with pytest.raises(CronError) as refusal:
        parse(f"{'1' * 40} * * * *")
    assert refusal.value.field == "minute"


def test_croniter_reads_9_9_in_hours_as_every_hour_but_we_read_one() -> None:
    assert parse("0 9-9 * * *").hours == {9}


def test_croniter_wraps_50_10_in_silence_but_we_refuse_it() -> None:
    with pytest.raises(CronError, match="backwards"):
        parse("50-10 * * * *")


def test_croniter_accepts_31_february_but_we_refuse_it() -> None:
    with pytest.raises(CronError) as refusal:
        parse("0 0 31 2 *")
    assert refusal.value.field == "day"


def test_croniter_takes_or_for_every_second_day_with_a_weekday_but_we_take_and() -> None:
    fires = next_fires("0 0 */2 * 1", "UTC", NOON, 10)
    assert all(fire.day % 2 and fire.weekday() == 0 for fire in fires)


def test_croniter_takes_seconds_last_but_six_fields_are_refused() -> None:
    with pytest.raises(CronError, match="five fields"):
        parse("0 0 12 * * *")


def test_a_range_20000_wide_is_refused_before_croniter_expands_it() -> None:
    with pytest.raises(CronError, match="out of range"):
        parse("0-20000 * * * *")


def test_cronsim_goes_backwards_in_chatham_but_we_never_do() -> None:
    fire, fires = datetime(2026, 4, 3, tzinfo=UTC).timestamp(), []
    for _ in range(40):
        later = next_fire_epoch("*/15 3 * * *", "Pacific/Chatham", fire)
        assert later is not None
        fires.append(later)
        fire = later
    assert all(earlier < later for earlier, later in pairwise(fires))


def test_cronsim_loses_half_an_hour_on_lord_howe_but_we_do_not() -> None:
    day = datetime(2026, 4, 4, 12, tzinfo=UTC)
    assert count_between("* 6 * * *", "Australia/Lord_Howe", day, day + timedelta(days=1)) == 60


def test_apscheduler_skips_midnight_of_9_march_2026_in_new_york_but_we_do_not() -> None:
    eve = datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert next_fires("0 0 * * *", "America/New_York", eve, 1) == [datetime(2026, 3, 9, 4, tzinfo=UTC)]
