"""Which option says which member of a definition, so that an error about a member can name what the person typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import Invalid

MEMBERS: Mapping[str, str] = {
    "name": "name",
    "description": "description",
    "tags": "tags",
    "cron": "schedule",
    "at": "plan.todo",
    "timezone": "schedule.timezone",
    "notebook": "action.path",
    "code": "action.source",
    "code_file": "action.source",
    "prompt": "action.prompt",
    "prompt_file": "action.prompt",
    "system_prompt": "action.system",
    "endpoint": "action.endpoint",
    "model": "action.model",
    "memory": "action.memory",
    "model_options": "action.options",
    "params": "action.parameters",
    "kernel": "action.kernel_name",
    "keep_kernel": "action.kernel",
    "hide_input": "action.hide_input",
    "cwd": "action.cwd",
    "env": "action.env",
    "attach": "attachments",
    "context": "context_id",
    "executor": "executor",
    "server_label": "server_label",
    "notify": "notify.on",
    "notify_to": "notify.to",
    "long_after": "notify.long_after",
    "long_factor": "notify.long_factor",
    "catchup": "policy.catchup",
    "catchup_window": "policy.catchup_window",
    "overlap": "policy.overlap",
    "jitter": "policy.jitter",
    "timeout": "policy.timeout",
    "retries": "policy.retries.max",
    "retry_delay": "policy.retries.delay",
    "retry_factor": "policy.retries.factor",
    "retry_max_delay": "policy.retries.max_delay",
    "on_crash": "policy.on_crash",
    "pause_after": "policy.pause_after",
    "max_runs": "policy.max_runs",
    "start_at": "policy.start_at",
    "end_at": "policy.end_at",
}
"""The parameter of the command -> the dotted member that it stands for."""
FLAGS: Mapping[str, str] = {
    "tags": "--tag", "params": "--param", "model_options": "--model-option", "keep_kernel": "--keep-kernel",
}  # fmt: skip
"""Flags that are not spelled as their parameter."""


def flag(name: str) -> str:
    """The flag of a parameter: ``notify_to`` -> ``--notify-to``."""
    return FLAGS.get(name, f"--{name.replace('_', '-')}")


def put(members: dict[str, Any], path: str, value: Any) -> None:
    """Set a member by its dotted name."""
    *folders, last = path.split(".")
    for folder in folders:
        inner = members.get(folder)
        if not isinstance(inner, dict):
            inner = members[folder] = {}
        members = inner
    members[last] = value


def blamed(field: str, given: Mapping[str, Any]) -> str | None:
    """The option, of those that were given, that stands for a member or holds it; None if none does."""
    found = [
        name
        for name, member in MEMBERS.items()
        if given.get(name) not in (None, (), "") and f"{field}.".startswith(f"{member}.")
    ]
    return flag(max(found, key=lambda name: len(MEMBERS[name]))) if found else None


def naming_flags(error: Invalid, given: Mapping[str, Any]) -> Invalid:
    """The error, with the flag to mend in front of its field."""
    option = blamed(error.field, given) if error.field else None
    if option is None:
        return error
    named = Invalid(
        f"{option} ({error.field}): {error.message}",
        code=error.code,
        status=error.status,
        details={**error.details, "field": error.field, "option": option},
    )
    named.message = error.message
    return named
