"""api/templates."""

from __future__ import annotations

from .conftest import nightly


async def test_every_built_in_template_makes_a_task(call, jp_create_notebook):
    jp_create_notebook("report.ipynb")
    templates = (await call("GET", "templates")).body["templates"]
    assert len(templates) >= 4
    for template in templates:
        task = template["task"]
        if task["action"]["kind"] == "notebook":
            task["action"]["path"] = "report.ipynb"
        made = await call("POST", "tasks", task)
        assert made.status == 201, (template["name"], made.body)


async def test_a_template_of_ones_own_is_kept_and_deleted(call):
    made = await call("POST", "templates", {"name": "Mine", "description": "d", "task": nightly()})
    assert made.status == 201
    template = made.body["template"]
    assert template["builtin"] is False
    assert template in (await call("GET", "templates")).body["templates"]
    assert (await call("DELETE", f"templates/{template['id']}")).status == 200
    assert template not in (await call("GET", "templates")).body["templates"]
    assert (await call("DELETE", f"templates/{template['id']}")).status == 404


async def test_the_same_name_replaces(call):
    for minute in ("1", "2"):
        await call("POST", "templates", {"name": "Mine", "task": {"schedule": f"{minute} * * * *"}})
    own = [one for one in (await call("GET", "templates")).body["templates"] if not one["builtin"]]
    assert [one["task"]["schedule"] for one in own] == ["2 * * * *"]


async def test_a_built_in_template_stays(call):
    assert (await call("DELETE", "templates/nightly-notebook")).status == 409


async def test_what_is_no_template_is_refused(call):
    for body, field in [({}, "name"), ({"name": "", "task": {}}, "name"), ({"name": "a", "task": []}, "task")]:
        reply = await call("POST", "templates", body)
        assert (reply.status, reply.error["field"]) == (400, field)


async def test_a_spoilt_file_is_said_and_not_overwritten(call, extension):
    file = extension.templates._file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{")
    assert (await call("GET", "templates")).status == 503
    assert (await call("POST", "templates", {"name": "Mine", "task": {}})).status == 503
    assert file.read_text() == "{"
