"""What can be wrong with the file under a ledger: full, locked, read-only, damaged, newer, gone."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_scheduler_ext.engine.abc import StoreError
from jupyter_scheduler_ext.engine.ledger import Claim, RunFilter
from jupyter_scheduler_ext.stores.database import SqliteDatabase
from jupyter_scheduler_ext.stores.schema import MIGRATIONS, migrate
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger, sqlite_ledger

from .parts import NOW, StillClock, apply_one, by_hand, claim_of, run_of


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    return SqliteDatabase(tmp_path / "history.sqlite", StillClock(NOW), busy_timeout=0.05)


@pytest.fixture
def ledger(database: SqliteDatabase) -> Iterator[SqlLedger]:
    ledger = SqlLedger(database)
    ledger.open()
    yield ledger
    ledger.close()


def writer_of(database: SqliteDatabase) -> sqlite3.Connection:
    assert database._writer is not None
    return database._writer


def test_a_full_disk_is_507_and_the_ledger_goes_on_when_there_is_room(
    ledger: SqlLedger, database: SqliteDatabase
) -> None:
    apply_one(ledger, claim_of(run_of()))
    pages = writer_of(database).execute("PRAGMA page_count").fetchone()[0]
    writer_of(database).execute(f"PRAGMA max_page_count = {pages + 2}")
    claims = [claim_of(run_of(f"t{n}", parameters={"pad": "x" * 500})) for n in range(200)]
    with pytest.raises(StoreError, match="no space left") as raised:
        ledger.apply(claims)
    assert raised.value.status == 507
    assert len(ledger.runs(RunFilter(limit=1000))) == 1, "nothing of the batch may stand"
    assert set(ledger.facts()) == {"task"}
    writer_of(database).execute("PRAGMA max_page_count = 1000000")
    assert all(answer.accepted for answer in ledger.apply(claims))


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a matter of POSIX")
def test_a_write_that_the_system_refuses_is_reported_and_survived(ledger: SqlLedger) -> None:
    import resource

    apply_one(ledger, claim_of(run_of()))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    claims = [claim_of(run_of(f"t{n}", parameters={"pad": "x" * 500})) for n in range(200)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        with pytest.raises(StoreError) as raised:
            ledger.apply(claims)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert raised.value.status in (503, 507)
    assert len(ledger.runs(RunFilter(limit=1000))) == 1
    assert all(answer.accepted for answer in ledger.apply(claims))


def test_a_read_only_database_is_503(ledger: SqlLedger, database: SqliteDatabase) -> None:
    writer_of(database).execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="cannot be written") as raised:
        apply_one(ledger, claim_of(run_of()))
    assert raised.value.status == 503
    writer_of(database).execute("PRAGMA query_only = OFF")
    assert apply_one(ledger, claim_of(run_of())).accepted


def test_a_lock_held_by_another_process_is_503_and_passes(ledger: SqlLedger, database: SqliteDatabase) -> None:
    rival = sqlite3.connect(database.path, isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another process"):
        apply_one(ledger, claim_of(run_of()))
    assert ledger.facts() == {}, "reading needs no lock"
    rival.execute("ROLLBACK")
    rival.close()
    assert apply_one(ledger, claim_of(run_of())).accepted


def test_an_exception_in_a_batch_commits_nothing_of_it(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_scheduler_ext.stores.ledger_page import Page

    def fail(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Page, "write", fail)
        with pytest.raises(MemoryError):
            apply_one(ledger, claim_of(run_of()))
    assert ledger.facts() == {}
    assert apply_one(ledger, claim_of(run_of())).accepted


def test_a_reader_sees_no_uncommitted_batch(ledger: SqlLedger, database: SqliteDatabase) -> None:
    seen: list[int] = []
    with database.transaction() as transaction:
        transaction.run("INSERT INTO owners VALUES ('x', 1)")
        reader = threading.Thread(
            target=lambda: seen.append(database.query("SELECT COUNT(*) FROM owners")[0][0]),
        )
        reader.start()
        reader.join()
    assert seen == [0]


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_is_set_aside_and_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(content)
    ledger = sqlite_ledger(tmp_path, StillClock(NOW))
    ledger.open()
    assert [(notice.level, notice.code) for notice in ledger.notices] == [("error", "history_lost")]
    (aside,) = tmp_path.glob("history.sqlite.damaged-*")
    assert str(aside) in ledger.notices[0].message
    assert aside.read_bytes() == content
    assert apply_one(ledger, claim_of(run_of())).accepted
    ledger.close()


def damage(path: Path) -> None:
    """Overwrite everything but the header and the schema."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x5a" * (size - 4096))


def test_damage_that_shows_while_running_is_set_aside_at_the_next_start(
    ledger: SqlLedger, database: SqliteDatabase, tmp_path: Path
) -> None:
    ledger.apply([Claim(task_id=f"t{n}", runs=(by_hand(f"t{n}"),)) for n in range(500)])
    ledger.close()
    database.connect()
    damage(database.path)
    with pytest.raises(StoreError, match="is damaged"):
        ledger.facts()
    ledger.close()
    again = sqlite_ledger(tmp_path, StillClock(NOW))
    again.open()
    assert [notice.code for notice in again.notices] == ["history_lost"]
    assert again.facts() == {}
    again.close()
    last = sqlite_ledger(tmp_path, StillClock(NOW))
    last.open()
    assert last.notices == []
    last.close()


def test_a_server_notices_that_another_set_the_file_aside(tmp_path: Path) -> None:
    one, other = sqlite_ledger(tmp_path, StillClock(NOW)), sqlite_ledger(tmp_path, StillClock(NOW))
    one.open()
    apply_one(one, claim_of(run_of()))
    one.changed()
    other.open()
    other._database.set_aside()
    other.open()
    assert one.changed()
    assert one.facts() == {}
    run = run_of("fresh")
    apply_one(one, claim_of(run))
    assert other.run(run.id) == run
    one.close()
    other.close()


def test_a_newer_schema_is_refused_in_plain_words_and_left_alone(tmp_path: Path) -> None:
    ledger = sqlite_ledger(tmp_path, StillClock(NOW))
    ledger.open()
    ledger.close()
    path = tmp_path / "history.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer jupyter-scheduler-ext"):
        sqlite_ledger(tmp_path, StillClock(NOW)).open()
    assert path.read_bytes() == before


def test_an_older_schema_is_copied_and_migrated(ledger: SqlLedger, database: SqliteDatabase, tmp_path: Path) -> None:
    run = run_of()
    apply_one(ledger, claim_of(run))
    migrate(database, [*MIGRATIONS, ["ALTER TABLE owners ADD COLUMN label TEXT", "UPDATE owners SET label = 'x'"]])
    assert database.version() == len(MIGRATIONS) + 1
    assert ledger.run(run.id) == run
    (backup,) = tmp_path.glob(f"history.sqlite.schema-{len(MIGRATIONS)}")
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT id FROM runs").fetchall() == [(run.id,)]
    copy.close()


def test_a_migration_that_fails_leaves_the_older_schema(ledger: SqlLedger, database: SqliteDatabase) -> None:
    with pytest.raises(StoreError):
        migrate(database, [*MIGRATIONS, ["ALTER TABLE owners ADD COLUMN label TEXT", "SELECT * FROM nowhere"]])
    assert database.version() == len(MIGRATIONS)
    assert len(database.query("SELECT * FROM pragma_table_info('owners')")) == 2


def test_a_new_database_needs_no_copy(ledger: SqlLedger, tmp_path: Path) -> None:
    assert not list(tmp_path.glob("history.sqlite.schema-*"))


def test_nobody_else_may_read_the_history(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "with it"
    ledger = sqlite_ledger(folder, StillClock(NOW))
    ledger.open()
    apply_one(ledger, claim_of(run_of()))
    if sys.platform != "win32":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    ledger.close()


def test_a_closed_ledger_says_so(tmp_path: Path) -> None:
    ledger = sqlite_ledger(tmp_path, StillClock(NOW))
    ledger.open()
    ledger.close()
    ledger.close()
    with pytest.raises(StoreError, match="is closed"):
        ledger.facts()
    with pytest.raises(StoreError, match="is closed"):
        apply_one(ledger, claim_of(run_of()))


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened"):
        sqlite_ledger(tmp_path / "file" / "folder", StillClock(NOW)).open()


@pytest.mark.parametrize(("mounted", "wal"), [("nfs4", False), (None, True)])
def test_on_a_network_file_system_the_ledger_does_without_wal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounted: str | None, wal: bool
) -> None:
    monkeypatch.setattr("jupyter_scheduler_ext.stores.database.network_filesystem", lambda folder: mounted)
    ledger = sqlite_ledger(tmp_path, StillClock(NOW))
    ledger.open()
    run = run_of()
    apply_one(ledger, claim_of(run))
    assert ledger.run(run.id) == run
    assert (tmp_path / "history.sqlite-wal").exists() is wal
    ledger.close()
