"""GET api/timeline: what ran and what will, counted in buckets, for the ribbon and the calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from .base import ApiHandler
from .endpoint import endpoint
from .shapes import Moment, Shape, instant


class TimelineQuery(Shape):
    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[Moment, Field(alias="from")]
    """The first moment."""
    end: Annotated[Moment, Field(alias="to")]
    """The first moment after."""
    bucket: Annotated[float, Field(ge=1, le=366 * 86_400, description="Seconds")] = 1800
    lanes: Annotated[bool, Field(description="Also the runs and fires of each task")] = False


class TimelineReply(Shape):
    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[datetime, Field(alias="from", description="The first moment")]
    end: Annotated[datetime, Field(alias="to", description="The first moment after")]
    bucket: float
    """Seconds that a bucket is wide."""
    buckets: list[dict[str, Any]]
    """Where anything is: `at`, and how many `succeeded`, `failed`, are `running`, were `missed` and are `planned`."""
    tasks: list[dict[str, Any]] | None = None
    """With `lanes`, a task each: `uuid`, `name`, its `runs` and the times that are `planned`."""


@endpoint("GET", "api/timeline", "read", query=TimelineQuery, replies={200: TimelineReply})
async def scheduler_timeline(request: ApiHandler) -> None:
    """Count what ran, failed and is planned in each stretch of time."""
    query = request.query_as(TimelineQuery)
    start, end, width = instant(query.start), instant(query.end), int(query.bucket * 1000)
    request.reply(await request.scheduler.timeline(start, end, width, query.lanes))
