"""T15's soak: twenty minutes of mixed work on a real server with real kernels, after which it holds what it held."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil
import pytest
from live_server import LiveServer
from performing import notebook

pytestmark = [pytest.mark.deep, pytest.mark.kernel, pytest.mark.timeout(0)]

COUNT = "count = globals().get('count', 0) + 1\nprint(count)"
WORK: dict[str, tuple[float, dict[str, Any]]] = {
    "command": (2, {"kind": "command", "argv": ["sh", "-c", "echo $SCHEDULER_RUN_KEY"]}),
    "kept kernel": (5, {"kind": "code", "source": COUNT, "kernel": "keep"}),
    "much output": (10, {"kind": "code", "source": "for n in range(200): print('line', n)", "kernel": "keep"}),
    "failure": (10, {"kind": "code", "source": "1 / 0", "kernel": "keep"}),
    "fresh kernel": (20, {"kind": "code", "source": COUNT, "kernel": "fresh"}),
    "notebook": (30, {"kind": "notebook", "path": "work.ipynb", "kernel": "fresh"}),
}
"""What is done, and every how many seconds. The outputs are small: the transcript of a context is held in memory and
grows until it has 400 cells, which is no leak, but hides one."""


class Held(NamedTuple):
    """What a server holds at one moment: bytes, and numbers of things."""

    memory: int
    descriptors: int
    threads: int
    kernels: int
    files: int
    """Beside those that a run leaves: connection files, locks, databases, backups."""


def look(server: LiveServer) -> Held:
    process = psutil.Process(server.pid)
    places = [server.home / "runtime", *server.home.glob("data/**/scheduler")]
    files = sum(path.is_file() for place in places for path in place.iterdir())
    kernels = len(server.fetch("api/kernels"))
    return Held(process.memory_info().rss, process.num_fds(), process.num_threads(), kernels, files)


def lags(server: LiveServer) -> Counter[float]:
    """How often the event loop woke at most so many seconds late."""
    request = urllib.request.Request(f"{server.url}metrics", headers={"Authorization": f"token {server.token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read().decode()
    found = re.findall(r'loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)', text)
    return Counter({float(bound): int(float(number)) for bound, number in found})


def most(counts: Counter[float]) -> float:
    """The bound under which 99 of 100 lie."""
    return min(bound for bound, number in counts.items() if number >= 0.99 * max(counts.values()))


def schedule(server: LiveServer, seconds: float) -> dict[str, int]:
    """Plan all the work; gives the number of fires of each task."""
    (server.root / "work.ipynb").write_text(json.dumps(notebook("rows = list(range(1000))", "print(len(rows))")))
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=5)
    fires = {}
    for name, (every, action) in WORK.items():
        dates = [(start + timedelta(seconds=n * every)).isoformat() for n in range(int(seconds / every))]
        body = {"type": "planned", "name": name, "plan": {"todo": dates}, "action": action}
        fires[server.api("tasks", "POST", body)["task"]["uuid"]] = len(dates)
    return fires


def use(server: LiveServer) -> None:
    """As somebody does who has the page open, and tries something now and then."""
    for path in ("tasks", "runs?limit=100", "status", "contexts"):
        server.api(path)
    body = {"type": "adhoc", "name": "tried", "action": {"kind": "command", "argv": ["true"]}}
    task = server.api("tasks", "POST", body)["task"]
    server.api(f"tasks/{task['uuid']}/run", "POST", {})
    server.api(f"tasks/{task['uuid']}", "DELETE")


def soak(home: Path, minutes: float) -> tuple[list[Held], list[Counter[float]], Counter[str]]:
    """Work for so long: what was held every five seconds, how late the loop was at each quarter, how the runs ended."""
    held: list[Held] = []
    late: list[Counter[float]] = []
    with LiveServer(home) as server:
        fires = schedule(server, minutes * 60)
        began = time.monotonic()
        while (spent := time.monotonic() - began) < minutes * 60 + 5:
            use(server)
            held.append(look(server))
            if spent >= len(late) * minutes * 15:
                late.append(lags(server))
            time.sleep(max(0.0, 5 - (time.monotonic() - began - spent)))
        late.append(lags(server))
        deadline = time.monotonic() + 120
        while server.api("status")["queue"]["running"] + server.api("status")["queue"]["queued"]:
            assert time.monotonic() < deadline, "the work does not come to its end"
            time.sleep(0.5)
        ends: Counter[str] = Counter()
        for uuid, expected in fires.items():
            runs = server.api(f"runs?task_id={uuid}&limit=1000")["runs"]
            assert sum(run["count"] for run in runs) == expected, uuid
            for run in runs:
                ends[run["state"]] += run["count"]
        assert re.findall(r"^\[E .*", server.log, re.MULTILINE) == []
    return held, [after - before for before, after in pairwise(late)], ends


def middle(moments: Sequence[Held]) -> Held:
    return Held(*(int(median(column)) for column in zip(*moments, strict=True)))


def test_after_twenty_minutes_of_mixed_work_a_server_holds_what_it_held(tmp_path: Path) -> None:
    held, late, ends = soak(tmp_path, 20)
    quarter = len(held) // 4
    before, after = middle(held[quarter : 2 * quarter]), middle(held[3 * quarter :])
    print(
        f"{ends}\nsecond quarter {before}\nfourth quarter {after}\nloop late, p99 of each quarter: {[*map(most, late)]}"
    )

    assert after.memory < before.memory * 1.05
    assert after.descriptors <= before.descriptors + 4
    assert after.threads <= before.threads + 1
    assert after.kernels <= before.kernels + 1
    assert after.files <= before.files + 4
    assert ends["succeeded"] > 0.5 * (ends.total() - ends["failed"])
    assert ends["lost"] == ends["missed"] == 0
