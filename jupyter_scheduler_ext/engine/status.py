"""How the scheduler is: who leads, how late it is, what waits, and what a person should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .abc import Notice, SharedLedger
from .instants import to_rfc3339

if TYPE_CHECKING:
    from .scheduler import TaskScheduler


def status(scheduler: TaskScheduler) -> dict[str, Any]:
    """The API's reply to `scheduler_status`, version and server details aside."""
    board = scheduler.board
    snapshot = scheduler.tasks.snapshot
    counts = board.state_counts()
    holder = scheduler.leader()
    return {
        "role": scheduler.leadership.role,
        "leader": {"label": holder.label, "pid": holder.pid} if holder else None,
        "servers": [
            {
                "name": server.name,
                "labels": sorted(server.labels),
                "slots": server.slots,
                "this": server.owner == scheduler.owner,
            }
            for server in scheduler.leadership.servers
        ],
        "now": to_rfc3339(scheduler.clock.now()),
        "store": {
            "folder": str(scheduler.folder),
            "database": scheduler.ledger.name if isinstance(scheduler.ledger, SharedLedger) else None,
            "revision": snapshot.revision,
            "read_only": snapshot.read_only,
            "quarantined": dict(snapshot.quarantined),
        },
        "executors": list(scheduler.executors),
        "lag": scheduler.ticker.lag,
        "next_run": to_rfc3339(board.agenda.next()),
        "counts": {
            "tasks": len(snapshot.tasks),
            **{state.value: number for state, number in counts.items()},
        },
        "queue": {
            "running": scheduler.pipeline.dispatcher.running,
            "queued": scheduler.pipeline.dispatcher.queued,
            "limit": scheduler.pipeline.dispatcher.limit,
        },
        "banners": banners(scheduler),
    }


def banners(scheduler: TaskScheduler) -> list[dict[str, str]]:
    """What a person should know now. Cheap: asked for with every push to a page."""
    notices = (
        *_troubles(scheduler),
        *(() if scheduler.trouble else scheduler.leadership.banners),
        *scheduler.tasks.snapshot.notices,
        *scheduler.ledger.notices,
    )
    return [{"level": notice.level, "code": notice.code, "message": notice.message} for notice in notices]


def _troubles(scheduler: TaskScheduler) -> list[Notice]:
    found: list[Notice] = []
    if scheduler.trouble:
        found.append(Notice("error", "store", f"The scheduler cannot start: {scheduler.trouble}"))
    if scheduler.ticker.trouble:
        found.append(Notice("error", "claims", f"Nothing can be started: {scheduler.ticker.trouble}"))
    if scheduler.pipeline.trouble:
        found.append(Notice("error", "ledger", f"Ends of runs cannot be recorded: {scheduler.pipeline.trouble}"))
    return found
