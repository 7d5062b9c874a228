"""Every ledger passes the same tests: a second implementation is one more parameter of `open_ledger`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_scheduler_ext.stores.database import SqliteDatabase
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, OpenLedger, StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock(NOW)


@pytest.fixture(params=["sqlite"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock) -> Iterator[OpenLedger]:
    """Opens the same ledger again and again, as several servers would."""
    opened: list[SqlLedger] = []

    def open_one() -> SqlLedger:
        ledger = SqlLedger(SqliteDatabase(tmp_path / "history.sqlite", clock))
        ledger.open()
        opened.append(ledger)
        return ledger

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: OpenLedger) -> SqlLedger:
    return open_ledger()
