"""The fire times of a task, whatever its type: pure functions of its definition and of the facts about its past."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import cron
from .instants import Instant, to_datetime, to_instant
from .models import AnyTask, PlannedTask, ScheduledTask
from .runs import Facts, Origin

CLOCK_STEP_BACK = 3 * 3_600_000
"""A cursor further ahead of the clock than this was written by a clock that was wrong (RELIABILITY 1, clock back)."""

CORRECTION = timedelta(hours=3)
"""A gap of this size is a correction of the calendar, not a change to summer time (RELIABILITY 1, gap)."""

NEWEST = 100
"""At most so many fires of one catch-up are run; the rest are counted."""


class DueFires(NamedTuple):
    """The fires of one look at the clock: the newest (at most `NEWEST`), oldest first, and what lies before them."""

    newest: tuple[Instant, ...] = ()
    earlier: int = 0
    """How many fires are older than `newest[0]`."""
    first: Instant | None = None
    """The oldest of them all."""


def origin_of(task: AnyTask) -> Origin:
    """The origin of the runs that this task's rule makes."""
    return Origin.PLAN if isinstance(task, PlannedTask) else Origin.SCHEDULE


def cursor_in_force(task: AnyTask, facts: Facts, now: Instant) -> Instant:
    """Fires are looked for after this instant: the latest of what was considered and what the definition allows.

    A task without any of these begins now. What lies hours ahead of the clock is not believed.
    """
    marks = [] if facts.cursor is None else [facts.cursor]
    if task.effective_from is not None:
        marks.append(to_instant(task.effective_from))
    known = [mark for mark in marks if mark <= now + CLOCK_STEP_BACK]
    if task.policy.start_at is not None:
        known.append(to_instant(task.policy.start_at) - 1)
    return max(known, default=now)


def next_fire(task: AnyTask, after: Instant) -> Instant | None:
    """The first fire strictly after an instant that the rule and `end_at` allow, or None.

    Raises `cron.CronError` if the rule or its zone cannot be read.
    """
    if isinstance(task, ScheduledTask):
        seconds = cron.next_fire_epoch(task.schedule.expression, task.schedule.timezone, after / 1000)
        fire = None if seconds is None else seconds * 1000
    elif isinstance(task, PlannedTask):
        fire = next((at for at in planned_instants(task) if at > after), None)
    else:
        return None
    end = task.policy.end_at
    return None if fire is None or (end and fire > to_instant(end)) else fire


def upcoming(task: AnyTask, after: Instant, count: int) -> list[Instant]:
    """The next `count` fires after an instant; fewer if the rule has no more."""
    fires: list[Instant] = []
    while len(fires) < count and (fire := next_fire(task, after)) is not None:
        fires.append(fire)
        after = fire
    return fires


def due_fires(task: AnyTask, after: Instant, now: Instant) -> DueFires:
    """Every fire in (after, now], the newest ones by name and the others by number: bounded work after any downtime."""
    end = task.policy.end_at
    until = min(now, to_instant(end)) if end else now
    first = next_fire(task, after)
    if first is None or first > until:
        return DueFires()
    second = next_fire(task, first)
    if second is None or second > until:
        return DueFires((first,), 0, first)
    if isinstance(task, PlannedTask):
        fires = [at for at in planned_instants(task) if after < at <= until]
        return DueFires(tuple(fires[-NEWEST:]), max(0, len(fires) - NEWEST), first)
    assert isinstance(task, ScheduledTask)
    rule = task.schedule.expression, task.schedule.timezone
    newest: list[Instant] = []
    at = until
    while len(newest) < NEWEST and (fire := cron.latest_before(*rule, to_datetime(at))) is not None:
        instant = to_instant(fire)
        if instant <= after:
            break
        newest.append(instant)
        at = instant - 1
    newest.reverse()
    earlier = cron.count_between(*rule, to_datetime(after), to_datetime(newest[0] - 1)) if newest else 0
    return DueFires(tuple(newest), earlier, first)


def swallowed(task: AnyTask, after: Instant, until: Instant) -> tuple[Instant, int] | None:
    """The instant of a jump of the zone's clock by three hours or more in (after, until], and how many fires it
    swallowed; None in every place and year but a very few (Apia 2011, Casey)."""
    if not isinstance(task, ScheduledTask):
        return None
    if not _corrected(cron.zone(task.schedule.timezone), after, until):
        return None
    rule = task.schedule.expression, task.schedule.timezone
    lost = cron.skipped_in_gaps(*rule, to_datetime(after), to_datetime(until))
    return (to_instant(lost[0].at), len(lost)) if lost else None


@lru_cache(maxsize=1024)
def _corrected(place: ZoneInfo, after: Instant, until: Instant) -> bool:
    """Remembered: a herd asks it with the same cursor and the same fire."""
    before, later = (to_datetime(at).astimezone(place).utcoffset() for at in (after, until))
    return before is not None and later is not None and later - before >= CORRECTION


def due_at(task: AnyTask, fire: Instant) -> Instant:
    """When a fire is to start: the fire plus its jitter, the same on every server and after every restart."""
    if not task.policy.jitter:
        return fire
    span = int(task.policy.jitter * 1000)
    following = next_fire(task, fire)
    if following is not None:
        span = min(span, following - fire)
    if span <= 0:
        return fire
    digest = blake2b(f"{task.uuid}:{fire}".encode(), digest_size=8).digest()
    return fire + int.from_bytes(digest) % span


def planned_instants(task: PlannedTask) -> list[Instant]:
    """The plan's dates as instants, in order."""
    return [to_instant(time.at) for time in task.plan.dates]
