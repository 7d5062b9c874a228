"""GET api/runs/{run_id}/output."""

from __future__ import annotations

import json

import pytest

from .conftest import noop_task


@pytest.fixture
def ran(call, settled):
    async def run(action):
        made = await call("POST", "tasks", {"type": "adhoc", "name": "Report", "action": action})
        assert made.status == 201, made.body
        started = await call("POST", f"tasks/{made.body['task']['uuid']}/run")
        return await settled(started.body["run"]["id"])

    return run


@pytest.mark.kernel
async def test_a_notebook_is_given_as_it_is_and_as_a_page_in_a_sandbox(raw, ran, jp_root_dir):
    cell = {"cell_type": "code", "metadata": {}, "source": "print(6 * 7)", "outputs": [], "id": "a"}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (jp_root_dir / "report.ipynb").write_text(json.dumps(notebook))
    run = await ran({"kind": "notebook", "path": "report.ipynb"})
    assert run["state"] == "succeeded", run
    file = await raw("GET", f"api/runs/{run['id']}/output")
    assert "42" in str(json.loads(file.body)["cells"])
    page = await raw("GET", f"api/runs/{run['id']}/output?format=html&download=1", request_timeout=60)
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    assert "allow-same-origin" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Disposition"].endswith(".html")
    assert "42" in page.body.decode()
    assert "6 * 7" not in (await raw("GET", f"api/runs/{run['id']}/output?format=html&hide_input=1")).body.decode()


async def test_the_text_of_a_command_is_given_and_is_no_page(raw, ran, call):
    run = await ran({"kind": "command", "argv": ["echo", "<script>hello"]})
    response = await raw("GET", f"api/runs/{run['id']}/output")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "<script>hello" in response.body.decode()
    reply = await call("GET", f"runs/{run['id']}/output?format=html")
    assert (reply.status, reply.error["field"]) == (400, "format")


async def test_what_is_not_there_is_said(call, make, settled, ran, jp_root_dir):
    task = await make(noop_task())
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    await settled(run["id"])
    assert (await call("GET", f"runs/{run['id']}/output")).status == 404
    gone = await ran({"kind": "command", "argv": ["echo", "x"]})
    (jp_root_dir / gone["output_path"]).unlink()
    assert (await call("GET", f"runs/{gone['id']}/output")).status == 404
    assert (await call("GET", "runs/no-such/output")).status == 404


async def test_who_may_not_read_files_gets_none(call, authorizer):
    authorizer.allowed = {("read", "scheduler_ext")}
    assert (await call("GET", "runs/no-such/output")).status == 403
