"""GET api/poll: what changed since a revision. The same deltas are pushed by `stream`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import ApiHandler
from .delta import compose
from .endpoint import endpoint
from .shapes import Advice, ContextShown, RunShown, Shape, TaskShown


class PollQuery(Shape):
    since: Annotated[str, Field(description="The revision of an earlier answer; `0` asks for everything")] = "0"


class DeltaReply(Shape):
    revision: str
    """What to give as `since` next time."""
    reset: Annotated[bool, Field(description="Forget what you had and load the list again")]
    tasks: list[TaskShown]
    """Those that changed, whole."""
    runs: list[RunShown]
    """Those that changed."""
    contexts: list[ContextShown]
    """Those that changed, by id alone."""
    deleted: list[str]
    """Ids of tasks that are gone."""
    banners: Annotated[list[Advice], Field(description="All that there are now, whatever the revision")]


@endpoint("GET", "api/poll", "read", query=PollQuery, replies={200: DeltaReply})
async def scheduler_poll(request: ApiHandler) -> None:
    """Tell what changed since a revision."""
    text, _ = await compose(request.scheduler, request.query_as(PollQuery).since)
    await request.reply_long(text)
