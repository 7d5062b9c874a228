"""PostgreSQL under the ledger and the definitions: one connection that writes, one that reads, made anew when lost.

A commit whose answer was lost with the connection is not guessed at: each transaction counts one up in a row that is
its writer's alone, and the server is asked how far that has come. So what was recorded and what is believed to be
recorded never differ. The number that PostgreSQL gives a transaction says only whether it is still under way: after a
crash the same number may be another's.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeAlias
from uuid import uuid4
from zlib import crc32

from ...engine.abc import StoreError
from ...engine.instants import Instant
from ..database import Contended, Database, Row, Transaction
from .address import Address
from .patience import PATIENCE, engine_for

Connection: TypeAlias = Any

CLOCK = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_SETTINGS = (
    # A server that stands still in the middle of a transaction must not hold rows for longer than others can wait.
    "SET idle_in_transaction_session_timeout = '20s'; SET lock_timeout = '25s'; "
    f"SET statement_timeout = '{PATIENCE - 1:g}s'; "
    "SET synchronous_commit = on; SET search_path = {schema}"
)
_UNDER_WAY = (
    "SELECT CASE WHEN %s::xid8 < pg_snapshot_xmax(pg_current_snapshot()) "
    "THEN pg_xact_status(%s::xid8) ELSE 'unknown' END"
)
_PAUSE = 0.5
"""Seconds between two tries to learn what became of a commit."""
_CONTENDED = frozenset({"40001", "40P01", "23505"})
"""Serialization failure, deadlock, a row that another writer made in the same moment."""
_NO_SPACE = frozenset({"53100", "53200"})
_MISSING = frozenset({"42P01", "3F000"})


class _Statements(Transaction):
    lock = " FOR UPDATE"
    free = " FOR UPDATE SKIP LOCKED"

    def _spoken(self, sql: str) -> str:
        return _spoken(sql)


@cache
def _spoken(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class PostgresDatabase(Database):
    """One schedule in a PostgreSQL database. Its clock is that of the database's machine, for all who share it."""

    def __init__(self, address: Address) -> None:
        self.name = address.shown
        self._address = address
        self._engine: Any = None
        self._writer: Connection | None = None
        self._reader: Connection | None = None
        self._write_lock = threading.RLock()
        self._read_lock = threading.RLock()
        self._open = False
        self._seen = 0
        self._name = uuid4().hex

    def connect(self) -> None:
        with self._write_lock, self._read_lock:
            self._open = True
            self._writing()
            self._reading()
            if self.version():
                self._seen = self._commits()

    def close(self) -> None:
        self._open = False  # a wait for the outcome of a commit ends, and gives up the lock
        with self._write_lock, self._read_lock:
            reader, self._reader = self._reader, None
            writer, self._writer = self._writer, None
            for connection in (reader, writer):
                if connection is not None:
                    connection.close()

    @contextmanager
    def opening(self) -> Iterator[None]:
        connection = self._connection()
        try:
            with self._reported():
                connection.execute("SELECT pg_advisory_lock(%s)", (crc32(self._address.schema.encode()),))
            yield
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.read_only:
            raise StoreError(self.read_only)
        with self._write_lock:
            self._check_open()
            statements, number = self._begin()
            connection = self._writer
            count = None
            try:
                with self._reported():
                    yield statements
                    if not statements.quiet:
                        ((count,),) = statements.rows(
                            "INSERT INTO commits (writer, number) VALUES (?, 1) "
                            "ON CONFLICT (writer) DO UPDATE SET number = commits.number + 1 RETURNING number",
                            (self._name,),
                        )
            except BaseException:
                self._roll_back(connection)
                raise
            self._commit(connection, number, count)

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._read_lock:
            self._check_open()
            lost = self._reader is not None
            try:
                with self._reported():
                    return self._ask(sql, values)
            except StoreError:
                if not lost or self._reader is not None:
                    raise
            with self._reported():
                return self._ask(sql, values)

    def now(self) -> Instant:
        return int(self.query(f"SELECT {CLOCK}")[0][0])

    def changed(self) -> bool:
        before, self._seen = self._seen, self._commits()
        return self._seen != before

    def version(self, transaction: Transaction | None = None) -> int:
        read = transaction.rows if transaction else self.query
        there = read(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = 'schema_version'",
            (self._address.schema,),
        )
        return int(read("SELECT version FROM schema_version")[0][0]) if there else 0

    def set_version(self, transaction: Transaction, version: int) -> None:
        transaction.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        transaction.run("DELETE FROM schema_version")
        transaction.run("INSERT INTO schema_version (version) VALUES (?)", (version,))
        transaction.quiet = True

    def back_up(self, label: str) -> None:
        """A migration is one transaction here; copies are the business of whoever runs the database."""

    def set_aside(self) -> str:
        raise StoreError(f"{self._address.shown} is damaged: see its server's log")

    # Connections

    def _connection(self) -> Connection:
        with self._reported():
            if self._engine is None:
                self._engine = engine_for(self._address)
            raw = self._engine.raw_connection()
            connection = raw.driver_connection
            raw.detach()
            try:
                connection.autocommit = True
                there = connection.execute("SELECT to_regnamespace(%s)", (self._address.schema,)).fetchone()
                if there[0] is None:
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self._address.schema}")
                connection.execute(_SETTINGS.format(schema=self._address.schema))
            except BaseException:
                connection.close()
                raise
        return connection

    def _writing(self) -> Connection:
        if self._writer is None or self._writer.closed:
            self._writer = self._connection()
        return self._writer

    def _reading(self) -> Connection:
        if self._reader is None or self._reader.closed:
            self._reader = self._connection()
        return self._reader

    def _check_open(self) -> None:
        if not self._open:
            raise StoreError(f"{self._address.shown} is closed")

    def _ask(self, sql: str, values: Sequence[Any]) -> list[Row]:
        connection = self._reading()
        try:
            rows: list[Row] = connection.execute(_spoken(sql), values or None).fetchall()
            return rows
        except BaseException:
            if connection.closed or connection.broken:
                self._reader = None
            raise

    def _commits(self) -> int:
        rows = self.query("SELECT COALESCE(SUM(number), 0) FROM commits WHERE writer <> ?", (self._name,))
        return int(rows[0][0])

    # Transactions

    def _begin(self) -> tuple[_Statements, str]:
        """With the number of the transaction, in one exchange; once more on a new connection if the old one is dead."""
        for fresh in (self._writer is None, True):
            connection = None
            try:
                with self._reported():
                    connection = self._writing()
                    cursor = connection.execute(f"BEGIN; SELECT pg_current_xact_id()::text, {CLOCK}")
                    cursor.nextset()
                    number, now = cursor.fetchone()
                    return _Statements(connection.cursor(), int(now)), number
            except StoreError:
                self._roll_back(connection)
                if fresh or self._writer is not None:
                    raise
        raise AssertionError("unreachable")

    def _roll_back(self, connection: Connection | None) -> None:
        if connection is None:
            return
        with contextlib.suppress(Exception):
            connection.execute("ROLLBACK")
        if connection.closed or connection.broken:
            self._writer = None

    def _commit(self, connection: Connection, number: str, count: int | None) -> None:
        try:
            with self._reported():
                connection.execute("COMMIT")
        except StoreError as error:
            self._roll_back(connection)
            # What counts nothing is a heartbeat, and does no harm if it is taken for lost.
            if self._writer is not None or count is None or not self._was_committed(number, count):
                raise error from None

    def _was_committed(self, number: str, count: int) -> bool:
        """What became of a commit whose answer did not arrive. Waits for the database, however long it is away."""
        while self._open:
            try:
                with self._reported():
                    connection = self._writing()
                    if connection.execute(_UNDER_WAY, (number, number)).fetchone()[0] != "in progress":
                        row = connection.execute(
                            "SELECT number FROM commits WHERE writer = %s", (self._name,)
                        ).fetchone()
                        return row is not None and row[0] >= count
            except StoreError:
                if self._writer is not None and (self._writer.closed or self._writer.broken):
                    self._writer = None
            time.sleep(_PAUSE)
        raise StoreError(f"{self._address.shown} went away in the middle of a commit, and the server stops")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn the driver's errors into ours, without what is secret in them."""
        import psycopg
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (psycopg.Error, SQLAlchemyError, UnicodeEncodeError) as error:
            raise self._store_error(error) from None

    def _store_error(self, error: Exception) -> StoreError:
        cause: Any = getattr(error, "orig", None) or error
        code = getattr(cause, "sqlstate", None) or ""
        told = self._address.clean(cause)
        shown = self._address.shown
        if code in _CONTENDED:
            return Contended(f"{shown}: {told}")
        if code in _NO_SPACE:
            return StoreError(f"no space left for {shown}", status=507)
        if code in _MISSING:
            return StoreError(f"{shown} has no tables of this scheduler: run `jupyter scheduler-ext db upgrade`")
        if not code or code.startswith(("08", "57", "28")):
            return StoreError(f"{shown} cannot be reached: {told}")
        return StoreError(f"{shown}: {told}")
