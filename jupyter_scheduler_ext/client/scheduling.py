"""From what a person writes in a cell to the definition of a task."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from .errors import Invalid

What: TypeAlias = str | os.PathLike[str] | Sequence[str]
"""A notebook's path, or a command as a list of words."""
When: TypeAlias = str | datetime | Iterable[str | datetime]
"""A cron rule; or one or more times."""


def definition(
    what: What | None,
    when: When | None,
    *,
    name: str | None = None,
    code: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    timezone: str | None = None,
    kernel_name: str | None = None,
    kernel: str | None = None,
    root: str | None = None,
    **members: Any,
) -> dict[str, Any]:
    """The body of a POST to ``api/tasks``. Raises Invalid.

    `root` is the server's folder, if known: a notebook's path may then be relative to the working folder, too.
    """
    action = action_of(what, code, root)
    if parameters is not None:
        if action["kind"] == "command":
            raise Invalid("a command takes no parameters; put them into its words", field="parameters")
        action["parameters"] = dict(parameters)
    if kernel_name is not None:
        action["kernel_name"] = kernel_name
    if kernel is not None:
        action["kernel"] = kernel
    given = {
        key: list(value) if isinstance(value, tuple | set | frozenset) else value for key, value in members.items()
    }
    return {"name": name or name_of(action), "action": action, **timing_of(when, timezone), **given}


def action_of(what: What | None, code: str | None, root: str | None = None) -> dict[str, Any]:
    """What to do: exactly one of a notebook, a command and code."""
    if (what is None) == (code is None):
        raise Invalid("say what to run: a notebook's path, a list of words (a command), or code=", field="what")
    if code is not None:
        return {"kind": "code", "source": code}
    if isinstance(what, str | os.PathLike):
        path = os.fspath(what)
        if not path.endswith(".ipynb"):
            raise Invalid(
                f"{path!r} is not a notebook; a command is a list of words, code is given as code=", field="what"
            )
        return {"kind": "notebook", "path": served_path(path, root)}
    return {"kind": "command", "argv": [os.fspath(word) for word in what or ()]}


def served_path(path: str, root: str | None) -> str:
    """A notebook's path from the served root. A file that is there from the working folder is meant before one that
    is there from the root, as everywhere else in a notebook."""
    if root is None:
        return path
    folder, file = Path(root).expanduser().resolve(), Path(path).expanduser()
    here = file.resolve()
    if file.is_absolute() or here.exists():
        if here.is_relative_to(folder):
            return here.relative_to(folder).as_posix()
        if file.is_absolute():
            raise Invalid(f"{path} lies outside of the folder that the server serves, {folder}", field="action.path")
    return file.as_posix()


def link_to(path: str, root: str, folder: str | None = None) -> str | None:
    """From a working folder (by default this process's) to a path below the served root, as a link; None if that
    folder is not served. JupyterLab follows it, and so does a page that nbconvert laid beside the notebook."""
    base, here = Path(root).expanduser().resolve(), Path(folder or Path.cwd()).resolve()
    if not here.is_relative_to(base):
        return None
    return quote(Path(os.path.relpath(base / path, here)).as_posix())


def timing_of(when: When | None, timezone: str | None) -> dict[str, Any]:
    """When to do it: a cron rule, a list of times, or (None) only when called."""
    if when is None:
        return {"type": "adhoc"}
    times = [when] if isinstance(when, datetime) or (isinstance(when, str) and _is_time(when)) else when
    if isinstance(times, str):
        return {"type": "scheduled", "schedule": _cron(times, timezone)}
    return {"type": "planned", "plan": {"todo": [_planned(time, timezone) for time in times]}}


def name_of(action: Mapping[str, Any]) -> str:
    """A name for who gave none: the notebook's, or the first line of what is run."""
    if action.get("path"):
        return Path(action["path"]).stem
    text = action.get("source") or action.get("prompt") or " ".join(action.get("argv") or ())
    first = next((line.strip() for line in str(text).splitlines() if line.strip()), action["kind"])
    return str(first)[:60]


def _cron(rule: str, timezone: str | None) -> str | dict[str, str]:
    if timezone is None:
        return rule
    from ..engine.models import split_cron

    try:
        return {**split_cron(rule), "timezone": timezone}
    except ValueError as error:
        raise Invalid(str(error), field="schedule") from error


def _planned(time: str | datetime, timezone: str | None) -> str | dict[str, str]:
    text = time.isoformat() if isinstance(time, datetime) else time
    if timezone is None or (isinstance(time, datetime) and time.tzinfo is not None):
        return text
    return {"wall": text, "timezone": timezone}


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
