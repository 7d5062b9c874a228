"""One thing done to many tasks, each answering for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from .errors import Invalid, SchedulerError

if TYPE_CHECKING:
    from .scheduler import TaskScheduler

TOGETHER = 50
"""Tasks worked on at a time: their commits are grouped."""
MOST = 10_000


async def bulk(scheduler: TaskScheduler, action: str, ids: list[str], tags: list[str]) -> list[dict[str, Any]]:
    """``[{"id", "ok", "error"?, "run_id"?}]`` in the order of `ids`. Raises `errors.Invalid` for an unknown action."""

    async def tag(uuid: str) -> None:
        await scheduler.update(uuid, {"tags": list(dict.fromkeys([*scheduler.editor.get(uuid).tags, *tags]))})

    async def untag(uuid: str) -> None:
        kept = [tag for tag in scheduler.editor.get(uuid).tags if tag not in tags]
        await scheduler.update(uuid, {"tags": kept})

    actions: dict[str, Callable[[str], Awaitable[Any]]] = {
        "run": scheduler.run,
        "enable": scheduler.enable,
        "disable": scheduler.disable,
        "reset": scheduler.reset,
        "delete": scheduler.delete,
        "restore": scheduler.restore,
        "tag": tag,
        "untag": untag,
    }
    perform = actions.get(action)
    if perform is None:
        raise Invalid(f"action is one of: {', '.join(actions)}", field="action")
    if action in ("tag", "untag") and not tags:
        raise Invalid("name at least one tag", field="tags")
    if len(ids) > MOST:
        raise Invalid(f"at most {MOST} tasks at a time", field="ids")

    async def one(uuid: str) -> dict[str, Any]:
        try:
            value = await perform(uuid)
        except SchedulerError as error:
            return {"id": uuid, "ok": False, "error": error.to_json()}
        return {"id": uuid, "ok": True} | ({"run_id": value.id} if action == "run" else {})

    results: list[dict[str, Any]] = []
    for start in range(0, len(ids), TOGETHER):
        results += await asyncio.gather(*(one(uuid) for uuid in ids[start : start + TOGETHER]))
    return results
