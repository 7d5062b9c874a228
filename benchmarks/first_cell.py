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
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import peers
from bare_kernel import BareKernel
from figures import Row, Series, machine, table
from notebook_runs import BURST, BURST_APART, Marks, Official, Ours, Papermill
from peers import Missing
from servers import Server

APART = 7
"""Seconds between two planned dates: more than the lead, so that no kernel is started while another run is measured."""
CELLS = 100
NO_AHEAD = ("--RunnerSettings.max_pooled=0", "--RunnerSettings.max_prepared=0", "--TaskScheduler.lead=0")


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
