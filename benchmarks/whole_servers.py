"""The rows about whole servers: this extension and `jupyter-scheduler`, each in a Jupyter server of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peers
import psutil
from contenders.filling import fill_ours
from figures import NOBODY, Row, Series
from notebook_runs import notebook
from servers import Server, isolated

from jupyter_scheduler_ext.engine.instants import to_instant

CONTENDERS = Path(__file__).with_name("contenders")
API = "scheduler-ext/api"
OURS_READY, OFFICIAL_READY = f"{API}/status", "scheduler/jobs/count"
"""What only a scheduler that has started answers."""
SETTLED = 10.0
"""Seconds after which a server has done what it does when it starts."""


def ours_in(home: Path, tasks: int, *options: str, probe: str = OURS_READY) -> Server:
    """Our server with so many tasks, none of which is due."""
    store = home / "store"
    now = datetime.now(UTC)
    fill_ours(store, tasks, schedule=f"0 {(now.hour + 12) % 24} * * *", since=to_instant(now))
    return Server(home / "server", f"--SchedulerExtension.storage_dir={store}", *options, probe=probe)


def official_in(home: Path, definitions: int, *, probe: str = OFFICIAL_READY) -> Server:
    """The peer's server with so many job definitions. Raises Missing."""
    python = peers.python_with(peers.JUPYTER_SCHEDULER)
    database = home / "scheduler.sqlite"
    home.mkdir(parents=True, exist_ok=True)
    fill = [str(python), str(CONTENDERS / "fill_jupyter_scheduler.py"), str(database), str(definitions)]
    subprocess.run(fill, check=True, capture_output=True, timeout=300)
    url = f"--SchedulerApp.db_url=sqlite:///{database}"
    return Server(home / "server", url, python=python, probe=probe)


def bare_in(home: Path, python: Path | str, extension: str) -> Server:
    """The same server without its scheduler."""
    return Server(home / "server", f"--ServerApp.jpserver_extensions={extension}=False", python=python, probe="api")


def timed(act: Callable[[], Any]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def requests(home: Path, quick: bool) -> Iterator[Row]:
    """What a page asks for, with many tasks."""
    tasks, times = (200, 5) if quick else (10_000, 40)
    names = ("list", "poll", "poll1", "poll100", "edit")
    mine = {name: Series("jupyter_scheduler_ext") for name in names}
    theirs = {name: Series("jupyter-scheduler") for name in ("list", "edit")}
    sizes = {number: Series("jupyter_scheduler_ext", unit="B") for number in (1, 100)}
    with ExitStack() as stack:
        ours = stack.enter_context(ours_in(home / "ours", tasks))
        official = theirs["list"].attempt(lambda: stack.enter_context(official_in(home / "official", tasks)))
        theirs["edit"].trouble = theirs["list"].trouble
        page = f"{API}/tasks?limit=25"
        ids = [task["uuid"] for task in ours.call(f"{API}/tasks?limit=200")["tasks"]]
        definitions = theirs["list"].attempt(
            lambda: official.call("scheduler/job_definitions?max_items=25")["job_definitions"]
        )
        for number in range(times):
            revision = ours.call(f"{API}/tasks?limit=1")["revision"]
            mine["list"].take(lambda: timed(lambda: ours.call(page)))
            theirs["list"].take(lambda: timed(lambda: official.call("scheduler/job_definitions?max_items=25")))
            mine["poll"].take(lambda r=revision: timed(lambda: ours.call(f"{API}/poll?since={r}")))
            change = {"description": f"changed {number}"}
            one = ids[number % len(ids)]
            mine["edit"].take(lambda o=one, c=change: timed(lambda: ours.call(f"{API}/tasks/{o}", "PATCH", c)))
            mine["poll1"].take(lambda r=revision: timed(lambda: ours.call(f"{API}/poll?since={r}")))
            if definitions:
                other = definitions[number % len(definitions)]["job_definition_id"]
                body = {"name": f"changed {number}"}
                theirs["edit"].take(
                    lambda o=other, b=body: timed(lambda: official.call(f"scheduler/job_definitions/{o}", "PATCH", b))
                )
        for number in range(max(2, times // 8)):
            for many, series in sizes.items():
                revision, size = after(ours, ids[:many], number)
                series.seconds.append(size)
            mine["poll100"].take(lambda r=revision: timed(lambda: ours.call(f"{API}/poll?since={r}")))
    how = f"HTTP, one request at a time, {tasks:,} tasks"
    yield Row(
        "`tasks?limit=25`", mine["list"], theirs["list"], f"{how}; the peer: `job_definitions?max_items=25`", "< 8 ms"
    )
    yield Row("`poll`, nothing changed", mine["poll"], NOBODY, how, "< 3 ms")
    yield Row("`poll` after 1 change", mine["poll1"], NOBODY, how, "O(changes)")
    yield Row("`poll` after 100 changes", mine["poll100"], NOBODY, how, "O(changes)")
    yield Row("`poll` after 1 change: bytes", sizes[1], NOBODY, how, "O(changes)")
    yield Row("`poll` after 100 changes: bytes", sizes[100], NOBODY, how, "O(changes)")
    yield Row("One edit over HTTP", mine["edit"], theirs["edit"], f"{how}; PATCH to answer, durable", "< 30 ms")


def after(server: Server, ids: list[str], number: int) -> tuple[str, float]:
    """Change these tasks; the revision before it, and the bytes of a poll since then."""
    revision = server.call(f"{API}/tasks?limit=1")["revision"]
    server.call(f"{API}/tasks/bulk", "POST", {"action": "tag", "ids": ids, "tags": [f"tag-{number}"]})
    answer = server.call(f"{API}/poll?since={revision}")
    return revision, float(len(json.dumps(answer, separators=(",", ":"))))


def start(home: Path, quick: bool) -> Iterator[Row]:
    """From the start of the process to the first answer of the server, and of the scheduler in it."""
    tasks, rounds = (200, 1) if quick else (10_000, 3)
    mine = [Series("jupyter_scheduler_ext") for _ in range(2)]
    theirs = [Series("jupyter-scheduler") for _ in range(2)]
    python = theirs[0].attempt(lambda: peers.python_with(peers.JUPYTER_SCHEDULER))
    theirs[1].trouble = theirs[0].trouble
    for turn in range(rounds):
        place = home / str(turn)
        take_added(
            mine,
            lambda p=place: ours_in(p / "ours", tasks, probe="api"),
            lambda p=place: bare_in(p / "ours-bare", sys.executable, "jupyter_scheduler_ext"),
            OURS_READY,
        )
        take_added(
            theirs,
            lambda p=place: official_in(p / "peer", tasks, probe="api"),
            lambda p=place: bare_in(p / "peer-bare", python, "jupyter_scheduler"),
            OFFICIAL_READY,
        )
    how = f"from process start, {tasks:,} tasks, less the first answer of the same server without it"
    what = f"Server start with {tasks:,} tasks, added"
    yield Row(f"{what}: to the server's first answer", mine[0], theirs[0], how, "<= 0.4 s")
    yield Row(f"{what}: to the scheduler's first answer", mine[1], theirs[1], f"{how}; with all tasks known")


def take_added(series: list[Series], with_it: Callable[[], Server], without: Callable[[], Server], ready: str) -> None:
    """How much later the server answers at all, and its scheduler, than the same server without a scheduler."""
    told = series[0].attempt(lambda: (first_answers(with_it(), ready), first_answers(without(), "api")[0]))
    series[1].trouble = series[0].trouble
    if told:
        answers, bare = told
        for one, seconds in zip(series, answers, strict=True):
            one.seconds.append(seconds - bare)


def first_answers(server: Server, ready: str) -> tuple[float, float]:
    """Seconds from the start of a server's process to its first answer, and to one that needs what it has loaded."""
    start = time.perf_counter()
    with server:
        first = time.perf_counter() - start
        server.call(ready)
        return first, time.perf_counter() - start


def added(home: Path, quick: bool) -> Iterator[Row]:
    """What the extension adds to a server that stands about: memory, and CPU time with many tasks."""
    seconds = 5 if quick else 30
    ours, official = Series("jupyter_scheduler_ext", unit="B"), Series("jupyter-scheduler", unit="B")
    busy, theirs = Series("jupyter_scheduler_ext"), Series("jupyter-scheduler")
    tasks = 200 if quick else 10_000
    with ExitStack() as stack:
        bare = stack.enter_context(bare_in(home / "bare", sys.executable, "jupyter_scheduler_ext"))
        mine = stack.enter_context(ours_in(home / "ours", 0))
        many = stack.enter_context(ours_in(home / "many", tasks))
        python = official.attempt(lambda: peers.python_with(peers.JUPYTER_SCHEDULER))
        if python:
            peer_bare = stack.enter_context(bare_in(home / "peer-bare", python, "jupyter_scheduler"))
            peer = stack.enter_context(official_in(home / "peer", 0))
            peer_many = official.attempt(lambda: stack.enter_context(official_in(home / "peer-many", tasks)))
        time.sleep(SETTLED)
        for server in [mine, *([peer] if python else [])]:
            server.call(f"{API}/tasks" if server is mine else "scheduler/job_definitions")
        ours.take(lambda: held_by(mine) - held_by(bare))
        if python:
            official.take(lambda: held_by(peer) - held_by(peer_bare))
        idle = {server: used_by(server) for server in (bare, many)}
        if python and peer_many:
            idle |= {server: used_by(server) for server in (peer_bare, peer_many)}
        time.sleep(seconds)
        spent = {server: (used_by(server) - before) * 60 / seconds for server, before in idle.items()}
        busy.take(lambda: spent[many] - spent[bare])
        theirs.trouble = official.trouble
        if python and peer_many:
            theirs.take(lambda: spent[peer_many] - spent[peer_bare])
    how = "private memory after a first request, less that of the same server without it, no tasks"
    yield Row("Memory that it adds to a server", ours, official, how, "< 30 MB")
    how = f"CPU time with {tasks:,} tasks and nothing due, less that of the same server without it, at the same time"
    yield Row("Idle server for a minute", busy, theirs, how, "< 0.05 s")


def running(home: Path, quick: bool) -> Iterator[Row]:
    """What a run takes while it runs, its kernel and whatever else is started for it."""
    ours, official = Series("jupyter_scheduler_ext", unit="B"), Series("jupyter-scheduler", unit="B")
    cold = ("--RunnerSettings.max_pooled=0", "--RunnerSettings.max_prepared=0")
    with ExitStack() as stack:
        server = stack.enter_context(Server(home / "ours", *cold, probe=OURS_READY))

        def run_ours(name: str) -> None:
            task = {"type": "adhoc", "name": "waits", "action": {"kind": "notebook", "path": name}}
            uuid = server.call(f"{API}/tasks", "POST", task)["task"]["uuid"]
            server.call(f"{API}/tasks/{uuid}/run", "POST", {})

        ours.take(lambda: taken_by_run(server, run_ours))
        python = official.attempt(lambda: peers.python_with(peers.JUPYTER_SCHEDULER))
        if python:
            peer = stack.enter_context(Server(home / "peer", python=python, probe=OFFICIAL_READY))

            def run_theirs(name: str) -> None:
                environment = peer.call("scheduler/runtime_environments")[0]["name"]
                job = {"name": "waits", "input_uri": name, "runtime_environment_name": environment}
                peer.call("scheduler/jobs", "POST", {**job, "output_formats": ["ipynb"]})

            official.take(lambda: taken_by_run(peer, run_theirs))
    how = "private memory of the server and all below it during a run, less that before it; most of it is the kernel"
    yield Row("Memory of a run", ours, official, how)


def taken_by_run(server: Server, run: Callable[[str], None]) -> float:
    """Bytes that a run holds while its cell waits. Raises RuntimeError if it does not begin."""
    begun = server.root / "begun"
    cell = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(10)"
    (server.root / "waits.ipynb").write_text(json.dumps(notebook([cell])), "utf-8")
    server.call("api/contents")
    time.sleep(SETTLED)
    before = held_by(server, below=True)
    run("waits.ipynb")
    deadline = time.monotonic() + 60
    while not begun.exists():
        if time.monotonic() > deadline:
            raise RuntimeError("the run did not begin")
        time.sleep(0.05)
    time.sleep(2)
    return held_by(server, below=True) - before


def held_by(server: Server, *, below: bool = False) -> float:
    """Bytes of a server's process that no other process shares; also of its children."""
    process = psutil.Process(server.pid)
    family = [process, *(process.children(recursive=True) if below else [])]
    return float(sum(member.memory_full_info().uss for member in family))


def used_by(server: Server) -> float:
    """Seconds of CPU time that a server's process has used."""
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


def imports(home: Path, quick: bool) -> Iterator[Row]:
    """What a server has to import before it can start."""
    times = 2 if quick else 10
    mine, theirs = Series("jupyter_scheduler_ext"), Series("jupyter-scheduler")
    script = str(CONTENDERS / "importing.py")
    python = theirs.attempt(lambda: peers.python_with(peers.JUPYTER_SCHEDULER))
    for _ in range(times):
        mine.take(lambda: float(told(home, sys.executable, script, "ours")))
        if python:
            theirs.take(lambda: float(told(home, python, script, "jupyter-scheduler")))
    how = "a new process that has jupyter_server imported already: the extension, its handlers and its routes"
    yield Row("Import at server start", mine, theirs, how, "< 250 ms")


def told(home: Path, *command: str | Path) -> str:
    run = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, env=isolated(home)
    )
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[-1])
    return run.stdout


PARTS: dict[str, Callable[[Path, bool], Iterator[Row]]] = {
    "imports": imports,
    "requests": requests,
    "start": start,
    "added": added,
    "running": running,
}
