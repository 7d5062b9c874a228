"""GET api/tasks/{uuid}: one task."""

from __future__ import annotations

from .base import ApiHandler
from .endpoint import endpoint
from .shapes import SavedTask


@endpoint(
    "GET", "api/tasks/{uuid}", "read", replies={200: SavedTask}, gives={"Etag": "The revision, as `If-Match` takes it"}
)
async def scheduler_task_get(request: ApiHandler, uuid: str) -> None:
    """Show a task, with its next fires and last runs."""
    request.reply_task(uuid)
