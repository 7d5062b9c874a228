"""A command runs as a process group of its own, and what it says is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest
from performing import CLOCK, Remembered, executor_of, launch_of, perform, until

from jupyter_scheduler_ext.engine.errors import Invalid, NotFound, SchedulerError
from jupyter_scheduler_ext.engine.process import is_running, stamp
from jupyter_scheduler_ext.engine.runs import RunState


@pytest.fixture(autouse=True)
def interruptible():
    """A shell starts what it puts in the background with SIGINT ignored, and children inherit that; a Jupyter server
    has a handler of its own, with which they do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def python(code: str, **more):
    return {"kind": "command", "argv": [sys.executable, "-u", "-c", code], **more}


async def test_output_is_streamed_and_the_last_line_is_the_result(executor, root):
    code = "import os, sys; print('hällo'); print('err', file=sys.stderr); print(os.environ['A'], os.getcwd())"
    (root / "sub").mkdir()
    launch = launch_of(python(code, cwd="sub", env={"A": "1"}))
    outcome, sink = await perform(executor, launch)
    assert outcome.state is RunState.SUCCEEDED
    assert outcome.result == f"1 {root / 'sub'} (exit code 0)"
    assert "hällo\n" in sink.text("stdout")
    assert sink.text("stderr") == "err\n"
    kept = (root / sink.where["output_path"]).read_text()
    assert "hällo" in kept
    assert "exit code 0" in kept


async def test_what_commands_put_out_counts_towards_the_limit_of_their_context_however_small(jp_serverapp, root):
    executor = executor_of(jp_serverapp, context_limit=5000)
    launches = [launch_of(python("print('x' * 1500)"), context="ctx", due=day * 86_400_000) for day in range(1, 7)]
    paths = [(await perform(executor, launch))[1].where["output_path"] for launch in launches]
    left = sum((root / path).stat().st_size for path in paths if (root / path).exists())
    assert 1500 <= left <= 5000 + 500
    assert (root / paths[-1]).exists()
    assert not (root / paths[0]).exists()
    await executor.close()


async def test_an_exit_code_other_than_zero_fails_the_run(executor):
    outcome, _ = await perform(executor, launch_of(python("print('x'); raise SystemExit(3)")))
    assert outcome.state is RunState.FAILED
    assert outcome.error.message == "exit code 3"


async def test_a_command_knows_its_run(executor):
    launch = launch_of(python("import os; print(os.environ['SCHEDULER_RUN_KEY'])"))
    outcome, _ = await perform(executor, launch)
    assert outcome.result == f"{launch.run.key} (exit code 0)"


@pytest.mark.parametrize("step", ["interrupt", "terminate", "kill"])
async def test_stopping_reaches_the_children_too(executor, step):
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('child', child.pid)\nchild.wait()"
    )
    sink = Remembered()
    execution = await executor.start(launch_of(python(code)), sink)
    await until(lambda: "\n" in sink.text("stdout"))
    child = stamp(int(sink.text("stdout").split()[1]))
    await getattr(execution, step)()
    outcome = await asyncio.wait_for(execution.outcome(), 50)
    assert outcome.state is RunState.FAILED
    await until(lambda: not is_running(child))
    assert not is_running(sink.where["kernel_process"])


async def test_a_child_left_behind_does_not_keep_the_run_open(executor):
    code = "import subprocess; print(subprocess.Popen(['sleep', '30']).pid)"
    outcome, _ = await asyncio.wait_for(perform(executor, launch_of(python(code))), 50)
    assert outcome.state is RunState.SUCCEEDED
    os.kill(int(outcome.result.split()[0]), 9)


async def test_a_command_stopped_before_it_is_due_never_runs(executor, root):
    mark = root / "ran"
    launch = launch_of(python(f"open({str(mark)!r}, 'w')"), due=CLOCK.now() + 60_000)
    execution = await executor.start(launch, Remembered())
    await execution.interrupt()
    outcome = await asyncio.wait_for(execution.outcome(), 50)
    assert outcome.state is RunState.FAILED
    assert not mark.exists()


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"argv": ["no-such-program"]}, Invalid),
        ({"argv": ["./no-such-script"]}, Invalid),
        ({"argv": ["true"], "cwd": "gone"}, NotFound),
        ({"argv": ["true"], "cwd": "../up"}, Invalid),
        ({"argv": ["true"], "cwd": "/etc"}, Invalid),
    ],
)
async def test_what_cannot_run_says_why(executor, action, error):
    with pytest.raises(error):
        await executor.start(launch_of({"kind": "command", **action}), Remembered())


async def test_an_unknown_kind_of_action_is_refused(executor):
    with pytest.raises(SchedulerError, match="nothing here can perform"):
        executor.runner("rocket")


async def test_recovery_kills_an_orphan_only_if_it_is_that_very_process(executor):
    orphan = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    stamped = stamp(orphan.pid)
    run = launch_of(python("1")).run
    await executor.recover(run, f"{orphan.pid}:0")
    await executor.recover(run, None)
    assert is_running(stamped)
    await executor.recover(run, stamped)
    await asyncio.wait_for(orphan.wait(), 50)
