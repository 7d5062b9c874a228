"""Real servers with real kernels on their worst day: T6, T9 and T12 of the test plan."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from live_server import LiveServer

TERMINAL = {"succeeded", "failed", "timed_out", "cancelled", "interrupted", "lost", "skipped", "missed"}
FOREVER = "import time\nprint('begun', flush=True)\ntime.sleep(600)"


def eventually(check: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true answer; fails with `what` if there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)
    return answer


def endless(server: LiveServer, name: str, **policy: Any) -> str:
    """A task whose code would run for ten minutes, started; returns the run's id."""
    action = {"kind": "code", "source": FOREVER, "kernel_name": "python3", "kernel": "fresh"}
    task = server.api("tasks", "POST", {"type": "adhoc", "name": name, "action": action, "policy": policy})["task"]
    return str(server.api(f"tasks/{task['uuid']}/run", "POST", {})["run"]["id"])


def kernels_below(home: Path) -> list[psutil.Process]:
    """Every kernel process that was started with this home, whoever its parent is now."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(home) in word for word in process.info["cmdline"] or ()) and "kernel" in " ".join(
            process.info["cmdline"]
        ):
            found.append(process)
    return found


def running(server: LiveServer, ids: list[str]) -> bool:
    """Have the cells of all these runs begun?"""
    logs = [server.api(f"runs/{run}/log") for run in ids]
    return all(any("begun" in entry.get("text", "") for entry in log["entries"]) for log in logs)


def lose_a_server(home: Path, times: int) -> tuple[int, float]:
    """Kill a server with runs in flight, again and again: how many runs were lost, and the longest time until told."""
    server = LiveServer(home, "--RunnerSettings.pool_size=0")
    told = [_lose_it_once(server, f"night {night}") for night in range(times)]
    return sum(lost for lost, _ in told), max(seconds for _, seconds in told)


def _lose_it_once(server: LiveServer, night: str) -> tuple[int, float]:
    with server:
        ids = [endless(server, f"{night}, run {index}") for index in range(2)]
        eventually(lambda: running(server, ids), 60, "two cells begin")
        assert len(kernels_below(server.home)) >= 2
        os.kill(server.pid, signal.SIGKILL)
    with server:
        began = time.monotonic()
        runs = eventually(lambda: _ended(server, ids), 5, "every run of the dead server is settled")
        seconds = time.monotonic() - began
        assert {run["state"] for run in runs} == {"lost"}
        eventually(lambda: not kernels_below(server.home), 10, "no kernel of the dead server is left")
        history = server.api("runs?limit=500")["runs"]
        assert set(Counter(run["task_id"] for run in history if run["started_at"]).values()) == {1}
    return len(runs), seconds


def _ended(server: LiveServer, ids: list[str]) -> list[dict[str, Any]] | None:
    runs = [server.api(f"runs/{run}")["run"] for run in ids]
    return runs if all(run["state"] in TERMINAL for run in runs) else None


@pytest.mark.kernel
def test_after_kill_9_every_run_is_lost_within_seconds_and_no_kernel_is_left(tmp_path: Path):
    lost, _ = lose_a_server(tmp_path, times=3)

    assert lost == 6


@pytest.mark.deep
@pytest.mark.timeout(0)
def test_after_fifty_kills_nothing_started_twice(tmp_path: Path):
    lost, longest = lose_a_server(tmp_path, times=50)
    print(f"{lost} runs lost and told within {longest:.1f} s, no kernel left, no double start")


@pytest.mark.kernel
def test_sigterm_interrupts_what_is_in_flight_and_leaves_no_kernel(tmp_path: Path):
    server = LiveServer(tmp_path, "--TaskScheduler.drain_timeout=2")
    with server:
        ids = [endless(server, f"run {index}") for index in range(2)]
        eventually(lambda: running(server, ids), 60, "two cells begin")
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert kernels_below(tmp_path) == []
    with server:
        runs = [server.api(f"runs/{run}")["run"] for run in ids]
        assert {run["state"] for run in runs} == {"interrupted"}
        assert all("stopped" in run["reason"] for run in runs)


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[LiveServer]]:
    """Three servers on one storage folder."""
    store = tmp_path / "store"
    servers = [
        LiveServer(
            tmp_path / name,
            f"--SchedulerExtension.storage_dir={store}",
            f"--TaskScheduler.label={name}",
            "--TaskScheduler.max_concurrent_runs=8",
        )
        for name in ("one", "two", "three")
    ]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


def share_a_night(servers: list[LiveServer], out: Path, seconds: int, tasks: int) -> Counter[str]:
    """Fires every second on three servers, one of which is killed and one stopped for a while; counts the outcomes."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    dates = [(start + timedelta(seconds=second)).isoformat() for second in range(seconds)]
    for index in range(tasks):
        argv = ["sh", "-c", f'echo "$SCHEDULER_RUN_KEY" >> {out}']
        body = {
            "type": "planned",
            "name": f"task {index}",
            "plan": {"todo": dates},
            "action": {"kind": "command", "argv": argv},
            "policy": {"catchup": "all", "overlap": "allow"},
        }
        servers[index % 3].api("tasks", "POST", body)
    first, second, third = servers
    assert first.api("status")["role"] == "leader"
    time.sleep(seconds * 0.3)
    os.kill(first.pid, signal.SIGKILL)
    heirs = [second, third]
    leader = eventually(
        lambda: next((one for one in heirs if one.api("status")["role"] == "leader"), None), 10, "another server leads"
    )
    time.sleep(seconds * 0.2)
    os.kill(leader.pid, signal.SIGSTOP)
    time.sleep(min(5, seconds * 0.2))
    os.kill(leader.pid, signal.SIGCONT)
    while datetime.now(UTC) < start + timedelta(seconds=seconds + 1):
        time.sleep(0.2)
    eventually(lambda: leader.api("status")["queue"]["queued"] == 0, 60, "the queue is empty")
    eventually(lambda: leader.api("status")["queue"]["running"] == 0, 60, "all has ended")
    counts: Counter[str] = Counter()
    for task in leader.api("tasks")["tasks"]:
        runs = leader.api(f"runs?task_id={task['uuid']}&limit=1000")["runs"]
        recorded = sum(run["count"] for run in runs)
        assert recorded == seconds, f"{task['name']}: {seconds} fires, {recorded} records"
        for run in runs:
            counts[run["state"]] += run["count"]
            assert run["state"] == "succeeded" or run["reason"]
    return counts


@pytest.mark.kernel
def test_three_servers_share_one_schedule_through_a_kill_and_a_pause(three: list[LiveServer], tmp_path: Path):
    out = tmp_path / "effects.txt"
    counts = share_a_night(three, out, seconds=20, tasks=6)

    keys = Counter(out.read_text().split())
    assert max(keys.values()) == 1, "an effect was made twice"
    assert len(keys) >= counts["succeeded"]
    assert counts["succeeded"] + counts["lost"] + counts["missed"] == 120
    assert counts["succeeded"] >= 100


@pytest.mark.deep
@pytest.mark.timeout(0)
def test_three_servers_share_one_schedule_for_ten_minutes(three: list[LiveServer], tmp_path: Path):
    out = tmp_path / "effects.txt"
    counts = share_a_night(three, out, seconds=400, tasks=6)
    print(dict(counts))

    assert max(Counter(out.read_text().split()).values()) == 1
