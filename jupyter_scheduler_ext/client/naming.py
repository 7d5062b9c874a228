"""Which task is meant, and what an answer about it comes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import NotFound, RunFailed
from .records import RunRecord

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def with_secret(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A task's JSON, with the token that stands beside it in the answer that made or rotated it."""
    secret = answer.get("token_secret")
    return {**answer["task"], "token_secret": secret} if secret else dict(answer["task"])


def id_of(key: str, candidates: Iterable[Mapping[str, Any]]) -> str:
    """The id of the one task with this name; a key that is no task's name may be an id. Raises NotFound."""
    found = [str(task["uuid"]) for task in candidates if task["name"] == key]
    if len(found) > 1:
        raise NotFound(
            f"{len(found)} tasks are named {key!r}; name one by its id: {', '.join(found)}",
            code="ambiguous",
            status=404,
        )
    if not found and not _ID.fullmatch(key):
        raise NotFound(f"there is no task with the id or name {key!r}", code="not_found", status=404)
    return found[0] if found else key


def is_id(text: str) -> bool:
    """Does a text look like the id of a task that the server made?"""
    return len(text) == 36 and text.count("-") == 4 and " " not in text


def failure(run: RunRecord) -> RunFailed:
    """The exception for a run that did not succeed."""
    error = run.error
    why = f"{error['name']}: {error['message']}" if error else run.reason
    return RunFailed(
        f"the run of {run.task_name!r} {run.state.replace('_', ' ')}{f': {why}' if why else ''}",
        code=run.state,
        details=run.data,
    )
