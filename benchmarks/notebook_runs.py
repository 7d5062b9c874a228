"""Programs that run notebooks, ours and what people would use instead, each asked in its own way.

Every one of them runs a notebook whose first statement reads the clock, so that all are measured by the same mark.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peers
from servers import Server, isolated

PATIENCE = 120.0
"""Seconds after which a run counts as stuck."""
BURST = 25
"""Runs of a burst, and the seconds between two of them."""
BURST_APART = 0.5
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
