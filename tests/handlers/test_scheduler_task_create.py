"""POST api/tasks."""

from __future__ import annotations

from .conftest import nightly, noop_task


async def test_a_task_is_made_and_found_where_the_location_says(call, raw):
    made = await call("POST", "tasks", nightly("Report", tags=["finance"]))
    assert made.status == 201
    task = made.body["task"]
    assert made.headers["Location"].endswith(f"/scheduler-ext/api/tasks/{task['uuid']}")
    assert (task["name"], task["type"], task["state"], task["tags"]) == ("Report", "scheduled", "idle", ["finance"])
    assert task["next_run"]
    found = await call("GET", f"tasks/{task['uuid']}")
    assert found.body["task"]["uuid"] == task["uuid"]


async def test_defaults_come_from_the_caller_and_the_server(call, jp_serverapp):
    task = (await call("POST", "tasks", nightly())).body["task"]
    assert task["owner"]
    assert task["schedule"]["timezone"]
    assert task["executor"] == "local"
    assert task["created_at"]
    assert task["context_id"] == task["uuid"]
    assert task["dedicated_context"] is True


async def test_the_token_of_an_ad_hoc_task_is_told_once(call):
    made = await call("POST", "tasks", noop_task())
    secret = made.body["token_secret"]
    uuid = made.body["task"]["uuid"]
    assert made.body["task"]["token"]["last4"] == secret[-4:]
    for path in (f"tasks/{uuid}", "tasks", "poll?since=0", "export"):
        assert secret not in str((await call("GET", path)).body)


async def test_a_scheduled_task_has_no_token(call):
    assert "token_secret" not in (await call("POST", "tasks", nightly())).body


BAD = [
    ({}, "type"),
    ({"type": "weekly"}, "type"),
    (noop_task(""), "name"),
    (noop_task("x" * 201), "name"),
    (noop_task(name=7), "name"),
    (noop_task(nmae="typo"), "nmae"),
    (noop_task(tags="finance"), "tags"),
    (noop_task(uuid="../../x"), "uuid"),
    (noop_task(context_id="a/b"), "context_id"),
    (noop_task(policy={"overlap": "maybe"}), "policy.overlap"),
    (noop_task(policy={"timeout": -1}), "policy.timeout"),
    ({"type": "adhoc", "name": "a"}, "action"),
    ({"type": "adhoc", "name": "a", "action": {"kind": "sing"}}, "action"),
    ({"type": "adhoc", "name": "a", "action": {"kind": "code"}}, "action.source"),
    ({"type": "adhoc", "name": "a", "action": {"kind": "command", "argv": []}}, "action.argv"),
    (noop_task(type="scheduled"), "schedule"),
    (nightly() | {"schedule": "30 25 * * *"}, "schedule.hour"),
    (nightly() | {"schedule": "30 2 * *"}, "schedule"),
    (nightly() | {"schedule": "0 0 31 2 *"}, "schedule"),
    (nightly() | {"schedule": {"minute": "61"}}, "schedule.minute"),
    (nightly() | {"schedule": {"minute": "0", "timezone": "Mars/Olympus"}}, "schedule.timezone"),
    (noop_task(type="planned"), "plan"),
    (noop_task(type="planned", plan={"todo": ["someday"]}), "plan.todo.0"),
]


async def test_what_is_not_valid_is_named_and_nothing_is_stored(call):
    for task, field in BAD:
        reply = await call("POST", "tasks", task)
        assert reply.status == 400, (task, reply.body)
        assert reply.error["field"].startswith(field), (task, reply.error)
        assert reply.error["message"]
        assert "raceback" not in str(reply.body)
    assert (await call("GET", "tasks")).body["total"] == 0


async def test_a_body_that_is_no_json_object_is_refused(raw, call):
    for body in (b"{", b"nonsense", b"\xff", b'{"a": NaN}', b'"\\ud800"', b"[1]", b"7", b'"text"'):
        assert (await raw("POST", "api/tasks", body)).code == 400, body
    assert (await call("GET", "tasks")).body["total"] == 0


async def test_the_content_type_does_not_matter(raw):
    response = await raw(
        "POST",
        "api/tasks",
        b'{"type": "adhoc", "name": "a", "action": {"kind": "noop-told"}}',
        headers={"Content-Type": "x/y"},
    )
    assert response.code == 201


async def test_a_body_over_the_limit_is_refused_in_our_shape(call):
    reply = await call("POST", "tasks", noop_task(description="x" * 1024 * 1024))
    assert reply.status == 413
    assert reply.error["code"] == "too_large"


async def test_the_same_uuid_twice_is_a_conflict(call):
    task = noop_task(uuid="the-one")
    assert (await call("POST", "tasks", task)).status == 201
    assert (await call("POST", "tasks", task)).status == 409
