"""A schedule read from outside, beside its server or after it: nothing is written, made or locked.

SQLite would do all three, even for a reader, if there is a write-ahead log. So a history with one is copied, together
with its log, and the copy is read; one without is opened as a file that nobody changes.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..engine.abc import Put, Remove, Snapshot, StoreError, TaskStore
from ..engine.runs import ACTIVE, Facts, Run, RunState
from . import document
from .database import Row
from .document import BadFile
from .files import FileSystem, trouble
from .ledger_rows import FACT_COLUMNS, RUN_COLUMNS, facts_from, run_from

ATTEMPTS = 20
PAUSE = 0.05
"""Seconds between two attempts at a copy during which nothing was written."""


class UntouchedStore(TaskStore):
    """Definitions as they were when they were opened, from wherever a subclass reads them."""

    def refresh(self) -> Snapshot | None:
        return None

    def save(self, changes: Sequence[Put | Remove]) -> Snapshot:
        raise StoreError("tasks are only read here")

    def close(self) -> None:
        """Nothing is kept open."""


class UntouchedTasks(UntouchedStore):
    """The definitions of a folder."""

    def __init__(self, folder: Path, timezone: str) -> None:
        self._path = folder / "tasks.json"
        self._timezone = timezone

    def open(self) -> Snapshot:
        """Raises StoreError if the file is there and cannot be read."""
        try:
            found = FileSystem().read(self._path)
        except OSError as error:
            raise trouble("read", self._path, error) from error
        if found is None:
            return Snapshot(0, {}, read_only=True)
        try:
            held = document.read(found[1], document.EMPTY, {"timezone": self._timezone})
        except BadFile as problem:
            raise StoreError(f"{self._path} cannot be used: {problem}") from problem
        return Snapshot(held.rev, held.tasks, read_only=True, quarantined=held.problems)


class Source(ABC):
    """A database that is only asked."""

    name = ""

    @abstractmethod
    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Rows; none if there is no database yet. Raises StoreError."""

    @abstractmethod
    def version(self) -> int:
        """The schema's version; 0 if there is none yet."""


class UntouchedHistory:
    """The ledger in a database."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def facts(self) -> dict[str, Facts]:
        rows = self._rows(f"SELECT {FACT_COLUMNS} FROM facts WHERE buried_at IS NULL")
        return {row[0]: facts_from(row) for row in rows}

    def runs(
        self,
        *,
        run_id: str | None = None,
        task_id: str | None = None,
        states: frozenset[RunState] = frozenset(),
        limit: int = 1000,
    ) -> list[Run]:
        """The newest runs, of one task or of all."""
        conditions, values = [], list[Any]()
        for column, value in (("id", run_id), ("task_id", task_id)):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        if states:
            conditions.append(f"state IN ({', '.join('?' * len(states))})")
            values += sorted(state.value for state in states)
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        sql = f"SELECT {RUN_COLUMNS} FROM runs {where}ORDER BY queued_at DESC, id DESC LIMIT ?"
        return [run_from(row) for row in self._rows(sql, (*values, limit))]

    def active(self) -> list[Run]:
        """The runs that were not over, oldest first."""
        return self.runs(states=ACTIVE, limit=100_000)[::-1]

    def counts(self) -> dict[str, int]:
        """How many rows the ledger's tables have."""
        tables = ("facts", "runs", "requests", "owners")
        return {name: int(rows[0][0]) for name in tables if (rows := self._rows(f"SELECT COUNT(*) FROM {name}"))}

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._source.query(sql, values) if self._source.version() else []


class UntouchedFile(Source):
    """A SQLite file as it was when it was asked first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    def version(self) -> int:
        rows = self.query("PRAGMA user_version")
        return int(rows[0][0]) if rows else 0

    def problems(self) -> list[str]:
        """What SQLite finds wrong with it; empty if it is sound or not there."""
        return [str(row[0]) for row in self.query("PRAGMA quick_check(5)") if row[0] != "ok"]

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        try:
            connection = self._connection
            return [] if connection is None else connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error
        except OSError as error:
            raise trouble("read", self.path, error) from error

    @cached_property
    def _connection(self) -> sqlite3.Connection | None:
        """To a database with all that was committed when it was asked first."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            return None
        if not self._log.exists() or self._log.stat().st_size == 0:
            return sqlite3.connect(f"{self.path.absolute().as_uri()}?immutable=1", uri=True)
        self._place = tempfile.TemporaryDirectory(prefix="scheduler-ext-")
        copy = Path(self._place.name) / self.path.name
        for _ in range(ATTEMPTS):
            before = self._stamp()
            shutil.copyfile(self.path, copy)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(self._log, copy.with_name(self._log.name))
            if self._stamp() == before:
                return sqlite3.connect(copy)
            time.sleep(PAUSE)
        raise StoreError(f"{self.path} is being written all the time; ask its server instead")

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def _stamp(self) -> list[tuple[int, int]]:
        found = []
        for file in (self.path, self._log):
            with contextlib.suppress(FileNotFoundError):
                status = file.stat()
                found.append((status.st_mtime_ns, status.st_size))
        return found
