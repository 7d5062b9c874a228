"""api/runs."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.handlers.runs import read_cursor

from .conftest import noop_task


@pytest.fixture
def ran(call, make, settled):
    """Run a task so many times; gives the runs' ids, oldest first."""

    async def repeat(times: int, **action):
        task = await make(noop_task(action=action))
        ids = []
        for _ in range(times):
            run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
            await settled(run["id"])
            ids.append(run["id"])
        return ids

    return repeat


async def test_history_is_newest_first_and_in_pages(call, ran):
    ids = await ran(5)
    seen, cursor = [], ""
    while cursor is not None:
        body = (await call("GET", f"runs?limit=2&cursor={cursor}")).body
        seen += [run["id"] for run in body["runs"]]
        cursor = body["next_cursor"]
    assert seen == ids[::-1]


async def test_history_can_be_filtered(call, ran):
    good, bad = await ran(1), await ran(1, fails=True)
    assert [run["id"] for run in (await call("GET", "runs?state=failed")).body["runs"]] == bad
    both = (await call("GET", "runs?state=failed,succeeded")).body["runs"]
    assert {run["id"] for run in both} == {*good, *bad}
    task_id = both[0]["task_id"]
    assert len((await call("GET", f"runs?task_id={task_id}")).body["runs"]) == 1
    assert (await call("GET", "runs?since=2099-01-01T00:00:00Z")).body["runs"] == []


async def test_a_query_that_is_not_valid_is_named(call):
    for query, field in [
        ("state=happy", "state"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=x", "cursor"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T00:00:00", "since"),
    ]:
        reply = await call("GET", f"runs?{query}")
        assert (reply.status, reply.error["field"]) == (400, field)


@pytest.mark.parametrize("cursor", ["x", "1", "-1.a", "1e3.a", "٣.a", "1" * 17 + ".a"])
def test_a_cursor_that_we_did_not_make_is_refused(cursor):
    with pytest.raises(Invalid):
        read_cursor(cursor)


async def test_a_failed_run_tells_why(call, ran):
    (run_id,) = await ran(1, fails=True)
    error = (await call("GET", f"runs/{run_id}")).body["run"]["error"]
    assert (error["name"], error["message"]) == ("NoopError", "told to fail")


async def test_the_log_is_read_from_any_point(call, ran):
    (run_id,) = await ran(1, says="hello")
    whole = {"complete": False}
    while not whole["complete"]:  # the run may end a moment before its log is on disk
        whole = (await call("GET", f"runs/{run_id}/log")).body
    assert "hello" in str(whole["entries"])
    rest = (await call("GET", f"runs/{run_id}/log?from={whole['next']}")).body
    assert (rest["entries"], rest["next"], rest["complete"]) == ([], whole["next"], True)


async def test_a_place_in_the_log_that_is_none_is_refused(call, ran):
    for query in ["from=-1", "from=x", "limit=0"]:
        (run_id,) = await ran(1)
        assert (await call("GET", f"runs/{run_id}/log?{query}")).status == 400


async def test_a_run_is_cancelled(call, make, settled):
    task = await make(noop_task(action={"seconds": 60}))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    assert (await call("POST", f"runs/{run['id']}/cancel")).status == 202
    assert (await settled(run["id"]))["state"] == "cancelled"
    assert (await call("POST", f"runs/{run['id']}/cancel")).status == 409


async def test_an_unknown_run_is_not_found(call):
    for call_for in ["GET runs/no-such", "GET runs/no-such/log", "POST runs/no-such/cancel"]:
        method, path = call_for.split()
        assert (await call(method, path)).status == 404
