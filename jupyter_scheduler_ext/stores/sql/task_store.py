"""Definitions in a table: a row a task, its JSON as it would stand in ``tasks.json``.

Each save raises the revision of the store, under a lock on the row that holds it, and marks the rows it changed with
it. So a look at what others did is one short question, and reads only what is newer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...engine.abc import Notice, Put, Remove, Snapshot, StoreError, TaskStore
from ...engine.models import AnyTask
from .. import entries
from ..bulk import collector_at_rest
from ..database import Database, Row, Transaction
from ..entries import Entry
from ..writing import changed_entries
from .versions import check_version, settle_schema

_NEWER = "SELECT uuid, revision, saved_at, definition FROM tasks WHERE saved_at > ? ORDER BY saved_at, uuid"
_SAVE = (
    "INSERT INTO tasks (uuid, revision, saved_at, definition) VALUES (?, ?, ?, ?) ON CONFLICT (uuid) DO UPDATE SET "
    "revision = excluded.revision, saved_at = excluded.saved_at, definition = excluded.definition"
)
_ATTEMPTS = 20
"""How often a save is tried that other servers' saves come before."""
_LOOKS = 10
"""How many looks at others' changes there are to one at the version of the tables."""
_REVISION = "SELECT revision FROM definitions WHERE one = 1"


@dataclass(frozen=True, slots=True)
class _Known:
    """The definitions at one revision of the store. Never changed: what is newer makes another."""

    revision: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    tasks: dict[str, AnyTask] = field(default_factory=dict)

    def with_rows(self, revision: int, changed: Iterable[Entry | str]) -> _Known:
        """With these entries instead of what was known of them; a text alone is the id of one that is gone."""
        held, tasks = dict(self.entries), dict(self.tasks)
        for entry in changed:
            key = entry if isinstance(entry, str) else entry.key
            held.pop(key, None)
            tasks.pop(key, None)
            if isinstance(entry, Entry):
                held[key] = entry
                if entry.task is not None:
                    tasks[key] = entry.task
        return replace(self, revision=revision, entries=held, tasks=tasks)

    @property
    def problems(self) -> dict[str, str]:
        return {key: entry.problem for key, entry in self.entries.items() if entry.problem is not None}


class SqlTaskStore(TaskStore):
    """The task store of a shared database. `timezone` is the zone of schedules that were stored without one."""

    def __init__(self, database: Database, *, timezone: str = "UTC") -> None:
        self._database = database
        self._context = {"timezone": timezone}
        self._mutex = threading.RLock()
        self._known = _Known()
        self._published = self._known
        self._told: str | None = None
        self._looks = 0

    def open(self) -> Snapshot:
        with self._mutex:
            with self._database.opening():
                self._database.connect()
                settle_schema(self._database)
            self._known = _Known()
            self._look()
            return self._publish()

    def refresh(self) -> Snapshot | None:
        with self._mutex:
            self._looks += 1
            if self._looks % _LOOKS == 0:
                check_version(self._database)
            self._look()
            news = self._known is not self._published or self._told != self._database.read_only
            return self._publish() if news else None

    def save(self, changes: Sequence[Put | Remove]) -> Snapshot:
        # What takes long, writing thousands of tasks as text, is done before the lock that all servers share is taken.
        with self._mutex:
            for _ in range(_ATTEMPTS):
                self._look()
                with collector_at_rest():
                    changed = changed_entries(self._known.entries, changes)
                if not changed:
                    return self._publish()
                known = self._known
                with self._database.transaction() as transaction:
                    (stored,) = transaction.rows(_REVISION + transaction.lock)
                    unchanged = stored[0] == known.revision
                    if unchanged:
                        self._write(transaction, known.revision + 1, changed)
                if unchanged:
                    self._known = known.with_rows(known.revision + 1, _gone_or_there(changed))
                    return self._publish()
            raise StoreError(f"the tasks in {self._database.name} are being changed all the time; try again")

    def close(self) -> None:
        self._database.close()

    def _look(self) -> None:
        """Take up what others saved."""
        revision = self._database.query(_REVISION)[0][0]
        if revision == self._known.revision:
            return
        rows = self._database.query(_NEWER, (self._known.revision,))
        with collector_at_rest():
            read = [self._read(row) for row in rows]
        self._known = self._known.with_rows(max([revision, *(row[2] for row in rows)]), read)

    def _read(self, row: Row) -> Entry | str:
        uuid, _, _, definition = row
        if definition is None:
            return str(uuid)
        try:
            value: Any = json.loads(definition)
        except ValueError as error:
            return Entry(uuid, definition, problem=str(error))
        return entries.read(value, definition, uuid, self._context)

    def _write(self, transaction: Transaction, revision: int, changed: dict[str, Entry | None]) -> None:
        rows = []
        for uuid, entry in sorted(changed.items()):
            own = entry.task.revision if entry is not None and entry.task is not None else 0
            rows.append((uuid, own, revision, entry.text if entry is not None else None))
        transaction.many(_SAVE, rows)
        transaction.run("UPDATE definitions SET revision = ? WHERE one = 1", (revision,))

    def _publish(self) -> Snapshot:
        self._published, self._told = self._known, self._database.read_only
        notices = []
        if self._told:
            notices.append(Notice("warning", "store_read_only", self._told))
        problems = self._known.problems
        if problems:
            told = f"{len(problems)} tasks of the database cannot be read and are left as they are."
            notices.append(Notice("error", "store_quarantined", told))
        return Snapshot(self._known.revision, self._known.tasks, tuple(notices), self._told is not None, problems)


def _gone_or_there(changed: dict[str, Entry | None]) -> list[Entry | str]:
    return [uuid if entry is None else entry for uuid, entry in changed.items()]
