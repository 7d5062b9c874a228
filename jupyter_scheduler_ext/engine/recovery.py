"""What a dead scheduler left behind: started runs are LOST, waiting ones taken over, orphan kernels ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial

from .abc import Clock, Executor, Ledger
from .batcher import Batcher
from .board import Board
from .ledger import Adopt, Finish, FinishResult, Op
from .models import AnyTask
from .pipeline import Pipeline
from .policy import next_attempt
from .runs import Run, RunState

log = logging.getLogger(__name__)


async def recover(
    *,
    board: Board,
    pipeline: Pipeline,
    ledger: Batcher[Op],
    source: Ledger,
    executors: Mapping[str, Executor],
    clock: Clock,
    new_id: Callable[[], str],
    is_dead: Callable[[str], bool],
    is_here: Callable[[str], bool] = lambda owner: True,
    takes: Callable[[AnyTask], bool] = lambda task: True,
) -> list[Run]:
    """Settle every active run whose owner is dead; returns those lost.

    `is_here`: did that owner live on this machine, so that its processes are ours to end? `takes`: may this server
    perform the task? What it may not is left waiting for one that may.

    A RUNNING one may have had effects: it becomes LOST, and is tried again only with `on_crash: retry`. A QUEUED one
    has not begun (RUNNING is recorded before anything starts): it is taken over as it is. Nothing here guesses by age.
    """
    active = await ledger.call(source.active)
    board.replace_active(active)
    orphans = [run for run in active if run.owner != pipeline.owner and (run.owner is None or is_dead(run.owner))]
    started = [run for run in orphans if run.state is RunState.RUNNING]
    processes: dict[str, str] = {}
    for owner in {run.owner for run in started if run.owner}:
        processes |= await ledger.call(partial(source.kernel_processes, owner))
    lost = await _lose(started, board, pipeline, ledger, clock, new_id, takes)
    for run in started:
        task = board.task(run.task_id)
        executor = executors.get(task.executor if task else "local")
        if executor is not None:
            try:
                await executor.recover(run, processes.get(run.id) if is_here(run.owner or "") else None)
            except Exception:
                log.exception("what run %s left running could not be ended", run.id)
    await clear_up(executors)
    waiting = [run for run in orphans if run.state is RunState.QUEUED]
    for run in waiting:
        task = board.task(run.task_id)
        if task is not None and not takes(task):
            continue
        adopted = await ledger.run(Adopt(run_id=run.id, epoch=run.epoch, owner=pipeline.owner))
        if not isinstance(adopted, Run):
            continue
        board.saw_runs([adopted])
        if board.task(run.task_id) is None:
            await pipeline.cancel(adopted, "cancel", "its task is gone")
        else:
            pipeline.queue(adopted)
    await pipeline.pump()
    if orphans:
        log.warning("a scheduler died here: %d runs were lost, %d waiting ones go on", len(lost), len(waiting))
    return lost


async def clear_up(executors: Mapping[str, Executor]) -> None:
    """Have every executor end what dead schedulers of this machine left running that belongs to no run."""
    for executor in executors.values():
        try:
            await executor.clear_up()
        except Exception:
            log.exception("what a dead scheduler left running could not be ended")


async def _lose(
    runs: list[Run],
    board: Board,
    pipeline: Pipeline,
    ledger: Batcher[Op],
    clock: Clock,
    new_id: Callable[[], str],
    takes: Callable[[AnyTask], bool],
) -> list[Run]:
    now = clock.now()
    ends: list[Finish] = []
    for run in runs:
        task = board.task(run.task_id)
        retry = next_attempt(task, run, RunState.LOST, now, new_id) if task else None
        owner = pipeline.owner if task and takes(task) else run.owner
        ends.append(
            Finish(
                run_id=run.id,
                owner=run.owner or "",
                epoch=run.epoch,
                state=RunState.LOST,
                at=now,
                reason="the scheduler died while it ran; whether it finished is not known",
                pause_after=task.policy.pause_after if task else 0,
                retry=retry and retry._replace(owner=owner, epoch=1, server=run.server),
            )
        )
    lost: list[Run] = []
    for end, answer in zip(ends, await ledger.run_all(ends), strict=True):
        if not isinstance(answer, FinishResult):
            continue
        board.saw_facts(answer.facts)
        board.saw_runs([answer.run])
        board.reschedule(answer.run.task_id)
        lost.append(answer.run)
        if answer.retried and end.retry is not None:
            board.saw_runs([end.retry])
            if end.retry.owner == pipeline.owner:
                pipeline.queue(end.retry)
    return lost
