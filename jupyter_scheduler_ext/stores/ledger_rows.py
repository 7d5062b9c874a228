"""Runs and facts as rows of the ledger's tables, and back."""

from __future__ import annotations

import json
from typing import Any

from ..engine.instants import Instant
from ..engine.runs import Facts, Origin, Run, RunError, RunState
from .database import Row

TEXT_LIMIT = 65_536
"""Bytes of a result, an error message or a traceback that the ledger keeps."""

RUN_COLUMNS = (
    "id, task_id, task_name, context_id, origin, fire_time, key, state, queued_at, attempt, due_at, reason, "
    "started_at, finished_at, progress, parameters, result, error, output_path, kernel_id, server, owner, epoch, count"
)
FACT_COLUMNS = "task_id, cursor, halted, failures, run_count, last_state, last_run, strip, token_last_used"

_STATES = {state.value: state for state in RunState}
_ORIGINS = {origin.value: origin for origin in Origin}


def run_values(run: Run, parameters: str, kernel_process: str | None) -> Row:
    """The values of `RUN_COLUMNS`, ``kernel_process`` and ``happened_at``; `parameters` is the run's as JSON text."""
    return (
        run.id,
        run.task_id,
        clean(run.task_name),
        run.context_id,
        run.origin._value_,  # `.value` is ten times slower, and a tick writes thousands
        run.fire_time,
        run.key,
        run.state._value_,
        run.queued_at,
        run.attempt,
        run.due_at,
        clean(run.reason),
        run.started_at,
        run.finished_at,
        run.progress,
        parameters,
        None if run.result is None else cut(run.result),
        error_text(run.error),
        run.output_path,
        run.kernel_id,
        run.server,
        run.owner,
        run.epoch,
        run.fires,
        kernel_process,
        happened_at(run),
    )


def happened_at(run: Run) -> Instant:
    """When the calendar shows a run: at its start, or at its fire time if it never started."""
    return run.fire_time if run.started_at is None else run.started_at


def run_from(row: Row) -> Run:
    """The run in a row that begins with `RUN_COLUMNS`."""
    parameters: str = row[15]
    error: str | None = row[17]
    return Run(
        id=row[0],
        task_id=row[1],
        task_name=row[2],
        context_id=row[3],
        origin=_ORIGINS[row[4]],
        fire_time=row[5],
        key=row[6],
        state=_STATES[row[7]],
        queued_at=row[8],
        attempt=row[9],
        due_at=row[10],
        reason=row[11],
        started_at=row[12],
        finished_at=row[13],
        progress=row[14],
        parameters={} if parameters == "{}" else json.loads(parameters),
        result=row[16],
        error=None if error is None else RunError(**json.loads(error)),
        output_path=row[18],
        kernel_id=row[19],
        server=row[20],
        owner=row[21],
        epoch=row[22],
        fires=row[23],
    )


def facts_values(facts: Facts) -> Row:
    """The values of `FACT_COLUMNS`."""
    return (
        facts.task_id,
        facts.cursor,
        facts.halted,
        facts.failures,
        facts.run_count,
        None if facts.last_state is None else facts.last_state.value,
        facts.last_run,
        facts.strip,
        facts.token_last_used,
    )


def facts_from(row: Row) -> Facts:
    """The facts in a row that begins with `FACT_COLUMNS`."""
    return Facts(
        task_id=row[0],
        cursor=row[1],
        halted=row[2],
        failures=row[3],
        run_count=row[4],
        last_state=None if row[5] is None else _STATES[row[5]],
        last_run=row[6],
        strip=row[7],
        token_last_used=row[8],
    )


def parameters_text(parameters: dict[str, Any]) -> str:
    """Parameters as JSON text. Raises TypeError or ValueError for what JSON cannot say."""
    return json.dumps(parameters) if parameters else "{}"


def clean(text: str) -> str:
    """A text that every database takes: no NUL, and no half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def cut(text: str, *, tail: bool = False) -> str:
    """A clean text of at most `TEXT_LIMIT` bytes: its beginning, or its end if `tail`; what is missing shows as …"""
    text = clean(text)
    if len(text) * 4 <= TEXT_LIMIT or len(encoded := text.encode()) <= TEXT_LIMIT:
        return text
    room = TEXT_LIMIT - len("…".encode())
    if tail:
        return "…" + encoded[-room:].decode(errors="ignore")
    return encoded[:room].decode(errors="ignore") + "…"


def cut_error(error: RunError | None) -> RunError | None:
    """An error as the ledger keeps it; of a long traceback the end, where the exception itself stands."""
    if error is None:
        return None
    return RunError(name=cut(error.name), message=cut(error.message), traceback=cut(error.traceback, tail=True))


def error_text(error: RunError | None) -> str | None:
    """An error as JSON text."""
    if error is None:
        return None
    return json.dumps({"name": error.name, "message": error.message, "traceback": error.traceback})
