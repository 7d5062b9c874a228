"""What a schedule or plan would do, before it is saved: words, fires, warnings, a calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from . import cron
from .errors import Invalid
from .instants import Instant, to_datetime, to_instant, to_rfc3339
from .models import split_cron
from .plan_times import PlannedTimeError, resolve

CALENDAR_DAYS = 42
MOST = 100


def preview(body: Mapping[str, Any], timezone: str, now: Instant) -> dict[str, Any]:
    """The API's reply (DESIGN, HTTP, `scheduler_schedule_preview`). Raises `errors.Invalid` naming the field."""
    zone_name = body.get("timezone") or timezone
    count = body.get("count", 5)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
        raise Invalid(f"count is between 1 and {MOST}", field="count")
    if not isinstance(zone_name, str):
        raise Invalid("timezone is the name of a zone, such as Europe/Berlin", field="timezone")
    if "plan" in body:
        return _planned(body["plan"], zone_name, now)
    return _scheduled(body.get("schedule"), zone_name, now, count)


def _scheduled(schedule: Any, timezone: str, now: Instant, count: int) -> dict[str, Any]:
    try:
        fields = _fields(schedule)
        timezone = fields.pop("timezone", timezone)
        cron.zone(timezone)
        for name in cron.FIELDS:
            cron.validate_field(name, fields[name])
        expression = cron.join_fields(*(fields[name] for name in cron.FIELDS))
        shown = cron.preview(expression, timezone, to_datetime(now), count)
    except cron.CronError as error:
        field = error.field if error.field == "timezone" else f"schedule.{error.field}"
        raise Invalid(error.message, field="schedule" if error.field == "expression" else field) from None
    if not shown.fires:
        raise Invalid("no date in the next 50 years matches this schedule", field="schedule")
    start = to_datetime(now)
    ahead = cron.count_by_day(expression, timezone, start, start + timedelta(days=CALENDAR_DAYS))
    return {
        "words": shown.words,
        "fires": [to_rfc3339(to_instant(fire)) for fire in shown.fires],
        "warnings": [
            {"code": item.code, "message": item.message, **({"at": to_rfc3339(to_instant(item.at))} if item.at else {})}
            for item in shown.warnings
        ],
        "fields": fields,
        "timezone": timezone,
        "dates": {day.isoformat(): count for day, count in ahead.items()},
    }


def _fields(schedule: Any) -> dict[str, str]:
    if isinstance(schedule, str):
        if len(schedule) > 256:
            raise Invalid("a cron text has at most 256 characters", field="schedule")
        try:
            return split_cron(schedule)
        except cron.CronError:
            raise
        except ValueError as error:
            raise Invalid(str(error), field="schedule") from None
    if not isinstance(schedule, Mapping):
        raise Invalid("schedule is a cron text or an object with its five fields", field="schedule")
    fields: dict[str, str] = {}
    for name in (*cron.FIELDS, "timezone"):
        value = schedule.get(name, "*")
        if not isinstance(value, str):
            raise Invalid(f"{name} is a text", field=f"schedule.{name}")
        if name != "timezone" or name in schedule:
            fields[name] = value
    return fields


def _planned(plan: Any, timezone: str, now: Instant) -> dict[str, Any]:
    if isinstance(plan, Mapping):
        plan = plan.get("todo", [])
    if not isinstance(plan, list) or len(plan) > 1000:
        raise Invalid("plan is a list of at most 1000 dates", field="plan")
    fires: set[Instant] = set()
    warnings: list[dict[str, Any]] = []
    dates: Counter[str] = Counter()
    for index, given in enumerate(plan):
        item = given if isinstance(given, Mapping) else {"at": given}
        try:
            zone_name = item.get("timezone") or timezone
            time = resolve(item.get("wall") or item.get("at") or "", zone_name, item.get("fold") or 0)
        except (PlannedTimeError, cron.CronError) as error:
            raise Invalid(error.message, field=f"plan.{index}") from None
        instant = to_instant(time.at)
        if instant <= now:
            raise Invalid("this date is in the past", field=f"plan.{index}")
        if instant in fires:
            warnings.append({"code": "duplicate", "message": "This date is there twice; it runs once."})
        fires.add(instant)
        dates[time.wall.date().isoformat()] += 1
        warnings += [
            {"code": note.code, "message": note.message, "at": to_rfc3339(instant), "index": index}
            for note in time.notes
        ]
    count = len(fires)
    return {
        "words": f"{count} planned date{'' if count == 1 else 's'}",
        "fires": [to_rfc3339(fire) for fire in sorted(fires)],
        "warnings": warnings,
        "fields": None,
        "timezone": timezone,
        "dates": dict(dates),
    }
