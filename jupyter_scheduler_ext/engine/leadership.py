"""Leading and following: one server a folder ticks, the others show what it does and wait for its place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from .abc import Clock, Executor, Ledger, Notice, StoreError
from .batcher import Batcher
from .board import Board
from .errors import Conflict, SchedulerError
from .housekeeping import stand_in_cursors
from .leader import Holder, LeaderLock
from .ledger import Op
from .models import AnyTask
from .picture import read_ledger, schedule_all
from .pipeline import Pipeline
from .recovery import recover
from .requests import Perform, Requests
from .runs import Run
from .servers import Server
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
        pipeline.ask_owner = self._ask_owner

    @property
    def keeps_house(self) -> bool:
        """Is it this server that looks after what is old?"""
        return self.leading

    @property
    def role(self) -> str:
        """``leader``, or ``follower`` of another process."""
        return "leader" if self.leading else "follower"

    @property
    def banners(self) -> list[Notice]:
        """What a person should know of this server's place."""
        if self.leading:
            return self.notices
        told = "Another server runs this schedule; here you see it and can edit it."
        return [Notice("info", "follower", told), *self.notices]

    @property
    def servers(self) -> Sequence[Server]:
        """The servers that share the schedule in a database: none, it lies in a folder."""
        return ()

    def elsewhere(self, task_id: str) -> str | None:
        """Whom to ask to run a task: None if this server does it itself, "" for whoever leads."""
        return None if self.leading else ""

    def prepares(self, task: AnyTask) -> bool:
        """Is this the server that is to make ready for the task's next fire?"""
        return self.leading

    @property
    def holder(self) -> Holder | None:
        """The process that leads, if it is another one."""
        return None if self.leading else self._lock.holder()

    async def begin(self) -> None:
        """Take the lead if it is free, and in any case know what there is. Raises StoreError."""
        if self._lock.try_acquire():
            await self._lead()
        else:
            await self._read_ledger()
            await schedule_all(self._board)

    async def stop_ticking(self) -> None:
        """Claim nothing more; the lock is kept until `release`."""
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await ticking

    async def leave(self) -> None:
        """The lock is what others wait for; see `release`."""

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
        try:
            edited, committed = await self._ledger.call(self._glance)
        except StoreError:
            await self._board.tasks.refresh()
            raise
        if edited:
            await self._board.tasks.refresh()
        if committed:
            await (self.requests.answer_all(self._perform) if self.leading else self._read_ledger())

    def _glance(self) -> tuple[bool, bool]:
        """Did others edit tasks; did they commit to the ledger? In one visit to the ledger's thread: to wake a thread
        costs more than to look."""
        return self._board.tasks.stale(), self._source.changed()

    async def _ask_owner(self, run: Run) -> None:
        if self.leading:
            raise Conflict("the run belongs to another server", code="elsewhere")
        await self.requests.ask("cancel", {"run_id": run.id})

    async def _lead(self) -> None:
        """Settle what the one before left, then tick. If that fails the place is free again, for whoever can do it."""
        try:
            await self._read_ledger()
            self.leading = True
            self.notices += await mend_cursors(self._board, self._ledger, self._clock)
            await stand_in_cursors(self._board, self._ledger, self._board.tasks.snapshot.tasks)
            await schedule_all(self._board)
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
        await read_ledger(self._board, self._ledger, self._source)
