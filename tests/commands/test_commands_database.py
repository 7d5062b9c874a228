"""A schedule in a shared database: its state, its upgrade, and reading it while no server is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.servers import places
from jupyter_scheduler_ext.engine.abc import Put
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.models import TASK
from jupyter_scheduler_ext.stores.sql.opening import shared_stores
from jupyter_scheduler_ext.stores.sql.versions import KNOWN
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

from .conftest import NOW, Command, command_inside, record

DEFINITION = {
    "uuid": "nightly",
    "type": "scheduled",
    "name": "Nightly",
    "schedule": "30 2 * * *",
    "action": {"kind": "command", "argv": ["true"]},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shared.sqlite'}"
        return
    yield request.getfixturevalue("postgres").url()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Somewhere without servers and without a storage folder."""
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    for name, value in places(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home / "work")
    return command_inside


def test_its_state_is_told_its_tables_are_made_and_its_tasks_are_read(command: Command, url: str) -> None:
    new = command("db", "status", "--db-url", url, "--json")
    assert (new.code, new.json["state"]) == (0, "new")
    assert "from schema 0 to" in command("db", "upgrade", "--db-url", url).out
    assert "already" in command("db", "upgrade", "--db-url", url).out
    store, ledger = shared_stores(url)
    store.open()
    ledger.open()
    store.save([Put(TASK.validate_python(DEFINITION), expected=0)])
    ledger.close()
    store.close()
    shared = {"JUPYTER_SCHEDULER_EXT_DB_URL": url}
    assert command("db", "status", "--json", **shared).json["schema"] == KNOWN
    listed = command("list", "--json", **shared)
    assert [task["name"] for task in listed.json["tasks"]] == ["Nightly"]
    assert "No server was asked" in listed.err
    assert command("runs", "Nightly", "--json", **shared).json == {"runs": []}
    assert ("database", "ok") in {
        (one["check"], one["level"]) for one in command("doctor", "--json", **shared).json["findings"]
    }


def test_a_schedule_moves_from_a_folder_into_it_with_its_history(command: Command, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    (folder / "tasks.json").write_text(json.dumps({"schema": 1, "rev": 1, "tasks": [DEFINITION]}))
    ledger = sqlite_ledger(folder, SystemClock())
    ledger.open()
    record(ledger, "run-1", NOW)
    ledger.close()
    done = command("db", "copy", str(folder), url, "--json")
    assert (done.code, done.json["tasks"], done.json["runs"]) == (0, 1, 1)
    assert "1 tasks were there already" in command("db", "copy", str(folder), url).out
    shared = {"JUPYTER_SCHEDULER_EXT_DB_URL": url}
    assert [run["id"] for run in command("runs", "Nightly", "--json", **shared).json["runs"]] == ["run-1"]
    nowhere = command("db", "copy", str(folder), "mysql://host/x")
    assert (nowhere.code, "postgresql://" in nowhere.err) == (7, True)


def test_a_database_that_is_away_is_named_without_its_password(command: Command) -> None:
    away = "postgresql://ana:geheim@127.0.0.1:1/schedule"
    for words in (("db", "status"), ("list",), ("doctor",)):
        done = command(*words, JUPYTER_SCHEDULER_EXT_DB_URL=away)
        assert done.code in (1, 7), words
        assert "127.0.0.1:1/schedule" in done.out + done.err
        assert "geheim" not in done.out + done.err
