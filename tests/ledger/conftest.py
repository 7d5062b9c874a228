"""Every ledger passes the same tests: a second implementation is one more parameter of `open_ledger`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_scheduler_ext.stores.database import SqliteDatabase
from jupyter_scheduler_ext.stores.sql.shared_ledger import SharedLedger
from jupyter_scheduler_ext.stores.sql.versions import open_database
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, OpenLedger, StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock(NOW)


@pytest.fixture(params=["sqlite", "shared sqlite", "postgres"])
def make_ledger(request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock) -> Callable[[], SqlLedger]:
    """Each call makes one more over the same records, not open."""
    path = tmp_path / "history.sqlite"
    if request.param == "sqlite":
        return lambda: SqlLedger(SqliteDatabase(path, clock))
    if request.param == "shared sqlite":
        return lambda: SharedLedger(SqliteDatabase(path, clock), leased=False)
    url = request.getfixturevalue("postgres").url()
    return lambda: SharedLedger(open_database(url), leased=False)


@pytest.fixture
def open_ledger(make_ledger: Callable[[], SqlLedger]) -> Iterator[OpenLedger]:
    """Opens the same ledger again and again, as several servers would."""
    opened: list[SqlLedger] = []

    def open_one() -> SqlLedger:
        ledger = make_ledger()
        ledger.open()
        opened.append(ledger)
        return ledger

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: OpenLedger) -> SqlLedger:
    return open_ledger()
