"""Several servers, one schedule: every server ticks, and the database decides who has a fire.

Nobody leads, so nobody's death stops the others. A due fire is left to the server whose turn it is (`servers`) for a
moment; then anybody may claim it, and of those who try one succeeds, since a claim moves the task's cursor in the same
commit. Whoever performs runs holds a lease by the database's clock and renews it. One whose lease has run out is taken
for dead: what it had begun is LOST, what waited is taken over. If it was only paused, it finds its ends refused, as its
claims and starts are.

Nobody is judged by somebody who was away as well: after the database could not be reached, or after this process stood
still, a whole lease must pass before the absence of others means anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from . import process
from .abc import Executor, Notice, SharedLedger, StoreError
from .answering import RETRY_AFTER
from .batcher import Batcher
from .board import Board
from .clock import SharedClock
from .errors import Conflict, SchedulerError, Unavailable
from .housekeeping import stand_in_cursors
from .instants import Instant
from .leader import Holder
from .ledger import Adopt, Heartbeat, Op
from .models import AnyTask
from .picture import read_ledger, schedule_all
from .pipeline import Pipeline
from .recovery import clear_up, recover
from .requests import Perform, Requests
from .resumption import resumed
from .runs import Run, RunState
from .servers import MissingLabels, Server, handicap, suits
from .ticker import Ticker, mend_cursors

log = logging.getLogger(__name__)

LEASE = 45.0
BEATS = 4.5
"""How often a lease is renewed while it lasts."""
MARGIN = 9
"""This part of a lease before its end, a server does not rely on it any more."""
LOOK = 0.5
"""Seconds between two looks at what the others did, at most: an edit is to be seen everywhere within one."""
SILENCE = 5.0
"""Seconds without an end of such a look after which people are told that the database does not answer."""
READ = 5
"""How many times as long as reading the ledger took, at least, until it is read again."""
HELP = 3000
"""Milliseconds that a run waits for a slot before a server with a free one takes it over."""
AGAIN = 100
"""Milliseconds before a fire is looked at again whose claim was refused."""


class Sharing:
    """One server's part in a shared schedule; the counterpart of `Leadership` where there is a database."""

    def __init__(
        self,
        *,
        me: Server,
        board: Board,
        pipeline: Pipeline,
        ticker: Ticker,
        ledger: Batcher[Op],
        source: SharedLedger,
        executors: Mapping[str, Executor],
        clock: SharedClock,
        new_id: Callable[[], str],
        perform: Perform,
        interval: float,
        lease: float = LEASE,
    ) -> None:
        self.me = me
        self.servers: Sequence[Server] = ()
        self.notices: list[Notice] = []
        self.requests = Requests(ledger, source, clock)
        self.trouble: str | None = None
        """Why the database cannot be used at the moment."""
        self._board = board
        self._pipeline = pipeline
        self._ticker = ticker
        self._ledger = ledger
        self._source = source
        self._executors = executors
        self._clock = clock
        self._new_id = new_id
        self._perform = perform
        self._interval = min(interval, LOOK)
        self._lease = lease
        self._beat: tuple[float, Instant] | None = None
        self._looked: float | None = None
        self._in_touch_since: float | None = None
        self._behind = False
        self._read_again = 0.0
        self._tried: dict[str, Instant] = {}
        self._missing_labels = MissingLabels()
        self._ticking: asyncio.Task[None] | None = None
        ticker.sift = self._sift
        pipeline.ask_owner = self._ask_owner

    # What others may ask

    @property
    def leading(self) -> bool:
        """Does this server take part, and can it rely on its lease? A process that stood still finds out here."""
        if self._ticking is None or self._beat is None or self._source.read_only:
            return False
        sure = self._lease * (1 - 1 / MARGIN)
        awake, wall = self._beat
        return self._clock.monotonic() - awake < sure and self._clock.now() - wall < sure * 1000

    @property
    def role(self) -> str:
        """``sharing`` the work; on ``standby`` nothing is started: cut off from the database, or of another version."""
        return "sharing" if self.leading else "standby"

    @property
    def keeps_house(self) -> bool:
        """The first of those present looks after what is old."""
        return self.leading and bool(self.servers) and self.servers[0].owner == self.me.owner

    @property
    def holder(self) -> Holder | None:
        """Nobody leads."""
        return None

    @property
    def banners(self) -> list[Notice]:
        """What a person should know of the database and of the servers."""
        found = list(self.notices)
        if self._source.read_only:
            found.append(Notice("error", "database_version", self._source.read_only))
        elif self.trouble:
            told = f"The database cannot be used; nothing is started until it answers: {self.trouble}"
            found.append(Notice("error", "database", told))
        elif self._ticking is not None and (self._is_silent() or not self.leading):
            told = f"{self._source.name} has not answered for a while; nothing is started until it does."
            found.append(Notice("error", "database", told))
        missing = self._missing_labels.of(self._board.tasks.snapshot.tasks, self.servers)
        if missing:
            told = f"No server has the label {', '.join(missing)}: tasks that are tied to it wait for one."
            found.append(Notice("warning", "server_label", told))
        return found

    def elsewhere(self, task_id: str) -> str | None:
        """The owner of the server to ask to run a task; None if this one does it itself. Raises `errors.Conflict` if
        no server may, `errors.Unavailable` while this one is cut off."""
        if not self.leading:
            if self._source.read_only:
                raise Unavailable(self._source.read_only, code="store")
            raise Unavailable("the database cannot be reached", code="store", retry_after=RETRY_AFTER)
        task = self._board.task(task_id)
        if task is None or suits(self.me, task):
            return None
        able = next((server for server in self.servers if suits(server, task)), None)
        if able is None:
            raise Conflict(f"no server with the label {task.server_label!r} is running", code="server_label")
        return able.owner

    def prepares(self, task: AnyTask) -> bool:
        """Is this the server that is to make ready for the task's next fire?"""
        return handicap(task, self.me.owner, self.servers) == 0

    async def in_force(self, run: Run) -> Run | None:
        """A run of ours that may begin now, or None: see `resumption`."""
        if self.leading:
            return run
        return await resumed(
            run,
            may=lambda: self.leading,
            over=lambda: self._ticking is None,
            ledger=self._ledger,
            source=self._source,
            clock=self._clock,
            pause=self._interval,
            saw=lambda run: self._board.saw_runs([run]),
        )

    # Life

    async def begin(self) -> None:
        """Join. Raises StoreError."""
        await self._follow_clock()
        await read_ledger(self._board, self._ledger, self._source)
        await schedule_all(self._board)
        if not self._source.read_only:
            await self._join()

    async def _join(self) -> None:
        await self._ledger.call(partial(self._source.join, self.me))
        await self._renew()
        await self._see_servers()
        self.notices += await mend_cursors(self._board, self._ledger, self._clock)
        await stand_in_cursors(self._board, self._ledger, self._board.tasks.snapshot.tasks)
        await clear_up(self._executors)
        self._ticking = asyncio.create_task(self._ticker.run(), name="scheduler tick")

    async def stop_ticking(self) -> None:
        """Claim nothing more."""
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await ticking

    async def leave(self) -> None:
        """End the lease, so that the others need not wait for it to run out."""
        if self._beat is not None and not self._source.read_only:
            async with asyncio.timeout(5):
                await self._ledger.run(Heartbeat(owner=self.me.owner, lease=-1))

    def release(self) -> None:
        """The lease has ended with `leave`."""

    async def watch(self) -> None:
        """Until cancelled: renew the lease, see what others did, take over from the dead."""
        while True:
            await self._clock.sleep(self._interval)
            try:
                await self._look()
                if self.trouble is not None:
                    log.warning("the database can be used again")
                self.trouble = None
            except (StoreError, SchedulerError) as error:
                if self.trouble is None:
                    log.error("the database cannot be used, trying again: %s", error)
                self.trouble, self._in_touch_since = str(error), None
            except Exception:
                log.exception("looking after the shared schedule failed")

    async def _look(self) -> None:
        now = self._clock.monotonic()
        if self._looked is None or now - self._looked > self._lease / 4:
            self._in_touch_since = None  # this process stood still
        self._looked = now
        if self._beat is None or now - self._beat[0] > self._lease / BEATS:
            await self._ledger.call(self._source.check_version)
            await self._follow_clock()
            if self._source.read_only is None:
                await (self._renew() if self._ticking is not None else self._join())
        if self._in_touch_since is None:
            self._in_touch_since = self._clock.monotonic()
        await self._board.tasks.refresh()
        if await self._ledger.call(self._source.changed):
            self._behind = True
            if self.leading:
                await self.requests.answer_all(self._perform, self.me.owner)
        if self._behind and self._clock.monotonic() >= self._read_again:
            await self._read()
        if self.leading:
            await self._see_servers()
            await self._take_over()
            await self._lend_a_hand()
        self._looked = self._clock.monotonic()

    async def _read(self) -> None:
        """Take over what the ledger says, as often as it costs little: with many tasks it is much to read."""
        self._behind = False
        began = self._clock.monotonic()
        await read_ledger(self._board, self._ledger, self._source)
        ended = self._clock.monotonic()
        self._read_again = ended + READ * (ended - began)

    async def _renew(self) -> None:
        """Renew the lease, from the moment at which that was asked; what was taken from us meanwhile is stopped."""
        asked = self._clock.monotonic(), self._clock.now()
        flying = set(self._pipeline.in_flight)
        mine = set(await self._ledger.run(Heartbeat(owner=self.me.owner, lease=self._lease)))
        self._beat = asked
        for run_id in flying - mine:
            run = await self._ledger.call(partial(self._source.run, run_id))
            if run is not None and run.state is not RunState.RUNNING and run_id in self._pipeline.in_flight:
                log.warning("run %s was taken from this server, which had been away: it is stopped here", run_id)
                self._pipeline.abandon(run_id, "another server took it over while this one was away")

    async def _follow_clock(self) -> None:
        before = self._clock.now()
        told = await self._ledger.call(self._source.now)
        self._clock.follow(before, told, self._clock.now())

    async def _see_servers(self) -> None:
        there = await self._ledger.call(self._source.servers)
        if there != self.servers:
            self.servers = there
            await schedule_all(self._board)
            self._ticker.wake()

    def _is_silent(self) -> bool:
        """Is a look waiting for the database? So it is when the connection broke in the middle of a commit."""
        return self._looked is not None and self._clock.monotonic() - self._looked > SILENCE

    # Whose turn

    async def _sift(self, due: list[str]) -> list[str]:
        """Those whose turn is ours, or nobody's any more. The others are looked at again when it may be."""
        board, now = self._board, self._clock.now()
        if not self.leading:
            for task_id in due:
                board.agenda.set(task_id, now + int(LOOK * 1000))
            return []
        ours: list[str] = []
        for task_id in due:
            at = self._turn(task_id)
            if at is None:
                continue
            tried = self._tried.get(task_id, 0)
            if max(at, tried + AGAIN) <= now:
                self._tried[task_id] = now
                ours.append(task_id)
            else:
                board.agenda.set(task_id, max(at, tried + AGAIN))
        if len(self._tried) > 2 * len(ours) + 1000:
            self._tried = {task_id: at for task_id, at in self._tried.items() if at + AGAIN > now}
        if any(run.owner != self.me.owner for task_id in ours for run in board.active(task_id)):
            board.replace_active(await self._ledger.call(self._source.active))
        return ours

    def _turn(self, task_id: str) -> Instant | None:
        """When this server may claim the next fire of a task; None: never, or it has none any more."""
        task = self._board.task(task_id)
        self._board.reschedule(task_id)
        due = self._board.agenda[task_id]
        if task is None or due is None:
            return None
        self._board.agenda.set(task_id, None)
        if task.server_label or task_id in self._board.unattended:
            attended = any(suits(server, task) for server in self.servers)
            self._board.attend(task_id, None if attended else due)
        wait = handicap(task, self.me.owner, self.servers)
        return None if wait is None else due + wait

    async def _lend_a_hand(self) -> None:
        """Take over runs that wait for a slot on another server, if there are free ones here."""
        dispatcher = self._pipeline.dispatcher
        free = dispatcher.limit - dispatcher.running - dispatcher.queued
        if free <= 0 or self._pipeline.draining:
            return
        late = self._clock.now() - HELP
        waiting = [
            run for run in self._board.all_active() if run.state is RunState.QUEUED and self._can_help(run, late)
        ]
        for run in waiting[:free]:
            await self._adopt(run)
        await self._pipeline.pump()

    def _can_help(self, run: Run, late: Instant) -> bool:
        """A run that waits for nothing but a slot: not for another of its task, nor for a kernel that several use."""
        task = self._board.task(run.task_id)
        return (
            task is not None
            and run.owner not in (None, self.me.owner)
            and max(run.due_at or run.fire_time, run.queued_at) < late
            and suits(self.me, task)
            and run.context_id == run.task_id
            and not task.action.keeps_kernel
            and len(self._board.active(run.task_id)) == 1
        )

    async def _adopt(self, run: Run) -> None:
        adopted = await self._ledger.run(Adopt(run_id=run.id, epoch=run.epoch, owner=self.me.owner))
        if isinstance(adopted, Run):
            self._board.saw_runs([adopted])
            self._pipeline.queue(adopted)

    # The dead

    async def _take_over(self) -> None:
        lapsed = await self._ledger.call(self._source.lapsed_owners) if self._may_judge() else ()
        owners = {run.owner for run in self._board.all_active() if run.owner}
        dead = {*lapsed, *(owner for owner in owners if process.has_ended(owner))} - {self.me.owner}
        if dead:
            await recover(
                board=self._board,
                pipeline=self._pipeline,
                ledger=self._ledger,
                source=self._source,
                executors=self._executors,
                clock=self._clock,
                new_id=self._new_id,
                is_dead=dead.__contains__,
                is_here=process.is_here,
                takes=partial(suits, self.me),
            )

    def _may_judge(self) -> bool:
        """Would we have seen it if a lease that has run out had been renewed?"""
        since = self._in_touch_since
        return since is not None and self._clock.monotonic() - since > self._lease

    async def _ask_owner(self, run: Run) -> None:
        await self.requests.ask("cancel", {"run_id": run.id}, to=run.owner or "")
