"""What a form shows of a schedule before it is saved: its words, its next fires, and what may surprise.

Warning codes: `gap` and `overlap` (a clock change within a year moves, drops or doubles a fire), `clock_change`
(the clocks change among the fires shown, and each keeps its local time), `rare` (over a year to the next fire),
`dom_dow` (day and weekday are both given), `step` (a step that starts anew each hour or day).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from .cron_dates import ALL_HOURS, Cron
from .cron_fires import fires_after
from .cron_grammar import parse
from .cron_words import date_in_words, describe
from .wall import DAY, Shift, day_at, day_of, day_start, local_day, seconds_since_epoch, utc, zone

_YEAR = 366


@dataclass(frozen=True)
class Warning:
    """One thing that may surprise: `code` for programs, `message` for people, `at` (UTC) when it happens, if ever."""

    code: str
    message: str
    at: datetime | None = None


@dataclass(frozen=True)
class Preview:
    """A schedule in words, its next fires in UTC, and its warnings."""

    words: str
    fires: list[datetime]
    warnings: list[Warning]


def preview(expression: str, timezone: str, after: datetime, count: int = 5) -> Preview:
    """What to show of a schedule: words, the next `count` fires after `after`, warnings. Raises CronError."""
    cron, place = parse(expression), zone(timezone)
    start = seconds_since_epoch(after)
    fires = list(islice(fires_after(cron, place, start), max(count, 1)))
    warnings = [
        *_clock_changes(cron, place, start, fires),
        *_rare(place, start, fires),
        *_both_days(cron),
        *_steps(cron),
    ]
    return Preview(describe(cron), [utc(fire) for fire in fires[: max(count, 0)]], warnings)


def _clock_changes(cron: Cron, place: ZoneInfo, start: int, fires: list[int]) -> Iterator[Warning]:
    """The first gap and the first overlap within a year that a fire meets, or else the first change in sight."""
    told: set[str] = set()
    passed = None
    for shift in _shifts(place, start):
        walls = _walls_within(cron, shift)
        code = "gap" if shift.is_gap else "overlap"
        keeps_its_rhythm = cron.follows_real_time and cron.hours == ALL_HOURS
        if walls and not keeps_its_rhythm and code not in told:
            told.add(code)
            yield Warning(code, f"{_announce(shift)}: {_effect(cron, shift, walls)}.", utc(shift.at))
        elif passed is None and fires and shift.at <= fires[-1] <= start + _YEAR * DAY:
            passed = shift
    if passed is not None and not told:
        rest = "the rhythm goes on in real time" if cron.follows_real_time else "runs keep their local time"
        yield Warning("clock_change", f"{_announce(passed)}: {rest}.", utc(passed.at))


def _shifts(place: ZoneInfo, start: int) -> Iterator[Shift]:
    """The clock changes of the year after an instant."""
    today = day_at(place, start)
    last_told = start
    for day in range(today, today + _YEAR):
        shift = local_day(place, day).shift
        if shift is not None and shift.at > last_told:
            last_told = shift.at
            yield shift


def _walls_within(cron: Cron, shift: Shift) -> list[int]:
    """The wall times of the rule that a change leaves out or brings twice."""
    return [
        wall
        for day in range(day_of(shift.start), day_of(shift.end - 1) + 1)
        if cron.matches(day)
        for wall in (day_start(day) + 60 * minute for minute in cron.minutes_of_day)
        if shift.start <= wall < shift.end
    ]


def _announce(shift: Shift) -> str:
    turn = "forward" if shift.is_gap else "back"
    before, after = shift.at + shift.before, shift.at + shift.after
    return f"On {_date(before)} clocks go {turn} from {_clock(before)} to {_clock(after)}{_other_day(before, after)}"


def _effect(cron: Cron, shift: Shift, walls: list[int]) -> str:
    first, last = _clock(walls[0]), _clock(walls[-1])
    one = len(walls) == 1
    runs = f"the run at {first}" if one else f"the {len(walls)} runs from {first} to {last}"
    if not shift.is_gap and cron.follows_real_time:
        return f"{runs} {'comes' if one else 'come'} twice, once in each of the two hours"
    if not shift.is_gap:
        return f"{runs} {'happens' if one else 'happen'} once, the first time the clock shows {'it' if one else 'them'}"
    if cron.follows_real_time:
        return f"{runs} {'does' if one else 'do'} not happen, as there is no such time"
    if shift.is_correction:
        return f"{runs} {'is' if one else 'are'} skipped"
    return f"{runs} {'moves to' if one else 'become one at'} {_clock(shift.end)}"


def _rare(place: ZoneInfo, start: int, fires: list[int]) -> Iterator[Warning]:
    if not fires:
        yield Warning("rare", "There is no run within 50 years.")
    elif fires[0] - start > _YEAR * DAY:
        day = date_in_words(utc(fires[0]).astimezone(place))
        yield Warning("rare", f"The next run is more than a year away, on {day}.", utc(fires[0]))


def _both_days(cron: Cron) -> Iterator[Warning]:
    if not (cron.restricts_days and cron.restricts_weekdays):
        return
    if cron.needs_both_days:
        yield Warning("dom_dow", "Day and weekday are both given, and one starts with *: it runs only when BOTH match.")
    else:
        yield Warning("dom_dow", "Day and weekday are both given: it runs when the day OR the weekday matches.")


def _steps(cron: Cron) -> Iterator[Warning]:
    for text, size, unit, anew in ((cron.texts[0], 60, "minutes", "hour"), (cron.texts[1], 24, "hours", "day")):
        step = text.removeprefix("*/")
        if text != step and step.isdecimal() and size % int(step):
            yield Warning("step", f"*/{step} is not every {step} {unit}: the count starts anew each {anew}.")


def _date(wall: int) -> str:
    return date_in_words(utc(wall))


def _clock(wall: int) -> str:
    return f"{utc(wall):%H:%M}"


def _other_day(before: int, after: int) -> str:
    return "" if day_of(before) == day_of(after) else f" on {_date(after)}"
