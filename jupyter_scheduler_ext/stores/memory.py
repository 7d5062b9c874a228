"""Definitions in memory: for the simulator and for tests; nothing outlives the process."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.abc import Put, Remove, RevisionConflict, Snapshot, TaskStore
from ..engine.models import AnyTask


class MemoryStore(TaskStore):
    """Keeps the contract of a `TaskStore`, durability aside."""

    def __init__(self) -> None:
        self._snapshot = Snapshot(0, {})

    def open(self) -> Snapshot:
        return self._snapshot

    def refresh(self) -> Snapshot | None:
        return None

    def save(self, changes: Sequence[Put | Remove]) -> Snapshot:
        tasks: dict[str, AnyTask] = dict(self._snapshot.tasks)
        for change in changes:
            uuid = change.task.uuid if isinstance(change, Put) else change.uuid
            stored = tasks.get(uuid)
            revision = stored.revision if stored else 0
            if change.expected is not None and change.expected != revision:
                raise RevisionConflict(uuid, stored)
            if isinstance(change, Put):
                tasks[uuid] = change.task.model_copy(update={"revision": revision + 1})
            else:
                tasks.pop(uuid, None)
        self._snapshot = Snapshot(self._snapshot.revision + 1, tasks)
        return self._snapshot

    def close(self) -> None:
        pass
