"""The door between claim and line: where runs wait while it is asked whether they may start at all.

Only there if an administrator asked for it (`abc.Admission`). A run in front of the door is QUEUED and holds no slot,
so a question that takes long holds up nothing but its own task; the runs of one task are asked about in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from .abc import Admission
from .board import Board
from .runs import Run

log = logging.getLogger(__name__)


class Door:
    """`enter` is awaited with each run that may start, `refuse` with each that may not, and why."""

    def __init__(
        self,
        admission: Admission,
        board: Board,
        *,
        enter: Callable[[Run], Awaitable[None]],
        refuse: Callable[[Run, str], Awaitable[None]],
    ) -> None:
        self._admission = admission
        self._board = board
        self._enter = enter
        self._refuse = refuse
        self._waiting: dict[str, deque[str]] = {}
        """Task -> ids of its runs in front of the door; there while somebody asks for that task."""
        self._asking: set[asyncio.Task[None]] = set()

    def knock(self, run: Run) -> None:
        """A recorded QUEUED run wants to start."""
        line = self._waiting.get(run.task_id)
        if line is not None:
            line.append(run.id)
            return
        self._waiting[run.task_id] = deque([run.id])
        asking = asyncio.ensure_future(self._ask_in_order(run.task_id))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _ask_in_order(self, task_id: str) -> None:
        line = self._waiting[task_id]
        try:
            while line:
                await self._ask(task_id, line.popleft())
        finally:
            del self._waiting[task_id]

    async def _ask(self, task_id: str, run_id: str) -> None:
        run, task = self._board.find_active(run_id), self._board.task(task_id)
        if run is None or task is None:
            return
        try:
            reason = await self._admission.refusal(task, run)
        except Exception:
            log.exception("whether run %s may start could not be found out", run_id)
            reason = "whether it may start could not be found out"
        run = self._board.find_active(run_id)
        if run is None:
            return  # cancelled meanwhile
        try:
            await (self._enter(run) if reason is None else self._refuse(run, reason))
        except Exception:
            log.exception("run %s could not be let in or turned away", run_id)
