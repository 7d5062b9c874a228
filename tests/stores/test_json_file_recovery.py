"""What a start finds after a bad day, and what it makes of it."""

from __future__ import annotations

import json

import pytest

from jupyter_scheduler_ext.engine.abc import Put, Remove, StoreError
from jupyter_scheduler_ext.stores import document
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .definitions import a_task, renamed


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "scheduler"


@pytest.fixture
def file(folder):
    return folder / "tasks.json"


@pytest.fixture
def saved(folder):
    """A store after several saves: three backups stand beside the file."""
    store = JsonFileStore(folder)
    store.open()
    for number in range(1, 6):
        store.save([Put(a_task("a", f"Version {number}"))])
    return store


def start(folder):
    return JsonFileStore(folder).open()


def codes(snapshot):
    return {notice.code for notice in snapshot.notices}


def test_the_three_versions_before_the_last_stand_beside_the_file(saved, file):
    names = [json.loads(file.with_name(f"tasks.json.{n}").read_text())["tasks"][0]["name"] for n in (1, 2, 3)]
    assert names == ["Version 4", "Version 3", "Version 2"]
    assert not file.with_name("tasks.json.4").exists()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\0" * 4096,
        b"   \n",
        b"{",
        b"\xff\xfe{",
        b"[]",
        b"null",
        b'{"schema": 1, "rev": 1}',
        b'{"schema": "1", "tasks": []}',
        b'{"schema": 0, "tasks": []}',
        b'{"tasks": {}}',
        b'{"tasks": []} and more',
        b"[" * 100_000,
        b'{"rev": ' + b"9" * 5000 + b', "tasks": []}',
    ],
    ids=lambda content: content[:12].decode("latin-1") + f" ({len(content)})",
)
def test_a_corrupt_or_empty_file_is_put_aside_and_the_newest_backup_loads(saved, folder, file, damage):
    """RELIABILITY 6, storage: the truncating write left a corrupt file in 346 of 400 kills."""
    file.write_bytes(damage)
    snapshot = start(folder)
    assert snapshot.tasks["a"].name == "Version 4"
    assert "store_restored" in codes(snapshot)
    assert file.with_name("tasks.json.bad-1").read_bytes() == damage
    assert start(folder).tasks["a"].name == "Version 4"
    assert codes(start(folder)) == set()


def test_a_backup_that_is_bad_as_well_is_passed_over(saved, folder, file):
    file.write_text("{")
    file.with_name("tasks.json.1").write_text("")
    file.with_name("tasks.json.2").unlink()
    assert start(folder).tasks["a"].name == "Version 2"


def test_with_no_good_backup_a_start_is_empty_and_says_so_and_still_works(folder, file):
    folder.mkdir(mode=0o700)
    file.write_text("{")
    store = JsonFileStore(folder)
    snapshot = store.open()
    assert dict(snapshot.tasks) == {}
    assert "no backup" in snapshot.notices[0].message
    store.save([Put(a_task("a"))])
    assert set(start(folder).tasks) == {"a"}
    assert file.with_name("tasks.json.bad-1").read_text() == "{"


def test_bad_files_never_take_each_others_place(saved, folder, file):
    for text in ("{1", "{2"):
        file.write_text(text)
        start(folder)
    assert [file.with_name(f"tasks.json.bad-{n}").read_text() for n in (1, 2)] == ["{1", "{2"]


def test_a_missing_file_is_restored_from_its_backup(saved, folder, file):
    file.unlink()
    snapshot = start(folder)
    assert snapshot.tasks["a"].name == "Version 4"
    assert "store_restored" in codes(snapshot)
    assert file.exists()


def test_revisions_do_not_go_back_for_a_running_server_when_someone_restores_a_backup(saved, folder, file):
    before = saved.refresh() or saved.save([])
    file.write_bytes(file.with_name("tasks.json.2").read_bytes())
    after = saved.refresh()
    assert after.tasks["a"].name == "Version 3"
    assert after.tasks["a"].revision > before.tasks["a"].revision
    assert after.revision > before.revision


def test_stale_temporary_files_go_at_start_and_nothing_else_does(saved, folder):
    (folder / ".tasks.json.0123456789abcdef.tmp").write_text("half a f")
    (folder / ".tasks.json.swp").write_text("an editor's")
    (folder / "notes.tmp").write_text("mine")
    start(folder)
    hidden = {path.name for path in folder.iterdir() if path.name.startswith(".") or path.suffix == ".tmp"}
    assert hidden == {".tasks.json.swp", "notes.tmp"}


def test_a_file_of_a_newer_schema_is_read_but_never_written(saved, folder, file):
    file.write_text(file.read_text().replace('"schema": 1', '"schema": 2'))
    text = file.read_text()
    store = JsonFileStore(folder)
    snapshot = store.open()
    assert snapshot.read_only
    assert set(snapshot.tasks) == {"a"}
    assert "store_newer_schema" in codes(snapshot)
    with pytest.raises(StoreError, match="newer version"):
        store.save([Remove("a")])
    assert file.read_text() == text


def test_a_server_that_runs_while_a_newer_one_takes_over_the_file_stops_writing_it(saved, file):
    file.write_text(file.read_text().replace('"schema": 1', '"schema": 2'))
    text = file.read_text()
    with pytest.raises(StoreError, match="newer version"):
        saved.save([Remove("a")])
    assert saved.refresh().read_only
    assert file.read_text() == text


def test_a_file_of_an_older_schema_is_kept_beside_then_written_in_the_new_one(saved, folder, file, monkeypatch):
    def title_became_description(value):
        for task in value["tasks"]:
            task["description"] = task.pop("x-title")
        return value

    file.write_text(file.read_text().replace('"enabled"', '"x-title": "Told", "enabled"'))
    old = file.read_text()
    monkeypatch.setattr(document, "SCHEMA", 2)
    monkeypatch.setitem(document.MIGRATIONS, 1, title_became_description)
    store = JsonFileStore(folder)
    snapshot = store.open()
    assert snapshot.tasks["a"].description == "Told"
    assert file.read_text() == old
    store.save([Put(a_task("b"))])
    store.save([Put(a_task("c"))])
    assert json.loads(file.read_text())["schema"] == 2
    assert file.with_name("tasks.json.schema-1").read_text() == old
    assert start(folder).tasks["a"].description == "Told"


def test_a_running_server_takes_up_nothing_from_before_a_migration_twice(saved, folder, monkeypatch):
    snapshot = saved.save([Put(a_task("b"))])
    monkeypatch.setattr(document, "SCHEMA", 2)
    monkeypatch.setitem(document.MIGRATIONS, 1, lambda value: value)
    store = JsonFileStore(folder)
    store.open()
    after = store.save([Put(renamed(snapshot.tasks["b"], "Other"))])
    assert after.tasks["a"] == snapshot.tasks["a"]
    assert store.refresh() is None


def test_a_save_writes_the_definitions_once_and_a_refresh_never(folder):
    """RELIABILITY 6, storage: the whole file rewritten several times a run."""
    from .faults import FaultyFiles

    files = FaultyFiles()
    store = JsonFileStore(folder, files=files)
    store.open()
    store.save([Put(a_task(uuid)) for uuid in "abc"])
    assert files.made.count("write") == 1
    for _ in range(5):
        store.refresh()
        store.save([])
    assert files.made.count("write") == 1


def test_opening_makes_no_folder(folder):
    store = JsonFileStore(folder)
    store.open()
    assert store.refresh() is None
    assert not folder.exists()
