"""From due, and from "run", to the first cell, beside what people would use instead: ``python benchmarks/first_cell.py
[--times 20] [--peer-minutes 3] [--only due run burst cold cells] [--json FILE]``.

Every program runs a notebook whose first statement reads the clock, so that all are measured by the same mark. They
take turns within each round, on one machine, and the first run of each, which fills caches, is not counted. A row is
printed as soon as it is measured.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peers
from bare_kernel import BareKernel
from figures import Row, Series, machine, table
from peers import Missing
from servers import Server, isolated

APART = 7
"""Seconds between two planned dates: more than the lead, so that no kernel is started while another run is measured."""
PATIENCE = 120.0
"""Seconds after which a run counts as stuck."""
CELLS = 100
BURST = 25
"""Runs of a burst, and the seconds between two of them."""
BURST_APART = 0.5
NO_AHEAD = ("--RunnerSettings.max_pooled=0", "--RunnerSettings.max_prepared=0", "--TaskScheduler.lead=0")
PAPERMILL = "import papermill, sys; papermill.execute_notebook(sys.argv[1], sys.argv[2], progress_bar=False)"


class Marks:
    """A notebook below `folder`, the first and last of whose cells note in a file when they began."""

    def __init__(self, folder: Path, name: str, cells: int = 1) -> None:
        self.notebook = folder / f"{name}.ipynb"
        self._file = folder.resolve() / f"{name}.marks"
        self._seen = 0
        noted = "str(now), os.environ.get('SCHEDULER_RUN_ID', '-')"
        self.mark = (
            "import time; now = time.time_ns(); import os; "
            f"print({noted}, file=open({str(self._file)!r}, 'a'), flush=True);"
        )
        self.cells = [self.mark, *(f"print({number})" for number in range(cells - 2)), self.mark][:cells]
        self._file.touch()
        self.notebook.write_text(json.dumps(notebook(self.cells)), "utf-8")

    def next(self, patience: float = PATIENCE) -> float:
        """The next moment noted, in seconds of Unix time. Raises RuntimeError if none comes."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            found = self._file.read_bytes().split(b"\n")[self._seen : -1]
            if found:
                self._seen += 1
                return int(found[0].split()[0]) / 1e9
            time.sleep(0.01)
        raise RuntimeError(f"no cell began within {patience:.0f} s")

    def of(self, run_id: str) -> float | None:
        """When the first cell of a run of ours began; None if it has not."""
        for moment, which in map(bytes.split, self._file.read_bytes().splitlines()):
            if which == run_id.encode():
                return int(moment) / 1e9
        return None

    def stretch(self) -> float:
        """Seconds from the next moment noted to the one after it."""
        first = self.next()
        return self.next() - first


class Ours:
    """This project on a server of its own."""

    def __init__(self, server: Server, name: str, cells: int = 1, more: dict[str, Any] | None = None) -> None:
        self.marks = Marks(server.root, name, cells)
        self._server = server
        self._there: set[str] = set()
        self.from_pool = 0
        """Counted runs whose kernel was there before the request."""
        action = {"kind": "notebook", "path": self.marks.notebook.name}
        self._task: dict[str, Any] = {"name": name, "action": action, **(more or {})}
        self._adhoc = self._create({"type": "adhoc"})

    def planned(self, dates: Sequence[int]) -> Iterator[float]:
        """Plan a task on these seconds of Unix time; yields by how much its first cell was late each time."""
        texts = [datetime.fromtimestamp(date, UTC).isoformat() for date in dates]
        self._create({"type": "planned", "plan": {"todo": texts}})
        for date in dates:
            yield self.marks.next() - date

    def run(self) -> float:
        """Seconds from sending the request to run to the first cell."""
        start = time.time()
        run = self._api(f"tasks/{self._adhoc}/run", "POST", {})["run"]
        took = self.marks.next() - start
        self.finish(run["id"])
        return took

    def burst(self) -> Iterator[float]:
        """The same for runs that follow one another faster than a kernel starts."""
        started = []
        begin = time.monotonic()
        for number in range(BURST):
            time.sleep(max(0.0, begin + number * BURST_APART - time.monotonic()))
            self._note_kernels()
            start = time.time()
            started.append((start, self._api(f"tasks/{self._adhoc}/run", "POST", {})["run"]["id"], self._there))
        for start, run_id, there in started:
            self._there = there
            self.finish(run_id)
            began = self.marks.of(run_id)
            if began is None:
                raise RuntimeError(f"no cell of {run_id} began")
            yield began - start

    def run_all(self) -> float:
        """Seconds from the first cell to the last."""
        run = self._api(f"tasks/{self._adhoc}/run", "POST", {})["run"]
        took = self.marks.stretch()
        self.finish(run["id"])
        return took

    def finish(self, run_id: str) -> None:
        """Wait for the end of a run. Raises RuntimeError if it is not a good one."""
        for _ in ticks():
            run = self._api(f"runs/{run_id}")["run"]
            if run["state"] not in ("queued", "running"):
                break
        if run["state"] != "succeeded":
            raise RuntimeError(f"a run ended {run['state']}: {run['reason']}")
        self.from_pool += run["kernel_id"] in self._there

    def wait_for_warm_kernel(self) -> None:
        """Wait until the pool holds a warm kernel, and no other is being started or ended."""
        calm = 0
        for _ in ticks(0.2):
            count = self._api("status")["kernels"]
            count.pop("memory")
            self._note_kernels()
            still = count["pooled"] > 0 and count["starting"] == 0 and sum(count.values()) == len(self._there)
            calm = calm + 1 if still else 0
            if calm == 5:
                return

    def _note_kernels(self) -> None:
        self._there = {kernel["id"] for kernel in self._server.call("api/kernels")}

    def _create(self, more: dict[str, Any]) -> str:
        return str(self._api("tasks", "POST", {**self._task, **more})["task"]["uuid"])

    def _api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        return self._server.call(f"scheduler-ext/api/{path}", method, body)


class Official:
    """The extension `jupyter-scheduler` on a server of its own."""

    def __init__(self, server: Server) -> None:
        self.marks = Marks(server.root, "official")
        self._server = server
        environment = server.call("scheduler/runtime_environments")[0]["name"]
        self._job = {
            "name": "official",
            "input_uri": self.marks.notebook.name,
            "runtime_environment_name": environment,
            "output_formats": ["ipynb"],
        }
        self._definition = ""

    def every_minute(self) -> None:
        """Define a job with the finest grain it has."""
        body = {**self._job, "schedule": "* * * * *", "timezone": "UTC"}
        self._definition = self._server.call("scheduler/job_definitions", "POST", body)["job_definition_id"]

    def never_again(self) -> None:
        self._server.call(f"scheduler/job_definitions/{self._definition}", "PATCH", {"active": False})

    def lateness(self) -> float:
        """Seconds from the last full minute before the next first cell to that cell."""
        late = self.marks.next() % 60
        self.finish()
        return late

    def run(self) -> float:
        """Seconds from sending the request to the first cell."""
        start = time.time()
        self._server.call("scheduler/jobs", "POST", self._job)
        took = self.marks.next() - start
        self.finish()
        return took

    def finish(self) -> None:
        """Wait until it does nothing any more."""
        for _ in ticks(0.2):
            if self._server.call("scheduler/jobs/count")["count"] == 0:
                return


class Papermill:
    """``papermill.execute_notebook`` in a new process each time."""

    def __init__(self, home: Path, name: str, cells: int = 1) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._marks = Marks(home, name, cells)
        self._python = peers.python_with(peers.PAPERMILL)
        self._home = home

    def run(self) -> float:
        """Seconds from the start of the process to the first cell."""
        start = time.time()
        self._execute()
        return self._marks.next(0.1) - start

    def run_all(self) -> float:
        """Seconds from the first cell to the last."""
        self._execute()
        return self._marks.stretch()

    def _execute(self) -> None:
        command = [str(self._python), "-c", PAPERMILL, str(self._marks.notebook), str(self._home / "output.ipynb")]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, env=isolated(self._home))


class Benchmark:
    """All rows, in `home`, which holds nothing yet."""

    def __init__(self, home: Path, times: int, minutes: int) -> None:
        self._home = home
        self._times = times
        self._minutes = minutes

    def due(self) -> list[Row]:
        """Due to first cell: the peer's minute has a pause in it, in which ours has its dates."""
        ours, peer = Series("jupyter_scheduler_ext"), Series("jupyter-scheduler")
        with ExitStack() as stack:
            mine = Ours(stack.enter_context(self._server("due")), "due")
            official = peer.attempt(lambda: self._official(stack, "official-due"))
            rest = self._times
            peer.attempt(lambda: official.run())
            peer.attempt(lambda: official.every_minute())
            for turn in range(self._minutes if not peer.trouble else 0):
                peer.take(lambda: official.lateness())
                if turn == self._minutes - 1:
                    peer.attempt(lambda: official.never_again())
                else:
                    room = int((60 - time.time() % 60 - APART - 3) / APART)
                    rest -= self._planned(ours, mine, min(room, rest))
            while rest > 0 and not ours.trouble:
                rest -= self._planned(ours, mine, min(10, rest))
        how = "planned dates 7 s apart, default settings; the peer's cron is `* * * * *`, its finest"
        return [Row("Due to first cell", ours, peer, how)]

    def _planned(self, ours: Series, mine: Ours, count: int) -> int:
        if count < 1:
            return 0
        first = math.ceil(time.time()) + APART
        dates = [first + APART * number for number in range(count)]
        ours.attempt(lambda: ours.seconds.extend(mine.planned(dates)))
        return count

    def run(self) -> list[Row]:
        """From the request to run to the first cell, with a warm kernel in the pool."""
        ours, peer, papermill = Series("jupyter_scheduler_ext"), Series("jupyter-scheduler"), Series("Papermill")
        with ExitStack() as stack:
            mine = Ours(stack.enter_context(self._server("run")), "run")
            official = peer.attempt(lambda: self._official(stack, "official-run"))
            process = papermill.attempt(lambda: Papermill(self._home / "papermill-run", "run"))
            ours.attempt(mine.run)
            peer.attempt(lambda: official.run())
            papermill.attempt(lambda: process.run())
            for _ in range(self._times):
                ours.attempt(mine.wait_for_warm_kernel)
                ours.take(mine.run)
                peer.take(lambda: official.run())
                papermill.take(lambda: process.run())
        how = f"POST of the request to the first cell, kernel from the pool in {mine.from_pool} of {len(ours.seconds)}"
        return [
            Row("Run to first cell", ours, peer, f"{how}; the peer: POST of a job"),
            Row("Run to first cell, beside a cold start", ours, papermill, f"{how}; the peer: from process start"),
        ]

    def burst(self) -> list[Row]:
        """Runs that come faster than a kernel starts, after one that told the pool what is wanted."""
        ours, no_peer = Series("jupyter_scheduler_ext"), Series("no peer")
        with self._server("burst") as server:
            mine = Ours(server, "burst", more={"policy": {"overlap": "allow"}})
            ours.attempt(mine.run)
            ours.attempt(mine.wait_for_warm_kernel)
            ours.attempt(lambda: ours.seconds.extend(mine.burst()))
        how = (
            f"{BURST} runs, one every {BURST_APART} s; in a kernel that was there before the request: {mine.from_pool}"
        )
        return [Row("Run to first cell, in a burst", ours, no_peer, how)]

    def cold(self) -> list[Row]:
        """The same with nothing started ahead, and the floor."""
        ours, floor = Series("jupyter_scheduler_ext"), Series("bare jupyter_client")
        home = self._home / "bare-cold"
        home.mkdir()
        marks = Marks(home, "bare")
        with self._server("cold", *NO_AHEAD) as server:
            mine = Ours(server, "cold")
            ours.attempt(mine.run)
            floor.attempt(lambda: bare_start(home, marks))
            for _ in range(self._times):
                ours.take(mine.run)
                floor.take(lambda: bare_start(home, marks))
        how = "nothing started ahead (no pool, no lead); the floor: start, kernel_info, execute, with no server"
        return [Row("Run to first cell, cold", ours, floor, how)]

    def cells(self) -> list[Row]:
        """A notebook of many small cells."""
        ours, floor, papermill = Series("jupyter_scheduler_ext"), Series("bare jupyter_client"), Series("Papermill")
        home = self._home / "bare-cells"
        home.mkdir()
        marks = Marks(home, "bare", CELLS)
        with self._server("cells") as server, BareKernel(home) as kernel:
            mine = Ours(server, "cells", CELLS)
            process = papermill.attempt(lambda: Papermill(self._home / "papermill-cells", "cells", CELLS))
            ours.attempt(mine.run_all)
            floor.attempt(lambda: bare_cells(kernel, marks))
            papermill.attempt(lambda: process.run_all())
            for _ in range(self._times):
                ours.attempt(mine.wait_for_warm_kernel)
                ours.take(mine.run_all)
                floor.take(lambda: bare_cells(kernel, marks))
                papermill.take(lambda: process.run_all())
        how = f"first cell to last, {CELLS} cells that print a number each, warm kernel (ours: {mine.from_pool})"
        return [
            Row(f"Notebook of {CELLS} cells", ours, floor, how),
            Row(f"Notebook of {CELLS} cells, beside Papermill", ours, papermill, how),
        ]

    def _server(self, name: str, *options: str) -> Server:
        return Server(self._home / name, *options, probe="scheduler-ext/api/status")

    def _official(self, stack: ExitStack, name: str) -> Official:
        python = peers.python_with(peers.JUPYTER_SCHEDULER)
        return Official(stack.enter_context(Server(self._home / name, python=python, probe="scheduler/jobs/count")))


def bare_start(home: Path, marks: Marks) -> float:
    """Seconds from before the start of a bare kernel to its first cell."""
    start = time.time()
    with BareKernel(home) as kernel:
        kernel.begin(marks.mark)
        return marks.next() - start


def bare_cells(kernel: BareKernel, marks: Marks) -> float:
    """Seconds from the first cell to the last in a bare kernel that runs already."""
    kernel.run(marks.cells)
    return marks.stretch()


def notebook(cells: Sequence[str]) -> dict[str, Any]:
    """A notebook of these cells for the kernel that every environment has."""
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": spec, "language_info": {"name": "python"}},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": cell,
            }
            for number, cell in enumerate(cells)
        ],
    }


def ticks(pause: float = 0.05) -> Iterator[None]:
    """One look after another, with pauses. Raises RuntimeError when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)
    raise RuntimeError(f"nothing came of it within {PATIENCE:.0f} s")


def versions() -> dict[str, str]:
    """Of the peers that could be installed."""
    found = {}
    for requirements in (peers.JUPYTER_SCHEDULER, peers.PAPERMILL):
        try:
            found[requirements[0]] = peers.version(peers.python_with(requirements), requirements[0])
        except Missing as error:
            found[requirements[0]] = str(error)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("``")[0])
    parser.add_argument("--times", type=int, default=20, help="how often each is measured")
    parser.add_argument("--peer-minutes", type=int, default=3, help="how many minutes of the peer's cron are watched")
    parts = ("due", "run", "burst", "cold", "cells")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, help="measure these rows only")
    parser.add_argument("--json", type=Path, help="write every measured value to this file")
    given = parser.parse_args()
    about = {"machine": machine(), "versions": versions()}
    rows: list[Row] = []
    print(table([]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        benchmark = Benchmark(Path(folder), given.times, given.peer_minutes)
        for part in given.only:
            print(f"measuring: {part}", file=sys.stderr)
            for row in getattr(benchmark, part)():
                print(table([row]).rpartition("\n")[2], flush=True)
                rows.append(row)
            if given.json:
                text = json.dumps({**about, "rows": [row.to_json() for row in rows]}, indent=1)
                given.json.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
