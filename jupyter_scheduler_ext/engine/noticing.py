"""Noticing that definitions changed, whoever changed them: from the store's writer thread to the board on the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping

from . import collector
from .abc import Executor, Snapshot
from .batcher import Batcher
from .board import Board
from .housekeeping import stand_in_cursors
from .ledger import Op
from .slices import sliced

FEW = 64
"""So many changed tasks are seen at once; more are seen in slices."""


class Noticing:
    """Listens to the task list from `begin` on."""

    def __init__(
        self,
        *,
        board: Board,
        ledger: Batcher[Op],
        executors: Mapping[str, Executor],
        leading: Callable[[], bool],
        wake: Callable[[], None],
    ) -> None:
        self._board = board
        self._ledger = ledger
        self._executors = executors
        self._leading = leading
        self._wake = wake
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """On the loop on which the board lives, once the store is open: what it held then is nothing new."""
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._board.tasks.subscribe(self._changed)

    def _changed(self, old: Snapshot, new: Snapshot, changed: frozenset[str]) -> None:
        if self._loop is None or not changed:
            return
        if threading.get_ident() == self._thread:
            self._see(old, changed)
        else:
            self._loop.call_soon_threadsafe(self._see, old, changed)

    def _see(self, old: Snapshot, changed: frozenset[str]) -> None:
        if len(changed) <= FEW:
            for task_id in changed:
                self._board.saw_definition(task_id)
            self._wake()
        seeing = asyncio.ensure_future(self._see_more(old, changed))
        self._under_way.add(seeing)
        seeing.add_done_callback(self._under_way.discard)

    async def _see_more(self, old: Snapshot, changed: frozenset[str]) -> None:
        new = self._board.tasks.snapshot.tasks
        if self._leading():
            await stand_in_cursors(self._board, self._ledger, changed, old.tasks)
        if len(changed) > FEW:
            async for task_id in sliced(changed):
                self._board.saw_definition(task_id)
            collector.forget_what_stays()
            self._wake()
        for task_id in changed:
            if task_id in old.tasks and old.tasks[task_id] is not new.get(task_id):
                for executor in self._executors.values():
                    await executor.release(task_id)
