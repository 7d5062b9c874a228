"""The version of a shared database's tables: what may write it, what an upgrade does.

A new database is given its tables at the first start. An older one is left alone until somebody says so, since other
servers may still be running on the code that made it; a newer one is read, and never written.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..database import Database, SqliteDatabase
from ..schema import migrate
from .address import Address
from .schema import MIGRATIONS

KNOWN = len(MIGRATIONS)


@dataclass(frozen=True, slots=True)
class Version:
    """The version of a database's tables and the one that this code writes; `found` is 0 for an empty database."""

    database: str
    found: int
    known: int = KNOWN

    @property
    def state(self) -> str:
        """``new``, ``current``, ``older`` or ``newer``."""
        if self.found == 0:
            return "new"
        return "current" if self.found == self.known else "older" if self.found < self.known else "newer"

    def __str__(self) -> str:
        told = {
            "new": "has no tables yet; the first server to start makes them, or `db upgrade`",
            "current": f"has schema {self.found}, as this version needs it",
            "older": f"has schema {self.found}; this version needs {self.known}: `jupyter scheduler-ext db upgrade`",
            "newer": f"has schema {self.found}, newer than this version knows ({self.known}): update the package",
        }
        return f"{self.database} {told[self.state]}"


def open_database(url: str) -> Database:
    """The database behind a `db_url`, not connected. Raises StoreError."""
    address = Address.parse(url)
    if address.file is not None:
        from ...engine.clock import SystemClock

        return SqliteDatabase(address.file, SystemClock())
    from .postgres import PostgresDatabase

    return PostgresDatabase(address)


def status(url: str) -> Version:
    """The version of the database's tables; changes nothing. Raises StoreError if it cannot be reached."""
    database = open_database(url)
    if isinstance(database, SqliteDatabase) and not database.path.exists():
        return Version(Address.parse(url).shown, 0)
    database.connect()
    try:
        return Version(Address.parse(url).shown, database.version())
    finally:
        database.close()


def upgrade(url: str) -> tuple[Version, Version]:
    """Bring the tables to the version of this code, in one transaction; before and after. A SQLite file is copied
    first. Raises StoreError: it cannot be reached, or it is newer already."""
    database, shown = open_database(url), Address.parse(url).shown
    with database.opening():
        database.connect()
        try:
            before = Version(shown, database.version())
            migrate(database, MIGRATIONS)
            return before, Version(shown, database.version())
        finally:
            database.close()


def settle_schema(database: Database) -> None:
    """Make the tables of a new database; say in `read_only` why one of another version is not written."""
    if database.version() == 0:
        migrate(database, MIGRATIONS)
    check_version(database)


def check_version(database: Database) -> None:
    """Look at the version anew: another server may have upgraded the database while this one runs."""
    found = database.version()
    database.read_only = None
    if found > KNOWN:
        database.read_only = (
            f"The database was upgraded to schema {found} by a newer version, and this one knows {KNOWN}: here tasks "
            "can be looked at, but nothing runs or can be changed. Update jupyter-scheduler-ext on this server."
        )
    elif found < KNOWN:
        database.read_only = (
            f"The database has schema {found} and this version needs {KNOWN}: nothing runs and nothing can be changed "
            "until somebody runs `jupyter scheduler-ext db upgrade`."
        )
