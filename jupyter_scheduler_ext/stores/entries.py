"""One task as it stands in the file: read leniently, written so that it diffs well.

What equals its default is left out, so that an entry shows what its author decided; a change of a default is therefore
a change of the schema. Keys that this version does not know are kept where they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from uuid import NAMESPACE_URL, uuid5

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from ..engine.errors import Invalid
from ..engine.models import TASK, AnyTask, Identifier, PlannedTask, PlannedTime, ScheduledTask

Path: TypeAlias = tuple[str | int, ...]
Extras: TypeAlias = tuple[tuple[Path, Any], ...]
"""Keys that this version does not know: where they stand in the entry, and their value. An item of a list, which may
move, is named by its ``at``: only planned times are objects in a list."""

INDENT = "    "

_ALWAYS = ("uuid", "revision", "type", "name", "enabled")
_ORDER = (
    *("uuid", "revision", "type", "name", "description", "tags", "enabled", "schedule", "plan", "token", "action"),
    *("policy", "context_id", "attachments", "notify", "executor", "server_label", "owner"),
    *("effective_from", "created_at", "updated_at"),
)
_TYPES = ("scheduled", "planned", "adhoc")
_NOT_OURS = ("state", "next_run", "last_run", "dedicated_context")
"""Found in the API's form of a task, which a person may paste: derived from what happened, so never a definition."""

_LONG = 100
_one_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str)

_NAMELESS = uuid5(NAMESPACE_URL, "jupyter-scheduler-ext/nameless")
_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


@dataclass(frozen=True, slots=True)
class Entry:
    """One element of ``tasks``: its text, and what it means.

    `task` is None if the text means nothing (and `problem` says why). A task beside a problem is the last good one,
    kept in force while the text is wrong. `stale` text is written anew at the next save: it lacks the uuid or revision
    that the task was given.
    """

    key: str
    text: str
    task: AnyTask | None = None
    extras: Extras = ()
    problem: str | None = None
    stale: bool = False

    @property
    def odd(self) -> bool:
        return self.stale or self.problem is not None or bool(self.extras)


def identify(value: Any, text: str, position: int) -> str:
    """The key of an entry: its uuid, one made from its text if it has none, or else its position, as in ``#3``."""
    if isinstance(value, dict) and "uuid" not in value:
        return str(uuid5(_NAMELESS, text))  # the same in every process that reads it, until one of them saves it
    try:
        return _IDENTIFIER.validate_python(value["uuid"], strict=True)
    except (ValidationError, TypeError, KeyError, IndexError):
        return f"#{position}"


def read(value: Any, text: str, key: str, context: Mapping[str, Any]) -> Entry:
    """The entry of a parsed value; never raises."""
    nameless = isinstance(value, dict) and "uuid" not in value
    if nameless:
        value = {"uuid": key, **value}
    try:
        task, extras = _validate(value, context)
    except Exception as error:  # an action of another package may raise anything; one bad entry must not stop others
        return Entry(key, text, problem=explain(error))
    return Entry(key, text, task, extras, stale=nameless)


def write(task: AnyTask, extras: Extras = ()) -> Entry:
    """The entry of a task, verified: its text means this very task. Raises Invalid for what JSON cannot hold."""
    try:
        _one_line.encode(task.action.model_dump(warnings=False))  # dumped as JSON, infinity would be null
        value = to_json(task)
        text = _render(value, extras)
        parsed = pydantic_core.from_json(text, allow_inf_nan=False)
        again, kept = _validate(parsed, {})
        if to_json(again) != value:
            raise ValueError("it reads back differently")
    except Exception as error:
        raise Invalid(f"The task {task.name!r} cannot be stored: {explain(error)}") from error
    return Entry(task.uuid, text, again, kept)


def to_json(task: AnyTask) -> dict[str, Any]:
    """A task as plain data, without what equals its default."""
    value = task.model_dump(mode="json", exclude_defaults=True, warnings=False)
    value |= {name: getattr(task, name) for name in _ALWAYS}
    value["action"] = {"kind": task.action.kind} | value["action"]
    if isinstance(task, ScheduledTask):
        value["schedule"] = task.schedule.model_dump(mode="json")
    if isinstance(task, PlannedTask):
        value.setdefault("plan", {})
    return {name: value[name] for name in _ORDER if name in value}


def explain(error: Exception) -> str:
    """What is wrong with an entry, in one line that names the fields."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)
        told = [": ".join(filter(None, (_dotted(each["loc"]), each["msg"]))) for each in found[:3]]
        more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
        return "; ".join(told) + more
    return str(error) or type(error).__name__


def _validate(value: Any, context: Mapping[str, Any]) -> tuple[AnyTask, Extras]:
    """The task of a value and the keys that this version does not know. Raises whatever validation raises."""
    context = dict(context)
    unknown: list[tuple[Path, Any]] = []
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if name not in _NOT_OURS}
    while True:
        try:
            task = TASK.validate_python(value, context=context)
            break
        except ValidationError as error:
            paths = [each["loc"][1:] for each in error.errors() if each["type"] == "extra_forbidden"]
            if not paths or len(paths) < error.error_count():
                raise
            value = json.loads(json.dumps(value))
            unknown += [(path, _take_out(value, path)) for path in paths]
    return task, tuple((_by_time(value, path, context), extra) for path, extra in unknown)


def _render(value: dict[str, Any], extras: Extras) -> str:
    """A line for each field, unless it is too long for one."""
    if extras:
        value = json.loads(json.dumps(value))
        for path, extra in extras:
            _put_back(value, path, extra)
    return (
        "{\n"
        + ",\n".join(f"{INDENT}  {_field(name)}: {_field(part)}" for name, part in value.items())
        + f"\n{INDENT}}}"
    )


def _field(value: Any) -> str:
    text = _one_line.encode(value)
    return text if len(text) <= _LONG or not isinstance(value, dict | list) else _several_lines(value)


def _several_lines(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", f"\n{INDENT}  ")


def _take_out(value: Any, path: Path) -> Any:
    for step in path[:-1]:
        value = value[step]
    return value.pop(path[-1])


def _by_time(value: Any, path: Path, context: Mapping[str, Any]) -> Path:
    """The same place, with the position in a list replaced by the time that stands there."""
    steps: list[str | int] = []
    for step in path[:-1]:
        value = value[step]
        if isinstance(step, int):
            step = PlannedTime.model_validate(value, context=context).model_dump(mode="json")["at"]
        steps.append(step)
    return (*steps, path[-1])


def _put_back(value: Any, path: Path, extra: Any) -> None:
    """Into the place it came from; if that is gone (a planned time that was removed), it goes with it. A policy that
    is all defaults is left out of the text, but has not gone."""
    for step in path[:-1]:
        if isinstance(value, list):
            value = next((item for item in value if isinstance(item, dict) and item.get("at") == step), None)
        elif isinstance(value, dict):
            value = value.setdefault(step, {}) if path[0] == "policy" else value.get(step)
    if isinstance(value, dict):
        value.setdefault(cast(str, path[-1]), extra)


def _dotted(location: Iterable[str | int]) -> str:
    steps = [str(step) for step in location]
    return ".".join(steps[1:] if steps[:1] and steps[0] in _TYPES else steps)
