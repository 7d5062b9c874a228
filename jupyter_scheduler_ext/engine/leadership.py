"""Leading and following: one server a folder ticks, the others show what it does and wait for its place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from .abc import Clock, Executor, Ledger, Notice, StoreError
from .batcher import Batcher
from .board import Board
from .errors import SchedulerError
from .housekeeping import stand_in_cursors
from .leader import Holder, LeaderLock
from .ledger import Op
from .pipeline import Pipeline
from .recovery import recover
from .requests import Perform, Requests
from .slices import sliced
from .ticker import Ticker, mend_cursors

log = logging.getLogger(__name__)


class Leadership:
    """Ticks while this server holds the lock; looks after what other processes do, every `interval` seconds."""

    def __init__(
        self,
        *,
        lock: LeaderLock,
        board: Board,
        pipeline: Pipeline,
        ticker: Ticker,
        ledger: Batcher[Op],
        source: Ledger,
        executors: Mapping[str, Executor],
        clock: Clock,
        new_id: Callable[[], str],
        perform: Perform,
        interval: float,
    ) -> None:
        self.leading = False
        self.notices: list[Notice] = []
        self.requests = Requests(ledger, source, clock)
        self._lock = lock
        self._board = board
        self._pipeline = pipeline
        self._ticker = ticker
        self._ledger = ledger
        self._source = source
        self._executors = executors
        self._clock = clock
        self._new_id = new_id
        self._perform = perform
        self._interval = interval
        self._ticking: asyncio.Task[None] | None = None

    @property
    def holder(self) -> Holder | None:
        """The process that leads, if it is another one."""
        return None if self.leading else self._lock.holder()

    async def begin(self) -> None:
        """Take the lead if it is free, and in any case know what there is. Raises StoreError."""
        await self._read_ledger()
        if self._lock.try_acquire():
            await self._lead()
        else:
            await self._schedule_all()

    async def stop_ticking(self) -> None:
        """Claim nothing more; the lock is kept until `release`."""
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await ticking

    def release(self) -> None:
        """Let another server lead."""
        self.leading = False
        self._lock.release()

    async def watch(self) -> None:
        """Until cancelled: outside edits, followers' requests, a dead leader's place."""
        while True:
            await self._clock.sleep(self._interval)
            try:
                await self._look()
            except (StoreError, SchedulerError) as error:
                log.warning("looking after the folder failed: %s", error)
            except Exception:
                log.exception("looking after the folder failed")

    async def _look(self) -> None:
        if not self.leading and self._lock.try_acquire():
            log.warning("the leading server is gone; this one leads now")
            await self._lead()
        elif self.leading and not self._lock.held:
            log.error("the lock file is gone or replaced: this server stops ticking")
            await self.stop_ticking()
            self.release()
        await self._board.tasks.refresh()
        if await self._ledger.call(self._source.changed):
            await (self.requests.answer_all(self._perform) if self.leading else self._read_ledger())

    async def _lead(self) -> None:
        """Settle what the one before left, then tick. If that fails the place is free again, for whoever can do it."""
        try:
            await self._read_ledger()
            self.leading = True
            self.notices += await mend_cursors(self._board, self._ledger, self._clock)
            await stand_in_cursors(self._board, self._ledger, self._board.tasks.snapshot.tasks)
            await self._schedule_all()
            await recover(
                board=self._board,
                pipeline=self._pipeline,
                ledger=self._ledger,
                source=self._source,
                executors=self._executors,
                clock=self._clock,
                new_id=self._new_id,
                is_dead=lambda owner: owner != self._pipeline.owner,
            )
            await self.requests.answer_all(self._perform)
        except BaseException:
            self.release()
            raise
        self._ticking = asyncio.create_task(self._ticker.run(), name="scheduler tick")

    async def _read_ledger(self) -> None:
        """Take over facts and active runs as the ledger has them."""
        board = self._board
        facts = await self._ledger.call(self._source.facts)
        active = await self._ledger.call(self._source.active)
        ended = {run.id for run in board.all_active()} - {run.id for run in active}
        before, board.facts = board.facts, facts
        board.replace_active(active)
        async for task_id in sliced(facts):
            if before and facts[task_id] != before.get(task_id):
                board.changes.mark("tasks", task_id)
                board.reschedule(task_id)
        board.saw_runs(active)
        for run_id in ended:
            run = await self._ledger.call(partial(self._source.run, run_id))
            if run is not None:
                board.saw_runs([run])

    async def _schedule_all(self) -> None:
        async for task_id in sliced(list(self._board.tasks.snapshot.tasks)):
            self._board.reschedule(task_id)
            self._board.count(task_id)
