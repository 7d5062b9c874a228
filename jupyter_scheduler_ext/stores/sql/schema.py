"""The tables of a shared database, as migrations: the ledger's, and what definitions and several servers need besides.

The i-th brings a database of version i to version i + 1. Never edit one that was released; add another, here for shared
databases and in `..schema` if the ledger of a single server changes as well.

`tasks` holds one definition a row as JSON text; a removed one stays as a row without text, so that servers which look
later learn of it. `saved_at` is the revision of the store at which a row changed: what is newer than the last look is
all that a look reads. `servers` has one row a server that has joined, `owners` (of the ledger) its lease. `commits`
counts what each writer has committed, for the others to see that something has changed.
"""

from __future__ import annotations

from ..schema import MIGRATIONS as LEDGER

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        *LEDGER[0],
        "CREATE TABLE definitions (one BIGINT PRIMARY KEY, revision BIGINT NOT NULL)",
        "INSERT INTO definitions (one, revision) VALUES (1, 0)",
        """CREATE TABLE tasks (
            uuid TEXT PRIMARY KEY,
            revision BIGINT NOT NULL,
            saved_at BIGINT NOT NULL,
            definition TEXT
        )""",
        "CREATE INDEX tasks_saved ON tasks (saved_at)",
        """CREATE TABLE servers (
            owner TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            slots BIGINT NOT NULL,
            joined_at BIGINT NOT NULL
        )""",
        "CREATE TABLE commits (writer TEXT PRIMARY KEY, number BIGINT NOT NULL)",
    ),
)
