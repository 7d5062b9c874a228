"""Taking over, into the board, what the ledger and the definitions say now."""

from __future__ import annotations

from functools import partial

from .abc import Ledger
from .batcher import Batcher
from .board import Board
from .ledger import Op
from .slices import MANY, sliced


async def read_ledger(board: Board, ledger: Batcher[Op], source: Ledger) -> None:
    """Take over facts and active runs as the ledger has them."""
    facts = await ledger.call(source.facts)
    active = await ledger.call(source.active)
    ended = {run.id for run in board.all_active()} - {run.id for run in active}
    before, board.facts = board.facts, facts
    board.replace_active(active)
    async for task_id in sliced(facts, MANY):
        if before and facts[task_id] != before.get(task_id):
            board.changes.mark("tasks", task_id)
            board.reschedule(task_id)
    board.saw_runs(active)
    for run_id in ended:
        run = await ledger.call(partial(source.run, run_id))
        if run is not None:
            board.saw_runs([run])


async def schedule_all(board: Board) -> None:
    """Work out for every task when it is due."""
    async for task_id in sliced(list(board.tasks.snapshot.tasks)):
        board.reschedule(task_id)
        board.count(task_id)
