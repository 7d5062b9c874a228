"""Notifications as a whole: what handlers may ask, and what the extension runs in the background."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.abc import Clock, NotDelivered
from ..engine.errors import SchedulerError
from ..engine.models import Notify
from ..engine.notices import Message, News, compose
from .delivery import Delivery
from .outbox import Outbox
from .settings import NotificationSettings
from .targets import Targets
from .watch import Watch

if TYPE_CHECKING:
    from ..engine.scheduler import TaskScheduler


class NotAccepted(SchedulerError):
    """A test message did not arrive."""

    status = 502
    code = "not_delivered"


class Notifications:
    """Tells the targets of a server what its scheduler's tasks want told."""

    def __init__(self, settings: NotificationSettings, folder: Path, clock: Clock) -> None:
        self._usual = settings.wishes()
        self._details = settings.details
        self._page = settings.public_url.rstrip("/")
        self._targets = Targets(settings.targets, settings.timeout, settings.rules())
        self._delivery = Delivery(
            targets=self._targets, outbox=Outbox(folder), clock=clock, hourly=settings.hourly, compose=self._compose
        )

    async def run(self, scheduler: TaskScheduler) -> None:
        """Until cancelled. A server without targets has nobody to tell, and watches nothing."""
        if not self._targets.names:
            return
        watch = Watch(scheduler, self._usual, self._details, self._delivery.post)
        try:
            await watch.run(lambda leading: self._delivery.resume() if leading else self._delivery.stop())
        finally:
            self._delivery.stop()

    def check(self, notify: Any) -> None:
        """Raises Invalid for a target that is not there, in what a task is about to say; shapes are checked later."""
        names = notify.get("to") if isinstance(notify, dict) else notify
        if isinstance(names, list):
            self._targets.check(name for name in names if isinstance(name, str))

    def counts(self) -> dict[str, int]:
        """Messages delivered and deliveries failed so far, and news that wait."""
        delivery = self._delivery
        return {"delivered": delivery.delivered, "failed": delivery.failed, "waiting": delivery.waiting}

    async def describe(self) -> dict[str, Any]:
        """Targets by name, how they are doing, and what is told by default. Never an address."""
        problems = await asyncio.to_thread(lambda: {name: self._targets.problem(name) for name in self._targets.names})
        targets = []
        for name, problem in problems.items():
            state = self._delivery.state(name)
            targets.append({"name": name, **state, "problem": problem or state["problem"]})
        usual = Notify(
            on=tuple(sorted(self._usual.on)),
            to=self._usual.to,
            long_after=self._usual.long_after,
            long_factor=self._usual.long_factor,
        )
        return {"targets": targets, "default": usual.model_dump(mode="json")}

    async def test(self, name: str, by: str) -> None:
        """Send a test message to a target now. Raises Invalid, or NotAccepted, which says why."""
        self._targets.check([name])
        asked = f" It was asked for by {by}." if by else ""
        body = f"This is a test: what happens to scheduled tasks can reach you here.{asked}"
        try:
            await self._delivery.send(name, Message(title="Jupyter scheduler: a test", body=body))
        except NotDelivered as error:
            raise NotAccepted(str(error)) from None

    def _compose(self, news: list[News]) -> Message:
        return compose(news, self._link if self._page else None)

    def _link(self, run_id: str) -> str:
        return f"{self._page}/scheduler-ext/#/run/{run_id}"
