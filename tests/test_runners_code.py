"""Code runs in the context's kernel, which keeps its variables, and is written into the context's transcript."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from performing import Remembered, launch_of, perform, streams, until

from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.engine.runs import RunState

pytestmark = pytest.mark.kernel


async def test_a_kept_kernel_counts_up_across_runs_and_the_transcript_grows(executor, root, jp_serverapp):
    count = {"kind": "code", "source": "n = globals().get('n', 0) + 1\nprint('count', n)\n# %% show\nn"}
    first, sink = await perform(executor, launch_of(count, context="ctx"))
    second, later = await perform(executor, launch_of(count, context="ctx"))

    assert (first.result, second.result) == ("1", "2")
    assert sink.where["kernel_id"] == later.where["kernel_id"]
    assert later.where["output_path"] == "tmp/chats/ctx/transcript.ipynb"
    written = json.loads((root / "tmp/chats/ctx/transcript.ipynb").read_text())
    nbformat.validate(written)
    assert [cell["cell_type"] for cell in written["cells"]] == ["markdown", "code", "code"] * 2
    assert "Nightly report" in written["cells"][0]["source"]
    assert streams(written["cells"][4]) == "count 2\n"
    sessions = await jp_serverapp.session_manager.list_sessions()
    assert [s["path"] for s in sessions] == ["tmp/chats/ctx/transcript.ipynb"]


async def test_each_run_in_a_kept_kernel_has_its_own_environment_and_parameters(executor):
    show = {"kind": "code", "source": "import os; (os.environ['SCHEDULER_RUN_KEY'], day)"}
    for day in ("monday", "tuesday"):
        launch = launch_of(show, context="ctx", parameters={"day": day})
        outcome, _ = await perform(executor, launch)
        assert outcome.result == repr((launch.run.key, day))


async def test_a_kept_kernel_that_died_meanwhile_is_replaced_and_the_run_says_so(executor, jp_serverapp):
    remember = {"kind": "code", "source": "x = 1"}
    _, sink = await perform(executor, launch_of(remember, context="ctx"))
    await jp_serverapp.kernel_manager.shutdown_kernel(sink.where["kernel_id"], now=True)
    outcome, later = await perform(executor, launch_of({"kind": "code", "source": "'x' in globals()"}, context="ctx"))
    assert outcome.result == "False"
    assert "kept kernel had died" in later.text("status")


async def test_an_error_in_code_leaves_the_kept_kernel_usable(executor):
    outcome, _ = await perform(executor, launch_of({"kind": "code", "source": "x = 5\n1/0"}, context="ctx"))
    assert outcome.state is RunState.FAILED
    assert outcome.error.name == "ZeroDivisionError"
    outcome, _ = await perform(executor, launch_of({"kind": "code", "source": "x"}, context="ctx"))
    assert outcome.result == "5"


@pytest.mark.parametrize("broken", ['{"cells": [', '{"cells": 3, "nbformat": 4}', "[]"])
async def test_a_broken_transcript_is_put_aside_and_a_new_one_begun(executor, root, broken):
    folder = root / "tmp/chats/ctx"
    folder.mkdir(parents=True)
    (folder / "transcript.ipynb").write_text(broken)
    outcome, _ = await perform(executor, launch_of({"kind": "code", "source": "1"}, context="ctx"))
    assert outcome.state is RunState.SUCCEEDED
    assert (folder / "transcript-unreadable.ipynb").read_text() == broken
    assert len(json.loads((folder / "transcript.ipynb").read_text())["cells"]) == 2


async def test_a_context_folder_deleted_in_the_middle_does_not_end_the_run(executor, root):
    slow = "import shutil, time\nshutil.rmtree('tmp/chats', ignore_errors=True)\ntime.sleep(0.6)\nprint('still here')"
    outcome, _ = await perform(executor, launch_of({"kind": "code", "source": slow}, context="ctx"))
    assert outcome.state is RunState.SUCCEEDED
    assert "still here" in (root / "tmp/chats/ctx/transcript.ipynb").read_text()


async def test_what_a_person_adds_to_the_transcript_during_a_run_is_kept(executor, root):
    path = root / "tmp/chats/ctx/transcript.ipynb"
    await perform(executor, launch_of({"kind": "code", "source": "'old'"}, context="ctx"))
    sink = Remembered()
    slow = {"kind": "code", "source": "print('on', flush=True)\nimport time; time.sleep(1)\n'new'"}
    execution = await executor.start(launch_of(slow, context="ctx"), sink)
    await until(lambda: "'on'" in path.read_text())
    theirs = json.loads(path.read_text())
    note = {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "my note"}
    theirs["cells"] = [note, *theirs["cells"][2:]]
    path.write_text(json.dumps(theirs))
    outcome = await execution.outcome()

    assert outcome.result == "'new'"
    cells = json.loads(path.read_text())["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "markdown", "code"]
    assert cells[0]["source"] == "my note"
    assert cells[2]["outputs"][-1]["data"]["text/plain"] == "'new'"


async def test_runs_that_overlap_share_the_transcript(executor, root):
    codes = [{"kind": "code", "kernel": "fresh", "source": f"import time; time.sleep(0.3); {n}"} for n in range(2)]
    await asyncio.gather(*(perform(executor, launch_of(code, context="ctx")) for code in codes))
    cells = json.loads((root / "tmp/chats/ctx/transcript.ipynb").read_text())["cells"]
    results = [cell["outputs"][0]["data"]["text/plain"] for cell in cells if cell["cell_type"] == "code"]
    assert sorted(results) == ["0", "1"]


async def test_a_kernel_spec_that_was_uninstalled_meanwhile_fails_its_runs_by_name_and_no_others(executor, jp_data_dir):
    spec = Path(jp_data_dir) / "kernels" / "passing"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.joinpath("kernel.json").write_text(json.dumps({"argv": argv, "display_name": "P", "language": "python"}))
    action = {"kind": "code", "source": "1", "kernel_name": "passing"}
    outcome, _ = await perform(executor, launch_of(action, context="ctx"))
    assert outcome.state is RunState.SUCCEEDED
    shutil.rmtree(spec)
    with pytest.raises(Invalid, match=r"no kernel named 'passing' is installed; there are: .*python3"):
        await executor.start(launch_of(action, context="ctx"), Remembered())
    outcome, _ = await perform(executor, launch_of({"kind": "code", "source": "2"}))
    assert outcome.result == "2"
