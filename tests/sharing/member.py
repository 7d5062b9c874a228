"""One server of a shared schedule, without Jupyter:
``python -m tests.sharing.member URL FOLDER NAME LEASE LABELS SECONDS``.

The whole engine over the real database; runs are short waits, and each start is told in a file that all members append
to before anything else happens. It calls itself an owner of some other machine: its death shows in its lease alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from random import Random

from jupyter_scheduler_ext.engine.abc import Execution, Executor, Launch, Outcome, Sink
from jupyter_scheduler_ext.engine.clock import SharedClock
from jupyter_scheduler_ext.engine.models import AnyTask
from jupyter_scheduler_ext.engine.runs import RunState
from jupyter_scheduler_ext.engine.scheduler import TaskScheduler
from jupyter_scheduler_ext.simulator import fakes  # registers the action "noop"
from jupyter_scheduler_ext.stores.sql.opening import shared_stores

SLOTS = 16


class Waiting(Executor):
    """Waits for a moment that depends on the run alone."""

    name = "local"

    def __init__(self, starts: Path, name: str, seconds: float) -> None:
        self._seconds = seconds
        self._name = name
        self._file = os.open(starts, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def check(self, task: AnyTask) -> None:
        pass

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        run = launch.run
        told = [run.task_id, run.fire_time, run.origin.value, run.attempt, run.id, self._name]
        os.write(self._file, (json.dumps(told) + "\n").encode())
        sink.began()
        seconds = self._seconds * Random(run.key).random()
        return fakes.FakeExecution(seconds, Outcome(state=RunState.SUCCEEDED, result=self._name), stubborn=False)


async def main(url: str, folder: Path, name: str, lease: float, labels: str, seconds: float) -> None:
    store, ledger = shared_stores(url)
    scheduler = TaskScheduler(
        store=store,
        ledger=ledger,
        executors={"local": Waiting(folder / "starts", name, seconds)},
        folder=folder / name,
        clock=SharedClock(),
        owner=f"elsewhere-{name}:{os.getpid()}:0",
        label=name,
        lease=lease,
        server_labels=[label for label in labels.split(",") if label],
        max_concurrent_runs=SLOTS,
        lead=0.0,
        drain_timeout=1.0,
    )
    seen = os.open(folder / f"{name}.seen", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def see(_: str, task_id: str) -> None:
        if task_id.startswith("edit"):  # for those who measure how long an edit takes to be seen
            os.write(seen, f"{task_id} {time.time()}\n".encode())

    scheduler.changes.subscribe(see, ("tasks",))
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await scheduler.start()
    print("ready", flush=True)
    while not stopping.is_set():
        state = folder / f"{name}.status.new"
        state.write_text(json.dumps(scheduler.status()))
        state.replace(folder / f"{name}.status")
        try:
            await asyncio.wait_for(stopping.wait(), 0.2)
        except TimeoutError:
            continue
    await scheduler.stop()


if __name__ == "__main__":
    logging.basicConfig(format=f"%(asctime)s {sys.argv[3]} %(message)s")
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]), sys.argv[5], float(sys.argv[6])))
