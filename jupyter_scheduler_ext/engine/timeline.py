"""What ran and what will run over a stretch of time: counts by bucket, and lanes by task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Container
from typing import Any, TypeAlias

from .abc import Ledger
from .board import Board
from .errors import Invalid
from .instants import Instant, to_rfc3339
from .ledger import RunFilter
from .listing import TaskQuery
from .lists import Lists
from .outlook import Outlook, fires
from .runs import ACTIVE, BAD, Run, RunState
from .slices import MANY, portions, sliced

Read: TypeAlias = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Asks the ledger something on another thread."""

Lane: TypeAlias = dict[str, Any]
"""A task with its runs and planned fires, as the API tells of it."""

MOST_BUCKETS = 2000
LANES = 200
"""Tasks that have a lane, the first by name."""
MOST_RUNS = 5000
"""Runs in all lanes together, the newest."""

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
    outlook: Outlook,
    lists: Lists,
    source: Ledger,
    read: Read,
    *,
    start: Instant,
    end: Instant,
    width: int,
    lanes: bool = False,
) -> dict[str, Any]:
    """The API's reply. `width` is a bucket in ms. Raises `errors.Invalid`."""
    if end <= start:
        raise Invalid("to lies before from", field="to")
    if width < 1000 or (end - start) / width > MOST_BUCKETS:
        raise Invalid(f"a timeline has at most {MOST_BUCKETS} buckets of a second or more", field="bucket")
    counts: dict[Instant, Counter[str]] = {}
    for bucket in await read(lambda: source.buckets(start, end, width, None)):
        shown = counts.setdefault(bucket.at, Counter())
        for state, number in bucket.counts.items():
            shown[_SHOWN[state]] += number
    for at, number in (await outlook.counts(start, end, width)).items():
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
        which = RunFilter(since=start, until=end, limit=MOST_RUNS)
        known = await read(lambda: _lanes_of(source.runs(which)))
        planned = await outlook.tasks(start, end, width)
        reply["tasks"] = await _lanes(board, lists, known, planned, start, end)
    return reply


def _lanes_of(runs: list[Run]) -> dict[str, Lane]:
    lanes: dict[str, Lane] = {}
    for run in runs:
        lane = lanes.setdefault(run.task_id, _lane(run.task_id, run.task_name))
        lane["runs"].append(
            {
                "id": run.id,
                "state": run.state.value,
                "fire_time": to_rfc3339(run.fire_time),
                "started_at": to_rfc3339(run.started_at),
                "finished_at": None if run.state in ACTIVE else to_rfc3339(run.finished_at),
            }
        )
    return lanes


async def _lanes(
    board: Board, lists: Lists, lanes: dict[str, Lane], planned: Container[str], start: Instant, end: Instant
) -> list[Lane]:
    """Those of tasks that have run, and of the first by name that will."""
    by_name = (await lists.find(TaskQuery(sort="name"))).ids
    first: list[str] = []
    async for portion in portions(by_name, 8 * MANY):
        first += [uuid for uuid in portion if uuid in planned]
        if len(first) >= LANES:
            break
    now = board.clock.now()
    async for task_id in sliced(list(dict.fromkeys((*first[:LANES], *(uuid for uuid in lanes if uuid in planned)))), 4):
        task = board.task(task_id)
        if task is not None:
            due = fires(board, task, max(start, now), end)
            lanes.setdefault(task_id, _lane(task_id, task.name))["planned"] = [to_rfc3339(at) for at in due]
    return sorted(lanes.values(), key=lambda lane: (lane["name"].casefold(), lane["uuid"]))[:LANES]


def _lane(task_id: str, name: str) -> Lane:
    return {"uuid": task_id, "name": name, "runs": [], "planned": []}
