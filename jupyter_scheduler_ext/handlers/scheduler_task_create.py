"""POST api/tasks: make a task."""

from __future__ import annotations

from .base import ApiHandler
from .endpoint import endpoint
from .shapes import NewTask, SavedTask


@endpoint("POST", "api/tasks", "execute", body=NewTask, replies={201: SavedTask})
async def scheduler_task_create(request: ApiHandler) -> None:
    """Create a task.

    An ad-hoc task's token stands in this reply as `token_secret`, and never again.
    """
    wanted = request.json_object()
    request.assembly.notifications.check(wanted.get("notify"))
    task, secret = await request.scheduler.create(wanted, request.owner)
    request.set_header("Location", request.url("api", "tasks", task.uuid))
    request.reply_task(task.uuid, secret, status=201)
