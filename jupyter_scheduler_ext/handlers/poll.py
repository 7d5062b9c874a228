"""GET api/poll: what changed since a revision. The same deltas are pushed by `stream`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import ApiHandler
from .delta import compose
from .endpoint import endpoint
from .shapes import DeltaReply, Shape


class PollQuery(Shape):
    since: Annotated[str, Field(description="The revision of an earlier answer; `0` asks for everything")] = "0"


@endpoint("GET", "api/poll", "read", query=PollQuery, replies={200: DeltaReply})
async def scheduler_poll(request: ApiHandler) -> None:
    """Tell what changed since a revision."""
    text, _ = await compose(request.scheduler, request.query_as(PollQuery).since)
    await request.reply_long(text)
