"""What those who look after a server are told of its scheduler: metrics and log lines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import metrics
from .engine.endings import Endings
from .logs import Logging, LogSettings

if TYPE_CHECKING:
    from .extension import SchedulerExtension
    from .wiring import Assembly


async def observe(app: SchedulerExtension, assembly: Assembly) -> None:
    """Until cancelled: count and log what happens."""
    scheduler = assembly.scheduler
    settings = metrics.MetricsSettings(parent=app)
    logging = Logging(LogSettings(parent=app), app.server.log)
    collector = metrics.SchedulerCollector(
        scheduler,
        kernels=assembly.contexts.kernels,
        notifications=assembly.notifications.counts,
        per_task=settings.per_task,
    )
    hear = [logging.hear]
    if settings.enabled:
        hear.append(collector.hear)
        metrics.install(collector)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(Endings(scheduler.board, scheduler.answers_for, hear).run())
            if settings.enabled:
                group.create_task(collector.watch_loop())
    finally:
        metrics.uninstall(collector)
        logging.close()
