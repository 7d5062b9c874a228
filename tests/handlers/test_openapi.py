"""The document describes what the server does: every route, and replies that keep to it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from openapi_spec_validator import validate

from jupyter_scheduler_ext.handlers.base import ApiHandler
from jupyter_scheduler_ext.handlers.openapi import describe_api
from jupyter_scheduler_ext.handlers.routes import ENDPOINTS

from .conftest import nightly, noop_task


@pytest.fixture(scope="module")
def document():
    return describe_api(ENDPOINTS, "/scheduler-ext/")


def test_it_is_valid(document):
    validate(document)


def test_every_route_is_in_it_once(document):
    described = [
        (method.upper(), path.lstrip("/")) for path, methods in document["paths"].items() for method in methods
    ]
    assert sorted(described) == sorted((one.method, one.path) for one in ENDPOINTS)
    operations = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(set(operations)) == len(ENDPOINTS)


def test_every_member_and_parameter_has_a_meaning(document):
    silent = [f"{name}.{member}" for name, member, schema in members(document) if not schema.get("description")]
    silent += [
        f"{method} {path}: {parameter['name']}"
        for path, methods in document["paths"].items()
        for method, one in methods.items()
        for parameter in one["parameters"]
        if not parameter.get("description")
    ]
    assert silent == []


def members(document):
    """Every (shape, member, schema), those of shapes within shapes included."""
    for name, schema in document["components"]["schemas"].items():
        for part in (schema, *schema.get("anyOf", ())):
            for member, described in part.get("properties", {}).items():
                yield name, member, described


HEADERS_READ_ELSEWHERE = {
    "scheduler_import": {"Content-Type"},  # by read_tasks, in a thread
    "scheduler_tasks_list": {"If-None-Match"},  # by Tornado's check_etag_header
}


def test_every_header_that_is_read_is_listed_and_every_one_listed_is_read(document):
    for one in ENDPOINTS:
        read = set(re.findall(r'request\.header\("([^"]+)"\)', inspect.getsource(one.answer)))
        assert read | HEADERS_READ_ELSEWHERE.get(one.operation, set()) == set(one.headers), one.operation
        described = document["paths"][f"/{one.path}"][one.method.lower()]
        listed = {parameter["name"] for parameter in described["parameters"] if parameter["in"] == "header"}
        assert listed == set(one.headers) - {"Content-Type"}


def test_no_handler_reads_a_header_past_the_list():
    """But for what all share (tokens, lengths, compression) and the tick, which refuses all that tells of a proxy."""
    folder = Path(inspect.getfile(describe_api)).parent
    raw = {path.name for path in folder.glob("*.py") if ".headers" in path.read_text("utf-8")}
    assert raw <= {"base.py", "openapi.py", "scheduler_tick.py"}
    assert "headers.get" not in (folder / "scheduler_tick.py").read_text("utf-8")


def test_a_header_that_is_not_listed_cannot_be_read():
    one = next(one for one in ENDPOINTS if one.operation == "scheduler_task_get")
    with pytest.raises(KeyError):
        ApiHandler.header(SimpleNamespace(endpoint=one), "If-Match")


PROMISED = {
    "scheduler_tasks_list": "GET api/tasks",
    "scheduler_task_create": "POST api/tasks",
    "scheduler_task_get": "GET api/tasks/{uuid}",
    "scheduler_task_update": "PATCH api/tasks/{uuid}",
    "scheduler_task_delete": "DELETE api/tasks/{uuid}",
    "scheduler_task_run": "POST api/tasks/{uuid}/run",
    "scheduler_tick": "POST api/tick",
    "scheduler_poll": "GET api/poll",
    "scheduler_schedule_preview": "POST api/schedule/preview",
    "scheduler_timeline": "GET api/timeline",
    "scheduler_runs_list": "GET api/runs",
    "scheduler_run_get": "GET api/runs/{run_id}",
    "scheduler_run_log": "GET api/runs/{run_id}/log",
    "scheduler_run_cancel": "POST api/runs/{run_id}/cancel",
    "scheduler_tasks_bulk": "POST api/tasks/bulk",
    "scheduler_templates_list": "GET api/templates",
    "scheduler_contexts_list": "GET api/contexts",
    "scheduler_export": "GET api/export",
    "scheduler_import": "POST api/import",
    "scheduler_status": "GET api/status",
}


def test_the_promised_names_stand():
    table = {one.operation: f"{one.method} {one.path}" for one in ENDPOINTS}
    assert {name: table.get(name) for name in PROMISED} == PROMISED


async def test_it_is_served(call, jp_base_url):
    body = (await call("GET", "openapi.json")).body
    assert body["openapi"].startswith("3.1")
    assert body["servers"] == [{"url": f"{jp_base_url}scheduler-ext"}]


@pytest.fixture
def kept(call, document):
    """Call, and hold the reply to what the document says of its status."""

    async def checked(operation, path, body=None, status=200):
        one = next(one for one in ENDPOINTS if one.operation == operation)
        reply = await call(one.method, path, body)
        assert reply.status == status, reply.body
        described = document["paths"][f"/{one.path}"][one.method.lower()]["responses"][str(status)]
        schema = described["content"]["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(reply.body)
        assert sorted(unlisted(reply.body, schema, document)) == []
        return reply.body

    return checked


def unlisted(value, schema, document):
    """Members of a reply that its shape does not list. A shape that lists none may hold anything."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return min(([*unlisted(value, choice, document)] for choice in choices), key=len)
    if isinstance(value, list):
        return [name for item in value for name in unlisted(item, schema.get("items", {}), document)]
    listed = schema.get("properties")
    if not isinstance(value, dict) or not listed:
        return []
    return [
        found
        for name, member in value.items()
        for found in (unlisted(member, listed[name], document) if name in listed else [f"{schema['title']}.{name}"])
    ]


async def test_replies_are_as_described(kept, settled, jp_create_notebook):
    jp_create_notebook("a.ipynb")
    task = (await kept("scheduler_task_create", "tasks", nightly("a"), 201))["task"]
    adhoc = (await kept("scheduler_task_create", "tasks", noop_task("b", action={"says": "x"}), 201))["task"]
    plan = {"todo": ["2099-01-01T00:00:00Z"]}
    await kept("scheduler_task_create", "tasks", noop_task("c", type="planned", plan=plan), 201)
    run = (await kept("scheduler_task_run", f"tasks/{adhoc['uuid']}/run", status=202))["run"]
    await settled(run["id"])
    await kept("scheduler_tasks_list", "tasks")
    await kept("scheduler_tasks_list", "tasks?fields=slim")
    await kept("scheduler_task_get", f"tasks/{adhoc['uuid']}")
    await kept("scheduler_task_update", f"tasks/{task['uuid']}", {"tags": ["x"]})
    await kept("scheduler_task_reset", f"tasks/{task['uuid']}/reset")
    await kept("scheduler_task_token_rotate", f"tasks/{adhoc['uuid']}/token")
    await kept("scheduler_runs_list", "runs")
    await kept("scheduler_run_get", f"runs/{run['id']}")
    await kept("scheduler_run_log", f"runs/{run['id']}/log")
    await kept("scheduler_poll", "poll")
    await kept("scheduler_tick", "tick")
    await kept("scheduler_schedule_preview", "schedule/preview", {"schedule": "30 2 * * *"})
    await kept("scheduler_timeline", "timeline?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&lanes=1")
    await kept("scheduler_tasks_bulk", "tasks/bulk", {"action": "disable", "ids": [task["uuid"], "none"]})
    await kept("scheduler_contexts_list", "contexts")
    await kept("scheduler_templates_list", "templates")
    exported = await kept("scheduler_export", "export")
    await kept("scheduler_import", "import?dry_run=1", {"tasks": exported["tasks"]})
    await kept("scheduler_notebooks_list", "notebooks")
    await kept("scheduler_notebook_parameters", "notebooks/parameters?path=a.ipynb")
    await kept("scheduler_status", "status")
    await kept("scheduler_task_delete", f"tasks/{task['uuid']}")
    await kept("scheduler_task_restore", f"tasks/{task['uuid']}/restore")


async def test_refusals_are_as_described(kept):
    await kept("scheduler_task_create", "tasks", {}, 400)
    await kept("scheduler_task_get", "tasks/no-such", status=404)
    await kept("scheduler_tasks_list", "tasks?limit=x", status=400)
