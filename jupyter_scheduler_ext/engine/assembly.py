"""The parts of a scheduler put together: who is given whom, what they ask of each other, how they begin and end.

`scheduler.TaskScheduler` is what others see of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING, Any

from . import process
from .abc import Admission, Clock, ContextStore, Executor, Ledger, SharedLedger, TaskStore
from .batcher import Batcher, InlineBatcher
from .board import Board
from .clock import SharedClock, SystemClock, local_zone
from .edits import Editor
from .errors import Conflict
from .execution import Resolve
from .housekeeping import Housekeeping
from .instants import Instant
from .leader import LeaderLock
from .leadership import Leadership
from .ledger import Op
from .lists import Lists
from .manual import Manual
from .noticing import Noticing
from .outlook import Outlook
from .pipeline import Pipeline
from .retention import Retention
from .run_id import new_run_id
from .run_log import RunLogs
from .runs import Origin, Run
from .servers import Server, known_labels
from .sharing import Sharing
from .task_list import SchedulerTaskList
from .ticker import Ticker
from .views import Views

if TYPE_CHECKING:
    from .scheduler import TaskScheduler

log = logging.getLogger(__name__)


class Assembly:
    """Made once a scheduler; nothing runs and no store is open before `open` was awaited."""

    def __init__(
        self,
        settings: TaskScheduler,
        *,
        store: TaskStore,
        ledger: Ledger,
        executors: Mapping[str, Executor],
        folder: Path,
        contexts: ContextStore | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] | None = None,
        lock: LeaderLock | None = None,
        resolve: Resolve | None = None,
        admission: Admission | None = None,
        owner: str | None = None,
        inline: bool = False,
    ) -> None:
        """Of `settings` only what an administrator configures is read."""
        self.clock = clock or SystemClock()
        self.owner = owner or (process.shared_owner() if isinstance(ledger, SharedLedger) else process.identity())
        self.executors = dict(executors)
        self.ledger = ledger
        self.inline = inline
        self.tasks = SchedulerTaskList(store, inline=inline)
        self.logs = RunLogs(folder, self.clock)
        self.board = Board(self.tasks, self.clock, lead=settings.lead)
        self.views = Views(self.board)
        self.lists = Lists(self.board)
        self.outlook = Outlook(self.board)
        self.commits: Batcher[Op] = (InlineBatcher if inline else Batcher)(ledger.apply, name="scheduler-ledger")
        new_id = new_id or (lambda: new_run_id(self.clock.now()))
        self.pipeline = Pipeline(
            owner=self.owner,
            server=settings.label or (gethostname() if isinstance(ledger, SharedLedger) else self.owner),
            board=self.board,
            ledger=self.commits,
            find_run=ledger.run,
            executors=self.executors,
            logs=self.logs,
            clock=self.clock,
            new_id=new_id,
            limit=settings.max_concurrent_runs,
            wake=self.wake,
            resolve=resolve,
            in_force=self._in_force if isinstance(ledger, SharedLedger) else None,
            admission=admission,
        )
        self.ticker = Ticker(
            board=self.board,
            pipeline=self.pipeline,
            ledger=self.commits,
            clock=self.clock,
            new_id=new_id,
            prepare=self._prepare,
        )
        self.editor = Editor(
            board=self.board,
            views=self.views,
            pipeline=self.pipeline,
            ledger=self.commits,
            executors=self.executors,
            clock=self.clock,
            timezone=settings.timezone or local_zone(),
            wake=self.wake,
            settle=self._settle,
            max_tasks=settings.max_tasks,
        )
        self.manual = Manual(
            board=self.board,
            pipeline=self.pipeline,
            ledger=self.commits,
            source=ledger,
            clock=self.clock,
            new_id=new_id,
        )
        self.leadership = self._place_among_servers(settings, lock or LeaderLock(folder, settings.label), new_id)
        self.noticing = Noticing(
            board=self.board,
            ledger=self.commits,
            executors=self.executors,
            leading=lambda: self.leading,
            wake=self.wake,
        )
        self.housekeeping = Housekeeping(
            keep=Retention(runs=settings.history_runs, days=settings.history_days, undo_days=settings.undo_days),
            board=self.board,
            ledger=self.commits,
            source=ledger,
            logs=self.logs,
            contexts=contexts,
            clock=self.clock,
        )
        self.board.changes.subscribe(lambda _, task_id: self.views.forget(task_id), ("tasks", "deleted"))

    def _place_among_servers(
        self, settings: TaskScheduler, lock: LeaderLock, new_id: Callable[[], str]
    ) -> Leadership | Sharing:
        parts: dict[str, Any] = {
            "board": self.board,
            "pipeline": self.pipeline,
            "ticker": self.ticker,
            "ledger": self.commits,
            "executors": self.executors,
            "new_id": new_id,
            "perform": self._perform,
            "interval": settings.watch_interval,
        }
        if isinstance(self.ledger, SharedLedger):
            labels = known_labels(settings.server_labels)
            me = Server(self.owner, settings.label or gethostname(), labels, settings.max_concurrent_runs)
            assert isinstance(self.clock, SharedClock), "servers that share a schedule go by the database's clock"
            return Sharing(me=me, source=self.ledger, clock=self.clock, lease=settings.lease, **parts)
        return Leadership(lock=lock, source=self.ledger, clock=self.clock, **parts)

    # Life

    async def open(self) -> None:
        """Open the stores and make the first picture. Raises StoreError."""
        await self.tasks.open()
        self.noticing.begin()
        await self.commits.call(self.ledger.open)
        await self.leadership.begin()

    def loops(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What goes on until the end, by name."""
        return {
            "scheduler watch": self.leadership.watch(),
            "scheduler housekeeping": self.housekeeping.run(lambda: self.leadership.keeps_house),
        }

    async def close(self, drain: float) -> None:
        """Give the runs in flight `drain` seconds and let go of everything. Never raises."""
        for step in (
            self.leadership.stop_ticking,
            lambda: self.pipeline.drain(drain),
            *(executor.close for executor in self.executors.values()),
            self.leadership.leave,
            self._close_stores,
        ):
            try:
                await step()
            except Exception:
                log.exception("stopping the scheduler: one step failed, going on")
        self.leadership.release()

    async def _close_stores(self) -> None:
        for close in (self.tasks.close, self.commits.close, self.logs.close, self.ledger.close):
            if self.inline:
                close()
            else:
                await asyncio.get_running_loop().run_in_executor(None, close)

    # What the parts ask of each other

    @property
    def leading(self) -> bool:
        """Does this server tick?"""
        return self.leadership.leading

    def wake(self) -> None:
        """Something may be due earlier than the loop thinks."""
        self.ticker.wake()

    async def _in_force(self, run: Run) -> Run | None:
        """The last look before a run begins, where several servers share a schedule."""
        assert isinstance(self.leadership, Sharing)
        return await self.leadership.in_force(run)

    async def _perform(self, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        """What followers ask of the leader."""
        if verb == "run":
            run = await self.manual.run(body.pop("task_id"), **body | {"origin": Origin(body["origin"])})
            return {"run_id": run.id}
        if verb == "cancel":
            return {"run_id": (await self.manual.cancel(body["run_id"])).id}
        raise Conflict(f"the leader knows no {verb}")

    async def _settle(self) -> None:
        if self.leading:
            await self.ticker.tick()

    async def _prepare(self, task_id: str, due: Instant) -> None:
        task = self.board.task(task_id)
        if task is not None and task.executor in self.executors and self.leadership.prepares(task):
            await self.executors[task.executor].prepare(task, due)
