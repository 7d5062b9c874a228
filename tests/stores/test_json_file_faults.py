"""T7: a fault at any step of a save leaves the old file or the new, never a third, and is never called a success."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from contextlib import suppress

import pytest

from jupyter_scheduler_ext.engine.abc import Put, Remove, StoreError
from jupyter_scheduler_ext.stores.files import FileSystem
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .definitions import a_task, renamed
from .faults import FAULTS, FaultyFiles, Killed, Quick, refuse
from .power import UncertainDisk


def content(snapshot):
    return {task.uuid: task.name for task in snapshot.tasks.values()}


def litter(folder):
    return [path.name for path in folder.glob(".*")] + [path.name for path in folder.glob("*.bad-*")]


def prepare_empty(folder):
    """No folder yet: the first save of all."""
    shutil.rmtree(folder)


def prepare_saved(folder):
    """Several saves were made, and every backup exists."""


def prepare_without_links(folder):
    """The same on a file system that has no hard links."""


def prepare_after_a_failed_save(folder):
    """The newest backup is the file itself: a save died between backup and rename."""
    (folder / "tasks.json.1").unlink()
    os.link(folder / "tasks.json", folder / "tasks.json.1")


class WithoutLinks(FaultyFiles):
    def link(self, source, target):
        raise OSError(errno.EPERM, "no hard links here")


PREPARATIONS = [prepare_empty, prepare_saved, prepare_without_links, prepare_after_a_failed_save]


@pytest.fixture(scope="module")
def five_saves(tmp_path_factory):
    """A folder after five saves, to be copied."""
    folder = tmp_path_factory.mktemp("stores") / "scheduler"
    store = JsonFileStore(folder, files=Quick())
    for number in range(5):
        store.save([Put(a_task("a", f"old {number}")), Put(a_task("b"))])
    return folder


@pytest.fixture
def saved(tmp_path, five_saves):
    return shutil.copytree(five_saves, tmp_path / "scheduler")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("prepare", PREPARATIONS)
def test_a_fault_at_any_step_of_a_save_leaves_the_old_tasks_or_the_new(tmp_path, five_saves, prepare, fault):
    outcomes = {"old": 0, "new": 0}
    for step in itertools.count():
        folder = shutil.copytree(five_saves, tmp_path / str(step))
        prepare(folder)
        old = content(JsonFileStore(folder, files=Quick()).open())
        new = {"a": "new", "c": "Nightly report"}
        files = (WithoutLinks if prepare is prepare_without_links else FaultyFiles)()
        store = JsonFileStore(folder, files=files)
        before = store.open()
        files.at, files.fault = len(files.made) + step, FAULTS[fault]
        acknowledged, told = False, None
        try:
            store.save([Put(a_task("a", "new")), Put(a_task("c")), Remove("b")])
            acknowledged = True
        except StoreError as error:
            told = error
        except Killed:
            pass
        if len(files.made) <= files.at:
            break  # the save makes fewer calls than this: every step has been tried
        where = f"{fault} at {files.made[files.at]} (step {step})"

        if told is not None:
            assert told.status == (507 if "ENOSPC" in fault else 503), where
            assert files.dead is False
            assert content(store.save([])) == old, where
            assert dict(store.save([Put(a_task("z"))]).tasks).keys() == {*old, "z"}, where
            store.save([Remove("z")])
        after = JsonFileStore(folder, files=Quick()).open()
        assert content(after) in (old, new), where
        if acknowledged:
            assert content(after) == new, where
            assert files.made[files.at] not in ("create", "write", "sync", "close", "rename", "sync_folder"), where
        if told is not None:
            assert content(after) == old, where
        assert litter(folder) == [] if folder.exists() else True, where
        assert after.notices == (), where
        assert after.revision >= before.revision, where
        outcomes["new" if content(after) == new else "old"] += 1
    assert step > 8
    assert outcomes["old"] > 0


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("damage", ["corrupt", "missing"])
def test_a_fault_at_any_step_of_a_repair_loses_no_backup(tmp_path, five_saves, damage, fault):
    backup = {"a": "old 3", "b": "Nightly report"}
    for step in itertools.count():
        folder = shutil.copytree(five_saves, tmp_path / str(step))
        if damage == "corrupt":
            (folder / "tasks.json").write_text("{")
        else:
            (folder / "tasks.json").unlink()
        files = FaultyFiles(FAULTS[fault], step)
        with suppress(StoreError, Killed):
            assert content(JsonFileStore(folder, files=files).open()) == backup
        after = JsonFileStore(folder, files=Quick()).open()
        assert content(after) == backup, f"{fault} at step {step}"
        assert [name for name in litter(folder) if name.startswith(".")] == []
        if len(files.made) <= step:
            break
    assert step > 8


def test_everything_is_on_disk_in_the_right_order_before_a_save_is_acknowledged(saved):
    files = FaultyFiles()
    store = JsonFileStore(saved, files=files)
    snapshot = store.open()
    files.made.clear()
    store.save([Put(renamed(snapshot.tasks["a"], "new"))])
    steps = [name for name in files.made if name not in ("look", "stat", "same")]
    assert steps == ["create", "write", "sync", "close", "rename", "rename", "link", "rename", "sync_folder"]


def test_a_power_failure_at_any_moment_loses_no_acknowledged_save(tmp_path, saved):
    """Worse than a kill: what was written but not synced is gone, and names may go back."""
    disk = UncertainDisk(saved)
    store = JsonFileStore(saved, files=disk)
    store.open()
    acknowledged, attempted = "old 4", "old 4"
    tried = 0

    def cut_the_power(files, name, call, arguments):
        nonlocal tried
        for left in files.aftermaths():
            tried += 1
            folder = tmp_path / f"after-{tried}"
            folder.mkdir(mode=0o700)
            for file, saved in left.items():
                (folder / file).write_bytes(saved)
            snapshot = JsonFileStore(folder, files=Quick()).open()
            assert snapshot.tasks["a"].name in (acknowledged, attempted), f"power cut before {name}"
            assert snapshot.notices == ()
        files.at += 1
        return call(*arguments)

    disk.fault, disk.at = cut_the_power, len(disk.made)
    for number in range(4):
        attempted = f"new {number}"
        store.save([Put(a_task("a", attempted))])
        acknowledged = attempted
    assert tried > 100


def test_after_eio_on_fsync_the_descriptor_is_closed_and_never_tried_again(saved):
    """The kernel may have dropped the data and would call a second fsync a success."""
    opened: list[int] = []

    class Disk(FileSystem):
        def create(self, path):
            opened.append(super().create(path))
            return opened[-1]

        def sync(self, fd):
            syncs.append(fd)
            raise OSError(errno.EIO, "Input/output error")

    syncs: list[int] = []
    store = JsonFileStore(saved, files=Disk())
    store.open()
    with pytest.raises(StoreError) as told:
        store.save([Put(a_task("a", "new"))])
    assert told.value.status == 503
    assert len(syncs) == 1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


def test_a_short_write_is_continued(tmp_path):
    class Slow(FileSystem):
        def write(self, fd, content):
            return super().write(fd, content[:100])

    JsonFileStore(tmp_path, files=Slow()).save([Put(a_task("a")), Put(a_task("b"))])
    assert set(JsonFileStore(tmp_path).open().tasks) == {"a", "b"}


@pytest.mark.parametrize(
    ("number", "status", "advice"),
    [
        (errno.ENOSPC, 507, "free some"),
        (errno.EDQUOT, 507, "free some"),
        (errno.EROFS, 503, "read-only"),
        (errno.EACCES, 503, "writable"),
        (errno.EIO, 503, "try again"),
    ],
)
def test_a_failed_save_says_what_to_do(saved, number, status, advice):
    files = FaultyFiles()
    store = JsonFileStore(saved, files=files)
    store.open()
    files.at, files.fault = len(files.made) + 1, refuse(number)
    with pytest.raises(StoreError, match=advice) as told:
        store.save([Put(a_task("a", "new"))])
    assert told.value.status == status


def test_a_disk_that_is_full_stops_no_reader_and_works_again_when_there_is_room(tmp_path):
    class Full(FileSystem):
        full = False

        def write(self, fd, content):
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(fd, content)

    files = Full()
    store = JsonFileStore(tmp_path, files=files)
    store.save([Put(a_task("a"))])
    files.full = True
    for _ in range(3):
        with pytest.raises(StoreError):
            store.save([Put(a_task("a", "new"))])
    assert store.refresh() is None
    assert content(store.save([])) == {"a": "Nightly report"}
    assert litter(tmp_path) == []
    files.full = False
    assert content(store.save([Put(a_task("a", "new"))])) == {"a": "new"}
