"""The HTTP interface, from the OpenAPI document that a server gives at ``api/openapi.json``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jupyter_scheduler_ext.handlers import openapi
from jupyter_scheduler_ext.handlers.endpoint import Endpoint
from jupyter_scheduler_ext.handlers.routes import ENDPOINTS

from .markdown import anchored, cell, prose, table
from .shapes import DEFINED, members, words

BASE = "/scheduler-ext/"
TITLES = {
    "tasks": "Tasks",
    "tick": "The clock from outside",
    "poll": "Changes",
    "schedule": "Rules",
    "timeline": "Timeline",
    "runs": "Runs",
    "contexts": "Contexts",
    "templates": "Templates",
    "export": "Export",
    "import": "Import",
    "notebooks": "Notebooks",
    "notifications": "Notifications",
    "status": "Status",
    "openapi": "This document",
}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of a server at the root of its host."""
    return openapi.describe_api(ENDPOINTS, BASE)


def errors() -> str:
    """The statuses that refuse, and what each means."""
    refusals = {**openapi.REFUSALS, **openapi.BODY_REFUSALS, **openapi.EDIT_REFUSALS}
    return table(("Status", "Means"), sorted(refusals.items()))


def endpoints() -> str:
    """Every operation, below the first word of its path."""
    parts: list[str] = []
    section = ""
    known = {(one.method, one.path): one for one in ENDPOINTS}
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            if operation["tags"][0] != section:
                section = operation["tags"][0]
                parts.append(f"## {TITLES.get(section, section.capitalize())}\n")
            parts.append(_operation(known[method.upper(), path.removeprefix("/")], operation))
    return "\n".join(parts)


def _operation(one: Endpoint, operation: Mapping[str, Any]) -> str:
    told = operation["summary"] + ". " + operation.get("description", "")
    parts = [anchored(one.operation, 3, f"`{one.method} {one.path}`"), prose(told.strip()), "", *_facts(one, operation)]
    rows = [
        (f"`{parameter['name']}`", words(parameter["schema"]), parameter["description"])
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    ]
    parts += ["", table(("Query", "Type", "Meaning"), rows), table(("Header", "Meaning"), _named(one.headers))]
    return "\n".join(parts)


def _facts(one: Endpoint, operation: Mapping[str, Any]) -> Iterator[str]:
    also = ", or the task's token in `X-Task-Token`" if one.token else ""
    yield f"- Needs `{one.permission}`{also}"
    if body := operation.get("requestBody"):
        yield f"- Body: {_contents(body['content'])}; {_size(one.limit)} at most"
    for status, reply in operation["responses"].items():
        if int(status) < 400:
            yield f"- {status}: {_contents(reply.get('content', {})) or 'nothing has changed'}"
    for name, meant in one.gives.items():
        yield f"- Answers with `{name}`: {meant[:1].lower()}{meant[1:]}"
    refused = [status for status in operation["responses"] if int(status) >= 400]
    yield f"- Errors: {', '.join(sorted(refused))}"
    if one.rate:
        yield f"- Counts as `{one.rate}` in `c.SchedulerExtension.rate_limits`"


def _named(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{name}`", meant) for name, meant in headers.items()]


def _contents(content: Mapping[str, Any]) -> str:
    shapes = [words(value["schema"]) if "schema" in value else f"`{media}`" for media, value in content.items()]
    return " or ".join(shapes)


def _size(limit: int) -> str:
    return f"{limit // 1024**3} GB" if limit >= 1024**3 else f"{limit // 1024**2} MB"


def api_shapes() -> str:
    """Every shape that an operation takes or gives, but for those that the page of definitions has."""
    given = _given()
    return "\n".join(
        _shape(name, schema, given=name in given)
        for name, schema in sorted(document()["components"]["schemas"].items())
        if name not in DEFINED
    )


def _shape(name: str, schema: Mapping[str, Any], *, given: bool) -> str:
    told = schema.get("description", "")
    listed = members(schema, given=given) if "properties" in schema else f"{cell(words(schema))}\n"
    more = "Further members may come.\n" if schema.get("additionalProperties") is True else ""
    return "\n".join([anchored(f"shape-{name}", 2, f"`{name}`"), prose(told), "", listed, more])


def _given() -> set[str]:
    """The shapes that a caller gives; all others are only ever answered."""
    bodies = [
        one["requestBody"] for path in document()["paths"].values() for one in path.values() if "requestBody" in one
    ]
    schemas = document()["components"]["schemas"]
    found: set[str] = set()
    waiting = re.findall(r"schemas/(\w+)", str(bodies))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"schemas/(\w+)", str(schemas[name]))
    return found
