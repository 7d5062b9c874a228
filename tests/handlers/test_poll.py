"""GET api/poll."""

from __future__ import annotations

from .conftest import noop_task


async def test_from_nothing_everything_comes(call, make):
    await make(noop_task("a"))
    body = (await call("GET", "poll")).body
    assert [task["name"] for task in body["tasks"]] == ["a"]
    assert body["reset"] is False
    assert set(body) == {"revision", "reset", "tasks", "runs", "contexts", "deleted", "banners"}


async def test_only_what_changed_comes(call, make):
    await make(noop_task("a"))
    start = (await call("GET", "poll")).body["revision"]
    assert (await call("GET", f"poll?since={start}")).body == {
        "revision": start,
        "reset": False,
        "tasks": [],
        "runs": [],
        "contexts": [],
        "deleted": [],
        "banners": [],
    }
    b = await make(noop_task("b"))
    body = (await call("GET", f"poll?since={start}")).body
    assert [task["name"] for task in body["tasks"]] == ["b"]
    await call("DELETE", f"tasks/{b['uuid']}")
    gone = (await call("GET", f"poll?since={body['revision']}")).body
    assert gone["deleted"] == [b["uuid"]]
    assert gone["tasks"] == []


async def test_a_run_and_its_task_come(call, make, settled):
    task = await make()
    start = (await call("GET", "poll")).body["revision"]
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    await settled(run["id"])
    body = (await call("GET", f"poll?since={start}")).body
    assert [(one["id"], one["state"]) for one in body["runs"]] == [(run["id"], "succeeded")]
    assert [one["uuid"] for one in body["tasks"]] == [task["uuid"]]


async def test_a_revision_of_another_life_says_start_over(call, make):
    for since in ["1", "deadbeef.3", "nonsense", "-1", "x.y.z", "%00"]:
        await make()
        body = (await call("GET", f"poll?since={since}")).body
        assert body["reset"] is True
        assert body["tasks"] == []
        assert (await call("GET", f"poll?since={body['revision']}")).body["reset"] is False


async def test_a_list_and_a_poll_speak_of_the_same_revision(call, make):
    await make()
    revision = (await call("GET", "tasks")).body["revision"]
    assert (await call("GET", f"poll?since={revision}")).body["tasks"] == []
