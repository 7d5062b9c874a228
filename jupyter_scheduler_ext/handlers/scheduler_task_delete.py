"""DELETE api/tasks/{uuid}, and its undo."""

from __future__ import annotations

from .base import ApiHandler
from .endpoint import endpoint
from .shapes import Deleted, SavedTask


@endpoint("DELETE", "api/tasks/{uuid}", "write", replies={200: Deleted})
async def scheduler_task_delete(request: ApiHandler, uuid: str) -> None:
    """Delete a task; what it runs is cancelled first."""
    await request.scheduler.delete(uuid)
    request.reply({"deleted": uuid})


@endpoint("POST", "api/tasks/{uuid}/restore", "execute", replies={200: SavedTask})
async def scheduler_task_restore(request: ApiHandler, uuid: str) -> None:
    """Undo a deletion, for a while."""
    task = await request.scheduler.restore(uuid)
    request.reply_task(task.uuid)
