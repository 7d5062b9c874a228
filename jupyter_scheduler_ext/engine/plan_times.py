"""Planned date-times: what a person wrote, resolved to an instant (RELIABILITY.md 1, planned datetimes).

The stored truth is the wall time with its zone and fold; the instant follows from them and the tz data, so that a
change of the tz data moves what has not fired yet (`resolve` again). A text with an offset names an instant;
its wall time in the task's zone is derived from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .cron_words import date_in_words
from .wall import EPOCH, SECOND, Shift, day_of, instant_of, local_day, utc, zone

_SHAPE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE)
_LONGEST = 40
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)


class PlannedTimeError(ValueError):
    """A planned time that cannot be read; `field` is `at`, `wall` or `fold`, `message` says what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True)
class PlanNote:
    """What happened to a planned time on its way to an instant: `gap`, `overlap` or `converted`, and in words."""

    code: str
    message: str


@dataclass(frozen=True)
class ResolvedTime:
    """A planned time: the naive `wall` time, its zone and fold, and the instant `at` (UTC) they stand for."""

    wall: datetime
    timezone: str
    fold: int
    at: datetime
    notes: tuple[PlanNote, ...] = ()


def resolve(value: str | datetime, timezone: str, fold: int = 0) -> ResolvedTime:
    """The instant of a planned time: with an offset as it stands, else as wall time in the zone.

    A wall time in a gap is moved to the instant of the change. Of one that comes twice the first is taken, or the
    second with `fold` 1. The notes tell of both. Raises PlannedTimeError, or CronError for the zone.
    """
    if fold not in (0, 1):
        raise PlannedTimeError("fold", "Use 0 for the first and 1 for the second of two equal local times.")
    place = zone(timezone)
    given = _read(value)
    offset = given.utcoffset()
    if offset is not None:
        local = given.astimezone(place)
        wall = local.replace(tzinfo=None, fold=0)
        is_foreign = offset not in (timedelta(0), local.utcoffset())
        notes = (_converted(given, offset, wall, timezone),) if is_foreign else ()
        return ResolvedTime(wall, timezone, local.fold, given.astimezone(UTC), notes)
    fold = fold or given.fold
    given = given.replace(fold=0)
    seconds = (given - _NAIVE_EPOCH) // SECOND
    shift = local_day(place, day_of(seconds)).shift
    if shift is None or not shift.start <= seconds < shift.end:
        return ResolvedTime(given, timezone, 0, utc(instant_of(seconds, place)) + _fraction(given))
    if shift.is_gap:
        return ResolvedTime(given, timezone, 0, utc(shift.at), (_moved(given, timezone, shift),))
    at = utc(instant_of(seconds, place, fold)) + _fraction(given)
    return ResolvedTime(given, timezone, fold, at, (_ambiguous(given, timezone, shift, fold),))


def resolve_planned(given: Mapping[str, Any], timezone: str) -> dict[str, Any]:
    """The stored form `{at, wall, timezone, fold}` of a planned time given by `wall` or `at`, other keys kept.

    What already has both keeps both, unresolved: so a plan loads although its zone has vanished, and a date that
    has fired is not moved by new tz data.
    """
    kept = {"timezone": timezone, **given}
    if given.get("at") is not None and given.get("wall") is not None:
        return kept
    name = "wall" if given.get("wall") is not None else "at"
    value = given.get(name)
    if value is None:
        raise PlannedTimeError("at", "Give a time, such as 2026-03-12T02:30.")
    place = kept["timezone"] or timezone
    if not isinstance(place, str):
        raise PlannedTimeError("timezone", "Give the name of a zone, such as Europe/Berlin.")
    try:
        resolved = resolve(value, place, given.get("fold") or 0)
    except PlannedTimeError as error:
        raise PlannedTimeError(name if error.field == "at" else error.field, error.message) from error
    return {
        **kept,
        "at": resolved.at,
        "wall": resolved.wall.isoformat(),
        "timezone": resolved.timezone,
        "fold": resolved.fold,
    }


def as_edited(entry: Mapping[str, Any], known: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One date of an edited plan, less the half of it that the edit has made untrue, so that it is worked out anew.

    `known` are the stored dates, in their JSON form. A date that is one of them stays as it is, instant and all. Else
    the half that differs from the stored date is what was meant: a new wall time (or zone, or fold) beside the old
    instant, or a new instant beside the old wall time. Where both are new, the wall time is the truth, as it is in
    what is stored.
    """
    if not entry.get("wall") or entry.get("at") is None:
        return entry
    stored = list(known)
    at_its_instant = [one for one in stored if _same_instant(entry, one)]
    at_its_wall_time = [one for one in stored if _same_wall(entry, one)]
    if any(one in at_its_wall_time for one in at_its_instant):
        return entry
    is_moved = bool(at_its_wall_time) and not at_its_instant
    untrue = ("wall", "fold") if is_moved else ("at",)
    meant = {name: value for name, value in entry.items() if name not in untrue}
    for one in (*at_its_instant, *at_its_wall_time)[:1]:
        meant.setdefault("timezone", one["timezone"])
    return meant


def _same_instant(entry: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    return bool(_moment(entry["at"]) == _moment(stored["at"]))


def _same_wall(entry: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Members that are left out are as they were."""
    given = {"timezone": stored.get("timezone"), "fold": stored.get("fold"), **entry}
    return bool(
        _moment(given["wall"]) == _moment(stored.get("wall"))
        and given["timezone"] == stored.get("timezone")
        and given["fold"] == stored.get("fold")
    )


def _moment(value: Any) -> Any:
    """A text as the time that it says, however it is spelled; what is no time stays what it is."""
    try:
        return datetime.fromisoformat(value.strip().upper())
    except (AttributeError, ValueError):
        return value


def _read(value: str | datetime) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        if not isinstance(value, str) or len(value) > _LONGEST or not _SHAPE.fullmatch(value.strip()):
            raise PlannedTimeError("at", "Write a time as 2026-03-12T02:30, with an offset (+01:00, Z) or without.")
        try:
            moment = datetime.fromisoformat(value.strip().upper())
        except ValueError as error:
            raise PlannedTimeError("at", f"There is no such time: {error}.") from error
    if not 1970 <= moment.year <= 9990:
        raise PlannedTimeError("at", "Use a year from 1970 to 9990.")
    return moment


def _moved(wall: datetime, timezone: str, shift: Shift) -> PlanNote:
    landed = _show(utc(shift.end))
    return PlanNote("gap", f"{_show(wall)} does not exist in {timezone}, clocks go forward: moved to {landed}.")


def _ambiguous(wall: datetime, timezone: str, shift: Shift, fold: int) -> PlanNote:
    which, offset = ("second", shift.after) if fold else ("first", shift.before)
    return PlanNote(
        "overlap",
        f"{_show(wall)} comes twice in {timezone}, clocks go back: the {which} is meant, at UTC{_offset(offset)}.",
    )


def _converted(given: datetime, offset: timedelta, wall: datetime, timezone: str) -> PlanNote:
    return PlanNote("converted", f"{_show(given)} at UTC{_offset(offset // SECOND)} is {_show(wall)} in {timezone}.")


def _show(moment: datetime) -> str:
    return f"{date_in_words(moment)}, {moment:%H:%M}"


def _offset(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"


def _fraction(moment: datetime) -> timedelta:
    return timedelta(microseconds=moment.microsecond)
