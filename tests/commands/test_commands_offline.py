"""Without a server: what can be read is read from the storage folder, and nothing in it is touched."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from benchmarks.servers import places
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.run_log import RunLogs
from jupyter_scheduler_ext.stores.place import default_folder
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

from .conftest import NOW, Command, command_inside, record

TASK = {
    "uuid": "nightly",
    "type": "scheduled",
    "name": "Nightly",
    "schedule": {"minute": "30", "hour": "2", "timezone": "Europe/Berlin"},
    "action": {"kind": "command", "argv": ["true"]},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with nothing of this machine's Jupyter in it."""
    for name, value in places(tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "JUPYTER_TOKEN", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home" / "work" / "deep").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def command(home: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(home / "work" / "deep")
    return command_inside


@pytest.fixture
def folder(home: Path) -> Path:
    """The storage folder of ``work``: a task, a run that failed, one that was under way, and their logs."""
    folder = default_folder(home / "work")
    folder.mkdir(parents=True, mode=0o700)
    (folder / "tasks.json").write_text(json.dumps({"schema": 1, "rev": 1, "tasks": [TASK]}))
    clock = SystemClock()
    ledger = sqlite_ledger(folder, clock)
    ledger.open()
    record(ledger, "run-1", NOW)
    record(ledger, "run-2", NOW + 1)
    logs = RunLogs(folder, clock)
    writer = logs.open("run-1")
    writer.write("stdout", "it was here\n")
    writer.close()
    logs.close()
    ledger.close()
    return folder


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        file.relative_to(folder).as_posix(): (file.stat().st_mtime_ns, file.read_bytes())
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_tasks_runs_and_logs_are_read_from_a_folder_below_the_root(command: Command, folder: Path) -> None:
    before = contents(folder)
    listed = command("list", "--json")
    assert [one["name"] for one in listed.json["tasks"]] == ["Nightly"]
    assert listed.json["tasks"][0]["next_run"] is not None
    assert str(folder) in listed.err, "it says that no server was asked"
    assert "Europe/Berlin" in command("show", "Nightly").out
    assert [run["id"] for run in command("runs", "Nightly", "--json").json["runs"]] == ["run-2", "run-1"]
    assert command("log", "run-1").out == "it was here\n"
    assert command("status", "--json").json["counts"]["tasks"] == 1
    assert "uuid: nightly" in command("export").out
    assert command("db", "status", "--json").json["rows"]["runs"] == 2
    examined = {one["check"]: one["level"] for one in command("doctor", "--json").json["findings"]}
    assert [examined[check] for check in ("storage", "tasks", "history")] == ["ok", "ok", "ok"]
    assert contents(folder) == before


def test_what_a_server_has_committed_but_not_moved_into_the_file_is_seen_too(command: Command, folder: Path) -> None:
    ledger = sqlite_ledger(folder, SystemClock())
    ledger.open()
    record(ledger, "run-3", NOW + 2)
    assert (folder / "history.sqlite-wal").stat().st_size > 0
    before = contents(folder)
    assert [run["id"] for run in command("runs", "--json").json["runs"]] == ["run-3", "run-2", "run-1"]
    assert contents(folder) == before
    ledger.close()


def test_what_needs_a_server_says_so(command: Command, folder: Path) -> None:
    for words in (("run", "Nightly"), ("edit", "Nightly", "--disabled"), ("log", "run-1", "--follow")):
        done = command(*words)
        assert (done.code, "serve" in done.err or "running server" in done.err) == (3, True), words
    assert command("disable", "Nightly", "--storage", str(folder)).code == 2, "there is no such option here"


def test_a_name_that_is_not_there_suggests_the_nearest(command: Command, folder: Path) -> None:
    done = command("show", "nihgtly")
    assert (done.code, "did you mean 'Nightly'?" in done.err) == (5, True)


def test_where_nothing_is_stored_the_next_step_is_named(command: Command, home: Path) -> None:
    done = command("list")
    assert done.code == 3
    assert "jupyter scheduler-ext serve" in done.err
    assert not (home / "data").exists(), "looking made nothing"


def test_the_configured_folder_is_the_one_that_is_read(command: Command, folder: Path, home: Path) -> None:
    moved = folder.rename(home / "elsewhere")
    config = home / "config"
    config.mkdir(exist_ok=True)
    (config / "jupyter_server_config.py").write_text(f"c.SchedulerExtension.storage_dir = {str(moved)!r}\n")
    assert command("list", "--json").json["tasks"][0]["uuid"] == "nightly"
    (config / "jupyter_server_config.py").write_text("c.SchedulerExtension.storage_dir = \n")
    sick = command("doctor")
    assert sick.code == 1
    assert "jupyter_server_config.py cannot be read" in sick.out
    (config / "jupyter_server_config.py").write_text(
        "c.SchedulerExtension.storage_dri = 'x'\nc.TaskScheduler.xyz = 1\n"
    )
    odd = [one for one in command("doctor", "--json").json["findings"] if one["check"] == "configuration"]
    assert [(one["level"], one["message"], one["mend"]) for one in odd] == [
        ("warning", "there is no setting SchedulerExtension.storage_dri", "write SchedulerExtension.storage_dir"),
        ("warning", "there is no setting TaskScheduler.xyz", "take it out"),
    ]


def test_the_doctor_names_what_is_wrong_with_a_folder_and_what_mends_it(command: Command, folder: Path) -> None:
    folder.chmod(0o755)
    document = json.loads((folder / "tasks.json").read_text())
    document["tasks"].append({"uuid": "bad", "type": "scheduled", "name": "x", "action": {"kind": "dance"}})
    (folder / "tasks.json").write_text(json.dumps(document))
    history = folder / "history.sqlite"
    history.write_bytes(history.read_bytes()[:100] + b"\0" * 5000)
    seen = command("doctor", "--json")
    assert seen.code == 1
    found = {one["check"]: one for one in seen.json["findings"] if one["level"] in ("error", "warning")}
    assert found["storage"]["mend"] == f"chmod 700 {folder}"
    assert "the entry bad" in found["tasks"]["message"]
    moving = re.search(r"mv (\S+) (\S+),", found["history"]["mend"])
    Path(moving[1]).rename(moving[2])
    mended = {one["check"]: one["level"] for one in command("doctor", "--json").json["findings"]}
    assert mended["history"] == "ok"


def test_a_history_from_the_future_is_told_and_not_touched(command: Command, folder: Path) -> None:
    with sqlite3.connect(folder / "history.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert command("db", "status").code == 1
    tasks = json.loads((folder / "tasks.json").read_text())
    (folder / "tasks.json").write_text(json.dumps({**tasks, "schema": 99}))
    told = command("doctor").out
    assert "history.sqlite has schema 99, newer than this version knows" in told
    assert "tasks.json has schema 99, newer than this version knows" in told
