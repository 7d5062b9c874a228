"""Runs on a real Dask cluster of this machine: its workers are processes of their own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import psutil
import pytest
from performing import CLOCK, Remembered, launch_of, output_of, perform, streams, until, write_notebook

from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.engine.ledger import RunFilter
from jupyter_scheduler_ext.engine.runs import ACTIVE, Run, RunState
from jupyter_scheduler_ext.engine.scheduler import TaskScheduler
from jupyter_scheduler_ext.executors import executors_named
from jupyter_scheduler_ext.executors.dask import DaskExecutor, DaskSettings, on_worker
from jupyter_scheduler_ext.executors.dask.on_worker import WorkerKernel
from jupyter_scheduler_ext.runners.local import LocalExecutor
from jupyter_scheduler_ext.stores.memory import MemoryStore
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

pytestmark = pytest.mark.kernel


@pytest.fixture
def dask(executor: LocalExecutor, jp_asyncio_loop: Any) -> Iterator[DaskExecutor]:
    """The executor with a cluster of its own: one worker."""
    dask = DaskExecutor(executor, DaskSettings(workers=1))
    yield dask
    jp_asyncio_loop.run_until_complete(dask.close())


def code(source: str) -> dict[str, Any]:
    return {"kind": "code", "source": source, "kernel_name": "python3", "kernel": "fresh"}


def notebook_action(path: str, **parameters: Any) -> dict[str, Any]:
    return {"kind": "notebook", "path": path, "kernel_name": "python3", "parameters": parameters}


def descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def test_a_notebook_runs_on_a_worker_with_its_parameters_and_attachments(dask: DaskExecutor, root: Path) -> None:
    before = descendants()
    (root / "data").mkdir()
    (root / "data" / "sales.csv").write_text("1\n2\n3\n")
    ask = "import os\nprint(os.getppid())"
    add = "rows = open(attachments[0]).read().split()\nfactor * sum(map(int, rows))"
    write_notebook(root, "sum.ipynb", ask, add)
    launch = launch_of(notebook_action("sum.ipynb", factor=7), attachments=("data/sales.csv",))

    outcome, sink = await perform(dask, launch)

    assert (outcome.state, outcome.reason, outcome.result) == (RunState.SUCCEEDED, "", "42")
    parent = int(streams(output_of(root, sink)["cells"][1]).strip())
    assert parent in descendants() - before, "the kernel is a child of a process that the cluster brought"
    assert parent != os.getpid()


async def test_output_streams_back_while_the_code_runs_and_an_interrupt_reaches_it(dask: DaskExecutor) -> None:
    sink = Remembered()
    source = "import time\nfor n in range(1000):\n    print('step', n, flush=True)\n    time.sleep(0.3)"
    execution = await dask.start(launch_of(code(source)), sink)

    await until(lambda: "step 1\n" in sink.text("stdout"))
    await execution.interrupt()
    outcome = await execution.outcome()

    assert outcome.state is RunState.FAILED
    assert outcome.error is not None
    assert outcome.error.name == "KeyboardInterrupt"


async def test_an_error_keeps_its_traceback(dask: DaskExecutor) -> None:
    outcome, sink = await perform(dask, launch_of(code("def half(n):\n    return n / 0\nhalf(1)")))

    assert outcome.error is not None
    assert outcome.error.name == "ZeroDivisionError"
    assert "half" in sink.text("error")


async def test_the_loss_of_a_worker_fails_the_run_and_names_it_and_the_next_runs_again(dask: DaskExecutor) -> None:
    sink = Remembered()
    source = "import os, time\nprint(os.getppid(), flush=True)\ntime.sleep(600)"
    execution = await dask.start(launch_of(code(source)), sink)
    await until(lambda: sink.text("stdout").strip().isdigit())

    worker = psutil.Process(int(sink.text("stdout")))
    kernels = worker.children(recursive=True)
    worker.kill()
    outcome = await execution.outcome()
    for kernel in kernels:
        kernel.kill()

    assert outcome.state is RunState.FAILED
    assert "Dask worker that ran this was lost" in outcome.reason
    again, _ = await perform(dask, launch_of(code("6 * 7")))
    assert again.result == "42"


@pytest.mark.parametrize("listens", [True, False])
async def test_a_cluster_that_is_not_there_fails_the_run_and_is_named(executor: LocalExecutor, listens: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        if not listens:
            silent.close()
        dask = DaskExecutor(executor, DaskSettings(address=address, start_timeout=1.0))
        outcome, _ = await perform(dask, launch_of(code("1")))
        await dask.close()

    assert outcome.state is RunState.FAILED
    assert f"the Dask cluster at {address} does not answer" in outcome.reason


@pytest.mark.deep
async def test_a_cluster_that_goes_away_for_good_fails_the_run_after_its_policys_attempts(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    """End to end: cluster, executor, scheduler, ledger, and the policy of the task."""
    cluster = await distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", asynchronous=True
    )
    address = cluster.scheduler_address
    dask = DaskExecutor(executor, DaskSettings(address=address, start_timeout=5.0))
    scheduler = TaskScheduler(
        store=MemoryStore(),
        ledger=sqlite_ledger(tmp_path, CLOCK),
        executors={"dask": dask},
        contexts=executor.contexts,
        folder=tmp_path,
    )
    await scheduler.start()
    try:
        source = "import time\nprint('on', flush=True)\ntime.sleep(600)"
        policy = {"retries": {"max": 2, "delay": 0.1}}
        task, _ = await scheduler.create({"type": "adhoc", "name": "a", "action": code(source), "policy": policy})
        run = await scheduler.run(task.uuid)
        await until(lambda: scheduler.logs.text(run.id).endswith("\non\n"))
        await cluster.close()

        async def history() -> list[Run]:
            return await scheduler.runs(RunFilter(task_id=task.uuid))

        while len(runs := await history()) < 3 or any(run.state in ACTIVE for run in runs):
            await asyncio.sleep(0.1)
        assert sorted((run.attempt, run.state.value) for run in runs) == [(n, "failed") for n in (1, 2, 3)]
        reasons = {run.attempt: run.reason for run in runs}
        assert "Dask" in reasons[1]
        assert f"the Dask cluster at {address} does not answer" in reasons[3]
        assert scheduler.task_json(task.uuid)["state"] == "error"
    finally:
        await scheduler.stop()
        await dask.close()
        await cluster.close()


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"kind": "command", "argv": ["true"]}, "executor"),
        ({**code("1"), "kernel": "keep"}, "action.kernel"),
        ({**code("1"), "kernel_name": "no-such-kernel"}, "action.kernel_name"),
    ],
)
async def test_what_cannot_run_there_is_refused_when_it_is_saved(
    dask: DaskExecutor, action: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await dask.check(launch_of(action).task)
    assert refusal.value.field == field


async def test_nothing_is_left_when_the_server_stops(executor: LocalExecutor) -> None:
    before = descendants()
    dask = DaskExecutor(executor, DaskSettings(workers=1))
    sink = Remembered()
    execution = await dask.start(launch_of(code("print('on', flush=True)\nimport time\ntime.sleep(600)")), sink)
    await until(lambda: "on" in sink.text("stdout"))
    assert descendants() - before

    await execution.kill()
    await execution.outcome()
    await dask.close()

    await until(lambda: not {pid for pid in descendants() - before if psutil.Process(pid).status() != "zombie"})


async def test_a_kernel_whose_server_is_not_heard_of_any_more_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_worker, "LEASE", 1.0)
    kernel = WorkerKernel("python3", {}, {})
    await kernel.start()
    assert await kernel.is_alive()

    async with asyncio.timeout(60):
        while await kernel.is_alive():
            await asyncio.sleep(0.1)


def test_an_executor_that_nobody_brings_is_named(executor: LocalExecutor) -> None:
    with pytest.raises(LookupError, match=r"'moon'.*known: dask, local"):
        executors_named(["moon"], None, executor)
