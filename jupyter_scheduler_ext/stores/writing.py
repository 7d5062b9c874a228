"""Compare and swap: what changes make of stored entries, in whatever store they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engine.abc import Put, Remove, RevisionConflict
from . import entries
from .entries import Entry


def changed_entries(known: Mapping[str, Entry], changes: Sequence[Put | Remove]) -> dict[str, Entry | None]:
    """What the changes make of the entries; None is one removed. Raises RevisionConflict, Invalid."""
    made: dict[str, Entry | None] = {}
    for change in changes:
        uuid = change.task.uuid if isinstance(change, Put) else change.uuid
        entry = made[uuid] if uuid in made else known.get(uuid)
        stored = entry.task if entry is not None else None
        if isinstance(change, Remove) and entry is None:
            continue
        if change.expected is not None and change.expected != (stored.revision if stored is not None else 0):
            raise RevisionConflict(uuid, stored)
        if isinstance(change, Remove):
            made[uuid] = None
        else:
            task = change.task.model_copy(update={"revision": (stored or change.task).revision + 1})
            made[uuid] = entries.write(task, entry.extras if entry is not None else ())
    return made
