"""The database of jupyter-scheduler as notebook tasks: its job definitions, and on request its jobs that have none.

Its file is opened read-only. A definition keeps its id, so that the same database taken in twice makes nothing twice.
There the notebook is a copy from the time of scheduling and its place in the served folder is not recorded; here the
notebook is read where it lies at every run. So its place is looked for by its name.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from ..engine import cron
from ..engine.errors import Invalid
from .findings import Finding

Locate: TypeAlias = Callable[[str], list[str]]
"""A notebook's file name -> the places, below the served root, at which there is one of this name."""
Row: TypeAlias = Mapping[str, Any]

TABLES = ("job_definitions", "jobs")
STAGING = "scheduler_staging_area"
USUAL_OUTPUTS = frozenset({"ipynb", "html"})
USUAL_TIMEOUT = 600
"""Seconds: the default of a column that jupyter-scheduler itself never reads."""
_NAMESPACE = uuid5(NAMESPACE_URL, "jupyter-scheduler-ext/official")


def read_official(database: Path, locate: Locate, *, jobs: bool = False) -> list[Finding]:
    """A finding a definition, then one for the history as a whole. With `jobs`, also an ad-hoc task for each different
    job that was run once, without a definition.

    Raises Invalid if the file is no database of jupyter-scheduler.
    """
    definitions, ran = _rows(database)
    known = {str(row["job_definition_id"]) for row in definitions}
    findings = [_definition(row, database, locate) for row in definitions]
    single = [row for row in ran if str(row.get("job_definition_id")) not in known]
    if jobs:
        findings += _single(single, database, locate)
    elif single:
        told = f"{len(single)} jobs were run once and belong to no definition"
        findings.append(
            Finding("jobs", told, notes=("they are over; --jobs takes each different one as an ad-hoc task",))
        )
    if ran:
        told = f"{len(ran)} past jobs"
        findings.append(Finding("jobs", told, notes=("history is not taken: it stays in jupyter-scheduler",)))
    return findings


def _rows(database: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if not database.is_file():
        raise Invalid(f"{database} is not a file", field="path")
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            order = "ORDER BY create_time, rowid"
            read = [[dict(row) for row in connection.execute(f"SELECT * FROM {name} {order}")] for name in TABLES]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Invalid(f"{database} is no database of jupyter-scheduler: {error}", field="path") from None
    return read[0], read[1]


def _definition(row: Row, database: Path, locate: Locate) -> Finding:
    where = str(row.get("name") or row["job_definition_id"])
    rule = str(row.get("schedule") or "").strip()
    text = f"{rule or 'no schedule'}, {row['input_filename']}"
    notes: list[str] = []
    timing: dict[str, Any] = {"type": "adhoc"}
    if rule:
        zone = str(row.get("timezone") or "UTC")
        try:
            cron.zone(zone)
            expression = cron.expand_nickname(rule)
            cron.parse(expression)
        except cron.CronError as error:
            return Finding(where, text, problem=error.message)
        fields = dict(zip(cron.FIELDS, expression.split(), strict=True))
        timing = {"type": "scheduled", "schedule": {**fields, "timezone": zone}}
        notes += _meanings(fields)
    else:
        notes.append("has no schedule: runs when called")
    task = _task(row, str(row["job_definition_id"]), timing, notes, database, locate)
    if row.get("active") is not None and not row["active"]:
        task["enabled"] = False
    return Finding(where, text, task, tuple(notes))


def _single(rows: list[dict[str, Any]], database: Path, locate: Locate) -> Iterator[Finding]:
    seen: set[str] = set()
    for row in rows:
        key = json.dumps([row.get("name"), row["input_filename"], _json(row.get("parameters"))], sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        notes = ["was run once, at a person's wish: runs when called"]
        task = _task(row, str(uuid5(_NAMESPACE, key)), {"type": "adhoc"}, notes, database, locate)
        where = str(row.get("name") or row["job_id"])
        yield Finding(where, f"once, {row['input_filename']}", task, tuple(notes))


def _task(
    row: Row, uuid: str, timing: Mapping[str, Any], notes: list[str], database: Path, locate: Locate
) -> dict[str, Any]:
    notes += _differences(row)
    action: dict[str, Any] = {"kind": "notebook", "path": _place(row, notes, database, locate)}
    parameters = _json(row.get("parameters"))
    if isinstance(parameters, dict) and parameters:
        action["parameters"] = parameters
    tags = [str(tag)[:64] for tag in _json(row.get("tags")) or () if str(tag).strip()]
    retries = int(row.get("max_retries") or 0)
    delay = int(row.get("min_retry_interval_millis") or 0) / 1000
    policy = {"retries": {"max": min(retries, 100), "delay": delay}} if retries else {}
    return {
        "uuid": uuid,
        **timing,
        "name": str(row.get("name") or Path(row["input_filename"]).stem)[:200],
        **({"tags": tags} if tags else {}),
        "action": action,
        **({"policy": policy} if policy else {}),
    }


def _place(row: Row, notes: list[str], database: Path, locate: Locate) -> str:
    name = str(row["input_filename"])
    places = locate(name)
    if len(places) > 1:
        notes.append(f"several notebooks have this name; {places[0]} is taken, not {', '.join(places[1:4])}")
    if places:
        return places[0]
    staged = database.parent / STAGING / str(row.get("job_definition_id") or row.get("job_id")) / name
    where = f"; the copy that ran is {staged}" if staged.exists() else ""
    notes.append(f"no notebook of this name is in the served folder yet{where}")
    return name


def _differences(row: Row) -> Iterator[str]:
    """What the row asks for that is done differently here, or not at all."""
    yield f"environment {row['runtime_environment_name']!r}: the notebook's own kernel runs it"
    others = sorted(set(_json(row.get("output_formats")) or ()) - USUAL_OUTPUTS)
    if others:
        yield f"outputs as {', '.join(others)} are not made: each run has a notebook, and a page on request"
    if row.get("package_input_folder"):
        yield "its input folder was copied; here it runs in the notebook's own folder and sees what is there"
    if _json(row.get("email_notifications")):
        yield "its mail is not taken over; see notifications"
    timeout = row.get("timeout_seconds")
    if timeout not in (None, USUAL_TIMEOUT):
        yield f"its timeout of {timeout} s was never kept there and is not taken"
    if row.get("max_retries"):
        yield "its retries, which were not made there, are made here"
    for member in ("compute_type", "runtime_environment_parameters"):
        if _json(row.get(member)):
            yield f"{member} means nothing here"


def _meanings(fields: Mapping[Any, str]) -> Iterator[str]:
    """Where croniter, which jupyter-scheduler asks, reads a rule otherwise than cron does."""
    day, weekday = fields["day"], fields["weekday"]
    if day != "*" and weekday != "*" and (day.startswith("*") or weekday.startswith("*")):
        yield "both day fields are limited and one begins with *: there a day had to match one of them, here both"
    for name in ("minute", "hour", "day", "month", "weekday"):
        if re.search(r"\b(\d+)-\1\b", fields[name]):
            yield f"{name} {fields[name]}: was read there as every {name}, and means that one"


def _json(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
