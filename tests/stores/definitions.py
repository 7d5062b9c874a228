"""Tasks for tests of stores."""

from __future__ import annotations

from typing import Any

from jupyter_scheduler_ext.engine.models import TASK, AnyTask


def a_task(uuid: str = "a", name: str = "Nightly report", **fields: Any) -> AnyTask:
    return _task({"type": "scheduled", "uuid": uuid, "name": name, "schedule": "30 2 * * *"}, fields)


def a_plan(uuid: str = "p", name: str = "Quarter ends", **fields: Any) -> AnyTask:
    plan = {"todo": ["2030-04-01T02:30", "2030-01-01T00:00:00Z"]}
    return _task({"type": "planned", "uuid": uuid, "name": name, "plan": plan}, fields)


def a_call(uuid: str = "c", name: str = "On demand", **fields: Any) -> AnyTask:
    return _task({"type": "adhoc", "uuid": uuid, "name": name}, fields)


def renamed(task: AnyTask, name: str) -> AnyTask:
    return task.model_copy(update={"name": name})


def _task(value: dict[str, Any], fields: dict[str, Any]) -> AnyTask:
    action = {"kind": "command", "argv": ["true"]}
    return TASK.validate_python({"action": action} | value | fields, context={"timezone": "Europe/Berlin"})
