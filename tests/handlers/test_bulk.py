"""POST api/tasks/bulk."""

from __future__ import annotations

from .conftest import nightly, noop_task


async def test_each_task_answers_for_itself(call, make):
    ids = [(await make(nightly(name)))["uuid"] for name in "ab"]
    reply = await call("POST", "tasks/bulk", {"action": "disable", "ids": [*ids, "no-such"]})
    assert reply.status == 200
    assert [(one["id"], one["ok"]) for one in reply.body["results"]] == [
        (ids[0], True),
        (ids[1], True),
        ("no-such", False),
    ]
    assert reply.body["results"][2]["error"]["code"] == "not_found"
    states = [task["state"] for task in (await call("GET", "tasks")).body["tasks"]]
    assert states == ["disabled", "disabled"]


async def test_all_that_a_filter_matches(call, make):
    await make(noop_task("a", tags=["x"]))
    await make(noop_task("b"))
    reply = await call("POST", "tasks/bulk", {"action": "delete", "filter": {"tag": "x"}})
    assert len(reply.body["results"]) == 1
    assert [task["name"] for task in (await call("GET", "tasks")).body["tasks"]] == ["b"]


async def test_tags_are_added_and_taken_away(call, make):
    uuid = (await make(noop_task(tags=["x"])))["uuid"]
    await call("POST", "tasks/bulk", {"action": "tag", "ids": [uuid], "tags": ["y"]})
    assert (await call("GET", f"tasks/{uuid}")).body["task"]["tags"] == ["x", "y"]
    await call("POST", "tasks/bulk", {"action": "untag", "ids": [uuid], "tags": ["x"]})
    assert (await call("GET", f"tasks/{uuid}")).body["task"]["tags"] == ["y"]


async def test_five_hundred_run_at_once_and_each_has_a_run(call):
    tasks = [noop_task(str(number)) for number in range(500)]
    await call("POST", "import", {"tasks": tasks})
    reply = await call("POST", "tasks/bulk", {"action": "run", "filter": {}})
    assert [one["ok"] for one in reply.body["results"]] == [True] * 500
    assert len({one["run_id"] for one in reply.body["results"]}) == 500


async def test_an_export_of_some(call, make):
    uuid = (await make(noop_task("a")))["uuid"]
    await make(noop_task("b"))
    body = (await call("POST", "tasks/bulk", {"action": "export", "ids": [uuid]})).body
    assert [task["name"] for task in body["tasks"]] == ["a"]


async def test_what_makes_no_sense_is_refused(call):
    for body, field in [
        ({"action": "explode", "ids": []}, "action"),
        ({"ids": []}, "action"),
        ({"action": "run"}, ""),
        ({"action": "run", "ids": [], "filter": {}}, ""),
        ({"action": "run", "ids": "all"}, "ids"),
        ({"action": "run", "filter": {"colour": "red"}}, "filter.colour"),
        ({"action": "tag", "ids": ["a"]}, ""),
    ]:
        reply = await call("POST", "tasks/bulk", body)
        assert (reply.status, reply.error.get("field", "")) == (400, field)


async def test_running_needs_more_than_the_right_to_write(call, make, authorizer):
    uuid = (await make(nightly()))["uuid"]
    authorizer.allowed = {("write", "scheduler_ext"), ("read", "scheduler_ext")}
    for action in ("run", "enable", "reset", "restore"):
        assert (await call("POST", "tasks/bulk", {"action": action, "ids": [uuid]})).status == 403
    assert (await call("POST", "tasks/bulk", {"action": "disable", "ids": [uuid]})).status == 200
