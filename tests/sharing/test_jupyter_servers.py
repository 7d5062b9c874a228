"""Two real Jupyter servers with one schedule in PostgreSQL, and the database going away under them."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from live_server import LiveServer
from postgres import Postgres

from jupyter_scheduler_ext.commands.showing import task_facts

from .household import until

COMMAND = {"kind": "command", "argv": ["sleep", "1"]}


def banners(server: LiveServer) -> dict[str, str]:
    return {banner["code"]: banner["message"] for banner in server.api("status")["banners"]}


def refused(server: LiveServer, *request: Any) -> int:
    with pytest.raises(urllib.error.HTTPError) as error:
        server.api(*request)
    return error.value.code


def shown(server: LiveServer, task: dict[str, Any]) -> dict[str, Any]:
    return server.api(f"tasks/{task['uuid']}")["task"]


def history(server: LiveServer, task: dict[str, Any]) -> list[str]:
    return [run["state"] for run in server.api(f"runs?task_id={task['uuid']}")["runs"]]


@contextmanager
def standing_still(database: Postgres) -> Iterator[None]:
    """Every process that serves a scheduler stops where it is: nothing is refused, and nothing is answered."""
    with psycopg.connect(database.url_of_libpq()) as admin:
        found = admin.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'jupyter-scheduler-ext'")
        pids = [pid for (pid,) in found]
        assert len(pids) == 4, "definitions and ledger, one that reads and one that writes each"
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


def tied_to(label: str, due: datetime, window: int) -> dict[str, Any]:
    """A planned task that only servers with a label may run, and that is caught up for so many seconds."""
    return {
        "type": "planned",
        "name": f"Within {window} s",
        "plan": {"todo": [due.isoformat()]},
        "action": COMMAND,
        "server_label": label,
        "policy": {"catchup_window": window},
    }


@pytest.mark.timeout(600)
def test_two_jupyter_servers_share_a_schedule(database: Postgres, tmp_path: Path) -> None:
    url = database.url().replace("scheduler@", "scheduler:not-to-be-seen@")
    options = f"--SchedulerExtension.db_url={url}", "--TaskScheduler.lease=12"
    one = LiveServer(tmp_path / "one", *options, "--TaskScheduler.label=one")
    two = LiveServer(tmp_path / "two", *options, "--TaskScheduler.label=two", "--TaskScheduler.server_labels=big")
    with one, two:
        task = one.api("tasks", "POST", {"type": "adhoc", "name": "Shared", "action": COMMAND})["task"]
        until(lambda: [shown["uuid"] for shown in two.api("tasks")["tasks"]] == [task["uuid"]], "the task on the other")
        until(lambda: len(one.api("status")["servers"]) == 2, "both servers in status")

        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
        waits, late = (one.api("tasks", "POST", tied_to("gone", due, window))["task"] for window in (86_400, 10))

        run = two.api(f"tasks/{task['uuid']}/run", "POST", {})["run"]
        until(lambda: one.api(f"runs/{run['id']}")["run"]["state"] == "succeeded", "the run's end on the other")
        assert one.api(f"runs/{run['id']}")["run"]["server"] == "two"

        one.api(f"tasks/{task['uuid']}", "PATCH", {"server_label": "big", "action": {"argv": ["sleep", "600"]}})
        for server in (one, two):
            until(lambda server=server: shown(server, waits)["waiting_for_server"], "told of the task that it waits")
            assert shown(server, waits)["waiting_for_server"]["label"] == "gone"
            assert datetime.fromisoformat(shown(server, waits)["waiting_for_server"]["since"]) == due
        assert "for a server labelled gone since" in dict(task_facts(shown(one, waits)))["Waiting"]
        assert "gone" in banners(one)["server_label"]

        tied = one.api(f"tasks/{task['uuid']}/run", "POST", {})["run"]
        assert tied["server"] == "two", "carried out where the label is, though asked for here"
        until(lambda: one.api(f"runs/{tied['id']}")["run"]["state"] == "running", "the start")
        one.api(f"runs/{tied['id']}/cancel", "POST", {})
        until(lambda: one.api(f"runs/{tied['id']}")["run"]["state"] == "cancelled", "the end, cancelled from afar")

        database.stop(signal.SIGKILL)
        until(lambda: "database" in banners(one) and "database" in banners(two), "a banner on both")
        assert "cannot be reached" in banners(one)["database"]
        assert len(one.api("tasks")["tasks"]) == 3, "tasks are still shown"
        assert refused(one, f"tasks/{task['uuid']}", "PATCH", {"name": "Other"}) == 503
        until(lambda: one.api("status")["role"] == "standby", "a lease that nobody relies on")
        assert refused(one, f"tasks/{task['uuid']}/run", "POST", {}) == 503
        database.start()
        until(lambda: "database" not in banners(one), "the banner gone")
        until(lambda: one.api("status")["role"] == "sharing", "the server taking part again")
        one.api(f"tasks/{task['uuid']}", "PATCH", {"name": "Other", "server_label": None})
        until(lambda: two.api(f"tasks/{task['uuid']}")["task"]["name"] == "Other", "the edit on the other")

        for tied in (waits, late):
            one.api(f"tasks/{tied['uuid']}", "PATCH", {"server_label": "big"})
        until(lambda: history(one, waits) == ["succeeded"], "the fire that waited for a server caught up")
        until(lambda: history(one, late) == ["missed"], "the fire that waited for too long missed")
        until(lambda: not shown(one, waits)["waiting_for_server"], "the task told to wait no more")
        said = one.log + two.log + str(one.api("status")) + str(banners(two))
    assert "not-to-be-seen" not in said + one.log


@pytest.mark.timeout(600)
def test_a_jupyter_server_waits_for_its_database_and_says_so(database: Postgres, tmp_path: Path) -> None:
    database.stop(signal.SIGINT)
    server = LiveServer(tmp_path / "one", f"--SchedulerExtension.db_url={database.url()}")
    with server:
        assert "cannot be reached" in " ".join(banners(server).values())
        assert refused(server, "tasks", "POST", {"type": "adhoc", "name": "Early", "action": COMMAND}) == 503
        database.start()
        until(lambda: server.api("status")["role"] == "sharing", "the server taking part")
        assert banners(server) == {}
        late = {"type": "adhoc", "name": "Late", "action": COMMAND}
        with standing_still(database):
            with pytest.raises(urllib.error.HTTPError) as error:  # within the 30 s that a request waits
                server.api("tasks", "POST", late)
            assert (error.value.code, error.value.headers["Retry-After"]) == (503, "5")
            until(lambda: "database" in banners(server), "a banner")
            with urllib.request.urlopen(server.page(), timeout=30) as page:
                assert page.status == 200
        until(lambda: server.api("status")["role"] == "sharing" and not banners(server), "the server back")
        until(lambda: [task["name"] for task in server.api("tasks")["tasks"]] == ["Late"], "what it was told before")
