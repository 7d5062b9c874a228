"""The ledger's tables, as migrations: the i-th brings a database of version i to version i + 1. Never edit one that
was released; add another.

The SQL is common to SQLite and PostgreSQL. Instants are BIGINT milliseconds, structured values JSON text.

`facts` has one row a task, which is also its tombstone once the task is deleted (`buried_at`, `definition`); `records`
counts its rows in `runs`, so that retention finds the tasks that have too many without reading them all.

`happened_at` is when a run started, or else its fire time: the calendar counts by it from `runs_in_time` alone.

What a listing is filtered by has an index in the listing's own order; `runs_newest` ends in the state so that a search
for rare states reads no rows in between, and `runs_active` holds only the few that are not finished. Indexes begin with
a time where they can: with ten thousand tasks and a million runs, a tick then writes to the end of an index instead of
to ten thousand places in it. `runs_of_context` leaves out the many runs whose context is the task's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.abc import StoreError
from .database import Database

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE facts (
            task_id TEXT PRIMARY KEY,
            cursor BIGINT,
            halted TEXT,
            failures BIGINT NOT NULL,
            run_count BIGINT NOT NULL,
            last_state TEXT,
            last_run TEXT,
            strip TEXT NOT NULL,
            token_last_used BIGINT,
            records BIGINT NOT NULL,
            buried_at BIGINT,
            definition TEXT
        )""",
        "CREATE INDEX facts_buried ON facts (buried_at) WHERE buried_at IS NOT NULL",
        "CREATE INDEX facts_undoable ON facts (task_id) WHERE definition IS NOT NULL",
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            task_id TEXT NOT NULL,
            task_name TEXT NOT NULL,
            context_id TEXT NOT NULL,
            origin TEXT NOT NULL,
            fire_time BIGINT NOT NULL,
            key TEXT NOT NULL,
            state TEXT NOT NULL,
            queued_at BIGINT NOT NULL,
            attempt BIGINT NOT NULL,
            due_at BIGINT,
            reason TEXT NOT NULL,
            started_at BIGINT,
            finished_at BIGINT,
            progress DOUBLE PRECISION,
            parameters TEXT NOT NULL,
            result TEXT,
            error TEXT,
            output_path TEXT,
            kernel_id TEXT,
            server TEXT,
            owner TEXT,
            epoch BIGINT NOT NULL,
            count BIGINT NOT NULL,
            kernel_process TEXT,
            happened_at BIGINT NOT NULL,
            UNIQUE (fire_time, task_id, origin, attempt)
        )""",
        "CREATE INDEX runs_newest ON runs (queued_at, id, state)",
        "CREATE INDEX runs_of_task ON runs (task_id, queued_at, id)",
        "CREATE INDEX runs_of_context ON runs (context_id, queued_at, id) WHERE context_id <> task_id",
        "CREATE INDEX runs_of_key ON runs (key)",
        "CREATE INDEX runs_active ON runs (state, task_id) WHERE state IN ('queued', 'running')",
        "CREATE INDEX runs_in_time ON runs (happened_at, state)",
        "CREATE TABLE owners (owner TEXT PRIMARY KEY, lease_until BIGINT NOT NULL)",
        """CREATE TABLE requests (
            id BIGINT PRIMARY KEY,
            verb TEXT NOT NULL,
            body TEXT NOT NULL,
            asked_at BIGINT NOT NULL,
            reply TEXT
        )""",
    ),
)


def migrate(database: Database, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring a connected database to the newest version, all or nothing; an older one with content is copied first.

    Raises StoreError if the database is of a version that this code does not know.
    """
    known = len(migrations)
    version = database.version()
    if version > known:
        raise StoreError(
            f"the history was written by a newer jupyter-scheduler-ext (schema {version}; this one knows {known}): "
            "install that version again, or use another storage folder"
        )
    if version == known:
        return
    if version:
        database.back_up(f"schema-{version}")
    with database.transaction() as transaction:
        for number in range(database.version(transaction), known):
            for statement in migrations[number]:
                transaction.run(statement)
        database.set_version(transaction, known)
