"""GET api/openapi.json: the API described, from the same table that routes it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from .. import __version__
from ..engine.actions import CodeAction, CommandAction, NotebookAction
from .base import TOKEN_HEADER, ApiHandler, to_json
from .endpoint import Endpoint, endpoint
from .meanings import meanings
from .shapes import ErrorReply

ACTIONS: tuple[type[BaseModel], ...] = (NotebookAction, CodeAction, CommandAction)
REFERENCE = "#/components/schemas/{model}"
REFUSALS = {
    "400": "Not valid: `error.field` names what is wrong",
    "403": "Not authenticated, not authorized, or without XSRF token",
    "404": "There is no such thing",
}
BODY_REFUSALS = {"413": "The body is longer than the route allows"}
EDIT_REFUSALS = {
    "409": "Right in itself, but not now",
    "412": "The revision in If-Match is not the current one",
    "429": "Too many requests",
    "503": "The store cannot be written at the moment",
    "507": "The disk is full",
}

PATH = {
    "uuid": "The task's id",
    "run_id": "The run's id",
    "context_id": "The context's id",
    "template_id": "The template's id",
    "name": "The file's name",
}
"""What the names in paths stand for."""

_document: dict[str, bytes] = {}


class WithMeanings(GenerateJsonSchema):
    """Puts what stands below a field into its schema."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        model = schema["cls"]
        if issubclass(model, BaseModel):
            meant = meanings(model)
            for name, field in model.model_fields.items():
                member = described.get("properties", {}).get(field.alias or name)
                if member is not None and name in meant:
                    member.setdefault("description", meant[name])
        return described


@endpoint("GET", "api/openapi.json", "read", replies={200: None})
async def scheduler_openapi(request: ApiHandler) -> None:
    """Describe the API (OpenAPI 3.1)."""
    base = request.url()
    if base not in _document:
        from .routes import ENDPOINTS

        # Off the event loop: sources are read, and a hundred schemas made.
        _document[base] = await asyncio.to_thread(lambda: to_json(describe_api(ENDPOINTS, base)))
    request.reply(_document[base])


def describe_api(endpoints: Sequence[Endpoint], base: str) -> dict[str, Any]:
    """The OpenAPI document of these endpoints, served below the path `base`."""
    models = {model for one in endpoints for model in (one.body, *one.replies.values()) if model}
    models |= {ErrorReply, *ACTIONS}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=REFERENCE, schema_generator=WithMeanings
    )
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(f"/{one.path}", {})[one.method.lower()] = describe_operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jupyter scheduler extension",
            "version": __version__,
            "description": "Times are RFC 3339 in UTC, durations are seconds. Errors have one shape, `ErrorReply`.",
        },
        "servers": [{"url": base.rstrip("/")}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": widen(schemas["$defs"]),
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`token …`"},
                "session": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-XSRFToken",
                    "description": "Jupyter's session cookie; what is not GET carries the XSRF token besides",
                },
                "task_token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": TOKEN_HEADER,
                    "description": "The token of an ad-hoc task, in place of a session",
                },
            },
        },
    }


def describe_operation(one: Endpoint) -> dict[str, Any]:
    """One operation of the document."""
    _, _, more = (one.answer.__doc__ or "").partition("\n")
    described: dict[str, Any] = {
        "operationId": one.operation,
        "summary": one.summary,
        "tags": [one.path.split("/")[1].removesuffix(".json")],
        "x-permission": one.permission,
        "parameters": [*path_parameters(one.path), *query_parameters(one.query), *header_parameters(one.headers)],
        "responses": responses(one),
    }
    if more.strip():
        described["description"] = " ".join(more.split())
    if one.token:
        described["security"] = [{"token": []}, {"session": []}, {"task_token": []}]
    if one.body is not None:
        described["requestBody"] = {
            "required": False,
            "content": {"application/json": {"schema": reference(one.body)}, **{media: {} for media in one.takes}},
        }
    return described


def path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": PATH[name]}
        for name in re.findall(r"{(\w+)}", path)
    ]


def query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(ref_template=REFERENCE, schema_generator=WithMeanings)
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": {key: value for key, value in member.items() if key not in ("title", "description")},
            **({"description": member["description"]} if "description" in member else {}),
        }
        for name, member in schema["properties"].items()
    ]


def header_parameters(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those that OpenAPI counts as parameters: of Content-Type it says in the body which there may be."""
    return [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": meant}
        for name, meant in headers.items()
        if name != "Content-Type"
    ]


def responses(one: Endpoint) -> dict[str, Any]:
    given = {name: {"description": meant, "schema": {"type": "string"}} for name, meant in one.gives.items()}
    good = {
        str(status): {"description": one.summary}
        | ({"content": content} if content else {})
        | ({"headers": given} if given and status < 300 else {})
        for status, model in one.replies.items()
        for content in [contents(one, model) if status < 300 else {}]
    }
    refused = dict(REFUSALS)
    if one.method != "GET":
        refused |= BODY_REFUSALS | EDIT_REFUSALS
    if one.rate is not None:
        refused |= {"429": EDIT_REFUSALS["429"]}
    error = {"application/json": {"schema": reference(ErrorReply)}}
    bad = {status: {"description": text, "content": error} for status, text in refused.items()}
    if "429" in bad:
        seconds = {"description": "Seconds after which it may be tried again", "schema": {"type": "integer"}}
        bad["429"] = {**bad["429"], "headers": {"Retry-After": seconds}}
    return good | bad


def contents(one: Endpoint, model: type[BaseModel] | None) -> dict[str, Any]:
    """What an answer may be: JSON of this shape, and whatever else the endpoint can give."""
    shape = {"application/json": {"schema": reference(model)}} if model is not None else {}
    return shape | {media: {} for media in one.media}


def reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def widen(schemas: dict[str, Any]) -> dict[str, Any]:
    """What validators accept beyond the types they validate to: a cron string, a bare date, any kind of action."""
    text = {"type": "string"}
    for name in ("TaskSchedule", "PlannedTime"):
        if name in schemas:
            schemas[name] = {"anyOf": [schemas[name], text], "description": schemas[name].get("description", "")}
    known = [reference(action) for action in ACTIONS]
    other = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {**text, "description": "The name of the kind; its own members stand beside it"}},
        "description": "A kind added by entry point",
    }
    schemas["Action"] = {"anyOf": [*known, other], "description": "What a run does"}
    return schemas
