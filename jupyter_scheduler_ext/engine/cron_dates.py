"""A parsed rule: which dates and which wall minutes it names. No zones and no instants here.

Dates are proleptic Gregorian ordinals (`date.toordinal`). A month can have only 28 shapes (four lengths, seven
first weekdays), so the matching days of every month are looked up in 28 bit masks instead of being searched.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

ALL_MINUTES = frozenset(range(60))
ALL_HOURS = frozenset(range(24))
ALL_DAYS = frozenset(range(1, 32))
ALL_MONTHS = frozenset(range(1, 13))
ALL_WEEKDAYS = frozenset(range(7))

HORIZON_YEARS = 50
"""How far a search for a matching date goes. The rarest possible date, 29 February on one weekday, comes at
least every 40 years (2088 to 2128, across the common year 2100), so nothing is missed."""

YEARS = range(2, 9999)
"""The years in which dates are found: one less at either end than Python's, so that no zone's offset leads out."""

_MONTH_LENGTHS = {month: (30,) if month in (4, 6, 9, 11) else (31,) for month in ALL_MONTHS} | {2: (28, 29)}


@dataclass(frozen=True)
class Cron:
    """A cron rule, as `cron_grammar.parse` makes it.

    `texts` are the five fields as written (names in upper case). `weekdays` count from 0 = Sunday.
    `last_day` is the `L` of the day field; `nth_weekdays` holds (weekday, n) for `n#k`, `last_weekdays` the
    weekdays of `nL`.
    """

    texts: tuple[str, str, str, str, str]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    last_day: bool = False
    nth_weekdays: frozenset[tuple[int, int]] = frozenset()
    last_weekdays: frozenset[int] = frozenset()

    @property
    def expression(self) -> str:
        """The five fields as one text."""
        return " ".join(self.texts)

    @cached_property
    def follows_real_time(self) -> bool:
        """Whether clock changes leave its rhythm alone: cronie's wildcard jobs, minute or hour starting with `*`."""
        return self.texts[0].startswith("*") or self.texts[1].startswith("*")

    @cached_property
    def needs_both_days(self) -> bool:
        """Whether day AND weekday must match (either field starts with `*`, cronie's rule), rather than one."""
        return self.texts[2].startswith("*") or self.texts[4].startswith("*")

    @property
    def restricts_days(self) -> bool:
        """Whether the day field leaves out any day of the month."""
        return self.days != ALL_DAYS

    @property
    def restricts_weekdays(self) -> bool:
        """Whether the weekday field leaves out any weekday."""
        return self.weekdays != ALL_WEEKDAYS

    @cached_property
    def minutes_of_day(self) -> tuple[int, ...]:
        """The wall minutes of a matching date, counted from 00:00, ascending."""
        return _minutes_of_day(self.hours, self.minutes)

    @cached_property
    def _shapes(self) -> dict[tuple[int, int], int]:
        both = self.needs_both_days
        return _shapes(self.days, self.last_day, self.weekdays, self.nth_weekdays, self.last_weekdays, both)

    def is_possible(self) -> bool:
        """Whether any date at all matches (30 February does not)."""
        return any(
            self._shapes[first, length]
            for month in self.months
            for length in _MONTH_LENGTHS[month]
            for first in range(7)
        )

    def matches(self, ordinal: int) -> bool:
        """Whether the rule names this date."""
        day = date.fromordinal(ordinal)
        if day.month not in self.months:
            return False
        return bool(self._shapes[monthrange(day.year, day.month)] >> (day.day - 1) & 1)

    def next_day(self, ordinal: int) -> int | None:
        """The first matching date on or after this one; None if there is none within 50 years or `YEARS`."""
        start = date.fromordinal(ordinal)
        year, month, skipped = start.year, start.month, start.day - 1
        for _ in range(12 * HORIZON_YEARS + 1):
            if year not in YEARS:
                return None
            if month in self.months:
                days = self._shapes[monthrange(year, month)] >> skipped
                if days:
                    lowest = (days & -days).bit_length() - 1
                    return date(year, month, 1).toordinal() + skipped + lowest
            skipped = 0
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return None

    def previous_day(self, ordinal: int) -> int | None:
        """The last matching date on or before this one; None if there is none within 50 years or `YEARS`."""
        start = date.fromordinal(ordinal)
        year, month, kept = start.year, start.month, start.day
        for _ in range(12 * HORIZON_YEARS + 1):
            if year not in YEARS:
                return None
            if month in self.months:
                days = self._shapes[monthrange(year, month)] & ((1 << kept) - 1)
                if days:
                    return date(year, month, 1).toordinal() + days.bit_length() - 1
            kept = 31
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        return None


# Remembered by value, so that the many rules with the same days or times of day share one table.


@lru_cache(maxsize=1024)
def _minutes_of_day(hours: frozenset[int], minutes: frozenset[int]) -> tuple[int, ...]:
    return tuple(60 * hour + minute for hour in sorted(hours) for minute in sorted(minutes))


@lru_cache(maxsize=1024)
def _shapes(
    days: frozenset[int],
    last_day: bool,
    weekdays: frozenset[int],
    nth_weekdays: frozenset[tuple[int, int]],
    last_weekdays: frozenset[int],
    both: bool,
) -> dict[tuple[int, int], int]:
    """(weekday of the 1st, Monday = 0; length of the month) -> bit mask of matching days, bit 0 = the 1st."""
    shapes = {}
    for first in range(7):
        for length in range(28, 32):
            by_day = sum(1 << (day - 1) for day in days) | (last_day << (length - 1))
            by_weekday = sum(_every_week(_first_of(weekday, first)) for weekday in weekdays)
            for weekday, nth in nth_weekdays:
                by_weekday |= 1 << (_first_of(weekday, first) + 7 * (nth - 1))
            for weekday in last_weekdays:
                day = _first_of(weekday, first)
                by_weekday |= 1 << (day + 7 * ((length - 1 - day) // 7))
            matching = by_day & by_weekday if both else by_day | by_weekday
            shapes[first, length] = matching & ((1 << length) - 1)
    return shapes


def _first_of(weekday: int, first: int) -> int:
    """Bit of the first such weekday (0 = Sunday) in a month whose 1st falls on `first` (0 = Monday)."""
    return (weekday - 1 - first) % 7


def _every_week(bit: int) -> int:
    return sum(1 << (bit + 7 * week) for week in range(5))
