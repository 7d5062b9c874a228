"""What is old goes: runs beyond a number and an age, with their logs and outputs; deleted tasks past undoing."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import partial

from .abc import Clock, ContextStore, Ledger
from .batcher import Batcher
from .board import Board
from .instants import Instant
from .ledger import Op, Prune
from .run_log import RunLogs

log = logging.getLogger(__name__)

PORTION = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much is kept: at most `runs` a task and `days`, deletions undoable for `undo_days`."""

    runs: int = 100
    days: float = 30
    undo_days: float = 7


async def prune(
    keep: Retention,
    *,
    board: Board,
    ledger: Batcher[Op],
    source: Ledger,
    logs: RunLogs,
    contexts: ContextStore | None,
    clock: Clock,
) -> int:
    """Remove what is beyond `keep`, in portions, so that nothing else waits long; returns how many runs went."""
    removed = 0
    if contexts is not None:
        await _remove_contexts(contexts, board, ledger, source, clock.now() - int(keep.undo_days * 86_400_000))
    while True:
        now = clock.now()
        gone = await ledger.run(
            Prune(
                keep=keep.runs,
                before=now - int(keep.days * 86_400_000),
                buried_before=now - int(keep.undo_days * 86_400_000),
                limit=PORTION,
            )
        )
        for run_id, _, output_path in gone:
            await ledger.call(partial(logs.remove, run_id))
            if output_path and contexts is not None:
                try:
                    await contexts.remove_output(output_path)
                except Exception as error:
                    log.warning("the output %s of a pruned run could not be removed: %s", output_path, error)
        removed += len(gone)
        if len(gone) < PORTION:
            return removed
        await clock.sleep(0.1)


async def _remove_contexts(
    contexts: ContextStore, board: Board, ledger: Batcher[Op], source: Ledger, before: Instant
) -> None:
    """A context goes with the last task that uses it, when that can no longer be restored. Others' stay untouched."""
    expired = await ledger.call(lambda: source.buried(before))
    if not expired:
        return
    restorable = set(await ledger.call(source.buried)) - set(expired)
    used = {task.context for task in board.tasks.snapshot.tasks.values()} | {_context_of(text) for text in restorable}
    for context_id in {_context_of(text) for text in expired} - used:
        try:
            await contexts.remove(context_id)
        except Exception as error:
            log.warning("the context %s of a deleted task could not be removed: %s", context_id, error)


def _context_of(definition: str) -> str:
    task = json.loads(definition)
    return str(task.get("context_id") or task["uuid"])
