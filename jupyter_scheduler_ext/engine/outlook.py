"""What is planned over a stretch of time, counted in buckets, kept while somebody asks for it.

A task's share of the counts is taken out and put in anew when the task changed or one of its fires has passed; the
others' still holds. So the first answer goes over every task, in slices that let others in, and the next ones cost what
changed. At most `KEPT` stretches are held, 0.1 to 0.2 kB a task each, and one is dropped when more has changed than is
worth mending.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Container, Iterable
from typing import TypeAlias

from . import cron
from .board import Board
from .cron import CronError
from .firing import due_at, next_fire
from .instants import Instant, to_datetime, to_instant
from .kept import Answer, KeptAnswers
from .models import AnyTask, ScheduledTask
from .slices import MANY

KEPT = 2
"""Stretches held at a time: those of a ribbon and of a calendar."""

MOST_FIRES = 500
"""Fires of one task that are listed one by one; a minutely task over a day alone has 1440."""

DEAR = 32
"""A task whose fires have to be worked out counts as so many whose rule was met a moment ago."""

Share: TypeAlias = tuple[tuple[int, int], ...]
"""Of one task: number of a bucket, fires in it."""


class Outlook:
    """Counts planned fires, on the event loop."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.kept: KeptAnswers[_Stretch] = KeptAnswers(board, KEPT)

    async def counts(self, start: Instant, end: Instant, width: int) -> dict[Instant, int]:
        """How much is due in each bucket of `width` ms in [start, end) that is not over, by the bucket's beginning.

        What changes while a first answer is worked out may be missing in it.
        """
        stretch = await self._mended(start, end, width)
        return {start + index * width: number for index, number in stretch.counts.items() if number}

    async def tasks(self, start: Instant, end: Instant, width: int) -> Container[str]:
        """The tasks that are counted there, for as long as the stretch is kept."""
        return (await self._mended(start, end, width)).shares.keys()

    async def _mended(self, start: Instant, end: Instant, width: int) -> _Stretch:
        stretch = self.kept.of((start, end, width), lambda: _Stretch(self._board, start, end, width))
        await stretch.mend()
        return stretch


class _Stretch(Answer):
    """One stretch of time, and every task's share in its counts."""

    def __init__(self, board: Board, start: Instant, end: Instant, width: int) -> None:
        super().__init__()
        self.counts: Counter[int] = Counter()
        self.shares: dict[str, Share] = {}
        """Of the tasks that have any."""
        self._board = board
        self._start, self._end, self._width = start, end, width
        self._made = False
        self._pairs: dict[tuple[int, int], tuple[int, int]] = {}
        self._mending = asyncio.Lock()

    async def mend(self) -> None:
        """Count the tasks that were touched, or whose time has passed, anew: at first all of them."""
        async with self._mending:
            if not self._made:
                await self._count_anew(list(self._board.tasks))
                self._made = True
            self.touched.update(self._board.agenda.before(self._board.clock.now()))
            touched, self.touched = self.touched, set()
            try:
                await self._count_anew(touched)
            except BaseException:  # who asked has gone: the next one finds what is still to be done
                self.touched |= touched
                raise

    async def _count_anew(self, task_ids: Iterable[str]) -> None:
        now = self._board.clock.now()
        met: dict[tuple[str, str, Instant], Share] = {}
        done = 0
        for task_id in task_ids:
            known = len(met)
            share = self._share(task_id, now, met)
            for index, number in self.shares.pop(task_id, ()):
                self.counts[index] -= number
            if share:
                self.shares[task_id] = share
                for index, number in share:
                    self.counts[index] += number
            done += 1 if len(met) == known else DEAR
            if done >= MANY:
                done = 0
                await asyncio.sleep(0)

    def _share(self, task_id: str, now: Instant, met: dict[tuple[str, str, Instant], Share]) -> Share:
        task, due = self._board.task(task_id), self._board.agenda[task_id]
        if task is None or due is None or due >= self._end:
            return ()
        begin = max(self._start, now, due)
        policy = task.policy
        if isinstance(task, ScheduledTask) and not (policy.jitter or policy.end_at or policy.max_runs):
            rule = task.schedule.expression, task.schedule.timezone, begin
            share = met.get(rule)
            if share is None:
                share = met[rule] = self._counted(task, begin)
            return share
        return self._counted(task, begin)

    def _counted(self, task: AnyTask, begin: Instant) -> Share:
        start, width = self._start, self._width
        found = fires(self._board, task, begin, self._end)
        if len(found) < MOST_FIRES or not isinstance(task, ScheduledTask):
            by_bucket = Counter((at - start) // width for at in found)
        else:  # not all are listed: by arithmetic
            rule = task.schedule.expression, task.schedule.timezone
            by_bucket = Counter()
            for index, at in enumerate(range(start, self._end, width)):
                first, last = max(at, begin) - 1, min(at + width, self._end) - 1
                if first < last:
                    by_bucket[index] = cron.count_between(*rule, to_datetime(first), to_datetime(last))
        return tuple(self._pairs.setdefault(pair, pair) for pair in by_bucket.items())


def fires(board: Board, task: AnyTask, begin: Instant, end: Instant) -> list[Instant]:
    """When the task is due in [begin, end), as things stand; at most `MOST_FIRES`, the earliest. Empty if its rule
    cannot be read."""
    due = board.agenda[task.uuid]
    if due is None:
        return []
    begin = max(begin, due)
    limit = task.policy.max_runs
    left = MOST_FIRES if limit is None else min(MOST_FIRES, limit - board.facts_of(task.uuid).run_count)
    found: list[Instant] = []
    try:
        after = _before(task, begin)
        while len(found) < left and (fire := next_fire(task, after)) is not None:
            at = due_at(task, fire)
            if at >= end:
                break
            if at >= begin:
                found.append(at)
            after = fire
    except CronError:
        return []
    return found


def _before(task: AnyTask, begin: Instant) -> Instant:
    """An instant that all fires due from `begin` on come after. Jitter is shorter than the time to the next fire."""
    if not task.policy.jitter:
        return begin - 1
    if isinstance(task, ScheduledTask):
        latest = cron.latest_before(task.schedule.expression, task.schedule.timezone, to_datetime(begin - 1))
        return begin - 1 if latest is None else to_instant(latest) - 1
    return begin - 1 - int(task.policy.jitter * 1000)
