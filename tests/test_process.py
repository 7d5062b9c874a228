"""Processes are told apart by more than their pid, and only the right one is ever killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from jupyter_scheduler_ext.engine import process


@pytest.fixture
def sleeper():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield child
    child.kill()
    child.wait()


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if process.start_time(pid) is None:
            return True
        time.sleep(0.01)
    return False


def test_this_process_is_alive_by_its_identity():
    assert process.is_alive(process.identity())
    assert process.identity().count(":") == 2


def test_an_identity_of_another_boot_another_start_or_no_sense_is_not_alive():
    boot, pid, start = process.identity().split(":")
    for other in (f"other:{pid}:{start}", f"{boot}:{pid}:{start}0", f"{boot}:{pid}:", boot, "", f"{boot}:x:{start}"):
        assert not process.is_alive(other)


def test_a_dead_process_is_not_alive_even_while_its_zombie_remains(sleeper):
    stamped = process.stamp(sleeper.pid)
    assert process.is_running(stamped)
    sleeper.kill()
    assert gone(sleeper.pid)
    assert not process.is_running(stamped)


def test_a_process_name_with_brackets_and_blanks_does_not_confuse_the_start_time(tmp_path):
    odd = tmp_path / "a) Z 1 (b"
    odd.symlink_to(sys.executable)
    child = subprocess.Popen([odd, "-c", "import time; time.sleep(60)"])
    try:
        assert process.is_running(process.stamp(child.pid))
    finally:
        child.kill()
        child.wait()


def test_kill_if_same_spares_a_process_that_merely_has_the_recorded_pid(sleeper):
    start = process.start_time(sleeper.pid)
    assert not process.kill_if_same(sleeper.pid, f"{start}1")
    assert process.start_time(sleeper.pid) == start
    assert process.kill_if_same(sleeper.pid, start)
    assert sleeper.wait(5) == -9


def test_kill_if_same_takes_the_whole_group_of_a_kernel():
    script = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True); sys.stdin.read()"
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with parent:
        grandchild = int(parent.stdout.readline())
        assert process.kill_if_same(parent.pid, process.start_time(parent.pid))
        parent.wait(5)
        assert gone(grandchild)


def test_kill_if_same_spares_our_own_group_when_the_process_shares_it():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert os.getpgid(child.pid) == os.getpgid(0)
        assert process.kill_if_same(child.pid, process.start_time(child.pid))
        assert child.wait(5) == -9
    finally:
        child.kill()
        child.wait()


def test_kill_if_same_never_kills_this_process_or_init():
    assert not process.kill_if_same(os.getpid(), process.start_time(os.getpid()))
    assert not process.kill_if_same(1, process.start_time(1) or "")
