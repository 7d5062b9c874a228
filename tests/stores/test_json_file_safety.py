"""Whoever can write the file can run code later: it is private, ours, and no link to somewhere else."""

from __future__ import annotations

import errno
import os
import stat
import threading
from types import SimpleNamespace

import filelock
import pytest

from jupyter_scheduler_ext.engine.abc import Put, StoreError
from jupyter_scheduler_ext.stores import json_file, mounts
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .definitions import a_task

posix = pytest.mark.skipif(os.name == "nt", reason="owners and modes are those of POSIX")
pytestmark = posix


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "memory" / "scheduler"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def codes(snapshot):
    return {notice.code for notice in snapshot.notices}


def test_no_file_is_readable_by_others(folder):
    """RELIABILITY 6, security: world-readable file."""
    umask = os.umask(0)
    try:
        store = JsonFileStore(folder)
        for number in range(5):
            store.save([Put(a_task("a", str(number)))])
    finally:
        os.umask(umask)
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == dict.fromkeys(
        ["tasks.json", "tasks.json.1", "tasks.json.2", "tasks.json.3", "tasks.lock"], 0o600
    )


def test_a_file_that_an_editor_left_open_to_everyone_is_closed_again(folder):
    store = JsonFileStore(folder)
    store.save([Put(a_task("a"))])
    new = folder / "new"
    new.write_text((folder / "tasks.json").read_text().replace("Nightly", "Daily"))
    new.chmod(0o644)
    new.replace(folder / "tasks.json")
    store.refresh()
    assert mode(folder / "tasks.json") == 0o600


def test_a_folder_that_others_can_enter_is_pointed_out(folder):
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    assert "store_folder_open" in codes(JsonFileStore(folder).open())
    folder.chmod(0o700)
    assert codes(JsonFileStore(folder).open()) == set()


@pytest.mark.parametrize("act", ["open", "save"])
def test_a_symbolic_link_in_place_of_the_folder_is_refused(folder, tmp_path, act):
    elsewhere = tmp_path / "elsewhere"
    JsonFileStore(elsewhere).save([Put(a_task("planted"))])
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    store = JsonFileStore(folder)
    with pytest.raises(StoreError, match="symbolic link"):
        store.open() if act == "open" else store.save([Put(a_task("a"))])


def test_a_symbolic_link_in_place_of_the_file_is_refused_at_open_at_refresh_and_at_save(folder, tmp_path):
    JsonFileStore(tmp_path / "elsewhere").save([Put(a_task("planted"))])
    store = JsonFileStore(folder)
    store.save([Put(a_task("a"))])
    (folder / "tasks.json").unlink()
    (folder / "tasks.json").symlink_to(tmp_path / "elsewhere" / "tasks.json")
    for act in (JsonFileStore(folder).open, store.refresh, lambda: store.save([Put(a_task("b"))])):
        with pytest.raises(StoreError, match="symbolic link"):
            act()
    assert (folder / "tasks.json").is_symlink()


def test_a_symbolic_link_in_place_of_the_lock_is_refused(folder, tmp_path):
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "precious").write_text("precious")
    (folder / "tasks.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError):
        JsonFileStore(folder).save([Put(a_task("a"))])
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_pipe_in_place_of_the_file_is_refused_and_nobody_waits_for_it(folder):
    folder.mkdir(parents=True, mode=0o700)
    os.mkfifo(folder / "tasks.json")
    with pytest.raises(StoreError, match="regular file"):
        JsonFileStore(folder).open()


def test_another_users_file_or_folder_is_refused(folder, monkeypatch):
    JsonFileStore(folder).save([Put(a_task("a"))])
    ours = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: ours + 1)
    with pytest.raises(StoreError, match="belongs to user"):
        JsonFileStore(folder).open()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_given_to_another_user_is_refused(folder):
    store = JsonFileStore(folder)
    store.save([Put(a_task("a"))])
    os.chown(folder / "tasks.json", 12345, -1)
    with pytest.raises(StoreError, match="belongs to user 12345"):
        store.save([Put(a_task("b"))])
    with pytest.raises(StoreError, match="belongs to user 12345"):
        JsonFileStore(folder).open()


def test_a_lock_that_another_process_never_releases_is_an_answer_and_not_a_wait_for_ever(folder):
    store = JsonFileStore(folder, lock_timeout=0.05)
    store.save([Put(a_task("a"))])
    with filelock.FileLock(folder / "tasks.lock"):
        with pytest.raises(StoreError, match="another process") as told:
            store.save([Put(a_task("b"))])
        assert told.value.status == 503
        assert store.refresh() is None
    assert set(store.save([Put(a_task("b"))]).tasks) == {"a", "b"}


def test_the_lock_file_is_never_deleted(folder):
    store = JsonFileStore(folder)
    store.save([Put(a_task("a"))])
    inode = (folder / "tasks.lock").stat().st_ino
    store.save([Put(a_task("b"))])
    store.close()
    assert (folder / "tasks.lock").stat().st_ino == inode


def test_threads_that_share_one_store_by_mistake_lose_nothing(folder):
    store = JsonFileStore(folder)
    store.open()

    def add(prefix):
        for number in range(10):
            store.save([Put(a_task(f"{prefix}{number}"), expected=0)])

    threads = [threading.Thread(target=add, args=(prefix,)) for prefix in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(JsonFileStore(folder).open().tasks) == 30


class ReadOnlyLock:
    """A lock on a file system that is mounted read-only (root may write anything else, so no mode can show it)."""

    lock_file = "tasks.lock"

    def __init__(self, *_, **__):
        self.number = errno.EROFS

    def acquire(self, **_):
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("damage", [None, "{"])
def test_a_read_only_folder_is_readable_and_says_what_it_is(folder, monkeypatch, damage):
    from .faults import FaultyFiles, refuse

    JsonFileStore(folder).save([Put(a_task("a"))])
    JsonFileStore(folder).save([Put(a_task("b"))])
    if damage:
        (folder / "tasks.json").write_text(damage)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(json_file.filelock, "FileLock", ReadOnlyLock)
        files = FaultyFiles()
        for name in ("create", "rename", "link", "unlink", "restrict"):
            monkeypatch.setattr(files, name, lambda *arguments: refuse(errno.EROFS)(files, "", None, arguments))
        store = JsonFileStore(folder, files=files)
    snapshot = store.open()
    assert set(snapshot.tasks) == ({"a"} if damage else {"a", "b"})
    assert snapshot.read_only
    assert "store_read_only" in codes(snapshot)
    assert store.refresh() is None
    with pytest.raises(StoreError, match="read-only"):
        store.save([Put(a_task("c"))])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("kind", "noticed"), [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("ext4", False), ("tmpfs", False)]
)
def test_a_network_file_system_is_pointed_out(folder, monkeypatch, kind, noticed):
    folder.mkdir(parents=True, mode=0o700)
    home = SimpleNamespace(mountpoint=str(folder.parent), fstype=kind)
    other = SimpleNamespace(mountpoint=str(folder.parent.parent), fstype="nfs" if kind == "ext4" else "ext4")
    monkeypatch.setattr(mounts.psutil, "disk_partitions", lambda all: [other, home])
    snapshot = JsonFileStore(folder).open()
    assert ("store_network" in codes(snapshot)) is noticed
    assert all("PostgreSQL" in notice.message for notice in snapshot.notices)
