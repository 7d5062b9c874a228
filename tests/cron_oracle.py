"""cronie's main loop, acted out: walk every real minute of UTC, look at the wall clock, decide what runs.

Written from the specification alone (RELIABILITY.md 1) and sharing no code and no idea with the engine, which goes
by local dates and never looks at a minute. Slow on purpose: it is here to be believed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

MINUTE = 60
WARM_UP = 30 * 3600
"""Seconds walked before the start, so that the oracle knows whether the clock has shown a time already."""

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


@dataclass(frozen=True)
class Change:
    """A change of a zone's offset between 2005 and 2035."""

    zone: str
    at: int
    before: int
    after: int


class Rule:
    """A cron expression read the plain way: for each field, the texts of its items."""

    def __init__(self, expression: str) -> None:
        self.texts = expression.upper().split()
        minute, hour, day, month, weekday = self.texts
        self.minutes = _values(minute, 0, 59)
        self.hours = _values(hour, 0, 23)
        self.months = _values(month, 1, 12, _MONTHS, 1)
        self.day_items = day.split(",")
        self.weekday_items = weekday.split(",")
        self.is_fixed = not (minute.startswith("*") or hour.startswith("*"))
        self.wants_both = day.startswith("*") or weekday.startswith("*")
        self._known_days: dict[int, bool] = {}

    def matches(self, wall_minute: int) -> bool:
        """Whether the rule names this minute of the wall clock, counted from 1970."""
        if wall_minute % 60 not in self.minutes or wall_minute // 60 % 24 not in self.hours:
            return False
        day = wall_minute // 1440
        if day not in self._known_days:
            self._known_days[day] = self.matches_date(date(1970, 1, 1) + timedelta(days=day))
        return self._known_days[day]

    def matches_date(self, day: date) -> bool:
        """Whether the rule names this date."""
        if day.month not in self.months:
            return False
        by_day = any(self._is_day(item, day) for item in self.day_items)
        by_weekday = any(self._is_weekday(item, day) for item in self.weekday_items)
        return by_day and by_weekday if self.wants_both else by_day or by_weekday

    @staticmethod
    def _is_day(item: str, day: date) -> bool:
        if item == "L":
            return (day + timedelta(days=1)).day == 1
        return day.day in _values(item, 1, 31)

    @staticmethod
    def _is_weekday(item: str, day: date) -> bool:
        if "#" in item:
            name, nth = item.split("#")
            return day.isoweekday() in _sundays(_values(name, 0, 7, _WEEKDAYS)) and (day.day - 1) // 7 + 1 == int(nth)
        if item.endswith("L"):
            is_last = (day + timedelta(days=7)).month != day.month
            return is_last and day.isoweekday() in _sundays(_values(item[:-1], 0, 7, _WEEKDAYS))
        return day.isoweekday() in _sundays(_values(item, 0, 7, _WEEKDAYS))


def fires(expression: str, zone_name: str, start: int, end: int) -> list[int]:
    """The seconds since the epoch in (start, end] at which cronie, as the specification bends it, starts the job."""
    rule = Rule(expression)
    zone = ZoneInfo(zone_name)
    found = []
    instant = (start - WARM_UP) // MINUTE * MINUTE
    shown = _wall_minute(instant - MINUTE, zone)
    highest = shown
    while instant <= end:
        wall = _wall_minute(instant, zone)
        step = wall - shown
        if not rule.is_fixed:
            runs = rule.matches(wall)
        elif wall <= highest:
            runs = False
        elif 1 < step <= 180:
            runs = any(rule.matches(missed) for missed in range(shown + 1, wall + 1))
        else:
            runs = rule.matches(wall)
        if runs and instant > start:
            found.append(instant)
        shown, highest = wall, max(highest, wall)
        instant += MINUTE
    return found


@cache
def changes_2005_2035() -> dict[str, list[Change]]:
    """Every zone whose offset changes from 2005 to 2035, with its changes."""
    first, last = _epoch(datetime(2005, 1, 1)), _epoch(datetime(2036, 1, 1))
    found: dict[str, list[Change]] = {}
    for name in sorted(available_timezones() - {"localtime", "Factory", "posixrules"}):
        zone = ZoneInfo(name)
        before = _offset(first, zone)
        for week in range(first, last, 5 * 86400):
            after = _offset(week + 5 * 86400, zone)
            if after != before:
                low, high = week, week + 5 * 86400
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (low, middle) if _offset(middle, zone) == after else (middle, high)
                found.setdefault(name, []).append(Change(name, high, before, after))
            before = after
    return found


def random_expression(rng: random.Random, near: datetime) -> str:
    """An expression of any kind the grammar knows, likely to meet the given wall time."""
    while True:
        fields = [
            _random_field(rng, 0, 59, near.minute),
            _random_field(rng, 0, 23, (near.hour + rng.choice((-2, -1, -1, 0, 0, 0, 1))) % 24),
            _random_field(rng, 1, 31, near.day, bias=("*", "*", "*", "*/2", "L", f"{near.day},L")),
            _random_field(rng, 1, 12, near.month, bias=("*", "*", "*", "*", _MONTHS[near.month - 1])),
            _random_field(rng, 0, 7, near.isoweekday(), bias=("*", "*", "*", *_weekday_kinds(near))),
        ]
        if _any_date(Rule(" ".join(fields))):
            return " ".join(fields)


def _random_field(rng: random.Random, low: int, high: int, near: int, bias: tuple[str, ...] = ()) -> str:
    if bias and rng.random() < 0.7:
        return rng.choice(bias)
    kind = rng.randrange(8)
    start, end = min(near, rng.randint(low, high)), max(near, rng.randint(low, high))
    step = rng.choice((1, 2, 3, 5, 10, 15, 20, 30, 45))
    return (
        "*",
        f"*/{step}",
        str(near),
        str(near),
        f"{start}-{end}",
        f"{start}-{end}/{step}",
        ",".join(str(rng.choice((near, rng.randint(low, high)))) for _ in range(rng.randint(2, 5))),
        f"{low}-{high}",
    )[kind]


def _weekday_kinds(near: datetime) -> tuple[str, ...]:
    name = _WEEKDAYS[near.isoweekday() % 7]
    return (name.lower(), "1-5", "0,6", "7", f"{name}L", f"{near.isoweekday()}#{(near.day - 1) // 7 + 1}", "SUN-TUE,5L")


def _any_date(rule: Rule) -> bool:
    """Whether a common or a leap year has such a date; the few rarer rules are drawn again."""
    return any(rule.matches_date(date(2023, 1, 1) + timedelta(days=n)) for n in range(365 + 366))


def _values(text: str, low: int, high: int, names: list[str] | None = None, first_name: int = 0) -> frozenset[int]:
    return frozenset(
        value for item in text.split(",") for value in _item_values(item, low, high, tuple(names or ()), first_name)
    )


@cache
def _item_values(item: str, low: int, high: int, names: tuple[str, ...], first_name: int) -> frozenset[int]:
    if "#" in item or item.endswith("L"):
        return frozenset()
    span, _, step = item.partition("/")
    if span == "*":
        span = f"{low}-{high}"
    elif step and "-" not in span:
        span = f"{span}-{high}"
    start, _, end = span.partition("-")

    def number(text: str) -> int:
        return names.index(text) + first_name if text in names else int(text)

    return frozenset(range(number(start), number(end or start) + 1, int(step or 1)))


def _sundays(values: frozenset[int]) -> frozenset[int]:
    return values | {7} if 0 in values else values


def _wall_minute(instant: int, zone: ZoneInfo) -> int:
    return (instant + _offset(instant, zone)) // 60


def _offset(instant: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    assert offset is not None
    return offset.days * 86400 + offset.seconds


def _epoch(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
