"""What people write as values on a command line: parameters, durations, events."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:
    _Type = click.ParamType  # generic since click 8.4 only

UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")


class Duration(_Type):
    """``90``, ``90s``, ``5m``, ``1h30m``, ``2d`` as seconds; ``none`` as None where that is allowed."""

    name = "duration"

    def __init__(self, *, none: bool = False) -> None:
        self._none = none

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip().lower()
        if self._none and text == "none":
            return NONE
        parts = _DURATION.findall(text)
        if not parts or _DURATION.sub("", text).strip() or any(unit not in UNITS for _, unit in parts):
            self.fail(f"{value!r} is no duration; write 90s, 5m, 1h30m or 2d", param, ctx)
        seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
        return int(seconds) if seconds == int(seconds) else seconds


class Events(_Type):
    """``failure,long`` as a tuple of events; ``none`` and ``default`` as themselves."""

    name = "events"
    WORDS = ("failure", "success", "missed", "recovered", "long", "none", "default")
    """Those of `engine.models.Event`, which is not imported only to start a command, and two that stand alone."""
    HELP = "What to tell: failure, success, missed, recovered, long; none: nothing; default: as the server says."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        events = tuple(word.strip().lower() for word in value.split(",") if word.strip())
        unknown = next((event for event in events if event not in self.WORDS), None)
        if unknown is not None or not events:
            self.fail(f"{unknown or value!r} is no event; there are {', '.join(self.WORDS)}", param, ctx)
        return events

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(before + comma + word) for word in self.WORDS if word.startswith(last)]


class _None:
    """Said to be none, as opposed to not said."""


NONE = _None()


def parameters(words: Iterable[str], option: str = "--param") -> dict[str, Any]:
    """``["n=3", "region=eu"]`` -> ``{"n": 3, "region": "eu"}``: JSON or a Python literal if it is one, else text."""
    found: dict[str, Any] = {}
    for word in words:
        name, given, value = word.partition("=")
        if not given or not name.isidentifier():
            raise click.BadParameter(f"a parameter is written NAME=VALUE, not {word!r}", param_hint=option)
        found[name] = _literal(value)
    return found


def members_of(words: Iterable[str]) -> dict[str, Any]:
    """``["action.kind=sql", "policy.jitter=5"]``: dotted names of members and their values, read as parameters are."""
    found: dict[str, Any] = {}
    for word in words:
        path, given, value = word.partition("=")
        if not given or not all(path.split(".")):
            raise click.BadParameter(f"write MEMBER=VALUE, as in policy.jitter=5, not {word!r}", param_hint="--set")
        found[path] = _literal(value)
    return found


def pairs(words: Iterable[str], option: str) -> dict[str, str]:
    """``["A=1"]`` -> ``{"A": "1"}``"""
    found = {}
    for word in words:
        name, given, value = word.partition("=")
        if not given or not name:
            raise click.BadParameter(f"write NAME=VALUE, not {word!r}", param_hint=option)
        found[name] = value
    return found


def _literal(text: str) -> Any:
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
            json.dumps(value, allow_nan=False)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        return value
    return text
