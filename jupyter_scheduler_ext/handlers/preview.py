"""POST api/schedule/preview: what a schedule means, before it is saved."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from .base import ApiHandler
from .endpoint import endpoint
from .shapes import PreviewReply, Shape


class PreviewBody(Shape):
    """`schedule` (a cron string, or its five fields) or `plan` (dates), and the zone they are meant in."""

    model_config = ConfigDict(extra="ignore")

    schedule: str | dict[str, Any] | None = None
    plan: list[Any] | dict[str, Any] | None = None
    timezone: str | None = None
    count: Annotated[int, Field(ge=0, le=1000)] = 5


@endpoint("POST", "api/schedule/preview", "read", body=PreviewBody, replies={200: PreviewReply}, rate="preview")
async def scheduler_schedule_preview(request: ApiHandler) -> None:
    """Explain a schedule: in words, its next fires, what to beware of."""
    body = request.body_as(PreviewBody).model_dump(exclude_none=True)
    request.reply(request.scheduler.preview(body))
