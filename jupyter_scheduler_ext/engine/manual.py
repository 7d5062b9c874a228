"""Runs that a person or a program asks for: now, by token, or for times gone by; and cancelling."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

from .abc import Clock, Ledger
from .batcher import Batcher
from .board import Board
from .errors import Conflict, Invalid, NotFound, Unavailable
from .firing import next_fire, origin_of
from .instants import Instant, to_datetime, to_rfc3339
from .ledger import Claim, Op, RunFilter, TokenUsed
from .models import AdHocTask, AnyTask
from .pipeline import Pipeline
from .policy import apply_overlap, draft
from .runs import ACTIVE, Facts, Origin, Run, RunState
from .tokens import matches
from .validation import check_parameters

MOST_BACKFILL = 1000
"""Runs of one backfill."""
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Manual:
    """What is asked for by hand. Its fire time is the request, and it never moves a cursor."""

    def __init__(
        self,
        *,
        board: Board,
        pipeline: Pipeline,
        ledger: Batcher[Op],
        source: Ledger,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._board = board
        self._pipeline = pipeline
        self._ledger = ledger
        self._source = source
        self._clock = clock
        self._new_id = new_id
        self._newest: Instant = 0
        self._keyed = asyncio.Lock()

    def _task(self, task_id: str) -> AnyTask:
        task = self._board.task(task_id)
        if task is None or task_id in self._board.retiring:
            raise NotFound(f"there is no task {task_id}", field="uuid")
        return task

    async def run(
        self, task_id: str, *, parameters: Mapping[str, Any], key: str | None, force: bool, origin: Origin
    ) -> Run:
        """Run a task now, or return the run that an earlier request with the same key made.

        Raises `errors.NotFound`, `Conflict` (disabled and not forced, or busy), `Invalid` (key, parameters), and
        `Unavailable` if the run could not be recorded.
        """
        if key is None:
            return await self._run(task_id, parameters, None, force, origin)
        if not _KEY.fullmatch(key):
            raise Invalid("a key has 1 to 200 visible ASCII characters", field="Idempotency-Key")
        # One at a time: of two requests with the same key the second must find what the first one made.
        async with self._keyed:
            key = f"{task_id}:{key}"
            earlier = await self._ledger.call(lambda: self._source.runs(RunFilter(key=key, limit=1)))
            return earlier[0] if earlier else await self._run(task_id, parameters, key, force, origin)

    async def _run(
        self, task_id: str, parameters: Mapping[str, Any], key: str | None, force: bool, origin: Origin
    ) -> Run:
        task = self._task(task_id)
        if not task.enabled and not force:
            raise Conflict("the task is disabled; enable it, or run it with force", code="disabled")
        check_parameters(task, parameters, declared_only=False)
        active = self._board.active(task_id)
        now = self._clock.now()
        wanted = draft(task, origin, self._moment(now), now, self._new_id, key=key, parameters=dict(parameters))
        if key is None:
            wanted = wanted._replace(key=f"{wanted.key}:{wanted.id}")
        (settled,), supersede = apply_overlap(task, [wanted], active, now)
        if settled.state is RunState.SKIPPED:
            raise _busy(active[0])
        most = {"skip": 1, "queue_one": 2}.get(task.policy.overlap)
        (result,) = await self._pipeline.claim([Claim(task_id=task_id, runs=(settled,), max_active=most)])
        if not result.runs:
            if result.active:
                raise _busy(result.active[0])
            raise Unavailable("the run could not be recorded; try again")
        for run_id in supersede:
            previous = self._board.find_active(run_id)
            if previous is not None:
                await self._pipeline.cancel(previous, "cancel", f"replaced by a run by hand at {to_rfc3339(now)}")
        return self._board.latest(result.runs[0])

    def _moment(self, now: Instant) -> Instant:
        """The request's instant, a millisecond later if another request has that already: fire times are unique."""
        self._newest = max(now, self._newest + 1)
        return self._newest

    # Tokens

    def check_token(self, task_id: str, secret: str) -> None:
        """Raises one and the same `errors.NotFound` whatever does not fit."""
        task = self._board.task(task_id)
        if not matches(task, secret, to_datetime(self._clock.now())):
            raise NotFound("no task with this id and token", code="not_found")

    def check_trigger(self, task_id: str, parameters: Mapping[str, Any]) -> None:
        """A token may override declared parameters and nothing else."""
        task = self._task(task_id)
        assert isinstance(task, AdHocTask)
        check_parameters(task, parameters, declared_only=True)

    async def used_token(self, task_id: str) -> None:
        """Note that its token was used just now."""
        answer = await self._ledger.run(TokenUsed(task_id=task_id, at=self._clock.now()))
        if isinstance(answer, Facts):
            self._board.saw_facts(answer)

    # Cancelling and backfill

    async def cancel(self, run_id: str) -> Run:
        """Ask a run to stop, or the server that performs it. Raises `errors.NotFound`, and `Conflict` if it has
        ended."""
        run = self._board.find_active(run_id)
        if run is None:
            known = await self._ledger.call(lambda: self._source.run(run_id))
            if known is None:
                raise NotFound(f"there is no run {run_id}", field="run_id")
            if known.state in ACTIVE and known.owner != self._pipeline.owner and self._pipeline.ask_owner is not None:
                await self._pipeline.ask_owner(known)
                return known
            raise Conflict(f"the run has ended: {known.state.value}", code="ended", state=known.state.value)
        await self._pipeline.cancel(run, "cancel", "cancelled by hand")
        return self._board.latest(run)

    async def backfill(self, task_id: str, start: Instant, end: Instant) -> list[Run]:
        """Runs for the fires in (start, end], oldest first; those that have one by backfill already are left out.

        Raises `errors.Invalid` for a stretch that has no fires, or too many, or is not over.
        """
        task = self._task(task_id)
        if isinstance(task, AdHocTask):
            raise Invalid("an ad-hoc task has no times to fill", field="type")
        now = self._clock.now()
        if end > now:
            raise Invalid("a backfill ends in the past", field="to")
        fires: list[Instant] = []
        after = start
        while (fire := next_fire(task, after)) is not None and fire <= end:
            fires.append(fire)
            after = fire
            if len(fires) > MOST_BACKFILL:
                raise Invalid(f"a backfill makes at most {MOST_BACKFILL} runs; take a shorter stretch", field="from")
        runs = tuple(draft(task, Origin.BACKFILL, fire, now, self._new_id) for fire in fires)
        if not runs:
            raise Invalid(f"no {origin_of(task).value} time lies in this stretch", field="from")
        (result,) = await self._pipeline.claim([Claim(task_id=task_id, runs=runs)])
        return list(result.runs)


def _busy(active: Run) -> Conflict:
    waits = "waits" if active.state is RunState.QUEUED else "is still running"
    return Conflict(f"the run of {to_rfc3339(active.fire_time)} {waits}", code="overlap", active_run=active.id)
