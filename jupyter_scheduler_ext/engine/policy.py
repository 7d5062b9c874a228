"""Decisions as pure functions: what is due and may start, what is skipped or missed, when to try again, which state.

The rules are those of RELIABILITY 2 and 3; nothing here reads a clock, a store or a random number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from .firing import cursor_in_force, due_at, due_fires, origin_of, swallowed
from .instants import Instant, to_rfc3339
from .models import AnyTask, TaskState
from .runs import BAD, Facts, Origin, Run, RunState

PROMPT = 60_000
"""With `catchup: none`, a fire noticed within this many ms still counts as on time."""


def derive_state(enabled: bool, active: bool, halted: bool, last_state: RunState | None) -> TaskState:
    """The one place where a task's state comes from: four facts."""
    if active:
        return TaskState.RUNNING
    if not enabled:
        return TaskState.DISABLED
    if halted or last_state in BAD:
        return TaskState.ERROR
    return TaskState.IDLE


class Decision(NamedTuple):
    """What one look at the clock means for one task: records to make, in order, and the cursor after them."""

    cursor: Instant
    runs: tuple[Run, ...]
    counted: int = 0
    supersede: tuple[str, ...] = ()
    """Active runs to cancel, under `overlap: cancel_previous`."""


def decide(
    task: AnyTask, facts: Facts, active: Sequence[Run], now: Instant, new_id: Callable[[], str]
) -> Decision | None:
    """What to do about the fires that are due at `now`; None if there are none.

    Every fire that the cursor passes gets a record: a run to start, SKIPPED, or MISSED (older ones merged into one
    record with a count).
    """
    after = cursor_in_force(task, facts, now)
    due = due_fires(task, after, now)
    fires = list(due.newest)
    while fires and due_at(task, fires[-1]) > now:
        fires.pop()
    if not fires:
        return None
    first = due.first if due.earlier or due.first == due.newest[0] else fires[0]
    wanted, missed_why = _to_catch_up(task, facts, fires, now)
    missed = len(fires) - len(wanted) + due.earlier
    runs: list[Run] = []
    if missed:
        last_missed = fires[len(fires) - len(wanted) - 1] if len(wanted) < len(fires) else fires[0] - 1
        assert first is not None
        runs.append(_missed(task, first, last_missed, missed, missed_why, now, new_id))
    gap = swallowed(task, after, fires[-1])
    if gap is not None:
        runs.append(_swallowed(task, *gap, now, new_id))
    drafts = [draft(task, origin_of(task), fire, now, new_id, due=due_at(task, fire)) for fire in wanted]
    settled, supersede = apply_overlap(task, drafts, active, now)
    runs += settled
    counted = sum(run.state is RunState.QUEUED for run in settled)
    return Decision(cursor=fires[-1], runs=tuple(runs), counted=counted, supersede=supersede)


def _to_catch_up(task: AnyTask, facts: Facts, fires: Sequence[Instant], now: Instant) -> tuple[Sequence[Instant], str]:
    """The fires (a tail of `fires`) that still run, and why the others do not."""
    policy = task.policy
    window = PROMPT if policy.catchup == "none" else int(policy.catchup_window * 1000)
    alive = [fire for fire in fires if now - due_at(task, fire) <= window]
    reason = "the scheduler was not running then"
    if policy.catchup != "all":
        alive = alive[-1:]
        if alive:
            reason += "; only the latest missed time is caught up"
    if not alive:
        reason += f", and it was more than {_words(window)} ago when noticed"
    if policy.max_runs is not None:
        left = max(0, policy.max_runs - facts.run_count)
        if len(alive) > left:
            alive = alive[len(alive) - left :] if left else []
            reason = f"the limit of {policy.max_runs} runs was reached"
    return alive, reason


def apply_overlap(
    task: AnyTask, drafts: Sequence[Run], active: Sequence[Run], now: Instant
) -> tuple[list[Run], tuple[str, ...]]:
    """Settle new runs against the active ones of the same task; also the ids of runs to cancel.

    Several drafts at once come from `catchup: all`, which asks for every one of them: they follow one another.
    """
    overlap = task.policy.overlap
    if not active or overlap == "allow" or not drafts:
        return list(drafts), ()
    if overlap == "cancel_previous":
        return list(drafts), tuple(run.id for run in active)
    if overlap == "queue_one":
        waiting = next((run for run in active if run.state is RunState.QUEUED), None)
        if waiting is None:
            return [drafts[0], *(_skipped(run, drafts[0], now) for run in drafts[1:])], ()
        return [_skipped(run, waiting, now) for run in drafts], ()
    return [_skipped(run, active[0], now) for run in drafts], ()


def draft(
    task: AnyTask,
    origin: Origin,
    fire: Instant,
    now: Instant,
    new_id: Callable[[], str],
    *,
    due: Instant | None = None,
    key: str | None = None,
    parameters: dict[str, object] | None = None,
) -> Run:
    """A new QUEUED run."""
    return Run(
        id=new_id(),
        task_id=task.uuid,
        task_name=task.name,
        context_id=task.context,
        origin=origin,
        fire_time=fire,
        key=key or f"{task.uuid}:{to_rfc3339(fire)}",
        state=RunState.QUEUED,
        queued_at=now,
        due_at=due,
        parameters=parameters or {},
    )


def _missed(
    task: AnyTask,
    first: Instant,
    last: Instant,
    count: int,
    why: str,
    now: Instant,
    new_id: Callable[[], str],
) -> Run:
    reason = f"missed: {why}"
    if count > 1:
        reason = f"{count} times missed, {to_rfc3339(first)} to {to_rfc3339(last)}: {why}"
    run = draft(task, origin_of(task), first, now, new_id)
    return run._replace(state=RunState.MISSED, finished_at=now, fires=count, reason=reason)


def _swallowed(task: AnyTask, jump: Instant, count: int, now: Instant, new_id: Callable[[], str]) -> Run:
    """A millisecond before the jump: the jump itself may be a fire with a record of its own."""
    run = draft(task, origin_of(task), jump - 1, now, new_id)
    reason = f"the clocks of the zone jumped over {count} of its times at {to_rfc3339(jump)}"
    return run._replace(state=RunState.MISSED, finished_at=now, fires=count, reason=reason)


def _skipped(run: Run, blocker: Run, now: Instant) -> Run:
    waits = "waiting" if blocker.state is RunState.QUEUED else "still running"
    reason = f"skipped: the run of {to_rfc3339(blocker.fire_time)} was {waits}"
    return run._replace(state=RunState.SKIPPED, finished_at=now, reason=reason)


def next_attempt(task: AnyTask, run: Run, ended: RunState, now: Instant, new_id: Callable[[], str]) -> Run | None:
    """The retry that follows a bad end, due after its delay, or None if there is none left.

    FAILED and TIMED_OUT are tried again while `retries.max` allows; LOST only with `on_crash: retry` (at most once more
    if no retries are set: the person opted in to at-least-once).
    """
    retries = task.policy.retries
    if ended is RunState.LOST:
        allowed = max(retries.max, 1) if task.policy.on_crash == "retry" else 0
    elif ended in (RunState.FAILED, RunState.TIMED_OUT):
        allowed = retries.max
    else:
        return None
    if run.attempt > allowed or not task.enabled:
        return None
    delay = min(retries.delay * retries.factor ** (run.attempt - 1), retries.max_delay)
    digest = blake2b(f"{run.key}:{run.attempt}".encode(), digest_size=2).digest()
    delay *= 0.9 + 0.2 * int.from_bytes(digest) / 65_535
    return Run(
        id=new_id(),
        task_id=run.task_id,
        task_name=task.name,
        context_id=task.context,
        origin=Origin.RETRY,
        fire_time=run.fire_time,
        key=run.key,
        state=RunState.QUEUED,
        queued_at=now,
        due_at=now + int(delay * 1000),
        attempt=run.attempt + 1,
        parameters=run.parameters,
        reason=f"attempt {run.attempt + 1} of {allowed + 1}, after {ended.value.replace('_', ' ')}",
    )


def _words(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            amount = seconds // size
            return f"{amount} {unit}" + ("s" if amount != 1 else "")
    return f"{seconds} seconds"
