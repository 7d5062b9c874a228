"""What parameters mean when a run starts: ``{{ fire_date }}`` and its like, and secrets that are named, not written.

``{"$env": "NAME"}`` is a variable of the server's environment, ``{"$keyring": "service/name"}`` an entry of the keyring
of its system. Stored and shown is only the reference; the value goes to the kernel and nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..engine.errors import Invalid
from ..engine.instants import to_datetime, to_rfc3339
from ..engine.models import AnyTask, ScheduledTask
from ..engine.runs import Run

BUILT_IN = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
REFERENCES = ("$env", "$keyring")


class Secret(str):
    """A text that must not be written down: it shows itself as dots."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def is_secret(value: Any) -> bool:
    """Is there a secret in this value?"""
    if isinstance(value, Mapping):
        return any(map(is_secret, value.values()))
    if isinstance(value, list | tuple):
        return any(map(is_secret, value))
    return isinstance(value, Secret)


def is_left_open(value: Any) -> bool:
    """Is there a built-in or a reference to a secret in it, so that only the run will tell what it is?"""
    if isinstance(value, str):
        return BUILT_IN.search(value) is not None
    if isinstance(value, Mapping):
        return any(name in REFERENCES for name in value) or any(map(is_left_open, value.values()))
    return isinstance(value, list | tuple) and any(map(is_left_open, value))


def built_ins(run: Run, task: AnyTask) -> dict[str, str]:
    """What ``{{ ... }}`` may name. Dates and times of the day are in the task's zone, `fire_time` is in UTC."""
    local = to_datetime(run.fire_time).astimezone(_zone(task))
    return {
        "fire_time": to_rfc3339(run.fire_time) or "",
        "fire_time_local": local.isoformat(timespec="seconds"),
        "fire_date": local.date().isoformat(),
        "run_id": run.id,
        "run_key": run.key,
        "task_id": run.task_id,
        "task_name": run.task_name,
        "attempt": str(run.attempt),
        "origin": run.origin.value,
    }


def resolve(
    parameters: Mapping[str, Any],
    run: Run,
    task: AnyTask,
    *,
    environment: Mapping[str, str] = os.environ,
    keyring: Callable[[str, str], str | None] | None = None,
) -> dict[str, Any]:
    """The parameters with their built-ins and secrets filled in; `keyring` finds a secret by service and name.

    Raises Invalid for a built-in that does not exist or a secret that cannot be found, naming the parameter.
    """
    known = built_ins(run, task)

    def filled(value: Any, field: str) -> Any:
        if isinstance(value, str):
            return BUILT_IN.sub(lambda found: _built_in(found[1], known, field), value)
        if isinstance(value, list | tuple):
            return [filled(item, field) for item in value]
        if isinstance(value, Mapping):
            if len(value) == 1 and (kind := next(iter(value))) in REFERENCES:
                return _secret(kind, value[kind], field, environment, keyring or _from_keyring)
            return {name: filled(item, field) for name, item in value.items()}
        return value

    return {name: filled(value, f"parameters.{name}") for name, value in parameters.items()}


def _zone(task: AnyTask) -> ZoneInfo:
    name = task.schedule.timezone if isinstance(task, ScheduledTask) else "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _built_in(name: str, known: Mapping[str, str], field: str) -> str:
    if name not in known:
        raise Invalid(f"there is no {{{{ {name} }}}}; there are: {', '.join(known)}", field=field)
    return known[name]


def _secret(
    kind: str,
    name: Any,
    field: str,
    environment: Mapping[str, str],
    keyring: Callable[[str, str], str | None],
) -> Secret:
    if not isinstance(name, str):
        raise Invalid(f"{kind} names a secret by a text", field=field)
    if kind == "$env":
        found = environment.get(name)
        where = f"the server's environment has no variable {name!r}"
    else:
        service, _, entry = name.rpartition("/")
        found = keyring(service, entry)
        where = f"the keyring has no entry {name!r}"
    if found is None:
        raise Invalid(where, field=field)
    return Secret(found)


def _from_keyring(service: str, name: str) -> str | None:
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise Invalid("secrets from a keyring need the package 'keyring' on the server", field="parameters") from None
    found = keyring.get_password(service, name)
    return None if found is None else str(found)
