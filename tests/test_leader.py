"""One ticking server a storage folder: the lock lives exactly as long as its process."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from jupyter_scheduler_ext.engine import process
from jupyter_scheduler_ext.engine.abc import StoreError
from jupyter_scheduler_ext.engine.leader import LeaderLock

HOLD = """
import subprocess, sys, time
from pathlib import Path
from jupyter_scheduler_ext.engine.leader import LeaderLock
lock = LeaderLock(Path(sys.argv[1]), "the other")
print(lock.try_acquire(), flush=True)
if "--child" in sys.argv:
    print(subprocess.Popen(["sleep", "60"], close_fds=False).pid, flush=True)
time.sleep(60)
"""


def start_holder(folder, *arguments):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(folder), *arguments], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "True\n"
    return holder


def acquired_within(lock, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if lock.try_acquire():
            return True
        time.sleep(0.01)
    return False


def test_only_one_process_leads_and_status_can_name_it(tmp_path):
    lock = LeaderLock(tmp_path, "us")
    with start_holder(tmp_path) as other:
        assert not lock.try_acquire()
        assert not lock.held
        assert lock.holder().pid == other.pid
        assert lock.holder().label == "the other"
        other.kill()
    assert lock.holder() is None


def test_a_follower_takes_over_when_the_leader_is_killed(tmp_path):
    lock = LeaderLock(tmp_path, "us")
    with start_holder(tmp_path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert acquired_within(lock, 2)
    assert lock.holder().identity == process.identity()
    lock.release()


def test_a_child_of_the_leader_does_not_keep_the_lock_after_its_death(tmp_path):
    lock = LeaderLock(tmp_path)
    with start_holder(tmp_path, "--child") as other:
        child = int(other.stdout.readline())
        other.kill()
        other.wait()
        try:
            assert process.start_time(child) is not None
            assert acquired_within(lock, 2)
        finally:
            os.kill(child, signal.SIGKILL)
    lock.release()


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    lock = LeaderLock(tmp_path)
    assert lock.try_acquire()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"1" if lock.held else b"0")
        time.sleep(60)
        os._exit(0)
    try:
        assert os.read(read, 1) == b"0"
        assert lock.held
        lock.release()
        other = LeaderLock(tmp_path)
        assert other.try_acquire()
        other.release()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(read)
        os.close(write)


def test_two_locks_in_one_process_exclude_each_other(tmp_path):
    first, second = LeaderLock(tmp_path), LeaderLock(tmp_path)
    assert first.try_acquire()
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert first.holder() is None
    assert second.try_acquire()
    second.release()
    second.release()


def test_a_leader_whose_lock_file_was_deleted_knows_that_it_leads_no_more(tmp_path):
    first, second = LeaderLock(tmp_path), LeaderLock(tmp_path)
    assert first.try_acquire()
    (tmp_path / "scheduler.lock").unlink()
    assert not first.held
    assert second.try_acquire()
    assert not first.try_acquire()
    assert second.held
    second.release()


def test_the_lock_file_is_private_and_outlives_its_holder(tmp_path):
    folder = tmp_path / "memory" / "scheduler"
    lock = LeaderLock(folder)
    assert lock.try_acquire()
    lock.release()
    assert stat.S_IMODE((folder / "scheduler.lock").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_symlink_in_place_of_the_lock_file_is_refused(tmp_path):
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "scheduler.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        LeaderLock(tmp_path).try_acquire()
    assert (tmp_path / "elsewhere").read_text() == "precious"


def test_nonsense_in_the_lock_file_names_no_holder(tmp_path):
    for text in ("", "{", "[]", '{"identity": 1}', '{"identity": "a:b:c"}'):
        (tmp_path / "scheduler.lock").write_text(text)
        assert LeaderLock(tmp_path).holder() is None
