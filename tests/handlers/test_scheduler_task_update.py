"""PATCH api/tasks/{uuid}, and reset."""

from __future__ import annotations

from .conftest import nightly, noop_task


async def test_only_what_is_named_changes(call, make):
    before = await make(nightly("a", description="kept", tags=["x"]))
    reply = await call("PATCH", f"tasks/{before['uuid']}", {"name": "b"})
    assert reply.status == 200
    after = reply.body["task"]
    assert (after["name"], after["description"], after["tags"]) == ("b", "kept", ["x"])
    assert after["revision"] == before["revision"] + 1


async def test_null_clears(call, make):
    task = await make(noop_task(description="long", policy={"max_runs": 5}))
    patched = (await call("PATCH", f"tasks/{task['uuid']}", {"description": None, "policy": {"max_runs": None}})).body
    assert patched["task"]["description"] == ""
    assert patched["task"]["policy"]["max_runs"] is None


async def test_a_cleared_timeout_is_none_and_not_the_usual_one(call, make):
    task = await make(noop_task(policy={"timeout": 5}))
    patched = (await call("PATCH", f"tasks/{task['uuid']}", {"policy": {"timeout": None}})).body["task"]
    assert patched["policy"]["timeout"] is None
    usual = (await call("PATCH", f"tasks/{task['uuid']}", {"policy": None})).body["task"]
    assert usual["policy"]["timeout"] == 86_400


async def test_the_current_revision_may_be_changed(call, make):
    for header in ["{0}", '"{0}"', 'W/"{0}"', "*"]:
        task = await make()
        wanted = header.format(task["revision"])
        assert (await call("PATCH", f"tasks/{task['uuid']}", {"name": "b"}, headers={"If-Match": wanted})).status == 200


async def test_a_revision_that_is_not_the_current_one_is_left_alone(call, make):
    task = await make(noop_task("a"))
    stale = {"If-Match": f'"{task["revision"] + 7}"'}
    reply = await call("PATCH", f"tasks/{task['uuid']}", {"name": "b"}, headers=stale)
    assert (reply.status, reply.error["code"]) == (412, "stale")
    assert (await call("GET", f"tasks/{task['uuid']}")).body["task"]["name"] == "a"


async def test_an_if_match_that_is_no_revision_is_named(call, make):
    task = await make()
    reply = await call("PATCH", f"tasks/{task['uuid']}", {"name": "b"}, headers={"If-Match": "yesterday"})
    assert (reply.status, reply.error["field"]) == (400, "If-Match")


async def test_a_patch_that_is_not_valid_changes_nothing(call, make):
    for patch, field in [
        ({"name": ""}, "name"),
        ({"nmae": "x"}, "nmae"),
        ({"schedule": "99 * * * *"}, "schedule.minute"),
        ({"schedule": None}, "schedule"),
        ({"policy": {"overlap": "maybe"}}, "policy.overlap"),
        ({"action": {"kind": "sing"}}, "action"),
    ]:
        task = await make(nightly())
        reply = await call("PATCH", f"tasks/{task['uuid']}", patch)
        assert reply.status == 400
        assert reply.error["field"].startswith(field)
        assert (await call("GET", f"tasks/{task['uuid']}")).body["task"]["revision"] == task["revision"]


async def test_the_state_cannot_be_set(call, make):
    task = await make()
    reply = await call("PATCH", f"tasks/{task['uuid']}", {"state": "running"})
    assert reply.status in (400, 409)


async def test_a_patch_is_an_object(call, make):
    for body in [[], "x", 7, None]:
        task = await make()
        assert (await call("PATCH", f"tasks/{task['uuid']}", body)).status == 400


async def test_disabling_and_enabling(call, make):
    task = await make(nightly())
    off = (await call("PATCH", f"tasks/{task['uuid']}", {"enabled": False})).body["task"]
    assert (off["state"], off["next_run"]) == ("disabled", None)
    on = (await call("PATCH", f"tasks/{task['uuid']}", {"enabled": True})).body["task"]
    assert on["state"] == "idle"
    assert on["next_run"]


async def test_a_reset_clears_the_error(call, make, settled):
    task = await make(noop_task(action={"fails": True}))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    assert (await settled(run["id"]))["state"] == "failed"
    assert (await call("GET", f"tasks/{task['uuid']}")).body["task"]["state"] == "error"
    assert (await call("POST", f"tasks/{task['uuid']}/reset")).body["task"]["state"] == "idle"


async def test_an_unknown_task_is_not_found(call):
    for method_path in ["PATCH tasks/no-such", "POST tasks/no-such/reset", "GET tasks/no-such"]:
        method, path = method_path.split()
        reply = await call(method, path, {} if method == "PATCH" else None)
        assert (reply.status, reply.error["code"]) == (404, "not_found")
