"""Ends of runs for those who count and log them: each is told once, a moment later, at no cost to the run itself.

What happens at the moment itself is that a set remembers an id. Each end is told on one server only (`answers_for`), so
that what several servers on one schedule count adds up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeAlias

from .board import Board
from .runs import ACTIVE, Run, RunState
from .slices import sliced

log = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two looks."""

Hear: TypeAlias = Callable[[Run], None]


def answers_for(run: Run, *, owner: str, leading: bool, keeps_house: bool) -> bool:
    """Is it this server, `owner`, that tells of a run? Its own it tells of, and what it recorded without performing it.
    Of what a dead server left, which several may have seen, the one that keeps house."""
    return leading and (run.owner in (None, owner) or (run.state is RunState.LOST and keeps_house))


class Endings:
    """Follows the board of one scheduler. Lives on the event loop."""

    def __init__(self, board: Board, ours: Callable[[Run], bool], hear: Sequence[Hear]) -> None:
        self._board = board
        self._ours = ours
        self._hear = hear
        self._changed: set[str] = set()
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        end = self._board.changes.subscribe(self._mark, kinds=("runs",))
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                await self._look()
                await asyncio.sleep(PAUSE)
        finally:
            end()

    def _mark(self, _kind: str, run_id: str) -> None:
        if not self._changed:
            self._woken.set()
        self._changed.add(run_id)

    async def _look(self) -> None:
        changed, self._changed = self._changed, set()
        async for run_id in sliced(changed):
            run = self._board.recent.get(run_id)
            if run is None or run.state in ACTIVE or not self._ours(run):
                continue
            for hear in self._hear:
                try:
                    hear(run)
                except Exception:
                    log.exception("the end of run %s could not be told", run_id)
