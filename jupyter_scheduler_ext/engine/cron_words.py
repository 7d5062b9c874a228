"""A rule in English: `Weekdays, hourly 08\u201317`.

The short forms are taken only where they say exactly what the rule does; anything else gets a longer sentence that
lists its values. Equal words therefore mean equal schedules, clock changes aside, and a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from .cron_dates import ALL_HOURS, ALL_MONTHS, Cron
from .cron_grammar import parse
from .wall import zone

_DASH = "\u2013"
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MOST_TIMES = 6
"""As many times of day as a sentence can list and still be read."""


def explain(expression: str, timezone: str | None = None) -> str:
    """The schedule in words; with a timezone, its name in brackets. Raises CronError."""
    words = describe(parse(expression))
    return f"{words} ({zone(timezone).key})" if timezone else words


def describe(cron: Cron) -> str:
    """A parsed rule in words."""
    days = _days(cron)
    rhythm = _rhythm(cron)
    if rhythm is None and len(cron.minutes_of_day) <= _MOST_TIMES:
        return f"{days or 'Every day'} at {_list([_clock(minute) for minute in cron.minutes_of_day])}"
    rhythm = rhythm or _spelled_out(cron)
    if days:
        return f"{days}, {rhythm}"
    return f"Every day, {rhythm}" if rhythm.startswith("hourly") else _capital(rhythm)


def date_in_words(moment: datetime) -> str:
    """`29 March 2026`, whatever the process's locale."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _rhythm(cron: Cron) -> str | None:
    """A short form for what repeats evenly within the day, if it is exact."""
    minutes, hours = sorted(cron.minutes), sorted(cron.hours)
    first, last = _clock(cron.minutes_of_day[0]), _clock(cron.minutes_of_day[-1])
    if len(minutes) > 1:
        step = _cycle(minutes, 60)
        if step is None or len(cron.minutes_of_day) < 3:
            return None
        every = "every minute" if step == 1 else f"every {step} minutes"
        if cron.hours == ALL_HOURS:
            return f"{every}, starting {_minutes_past(minutes[0])} past the hour" if minutes[0] else every
        return f"{every} from {first} to {last}" if _is_run(hours) else None
    if cron.hours == ALL_HOURS:
        return f"every hour at {_minutes_past(minutes[0])} past" if minutes[0] else "every hour"
    if len(hours) > 1 and _cycle(hours, 24) and cron.minutes_of_day[0] == 0:
        return f"every {_cycle(hours, 24)} hours"
    if len(hours) > 2 and _is_run(hours):
        return f"hourly {first}{_DASH}{last}" if minutes[0] else f"hourly {first[:2]}{_DASH}{last[:2]}"
    step = _stride(hours)
    return f"every {step} hours from {first} to {last}" if step and len(hours) > _MOST_TIMES else None


def _spelled_out(cron: Cron) -> str:
    """The long form, exact for any minutes and hours."""
    minutes, hours = sorted(cron.minutes), sorted(cron.hours)
    step = _cycle(minutes, 60)
    if step == 1:
        at = "every minute"
    elif step and minutes[0] == 0 and len(minutes) > 2:
        at = f"every {step} minutes"
    else:
        at = f"at {_numbers(minutes, 'minute')}"
    return f"{at} of {'every hour' if len(hours) == 24 else _numbers(hours, 'hour', article='the ')}"


def _days(cron: Cron) -> str | None:
    """Which days, ready to begin a sentence; None for every day of the year."""
    months = (
        None if cron.months == ALL_MONTHS else _runs([_MONTHS[month - 1] for month in sorted(cron.months)], _MONTHS)
    )
    within, of = (f" in {months}", f"of {months}") if months else ("", "of the month")
    either_is_enough = not cron.needs_both_days
    if cron.restricts_days and cron.restricts_weekdays:
        if either_is_enough:
            return f"{_capital(_day_numbers(cron, 'and'))} {of} or {_weekdays(cron, within, of)}"
        return f"{_capital(_weekdays(cron, within, of))} falling on {_day_numbers(cron, 'or', article='the ')} {of}"
    if either_is_enough or not (cron.restricts_days or cron.restricts_weekdays):
        return f"Every day{within}" if months else None
    if cron.restricts_days:
        return f"{_capital(_day_numbers(cron, 'and'))} {of}"
    return _capital(_weekdays(cron, within, of))


def _day_numbers(cron: Cron, conjunction: str, article: str = "") -> str:
    days = sorted(cron.days)
    if not cron.last_day:
        if days == list(range(1, 32, 2)):
            return "odd days"
        if days == list(range(2, 32, 2)):
            return "even days"
        step = _stride(days)
        if step and len(days) > 4:
            return f"every {_ordinal(step)} day from the {_ordinal(days[0])} to the {_ordinal(days[-1])}"
    ordinals = [_ordinal(day) for day in range(1, 32)]
    last = ["last day"] if cron.last_day else []
    return article + _runs([_ordinal(day) for day in days], ordinals, conjunction, last)


def _weekdays(cron: Cron, within: str, of: str) -> str:
    parts = []
    if cron.weekdays:
        parts.append(_plain_weekdays(cron.weekdays) + within)
    special = [
        f"{_ordinal(nth)} {_WEEKDAYS[weekday]}" for weekday, nth in sorted(cron.nth_weekdays, key=lambda x: x[::-1])
    ]
    special += [f"last {_WEEKDAYS[weekday]}" for weekday in sorted(cron.last_weekdays)]
    if special:
        parts.append(f"{'the ' if parts else ''}{_list(special)} {of}")
    return _list(parts)


def _plain_weekdays(weekdays: frozenset[int]) -> str:
    monday_first = sorted(weekdays, key=lambda weekday: (weekday - 1) % 7)
    if weekdays == {1, 2, 3, 4, 5}:
        return "weekdays"
    if weekdays == {0, 6}:
        return "weekends"
    if len(weekdays) > 2 and _is_run([(weekday - 1) % 7 for weekday in monday_first]):
        return f"{_WEEKDAYS[monday_first[0]]} to {_WEEKDAYS[monday_first[-1]]}"
    if len(weekdays) == 6:
        (free,) = set(range(7)) - weekdays
        return f"every day except {_WEEKDAYS[free]}s"
    return _list([f"{_WEEKDAYS[weekday]}s" for weekday in monday_first])


def _numbers(values: Sequence[int], unit: str, article: str = "") -> str:
    """Minutes or hours with two digits: `minutes 00, 05 and 10\u201320`, `every 7th minute from 00 to 56`."""
    step = _stride(values)
    if step and len(values) > 3:
        return f"every {_ordinal(step)} {unit} from {values[0]:02} to {values[-1]:02}"
    texts = _runs([f"{value:02}" for value in values], [f"{value:02}" for value in range(60)])
    return f"{article}{unit}{'s' if len(values) > 1 else ''} {texts}"


def _runs(words: Sequence[str], order: Sequence[str], conjunction: str = "and", more: Sequence[str] = ()) -> str:
    """The words as a list in which three or more neighbours in `order` are drawn together: `1st\u20133rd and 7th`."""
    groups: list[list[str]] = []
    for word in words:
        if groups and order.index(word) == order.index(groups[-1][-1]) + 1:
            groups[-1].append(word)
        else:
            groups.append([word])
    texts: list[str] = []
    for group in groups:
        texts += [f"{group[0]}{_DASH}{group[-1]}"] if len(group) > 2 else group
    return _list([*texts, *more], conjunction)


def _list(words: Sequence[str], conjunction: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _is_run(values: Sequence[int]) -> bool:
    return values[-1] - values[0] == len(values) - 1


def _stride(values: Sequence[int]) -> int | None:
    """The common distance of three or more values, if it is over 1."""
    steps = {later - earlier for earlier, later in pairwise(values)}
    return steps.pop() if len(values) > 2 and len(steps) == 1 and steps != {1} else None


def _cycle(values: Sequence[int], length: int) -> int | None:
    """The step of values that go on evenly from one hour, or day, to the next."""
    step, odd = divmod(length, len(values))
    return step if not odd and list(values) == list(range(values[0], length, step)) else None


def _clock(minute_of_day: int) -> str:
    return f"{minute_of_day // 60:02}:{minute_of_day % 60:02}"


def _minutes_past(minute: int) -> str:
    return f"{minute} minute{'s' if minute > 1 else ''}"


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
