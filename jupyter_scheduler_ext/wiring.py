"""Who is wired to whom: the scheduler, its stores, and the Jupyter side that runs things. Imported late."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from .contexts.attachments import Attachments
from .contexts.visits import Visits
from .engine.clock import SharedClock, local_zone
from .engine.scheduler import TaskScheduler

if TYPE_CHECKING:
    from .engine.abc import Clock, Ledger, TaskStore
    from .extension import SchedulerExtension
    from .notifiers.notifications import Notifications

STORES = "jupyter_scheduler_ext.stores"
"""Entry points, each named by the scheme of the `db_url` that it is for, and loading to a callable: URL, time zone of
schedules stored without one -> `TaskStore` and `Ledger`."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """The scheduler, and what handlers need besides it."""

    scheduler: TaskScheduler
    contexts: Visits
    attachments: Attachments
    notifications: Notifications


def _stores(app: SchedulerExtension, folder: Path, zone: str) -> tuple[TaskStore, Ledger, Clock]:
    """Where definitions and history are kept, and the clock to go by. Raises StoreError for a `db_url` that cannot be
    read."""
    if app.db_url:
        for point in entry_points(group=STORES, name=app.db_url.partition(":")[0]):
            return *point.load()(app.db_url, zone), app.clock
        from .stores.sql.opening import shared_stores

        return *shared_stores(app.db_url, timezone=zone), SharedClock()
    from .stores.json_file import JsonFileStore
    from .stores.sql_ledger import sqlite_ledger

    return JsonFileStore(folder, timezone=zone), sqlite_ledger(folder, app.clock), app.clock


def assemble(app: SchedulerExtension) -> Assembly:
    """Put the parts together, on the event loop; nothing is opened or started yet."""
    from .executors import executors_named
    from .notifiers.notifications import Notifications
    from .notifiers.settings import NotificationSettings
    from .runners.local import LocalExecutor
    from .runners.resolving import resolve
    from .runners.settings import RunnerSettings

    server, folder = app.server, Path(app.storage_dir)
    settings = RunnerSettings(parent=app)
    zone = app.config.get("TaskScheduler", {}).get("timezone") or local_zone()
    store, ledger, clock = _stores(app, folder, zone)
    executor = LocalExecutor(
        kernel_manager=server.kernel_manager,
        session_manager=server.session_manager,
        contents_manager=server.contents_manager,
        kernel_spec_manager=server.kernel_spec_manager,
        clock=clock,
        lifetimes=settings.lifetimes(),
        output_limit=settings.output_limit,
        attachment_limit=settings.attachment_limit,
        context_limit=settings.context_limit,
        notes=folder,
    )
    executor.place.config = app.config
    scheduler = TaskScheduler.instance(
        parent=app,
        store=store,
        ledger=ledger,
        executors=executors_named(app.executors, app, executor),
        contexts=executor.contexts,
        clock=clock,
        folder=folder,
        resolve=resolve,
        admission=app.admission(),
    )
    visits = Visits(
        contents=server.contents_manager,
        contexts=executor.contexts,
        kernels=executor.kernels,
        tasks=lambda: scheduler.tasks.snapshot.tasks,
        active=scheduler.board.all_active,
    )
    notifications = Notifications(NotificationSettings(parent=app), folder, clock)
    return Assembly(scheduler, visits, executor.attachments, notifications)
