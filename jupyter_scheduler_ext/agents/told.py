"""What an agent is told of tasks, runs and logs: what matters, in few words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..client.records import RunRecord, TaskRecord

TASK = ("description", "enabled", "halted", "next_run", "tags", "owner", "context_id")
RUN = ("reason", "origin", "attempt", "fire_time", "started_at", "finished_at", "duration", "result", "output_path")
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
SPOKEN = frozenset({"stdout", "stderr", "result", "error", "status"})
LONGEST = 20_000
"""Characters of a log that one answer holds."""


def task(record: TaskRecord, *, whole: bool = False) -> dict[str, Any]:
    """A task; `whole` with its definition and its next times."""
    data = record.data
    last = data.get("last_run")
    told: dict[str, Any] = {
        "id": record.id,
        "name": record.name,
        "type": record.type,
        "state": record.state,
        "runs": record.words,
        **_some(data, TASK),
    }
    if last:
        told["last_run"] = _some(last, ("id", "state", "finished_at", "duration", "result"))
    active = [run["id"] for run in data.get("active_runs", ())]
    if active:
        told["active_runs"] = active
    if whole:
        told |= _some(data, ("schedule", "plan", "policy", "notify", "attachments", "next_runs"))
        told["action"] = record.action
    return told


def run(record: RunRecord) -> dict[str, Any]:
    """A run, and why it failed."""
    told: dict[str, Any] = {
        "id": record.id,
        "task_id": record.task_id,
        "task_name": record.task_name,
        "state": record.state,
    }
    error = record.error
    if error:
        trace = ANSI.sub("", error.get("traceback") or "")
        told["error"] = {"name": error["name"], "message": error["message"], "traceback": trace[-4000:]}
    return told | _some(record.data, RUN)


def log_text(entries: Iterable[Mapping[str, Any]]) -> str:
    """What a run said, as plain text."""
    return ANSI.sub("", "".join(_line(entry) for entry in entries if entry.get("kind") in SPOKEN))


def _line(entry: Mapping[str, Any]) -> str:
    text = str(entry.get("text", ""))
    return text if entry["kind"] in ("stdout", "stderr") else f"\n[{entry['kind']}] {text}\n"


def _some(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The members that have something to say."""
    return {name: data[name] for name in names if data.get(name) not in (None, "", [], {})}
