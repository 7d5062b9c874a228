"""What changed since a revision, as JSON text: put together from cached texts, so it costs what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import to_json
from .scheduler_tasks_list import gather

if TYPE_CHECKING:
    from ..engine.scheduler import TaskScheduler

EVERYTHING = "0"


async def compose(scheduler: TaskScheduler, since: str) -> tuple[bytes, str]:
    """The delta as a JSON object, and the revision that it leads to.

    `EVERYTHING` gives all tasks and active runs. A revision that is too old, or of another life of the server, gives
    ``"reset": true`` and nothing else: the reader loads the list again.
    """
    delta = scheduler.changes.since(since)
    everything = since == EVERYTHING
    known = scheduler.board.recent
    if everything:
        tasks, runs = list(scheduler.tasks.snapshot.tasks), list(scheduler.board.all_active())
    else:
        tasks, runs = delta.tasks, [known[run_id] for run_id in delta.runs if run_id in known]
    texts = {
        "tasks": await gather(tasks, scheduler.task_bytes),
        "runs": [to_json(run.to_json()) for run in runs],
    }
    contexts = [{"id": context_id} for context_id in delta.contexts]
    head = to_json({"revision": delta.revision, "reset": delta.reset and not everything})
    lists = b"".join(b',"%b":[%b]' % (name.encode(), b",".join(parts)) for name, parts in texts.items())
    tail = to_json({"contexts": contexts, "deleted": delta.deleted, "banners": scheduler.banners()})
    return head[:-1] + lists + b"," + tail[1:], delta.revision
