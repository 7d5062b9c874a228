"""api/notifications: whom messages can go to, how that is going, and a test."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict

from ..engine.models import Notify, TargetName
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import ErrorReply, Shape


class TargetShown(Shape):
    """`problem` is why nothing can be delivered, or why the last delivery failed; null while all is well."""

    name: str
    """What tasks call it."""
    problem: str | None
    """Why nothing can be delivered, or why the last delivery failed."""
    waiting: int
    """News that wait for it."""
    last_delivered: datetime | None
    """When it last took a message; null: not since the server started."""


class NotificationsReply(Shape):
    targets: list[TargetShown]
    """Those of the server's settings."""
    default: Notify
    """What is told, and to whom, by tasks that say nothing themselves."""


class TestBody(Shape):
    """`target` is the name of one of the targets in the server's settings."""

    model_config = ConfigDict(extra="forbid")

    target: TargetName
    """Its name."""


class Delivered(Shape):
    delivered: str
    """The name of the target."""


@endpoint("GET", "api/notifications", "read", replies={200: NotificationsReply})
async def scheduler_notifications(request: ApiHandler) -> None:
    """Tell who can be notified, how it is going, and what is told by default.

    Targets have names; their addresses are never shown.
    """
    request.reply(await request.assembly.notifications.describe())


@endpoint("POST", "api/notifications/test", "write", body=TestBody, replies={200: Delivered, 502: ErrorReply})
async def scheduler_notifications_test(request: ApiHandler) -> None:
    """Send a test message to a target.

    Waits until it is delivered; 502 tells that it was not, and why.
    """
    body = request.body_as(TestBody)
    request.extension.test_rate.take(body.target)
    await request.assembly.notifications.test(body.target, request.owner)
    request.reply({"delivered": body.target})
