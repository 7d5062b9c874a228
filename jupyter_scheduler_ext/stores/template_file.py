"""Templates: tasks to start from. Some are built in; the user's own are kept in ``templates.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ..engine.errors import Conflict, NotFound, Unavailable
from ..engine.models import new_uuid
from ..engine.privacy import make_private

MOST = 500
ENTRY_POINTS = "jupyter_scheduler_ext.templates"
"""Each loads to templates as `BUILT_IN` has them, for everybody on the server; nobody can delete them in the page."""
LOCK_TIMEOUT = 10.0

BUILT_IN: tuple[dict[str, Any], ...] = (
    {
        "id": "nightly-notebook",
        "name": "Nightly notebook",
        "description": "Runs a notebook every night, in a kernel of its own, and once more if it fails.",
        "task": {
            "type": "scheduled",
            "name": "Nightly report",
            "schedule": "30 2 * * *",
            "action": {"kind": "notebook", "path": ""},
            "policy": {"retries": {"max": 1, "delay": 300}},
        },
    },
    {
        "id": "hourly-check",
        "name": "Hourly check",
        "description": "Looks every hour whether something is as it should be; stops after five failures in a row.",
        "task": {
            "type": "scheduled",
            "name": "Hourly check",
            "schedule": "0 * * * *",
            "action": {"kind": "code", "source": "assert True, 'what should hold'"},
            "policy": {"catchup": "none", "timeout": 600, "pause_after": 5},
        },
    },
    {
        "id": "weekly-report",
        "name": "Weekly report",
        "description": "Runs a notebook on Monday mornings; a Monday missed is made up for within three days.",
        "task": {
            "type": "scheduled",
            "name": "Weekly report",
            "schedule": "45 7 * * mon",
            "action": {"kind": "notebook", "path": "", "hide_input": True},
            "policy": {"catchup": "latest", "catchup_window": 259200},
        },
    },
    {
        "id": "clean-up",
        "name": "Clean-up",
        "description": "Runs a command on Sundays: here, one that lists files nobody changed for 30 days.",
        "task": {
            "type": "scheduled",
            "name": "Clean-up",
            "schedule": "0 4 * * sun",
            "action": {"kind": "command", "argv": ["find", ".", "-type", "f", "-mtime", "+30"]},
        },
    },
    {
        "id": "keep-warm",
        "name": "Data kept warm",
        "description": "Runs code every 15 minutes in a kernel that stays alive, its variables there to use.",
        "task": {
            "type": "scheduled",
            "name": "Data kept warm",
            "schedule": "*/15 * * * *",
            "action": {"kind": "code", "source": "count = globals().get('count', 0) + 1\ncount", "kernel": "keep"},
        },
    },
    {
        "id": "on-demand",
        "name": "On demand",
        "description": "Runs a notebook when a program calls it with its token, or somebody presses Run.",
        "task": {"type": "adhoc", "name": "On demand", "action": {"kind": "notebook", "path": ""}},
    },
)


@cache
def built_in() -> tuple[dict[str, Any], ...]:
    """Those of this package, then those that other installed packages bring."""
    brought = (template for point in entry_points(group=ENTRY_POINTS) for template in point.load())
    return (*BUILT_IN, *brought)


class TemplateFile:
    """The user's templates in one small file. Blocking: call it off the event loop.

    Every change reads the file anew under a lock and replaces it by rename, so that servers may share the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "templates.json"

    def all(self) -> list[dict[str, Any]]:
        """Built-in templates, then the user's in the order they were made."""
        given = [{**template, "builtin": True} for template in built_in()]
        return given + [{**template, "builtin": False} for template in self._read()]

    def add(self, name: str, description: str, task: dict[str, Any]) -> dict[str, Any]:
        """Save one; a template of the same name is replaced. Raises Conflict when there are too many."""
        with self._locked():
            others = [template for template in self._read() if template["name"] != name]
            if len(others) >= MOST:
                raise Conflict(f"there are {MOST} templates already")
            made = {"id": new_uuid(), "name": name, "description": description, "task": task}
            self._write([*others, made])
        return {**made, "builtin": False}

    def remove(self, template_id: str) -> None:
        """Raises NotFound, or Conflict for a built-in one."""
        if any(template["id"] == template_id for template in built_in()):
            raise Conflict("a built-in template cannot be deleted")
        with self._locked():
            before = self._read()
            kept = [template for template in before if template["id"] != template_id]
            if len(kept) == len(before):
                raise NotFound(f"there is no template {template_id}")
            self._write(kept)

    def _read(self) -> list[dict[str, Any]]:
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise Unavailable(f"{self._file.name} cannot be read: {error}") from None
        found = stored.get("templates") if isinstance(stored, dict) else None
        if not isinstance(found, list):
            raise Unavailable(f"{self._file.name} does not hold templates")
        return [one for one in found if isinstance(one, dict) and {"id", "name", "description", "task"} <= one.keys()]

    def _write(self, templates: list[dict[str, Any]]) -> None:
        text = json.dumps({"schema": 1, "templates": templates}, indent=1, ensure_ascii=False)
        temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise Unavailable(f"the template was not saved: {error}") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            make_private(self._file.parent)
            with FileLock(self._file.with_suffix(".lock"), timeout=LOCK_TIMEOUT, mode=0o600):
                yield
        except Timeout:
            raise Unavailable("the templates are being written by another process") from None
        except OSError as error:
            raise Unavailable(f"the templates cannot be written: {error}") from None
