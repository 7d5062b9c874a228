"""Tasks, their timing and their policies: what a person means. What happened stands in `runs`."""

from __future__ import annotations

import re
import uuid as uuids
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from sys import intern
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from .actions import AnyAction
from .plan_times import resolve_planned

CRON_FIELDS = ("minute", "hour", "day", "month", "weekday")


class TaskState(StrEnum):
    """Derived from facts (enabled, active run, last outcome, halted), never stored. See `policy.derive_state`."""

    IDLE = "idle"
    RUNNING = "running"
    DISABLED = "disabled"
    ERROR = "error"


class Model(BaseModel):
    """Frozen, and strict about unknown names: a typo in a field is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _to_utc(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise PydanticCustomError("zone_missing", "give the offset, as in 2026-03-12T02:30:00Z")
    return value


def _within_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("year", "use a year from 1 to 9999, in UTC as well") from None


def _rfc3339(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


UtcDatetime = Annotated[
    datetime,
    Field(strict=False),
    BeforeValidator(_to_utc),
    AfterValidator(_within_utc),
    PlainSerializer(_rfc3339, return_type=str, when_used="json"),
]

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What ends a line or moves a terminal's cursor: names go into logs, subjects of mails and the titles of windows."""


def _one_line(value: str) -> str:
    if _CONTROLS.search(value):
        raise PydanticCustomError("one_line", "use no line breaks or other control characters here")
    return value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(_one_line)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class TaskSchedule(Model):
    """A cron rule in its zone. May be given as one string, ``"30 2 * * *"``; the zone then is the default one.

    The five fields follow RELIABILITY 1; `cron.parse` says which texts are valid, and is asked when a task is saved,
    not here: a stored task whose zone has vanished must still load, to be shown and mended.
    """

    minute: str = "*"
    """0 to 59."""
    hour: str = "*"
    """0 to 23."""
    day: str = "*"
    """Of the month, 1 to 31; `L` is the last."""
    month: str = "*"
    """1 to 12, or `jan` to `dec`."""
    weekday: str = "*"
    """0 to 7, Sunday twice, or `sun` to `sat`; `fri#2` is the second Friday."""
    timezone: str = "UTC"
    """IANA name of the zone that is meant; left out: the server's default."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any, info: ValidationInfo) -> Any:
        zone = (info.context or {}).get("timezone", "UTC")
        if isinstance(value, str):
            return {"timezone": zone} | split_cron(value)
        if isinstance(value, dict):
            return {"timezone": zone} | value
        return value

    @property
    def expression(self) -> str:
        """The five fields as one cron string."""
        return " ".join((self.minute, self.hour, self.day, self.month, self.weekday))


def split_cron(text: str) -> dict[str, str]:
    """The five fields of a cron string; a nickname such as ``@daily`` is spelled out by `cron.expand_nickname`."""
    from .cron import expand_nickname

    parts = expand_nickname(text).split()
    if len(parts) != len(CRON_FIELDS):
        raise PydanticCustomError(
            "cron_fields",
            "a schedule has five fields: minute hour day month weekday; this has {count}",
            {"count": len(parts)},
        )
    return dict(zip(CRON_FIELDS, parts, strict=True))


class PlannedTime(Model):
    """One planned date: the instant, and the wall time and zone it was meant in (RELIABILITY 1, planned datetimes)."""

    at: UtcDatetime
    """The instant; worked out from `wall` and `timezone` where those are given."""
    wall: str | None = None
    """Local time without an offset, ``2026-03-12T02:30``."""
    timezone: str | None = None
    """IANA name of the zone of `wall`."""
    fold: Literal[0, 1] = 0
    """Which one is meant of two equal wall times, when clocks go back: 0 the first, 1 the second."""

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, cls):
            return value
        given = {"at": value} if isinstance(value, str | datetime) else value
        if not isinstance(given, dict):
            raise PydanticCustomError(
                "planned_time",
                "a planned time is a text such as 2026-03-12T02:30 or an object with wall and timezone",
            )
        zone = given.get("timezone") or (info.context or {}).get("timezone", "UTC")
        return resolve_planned(given, zone)


MOST_DATES = 5000
"""Dates of one plan; who has more has a rule."""


class TaskPlan(Model):
    """Dates on which a planned task runs. The definition keeps every date; what is done follows from the ledger."""

    todo: Annotated[tuple[PlannedTime, ...], Field(max_length=MOST_DATES)] = ()
    """Dates to run on; a text such as ``2026-03-12T02:30`` will do for each."""
    in_progress: PlannedTime | None = None
    """The date whose run is under way; shown, not given."""
    done: Annotated[tuple[PlannedTime, ...], Field(max_length=MOST_DATES)] = ()
    """Dates that have had their run."""

    @field_validator("todo", "done")
    @classmethod
    def _sorted_once(cls, times: Iterable[PlannedTime]) -> tuple[PlannedTime, ...]:
        return tuple(sorted({time.at: time for time in times}.values(), key=lambda time: time.at))

    @property
    def dates(self) -> tuple[PlannedTime, ...]:
        """Every date of the plan, whatever became of it, sorted and without doubles."""
        current = (self.in_progress,) if self.in_progress else ()
        return tuple(
            sorted({time.at: time for time in (*self.todo, *current, *self.done)}.values(), key=lambda t: t.at)
        )


class Retries(Model):
    """Attempts after a failure: the n-th waits ``delay * factor**(n-1)`` seconds, at most ``max_delay``, +-10 %."""

    max: Annotated[int, Field(ge=0, le=100)] = 0
    """How many attempts may follow the first."""
    delay: Annotated[float, Field(ge=0, le=86_400)] = 30
    """Seconds before the first of them."""
    factor: Annotated[float, Field(ge=1, le=10)] = 2
    """How many times longer each wait is than the one before."""
    max_delay: Annotated[float, Field(ge=0, le=86_400)] = 3600
    """Seconds that no wait exceeds."""


class Policy(Model):
    """One field answers one question (RELIABILITY 2). Durations are seconds."""

    catchup: Literal["none", "latest", "all"] = "latest"
    """Which of the times that passed while nothing ran are made up for."""
    catchup_window: Annotated[float, Field(ge=10, le=366 * 86_400)] = 86_400
    """Seconds; what was due longer ago is recorded as missed."""
    overlap: Literal["skip", "queue_one", "cancel_previous", "allow"] = "skip"
    """What becomes of a time that comes while an earlier run is active."""
    jitter: Annotated[float, Field(ge=0, le=86_400)] = 0
    """Seconds over which starts are spread, by a hash of task and time."""
    timeout: Annotated[float, Field(gt=0, le=366 * 86_400)] | None = 86_400
    """Seconds that a run may take; null: as long as it likes."""
    retries: Retries = Retries()
    """What follows a failure or a timeout."""
    on_crash: Literal["fail", "retry"] = "fail"
    """Is a run tried again that was lost with its server?"""
    pause_after: Annotated[int, Field(ge=0, le=1000)] = 0
    """Failures in a row after which the task stands still until it is reset; 0: never."""
    max_runs: Annotated[int, Field(ge=1)] | None = None
    """How many times it runs by its rule at most."""
    start_at: UtcDatetime | None = None
    """Nothing is due before."""
    end_at: UtcDatetime | None = None
    """Nothing is due after."""

    @model_validator(mode="after")
    def _ordered(self) -> Policy:
        if self.start_at and self.end_at and self.end_at <= self.start_at:
            raise PydanticCustomError("end_before_start", "end_at lies before start_at")
        return self


class Event(StrEnum):
    """What people may want to be told of a task. `notices` says when each has come."""

    FAILURE = "failure"
    SUCCESS = "success"
    MISSED = "missed"
    RECOVERED = "recovered"
    LONG = "long"


TargetName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")]


def _to_alone(value: Any) -> Any:
    """A bare list names targets; an empty one, as earlier versions wrote it, says nothing."""
    if isinstance(value, list | tuple):
        return {"to": value} if value else None
    return value


class Notify(Model):
    """Whom to tell of what. A member that is None is as the server's settings say; an empty `on` is silence."""

    on: Annotated[tuple[Event, ...], Field(max_length=len(Event))] | None = None
    """What is told."""
    to: Annotated[tuple[TargetName, ...], Field(max_length=20)] | None = None
    """Names of targets. Addresses, which may be secret, stand in the server's settings alone."""
    long_after: Annotated[float, Field(gt=0, le=366 * 86_400)] | None = None
    """Seconds after which a run takes long."""
    long_factor: Annotated[float, Field(gt=1, le=1000)] | None = None
    """How many times its usual duration a run may take before it takes long."""


class TaskToken(Model):
    """What is kept of an ad-hoc task's token: never the token itself (RELIABILITY 5)."""

    sha256: str
    """Its hash."""
    last4: str
    """Its last four characters, to tell tokens apart."""
    created_at: UtcDatetime
    """When it was made."""
    expires_at: UtcDatetime | None = None
    """From when on it opens nothing; null: never."""


def new_uuid() -> str:
    return str(uuids.uuid4())


class BaseTask(Model):
    """What the three types have in common. `revision` counts saves; `effective_from` is when the rule began to hold."""

    uuid: Identifier = Field(default_factory=new_uuid)
    """The task's id; made if it is left out."""
    revision: Annotated[int, Field(ge=0)] = 0
    """Counts the saves; set by the store."""
    name: Name
    """What people call it."""
    description: Annotated[str, Field(max_length=10_000)] = ""
    """In as many words as you like."""
    tags: Annotated[tuple[Tag, ...], Field(max_length=50)] = ()
    """Words to find it by."""
    enabled: bool = True
    """Does it run by its rule?"""
    effective_from: UtcDatetime | None = None
    """What was due before is not made up for; set when the task is enabled or its schedule changes."""
    action: AnyAction
    """What a run does: a notebook, code, a command, or a kind that another package brings."""
    context_id: Identifier | None = None
    """The context to run in, if it is shared with other tasks; null: its own."""
    attachments: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """Names of files that were attached; given to each run."""
    policy: Policy = Policy()
    """How it behaves when something is in the way."""
    notify: Annotated[Notify | None, BeforeValidator(_to_alone)] = None
    """Whom to tell of what; null: as the server's settings say."""
    owner: str = ""
    """Who changed last what it runs; set by the server."""
    executor: Annotated[str, Field(max_length=64)] = "local"
    """Where it runs: one of ``c.SchedulerExtension.executors``."""
    server_label: Annotated[str, Field(max_length=64)] = ""
    """Where several servers share the schedule: runs only on one that has this label; empty: on any."""
    created_at: UtcDatetime | None = None
    """When it was made; set by the server."""
    updated_at: UtcDatetime | None = None
    """When it was last saved; set by the server."""

    @field_validator("tags")
    @classmethod
    def _each_tag_once(cls, tags: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(intern, tags)))  # thousands of tasks share a few tags, and so one text of each

    @property
    def context(self) -> str:
        """The id of the context this task runs in: its own unless it shares one."""
        return self.context_id or self.uuid


class ScheduledTask(BaseTask):
    """Runs by a cron rule."""

    type: Literal["scheduled"] = "scheduled"
    """Tells the three types apart."""
    schedule: TaskSchedule
    """Its cron rule, in its zone."""


class PlannedTask(BaseTask):
    """Runs on a list of dates."""

    type: Literal["planned"] = "planned"
    """Tells the three types apart."""
    plan: TaskPlan
    """Its dates."""


class AdHocTask(BaseTask):
    """Runs when called, by hand or with its token."""

    type: Literal["adhoc"] = "adhoc"
    """Tells the three types apart."""
    token: TaskToken | None = None
    """What is kept of its token."""


Task = Annotated[ScheduledTask | PlannedTask | AdHocTask, Field(discriminator="type")]
AnyTask = ScheduledTask | PlannedTask | AdHocTask

TASK: TypeAdapter[AnyTask] = TypeAdapter(Task)
