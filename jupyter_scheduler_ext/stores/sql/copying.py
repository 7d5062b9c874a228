"""Taking a schedule from one store to another, in either direction: a folder's files, a SQLite file, PostgreSQL.

Definitions go through both stores' own reading and writing; of the history facts and runs are taken as they are, so
that cursors, counters and pauses stand and nothing is caught up that ran before. What is there already stays untouched:
a copy that was cut short can be repeated, and two schedules can be put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ...engine.abc import Put, StoreError, TaskStore
from ...engine.clock import SystemClock
from ...engine.leader import FILE_NAME, LeaderLock
from ..database import Database, Row
from ..json_file import JsonFileStore
from ..ledger_rows import FACT_COLUMNS, RUN_COLUMNS
from ..sql_ledger import SqlLedger, sqlite_ledger
from .opening import shared_stores
from .shared_ledger import SharedLedger

PORTION = 1000

_FACTS = f"{FACT_COLUMNS}, records, buried_at, definition"
_RUNS = f"{RUN_COLUMNS}, kernel_process, happened_at"
_READ_RUNS = f"SELECT {_RUNS} FROM runs WHERE (queued_at, id) > (?, ?) ORDER BY queued_at, id LIMIT ?"


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was taken over, and how many tasks were there already and stayed as they are."""

    tasks: int
    there: int
    histories: int
    runs: int


def copy(source: Path | str, target: Path | str, *, timezone: str = "UTC") -> Copied:
    """Copy a schedule: a Path is a storage folder, a text a `db_url`.

    `timezone` is that of schedules written by hand without one. Raises StoreError, and then the target has the tasks of
    the source or has not, but never half of one: a server runs on either of them, or one cannot be opened or written.
    """
    with ExitStack() as opened:
        tasks, ledger = _open(source, timezone, opened)
        others, other_ledger = _open(target, timezone, opened)
        found = tasks.open().tasks
        there = others.open().tasks
        for each in (ledger, other_ledger):
            each.open()
            _refuse_living(each)
        histories = _unknown_facts(ledger._database, other_ledger._database)
        runs = _copy_runs(ledger._database, other_ledger._database, histories.__contains__)
        _write_facts(other_ledger._database, histories.values())
        new = [task for uuid, task in found.items() if uuid not in there]
        others.save([Put(task, expected=0) for task in new])
        return Copied(len(new), len(found) - len(new), len(histories), runs)


def _open(place: Path | str, timezone: str, opened: ExitStack) -> tuple[TaskStore, SqlLedger]:
    store: TaskStore
    ledger: SqlLedger
    if isinstance(place, Path):
        if (place / FILE_NAME).exists():
            lock = LeaderLock(place, "copying")
            if not lock.try_acquire():
                raise StoreError(f"a server runs on {place}: stop it first")
            opened.callback(lock.release)
        store, ledger = JsonFileStore(place, timezone=timezone), sqlite_ledger(place, SystemClock())
    else:
        store, ledger = shared_stores(place, timezone=timezone)
    opened.callback(ledger.close)
    opened.callback(store.close)
    return store, ledger


def _refuse_living(ledger: SqlLedger) -> None:
    if isinstance(ledger, SharedLedger) and (servers := ledger.servers()):
        names = ", ".join(server.name for server in servers)
        raise StoreError(f"servers run on {ledger.name}: stop them first ({names})")


def _unknown_facts(source: Database, target: Database) -> dict[str, Row]:
    """The facts of tasks of whose past the target knows nothing."""
    known = {row[0] for row in target.query("SELECT task_id FROM facts")}
    rows = source.query(f"SELECT {_FACTS} FROM facts ORDER BY task_id")
    return {row[0]: row for row in rows if row[0] not in known}


def _write_facts(target: Database, rows: Iterable[Row]) -> None:
    with target.transaction() as transaction:
        transaction.many(f"INSERT INTO facts ({_FACTS}) VALUES ({_marks(_FACTS)}) ON CONFLICT DO NOTHING", list(rows))


def _copy_runs(source: Database, target: Database, wanted: Callable[[str], bool]) -> int:
    copied, after = 0, (-1, "")
    while rows := source.query(_READ_RUNS, (*after, PORTION)):
        after = rows[-1][8], rows[-1][0]
        taken = [row for row in rows if wanted(row[1])]
        with target.transaction() as transaction:
            transaction.many(f"INSERT INTO runs ({_RUNS}) VALUES ({_marks(_RUNS)}) ON CONFLICT DO NOTHING", taken)
        copied += len(taken)
    return copied


def _marks(columns: str) -> str:
    return ", ".join("?" * len(columns.split(",")))
