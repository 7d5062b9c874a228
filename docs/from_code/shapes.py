"""JSON schemas in words: what may stand where, and what it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from jupyter_scheduler_ext.engine import actions, models
from jupyter_scheduler_ext.handlers.openapi import WithMeanings
from jupyter_scheduler_ext.runners.prompt_action import PromptAction

from .markdown import anchored, code, prose, table

REFERENCE = "#/components/schemas/{model}"
TASKS: tuple[type[BaseModel], ...] = (models.BaseTask, models.ScheduledTask, models.PlannedTask, models.AdHocTask)
PARTS: tuple[type[BaseModel], ...] = (
    models.TaskSchedule,
    models.TaskPlan,
    models.PlannedTime,
    actions.NotebookAction,
    actions.CodeAction,
    actions.CommandAction,
    PromptAction,
    models.Policy,
    models.Retries,
    models.Notify,
)
DEFINED = frozenset(model.__name__ for model in (*TASKS, *PARTS))
"""Shapes that the page of definitions describes."""


def definitions() -> str:
    """The members of tasks, and of what tasks consist of."""
    parts = [_model(models.BaseTask, "Every task")]
    parts += [_model(model, skip=models.BaseTask.model_fields) for model in TASKS[1:]]
    parts += [_model(model) for model in PARTS]
    return "\n".join(parts)


def _model(model: type[BaseModel], title: str = "", skip: Iterable[str] = ()) -> str:
    schema = model.model_json_schema(ref_template=REFERENCE, schema_generator=WithMeanings)
    schema["properties"] = {name: member for name, member in schema["properties"].items() if name not in skip}
    heading = anchored(f"shape-{model.__name__}", 2, title or f"`{model.__name__}`")
    return "\n".join([heading, prose(model.__doc__), "", members(schema)])


def members(schema: Mapping[str, Any], *, given: bool = True) -> str:
    """A table of an object's members; with their defaults if it is given by a caller."""
    required = schema.get("required", ())
    rows = []
    for name, member in schema.get("properties", {}).items():
        default = ["required" if name in required else _default(member)] if given else []
        rows.append([f"`{name}`", words(member), *default, member.get("description", "")])
    return table(("Member", "Type", *(["Default"] if given else []), "Meaning"), rows)


def _default(member: Mapping[str, Any]) -> str:
    default = member.get("default")
    if "default" not in member or (isinstance(default, dict) and default):
        return ""
    return code(default)


def words(schema: Mapping[str, Any]) -> str:
    """What a schema allows, in words; named shapes as links."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#shape-{name})"
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(dict.fromkeys(words(one) for one in schema.get("anyOf") or schema["oneOf"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "anything")
    limits = ", ".join(_limits(schema))
    name = {"null": "null", "object": "object", "array": "list", "boolean": "true or false"}.get(kind, kind)
    if schema.get("format") == "date-time":
        name = "time"
    if kind == "array":
        name = _list(schema)
    elif isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        name = f"object of {words(schema['additionalProperties'])}"
    return f"{name}, {limits}" if limits else name


def _list(schema: Mapping[str, Any]) -> str:
    if "prefixItems" in schema:
        return "[" + ", ".join(words(one) for one in schema["prefixItems"]) + "]"
    items = schema.get("items")
    return f"list of {words(items)}" if items else "list"


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " of them"),
    ):
        least, most = schema.get(low), schema.get(high)
        if "prefixItems" in schema and unit:
            continue
        if least is not None and most is not None:
            yield f"{_number(least)} to {_number(most)}{unit}"
        elif least is not None:
            yield f"at least {_number(least)}{unit}"
        elif most is not None:
            yield f"at most {_number(most)}{unit}"
    if "exclusiveMinimum" in schema:
        yield f"more than {_number(schema['exclusiveMinimum'])}"


def _number(value: float) -> str:
    return f"{value:,.15g}"
