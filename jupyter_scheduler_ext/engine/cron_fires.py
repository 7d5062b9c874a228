"""When a rule fires in a zone: the instants of its matching local days.

Day by day, never minute by minute: for each matching date the wall times are turned into instants. On a day
without a clock change that is one subtraction each. Around a change (cronie's rules, RELIABILITY.md 1):

- a fixed-time rule fires once at the instant of the change for all that lies in a gap, and at the first occurrence
  only of a time that comes twice;
- a rule that follows real time (minute or hour starting with `*`) has nothing in a gap and both in an overlap;
- what lies in a gap of three hours or more does not fire: `skipped_in_gaps` tells.

Instants are whole seconds since the epoch; the public functions speak of aware datetimes and answer in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from math import floor
from zoneinfo import ZoneInfo

from .cron_dates import HORIZON_YEARS, Cron
from .cron_grammar import parse
from .wall import (
    Shift,
    clamp,
    day_at,
    day_of,
    day_start,
    local_day,
    seconds_since_epoch,
    utc,
    zone,
)

_HORIZON = HORIZON_YEARS * 366


@dataclass(frozen=True)
class SkippedFire:
    """A fire that a long gap swallowed: the local time it was meant for (naive), and the instant of the change."""

    wall: datetime
    at: datetime


def next_fire_epoch(expression: str, timezone: str, after: float) -> int | None:
    """Seconds since the epoch of the first fire strictly after `after`, or None if there is none in 50 years.

    The fast way, for agendas. Raises CronError for a bad expression or zone.
    """
    return next(fires_after(parse(expression), zone(timezone), floor(after)), None)


def next_fires(expression: str, timezone: str, after: datetime, count: int) -> list[datetime]:
    """The next `count` fires in UTC, strictly after `after`; fewer only if there are no more within 50 years.

    Raises CronError for a bad expression or zone, ValueError for a naive `after`.
    """
    fires = fires_after(parse(expression), zone(timezone), seconds_since_epoch(after))
    return [utc(fire) for fire in islice(fires, max(count, 0))]


def fires_between(
    expression: str, timezone: str, start: datetime, end: datetime, limit: int | None = None
) -> list[datetime]:
    """The fires in (start, end] in UTC, ascending; at most the first `limit` of them."""
    last = seconds_since_epoch(end)
    fires = fires_after(parse(expression), zone(timezone), seconds_since_epoch(start))
    return [utc(fire) for fire in islice(takewhile(lambda fire: fire <= last, fires), limit)]


def count_between(expression: str, timezone: str, start: datetime, end: datetime) -> int:
    """How many fires lie in (start, end], exactly; the work grows with the days, not with the fires."""
    cron, place = parse(expression), zone(timezone)
    after, last = clamp(seconds_since_epoch(start)), clamp(seconds_since_epoch(end))
    if last <= after:
        return 0
    count = 0
    day = cron.next_day(_first_day_of_change(place, day_at(place, after)))
    final = _last_day_of_change(place, day_at(place, last))
    while day is not None and day <= final:
        offset, shift = local_day(place, day)
        if shift is None:
            midnight = day_start(day) - offset
            count += _at_or_before(cron, last - midnight) - _at_or_before(cron, after - midnight)
        else:
            count += sum(after < fire <= last for fire in _fires_around(cron, day, shift))
        day = cron.next_day(day + 1)
    return count


def latest_before(expression: str, timezone: str, at: datetime) -> datetime | None:
    """The latest fire at or before `at`, in UTC; None if there was none in 50 years."""
    cron, place = parse(expression), zone(timezone)
    last = clamp(seconds_since_epoch(at))
    start = _last_day_of_change(place, day_at(place, last))
    day = cron.previous_day(start)
    while day is not None and day >= start - _HORIZON:
        offset, shift = local_day(place, day)
        if shift is None:
            midnight = day_start(day) - offset
            passed = _at_or_before(cron, last - midnight)
            if passed:
                return utc(midnight + 60 * cron.minutes_of_day[passed - 1])
            day -= 1
        else:
            fires: list[int] = []
            while shift is not None:
                if cron.matches(day):
                    fires += [fire for fire in _fires_around(cron, day, shift) if fire <= last]
                day -= 1
                shift = local_day(place, day).shift
            if fires:
                return utc(max(fires))
        day = cron.previous_day(day)
    return None


def skipped_in_gaps(expression: str, timezone: str, start: datetime, end: datetime) -> list[SkippedFire]:
    """The fires that were dropped because a gap of three hours or more in (start, end] swallowed them."""
    cron, place = parse(expression), zone(timezone)
    after, last = clamp(seconds_since_epoch(start)), clamp(seconds_since_epoch(end))
    if last <= after or cron.follows_real_time:
        return []
    skipped = []
    day = cron.next_day(_first_day_of_change(place, day_at(place, after)))
    final = _last_day_of_change(place, day_at(place, last))
    while day is not None and day <= final:
        shift = local_day(place, day).shift
        if shift is not None and shift.is_correction and after < shift.at <= last:
            midnight = datetime.fromordinal(day)
            skipped += [
                SkippedFire(midnight + timedelta(minutes=minute), utc(shift.at))
                for minute in cron.minutes_of_day
                if shift.start <= day_start(day) + 60 * minute < shift.end
            ]
        day = cron.next_day(day + 1)
    return skipped


def fires_after(cron: Cron, place: ZoneInfo, after: int) -> Iterator[int]:
    """Every fire strictly after `after`, ascending, without end but for the 50 years' horizon."""
    after = clamp(after)
    start = _first_day_of_change(place, day_at(place, after))
    day = cron.next_day(start)
    while day is not None and day <= start + _HORIZON:
        offset, shift = local_day(place, day)
        if shift is None:
            midnight = day_start(day) - offset
            for minute in cron.minutes_of_day[_at_or_before(cron, after - midnight) :]:
                yield midnight + 60 * minute
            day += 1
        else:
            # Days around an overlap at midnight interleave: all that one change touches are sorted together.
            fires: list[int] = []
            while shift is not None:
                if cron.matches(day):
                    fires += _fires_around(cron, day, shift)
                day += 1
                shift = local_day(place, day).shift
            yield from sorted(fire for fire in fires if fire > after)
        day = cron.next_day(day)


def _fires_around(cron: Cron, day: int, shift: Shift) -> set[int]:
    """The fires of one matching day that a clock change touches. No two days share one."""
    fires = set()
    for minute in cron.minutes_of_day:
        wall = day_start(day) + 60 * minute
        if shift.is_gap:
            if wall < shift.start:
                fires.add(wall - shift.before)
            elif wall >= shift.end:
                fires.add(wall - shift.after)
            elif not cron.follows_real_time and not shift.is_correction:
                fires.add(shift.at)
        else:
            if wall < shift.end:
                fires.add(wall - shift.before)
            if wall >= shift.end or (wall >= shift.start and cron.follows_real_time):
                fires.add(wall - shift.after)
    if shift.at in fires and _claims(cron, day_of(shift.end), shift) and day < day_of(shift.end):
        fires.discard(shift.at)
    return fires


def _claims(cron: Cron, day: int, shift: Shift) -> bool:
    """Whether the day on which a gap ends fires at the instant of the change by itself."""
    return cron.matches(day) and day_start(day) + 60 * cron.minutes_of_day[0] <= shift.end


def _at_or_before(cron: Cron, seconds: int) -> int:
    """How many of a day's wall minutes are not later than this many seconds after its midnight."""
    return bisect_right(cron.minutes_of_day, seconds // 60)


def _first_day_of_change(place: ZoneInfo, day: int) -> int:
    """The day, or the first of those that are touched by the same clock change."""
    while local_day(place, day).shift is not None:
        day -= 1
    return day


def _last_day_of_change(place: ZoneInfo, day: int) -> int:
    while local_day(place, day).shift is not None:
        day += 1
    return day
