"""Cron text: what may be written and what it means.

Five fields (minute, hour, day, month, weekday) of `*`, lists, ranges, steps and names in any case; weekdays
0-7 with 0 = 7 = Sunday; `L` as a day; `nL` (last) and `n#k` (k-th) as weekdays; and the `@` nicknames.

Each item is checked here, field by field and in linear time, and rewritten in plain numbers. Only then is it
given to croniter to expand: croniter reads `9-9` as `*`, wraps `50-10` in silence and takes 0.2 s over a range
20,000 wide, and none of these can reach it in this form. docs/decisions tells why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from .cron_dates import ALL_DAYS, ALL_HOURS, ALL_MINUTES, ALL_MONTHS, ALL_WEEKDAYS, Cron
from .cron_error import CronError

FieldName = Literal["minute", "hour", "day", "month", "weekday"]

MAX_LENGTH = 256
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class _Rule:
    """What one field may hold: numbers from `low` to `high`, and names for some of them."""

    name: FieldName
    low: int
    high: int
    everything: frozenset[int]
    help: str
    names: dict[str, int] = field(default_factory=dict)

    def error(self, reason: str) -> CronError:
        return CronError(self.name, f"{reason} {self.help}")

    def number(self, text: str, item: str) -> int:
        if text in self.names:
            return self.names[text]
        if not _is_number(text):
            raise self.error(_foreign_syntax(item) or f"'{_short(item)}' is not understood.")
        value = int(text)
        if not self.low <= value <= self.high:
            raise self.error(f"{_short(text)} is out of range.")
        return value


_RULES = (
    _Rule("minute", 0, 59, ALL_MINUTES, "Use 0-59, *, lists (0,30), ranges (0-29) and steps (*/15)."),
    _Rule("hour", 0, 23, ALL_HOURS, "Use 0-23, *, lists (8,20), ranges (9-17) and steps (*/2)."),
    _Rule("day", 1, 31, ALL_DAYS, "Use 1-31, L for the last day, *, lists (1,15), ranges (1-7) and steps (*/2)."),
    _Rule(
        "month",
        1,
        12,
        ALL_MONTHS,
        "Use 1-12 or JAN-DEC, *, lists (1,7), ranges (JUN-AUG) and steps (*/3).",
        {name: number for number, name in enumerate(_MONTHS, start=1)},
    ),
    _Rule(
        "weekday",
        0,
        7,
        ALL_WEEKDAYS,
        "Use 0-7 or SUN-SAT (0 and 7 are Sunday), *, lists (MON,THU), ranges (1-5), steps, 5L for the last "
        "Friday and 2#1 for the first Tuesday.",
        {name: number for number, name in enumerate(_WEEKDAYS)},
    ),
)
FIELDS: tuple[FieldName, ...] = tuple(rule.name for rule in _RULES)


@dataclass
class _Items:
    """One field taken apart: `plain` numbers and ranges, and what has no place on a number line."""

    plain: list[str] = field(default_factory=list)
    last_day: bool = False
    nth_weekdays: set[tuple[int, int]] = field(default_factory=set)
    last_weekdays: set[int] = field(default_factory=set)


def parse(expression: str) -> Cron:
    """Read a cron expression; remembered, so that equal texts cost nothing the second time.

    Raises CronError that names the field, also when no date at all can match (30 February).
    """
    if not isinstance(expression, str):
        raise CronError("expression", "A schedule is a text of five fields, such as 30 2 * * *.")
    if len(expression) > MAX_LENGTH:
        raise CronError("expression", f"A schedule has at most {MAX_LENGTH} characters; this has {len(expression)}.")
    return _parse(expression)


@lru_cache(maxsize=8192)
def _parse(expression: str) -> Cron:
    minute, hour, day, month, weekday = texts = _split(expression)
    items = [_take_apart(rule, text) for rule, text in zip(_RULES, texts, strict=True)]
    minutes, hours, days, months, weekdays = _expand(items)
    cron = Cron(
        texts=(minute, hour, day, month, weekday),
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=weekdays,
        last_day=items[2].last_day,
        nth_weekdays=frozenset(items[4].nth_weekdays),
        last_weekdays=frozenset(items[4].last_weekdays),
    )
    if not cron.is_possible():
        raise CronError("day", f"There is no date with day {day}, month {month} and weekday {weekday}.")
    return cron


@lru_cache(maxsize=1024)
def validate_field(field: FieldName, text: str) -> None:
    """Check one field on its own; raises CronError with that field's name.

    That a day exists in a month can only be told from the whole expression: see `parse`.
    """
    rule = _RULES[FIELDS.index(field)]
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise rule.error(f"A field is a text of at most {MAX_LENGTH} characters.")
    written = text.strip().upper()
    if len(written.split()) > 1:
        raise rule.error(f"'{text.strip()}' has a space in it.")
    _take_apart(rule, written)


def join_fields(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    """One expression from five fields, each checked on its own first; raises CronError."""
    texts = (minute, hour, day, month, weekday)
    for name, text in zip(FIELDS, texts, strict=True):
        validate_field(name, text)
    expression = " ".join(text.strip() for text in texts)
    parse(expression)
    return expression


def expand_nickname(expression: str) -> str:
    """The five fields behind `@daily` and the like; any other text as it is. Raises CronError for `@reboot`."""
    text = expression.strip()
    if not text.startswith("@"):
        return text
    fields = NICKNAMES.get(text.lower())
    if fields is None:
        raise CronError("expression", f"'{_short(text)}' is not known. Use {', '.join(NICKNAMES)}, or five fields.")
    return fields


def _split(expression: str) -> tuple[str, str, str, str, str]:
    text = expand_nickname(expression).upper()
    if "=" in text:
        raise CronError("expression", "Settings such as CRON_TZ= have no place here: give the zone as the timezone.")
    texts = text.split()
    if len(texts) != 5:
        more = " Seconds and years are not supported." if len(texts) in (6, 7) else ""
        raise CronError(
            "expression",
            f"A schedule has five fields (minute hour day month weekday), such as 30 2 * * *; "
            f"this has {len(texts)}.{more}",
        )
    minute, hour, day, month, weekday = texts
    return minute, hour, day, month, weekday


def _take_apart(rule: _Rule, text: str) -> _Items:
    items = _Items()
    for item in text.split(","):
        if not item:
            raise rule.error("The field is empty." if not text else f"'{_short(text)}' has an empty place in its list.")
        if rule.name == "day" and item == "L":
            items.last_day = True
        elif rule.name == "weekday" and "#" in item:
            weekday, _, nth = item.partition("#")
            if nth not in ("1", "2", "3", "4", "5"):
                raise rule.error(f"'{_short(item)}' must have 1 to 5 after the #.")
            items.nth_weekdays.add((rule.number(weekday, item) % 7, int(nth)))
        elif rule.name == "weekday" and len(item) > 1 and item.endswith("L"):
            items.last_weekdays.add(rule.number(item[:-1], item) % 7)
        else:
            items.plain.append(_plain(rule, item))
    return items


def _plain(rule: _Rule, item: str) -> str:
    """`*`, `a`, `a-b`, each with an optional `/step`, in numbers and without what croniter misreads."""
    span, slash, step_text = item.partition("/")
    step = _step(rule, item, step_text) if slash else 1
    if span == "*":
        if step == 1:
            return "*"
        first, last = rule.low, rule.high
    else:
        start, dash, end = span.partition("-")
        first = rule.number(start, item)
        if dash:
            last = rule.number(end, item)
            if rule.name == "weekday" and end == "SUN":
                last = 7
            if last < first:
                raise rule.error(f"'{_short(item)}' runs backwards: write two ranges, or start with the lower value.")
        else:
            last = rule.high if slash else first
    if last - first < step:
        return str(first)
    return f"{first}-{last}/{step}"


def _step(rule: _Rule, item: str, text: str) -> int:
    if not _is_number(text):
        raise rule.error(_foreign_syntax(item) or f"'{_short(item)}' must have a number after the /.")
    if int(text) == 0:
        raise rule.error(f"'{_short(item)}' has a step of 0.")
    return int(text)


def _expand(fields: Sequence[_Items]) -> list[frozenset[int]]:
    """The values of the plain items, by croniter; a field without any has none."""
    from croniter import croniter  # 60 ms, and only a process that parses needs it

    try:
        expanded = croniter.expand(" ".join(",".join(items.plain) or "*" for items in fields))[0]
    except ValueError as error:
        raise CronError("expression", f"The schedule cannot be read: {error}") from error
    values = []
    for rule, items, found in zip(_RULES, fields, expanded, strict=True):
        if not items.plain:
            values.append(frozenset[int]())
        elif "*" in found:
            values.append(rule.everything)
        else:
            values.append(frozenset(found))
    return values


def _foreign_syntax(item: str) -> str | None:
    """A kind word for what other schedulers accept."""
    if "?" in item:
        return "'?' is Quartz syntax: write * instead."
    if item.endswith("W"):
        return f"'{_short(item)}' (nearest weekday) is not supported."
    if item.startswith(("H", "R")) or "~" in item:
        return f"'{_short(item)}' (a drawn value) is not supported: write a number, and spread runs with jitter."
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "\u2026"
