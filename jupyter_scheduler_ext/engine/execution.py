"""One run from its durable start to its durable end: launch, deadline, stop in steps, retry."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from .abc import Clock, Execution, Executor, Launch, Outcome
from .batcher import Batcher
from .board import Board
from .deadlines import Deadlines
from .deferred import DeferredTask, StopRequest
from .errors import SchedulerError, Unavailable
from .ledger import Finish, Op
from .models import AnyTask
from .policy import next_attempt
from .run_log import RunLogs
from .runs import Run, RunError, RunState
from .sink import RunSink
from .subject import Subject, subject

STEP = 5.0
"""Seconds that each of interrupt, terminate and kill is given."""

ENDS = {"cancel": RunState.CANCELLED, "drain": RunState.INTERRUPTED, "timeout": RunState.TIMED_OUT}
"""What a run that was stopped becomes, by who asked."""

Resolve = Callable[[Mapping[str, Any], Run, AnyTask], Mapping[str, Any]]
InForce = Callable[[Run], Awaitable[Run | None]]
"""The last look before anything of a run begins: the run as it is ours, or None if it is not any more."""

log = logging.getLogger(__name__)


class Performer:
    """Performs runs that are recorded as RUNNING and owned by us; hands each end to `ended` as the op to commit.

    A run stays in flight until `landed` says that its end is recorded.
    """

    def __init__(
        self,
        *,
        board: Board,
        ledger: Batcher[Op],
        executors: Mapping[str, Executor],
        logs: RunLogs,
        clock: Clock,
        new_id: Callable[[], str],
        ended: Callable[[Run, Finish], object],
        resolve: Resolve | None = None,
        in_force: InForce | None = None,
    ) -> None:
        self._board = board
        self._ledger = ledger
        self._executors = executors
        self._logs = logs
        self._clock = clock
        self._new_id = new_id
        self._ended = ended
        self._resolve = resolve
        self._in_force = in_force
        self._flights: dict[str, _Flight] = {}
        self._deadlines = Deadlines(clock, self._out_of_time)

    @property
    def in_flight(self) -> tuple[str, ...]:
        return tuple(self._flights)

    def launch(self, run: Run, task: AnyTask) -> None:
        """Start a run in the background."""
        sink = RunSink(run, board=self._board, ledger=self._ledger, logs=self._logs, clock=self._clock)
        flight = _Flight(task, sink)
        self._flights[run.id] = flight

        flight.work = DeferredTask(partial(self._perform, flight), name="scheduler run").start()
        if task.policy.timeout is not None:
            self._deadlines.set(run.id, task.policy.timeout)

    def stop(self, run_id: str, kind: str, reason: str) -> bool:
        """Ask a run to stop; `kind` is one of `ENDS`. False if it is not in flight here."""
        flight = self._flights.get(run_id)
        if flight is None:
            return False
        if flight.work is not None:
            flight.work.stop(kind, reason)
        return True

    def landed(self, run_id: str) -> None:
        """The end of this run is recorded, or never will be."""
        flight = self._flights.pop(run_id, None)
        if flight is None:
            return
        flight.work = None  # they hold each other: apart they go at once, and with them all that the run has in memory
        if flight.recorded is not None and not flight.recorded.done():
            flight.recorded.set_result(None)

    async def wait(self, run_id: str) -> None:
        """Until that run has ended here, its end committed."""
        flight = self._flights.get(run_id)
        if flight is not None:
            if flight.recorded is None:
                flight.recorded = asyncio.get_running_loop().create_future()
            await asyncio.shield(flight.recorded)

    def _out_of_time(self, run_id: str) -> None:
        self.stop(run_id, "timeout", "")

    async def _perform(self, flight: _Flight, stop: StopRequest) -> None:
        """All of a run in one piece of work. To stop it is another, which is there only if somebody asks for it."""
        subject.set(Subject(flight.task.uuid, flight.run_id))
        stop.notify(partial(self._begin_to_stop, flight))
        try:
            outcome = await self._execute(flight)
        except Exception as error:
            if flight.stopping is None:
                log.exception("run %s of task %s could not be performed", flight.run_id, flight.task.uuid)
            outcome = _failed(error)
        except asyncio.CancelledError:  # nobody stops a run like this: the loop itself is being taken down
            if flight.stopping is None:
                self.landed(flight.run_id)
            raise
        else:
            flight.outcome = outcome
        if flight.stopping is None:
            self._conclude(flight, outcome)

    async def _execute(self, flight: _Flight) -> Outcome:
        task = flight.task
        executor = self._executors.get(task.executor)
        if executor is None:
            known = ", ".join(sorted(self._executors))
            raise SchedulerError(f"there is no executor named {task.executor!r} here; known: {known}")
        if self._in_force is not None:
            await self._make_sure(flight.sink, self._in_force)
        flight.execution = await executor.start(self._launch(flight.sink.run, task), flight.sink)
        return await flight.execution.outcome()

    @staticmethod
    async def _make_sure(sink: RunSink, in_force: InForce) -> None:
        run = await in_force(sink.run)
        if run is None:
            raise Unavailable("this server had stood still or was cut off, so nothing of this run was begun")
        sink.run = run

    def _conclude(self, flight: _Flight, outcome: Outcome) -> None:
        self._deadlines.clear(flight.run_id)
        try:
            finish = self._end_of(flight, outcome)
            flight.sink.close()
        except Exception:
            self.landed(flight.run_id)
            raise
        self._ended(flight.sink.run, finish)

    def _end_of(self, flight: _Flight, outcome: Outcome) -> Finish:
        run, task, sink = flight.sink.run, flight.task, flight.sink
        if outcome.error is not None and sink.code_started_at is None:
            sink.write("error", f"{outcome.error.name}: {outcome.error.message}")
        now = self._clock.now()
        return Finish(
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

    def _begin_to_stop(self, flight: _Flight, stop: StopRequest) -> None:
        if flight.stopping is None and flight.work is not None and not flight.work.done:
            flight.stopping = asyncio.ensure_future(self._stop(flight, stop))

    async def _stop(self, flight: _Flight, stop: StopRequest) -> None:
        assert flight.work is not None
        try:
            execution = await flight.begun()
            if execution is None:
                flight.work.abandon()
                how = "it was still starting"
            else:
                how = await self._escalate(execution, flight)
            outcome = _stopped(flight, stop, how)
        except Exception as error:
            log.exception("run %s could not be stopped in order", flight.run_id)
            outcome = Outcome(state=ENDS[stop.kind], reason=f"{stop.reason} ({error!r})")
        self._conclude(flight, outcome)

    async def _escalate(self, execution: Execution, flight: _Flight) -> str:
        """Interrupt, terminate, kill, a few seconds each, until it ends; returns in words what it took."""
        assert flight.work is not None
        for step, done in (
            (execution.interrupt, "interrupted"),
            (execution.terminate, "terminated"),
            (execution.kill, "killed"),
        ):
            try:
                await asyncio.wait_for(step(), STEP)
            except Exception as error:
                log.warning("run %s: %s failed: %r", flight.run_id, step.__name__, error)
            if not flight.work.done:
                await flight.work.settled(STEP)
            if flight.work.done:
                return done
            flight.sink.write("status", f"not {done} after {STEP:.0f} s")
        return "given up: it did not even end when killed"

    def _launch(self, run: Run, task: AnyTask) -> Launch:
        parameters: Mapping[str, Any] = {**task.action.own_parameters, **run.parameters}
        if self._resolve is not None:
            parameters = self._resolve(parameters, run, task)
        return Launch(run=run, task=task, parameters=parameters)


class _Flight:
    """A run from start to recorded end; what is asked to stop in between is the execution, not the work."""

    __slots__ = ("execution", "outcome", "recorded", "run_id", "sink", "stopping", "task", "work")

    def __init__(self, task: AnyTask, sink: RunSink) -> None:
        self.task = task
        self.sink = sink
        self.run_id = sink.run.id
        self.work: DeferredTask[None] | None = None
        self.execution: Execution | None = None
        self.outcome: Outcome | None = None
        """How it ended by itself, if it did."""
        self.stopping: asyncio.Future[None] | None = None
        """Under way once somebody asked: then this concludes, and not the work."""
        self.recorded: asyncio.Future[None] | None = None
        """There if somebody waits for it."""

    async def begun(self) -> Execution | None:
        """What can be asked to stop. A start under way is given a step's time; None if it hangs."""
        assert self.work is not None
        for _ in range(int(STEP * 20)):
            if self.execution is not None or self.work.done:
                break
            await asyncio.sleep(0.05)
        return self.execution


def _stopped(flight: _Flight, stop: StopRequest, how: str) -> Outcome:
    partial = flight.outcome
    if stop.kind == "timeout":
        reason = f"took longer than its timeout of {flight.task.policy.timeout:g} s ({how})"
    else:
        reason = f"{stop.reason} ({how})"
    return Outcome(state=ENDS[stop.kind], reason=reason, result=partial.result if partial else None)


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
