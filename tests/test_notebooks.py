"""Every notebook of the repository, executed as a person does: by a kernel of a real server that has the extension."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from live_server import LiveServer

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(path for path in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
VIEW = "application/vnd.jupyter.widget-view+json"
QUICKSTART = FOLDER / "quickstart.ipynb"


@pytest.fixture(scope="module")
def live_server(tmp_path_factory):
    """A server as the notebooks ask for it: with a small Dask cluster of its own, besides its own kernels."""
    dask = ("--SchedulerExtension.executors=local", "--SchedulerExtension.executors=dask", "--DaskSettings.workers=1")
    with LiveServer(tmp_path_factory.mktemp("live"), *dask) as server:
        yield server


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def code_of(path: Path) -> list[str]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


class Kernel:
    """A kernel that the server started for one of its notebooks, as JupyterLab has it started."""

    def __init__(self, server: LiveServer, path: str) -> None:
        self._server = server
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        self._session = server.fetch("api/sessions", "POST", body)
        kernel_id = self._session["kernel"]["id"]
        file = server.home / "runtime" / f"kernel-{kernel_id}.json"
        self._client = BlockingKernelClient(connection_file=str(file))
        self._client.load_connection_file()
        self._client.start_channels(hb=False)  # a second without a heartbeat is nothing on a busy machine
        self._client.wait_for_ready(timeout=60)

    def execute(self, code: str) -> list[dict[str, Any]]:
        """The contents of all output messages of a cell."""
        said: list[dict[str, Any]] = []
        self._client.execute_interactive(
            code, timeout=150, allow_stdin=False, output_hook=lambda message: said.append(message["content"])
        )
        return said

    def close(self) -> None:
        self._client.stop_channels()
        self._server.fetch(f"api/sessions/{self._session['id']}", "DELETE")


@pytest.fixture
def open_notebook(live_server, request):
    """Start a kernel for a notebook below notebooks/, of which the server serves a copy."""
    shutil.copytree(FOLDER, live_server.root, dirs_exist_ok=True)

    def open_(path: str) -> Kernel:
        kernel = Kernel(live_server, path)
        request.addfinalizer(kernel.close)
        return kernel

    return open_


def run_through(path: Path, kernel: Kernel) -> list[dict[str, Any]]:
    """All that the notebook's cells say; the test fails with the first traceback."""
    said: list[dict[str, Any]] = []
    for code in code_of(path):
        said += kernel.execute(code)
        for one in said:
            assert "ename" not in one, "\n".join(one["traceback"])
    return said


@pytest.mark.kernel
@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path != QUICKSTART], ids=name_of)
def test_a_notebook_runs_from_top_to_bottom(path, open_notebook):
    run_through(path, open_notebook(name_of(path)))


@pytest.mark.kernel
def test_the_quickstart_shows_the_widget_and_leaves_runs_but_no_tasks(open_notebook, live_server):
    said = run_through(QUICKSTART, open_notebook(name_of(QUICKSTART)))
    assert any(VIEW in one.get("data", {}) for one in said), "the widget was not shown"
    assert live_server.api("tasks")["tasks"] == []
    newest = live_server.api("runs?limit=2")["runs"]
    assert {run["task_name"]: run["state"] for run in newest} == {
        "Daily report": "succeeded",
        "In a moment": "succeeded",
    }
    report = next(run for run in newest if run["task_name"] == "Daily report")
    assert report["result"].strip("'").startswith("south: ")
    assert (live_server.root / report["output_path"]).is_file()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_is_kept_clean(path):
    notebook = json.loads(path.read_text("utf-8"))
    used = [cell["id"] for cell in notebook["cells"] if cell.get("outputs") or cell.get("execution_count")]
    assert not used, "clear its outputs before you commit it"
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}


def test_the_example_has_a_parameters_cell_of_plain_values():
    cells = json.loads((FOLDER / "examples" / "daily_report.ipynb").read_text("utf-8"))["cells"]
    (declared,) = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    for statement in ast.parse("".join(declared["source"])).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
