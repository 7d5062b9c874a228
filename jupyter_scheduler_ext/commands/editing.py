"""``edit``: members by options, or the whole definition in an editor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..client import Conflict, Invalid, SchedulerError, Stale
from . import screen
from .definitions import definition, of_definition
from .flags import naming_flags, put
from .session import as_json, of_scheduler, session, task_argument
from .showing import show_task

FIRST = ("name", "description", "tags", "enabled", "schedule", "plan", "action", "policy")
"""What people look for first; the other members follow."""
FIXED = frozenset({"uuid", "type", "token", "token_secret"})
"""Members that an edit cannot change, besides those that are derived."""
HEAD = """\
# {name}, revision {revision}. Save and leave the editor to apply; save an empty file to leave all as it is.
# A member that is taken out goes back to its default.
"""


@click.command()
@task_argument()
@click.option("--name", help="A new name.")
@click.option("--enabled/--disabled", default=None)
@of_definition
@click.option("--unset-param", "unset", multiple=True, metavar="NAME", help="Take a parameter out.")
@click.option("--no-tags", is_flag=True)
@click.option("--unset", "cleared", multiple=True, metavar="MEMBER", help="Back to its default, as policy.end_at.")
@click.option("--editor", is_flag=True, help="The whole definition as YAML, in $VISUAL or $EDITOR.")
@click.argument("words", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@as_json
@of_scheduler
def edit(
    task: str,
    name: str | None,
    enabled: bool | None,
    unset: Sequence[str],
    no_tags: bool,
    cleared: Sequence[str],
    editor: bool,
    words: Sequence[str],
    **given: Any,
) -> None:
    """Change members of a task by options, or all of it in an editor."""
    now = session()
    found = now.task(task, to_change=True)
    patch: dict[str, Any] = {key: value for key, value in (("name", name), ("enabled", enabled)) if value is not None}
    patch |= definition(given, words, now.client.connection.server.root)
    if patch.pop("type", found.type) != found.type:
        raise Invalid(f"the type of a task cannot change, and this is {found.type}; create another", field="type")
    if no_tags:
        patch["tags"] = []
    if unset:
        action = patch.setdefault("action", {})
        action["parameters"] = {**action.get("parameters", {}), **dict.fromkeys(unset)}
    for path in cleared:
        put(patch, path, None)
    if editor and patch:
        raise click.UsageError("--editor goes without other changes")
    if not editor and not patch:
        raise click.UsageError("say what to change, or give --editor")
    try:
        changed = _in_editor(found) if editor else now.client.update(found, patch)
    except Invalid as error:
        raise naming_flags(error, {"name": name, **given}) from None
    if changed is None:
        screen.remark("Nothing was changed.")
        changed = found
    if now.json:
        screen.show_json({"task": changed.data})
    else:
        show_task(changed.data)


def _in_editor(task: Any) -> Any:
    """The task as edited, None if nothing was changed. Whatever goes wrong, the text is kept in a file."""
    before = editable(task.data)
    text = HEAD.format(name=screen.plain(task.name).replace("\n", " "), revision=task.revision) + as_yaml(before)
    while True:
        text = _edited(text)
        try:
            patch = patch_of(before, from_yaml(text))
            if not patch:
                return None
            return session().client.update(task, patch, task.revision)
        except Stale:
            raise Conflict(
                f"{task.name!r} was changed by somebody else meanwhile; your text is in {_keep(text)}", code="stale"
            ) from None
        except Invalid as error:
            screen.complain(str(error))
            if not _again():
                raise Invalid(f"nothing was changed; your text is in {_keep(text)}") from None
        except SchedulerError as error:
            screen.remark(f"Your text is in {_keep(text)}")
            raise error from None


def editable(task: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a task that a person may change; of a plan the dates ahead, those that are done stay."""
    from ..engine.views import DERIVED

    names = [*FIRST, *(name for name in task if name not in FIRST)]
    shown = {name: task[name] for name in names if name not in FIXED | DERIVED and task.get(name) is not None}
    if task.get("dedicated_context"):
        shown.pop("context_id", None)
    if shown.get("plan"):
        shown["plan"] = {"todo": [_date(time) for time in shown["plan"]["todo"]]}
    return shown


def _date(time: Mapping[str, Any]) -> Any:
    """A planned date as it was meant. The instant that follows from wall time and zone is left out: who changes the one
    should not have to change the other."""
    if not time.get("wall"):
        return time["at"]
    return {name: time[name] for name in ("wall", "timezone", "fold") if time.get(name)}


def as_yaml(value: Mapping[str, Any]) -> str:
    from ..engine import yaml_text

    return yaml_text.dump(dict(value))


def from_yaml(text: str) -> dict[str, Any] | None:
    """The definition of a text; None if nothing is left of it. Raises Invalid."""
    from ..engine import errors, yaml_text

    try:
        value = yaml_text.load(text)
    except errors.Invalid as error:
        raise Invalid(error.message) from None
    if value is not None and not isinstance(value, dict):
        raise Invalid("a task is written as members: name, action, schedule, ...")
    return value


def patch_of(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> dict[str, Any]:
    """The JSON merge patch that turns one definition into the other. Raises Invalid for a null that no patch can say:
    in a patch it takes a member out."""
    if after is None:
        return {}
    patch: dict[str, Any] = dict.fromkeys(name for name in before if name not in after)
    for name, value in after.items():
        known = before.get(name)
        if name in before and known == value and type(known) is type(value):
            continue
        if isinstance(known, Mapping) and isinstance(value, Mapping) and known.get("kind") == value.get("kind"):
            patch[name] = patch_of(known, value)
        elif value is None and name not in before:
            raise Invalid(f"{name} cannot become null: leave it out")
        else:
            patch[name] = value
    return patch


def _edited(text: str) -> str:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    try:
        return click.edit(text, editor=command, extension=".yaml", require_save=False) or ""
    except click.ClickException as error:
        raise Invalid(f"the editor did not work: {error.format_message()}; set EDITOR to another") from None


def _again() -> bool:
    import sys

    return sys.stdin.isatty() and sys.stderr.isatty() and click.confirm("Edit once more?", default=True, err=True)


def _keep(text: str) -> Path:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", prefix="task-", delete=False, encoding="utf-8") as file:
        file.write(text)
    return Path(file.name)
