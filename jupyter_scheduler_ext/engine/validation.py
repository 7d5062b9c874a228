"""From data that came from outside to a task, or to an error that names the field and says what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from . import cron
from .actions import action_class
from .errors import Invalid
from .instants import Instant, to_instant, to_rfc3339
from .models import TASK, AnyTask, PlannedTask, ScheduledTask

TYPES = ("scheduled", "planned", "adhoc")


def read_task(data: Mapping[str, Any], timezone: str) -> AnyTask:
    """A task from JSON-like data; `timezone` is the zone of a schedule or planned date that names none.

    Raises `errors.Invalid` with the dotted name of the first offending field, all of them under ``errors``.
    """
    if not isinstance(data, Mapping):
        raise Invalid("a task is a JSON object")
    if data.get("type") not in TYPES:
        raise Invalid(f"type is one of: {', '.join(TYPES)}", field="type")
    try:
        return TASK.validate_python(data, context={"timezone": timezone})
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> Invalid:
    """A pydantic error as ours: the first problem's field and message, every problem in ``errors``."""
    problems = [{"field": _dotted(item["loc"]), "message": _message(item)} for item in error.errors(include_url=False)]
    return Invalid(problems[0]["message"], field=problems[0]["field"] or None, errors=problems)


def _dotted(location: tuple[int | str, ...]) -> str:
    """``("scheduled", "policy", "timeout")`` is ``policy.timeout`` to the person who wrote it."""
    parts = location[1:] if location and location[0] in TYPES else location
    return ".".join(str(part) for part in parts if "[" not in str(part))


def _message(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def check_rule(task: AnyTask, now: Instant) -> None:
    """The task's times make sense: valid cron, known zone, some date ahead. Raises `errors.Invalid`."""
    if not isinstance(task, ScheduledTask):
        return
    schedule = task.schedule
    try:
        cron.zone(schedule.timezone)
        for name in ("minute", "hour", "day", "month", "weekday"):
            cron.validate_field(name, getattr(schedule, name))
        cron.parse(schedule.expression)
        if cron.next_fire_epoch(schedule.expression, schedule.timezone, now / 1000) is None:
            raise Invalid("no date in the next 50 years matches this schedule", field="schedule")
    except cron.CronError as error:
        field = "schedule" if error.field == "expression" else f"schedule.{error.field}"
        raise Invalid(error.message, field=field) from None


def check_new_dates(task: AnyTask, before: AnyTask | None, now: Instant) -> None:
    """Dates that are new in a plan must lie ahead. Raises `errors.Invalid`."""
    if not isinstance(task, PlannedTask):
        return
    known: set[datetime] = {time.at for time in before.plan.dates} if isinstance(before, PlannedTask) else set()
    for index, time in enumerate(task.plan.todo):
        if time.at not in known and to_instant(time.at) <= now:
            said = f"{time.wall.replace('T', ' ')} ({time.timezone})" if time.wall else to_rfc3339(to_instant(time.at))
            raise Invalid(f"{said} is in the past: a planned date must lie ahead", field=f"plan.todo.{index}")


def check_parameters(task: AnyTask, parameters: Mapping[str, Any], *, declared_only: bool) -> None:
    """Parameters for one run fit the action. Raises `errors.Invalid`."""
    cls = action_class(task.action.kind)
    if parameters and (cls is None or "parameters" not in cls.model_fields):
        raise Invalid(f"a {task.action.kind} action takes no parameters", field="parameters")
    declared = task.action.own_parameters
    for name in parameters:
        if not isinstance(name, str) or not name.isidentifier():
            raise Invalid(f"{name!r} is not a name for a parameter", field="parameters")
        if declared_only and name not in declared:
            allowed = ", ".join(declared) or "none"
            raise Invalid(f"this task declares no parameter {name!r}; declared: {allowed}", field=f"parameters.{name}")
