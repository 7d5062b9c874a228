"""Two real Jupyter servers as they come, with leases of 45 seconds: how long each fault takes to be settled.

They run on one machine, but one of them is told that it is another, so that only its lease says whether it lives.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from live_server import LiveServer
from postgres import Postgres, running

from jupyter_scheduler_ext.engine.sharing import LEASE

from .household import until

pytestmark = [pytest.mark.deep, pytest.mark.timeout(1200)]

ELSEWHERE = """\
from jupyter_scheduler_ext.engine import process
process.world = lambda: "another machine"
"""
AWAY = 60.0
"""Seconds for which the database is away."""


@dataclass
class Pair:
    """`far` has the label of this name; both have had the database for a whole lease, so each may judge the other."""

    database: Postgres
    near: LiveServer
    far: LiveServer

    def wait_for_a_lease(self) -> None:
        until(lambda: len(self.near.api("status")["servers"]) == 2, "both servers in status")
        time.sleep(LEASE + 2)

    def start(self, name: str, seconds: int) -> tuple[dict[str, Any], psutil.Process]:
        """A run on the far server, and the process that it consists of."""
        action = {"kind": "command", "argv": ["sleep", str(seconds)]}
        task = {"type": "adhoc", "name": name, "action": action, "server_label": "far"}
        uuid = self.near.api("tasks", "POST", task)["task"]["uuid"]
        run = self.near.api(f"tasks/{uuid}/run", "POST", {})["run"]
        until(lambda: self.state(run) == "running", "the start")
        server = psutil.Process(self.far.pid)

        def process() -> psutil.Process | None:
            return next((child for child in server.children(recursive=True) if child.cmdline() == action["argv"]), None)

        return run, until(process, "its process")

    def state(self, run: dict[str, Any]) -> str:
        return self.near.api(f"runs/{run['id']}")["run"]["state"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home = tmp_path_factory.mktemp("pair")
    with running() as database:
        url = f"--SchedulerExtension.db_url={database.url()}"
        near = LiveServer(home / "near", url, "--TaskScheduler.label=near")
        far = LiveServer(home / "far", url, "--TaskScheduler.label=far", "--TaskScheduler.server_labels=far")
        config = far.home / "config" / "jupyter_server_config.py"
        config.parent.mkdir(parents=True)
        config.write_text(ELSEWHERE)
        with near, far:
            yield Pair(database, near, far)


def test_a_paused_server_is_taken_for_dead_within_a_minute_and_refused_when_it_comes_back(pair: Pair) -> None:
    pair.wait_for_a_lease()
    run, process = pair.start("Paused", 900)
    os.kill(pair.far.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        until(lambda: pair.state(run) == "lost", "the run given up")
        took = time.monotonic() - began
    finally:
        os.kill(pair.far.pid, signal.SIGCONT)
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "its process stopped there")
    until(lambda: pair.far.api("status")["role"] == "sharing", "the server taking part again")
    time.sleep(5)
    assert pair.state(run) == "lost", "an end that came later was refused"
    print(f"paused: LOST after {took:.1f} s")
    assert took < 60


def test_a_database_that_is_away_for_a_minute_costs_nothing_but_time(pair: Pair) -> None:
    run, _ = pair.start("In flight", 20)
    due = [datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (15, 30, 45)]
    task = {"type": "planned", "name": "Meanwhile", "plan": {"todo": [at.isoformat() for at in due]}}
    made = {**task, "action": {"kind": "command", "argv": ["true"]}, "policy": {"catchup": "all", "overlap": "allow"}}
    uuid = pair.near.api("tasks", "POST", made)["task"]["uuid"]
    pair.database.stop(signal.SIGKILL)
    time.sleep(AWAY)
    pair.database.start()
    began = time.monotonic()

    def caught_up() -> bool:
        runs = pair.near.api(f"runs?task_id={uuid}")["runs"]
        return [run["state"] for run in runs] == ["succeeded"] * 3

    until(lambda: "database" not in {banner["code"] for banner in pair.near.api("status")["banners"]}, "it is back")
    until(caught_up, "every missed fire caught up")
    print(f"away for {AWAY:.0f} s: caught up {time.monotonic() - began:.1f} s after its return")
    until(lambda: pair.state(run) == "succeeded", "the end of what was in flight")


def test_a_killed_server_is_taken_over_within_a_minute(pair: Pair) -> None:
    pair.wait_for_a_lease()
    run, process = pair.start("Killed", 900)
    os.kill(pair.far.pid, signal.SIGKILL)
    began = time.monotonic()
    until(lambda: pair.state(run) == "lost", "the run given up")
    took = time.monotonic() - began
    process.kill()
    print(f"killed: LOST after {took:.1f} s")
    assert took < 60
