"""What the server says of tasks and runs, as objects whose members have types. Times are aware, in UTC; durations are
seconds. Whatever else a newer server sends stands in `data`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import cards, pictures
from .scheduling import link_to

ACTIVE = frozenset({"queued", "running"})
"""States of a run that is not over."""
GOOD = frozenset({"succeeded"})


def moment(text: str | None) -> datetime | None:
    """A time of the API as a datetime."""
    return datetime.fromisoformat(text) if text else None


class Record:
    """A JSON object of the API."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data: dict[str, Any] = dict(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.data == self.data

    __hash__ = None  # type: ignore[assignment]


class Status(dict[str, Any]):
    """How a scheduler is doing: the JSON object of the API, which shows what matters of it."""

    def __repr__(self) -> str:
        facts = [(name, words) for name, words in pictures.status_facts(self) if words]
        width = max(len(name) for name, _ in facts)
        return "\n".join(f"{name:{width}}  {words}" for name, words in facts)

    def _repr_html_(self) -> str:
        return cards.status_card(self)


class TaskRecord(Record):
    """What a task is, when it runs, and how it has gone."""

    @property
    def id(self) -> str:
        return str(self.data["uuid"])

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def description(self) -> str:
        return str(self.data.get("description", ""))

    @property
    def type(self) -> str:
        """scheduled, planned or adhoc."""
        return str(self.data["type"])

    @property
    def state(self) -> str:
        """idle, running, disabled or error."""
        return str(self.data["state"])

    @property
    def enabled(self) -> bool:
        return bool(self.data.get("enabled", True))

    @property
    def revision(self) -> int:
        """Counts the edits of the task."""
        return int(self.data.get("revision", 0))

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.data.get("tags", ()))

    @property
    def schedule(self) -> str | None:
        """The five cron fields of a scheduled task."""
        fields = self.data.get("schedule")
        if not fields:
            return None
        return " ".join(str(fields[name]) for name in ("minute", "hour", "day", "month", "weekday"))

    @property
    def timezone(self) -> str | None:
        fields = self.data.get("schedule")
        return str(fields["timezone"]) if fields else None

    @property
    def words(self) -> str:
        """When it runs, in words."""
        return str(self.data.get("schedule_words") or "")

    @property
    def action(self) -> dict[str, Any]:
        """What it does: ``{"kind": "notebook", "path": ...}``."""
        return dict(self.data.get("action", {}))

    @property
    def context_id(self) -> str | None:
        return self.data.get("context_id")

    @property
    def policy(self) -> dict[str, Any]:
        return dict(self.data.get("policy", {}))

    @property
    def halted(self) -> str | None:
        """Why the schedule stands still until a reset."""
        return self.data.get("halted")

    @property
    def next_run(self) -> datetime | None:
        return moment(self.data.get("next_run"))

    @property
    def last_state(self) -> str | None:
        """How the last finished run ended."""
        last = self.data.get("last_run")
        return str(last["state"]) if last else None

    @property
    def token_secret(self) -> str | None:
        """An ad-hoc task's token: only on the object that made or rotated it."""
        return self.data.get("token_secret")

    def __repr__(self) -> str:
        return pictures.task_line(self.data)

    def _repr_html_(self) -> str:
        return cards.task_card(self.data)


class RunRecord(Record):
    """One execution of a task."""

    root: str | None = None
    """The server's folder, if known."""

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def task_id(self) -> str:
        return str(self.data["task_id"])

    @property
    def task_name(self) -> str:
        return str(self.data.get("task_name", ""))

    @property
    def state(self) -> str:
        """queued, running, succeeded, failed, timed_out, cancelled, interrupted, lost, skipped or missed."""
        return str(self.data["state"])

    @property
    def is_over(self) -> bool:
        """The state will not change any more."""
        return self.state not in ACTIVE

    @property
    def has_succeeded(self) -> bool:
        return self.state in GOOD

    @property
    def origin(self) -> str:
        """schedule, plan, manual, token, backfill or retry."""
        return str(self.data.get("origin", ""))

    @property
    def attempt(self) -> int:
        return int(self.data.get("attempt", 1))

    @property
    def reason(self) -> str:
        """Why it is in this state, where the state alone does not say."""
        return str(self.data.get("reason") or "")

    @property
    def fire_time(self) -> datetime | None:
        return moment(self.data.get("fire_time"))

    @property
    def started_at(self) -> datetime | None:
        return moment(self.data.get("started_at"))

    @property
    def finished_at(self) -> datetime | None:
        return moment(self.data.get("finished_at"))

    @property
    def duration(self) -> float | None:
        """Seconds from start to finish, once finished."""
        return self.data.get("duration")

    @property
    def progress(self) -> float | None:
        """From 0 to 1."""
        return self.data.get("progress")

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.data.get("parameters") or {})

    @property
    def result(self) -> str | None:
        """The last cell's value, or the last line of output."""
        return self.data.get("result")

    @property
    def error(self) -> dict[str, str] | None:
        """``{"name", "message", "traceback"}`` of a run that failed."""
        return self.data.get("error")

    @property
    def output_path(self) -> str | None:
        """The output notebook, from the served root."""
        return self.data.get("output_path")

    @property
    def link(self) -> str | None:
        """The output notebook from the working folder, as a link in a notebook names it; None where that is unknown."""
        return link_to(self.output_path, self.root) if self.output_path and self.root else None

    def __repr__(self) -> str:
        return pictures.run_line(self.data)

    def _repr_html_(self) -> str:
        return cards.run_card({**self.data, "link": self.link})
