"""A schedule goes from files into a database and back, with its past, and nothing of it runs twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ledger.parts import NOW, by_hand, claim_of, finish_of, run_of, start_of
from sharing.household import Member

from jupyter_scheduler_ext.engine.abc import Put, StoreError
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.leader import LeaderLock
from jupyter_scheduler_ext.engine.ledger import Bury, Claim, RunFilter
from jupyter_scheduler_ext.engine.runs import RunState
from jupyter_scheduler_ext.stores.json_file import JsonFileStore
from jupyter_scheduler_ext.stores.sql.copying import Copied, copy
from jupyter_scheduler_ext.stores.sql.opening import shared_stores
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

from .definitions import a_call, a_plan, a_task, renamed


@pytest.fixture(params=["sqlite", "postgres"])
def db_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'schedule.sqlite'}"
    return request.getfixturevalue("postgres").url()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A storage folder with three tasks, one deleted task, and some history."""
    folder = tmp_path / "files"
    store, ledger = JsonFileStore(folder), sqlite_ledger(folder, SystemClock())
    store.open()
    ledger.open()
    first = store.save([Put(a_task("a")), Put(a_plan("p")), Put(a_call("c"))])
    store.save([Put(renamed(first.tasks["a"], "Renamed"))])
    done, failed = run_of("a", NOW), by_hand("c")
    ledger.apply([claim_of(done), start_of(done), finish_of(done), Claim(task_id="c", runs=(failed,))])
    ledger.apply([start_of(failed), finish_of(failed, RunState.FAILED, pause_after=1)])
    ledger.apply([Bury(task_id="gone", definition='{"uuid": "gone"}', at=NOW)])
    ledger.close()
    store.close()
    return folder


def everything(store, ledger):
    tasks = {uuid: task.model_copy(update={"revision": 0}) for uuid, task in store.open().tasks.items()}
    ledger.open()
    told = tasks, ledger.facts(), ledger.runs(RunFilter(limit=1000)), ledger.buried()
    ledger.close()
    store.close()
    return told


def test_a_schedule_comes_back_from_a_database_as_it_went_there(folder: Path, db_url: str, tmp_path: Path) -> None:
    before = everything(JsonFileStore(folder), sqlite_ledger(folder, SystemClock()))
    assert copy(folder, db_url) == Copied(tasks=3, there=0, histories=3, runs=2)
    assert everything(*shared_stores(db_url)) == before
    assert copy(db_url, tmp_path / "back") == Copied(tasks=3, there=0, histories=3, runs=2)
    assert everything(JsonFileStore(tmp_path / "back"), sqlite_ledger(tmp_path / "back", SystemClock())) == before


def test_what_is_there_already_stays_as_it_is(folder: Path, db_url: str) -> None:
    store, ledger = shared_stores(db_url)
    store.open()
    ledger.open()
    store.save([Put(a_task("a", "Another of that id"))])
    store.close()
    ledger.close()
    assert copy(folder, db_url).there == 1
    tasks, facts, *_ = everything(*shared_stores(db_url))
    assert tasks["a"].name == "Another of that id"
    assert facts["c"].halted
    assert copy(folder, db_url) == Copied(tasks=0, there=3, histories=0, runs=0)


def test_a_folder_that_a_server_runs_on_is_not_copied(folder: Path, db_url: str) -> None:
    lock = LeaderLock(folder)
    assert lock.try_acquire()
    try:
        with pytest.raises(StoreError, match="stop it first"):
            copy(folder, db_url)
    finally:
        lock.release()


def test_a_database_that_servers_run_on_is_not_copied(postgres, tmp_path: Path) -> None:
    url = postgres.url()
    member = Member(url, tmp_path / "house", "one", 5)
    try:
        member.ready()
        with pytest.raises(StoreError, match="stop them first"):
            copy(url, tmp_path / "files")
    finally:
        member.close()
    assert copy(url, tmp_path / "files") == Copied(0, 0, 0, 0), "a server that stopped in order has left"


def test_the_command_line_copies_and_upgrades(folder: Path, db_url: str) -> None:
    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-c", "from jupyter_scheduler_ext.cli import main; main()", "db", *words]
        return subprocess.run(program, capture_output=True, text=True, timeout=120)

    assert ask("upgrade", "--db-url", db_url, "--json").returncode == 0
    told = ask("copy", str(folder), db_url, "--json")
    assert json.loads(told.stdout) == {"tasks": 3, "there": 0, "histories": 3, "runs": 2}, told.stderr
    assert json.loads(ask("status", "--db-url", db_url, "--json").stdout)["state"] == "current"
