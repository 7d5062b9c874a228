"""Retention in the ledger: what is old or too much goes, a bounded number at a time, found by indexes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from ..engine.ledger import Prune
from .database import Row, Transaction

Removed: TypeAlias = tuple[str, str, str | None]
"""(id, context_id, output_path) of a run that is gone."""

_FINISHED = "state NOT IN ('queued', 'running')"

_AGED = (
    f"SELECT id, context_id, output_path, task_id FROM runs WHERE queued_at < ? AND {_FINISHED} "
    "AND COALESCE(finished_at, queued_at) < ? ORDER BY queued_at, id LIMIT ?"
)
_OLDEST_OF_TASK = (
    f"SELECT id, context_id, output_path, task_id FROM runs WHERE task_id = ? AND {_FINISHED} "
    "ORDER BY queued_at, id LIMIT ?"
)
_ACTIVE_OF_TASK = "SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running') AND task_id = ?"


def prune(transaction: Transaction, op: Prune) -> list[Removed]:
    """Carry out a `Prune`. The row of a deleted task stays, without its definition, until its last run is gone, so that
    whatever comes late still meets the tombstone."""
    removed = _remove(transaction, transaction.rows(_AGED, (op.before, op.before, op.limit)))
    for task_id, records in transaction.rows("SELECT task_id, records FROM facts WHERE records > ?", (op.keep,)):
        room = op.limit - len(removed)
        if room <= 0:
            break
        excess = records - op.keep - transaction.rows(_ACTIVE_OF_TASK, (task_id,))[0][0]
        if excess > 0:
            removed += _remove(transaction, transaction.rows(_OLDEST_OF_TASK, (task_id, min(excess, room))))
    transaction.run(
        "UPDATE facts SET definition = NULL WHERE definition IS NOT NULL AND (buried_at IS NULL OR buried_at < ?)",
        (op.buried_before,),
    )
    transaction.run("DELETE FROM facts WHERE buried_at < ? AND records = 0", (op.buried_before,))
    transaction.run("DELETE FROM requests WHERE asked_at < ? AND reply IS NOT NULL", (op.before,))
    transaction.run("DELETE FROM owners WHERE lease_until < ?", (op.before,))
    return removed


def _remove(transaction: Transaction, rows: Sequence[Row]) -> list[Removed]:
    transaction.many("DELETE FROM runs WHERE id = ?", [(row[0],) for row in rows])
    of_task = Counter(row[3] for row in rows)
    transaction.many(
        "UPDATE facts SET records = records - ? WHERE task_id = ?",
        [(number, task_id) for task_id, number in sorted(of_task.items())],
    )
    return [(row[0], row[1], row[2]) for row in rows]
