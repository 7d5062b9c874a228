"""GET api/export and POST api/import."""

from __future__ import annotations

import json

from .conftest import nightly, noop_task


async def test_what_is_exported_can_be_imported(call, make):
    task = await make(nightly("a", tags=["x"]))
    exported = (await call("GET", "export")).body
    await call("DELETE", f"tasks/{task['uuid']}")
    report = (await call("POST", "import", {"tasks": exported["tasks"]})).body
    assert (report["created"], report["failed"]) == (1, 0)
    (back,) = (await call("GET", "tasks")).body["tasks"]
    assert (back["name"], back["tags"], back["schedule"]) == (task["name"], task["tags"], task["schedule"])


async def test_yaml_goes_out_and_in(call, raw, make):
    task = await make(nightly("a"))
    reply = await raw("GET", "api/export?format=yaml")
    assert reply.headers["Content-Type"].startswith("application/yaml")
    await call("DELETE", f"tasks/{task['uuid']}")
    response = await raw("POST", "api/import", reply.body, headers={"Content-Type": "application/yaml"})
    assert json.loads(response.body)["created"] == 1
    again = await call("POST", "import?on_conflict=copy", {"yaml": reply.body.decode()})
    assert again.body["created"] == 1
    assert (await call("GET", "tasks")).body["total"] == 2


async def test_a_dry_run_names_the_conflicts_and_changes_nothing(call, make):
    task = await make(noop_task("a"))
    tasks = [{**noop_task("b"), "uuid": task["uuid"]}, noop_task("c")]
    report = (await call("POST", "import?dry_run=1&on_conflict=replace", {"tasks": tasks})).body
    assert report["dry_run"] is True
    assert [item["result"] for item in report["items"]] == ["replace", "create"]
    assert [task["name"] for task in (await call("GET", "tasks")).body["tasks"]] == ["a"]


async def test_what_is_wrong_with_one_stops_no_other(call):
    tasks = [noop_task("a"), {"type": "adhoc"}, 7, nightly() | {"schedule": "99 * * * *"}]
    report = (await call("POST", "import", {"tasks": tasks})).body
    assert (report["created"], report["failed"]) == (1, 3)
    fields = [item["error"]["field"] for item in report["items"] if item["result"] == "error"]
    assert [field.split(".")[1] for field in fields] == ["1", "2", "3"]


async def test_what_is_no_list_of_tasks_is_refused(call):
    for body in [{}, {"tasks": {}}, {"tasks": None}, 7, "x", {"yaml": "a: &x [*x]"}, {"yaml": "- ["}]:
        assert (await call("POST", "import", body)).status == 400


async def test_an_unknown_way_to_solve_conflicts_is_named(call):
    reply = await call("POST", "import?on_conflict=guess", {"tasks": []})
    assert (reply.status, reply.error["field"]) == (400, "on_conflict")


async def test_no_secret_is_exported(call):
    secret = (await call("POST", "tasks", noop_task())).body["token_secret"]
    exported = str((await call("GET", "export")).body)
    assert secret not in exported
    assert "sha256" not in exported


async def test_an_export_of_a_task_that_is_not_there_is_not_found(call):
    assert (await call("GET", "export?ids=no-such")).status == 404
