"""How long kernels live, who gets a warm one, and that none is left when the server stops."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest
from performing import CLOCK, Remembered, executor_of, launch_of, perform, until, write_notebook

from jupyter_scheduler_ext.contexts import kernels as kernels_module
from jupyter_scheduler_ext.contexts import pool as pool_module
from jupyter_scheduler_ext.engine.process import is_running
from jupyter_scheduler_ext.engine.runs import Origin, RunState

pytestmark = pytest.mark.kernel

NOTEBOOK = {"kind": "notebook", "path": "nb.ipynb"}


@pytest.fixture
def make(jp_serverapp, jp_asyncio_loop, root, monkeypatch):
    """Executors with short lives; a look at the kernels every tenth of a second."""
    monkeypatch.setattr(kernels_module, "TEND_EVERY", 0.1)
    monkeypatch.setattr(pool_module, "REPLENISH_AFTER", 0.05)
    write_notebook(root, "nb.ipynb", "import os, time; (os.getpid(), time.time())")
    made = []

    def make(**lifetimes):
        made.append(executor_of(jp_serverapp, lifetimes=lifetimes))
        return made[-1]

    yield make
    for executor in made:
        jp_asyncio_loop.run_until_complete(executor.close())
    jp_asyncio_loop.run_until_complete(until(lambda: kernels_left() == []))


def kernels_left():
    """The pids of kernels of this process that still run."""
    left = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if child.status() != psutil.STATUS_ZOMBIE and "ipykernel" in " ".join(child.cmdline()):
                left.append(child.pid)
    return left


def timed(launch, due):
    return replace(launch, run=launch.run._replace(origin=Origin.SCHEDULE, due_at=due))


def states(executor):
    return sorted(kernel.state for kernel in executor.kernels)


def pid_of(outcome):
    return int(outcome.result.strip("()").split(",")[0])


async def test_a_fresh_kernel_lingers_its_time_longer_after_a_failure(make, root):
    executor = make(linger_success=0.2, linger_failure=60)
    write_notebook(root, "bad.ipynb", "1/0")
    _, good = await perform(executor, launch_of(NOTEBOOK))
    _, bad = await perform(executor, launch_of({"kind": "notebook", "path": "bad.ipynb"}))
    await until(lambda: not is_running(good.where["kernel_process"]))
    assert is_running(bad.where["kernel_process"])
    assert states(executor) == ["lingering"]


async def test_a_kernel_somebody_is_connected_to_outlives_its_time(make, jp_serverapp):
    executor = make(linger_success=2)
    _, sink = await perform(executor, launch_of(NOTEBOOK))
    jp_serverapp.kernel_manager.notify_connect(sink.where["kernel_id"])
    (kernel,) = executor.kernels
    over = kernel.expires
    await until(lambda: CLOCK.monotonic() > over and kernel.expires > over)
    assert is_running(sink.where["kernel_process"])


async def test_lingering_kernels_are_bounded_and_the_oldest_goes(make):
    executor = make(max_lingering=1)
    _, first = await perform(executor, launch_of(NOTEBOOK))
    _, second = await perform(executor, launch_of(NOTEBOOK))
    await until(lambda: not is_running(first.where["kernel_process"]))
    assert is_running(second.where["kernel_process"])


async def test_a_kept_kernel_is_given_up_when_idle_for_too_long(make):
    executor = make(keep_idle=0.3)
    _, sink = await perform(executor, launch_of({"kind": "code", "source": "1"}))
    assert states(executor) == ["kept"]
    await until(lambda: not is_running(sink.where["kernel_process"]))


async def test_a_kernel_that_dies_while_it_waits_is_noticed(make):
    executor = make()
    code = {"kind": "code", "source": "1"}
    _, sink = await perform(executor, launch_of(code, context="ctx"))
    psutil.Process(int(sink.where["kernel_process"].split(":")[0])).kill()
    await until(lambda: states(executor) == [])
    _, later = await perform(executor, launch_of(code, context="ctx"))
    assert "kept kernel had died" in later.text("status")
    _, last = await perform(executor, launch_of(code, context="ctx"))
    assert last.text("status") == ""


async def test_a_kernel_the_server_culled_is_let_go(make, jp_serverapp):
    executor = make()
    _, sink = await perform(executor, launch_of({"kind": "code", "source": "1"}))
    await jp_serverapp.kernel_manager.shutdown_kernel(sink.where["kernel_id"], now=True)
    await until(lambda: states(executor) == [])


async def test_the_servers_idle_culling_leaves_our_kernels_alone(make, jp_serverapp):
    executor = make()
    _, sink = await perform(executor, launch_of({"kind": "code", "source": "1"}))
    jp_serverapp.kernel_manager.cull_idle_timeout = 1
    await asyncio.sleep(1.3)
    await jp_serverapp.kernel_manager.cull_kernels()
    assert is_running(sink.where["kernel_process"])


async def test_a_prepared_kernel_serves_its_run_at_the_due_instant_and_not_before(make):
    executor = make()
    due = CLOCK.now() + 2500
    launch = timed(launch_of(NOTEBOOK), due)
    await executor.prepare(launch.task, due)
    await until(lambda: states(executor) == ["prepared"])
    (prepared,) = executor.kernels
    outcome, sink = await perform(executor, launch)
    assert sink.where["kernel_id"] == prepared.id
    pid, began = outcome.result.strip("()").split(",")
    assert float(began) * 1000 >= due
    assert prepared.process.startswith(f"{pid}:")


async def test_a_run_waits_for_the_kernel_that_is_being_prepared_for_it(make):
    executor = make()
    launch = timed(launch_of(NOTEBOOK), CLOCK.now())
    await executor.prepare(launch.task, CLOCK.now())
    outcome, _ = await perform(executor, launch)
    assert outcome.state is RunState.SUCCEEDED
    assert states(executor) == ["lingering"]


async def test_what_was_prepared_is_given_back_when_the_task_changes(make, jp_serverapp):
    executor = make()
    task = launch_of(NOTEBOOK).task
    await executor.prepare(task, CLOCK.now() + 60_000)
    await executor.release(task.uuid)
    await until(lambda: states(executor) == [] and not jp_serverapp.kernel_manager.list_kernel_ids())


async def test_prepared_kernels_are_bounded_in_number_and_by_free_memory(make):
    executor = make(max_prepared=1)
    for _ in range(3):
        await executor.prepare(launch_of(NOTEBOOK).task, CLOCK.now() + 60_000)
    await until(lambda: states(executor) == ["prepared"])
    await executor.close()
    starved = make(spare_memory=1 << 60)
    await starved.prepare(launch_of(NOTEBOOK).task, CLOCK.now() + 60_000)
    assert states(starved) == []


async def test_a_prepared_kernel_that_died_is_replaced(make):
    executor = make()
    launch = timed(launch_of(NOTEBOOK), None)
    await executor.prepare(launch.task, CLOCK.now() + 60_000)
    await until(lambda: states(executor) == ["prepared"])
    (prepared,) = executor.kernels
    psutil.Process(int(prepared.process.split(":")[0])).kill()
    await until(lambda: not is_running(prepared.process))
    outcome, sink = await perform(executor, launch)
    assert outcome.state is RunState.SUCCEEDED
    assert sink.where["kernel_id"] != prepared.id


async def test_a_manual_run_takes_a_warm_kernel_of_its_folder_and_the_pool_fills_again(make, root):
    executor = make(max_pooled=1)
    await perform(executor, launch_of(NOTEBOOK))
    await until(lambda: "pooled" in states(executor))
    pooled = next(kernel for kernel in executor.kernels if kernel.state == "pooled")
    launch = launch_of(NOTEBOOK)
    outcome, _ = await perform(executor, launch)
    assert pid_of(outcome) == int(pooled.process.split(":")[0])
    await until(lambda: states(executor) == ["lingering", "lingering", "pooled"])

    write_notebook(root, "sub/nb.ipynb", "import os; (os.getpid(), os.getcwd())")
    outcome, _ = await perform(executor, launch_of({"kind": "notebook", "path": "sub/nb.ipynb"}))
    assert str(root / "sub") in outcome.result
    await until(lambda: sum(state == "pooled" for state in states(executor)) == 1)


async def test_two_runs_at_once_never_share_a_pooled_kernel(make):
    executor = make(max_pooled=1)
    await perform(executor, launch_of(NOTEBOOK))
    await until(lambda: "pooled" in states(executor))
    outcomes = await asyncio.gather(*(perform(executor, launch_of(NOTEBOOK)) for _ in range(2)))
    assert len({pid_of(outcome) for outcome, _ in outcomes}) == 2


async def test_scheduled_runs_leave_the_pool_alone(make):
    executor = make(max_pooled=1)
    await perform(executor, timed(launch_of(NOTEBOOK), None))
    await asyncio.sleep(0.3)
    assert states(executor) == ["lingering"]


async def test_stopping_a_run_while_its_kernel_starts_leaves_no_kernel(make, jp_serverapp):
    executor = make()
    execution = await executor.start(launch_of(NOTEBOOK), Remembered())
    await asyncio.sleep(0.05)
    await execution.interrupt()
    outcome = await asyncio.wait_for(execution.outcome(), 50)
    assert outcome.state is RunState.FAILED
    await until(lambda: states(executor) == [] and not jp_serverapp.kernel_manager.list_kernel_ids())


async def test_closing_in_the_middle_of_everything_leaves_no_kernel(make, root, jp_serverapp):
    executor = make(max_pooled=2)
    write_notebook(root, "slow.ipynb", "import time; time.sleep(600)")
    await perform(executor, launch_of(NOTEBOOK))
    running = await executor.start(launch_of({"kind": "notebook", "path": "slow.ipynb"}), Remembered())
    await executor.prepare(launch_of(NOTEBOOK).task, CLOCK.now() + 60_000)
    await asyncio.sleep(0.2)
    await executor.close()
    assert jp_serverapp.kernel_manager.list_kernel_ids() == []
    outcome = await asyncio.wait_for(running.outcome(), 50)
    assert outcome.state is RunState.FAILED


async def test_a_prepared_kernel_whose_fire_was_skipped_is_given_up_and_the_next_is_prepared(make, monkeypatch):
    monkeypatch.setattr(kernels_module, "UNCLAIMED", 0.2)
    executor = make(max_prepared=1)
    task = launch_of(NOTEBOOK).task
    await executor.prepare(task, CLOCK.now())
    await executor.kernels._prepared[task.uuid]
    await until(lambda: states(executor) == [])
    await executor.prepare(task, CLOCK.now() + 60_000)
    await until(lambda: states(executor) == ["prepared"])


async def test_a_kept_kernel_is_connected_to_ahead_of_its_fire(make):
    executor = make()
    task = {"kind": "code", "source": "n = globals().get('n', 0) + 1; n"}
    _, sink = await perform(executor, launch_of(task, context="ctx"))
    launch = timed(launch_of(task, context="ctx"), CLOCK.now() + 300)
    await executor.prepare(launch.task.model_copy(update={"context_id": "ctx"}), CLOCK.now() + 300)
    (kernel,) = executor.kernels
    assert kernel.conversation.is_open
    outcome, later = await perform(executor, launch)
    assert outcome.result == "2"
    assert later.where["kernel_id"] == sink.where["kernel_id"]


async def test_stopping_a_run_while_it_connects_to_its_kept_kernel_leaves_that_usable(make, monkeypatch):
    executor = make()
    count = {"kind": "code", "source": "n = globals().get('n', 0) + 1; n"}
    await perform(executor, launch_of(count, context="ctx"))
    (kernel,) = executor.kernels
    opening = asyncio.Event()

    async def never(kernel):
        opening.set()
        await asyncio.sleep(600)

    with monkeypatch.context() as patched:
        patched.setattr(executor.kernels._starter, "open", never)
        execution = await executor.start(launch_of(count, context="ctx"), Remembered())
        await asyncio.wait_for(opening.wait(), 50)
        await execution.interrupt()
        await asyncio.wait_for(execution.outcome(), 50)
    await until(lambda: kernel.state == "kept")
    outcome, _ = await perform(executor, launch_of(count, context="ctx"))
    assert outcome.result == "2"


async def test_a_kept_kernel_that_a_person_restarts_stays_theirs_and_the_next_run_says_so(make, jp_serverapp):
    executor = make()
    code = {"kind": "code", "source": "n = globals().get('n', 0) + 1; n"}
    _, sink = await perform(executor, launch_of(code, context="ctx"))
    before = sink.where["kernel_process"]
    await jp_serverapp.kernel_manager.restart_kernel(sink.where["kernel_id"])
    (kernel,) = executor.kernels
    await until(lambda: kernel.process != before)
    assert is_running(kernel.process)
    outcome, later = await perform(executor, launch_of(code, context="ctx"))
    assert outcome.result == "1"
    assert later.where["kernel_id"] == sink.where["kernel_id"]
    assert "kept kernel had been restarted" in later.text("status")


async def test_a_restart_in_the_midst_of_a_run_ends_the_run_and_leaves_the_kernel(make, root, jp_serverapp):
    executor = make()
    write_notebook(root, "slow.ipynb", "print('on', flush=True)\nimport time; time.sleep(600)")
    sink = Remembered()
    execution = await executor.start(launch_of({"kind": "notebook", "path": "slow.ipynb"}), sink)
    await until(lambda: "on" in sink.text("stdout"))
    restarting = asyncio.ensure_future(jp_serverapp.kernel_manager.restart_kernel(sink.where["kernel_id"], now=True))
    outcome = await asyncio.wait_for(execution.outcome(), 50)
    await restarting
    assert outcome.error.message == "the kernel was restarted while the run was in it"
    await until(lambda: states(executor) == ["lingering"])
    (kernel,) = executor.kernels
    assert is_running(kernel.process)


async def test_a_server_that_does_not_wait_for_kernels_is_waited_for(make, jp_serverapp):
    jp_serverapp.kernel_manager.use_pending_kernels = True
    executor = make()
    outcome, sink = await perform(executor, launch_of(NOTEBOOK))
    assert outcome.state is RunState.SUCCEEDED
    assert sink.where["kernel_process"].startswith(f"{pid_of(outcome)}:")
    await executor.close()
    await until(lambda: not is_running(sink.where["kernel_process"]))
