"""DELETE api/tasks/{uuid}, and restore."""

from __future__ import annotations

from .conftest import nightly, noop_task


async def test_a_deleted_task_is_gone_and_comes_back_when_asked(call, make):
    task = await make(nightly("a"))
    assert (await call("DELETE", f"tasks/{task['uuid']}")).status == 200
    assert (await call("GET", f"tasks/{task['uuid']}")).status == 404
    assert (await call("GET", "tasks")).body["total"] == 0
    back = await call("POST", f"tasks/{task['uuid']}/restore")
    assert back.status == 200
    assert back.body["task"]["name"] == "a"
    assert (await call("GET", "tasks")).body["total"] == 1


async def test_what_runs_is_cancelled_first(call, make, settled):
    task = await make(noop_task(action={"seconds": 60}))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    assert (await call("DELETE", f"tasks/{task['uuid']}")).status == 200
    assert (await settled(run["id"]))["state"] == "cancelled"


async def test_deleting_twice_is_not_found(call, make):
    task = await make()
    await call("DELETE", f"tasks/{task['uuid']}")
    assert (await call("DELETE", f"tasks/{task['uuid']}")).status == 404


async def test_what_was_never_deleted_cannot_be_restored(call, make):
    assert (await call("POST", "tasks/no-such/restore")).status == 404
    task = await make()
    assert (await call("POST", f"tasks/{task['uuid']}/restore")).status in (404, 409)
