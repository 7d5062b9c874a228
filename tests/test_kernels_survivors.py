"""Kernels that outlive a server which was killed are found by the next one, and ended."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from live_server import LiveServer

from jupyter_scheduler_ext.contexts.survivors import Survivors, end_survivors
from jupyter_scheduler_ext.engine.process import boot_id, identity, is_running, stamp

PATIENCE = 60.0
DEAD = f"{boot_id()}:4194305:0"
"""A server with a pid that no process has."""


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not come to it"
        time.sleep(0.1)


@pytest.fixture
def orphan():
    """A process that leads its own group, as kernels do."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    yield stamp(process.pid)
    process.kill()
    process.wait()


def kernels_of(server: LiveServer) -> int:
    """How many it lists; 0 if it fails to, as jupyter_server does in the instant in which a kernel has just started."""
    try:
        return len(server.fetch("api/kernels"))
    except urllib.error.HTTPError:
        return 0


def noted(folder: Path, kernel: str, **whose: str) -> Path:
    file = folder / "kernels-of-another.json"
    note = {"server": DEAD, "host": socket.gethostname(), "kernels": [kernel]}
    file.write_text(json.dumps(note | whose))
    return file


def test_what_a_dead_server_left_is_killed_and_its_note_goes(tmp_path, orphan):
    file = noted(tmp_path, orphan)
    assert end_survivors(tmp_path) == [orphan]
    until(lambda: not is_running(orphan))
    assert not file.exists()


@pytest.mark.parametrize(
    ("whose", "stays"),
    [
        ({"server": identity()}, True),
        ({"host": "another-machine"}, True),
        ({"world": f"{boot_id()}/1"}, True),
        ({"server": "another-boot:4194305:0"}, False),
    ],
    ids=["a living server", "another machine", "another container", "before a restart of the machine"],
)
def test_what_is_not_provably_a_dead_servers_kernel_is_left_alone(tmp_path, orphan, whose, stays):
    file = noted(tmp_path, orphan, **whose)
    assert end_survivors(tmp_path) == []
    assert is_running(orphan)
    assert file.exists() is stays


def test_a_pid_that_another_process_has_by_now_is_left_alone(tmp_path, orphan):
    pid = orphan.partition(":")[0]
    noted(tmp_path, f"{pid}:1")
    assert end_survivors(tmp_path) == []
    assert is_running(orphan)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"server": 1, "host": null, "kernels": 3}'])
def test_a_note_that_cannot_be_read_harms_nothing(tmp_path, text):
    (tmp_path / "kernels-of-another.json").write_text(text)
    assert end_survivors(tmp_path) == []


async def test_a_note_follows_what_lives_and_goes_with_the_last(tmp_path, jp_asyncio_loop):
    survivors = Survivors(tmp_path / "made when needed")
    survivors.born("1:1")
    survivors.born("2:2")
    survivors.born(None)
    survivors.died("1:1")
    await survivors._writing
    (file,) = (tmp_path / "made when needed").glob("kernels-*.json")
    note = json.loads(file.read_text())
    assert (note["server"], note["kernels"]) == (identity(), ["2:2"])
    assert file.stat().st_mode & 0o077 == 0
    await survivors.close()
    assert list(file.parent.iterdir()) == []


def noted_in(home: Path) -> list[str]:
    """The kernels that a server below `home` has noted."""
    return [kernel for note in home.rglob("kernels-*.json") for kernel in json.loads(note.read_text())["kernels"]]


@pytest.mark.kernel
@pytest.mark.skipif(sys.platform == "win32", reason="kernel -9 and env(1) are for POSIX systems")
def test_after_kill_9_no_kernel_that_lingers_is_kept_or_waits_is_left(tmp_path):
    """With kernels that, as those of R do, know nothing of their server."""
    home = tmp_path / "home"
    spec = home / "data" / "kernels" / "heedless"
    spec.mkdir(parents=True)
    argv = ["env", "-u", "JPY_PARENT_PID", sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.joinpath("kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Heedless", "language": "python"})
    )
    server = LiveServer(home)
    server.start()
    try:
        for kernel in ("keep", "fresh"):
            action = {"kind": "code", "source": "1", "kernel_name": "heedless", "kernel": kernel}
            task = server.api("tasks", "POST", {"type": "adhoc", "name": kernel, "action": action})["task"]
            run = server.api(f"tasks/{task['uuid']}/run", "POST")["run"]
            until(lambda run=run: server.api(f"runs/{run['id']}")["run"]["state"] == "succeeded")
        until(lambda: len(noted_in(home)) == kernels_of(server) >= 3)
        kernels = noted_in(home)
        psutil.Process(server.pid).send_signal(signal.SIGKILL)
        server.stop()
        assert all(map(is_running, kernels)), "these kernels were to outlive their server"
        server.start()
        until(lambda: not any(map(is_running, kernels)))
        until(lambda: noted_in(home) == [])
    finally:
        server.stop()
