"""A thin layer over DB-API: one connection that writes, one that reads, and all in which databases differ.

SQL is written once, with ``?`` for parameters and ``{keys}`` for a list of them; what one database says differently is
an attribute or a method of `Database`. Errors leave as `StoreError` with a text for a person.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from filelock import FileLock, Timeout

from ..engine.abc import Clock, StoreError
from ..engine.instants import Instant
from ..engine.privacy import make_private
from .mounts import network_filesystem

Row: TypeAlias = tuple[Any, ...]

CHUNK = 100
"""Most keys in one statement: constant texts are prepared once, and every database takes so many parameters."""


class Contended(StoreError):
    """Another writer was in the way; nothing was written, and the same may be tried again at once."""


class Damaged(StoreError):
    """The file is not a database, or a database that contradicts itself."""


class Transaction:
    """Statements that stand or fall together.

    `lock` ends a SELECT whose rows are about to change, `free` one that leaves out the rows which another writer holds
    at this moment; both are empty where there is one writer at a time.
    """

    lock = ""
    free = ""
    quiet = False
    """Others need not look because of this one."""

    def __init__(self, cursor: Any, now: Instant) -> None:
        """`now`: the database's clock, as this began."""
        self.now = now
        self._cursor = cursor

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return cast("list[Row]", self._cursor.execute(self._spoken(sql), values).fetchall())

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute and tell how many rows were changed."""
        return cast(int, self._cursor.execute(self._spoken(sql), values).rowcount)

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._cursor.executemany(self._spoken(sql), rows)

    def matching(self, sql: str, keys: Iterable[Any]) -> Iterator[Row]:
        """Rows whose key is among `keys` (single values or tuples), each read once; ``{keys}`` marks the list.

        Keys are taken in order, so that two writers lock rows in the same order.
        """
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            size = 1 if len(chunk) == 1 else CHUNK
            chunk += chunk[-1:] * (size - len(chunk))
            wide = isinstance(chunk[0], tuple)
            marks = _marks(size, len(chunk[0]) if wide else 0)
            values = [value for key in chunk for value in key] if wide else chunk
            yield from self._cursor.execute(self._spoken(sql.format(keys=marks)), values)

    def _spoken(self, sql: str) -> str:
        """A statement as the driver wants it."""
        return sql


@cache
def _marks(count: int, width: int) -> str:
    if not width:
        return ", ".join("?" * count)
    return "VALUES " + ", ".join([f"({', '.join('?' * width)})"] * count)


class Database(ABC):
    """What the ledger needs of a database. Safe from several threads: writers queue up, reads see what is committed."""

    name = ""
    """What people call it; nothing secret."""
    read_only: str | None = None
    """Why nothing can be written, if the tables are not those that this code writes."""
    found_empty = False
    """There was a database of our name already when we connected, but nothing in it."""

    @abstractmethod
    def connect(self) -> None:
        """Raises Damaged for what was found unreadable before; `set_aside` then makes room for a new one."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def opening(self) -> contextlib.AbstractContextManager[None]:
        """Only one of all who share the database connects and migrates at a time."""

    @abstractmethod
    def transaction(self) -> contextlib.AbstractContextManager[Transaction]:
        """The only way to write: committed and durable at the end, or rolled back and StoreError raised."""

    @abstractmethod
    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read what is committed."""

    @abstractmethod
    def now(self) -> Instant:
        """The clock that leases are measured by: one for all who share the database."""

    @abstractmethod
    def changed(self) -> bool:
        """Has anybody else committed since the last call?"""

    @abstractmethod
    def version(self, transaction: Transaction | None = None) -> int:
        """The schema's version, as committed or as a transaction sees it; 0 for a new database."""

    @abstractmethod
    def set_version(self, transaction: Transaction, version: int) -> None: ...

    @abstractmethod
    def back_up(self, label: str) -> None:
        """Keep a copy of the database as it is now."""

    @abstractmethod
    def set_aside(self) -> str:
        """Disconnect and move a damaged database out of the way, as it is; returns its new name."""


class SqliteDatabase(Database):
    """A SQLite file in WAL mode, durable at power loss (docs/decisions/0010-ledger-durability.md).

    WAL needs shared memory, which network file systems do not have: `wal` None finds out. `synchronous` is weakened by
    measurements and tests only. All who share the file are on one machine, so its clock is theirs.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        wal: bool | None = None,
        synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL",
        busy_timeout: float = 5.0,
    ) -> None:
        self.path = path
        self.name = f"sqlite:///{path}"
        self._clock = clock
        self._wal = wal
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._write_lock = threading.RLock()
        self._read_lock = threading.RLock()
        self._seen: tuple[int, int] = (0, 0)

    def connect(self) -> None:
        if self._damage_mark.exists():
            raise Damaged(f"{self.path} was found damaged")
        try:
            make_private(self.path.parent)
            if self._wal is None:
                self._wal = network_filesystem(self.path.parent) is None
            self.found_empty = self.path.exists() and self.path.stat().st_size == 0
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))
        except OSError as error:
            raise StoreError(f"{self.path} cannot be opened: {error.strerror}") from error
        with self._write_lock, self._read_lock, self._reported():
            self._writer = self._connection()
            self._reader = self._connection()
            self._reader.execute("PRAGMA query_only = ON")
            self._seen = self._mark()

    def close(self) -> None:
        with self._write_lock, self._read_lock, self._reported():
            reader, self._reader = self._reader, None
            writer, self._writer = self._writer, None
            for connection in (reader, writer):
                if connection is not None:
                    connection.close()

    @contextmanager
    def opening(self) -> Iterator[None]:
        try:
            make_private(self.path.parent)
            with FileLock(self.path.with_suffix(".lock"), timeout=10, mode=0o600):
                yield
        except Timeout as error:
            raise StoreError(f"another process has been opening {self.path} for 10 s") from error
        except OSError as error:
            raise StoreError(f"{self.path} cannot be opened: {error.strerror}") from error

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._write_lock, self._reported():
            connection = self._open(self._writer)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection.cursor(), self._clock.now())
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                raise

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._read_lock, self._reported():
            return self._open(self._reader).execute(sql, values).fetchall()

    def now(self) -> Instant:
        return self._clock.now()

    def changed(self) -> bool:
        with self._write_lock, self._reported():
            before, mark = self._seen, self._mark()
            if mark[0] != before[0]:
                self._reconnect()
                return True
            self._seen = mark
            return mark != before

    def version(self, transaction: Transaction | None = None) -> int:
        read = transaction.rows if transaction else self.query
        return int(read("PRAGMA user_version")[0][0])

    def set_version(self, transaction: Transaction, version: int) -> None:
        transaction.run(f"PRAGMA user_version = {version:d}")

    def back_up(self, label: str) -> None:
        target = self.path.with_name(f"{self.path.name}.{label}")
        with self._read_lock, self._reported():
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            copy = sqlite3.connect(target, isolation_level=None)
            try:
                self._open(self._reader).backup(copy)
            finally:
                copy.close()

    def set_aside(self) -> str:
        with contextlib.suppress(StoreError):
            self.close()
        target = f"{self.path}.damaged-{self.now()}"
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self.path}{suffix}").rename(target + suffix)
        self._damage_mark.unlink(missing_ok=True)
        return target

    @property
    def _damage_mark(self) -> Path:
        """Made when damage shows while running, where nobody looks for it at the next start."""
        return self.path.with_name(f"{self.path.name}.damaged")

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute(f"PRAGMA journal_mode = {'WAL' if self._wal else 'DELETE'}")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: its plain fsync stops at the drive's cache
            connection.execute("PRAGMA cache_size = -8000")
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
            connection.execute(f"PRAGMA journal_size_limit = {16 << 20}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self, connection: sqlite3.Connection | None) -> sqlite3.Connection:
        if connection is None:
            raise StoreError(f"{self.path} is closed")
        return connection

    def _mark(self) -> tuple[int, int]:
        """Which file lies under our name (another server may have set a damaged one aside), and its data version."""
        try:
            inode = self.path.stat().st_ino
        except OSError:
            inode = 0
        version = self._open(self._writer).execute("PRAGMA data_version").fetchone()[0]
        return inode, version

    def _reconnect(self) -> None:
        with contextlib.suppress(StoreError):
            self.close()
        self.connect()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn the driver's errors into ours. After an I/O error the file is opened anew: what a failed fsync left in
        the system's cache may never be trusted through the same descriptor."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_IOERR and self._writer is not None:
                with contextlib.suppress(StoreError, sqlite3.Error):
                    self._reconnect()
            reported = _store_error(self.path, error, code)
            if isinstance(reported, Damaged):
                with contextlib.suppress(OSError):
                    self._damage_mark.touch(0o600)
            raise reported from error


def _store_error(path: Path, error: sqlite3.Error, code: int) -> StoreError:
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Damaged(f"{path} is damaged ({error}); restart the server to set it aside")
    if code == sqlite3.SQLITE_FULL:
        return StoreError(f"no space left for {path}", status=507)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(f"{path} is locked by another process")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreError(f"{path} cannot be written: {error}")
    return StoreError(f"{path}: {error}")
