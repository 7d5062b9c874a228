"""One run from its durable start to its durable end: launch, deadline, stop in steps, retry."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from .abc import Clock, Execution, Executor, Launch, Outcome
from .batcher import Batcher
from .board import Board
from .deferred import DeferredTask, StopRequest
from .errors import SchedulerError
from .instants import to_rfc3339
from .ledger import Finish, Op
from .models import AnyTask
from .policy import next_attempt
from .run_log import RunLogs
from .runs import Run, RunError, RunState
from .sink import RunSink

STEP = 5.0
"""Seconds that each of interrupt, terminate and kill is given."""

ENDS = {"cancel": RunState.CANCELLED, "drain": RunState.INTERRUPTED, "timeout": RunState.TIMED_OUT}
"""What a run that was stopped becomes, by who asked."""

Resolve = Callable[[Mapping[str, Any], Run, AnyTask], Mapping[str, Any]]

log = logging.getLogger(__name__)


class Performer:
    """Performs runs that are recorded as RUNNING and owned by us; hands each end to `ended` as the op to commit."""

    def __init__(
        self,
        *,
        board: Board,
        ledger: Batcher[Op],
        executors: Mapping[str, Executor],
        logs: RunLogs,
        clock: Clock,
        new_id: Callable[[], str],
        ended: Callable[[Run, Finish], Any],
        resolve: Resolve | None = None,
    ) -> None:
        self._board = board
        self._ledger = ledger
        self._executors = executors
        self._logs = logs
        self._clock = clock
        self._new_id = new_id
        self._ended = ended
        self._resolve = resolve
        self._flights: dict[str, DeferredTask[None]] = {}

    @property
    def in_flight(self) -> tuple[str, ...]:
        return tuple(self._flights)

    def launch(self, run: Run, task: AnyTask) -> None:
        """Start a run in the background."""

        async def work(stop: StopRequest) -> None:
            await self._perform(run, task, stop)

        self._flights[run.id] = DeferredTask(work, name=f"run {run.id}").start()

    def stop(self, run_id: str, kind: str, reason: str) -> bool:
        """Ask a run to stop; `kind` is one of `ENDS`. False if it is not in flight here."""
        flight = self._flights.get(run_id)
        if flight is None:
            return False
        flight.stop(kind, reason)
        return True

    async def wait(self, run_id: str) -> None:
        """Until that run has ended here, its end committed."""
        flight = self._flights.get(run_id)
        if flight is not None:
            await flight.wait()

    async def _perform(self, run: Run, task: AnyTask, stop: StopRequest) -> None:
        sink = RunSink(run, board=self._board, ledger=self._ledger, logs=self._logs, clock=self._clock)
        try:
            outcome = await self._execute(task, sink, stop)
        except Exception as error:
            log.exception("run %s of task %s could not be performed", run.id, task.uuid)
            outcome = _failed(error)
        if outcome.error is not None and sink.code_started_at is None:
            sink.write("error", f"{outcome.error.name}: {outcome.error.message}")
        now = self._clock.now()
        finish = Finish(
            run_id=run.id,
            owner=run.owner or "",
            epoch=run.epoch,
            state=outcome.state,
            at=now,
            reason=outcome.reason,
            result=outcome.result,
            error=outcome.error,
            pause_after=task.policy.pause_after,
            started_at=sink.code_started_at,
            retry=next_attempt(self._board.task(task.uuid) or task, run, outcome.state, now, self._new_id),
        )
        try:
            sink.close()
            await self._ended(run, finish)
        finally:
            self._flights.pop(run.id, None)

    async def _execute(self, task: AnyTask, sink: RunSink, stop: StopRequest) -> Outcome:
        executor = self._executors.get(task.executor)
        if executor is None:
            known = ", ".join(sorted(self._executors))
            raise SchedulerError(f"there is no executor named {task.executor!r} here; known: {known}")
        deadline = None if task.policy.timeout is None else self._clock.monotonic() + task.policy.timeout
        flight = _Flight(executor, self._launch(sink.run, task), sink)
        working = asyncio.ensure_future(flight.work())
        cause = await self._until(working, stop, deadline)
        if cause is None:
            return await working
        execution = await flight.begun(working)
        if execution is None:
            working.cancel()
            return self._stopped(cause, task, stop, "it was still starting")
        how = await self._escalate(execution, working, sink)
        return self._stopped(cause, task, stop, how, working)

    async def _until(self, work: asyncio.Future[Any], stop: StopRequest, deadline: float | None) -> str | None:
        """Wait for the work; returns what came first instead: who asked it to stop, or ``"timeout"``."""
        loop = asyncio.get_running_loop()
        first = loop.create_future()

        def settle(*_: object) -> None:
            if not first.done():
                first.set_result(None)

        work.add_done_callback(settle)
        stop.notify(settle)
        timer = None if deadline is None else loop.call_later(max(0.0, deadline - self._clock.monotonic()), settle)
        await first
        if timer is not None:
            timer.cancel()
        if work.done():
            return None
        return stop.kind if stop else "timeout"

    async def _escalate(self, execution: Execution, ending: asyncio.Future[Outcome], sink: RunSink) -> str:
        """Interrupt, terminate, kill, a few seconds each, until it ends; returns in words what it took."""
        for step, done in (
            (execution.interrupt, "interrupted"),
            (execution.terminate, "terminated"),
            (execution.kill, "killed"),
        ):
            try:
                await asyncio.wait_for(step(), STEP)
            except Exception as error:
                log.warning("run %s: %s failed: %r", sink.run.id, step.__name__, error)
            if not ending.done():
                await asyncio.wait({ending}, timeout=STEP)
            if ending.done():
                return done
            sink.write("status", f"not {done} after {STEP:.0f} s")
        return "given up: it did not even end when killed"

    def _stopped(
        self, cause: str, task: AnyTask, stop: StopRequest, how: str, ending: asyncio.Future[Outcome] | None = None
    ) -> Outcome:
        partial = ending.result() if ending is not None and ending.done() and not ending.exception() else None
        if cause == "timeout":
            reason = f"took longer than its timeout of {task.policy.timeout:g} s ({how})"
        else:
            reason = f"{stop.reason} ({how})"
        return Outcome(state=ENDS[cause], reason=reason, result=partial.result if partial else None)

    def _launch(self, run: Run, task: AnyTask) -> Launch:
        parameters: Mapping[str, Any] = {**task.action.own_parameters, **run.parameters}
        if self._resolve is not None:
            parameters = self._resolve(parameters, run, task)
        return Launch(run=run, task=task, parameters=parameters, environment=environment_of(run))


class _Flight:
    """From start to outcome in one piece of work; what is asked to stop in between is the execution, not the work."""

    def __init__(self, executor: Executor, launch: Launch, sink: RunSink) -> None:
        self._executor = executor
        self._launch = launch
        self._sink = sink
        self._execution: Execution | None = None

    async def work(self) -> Outcome:
        self._execution = await self._executor.start(self._launch, self._sink)
        return await self._execution.outcome()

    async def begun(self, working: asyncio.Future[Outcome]) -> Execution | None:
        """What can be asked to stop. A start under way is given a step's time; None if it hangs."""
        for _ in range(int(STEP * 20)):
            if self._execution is not None or working.done():
                break
            await asyncio.sleep(0.05)
        return self._execution


def environment_of(run: Run) -> dict[str, str]:
    """What the user's code can know of its run: the same key for every attempt, so that effects can be made once."""
    return {
        "SCHEDULER_RUN_ID": run.id,
        "SCHEDULER_RUN_KEY": run.key,
        "SCHEDULER_TASK_ID": run.task_id,
        "SCHEDULER_TASK_NAME": run.task_name,
        "SCHEDULER_FIRE_TIME": to_rfc3339(run.fire_time) or "",
        "SCHEDULER_ATTEMPT": str(run.attempt),
        "SCHEDULER_ORIGIN": run.origin.value,
    }


def _failed(error: Exception) -> Outcome:
    if isinstance(error, SchedulerError):
        return Outcome(
            state=RunState.FAILED, reason=error.message, error=RunError(name=error.code, message=error.message)
        )
    message = str(error) or repr(error)
    text = "".join(traceback.format_exception(error))
    return Outcome(
        state=RunState.FAILED,
        reason=message,
        error=RunError(name=type(error).__name__, message=message, traceback=text),
    )
