"""A notebook is run in a kernel of the server: what it leaves, and how it ends."""

from __future__ import annotations

import asyncio

import nbformat
import pytest
from performing import (
    CLOCK,
    Remembered,
    executor_of,
    launch_of,
    output_of,
    perform,
    streams,
    tagged,
    until,
    write_notebook,
)

from jupyter_scheduler_ext.engine.errors import Invalid, NotFound
from jupyter_scheduler_ext.engine.process import is_running
from jupyter_scheduler_ext.engine.runs import RunState

pytestmark = pytest.mark.kernel


async def test_a_run_leaves_an_output_notebook_with_all_that_was_shown(executor, root, jp_serverapp):
    cells = (
        "import os, sys\nfrom IPython.display import *\nprint('hello'); print('oops', file=sys.stderr)",
        "handle = display('one', display_id='d')\ndisplay(HTML('<b>x</b>'))",
        "handle.update('two')\nprint('gone'); clear_output(); print(os.getcwd())",
        "6 * 7",
    )
    write_notebook(root, "reports/nightly.ipynb", *cells)
    source = (root / "reports/nightly.ipynb").read_text()
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "reports/nightly.ipynb"}))

    assert outcome.state is RunState.SUCCEEDED
    assert outcome.result == "42"
    written = output_of(root, sink)
    nbformat.validate(written)
    one, two, three, four = written["cells"]
    assert streams(one) == "hello\n"
    assert streams(one, "stderr") == "oops\n"
    assert two["outputs"][0]["data"]["text/plain"] == "'two'"
    assert two["outputs"][1]["data"]["text/html"] == "<b>x</b>"
    assert streams(three) == f"{root / 'reports'}\n"
    assert four["outputs"][0]["data"]["text/plain"] == "42"
    assert [cell["execution_count"] for cell in written["cells"]] == [1, 2, 3, 4]
    assert "hello\n" in sink.text("stdout")
    assert sink.data("cell")[3] == {"cell": 3, "position": 4, "cells": 4}
    assert (root / "reports/nightly.ipynb").read_text() == source
    assert sink.where["output_path"].startswith("tmp/chats/")
    model = await jp_serverapp.contents_manager.get(sink.where["output_path"])
    assert all(cell["metadata"]["trusted"] for cell in model["content"]["cells"])
    sessions = await jp_serverapp.session_manager.list_sessions()
    assert [(s["name"], s["path"]) for s in sessions] == [("Nightly report", sink.where["output_path"])]


async def test_an_error_ends_the_run_and_is_told_with_its_traceback(executor, root):
    write_notebook(
        root, "bad.ipynb", tagged("1/0", "raises-exception"), tagged("1/0", "skip-execution"), "{}['k']", "1"
    )
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "bad.ipynb"}))

    assert outcome.state is RunState.FAILED
    assert outcome.error.name == "KeyError"
    assert outcome.error.message == "'k'"
    assert "\x1b[" in outcome.error.traceback
    first, second, third, fourth = output_of(root, sink)["cells"]
    assert first["outputs"][0]["ename"] == "ZeroDivisionError"
    assert second["outputs"] == []
    assert third["outputs"][0]["ename"] == "KeyError"
    assert fourth["execution_count"] is None


async def test_parameters_go_into_a_cell_of_their_own_after_the_tagged_one(executor, root):
    write_notebook(root, "p.ipynb", "x = 0", tagged("region = 'none'\ndays = 1", "parameters"), "print(region, days)")
    action = {"kind": "notebook", "path": "p.ipynb", "parameters": {"region": "eu \"'\\", "days": 7}}
    outcome, sink = await perform(executor, launch_of(action, parameters={"days": 9}))

    assert outcome.result == "eu \"'\\ 9"
    written = output_of(root, sink)
    nbformat.validate(written)
    assert written["cells"][2]["metadata"]["tags"] == ["injected-parameters"]


async def test_the_run_knows_its_key_and_fire_from_its_environment(executor, root):
    write_notebook(root, "env.ipynb", "import os; os.environ['SCHEDULER_RUN_KEY']")
    launch = launch_of({"kind": "notebook", "path": "env.ipynb"})
    outcome, _ = await perform(executor, launch)
    assert outcome.result == repr(launch.run.key)


async def test_no_code_runs_before_it_is_due(executor, root):
    write_notebook(root, "due.ipynb", "import time; time.time_ns() // 1_000_000")
    due = CLOCK.now() + 1500
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "due.ipynb"}, due=due))
    assert int(outcome.result) >= due
    assert sink.began_at >= due


@pytest.mark.parametrize(
    ("action", "error", "words"),
    [
        ({"path": "gone.ipynb"}, NotFound, "'gone.ipynb' is not there"),
        ({"path": "../secret.ipynb"}, Invalid, "not a path inside the served folder"),
        ({"path": "junk.ipynb"}, Invalid, "is not a notebook"),
        ({"path": "fine.ipynb", "kernel_name": "cobol"}, Invalid, "no kernel named 'cobol'"),
        ({"path": "fine.ipynb", "parameters": {"a; import os": 1}}, Invalid, "cannot be a parameter's name"),
    ],
)
async def test_what_cannot_run_says_why_before_anything_starts(executor, root, jp_serverapp, action, error, words):
    write_notebook(root, "fine.ipynb", "1")
    (root / "junk.ipynb").write_text('{"cells": [')
    with pytest.raises(error, match=words):
        await executor.start(launch_of({"kind": "notebook", **action}), Remembered())
    assert jp_serverapp.kernel_manager.list_kernel_ids() == []


async def test_interrupting_a_run_keeps_what_it_had_and_its_kernel(executor, root):
    write_notebook(root, "slow.ipynb", "print('started', flush=True)\nimport time\ntime.sleep(600)", "print('never')")
    sink = Remembered()
    execution = await executor.start(launch_of({"kind": "notebook", "path": "slow.ipynb"}), sink)
    await until(lambda: "started" in sink.text("stdout"))
    await execution.interrupt()
    outcome = await asyncio.wait_for(execution.outcome(), 50)

    assert outcome.state is RunState.FAILED
    assert outcome.error.name == "KeyboardInterrupt"
    assert "never" not in sink.text("stdout")
    assert streams(output_of(root, sink)["cells"][0]) == "started\n"
    assert is_running(sink.where["kernel_process"])


async def test_the_server_knows_of_a_kernels_activity_during_a_run_and_after_it(executor, root, jp_serverapp):
    manager = jp_serverapp.kernel_manager
    write_notebook(root, "busy.ipynb", "print('a', flush=True)\nimport time\ntime.sleep(1)", "print(1)")
    before = manager.last_kernel_activity
    sink = Remembered()
    execution = await executor.start(launch_of({"kind": "notebook", "path": "busy.ipynb"}), sink)
    await until(lambda: "a" in sink.text("stdout"))
    (kernel,) = manager.list_kernels()
    assert kernel["execution_state"] == "busy"
    during = manager.last_kernel_activity
    assert during > before
    await execution.outcome()
    (kernel,) = manager.list_kernels()
    assert kernel["execution_state"] == "idle"
    after = manager.last_kernel_activity
    assert after > during

    client = manager.get_kernel(kernel["id"]).client()
    client.start_channels()

    def noted() -> bool:  # a person walks in: what happens then is noted by the server itself
        client.execute("1")
        return manager.last_kernel_activity > after

    await until(noted)
    await until(lambda: manager.list_kernels()[0]["execution_state"] == "idle")
    client.stop_channels()


async def test_a_cell_that_is_on_its_way_when_its_run_is_stopped_is_interrupted_as_it_begins(executor, root):
    first = "print('first', flush=True)\nimport time\ntime.sleep(1)"
    write_notebook(root, "two.ipynb", first, "print('second', flush=True)\ntime.sleep(600)", "print('never')")
    sink = Remembered()
    execution = await executor.start(launch_of({"kind": "notebook", "path": "two.ipynb"}), sink)
    await until(lambda: "first" in sink.text("stdout"))
    asked = []

    def stopped() -> bool:  # before the second is sent, and then as it begins
        asked.append(None)
        if len(asked) == 2:
            execution._stop.set()  # the interrupt itself came while the kernel was idle, and was not heard
        return execution._stop.is_set()

    execution._cells.stopped = stopped
    outcome = await asyncio.wait_for(execution.outcome(), 50)
    assert outcome.error.name == "KeyboardInterrupt"
    assert "never" not in sink.text("stdout")


async def test_a_cell_that_may_fail_and_does_is_followed_by_the_next(executor, root):
    write_notebook(root, "fails.ipynb", "n = 0", *[tagged("n += 1; 1 / 0", "raises-exception"), "print(n)"] * 5)
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "fails.ipynb"}))
    assert outcome.state is RunState.SUCCEEDED
    assert sink.text("stdout").split() == ["1", "2", "3", "4", "5"]
    shown = output_of(root, sink)["cells"]
    assert [cell["execution_count"] for cell in shown] == list(range(1, 12))


async def test_code_that_ignores_the_interrupt_is_terminated_or_killed(executor, root, jp_serverapp):
    stubborn = "import signal, time\nfor s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)\n"
    write_notebook(root, "stubborn.ipynb", stubborn + "print('deaf', flush=True)\nwhile True: time.sleep(1)")
    sink = Remembered()
    execution = await executor.start(launch_of({"kind": "notebook", "path": "stubborn.ipynb"}), sink)
    await until(lambda: "deaf" in sink.text("stdout"))
    await execution.interrupt()
    await execution.terminate()
    await asyncio.sleep(0.2)
    assert is_running(sink.where["kernel_process"])
    await execution.kill()
    outcome = await asyncio.wait_for(execution.outcome(), 50)
    assert outcome.state is RunState.FAILED
    assert not is_running(sink.where["kernel_process"])
    await until(lambda: not jp_serverapp.kernel_manager.list_kernel_ids())


@pytest.mark.parametrize(
    ("suicide", "words"),
    [("os.kill(os.getpid(), 9)", "signal 9"), ("os._exit(3)", "exit code 3")],
)
async def test_a_kernel_that_dies_fails_the_run_and_says_so(executor, root, jp_serverapp, suicide, words):
    write_notebook(
        root, "dies.ipynb", "print('before', flush=True)", f"import os, time; time.sleep(0.1); {suicide}", "1"
    )
    outcome, sink = await asyncio.wait_for(perform(executor, launch_of({"kind": "notebook", "path": "dies.ipynb"})), 50)
    assert outcome.state is RunState.FAILED
    assert outcome.error.name == "DeadKernelError"
    assert words in outcome.error.message
    assert streams(output_of(root, sink)["cells"][0]) == "before\n"
    await until(lambda: not jp_serverapp.kernel_manager.list_kernel_ids())


async def test_asking_for_input_fails_with_a_clear_error(executor, root):
    write_notebook(root, "asks.ipynb", "input('name?')")
    outcome, _ = await perform(executor, launch_of({"kind": "notebook", "path": "asks.ipynb"}))
    assert outcome.error.name == "StdinNotImplementedError"


async def test_a_flood_of_output_is_cut_with_a_note_and_keeps_its_end(jp_serverapp, root):
    executor = executor_of(jp_serverapp, output_limit=100_000)
    write_notebook(root, "flood.ipynb", "for n in range(20_000): print('line', n)", "'done'")
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "flood.ipynb"}))
    await executor.close()
    assert outcome.state is RunState.SUCCEEDED
    assert outcome.result == "'done'"
    kept = streams(output_of(root, sink)["cells"][0])
    assert len(kept) < 120_000
    assert "output cut" in kept
    assert kept.endswith("line 19999\n")
    assert kept == "".join(text for kind, text, data in sink.entries if kind == "stdout" and data["cell"] == 0)


async def test_a_progress_bar_is_reported_and_keeps_one_line(executor, root):
    draw = "sys.stderr.write(f'\\rLoad: {n:3}%|##| {n}/100'); sys.stderr.flush()"
    bar = f"import sys\nfor n in range(0, 101, 20):\n    {draw}"
    write_notebook(root, "bar.ipynb", bar)
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "bar.ipynb"}))
    assert outcome.state is RunState.SUCCEEDED
    assert sink.fractions[-1] == 1.0
    assert len(sink.fractions) > 1
    assert streams(output_of(root, sink)["cells"][0], "stderr") == "Load: 100%|##| 100/100"
