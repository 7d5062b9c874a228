"""PATCH api/tasks/{uuid}: change a task; and what undoes a halt."""

from __future__ import annotations

from ..engine.errors import Invalid
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import SavedTask, TaskPatch


@endpoint(
    "PATCH",
    "api/tasks/{uuid}",
    "execute",
    body=TaskPatch,
    replies={200: SavedTask},
    headers={"If-Match": "The revision that is to be changed, in quotes; 412 if it is not the current one"},
    gives={"Etag": "The new revision, as `If-Match` takes it"},
)
async def scheduler_task_update(request: ApiHandler, uuid: str) -> None:
    """Change a task by a JSON merge patch.

    Null clears a member. With `If-Match: "7"` only revision 7 is changed; 412 tells that it is not the current one. Who
    changes `action`, `executor` or `context_id` becomes the task's owner.
    """
    patch = request.json()
    if not isinstance(patch, dict):
        raise Invalid("the body must be a JSON object: a merge patch")
    request.assembly.notifications.check(patch.get("notify"))
    revision = wanted_revision(request.header("If-Match"))
    task = await request.scheduler.update(uuid, patch, revision, by=request.owner)
    request.reply_task(task.uuid)


@endpoint("POST", "api/tasks/{uuid}/reset", "execute", replies={200: SavedTask})
async def scheduler_task_reset(request: ApiHandler, uuid: str) -> None:
    """Clear a task's error, its count of failures and its halt."""
    await request.scheduler.reset(uuid)
    request.reply_task(uuid)


def wanted_revision(if_match: str | None) -> int | None:
    """The revision that an ``If-Match`` header names; None if any will do. Raises Invalid."""
    text = (if_match or "*").strip().removeprefix("W/").strip('"')
    if text == "*":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid('If-Match is the revision of a task, such as "7"', field="If-Match")
    return int(text)
