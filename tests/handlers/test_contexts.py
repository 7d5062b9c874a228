"""api/contexts: look, walk into the kernel that a run left, restart, clear."""

from __future__ import annotations

import json
import shutil

import pytest

from .conftest import noop_task

pytestmark = pytest.mark.kernel


@pytest.fixture
def ran(call, settled):
    """Run code in a context; gives the run."""

    async def run(source="x = 41; x", **more):
        task = {"type": "adhoc", "name": "Count", "action": {"kind": "code", "source": source, **more}}
        made = await call("POST", "tasks", task)
        assert made.status == 201, made.body
        started = await call("POST", f"tasks/{made.body['task']['uuid']}/run")
        return await settled(started.body["run"]["id"])

    return run


async def test_a_context_comes_with_its_first_run_and_shows_its_kernel(call, ran):
    assert (await call("GET", "contexts")).body == {"contexts": []}
    run = await ran()
    assert run["state"] == "succeeded", run
    (context,) = (await call("GET", "contexts")).body["contexts"]
    assert (context["id"], context["name"], context["task_count"]) == (run["context_id"], "Count", 1)
    assert context["kernel"]["id"] == run["kernel_id"]
    assert context["kernel"].pop("memory") > 10_000_000
    again = (await call("GET", f"contexts/{context['id']}")).body["context"]
    kernels = (await call("GET", "status")).body["kernels"]
    assert kernels["kept"] == 1
    assert kernels["memory"] >= again["kernel"].pop("memory") > 10_000_000
    assert again == context


async def test_to_open_is_to_stand_in_the_kernel_that_the_run_left(call, ran, jp_fetch):
    run = await ran()
    opened = (await call("POST", f"contexts/{run['context_id']}/open", {"run_id": run["id"]})).body
    assert opened["path"] == run["output_path"]
    assert opened["session"]["kernel"]["id"] == run["kernel_id"]
    assert opened["url"].endswith(opened["path"])
    sessions = json.loads((await jp_fetch("api", "sessions")).body)
    assert [(one["path"], one["kernel"]["id"]) for one in sessions] == [(run["output_path"], run["kernel_id"])]


@pytest.mark.parametrize("missing", [("read", "contents"), ("write", "sessions"), ("execute", "scheduler_ext")])
async def test_to_open_takes_the_rights_that_opening_a_notebook_takes(call, ran, authorizer, jp_fetch, missing):
    run = await ran()
    rights = {("read", "contents"), ("write", "sessions"), ("execute", "scheduler_ext"), ("read", "sessions")}
    authorizer.allowed = rights - {missing}
    reply = await call("POST", f"contexts/{run['context_id']}/open", {"run_id": run["id"]})
    assert (reply.status, reply.body["error"]["code"]) == (403, "forbidden")
    authorizer.allowed = rights
    assert (await call("POST", f"contexts/{run['context_id']}/open")).status == 200


async def test_a_context_whose_folder_was_deleted_by_hand_has_nothing_to_open_and_comes_back(call, ran, jp_root_dir):
    run = await ran()
    shutil.rmtree(jp_root_dir / "tmp" / "chats" / run["context_id"])
    assert (await call("GET", "contexts")).body == {"contexts": []}
    reply = await call("POST", f"contexts/{run['context_id']}/open", {"run_id": run["id"]})
    assert (reply.status, reply.body["error"]["code"]) == (404, "not_found")
    reply = await call("GET", f"runs/{run['id']}/output")
    assert (reply.status, reply.body["error"]["code"]) == (404, "not_found")
    again = await call("POST", f"tasks/{run['task_id']}/run")
    assert again.status == 202
    assert (await call("GET", f"contexts/{run['context_id']}")).status == 200


async def test_a_restart_ends_the_kernel(call, ran):
    run = await ran()
    context = (await call("POST", f"contexts/{run['context_id']}/restart")).body["context"]
    assert context["kernel"] is None
    opened = (await call("POST", f"contexts/{run['context_id']}/open")).body
    assert opened["session"] is None


async def test_clearing_removes_what_runs_left(call, ran):
    run = await ran()
    assert (await call("POST", f"contexts/{run['context_id']}/clear")).status == 200
    assert (await call("POST", f"contexts/{run['context_id']}/open")).status == 404


async def test_what_is_in_use_is_left_alone(call, make):
    task = await make(noop_task(action={"seconds": 60}))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    reply = await call("POST", f"contexts/{task['context_id']}/restart")
    assert (reply.status, reply.error["active_run"]) == (409, run["id"])


@pytest.mark.parametrize("request_line", ["GET contexts/none", "POST contexts/none/open", "GET contexts/..%2F..%2Fx"])
async def test_an_unknown_context_is_not_found(call, request_line):
    method, path = request_line.split()
    assert (await call(method, path)).status == 404


async def test_a_run_of_another_context_is_not_opened_here(call, ran, make):
    run = await ran()
    other = await make()
    reply = await call("POST", f"contexts/{other['context_id']}/open", {"run_id": run["id"]})
    assert (reply.status, reply.error["field"]) == (404, "run_id")
