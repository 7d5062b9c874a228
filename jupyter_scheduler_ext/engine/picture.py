"""Taking over, into the board, what the ledger and the definitions say now."""

from __future__ import annotations

from functools import partial

from .abc import Ledger
from .batcher import Batcher
from .board import Board
from .ledger import Op, RunFilter
from .runs import ACTIVE, Run
from .slices import sliced

PORTION = 200
"""Ended runs that are read in one question."""


async def read_ledger(board: Board, ledger: Batcher[Op], source: Ledger) -> None:
    """Take over facts and active runs as the ledger has them.

    Between the reading, which takes its turn among the commits, and the taking over nothing else may come: else an end
    that was recorded meanwhile would be undone on the board.
    """
    facts, active = await ledger.call(lambda: (source.facts(), source.active()))
    known = {run.id: run for run in board.all_active()}
    now = [_newer(known.get(run.id), run) for run in active]
    board.replace_active(now)
    before, board.facts = board.facts, facts
    board.saw_runs(run for run in now if run is not known.get(run.id))
    ended = sorted(known.keys() - {run.id for run in now})
    async for task_id in sliced(facts):
        fresh, old = facts[task_id], before.get(task_id)
        if before and fresh is not old and fresh != old:
            board.changes.mark("tasks", task_id)
            board.reschedule(task_id)
    for start in range(0, len(ended), PORTION):
        portion = RunFilter(ids=tuple(ended[start : start + PORTION]), limit=PORTION)
        runs = await ledger.call(partial(source.runs, portion))
        board.saw_runs(run for run in runs if run.state not in ACTIVE)


def _newer(known: Run | None, told: Run) -> Run:
    """Of two pictures of one active run the later: progress is recorded less often than it is made."""
    if known is None or (known.state, known.owner, known.epoch) != (told.state, told.owner, told.epoch):
        return told
    return told if (told.progress or 0) > (known.progress or 0) or told.kernel_id != known.kernel_id else known


async def schedule_all(board: Board) -> None:
    """Work out for every task when it is due."""
    async for task_id in sliced(list(board.tasks.snapshot.tasks)):
        board.reschedule(task_id)
        board.count(task_id)
