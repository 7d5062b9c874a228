"""Which task is meant, and what an answer about it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from .errors import NotFound, RunFailed
from .records import RunRecord, TaskRecord

T = TypeVar("T", bound=TaskRecord)


def with_secret(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A task's JSON, with the token that stands beside it in the answer that made or rotated it."""
    secret = answer.get("token_secret")
    return {**answer["task"], "token_secret": secret} if secret else dict(answer["task"])


def named(name: str, candidates: Iterable[T]) -> T:
    """The one task with a name. Raises NotFound."""
    found = [task for task in candidates if task.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(task.id for task in found)
        raise NotFound(
            f"{len(found)} tasks are named {name!r}; name one by its id: {ids}", code="ambiguous", status=404
        )
    raise NotFound(f"there is no task with the id or name {name!r}", code="not_found", status=404)


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
