"""The API's routes as values: what each asks of the server. Shared by the clients that block and that await."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .connection import Call, step

Json = Mapping[str, Any]


def tasks(filters: Json, sort: str | None, limit: int | None, cursor: str | None) -> Call:
    return Call("GET", "api/tasks", {**filters, "sort": sort, "limit": limit, "cursor": cursor})


def task(task_id: str) -> Call:
    return Call("GET", f"api/tasks/{step(task_id)}")


def tasks_named(name: str) -> Call:
    """Names and ids of tasks that may have this name."""
    return Call("GET", "api/tasks", {"q": name, "fields": "name"})


def create(definition: Json) -> Call:
    return Call("POST", "api/tasks", body=definition)


def update(task_id: str, patch: Json, revision: int | None) -> Call:
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    return Call("PATCH", f"api/tasks/{step(task_id)}", body=patch, headers=headers)


def delete(task_id: str) -> Call:
    return Call("DELETE", f"api/tasks/{step(task_id)}")


def on_task(task_id: str, verb: str) -> Call:
    """restore, reset or token (a new one)."""
    return Call("POST", f"api/tasks/{step(task_id)}/{verb}", body={})


def revoke_token(task_id: str) -> Call:
    return Call("DELETE", f"api/tasks/{step(task_id)}/token")


def run(task_id: str, parameters: Json | None, force: bool, key: str | None) -> Call:
    """Always with a key, so that an answer that got lost on the way does not mean a second run."""
    body: dict[str, Any] = {"force": force} if force else {}
    if parameters is not None:
        body["parameters"] = dict(parameters)
    headers = {"Idempotency-Key": key or secrets.token_hex(16)}
    return Call("POST", f"api/tasks/{step(task_id)}/run", body=body, headers=headers)


def trigger(task_id: str, token: str, parameters: Json | None, key: str | None) -> Call:
    asked = run(task_id, parameters, False, key)
    return Call(asked.method, asked.path, body=asked.body, headers={**asked.headers, "X-Task-Token": token})


def backfill(task_id: str, start: datetime, end: datetime) -> Call:
    body = {"from": instant(start, "start"), "to": instant(end, "end")}
    return Call("POST", f"api/tasks/{step(task_id)}/backfill", body=body)


def runs(
    task_id: str | None,
    states: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    cursor: str | None,
) -> Call:
    query = {
        "task_id": task_id,
        "state": states,
        "since": instant(since, "since"),
        "until": instant(until, "until"),
        "limit": limit,
        "cursor": cursor,
    }
    return Call("GET", "api/runs", query)


def get_run(run_id: str) -> Call:
    return Call("GET", f"api/runs/{step(run_id)}")


def log(run_id: str, start: int) -> Call:
    return Call("GET", f"api/runs/{step(run_id)}/log", {"from": start})


def cancel(run_id: str) -> Call:
    return Call("POST", f"api/runs/{step(run_id)}/cancel", body={})


def preview(body: Json) -> Call:
    return Call("POST", "api/schedule/preview", body=body)


def timeline(start: datetime, end: datetime, bucket: float) -> Call:
    return Call("GET", "api/timeline", {"from": instant(start, "start"), "to": instant(end, "end"), "bucket": bucket})


def bulk(action: str, ids: Iterable[str] | None, filters: Json | None, tags: Iterable[str] | None) -> Call:
    body: dict[str, Any] = {"action": action}
    if ids is not None:
        body["ids"] = list(ids)
    if filters is not None:
        body["filter"] = dict(filters)
    if tags is not None:
        body["tags"] = list(tags)
    return Call("POST", "api/tasks/bulk", body=body)


def contexts() -> Call:
    return Call("GET", "api/contexts")


def on_context(context_id: str, verb: str) -> Call:
    """open, restart or clear."""
    return Call("POST", f"api/contexts/{step(context_id)}/{verb}", body={})


def templates() -> Call:
    return Call("GET", "api/templates")


def export(ids: Iterable[str] | None) -> Call:
    return Call("GET", "api/export", {"ids": None if ids is None else ",".join(ids)})


def import_tasks(data: Json | str, dry_run: bool, on_conflict: str) -> Call:
    body = {"yaml": data} if isinstance(data, str) else dict(data)
    return Call("POST", "api/import", {"dry_run": dry_run, "on_conflict": on_conflict}, body)


def poll(since: str) -> Call:
    return Call("GET", "api/poll", {"since": since})


def status() -> Call:
    return Call("GET", "api/status")


def joined(words: str | Iterable[str] | None) -> str | None:
    """One word or several, as a query holds them."""
    return words if words is None or isinstance(words, str) else ",".join(words)


def instant(moment: datetime | None, name: str) -> str | None:
    """A time for the API. Raises ValueError for one without a zone, which could mean several instants."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"{name}: give the zone, as in datetime(2026, 3, 12, tzinfo=UTC)")
    return moment.isoformat()
