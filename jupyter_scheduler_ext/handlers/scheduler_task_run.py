"""POST api/tasks/{uuid}/run: run a task now, for a session or for who holds the task's token."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from ..engine.errors import Invalid
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import Moment, Revoked, RunReply, RunsReply, SavedTask, Shape, instant

KEY_LENGTH = 200


class RunBody(Shape):
    """`parameters` override the action's own for this run; `force` runs a disabled task as well."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[str, Any] | None = None
    """Values for this run, in place of the action's own."""
    force: bool = False
    """Also if the task is disabled."""


class BackfillBody(Shape):
    """Run every fire after `start`, up to `end`, as if the task had been there."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: Annotated[Moment, Field(alias="from")]
    """After when."""
    end: Annotated[Moment, Field(alias="to")]
    """Up to when."""


class TokenBody(Shape):
    """`expires_at`: from when on the token opens nothing any more; never, by default."""

    model_config = ConfigDict(extra="forbid")

    expires_at: Moment | None = None
    """From when on it opens nothing any more; null: never."""


@endpoint(
    "POST",
    "api/tasks/{uuid}/run",
    "execute",
    body=RunBody,
    replies={202: RunReply},
    headers={"Idempotency-Key": f"The same key twice is one run; at most {KEY_LENGTH} printable characters"},
    gives={"Location": "Where the run is to be seen"},
    token=True,
    rate="run",
)
async def scheduler_task_run(request: ApiHandler, uuid: str) -> None:
    """Run a task now.

    With the header `X-Task-Token` no session is needed; whatever is wrong with the token or the task, the answer is the
    same 404, before anything is said about the body. The same `Idempotency-Key` twice is one run.
    """
    token = request.task_token
    if token is not None:
        request.extension.trigger_rate.take(uuid)
        request.scheduler.manual.check_token(uuid, token)
    body = request.body_as(RunBody)
    key = idempotency_key(request.header("Idempotency-Key"))
    if token is not None:
        run = await request.scheduler.trigger(uuid, token, parameters=body.parameters, key=key)
    else:
        run = await request.scheduler.run(uuid, parameters=body.parameters, key=key, force=body.force)
    request.set_header("Location", request.url("api", "runs", run.id))
    request.reply({"run": run.to_json()}, 202)


@endpoint("POST", "api/tasks/{uuid}/backfill", "execute", body=BackfillBody, replies={202: RunsReply}, rate="backfill")
async def scheduler_task_backfill(request: ApiHandler, uuid: str) -> None:
    """Run what a task would have run in a stretch of time."""
    body = request.body_as(BackfillBody)
    if body.end <= body.start:
        raise Invalid("to lies before from", field="to")
    runs = await request.scheduler.backfill(uuid, instant(body.start), instant(body.end))
    request.reply({"runs": [run.to_json() for run in runs]}, 202)


@endpoint("POST", "api/tasks/{uuid}/token", "execute", body=TokenBody, replies={200: SavedTask})
async def scheduler_task_token_rotate(request: ApiHandler, uuid: str) -> None:
    """Give an ad-hoc task a new token; the old one stops working."""
    secret = await request.scheduler.rotate_token(uuid, request.body_as(TokenBody).expires_at)
    request.reply_task(uuid, secret)


@endpoint("DELETE", "api/tasks/{uuid}/token", "execute", replies={200: Revoked})
async def scheduler_task_token_revoke(request: ApiHandler, uuid: str) -> None:
    """Take an ad-hoc task's token away."""
    await request.scheduler.revoke_token(uuid)
    request.reply({"revoked": uuid})


def idempotency_key(header: str | None) -> str | None:
    """The key of a request that may be sent twice. Raises Invalid for one that no ledger could hold."""
    if header is None or not header.strip():
        return None
    key = header.strip()
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise Invalid(f"Idempotency-Key has at most {KEY_LENGTH} printable characters", field="Idempotency-Key")
    return key
