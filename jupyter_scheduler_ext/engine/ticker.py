"""The loop: sleep until something is due, look at the clock, claim it, and notice when the clock itself jumps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from . import collector
from .abc import Clock, Notice, StoreError
from .batcher import Batcher
from .board import Board
from .firing import CLOCK_STEP_BACK
from .instants import Instant, to_rfc3339
from .ledger import Claim, Op, SetCursor
from .models import AnyTask
from .pipeline import Pipeline
from .policy import Decision, decide
from .runs import Facts, Run, RunState
from .slices import SOME, sliced

log = logging.getLogger(__name__)

LONGEST_SLEEP = 15.0
"""Seconds; the event loop's clock stands still during suspend, so it wakes this often to look at the wall clock."""
STEP = 2.0
"""Seconds by which wall and monotonic time must part to be called a step of the clock."""
PAUSE = 1.0
"""Seconds before the next try when a store cannot be used."""


class Ticker:
    """Ticks while this server leads. `prepare` is called ahead of a known fire, best effort."""

    def __init__(
        self,
        *,
        board: Board,
        pipeline: Pipeline,
        ledger: Batcher[Op],
        clock: Clock,
        new_id: Callable[[], str],
        prepare: Callable[[str, Instant], Awaitable[None]],
    ) -> None:
        self.lag: float | None = None
        """Seconds by which the newest due fire was noticed late."""
        self.trouble: str | None = None
        """Why nothing can be claimed at the moment."""
        self.ticks = 0
        self.spent = 0.0
        """Looks at the clock so far, and the seconds they took."""
        self.sift: Callable[[list[str]], Awaitable[list[str]]] = _as_they_come
        """Which of the tasks that are due this server claims for now; the others it puts on the agenda again."""
        self._board = board
        self._pipeline = pipeline
        self._ledger = ledger
        self._clock = clock
        self._new_id = new_id
        self._prepare = prepare
        self._alarm: asyncio.Future[None] | None = None
        self._awake = False
        self._background: set[asyncio.Future[None]] = set()
        self._claiming = asyncio.Lock()

    def wake(self) -> None:
        """Something may be due earlier than the loop thinks."""
        self._awake = True
        if self._alarm is not None and not self._alarm.done():
            self._alarm.set_result(None)

    async def run(self) -> None:
        """Tick until cancelled. Nothing that one task does wrong, and no store that fails, ends this loop."""
        wall, mono = self._clock.now(), self._clock.monotonic()
        while True:
            self._awake = False
            pause = 0.0
            try:
                await self.tick()
                await self._pipeline.queue_due(self._clock.now())
                self._look_ahead()
                self.trouble = None
            except StoreError as error:
                if self.trouble is None:
                    log.error("nothing can be claimed, trying again: %s", error)
                self.trouble, pause = str(error), PAUSE
            except Exception:
                log.exception("a tick failed")
                pause = PAUSE
            await self._sleep(pause)
            before, wall = wall, self._clock.now()
            earlier, mono = mono, self._clock.monotonic()
            step = (wall - before) / 1000 - (mono - earlier)
            if abs(step) > STEP:
                await self._clock_stepped(step)

    async def tick(self) -> list[Run]:
        """Look at the clock once and claim all that is due, in one commit; returns the runs recorded.

        Raises StoreError if the ledger cannot be written: nothing was claimed and everything is still due.
        """
        async with self._claiming:
            began = self._clock.monotonic()
            try:
                with collector.young_only():
                    return await self._tick()
            finally:
                self.ticks += 1
                self.spent += self._clock.monotonic() - began

    async def _tick(self) -> list[Run]:
        board, now = self._board, self._clock.now()
        due = await self.sift(board.agenda.pop_due(now))
        if not due:
            return []
        claims: list[Claim] = []
        decisions: dict[str, Decision] = {}
        try:
            async for task_id in sliced(due, SOME):
                task = board.task(task_id)
                facts = board.facts_of(task_id)
                decision = None
                active = board.active(task_id)
                if task is not None and task.enabled and not facts.halted and task_id not in board.retiring:
                    try:
                        decision = decide(task, facts, active, now, self._new_id)
                    except Exception as error:
                        log.exception("task %s: what is due cannot be decided", task_id)
                        board.set_aside(task_id, f"what is due cannot be decided: {error!r}")
                        continue
                if task is None or decision is None:
                    board.reschedule(task_id)
                    board.postpone(task_id)
                    continue
                decisions[task_id] = decision
                claims.append(_claim(task, facts, len(active), decision))
            results = await self._pipeline.claim(claims)
        except StoreError:
            for task_id in due:
                board.reschedule(task_id)
            raise
        runs = [run for result in results for run in result.runs]
        if runs:
            self.lag = (now - max(run.due_at or run.fire_time for run in runs)) / 1000
        for decision, result in zip(decisions.values(), results, strict=True):
            if result.accepted and decision.supersede:
                await self._supersede(decision)
        return runs

    async def _supersede(self, decision: Decision) -> None:
        replacement = decision.runs[-1]
        for run_id in decision.supersede:
            run = self._board.find_active(run_id)
            if run is not None:
                reason = f"replaced by the run of {to_rfc3339(replacement.fire_time)}"
                await self._pipeline.cancel(run, "cancel", reason)

    def _look_ahead(self) -> None:
        for task_id in self._board.ahead.pop_due(self._clock.now()):
            due = self._board.agenda[task_id]
            if due is not None:
                work = asyncio.ensure_future(self._prepare(task_id, due))
                self._background.add(work)
                work.add_done_callback(self._prepared)

    def _prepared(self, work: asyncio.Future[None]) -> None:
        self._background.discard(work)
        if not work.cancelled() and work.exception() is not None:
            log.warning("making ready ahead of a fire failed: %r", work.exception())

    async def _sleep(self, at_least: float) -> None:
        """Until the next instant on any agenda, at most `LONGEST_SLEEP`, or until woken."""
        dues = (self._board.agenda.next(), self._board.ahead.next(), self._pipeline.later.next())
        next_due = min((due for due in dues if due is not None), default=None)
        delay = LONGEST_SLEEP
        if next_due is not None:
            # Half a millisecond more: instants are rounded down, and a loop that wakes early would only turn once more.
            delay = min(delay, max(0.0, (next_due - self._clock.now()) / 1000 + 0.0005))
        if at_least:
            await self._clock.sleep(at_least)
        elif not self._awake:
            loop = asyncio.get_running_loop()
            self._alarm = loop.create_future()
            timer = loop.call_later(delay, self.wake)
            try:
                await self._alarm
            finally:
                timer.cancel()
                self._alarm = None
        else:
            await asyncio.sleep(0)

    async def _clock_stepped(self, step: float) -> None:
        log.warning("the clock jumped by %+.1f s (suspend, or it was set); all times are worked out anew", step)
        self.trouble = None
        await mend_cursors(self._board, self._ledger, self._clock)
        async for task_id in sliced(list(self._board.tasks.snapshot.tasks)):
            self._board.reschedule(task_id)


async def _as_they_come(due: list[str]) -> list[str]:
    return due


async def mend_cursors(board: Board, ledger: Batcher[Op], clock: Clock) -> list[Notice]:
    """Take cursors back to now that a wrong clock left hours ahead of it; each is logged, and told in one notice."""
    now = clock.now()
    ahead = [
        facts for facts in board.facts.values() if facts.cursor is not None and facts.cursor > now + CLOCK_STEP_BACK
    ]
    if not ahead:
        return []
    answers = await ledger.run_all(SetCursor(task_id=facts.task_id, cursor=now, back=True) for facts in ahead)
    for before, after in zip(ahead, answers, strict=True):
        if isinstance(after, Facts):
            log.warning(
                "task %s: its cursor stood at %s, ahead of the clock; taken back to now",
                before.task_id,
                to_rfc3339(before.cursor),
            )
            board.saw_facts(after)
            board.reschedule(before.task_id)
    message = f"The clock had run ahead and was set back: {len(ahead)} tasks start from now on again."
    return [Notice("warning", "clock_back", message)]


def _claim(task: AnyTask, facts: Facts, active: int, decision: Decision) -> Claim:
    """With the number of active runs that the decision was made for: if another came between, the claim is refused as
    a whole, the fire is still due, and the next look decides anew."""
    starting = sum(run.state is RunState.QUEUED for run in decision.runs)
    limited = task.policy.overlap in ("skip", "queue_one") and starting > 0
    return Claim(
        task_id=task.uuid,
        runs=decision.runs,
        expected_cursor=facts.cursor,
        cursor=decision.cursor,
        counted=decision.counted,
        max_active=active + starting if limited else None,
    )
