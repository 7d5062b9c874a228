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

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from math import floor
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .cron_dates import HORIZON_YEARS, Cron
from .cron_grammar import parse
from .wall import (
    Shift,
    day_at,
    day_of,
    day_start,
    local_day,
    seconds_since_epoch,
    utc,
    zone,
)

_HORIZON = HORIZON_YEARS * 366
_first = attrgetter("first")


@dataclass(frozen=True)
class SkippedFire:
    """A fire that a long gap swallowed: the local time it was meant for (naive), and the instant of the change."""

    wall: datetime
    at: datetime


def next_fire_epoch(expression: str, timezone: str, after: float) -> int | None:
    """Seconds since the epoch of the first fire strictly after `after`, or None if there is none in 50 years.

    The fast way, for agendas. Raises CronError for a bad expression or zone.
    """
    return _first_after(expression, zone(timezone), floor(after))


@lru_cache(maxsize=4096)
def _first_after(expression: str, place: ZoneInfo, after: int) -> int | None:
    """Remembered, since a fire asks three times for the one after it, and herds share their rule and their cursor. A
    zone that is read anew is another object, so nothing outlives its tz data."""
    return next(fires_after(parse(expression), place, after), None)


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
    stretches = _counted(parse(expression), zone(timezone), seconds_since_epoch(start), seconds_since_epoch(end))
    return sum(count for _, count in stretches)


def count_by_day(expression: str, timezone: str, start: datetime, end: datetime) -> dict[date, int]:
    """How many fires in (start, end] lie on each local date that has any, for calendars."""
    place = zone(timezone)
    counts: dict[date, int] = {}
    for stretch, count in _counted(parse(expression), place, seconds_since_epoch(start), seconds_since_epoch(end)):
        day = date.fromordinal(day_at(place, stretch.first))
        counts[day] = counts.get(day, 0) + count
    return counts


def latest_before(expression: str, timezone: str, at: datetime) -> datetime | None:
    """The latest fire at or before `at`, in UTC; None if there was none in 50 years."""
    cron, place = parse(expression), zone(timezone)
    last = seconds_since_epoch(at)
    for stretch in _stretches(cron, place, day_at(place, last), -1):
        passed = stretch.count_until(last)
        if passed:
            return utc(stretch.midnight + 60 * stretch.minutes[passed - 1])
    return None


def skipped_in_gaps(expression: str, timezone: str, start: datetime, end: datetime) -> list[SkippedFire]:
    """The fires that were dropped because a gap of three hours or more in (start, end] swallowed them."""
    cron, place = parse(expression), zone(timezone)
    after, last = seconds_since_epoch(start), seconds_since_epoch(end)
    if last <= after or cron.follows_real_time:
        return []
    skipped: list[SkippedFire] = []
    day = cron.next_day(_edge_of_change(place, day_at(place, after), -1))
    final = _edge_of_change(place, day_at(place, last), 1)
    while day is not None and day <= final:
        shift = local_day(place, day).shift
        if shift is not None and shift.is_correction and after < shift.at <= last:
            missing = cron.minutes_of_day[_touched(cron, day, shift)]
            midnight = datetime.fromordinal(day)
            skipped += (SkippedFire(midnight + timedelta(minutes=minute), utc(shift.at)) for minute in missing)
        day = cron.next_day(day + 1)
    return skipped


def fires_after(cron: Cron, place: ZoneInfo, after: int) -> Iterator[int]:
    """Every fire strictly after `after`, ascending, without end but for the 50 years' horizon."""
    for stretch in _stretches(cron, place, day_at(place, after), 1):
        for minute in stretch.minutes[stretch.count_until(after) :]:
            yield stretch.midnight + 60 * minute


def _counted(cron: Cron, place: ZoneInfo, after: int, last: int) -> Iterator[tuple[_Stretch, int]]:
    """The stretches with fires in (after, last], and how many each has there."""
    if last <= after:
        return
    for stretch in _stretches(cron, place, day_at(place, after), 1):
        if stretch.first > last:
            return
        count = stretch.count_until(last) - stretch.count_until(after)
        if count:
            yield stretch, count


class _Stretch(NamedTuple):
    """Fires of one day under one offset: `minutes` after the instant at which that offset puts its midnight."""

    midnight: int
    minutes: tuple[int, ...]

    @property
    def first(self) -> int:
        return self.midnight + 60 * self.minutes[0]

    def count_until(self, instant: int) -> int:
        """How many of the fires are not later than an instant."""
        return bisect_right(self.minutes, (instant - self.midnight) // 60)


def _stretches(cron: Cron, place: ZoneInfo, day: int, step: int) -> Iterator[_Stretch]:
    """The fires from a local day on (`step` 1) or back (-1), in the order of time, within the horizon.

    Days that one clock change touches are taken together, because around an overlap at midnight they interleave:
    first comes what either day has before the change, then what either has after it.
    """
    seek = cron.next_day if step > 0 else cron.previous_day
    start = _edge_of_change(place, day, -step)
    found = seek(start)
    while found is not None and abs(found - start) <= _HORIZON:
        edge = _edge_of_change(place, found, step)
        if edge == found:
            stretches = _stretches_of(cron, place, found)
        else:
            days = [day for day in range(found, edge + step, step) if cron.matches(day)]
            stretches = [stretch for day in days for stretch in _stretches_of(cron, place, day)]
        yield from sorted(stretches, key=_first, reverse=step < 0)
        found = seek(edge + step)


def _stretches_of(cron: Cron, place: ZoneInfo, day: int) -> list[_Stretch]:
    """The fires of one matching day. No two days share one."""
    minutes, midnight = cron.minutes_of_day, day_start(day)
    offset, shift = local_day(place, day)
    if shift is None:
        return [_Stretch(midnight - offset, minutes)]
    touched = _touched(cron, day, shift)
    at_change: tuple[int, ...] = ()
    if shift.is_gap:
        before, after = minutes[: touched.start], minutes[touched.stop :]
        is_made_up_for = not (cron.follows_real_time or shift.is_correction)
        if minutes[touched] and is_made_up_for and not _is_claimed(cron, day, shift):
            at_change = (0,)
    else:
        before = minutes[: touched.stop]
        after = minutes[touched.start if cron.follows_real_time else touched.stop :]
    stretches = (
        _Stretch(midnight - shift.before, before),
        _Stretch(shift.at, at_change),
        _Stretch(midnight - shift.after, after),
    )
    return [stretch for stretch in stretches if stretch.minutes]


def _touched(cron: Cron, day: int, shift: Shift) -> slice:
    """Where among the rule's minutes of a day those stand that a change leaves out or brings twice."""
    midnight = day_start(day)
    return slice(
        bisect_left(cron.minutes_of_day, -((midnight - shift.start) // 60)),
        bisect_left(cron.minutes_of_day, -((midnight - shift.end) // 60)),
    )


def _is_claimed(cron: Cron, day: int, shift: Shift) -> bool:
    """Whether a gap's end is a fire without this day: a time of the rule itself, or made up for by the next day."""
    last_day = day_of(shift.end)
    minute = (shift.end - day_start(last_day)) // 60
    if day < last_day:
        return cron.matches(last_day) and cron.minutes_of_day[0] <= minute
    return minute in cron.minutes_of_day


def _edge_of_change(place: ZoneInfo, day: int, step: int) -> int:
    """The farthest day in one direction that the same clock change touches; the day itself if there is none."""
    while local_day(place, day).shift is not None and local_day(place, day + step).shift is not None:
        day += step
    return day
