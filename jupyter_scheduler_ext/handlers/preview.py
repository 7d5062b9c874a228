"""POST api/schedule/preview: what a schedule means, before it is saved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from .base import ApiHandler
from .endpoint import endpoint
from .shapes import Advice, Shape


class PreviewBody(Shape):
    """`schedule` (a cron string, or its five fields) or `plan` (dates), and the zone they are meant in."""

    model_config = ConfigDict(extra="ignore")

    schedule: str | dict[str, Any] | None = None
    """A cron text, or its five fields."""
    plan: list[Any] | dict[str, Any] | None = None
    """Dates, in place of `schedule`."""
    timezone: str | None = None
    """The zone that they are meant in; left out: the server's."""
    count: Annotated[int, Field(ge=0, le=1000)] = 5
    """How many times to tell."""


class PreviewReply(Shape):
    words: str
    """The schedule in words."""
    fires: list[datetime]
    """The next times."""
    warnings: list[Advice]
    """What to beware of."""
    fields: dict[str, str] | None = None
    """Of a cron rule: the five that were read from it."""
    timezone: str | None = None
    """The zone that it is meant in."""
    dates: dict[str, int] | None = None
    """The days on which it runs, of a cron rule those of the next weeks, and how often."""


@endpoint("POST", "api/schedule/preview", "read", body=PreviewBody, replies={200: PreviewReply}, rate="preview")
async def scheduler_schedule_preview(request: ApiHandler) -> None:
    """Explain a schedule: in words, its next fires, what to beware of."""
    body = request.body_as(PreviewBody).model_dump(exclude_none=True)
    request.reply(request.scheduler.preview(body))
