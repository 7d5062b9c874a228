"""The way of a run: claimed, queued or started, performed, finished; every step durable before the next begins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from . import collector
from .abc import Admission, Clock, Executor, StoreError
from .admission import Door
from .agenda import Agenda
from .batcher import Batcher
from .board import Board
from .dispatcher import Dispatcher, Ticket, exclusive_keys
from .execution import InForce, Performer, Resolve
from .instants import Instant
from .ledger import Claim, ClaimResult, Finish, FinishResult, Op, Start, Unbury
from .models import AnyTask
from .run_log import RunLogs
from .runs import ACTIVE, Run, RunState
from .slices import SOME, sliced

log = logging.getLogger(__name__)

ENDS_AT_ONCE = 256
"""Ends in one commit, at most: more would hold up who waits for theirs."""
PATIENCE = 15.0
"""Seconds between two tries to record an end, at most, while the ledger cannot be written."""


class Pipeline:
    """Brings runs from claim to end. Lives on the event loop.

    What may start at once is claimed as RUNNING, so that a tick is one commit; an end and the starts it makes room for
    share another. Nothing starts that is not recorded as RUNNING and ours.
    """

    def __init__(
        self,
        *,
        owner: str,
        server: str,
        board: Board,
        ledger: Batcher[Op],
        find_run: Callable[[str], Run | None],
        executors: Mapping[str, Executor],
        logs: RunLogs,
        clock: Clock,
        new_id: Callable[[], str],
        limit: int,
        wake: Callable[[], None],
        resolve: Resolve | None = None,
        in_force: InForce | None = None,
        admission: Admission | None = None,
    ) -> None:
        self.owner = owner
        self.dispatcher = Dispatcher(limit)
        self.later = Agenda()
        """Retries that wait for their time, by run id."""
        self.trouble: str | None = None
        """Why ends cannot be recorded at the moment."""
        self.draining = False
        self.ask_owner: Callable[[Run], Any] | None = None
        """Has another server end a run that it performs."""
        self._server = server
        self._board = board
        self._ledger = ledger
        self._find_run = find_run
        self._clock = clock
        self._wake = wake
        self._unrecorded = 0
        self._try_again = asyncio.Event()
        self._ends: dict[str, asyncio.Future[None]] = {}
        self._door: Door | None = None
        if admission is not None:
            self._door = Door(admission, board, enter=self._enter, refuse=self._turn_away)
        self._over: list[tuple[Run, Finish]] = []
        """Runs of ours that are over, and whose end is not recorded yet."""
        self._recording: asyncio.Future[None] | None = None
        self._launching = 0
        self._launched = asyncio.Event()
        self._launched.set()
        self._performer = Performer(
            board=board,
            ledger=ledger,
            executors=executors,
            logs=logs,
            clock=clock,
            new_id=new_id,
            ended=self._ended,
            resolve=resolve,
            in_force=in_force,
        )

    # Claiming

    async def claim(self, claims: Sequence[Claim]) -> list[ClaimResult]:
        """Commit claims in one transaction, then start or queue what they made. Raises StoreError: nothing happened.

        While ends of runs wait to be recorded nothing new is claimed: their slots count as taken until the ledger says
        otherwise. A claim that alone could not be recorded is logged and answered as refused.
        """
        if self._unrecorded:
            self._try_again.set()
            raise StoreError(self.trouble or "ends of runs wait to be recorded")
        prepared: list[Claim] = []
        admitted: dict[str, Ticket] = {}
        async for claim in sliced(claims, SOME):
            task = self._board.task(claim.task_id)
            prepared.append(claim._replace(runs=tuple([self._owned(run, task, admitted) for run in claim.runs])))
        try:
            answers = await self._ledger.run_all(prepared)
        except BaseException:
            for run_id in admitted:
                self.dispatcher.leave(run_id)
            raise
        results: list[ClaimResult] = []
        with self._starts_first():
            async for claim, answer in sliced(zip(prepared, answers, strict=True)):
                failed = isinstance(answer, BaseException)
                if failed:
                    log.error("a claim for task %s could not be recorded", claim.task_id, exc_info=answer)
                    answer = ClaimResult(accepted=False, runs=(), facts=self._board.facts_of(claim.task_id))
                self._settle_claim(claim, answer, admitted)
                if failed:
                    self._board.postpone(claim.task_id)
                results.append(answer)
        await self._revive(answer.facts.task_id for answer in results if answer.buried)
        await self.pump()
        return results

    @contextmanager
    def _starts_first(self) -> Iterator[None]:
        self._launching += 1
        self._launched.clear()
        try:
            yield
        finally:
            self._launching -= 1
            if not self._launching:
                self._launched.set()

    async def _revive(self, task_ids: Iterable[str]) -> None:
        """Tasks that the ledger holds for deleted, but that are defined: the definitions are what a person means."""
        for task_id in task_ids:
            await self._board.tasks.refresh()
            if self._board.task(task_id) is not None and task_id not in self._board.retiring:
                await self._ledger.run(Unbury(task_id=task_id))
                self._board.reschedule(task_id)

    def _owned(self, run: Run, task: AnyTask | None, admitted: dict[str, Ticket]) -> Run:
        if run.state not in ACTIVE:
            return run
        now = self._clock.now()
        if task is not None and self._door is None and not self.draining and (run.due_at or 0) <= now:
            ticket = Ticket(run, exclusive_keys(task, run))
            if self.dispatcher.admit(ticket):
                admitted[run.id] = ticket
                return run._replace(
                    owner=self.owner,
                    epoch=1,
                    server=self._server,
                    state=RunState.RUNNING,
                    started_at=now,
                )
        return run._replace(owner=self.owner, epoch=1, server=self._server)

    def _settle_claim(self, claim: Claim, result: ClaimResult, admitted: dict[str, Ticket]) -> None:
        board = self._board
        recorded = {run.id for run in result.runs}
        for run in claim.runs:
            if run.id in admitted and run.id not in recorded:
                self.dispatcher.leave(run.id)
        board.saw_commit(result.facts, result.runs)
        board.reschedule(claim.task_id)
        for run in result.runs:
            if run.state is RunState.RUNNING:
                self._launch(run)
            elif run.state is RunState.QUEUED:
                self.queue(run)

    def queue(self, run: Run) -> None:
        """A recorded QUEUED run that we own waits its turn, or first for its time."""
        if run.due_at is not None and run.due_at > self._clock.now():
            self.later.set(run.id, run.due_at)
            self._wake()
            return
        if self._door is not None:
            self._door.knock(run)
        else:
            self._line_up(run)

    def _line_up(self, run: Run) -> None:
        task = self._board.task(run.task_id)
        if task is not None:
            self.dispatcher.enqueue(Ticket(run, exclusive_keys(task, run)))

    async def _enter(self, run: Run) -> None:
        self._line_up(run)
        await self.pump()

    async def _turn_away(self, run: Run, reason: str) -> None:
        if not self.draining:  # else it stays QUEUED: who leads next asks again
            await self._end_waiting(run, RunState.SKIPPED, reason)

    async def queue_due(self, now: Instant) -> None:
        """Retries whose time has come step into line."""
        due = self.later.pop_due(now)
        for run_id in due:
            run = self._board.find_active(run_id)
            if run is not None:
                self.queue(run)
        if due:
            await self.pump()

    # Starting and ending

    async def pump(self, first: Sequence[Op] = ()) -> list[Any]:
        """Start whatever has a slot now, in one commit with `first`; returns the answers to `first`."""
        tickets: list[Ticket] = []
        while not self.draining and (ticket := self.dispatcher.next()) is not None:
            tickets.append(ticket)
        if not tickets and not first:
            return []
        now = self._clock.now()
        starts = [Start(run_id=t.run.id, owner=self.owner, epoch=t.run.epoch, at=now) for t in tickets]
        answers = await self._commit([*first, *starts])
        for ticket, started in zip(tickets, answers[len(first) :], strict=True):
            run = self._board.find_active(ticket.run.id) or ticket.run
            if started is True:
                run = run._replace(state=RunState.RUNNING, started_at=now)
                self._board.saw_runs([run])
                self._launch(run)
            else:
                self.dispatcher.leave(run.id)
                await self._look_again(run)
        return answers[: len(first)]

    def _launch(self, run: Run) -> None:
        task = self._board.task(run.task_id)
        if task is None:
            self.dispatcher.leave(run.id)
            return
        self._performer.launch(run, task)

    def _ended(self, run: Run, finish: Finish) -> None:
        """A run of ours is over: its end waits for the next commit, with all that end meanwhile."""
        self._over.append((run, finish))
        if self._recording is None:
            self._recording = asyncio.ensure_future(self._record_ends())

    async def _record_ends(self) -> None:
        """What is due starts first: an end can wait for the moment that it takes to launch a herd, a start cannot."""
        try:
            with collector.young_only():
                while self._over:
                    await self._launched.wait()
                    over, self._over = self._over[:ENDS_AT_ONCE], self._over[ENDS_AT_ONCE:]
                    await self._record(over)
        finally:
            self._recording = None

    async def _record(self, over: Sequence[tuple[Run, Finish]]) -> None:
        """Commit these ends together, then settle each for itself."""
        for run, _ in over:
            self.dispatcher.leave(run.id)
        ends = [self._with_our_retry(finish) for _, finish in over]
        try:
            answers = await self.pump(ends)
        except Exception:
            log.exception("the ends of %d runs are not recorded: the next start finds them", len(over))
            answers = []
        async for (run, _), finish, answer in sliced(zip(over, ends, answers, strict=False)):
            try:
                await self._settle_finish(run, finish, answer)
            except Exception:
                log.exception("the end of run %s is recorded, but not shown", run.id)
        for run, _ in over:
            self._performer.landed(run.id)

    def _with_our_retry(self, finish: Finish) -> Finish:
        if finish.retry is None:
            return finish
        return finish._replace(retry=finish.retry._replace(owner=self.owner, epoch=1, server=self._server))

    async def _settle_finish(self, run: Run, finish: Finish, answer: Any) -> None:
        board = self._board
        if isinstance(answer, FinishResult):
            board.saw_commit(answer.facts, [answer.run])
            if answer.retried and finish.retry is not None:
                board.saw_runs([finish.retry])
                self.queue(finish.retry)
                await self.pump()
        else:
            if isinstance(answer, BaseException):
                log.error("the end of run %s could not be recorded", run.id, exc_info=answer)
            await self._look_again(run)
        board.reschedule(run.task_id)
        waiter = self._ends.pop(run.id, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _look_again(self, run: Run) -> None:
        """A write was refused: the run is not ours any more. Believe the ledger."""
        known = await self._ledger.call(lambda: self._find_run(run.id))
        if known is None or known.state in ACTIVE:
            known = run._replace(state=RunState.LOST, finished_at=self._clock.now(), reason="no longer ours")
        self._board.saw_runs([known])

    async def _commit(self, ops: Sequence[Op]) -> list[Any]:
        """Commit, however long it takes: what was performed must be recorded, and nothing starts unrecorded."""
        try:
            return await self._ledger.run_all(ops)
        except StoreError as error:
            if self.draining:
                raise
            log.error("the ledger cannot be written, trying again: %s", error)
            self.trouble = str(error)
        self._unrecorded += 1
        try:
            return await self._commit_late(ops)
        finally:
            self._unrecorded -= 1
            if not self._unrecorded:
                self.trouble = None

    async def _commit_late(self, ops: Sequence[Op]) -> list[Any]:
        delay = 0.5
        while True:
            self._try_again.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._try_again.wait(), delay)
            delay = min(PATIENCE, delay * 2)
            try:
                return await self._ledger.run_all(ops)
            except StoreError as error:
                self.trouble = str(error)
                if self.draining:
                    raise

    # Stopping

    @property
    def in_flight(self) -> tuple[str, ...]:
        """Ids of the runs that are performed here."""
        return self._performer.in_flight

    def abandon(self, run_id: str, reason: str) -> None:
        """Stop performing a run that is not ours any more; its end is refused by the ledger."""
        self._performer.stop(run_id, "cancel", reason)

    async def cancel(self, run: Run, kind: str, reason: str) -> None:
        """End an active run: a waiting one at once, one in flight in steps. Returns when it was asked to."""
        if run.state is RunState.RUNNING and run.owner not in (None, self.owner) and self.ask_owner is not None:
            await self.ask_owner(run)
            return
        self.later.set(run.id, None)
        if run.state is RunState.QUEUED and not self._performer.stop(run.id, kind, reason):
            self.dispatcher.leave(run.id)
            await self._end_waiting(run, RunState.INTERRUPTED if kind == "drain" else RunState.CANCELLED, reason)
        else:
            self._performer.stop(run.id, kind, reason)

    async def _end_waiting(self, run: Run, state: RunState, reason: str) -> None:
        """End a QUEUED run of ours, of which nothing has begun."""
        finish = Finish(
            run_id=run.id, owner=run.owner or "", epoch=run.epoch, state=state, at=self._clock.now(), reason=reason
        )
        (answer,) = await self.pump([finish])
        await self._settle_finish(run, finish, answer)

    async def ended(self, run: Run) -> None:
        """Wait until an active run of ours has ended and its end is recorded."""
        if self._board.find_active(run.id) is None or run.owner not in (None, self.owner):
            return
        waiter = self._ends.setdefault(run.id, asyncio.get_running_loop().create_future())
        await asyncio.shield(waiter)

    async def drain(self, timeout: float) -> None:
        """Stop starting; wait `timeout` seconds for runs in flight, then interrupt them and record so.

        Waiting runs stay QUEUED: they have not begun, and whoever leads next takes them over.
        """
        self.draining = True
        flights = self._performer.in_flight
        if flights and timeout > 0:
            await self._all_ended(flights, timeout)
        for run_id in self._performer.in_flight:
            self._performer.stop(run_id, "drain", "the server stopped")
        await self._all_ended(self._performer.in_flight, 16.0)

    async def _all_ended(self, run_ids: Iterable[str], timeout: float) -> None:
        waits = [asyncio.ensure_future(self._performer.wait(run_id)) for run_id in run_ids]
        if waits:
            _, late = await asyncio.wait(waits, timeout=timeout)
            for wait in late:
                wait.cancel()
