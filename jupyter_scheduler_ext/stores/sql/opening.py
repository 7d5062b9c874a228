"""The two stores behind a `db_url`, each with connections of its own, so that no edit waits for a claim."""

from __future__ import annotations

from .shared_ledger import SharedLedger
from .task_store import SqlTaskStore
from .versions import open_database


def shared_stores(url: str, *, timezone: str = "UTC") -> tuple[SqlTaskStore, SharedLedger]:
    """Not opened yet. `timezone` is that of schedules stored without one. Raises StoreError for a URL that cannot be
    read or whose driver is missing."""
    return SqlTaskStore(open_database(url), timezone=timezone), SharedLedger(open_database(url))
