"""Jupyter's own culling of idle servers, for real: one with work soon stays, one without goes.

Jupyter looks once a minute, so this takes more than one.
"""

from __future__ import annotations

import sys
import time

import psutil
import pytest
from live_server import LiveServer

pytestmark = [pytest.mark.deep, pytest.mark.timeout(400)]

IMPATIENT = "--ServerApp.shutdown_no_activity_timeout=1"
PATIENCE = 240.0


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="processes are watched as POSIX shows them")
def test_a_server_with_work_soon_outlives_the_idle_timeout_and_one_without_does_not(tmp_path):
    task = {"type": "scheduled", "action": {"kind": "command", "argv": ["true"]}}
    with (
        LiveServer(tmp_path / "soon", IMPATIENT) as soon,
        LiveServer(tmp_path / "never", IMPATIENT, "--SchedulerExtension.keep_alive_window=0") as never,
        LiveServer(tmp_path / "idle", IMPATIENT) as idle,
    ):
        for server, schedule in ((soon, "*/30 * * * *"), (never, "*/30 * * * *"), (idle, "0 0 1 1 *")):
            server.api("tasks", "POST", {**task, "name": "A task", "schedule": schedule})
        deadline = time.monotonic() + PATIENCE
        while not (ended(idle.pid) and ended(never.pid)):
            assert time.monotonic() < deadline, "Jupyter did not end an idle server"
            time.sleep(1)
        assert not ended(soon.pid), "a server with work within the hour was culled"
        assert soon.api("status")["next_run"] is not None
        assert "Shutting down" in idle.log
