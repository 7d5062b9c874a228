"""A kernel that is not Python's: notebooks in R, with IRkernel, for real."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from performing import CLOCK, Remembered, launch_of, output_of, perform, streams, tagged, until, write_notebook

from jupyter_scheduler_ext.engine.runs import RunState

pytestmark = [pytest.mark.kernel, pytest.mark.deep]

MISSING = "no R with IRkernel: apt-get install r-cran-irkernel, or install.packages('IRkernel') in R"
R = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
CODE = {"kind": "code", "kernel_name": "ir"}


@pytest.fixture(autouse=True)
def r_kernel(jp_data_dir):
    """The kernel spec that the package itself brings, where these tests look for kernel specs."""
    found = ""
    if shutil.which("Rscript"):
        ask = ["Rscript", "-e", "cat(system.file('kernelspec', package = 'IRkernel'))"]
        found = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    if not found:
        pytest.skip(MISSING)
    folder = Path(jp_data_dir) / "kernels" / "ir"
    shutil.copytree(found, folder)
    assert json.loads((folder / "kernel.json").read_text())["language"] == "R"


async def test_a_notebook_gets_its_parameters_its_run_and_its_folder(executor, root):
    cells = (
        tagged('region <- "none"  # where\ndays <- 1\nfast <- FALSE\nnames <- c("none")', "parameters"),
        'cat(region, days, fast, unlist(names), "\\n")',
        'cat(Sys.getenv("SCHEDULER_RUN_KEY"), basename(getwd()), "\\n")',
        "mean(c(1, 2, 6))",
    )
    write_notebook(root, "reports/r.ipynb", *cells, **R)
    parameters = {"region": 'eu "\\$HOME', "days": 7.5, "fast": True, "names": ["a", "b"]}
    launch = launch_of({"kind": "notebook", "path": "reports/r.ipynb", "parameters": parameters})
    outcome, sink = await perform(executor, launch)
    assert outcome.state is RunState.SUCCEEDED, outcome
    assert outcome.result == "[1] 3"
    written = output_of(root, sink)
    nbformat.validate(written)
    assert written["cells"][1]["metadata"]["tags"] == ["injected-parameters"]
    assert streams(written["cells"][2]).strip() == 'eu "\\$HOME 7.5 TRUE a b'
    assert streams(written["cells"][3]).split() == [launch.run.key, "reports"]


async def test_an_error_is_told_as_r_tells_it_and_ends_the_run(executor, root):
    write_notebook(root, "bad.ipynb", 'stop("no such region")', "1", **R)
    outcome, _ = await perform(executor, launch_of({"kind": "notebook", "path": "bad.ipynb"}))
    assert outcome.state is RunState.FAILED
    assert "no such region" in f"{outcome.error.message} {outcome.error.traceback}"


async def test_a_kept_kernel_counts_up_and_each_run_in_it_knows_itself(executor):
    source = 'n <- if (exists("n")) n + 1 else 1; paste(n, where, Sys.getenv("SCHEDULER_RUN_KEY"))'
    action = {**CODE, "source": source, "kernel": "keep", "parameters": {"where": "here"}}
    for number in range(1, 4):
        launch = launch_of(action, context="ctx")
        outcome, _ = await perform(executor, launch)
        assert f"{number} here {launch.run.key}" in outcome.result


async def test_a_kernel_prepared_for_a_fire_learns_of_its_run(executor):
    due = CLOCK.now() + 5000
    launch = launch_of({**CODE, "source": 'Sys.getenv("SCHEDULER_RUN_KEY")', "kernel": "fresh"}, due=due)
    await executor.prepare(launch.task, due)
    await until(lambda: any(kernel.state == "prepared" for kernel in executor.kernels))
    (prepared,) = executor.kernels
    outcome, sink = await perform(executor, launch)
    assert sink.where["kernel_id"] == prepared.id
    assert launch.run.key in outcome.result


async def test_a_run_can_be_stopped(executor, root):
    write_notebook(root, "slow.ipynb", 'cat("on\\n"); flush.console(); Sys.sleep(600)', "1", **R)
    sink = Remembered()
    execution = await executor.start(launch_of({"kind": "notebook", "path": "slow.ipynb"}), sink)
    await until(lambda: "on" in sink.text("stdout"))
    await execution.interrupt()
    outcome = await execution.outcome()
    assert outcome.state is RunState.FAILED
