"""A shared database read from outside: nothing is made or written there, not even its tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...engine.abc import Snapshot
from .. import entries
from ..database import Database, Row, SqliteDatabase
from ..untouched import Source, UntouchedFile, UntouchedStore
from .versions import open_database


def source_of(url: str) -> Source:
    """The database behind a `db_url`. Raises StoreError if it cannot be reached."""
    database = open_database(url)
    return UntouchedFile(database.path) if isinstance(database, SqliteDatabase) else _Asked(database)


class UntouchedRows(UntouchedStore):
    """The definitions in a shared database."""

    def __init__(self, source: Source, timezone: str) -> None:
        self._source = source
        self._timezone = timezone

    def open(self) -> Snapshot:
        if not self._source.version():
            return Snapshot(0, {}, read_only=True)
        tasks, problems = {}, {}
        for uuid, text in self._source.query("SELECT uuid, definition FROM tasks WHERE definition IS NOT NULL"):
            try:
                entry = entries.read(json.loads(text), text, uuid, {"timezone": self._timezone})
            except ValueError as error:
                problems[uuid] = str(error)
                continue
            if entry.task is None:
                problems[uuid] = entry.problem or ""
            else:
                tasks[uuid] = entry.task
        (revision,) = self._source.query("SELECT revision FROM definitions")
        return Snapshot(int(revision[0]), tasks, read_only=True, quarantined=problems)


class _Asked(Source):
    """A database server, of which only questions are asked."""

    def __init__(self, database: Database) -> None:
        database.connect()
        self.name = database.name
        self._database = database

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._database.query(sql, values)

    def version(self) -> int:
        return self._database.version()
