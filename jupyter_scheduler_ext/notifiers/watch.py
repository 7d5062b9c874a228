"""Follows what happens to runs and posts what is worth telling. Of several servers on a schedule one tells.

It looks at changes a moment after they were made, so it costs a run nothing; it sees each end once.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine.instants import Instant
from ..engine.models import Event
from ..engine.notices import News, Wishes, events_of, long_limit, news_of
from ..engine.runs import ACTIVE, BAD, Run, RunState
from ..engine.slices import sliced

if TYPE_CHECKING:
    from ..engine.scheduler import TaskScheduler

log = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two looks."""
FOLLOWING = 2.0
"""Seconds between two looks whether this server leads by now."""
REMEMBERED = 20_000
"""Ends that are known to be told; the change log is no longer than that."""

Post = Callable[[Iterable[str], News], None]


class Watch:
    """Makes news of a scheduler's changes."""

    def __init__(self, scheduler: TaskScheduler, usual: Wishes, details: bool, post: Post) -> None:
        self._scheduler = scheduler
        self._board = scheduler.board
        self._usual = usual
        self._details = details
        self._post = post
        self._revision = scheduler.changes.revision
        self._failing: set[str] = set()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._timed: set[str] = set()
        self._limits: list[tuple[Instant, str]] = []

    async def run(self, leads: Callable[[bool], object]) -> None:
        """Until cancelled. `leads` is told whenever this server has become the leader, or is it no more."""
        woken = asyncio.Event()
        end = self._scheduler.changes.subscribe(lambda *_: woken.set(), kinds=("runs",))
        leading = False
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), self._until_limit() if leading else FOLLOWING)
                woken.clear()
                if leading != self._scheduler.leading:
                    leading = not leading
                    self._failing = {facts.task_id for facts in self._board.facts.values() if facts.failures}
                    leads(leading)
                try:
                    await self._look()
                except Exception:
                    log.exception("notifications: a look at what happened failed")
                await asyncio.sleep(PAUSE)
        finally:
            end()

    async def _look(self) -> None:
        delta = self._scheduler.changes.since(self._revision)
        self._revision = delta.revision
        if delta.reset:
            log.warning("notifications: too much happened at once, some of it is not told")
        latest = self._latest_attempts(delta.runs)
        async for run_id in sliced(delta.runs[::-1]):
            run = self._board.recent.get(run_id)
            if run is not None and self._scheduler.answers_for(run):
                self._saw(run, followed=run.attempt < latest.get(run.key, 0))
        self._pass_limits()

    def _latest_attempts(self, run_ids: Iterable[str]) -> dict[str, int]:
        """key -> the last attempt of those that changed since the last look: one that was quick may be over by now."""
        latest: dict[str, int] = {}
        for run_id in run_ids:
            run = self._board.recent.get(run_id)
            if run is not None and run.attempt > 1:
                latest[run.key] = max(run.attempt, latest.get(run.key, 0))
        return latest

    def _saw(self, run: Run, *, followed: bool) -> None:
        """`followed`: there was another attempt after it already."""
        if run.state in ACTIVE:
            if run.state is RunState.RUNNING and run.id not in self._timed:
                self._time(run)
            return
        if run.id in self._seen:
            return
        self._seen[run.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._timed.discard(run.id)
        goes_on = run.state in BAD and (followed or any(one.key == run.key for one in self._board.active(run.task_id)))
        events = events_of(run, was_failing=run.task_id in self._failing, goes_on=goes_on)
        if run.state in BAD and not goes_on:
            self._failing.add(run.task_id)
        elif run.state is RunState.SUCCEEDED:
            self._failing.discard(run.task_id)
        wishes = self._wishes(run)
        event = next((event for event in events if wishes is not None and wishes.want(event)), None)
        if wishes is not None and event is not None:
            halted = self._board.halted(run.task_id)
            at = run.finished_at or self._scheduler.clock.now()
            self._post(wishes.to, news_of(event, run, at, details=self._details, halted=halted))

    def _wishes(self, run: Run) -> Wishes | None:
        task = self._board.task(run.task_id)
        return None if task is None else self._usual.about(task.notify)

    def _time(self, run: Run) -> None:
        """Note when this run begins to take long, if anybody wants to know."""
        self._timed.add(run.id)
        wishes = self._wishes(run)
        if wishes is None or not wishes.want(Event.LONG) or run.started_at is None:
            return
        limit = long_limit(wishes, self._board.facts_of(run.task_id).strip)
        if limit is not None:
            heapq.heappush(self._limits, (run.started_at + int(limit * 1000), run.id))

    def _pass_limits(self) -> None:
        now = self._scheduler.clock.now()
        while self._limits and self._limits[0][0] <= now:
            _, run_id = heapq.heappop(self._limits)
            run = self._board.find_active(run_id)
            wishes = None if run is None else self._wishes(run)
            if run is None or wishes is None or run.started_at is None:
                continue
            news = news_of(Event.LONG, run, now, details=False)
            self._post(wishes.to, replace(news, text=f"running for {(now - run.started_at) / 1000:.0f} s"))

    def _until_limit(self) -> float | None:
        if not self._limits:
            return None
        return max(0.0, min(60.0, (self._limits[0][0] - self._scheduler.clock.now()) / 1000))
