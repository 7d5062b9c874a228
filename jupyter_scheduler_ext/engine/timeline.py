"""What ran and what will run over a stretch of time: counts by bucket, and lanes by task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias

from . import cron
from .abc import Ledger
from .board import Board
from .cron import CronError
from .errors import Invalid
from .firing import due_at, next_fire
from .instants import Instant, to_datetime, to_rfc3339
from .ledger import RunFilter
from .models import AnyTask, ScheduledTask
from .runs import ACTIVE, BAD, Run, RunState
from .slices import sliced

Read: TypeAlias = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Asks the ledger something on another thread."""

MOST_BUCKETS = 2000
MOST_FIRES = 500
"""Planned fires counted for one task; a minutely task over a day alone has 1440."""
LANES = 200

_SHOWN = {state.value: "failed" for state in BAD} | {
    RunState.SUCCEEDED.value: "succeeded",
    RunState.RUNNING.value: "running",
    RunState.QUEUED.value: "running",
    RunState.MISSED.value: "missed",
    RunState.SKIPPED.value: "missed",
    RunState.CANCELLED.value: "failed",
    RunState.INTERRUPTED.value: "failed",
}


async def timeline(
    board: Board,
    source: Ledger,
    read: Read,
    *,
    start: Instant,
    end: Instant,
    width: int,
    lanes: bool = False,
    task_id: str | None = None,
) -> dict[str, Any]:
    """The API's reply. `width` is a bucket in ms. Raises `errors.Invalid`."""
    if end <= start:
        raise Invalid("to lies before from", field="to")
    if width < 1000 or (end - start) / width > MOST_BUCKETS:
        raise Invalid(f"a timeline has at most {MOST_BUCKETS} buckets of a second or more", field="bucket")
    counts: dict[Instant, Counter[str]] = {}
    for bucket in await read(lambda: source.buckets(start, end, width, task_id)):
        shown = counts.setdefault(bucket.at, Counter())
        for state, number in bucket.counts.items():
            shown[_SHOWN[state]] += number
    planned = await _planned(board, max(start, board.clock.now()), end, task_id)
    for planned_id, fires in planned.items():
        for at, number in _by_bucket(board.task(planned_id), fires, start, end, width):
            counts.setdefault(at, Counter())["planned"] += number
    reply: dict[str, Any] = {
        "from": to_rfc3339(start),
        "to": to_rfc3339(end),
        "bucket": width / 1000,
        "buckets": [
            {"at": to_rfc3339(at)}
            | {name: found[name] for name in ("succeeded", "failed", "running", "missed", "planned")}
            for at, found in sorted(counts.items())
        ],
    }
    if lanes:
        which = RunFilter(since=start, until=end, task_id=task_id, limit=5000)
        reply["tasks"] = _lanes(board, await read(lambda: source.runs(which)), planned)
    return reply


async def _planned(board: Board, start: Instant, end: Instant, task_id: str | None) -> dict[str, list[Instant]]:
    planned: dict[str, list[Instant]] = {}
    async for task in sliced(list(board.tasks.snapshot.tasks.values())):
        due = board.agenda[task.uuid]
        if due is not None and due < end and task_id in (None, task.uuid):
            planned[task.uuid] = _fires(task, start, end)
    return planned


def _fires(task: AnyTask, start: Instant, end: Instant) -> list[Instant]:
    fires: list[Instant] = []
    after = start - 1
    try:
        while len(fires) < MOST_FIRES and (fire := next_fire(task, after)) is not None and fire < end:
            fires.append(due_at(task, fire))
            after = fire
    except CronError:
        return []
    return fires


def _by_bucket(
    task: AnyTask | None, fires: list[Instant], start: Instant, end: Instant, width: int
) -> Iterator[tuple[Instant, int]]:
    """Fires counted by bucket: one by one, or, where not all were listed, by arithmetic."""
    if len(fires) < MOST_FIRES or not isinstance(task, ScheduledTask):
        for fire in fires:
            yield start + (fire - start) // width * width, 1
        return
    rule = task.schedule.expression, task.schedule.timezone
    for at in range(start, end, width):
        first, last = max(at, fires[0]) - 1, min(at + width, end) - 1
        if first < last:
            yield at, cron.count_between(*rule, to_datetime(first), to_datetime(last))


def _lanes(board: Board, runs: list[Run], planned: dict[str, list[Instant]]) -> list[dict[str, Any]]:
    lanes: dict[str, dict[str, Any]] = {}

    def lane(task_id: str, name: str) -> dict[str, Any]:
        return lanes.setdefault(task_id, {"uuid": task_id, "name": name, "runs": [], "planned": []})

    for run in runs:
        lane(run.task_id, run.task_name)["runs"].append(
            {
                "id": run.id,
                "state": run.state.value,
                "fire_time": to_rfc3339(run.fire_time),
                "started_at": to_rfc3339(run.started_at),
                "finished_at": None if run.state in ACTIVE else to_rfc3339(run.finished_at),
            }
        )
    for task_id, fires in planned.items():
        task = board.task(task_id)
        if task is not None and fires:
            lane(task_id, task.name)["planned"] = [to_rfc3339(fire) for fire in fires]
    return sorted(lanes.values(), key=lambda item: item["name"].casefold())[:LANES]
