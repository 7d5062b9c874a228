"""Wall time and instants: what a clock on the wall shows in a zone, and when.

Instants are whole seconds since 1970-01-01 UTC; wall times are seconds since 1970-01-01 00:00 *on the wall*,
as if every day had 86,400 of them; days are `date.toordinal` numbers. All of it is integer arithmetic on top of
two offsets a day, asked of `zoneinfo`.

It rests on one fact about the tz database, which a test watches: a zone changes its offset at most once in any
six days.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from .cron_error import CronError

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

CLOCK_CORRECTION = 3 * 3600
"""A gap this long (seconds) is no summer time but a correction of the clock, such as Apia's lost day in 2011."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIRST_INSTANT = (datetime(2, 1, 1, tzinfo=UTC) - EPOCH) // SECOND
_LAST_INSTANT = (datetime(9998, 12, 31, tzinfo=UTC) - EPOCH) // SECOND
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_LONGEST_NAME = 64
_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})


class Shift(NamedTuple):
    """One change of a zone's offset: `before` and `after` are seconds east of UTC, `at` is the instant."""

    at: int
    before: int
    after: int

    @property
    def is_gap(self) -> bool:
        """Whether the clock goes forward, so that wall times are missing; else some come twice."""
        return self.after > self.before

    @property
    def is_correction(self) -> bool:
        """Whether the gap is too long for a summer time, so that what lies in it is not made up for."""
        return self.after - self.before >= CLOCK_CORRECTION

    @property
    def start(self) -> int:
        """First wall second that is missing or comes twice."""
        return self.at + min(self.before, self.after)

    @property
    def end(self) -> int:
        """First wall second after those."""
        return self.at + max(self.before, self.after)


class Day(NamedTuple):
    """The offset in force when a local day begins, and the change that touches the day, if any does."""

    offset: int
    shift: Shift | None


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; raises CronError (field `timezone`) for any other text."""
    if isinstance(name, str) and len(name) <= _LONGEST_NAME and _ZONE_NAME.fullmatch(name):
        # right/ counts leap seconds, posix/ doubles the rest, and localtime differs from machine to machine.
        if not name.startswith(("right/", "posix/")) and name not in _NO_PLACES:
            try:
                return ZoneInfo(name)
            except (ValueError, KeyError, OSError):
                pass
        raise CronError("timezone", f"'{name}' is not a known zone.{_did_you_mean(name)}")
    raise CronError("timezone", "A zone is an IANA name such as Europe/Berlin or UTC.")


def refresh_zones() -> None:
    """Forget every zone, so that the next look reads the tz data on disk again."""
    ZoneInfo.clear_cache()
    zone.cache_clear()
    local_day.cache_clear()
    _known_names.cache_clear()


def seconds_since_epoch(moment: datetime) -> int:
    """The whole second an aware datetime lies in; raises ValueError for a naive one."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a time without a zone is not an instant: give an aware datetime")
    return (moment - EPOCH) // SECOND


def utc(instant: int) -> datetime:
    """An instant as an aware datetime in UTC."""
    return EPOCH + timedelta(seconds=instant)


def offset_at(zone: ZoneInfo, instant: int) -> int:
    """Seconds east of UTC at an instant."""
    return _seconds(utc(instant).astimezone(zone))


def day_at(zone: ZoneInfo, instant: int) -> int:
    """The local day an instant lies in; beyond the years 2 to 9998 the nearest day within."""
    instant = max(_FIRST_INSTANT, min(instant, _LAST_INSTANT))
    return day_of(instant + offset_at(zone, instant))


def day_of(wall: int) -> int:
    """The day of a wall time."""
    return _EPOCH_DAY + wall // DAY


def day_start(day: int) -> int:
    """The wall time at which a day begins."""
    return (day - _EPOCH_DAY) * DAY


@lru_cache(maxsize=32_768)
def local_day(zone: ZoneInfo, day: int) -> Day:
    """What the clocks of a zone do on a day.

    A change touches the day if any of its wall times is missing or comes twice; the offsets at its two ends, read
    as before (fold 0) and as after (fold 1) the change, then differ.
    """
    midnight = datetime.fromordinal(day).replace(tzinfo=zone)
    before = _seconds(midnight)
    after = _seconds(midnight.replace(hour=23, minute=59, second=59, fold=1))
    if before == after:
        return Day(before, None)
    early = day_start(day) - max(before, after) - 1
    late = day_start(day) + DAY - min(before, after)
    while late - early > 1:
        middle = (early + late) // 2
        if offset_at(zone, middle) == after:
            late = middle
        else:
            early = middle
    return Day(before, Shift(late, before, after))


def instant_of(wall: int, zone: ZoneInfo, fold: int = 0) -> int:
    """When a clock shows this wall time.

    A time in a gap gives the instant of the change. Of a time that comes twice, `fold` chooses: 0 the first,
    1 the second.
    """
    offset, shift = local_day(zone, day_of(wall))
    if shift is None:
        return wall - offset
    if shift.is_gap and shift.start <= wall < shift.end:
        return shift.at
    is_before = wall < (shift.start if fold else shift.end)
    return wall - (shift.before if is_before else shift.after)


def _seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return offset.days * DAY + offset.seconds


def _did_you_mean(name: str) -> str:
    wanted = name.lower()
    near = [known for known in _known_names() if wanted in (known.lower(), known.lower().rpartition("/")[2])]
    return f" Did you mean {' or '.join(near[:3])}?" if near else " Use an IANA name such as Europe/Berlin or UTC."


@lru_cache(maxsize=1)
def _known_names() -> list[str]:
    return sorted(available_timezones() - _NO_PLACES)
