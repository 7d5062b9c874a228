"""Work that is due by itself: retention every hour, tz data once a day, cursors for tasks that came from outside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import cron
from .abc import Clock, ContextStore, Ledger, Put, RevisionConflict, StoreError
from .batcher import Batcher
from .board import Board
from .ledger import Op, SetCursor
from .models import AdHocTask, AnyTask, PlannedTask, TaskPlan
from .plan_times import PlannedTimeError, resolve_planned
from .retention import Retention, prune
from .run_log import RunLogs
from .runs import Facts
from .slices import MANY, sliced

log = logging.getLogger(__name__)

HOUR = 3600.0
"""In seconds."""
DAY = 24
"""In hours."""


class Housekeeping:
    """Runs in the background, on one of the servers of a schedule at a time."""

    def __init__(
        self,
        *,
        keep: Retention,
        board: Board,
        ledger: Batcher[Op],
        source: Ledger,
        logs: RunLogs,
        contexts: ContextStore | None,
        clock: Clock,
    ) -> None:
        self._keep = keep
        self._board = board
        self._ledger = ledger
        self._source = source
        self._logs = logs
        self._contexts = contexts
        self._clock = clock

    async def run(self, ours: Callable[[], bool]) -> None:
        """Until cancelled, in hours in which it is `ours` to do; what fails is logged and tried again an hour later."""
        hours = 0
        while True:
            await self._clock.sleep(HOUR)
            hours += 1
            if not ours():
                continue
            try:
                await self.prune()
                if hours % DAY == 0:
                    await self.refresh_times()
            except Exception:
                log.exception("housekeeping failed, trying again in an hour")

    async def prune(self) -> int:
        """Remove what is beyond retention; returns how many runs went."""
        return await prune(
            self._keep,
            board=self._board,
            ledger=self._ledger,
            source=self._source,
            logs=self._logs,
            contexts=self._contexts,
            clock=self._clock,
        )

    async def refresh_times(self) -> None:
        """Read the tz data anew and work out every time that has not come yet."""
        cron.refresh_zones()
        moved: list[Put] = []
        async for task in sliced(list(self._board.tasks.snapshot.tasks.values())):
            if isinstance(task, PlannedTask):
                plan = self._resolved(task.plan)
                if plan != task.plan:
                    moved.append(Put(task.model_copy(update={"plan": plan}), expected=task.revision))
            self._board.reschedule(task.uuid)
        for put in moved:
            try:
                await self._board.tasks.commit([put])
                log.warning("task %s: planned times moved with new tz data", put.task.uuid)
            except (RevisionConflict, StoreError) as error:
                log.warning("task %s: planned times could not be moved: %s", put.task.uuid, error)

    def _resolved(self, plan: TaskPlan) -> TaskPlan:
        now = self._clock.now()
        times: list[Any] = []
        for time in plan.todo:
            if time.wall is None or time.timezone is None or time.at.timestamp() * 1000 <= now:
                times.append(time)
                continue
            try:
                given = {"wall": time.wall, "timezone": time.timezone, "fold": time.fold}
                times.append(type(time).model_validate(resolve_planned(given, time.timezone)))
            except (PlannedTimeError, ValueError):
                times.append(time)
        return TaskPlan(todo=tuple(times), in_progress=plan.in_progress, done=plan.done)


async def stand_in_cursors(
    board: Board,
    ledger: Batcher[Op],
    task_ids: Iterable[str],
    before: Mapping[str, AnyTask] | None = None,
) -> None:
    """Give tasks that were written by hand a durable beginning: now.

    A task made or changed through the scheduler says from when its rule holds (`effective_from`). One that was put into
    the file by an editor, or whose rule was changed there, does not; without this, time in which it did not hold would
    be caught up.
    """
    now = board.clock.now()
    tasks = board.tasks.snapshot.tasks
    ops: list[Op] = []
    async for task_id in sliced(list(task_ids), MANY):
        task = tasks.get(task_id)
        if task is not None and not isinstance(task, AdHocTask) and _needs_cursor(task, board, before, now):
            ops.append(SetCursor(task_id=task.uuid, cursor=now))
    if not ops:
        return
    for answer in await ledger.run_all(ops):
        if isinstance(answer, Facts):
            board.saw_facts(answer)
            board.reschedule(answer.task_id)


def _needs_cursor(task: AnyTask, board: Board, before: Mapping[str, AnyTask] | None, now: int) -> bool:
    cursor = board.facts_of(task.uuid).cursor
    if task.effective_from is None and cursor is None:
        return True
    old = before.get(task.uuid) if before else None
    if old is None or old.effective_from != task.effective_from or (cursor is not None and cursor > now):
        return False
    rules = ("schedule", "plan")
    return (task.enabled and not old.enabled) or any(
        getattr(task, name, None) != getattr(old, name, None) for name in rules
    )
