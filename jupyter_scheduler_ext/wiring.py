"""Who is wired to whom: the scheduler, its stores, and the Jupyter side that runs things. Imported at start, not before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .engine.scheduler import TaskScheduler

if TYPE_CHECKING:
    from .extension import SchedulerExtension


@dataclass(frozen=True, slots=True)
class Assembly:
    """The scheduler, and what handlers need besides it."""

    scheduler: TaskScheduler
    contexts: Any


def assemble(app: SchedulerExtension) -> Assembly:
    """Put the parts together, on the event loop; nothing is opened or started yet."""
    from .contexts.folders import FolderContexts
    from .contexts.kernels import Kernels
    from .runners.local import LocalExecutor
    from .stores.database import SqliteDatabase
    from .stores.json_file import JsonFileStore
    from .stores.sql_ledger import SqlLedger

    server, clock, folder = app.server, app.clock, Path(app.storage_dir)
    contexts = FolderContexts(server.contents_manager, clock)
    kernels = Kernels(server.kernel_manager, server.session_manager, server.kernel_spec_manager, clock)
    executor = LocalExecutor(contents=server.contents_manager, contexts=contexts, kernels=kernels, clock=clock)
    scheduler = TaskScheduler.instance(
        parent=app,
        store=JsonFileStore(folder),
        ledger=SqlLedger(SqliteDatabase(folder / "history.sqlite", clock)),
        executors={"local": executor},
        contexts=contexts,
        clock=clock,
        folder=folder,
    )
    return Assembly(scheduler, contexts)
