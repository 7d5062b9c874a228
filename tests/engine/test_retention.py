"""What is old goes, and nothing else does."""

from __future__ import annotations

from typing import Any

from jupyter_scheduler_ext.engine.abc import ContextStore

from .night import Night


class Folders(ContextStore):
    """Remembers what was removed."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    async def ensure(self, context_id: str, task_name: str) -> str:
        return context_id

    async def list(self) -> list[dict[str, Any]]:
        return []

    async def remove(self, context_id: str) -> None:
        self.removed.append(context_id)

    async def remove_output(self, path: str) -> None:
        self.removed.append(path)


def test_a_context_goes_with_the_last_task_that_uses_it_once_undo_is_over(night: Night):
    night.contexts = folders = Folders()

    async def story():
        await night.scheduler.stop()
        await night.boot(undo_days=1.0)
        alone = await night.make("0 0 1 1 *", name="alone")
        shared = [await night.make("0 0 1 1 *", name=name, context_id="shared") for name in ("one", "two")]
        await night.scheduler.delete(alone.uuid)
        await night.scheduler.delete(shared[0].uuid)
        await night.until("2026-03-01 20:00")
        assert folders.removed == []
        await night.until("2026-03-02 03:00")
        assert folders.removed == [alone.uuid]
        await night.scheduler.delete(shared[1].uuid)
        await night.scheduler.restore(shared[1].uuid)
        await night.until("2026-03-04 03:00")
        assert folders.removed == [alone.uuid]
        await night.scheduler.delete(shared[1].uuid)
        await night.until("2026-03-06 03:00")
        assert folders.removed == [alone.uuid, "shared"]

    night.run(story())
