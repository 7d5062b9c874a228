"""What people write as values on a command line: parameters, durations, times."""

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


class _None:
    """Said to be none, as opposed to not said."""


NONE = _None()


def parameters(words: Iterable[str]) -> dict[str, Any]:
    """``["n=3", "region=eu"]`` -> ``{"n": 3, "region": "eu"}``: JSON or a Python literal if it is one, else text."""
    found: dict[str, Any] = {}
    for word in words:
        name, given, value = word.partition("=")
        if not given or not name.isidentifier():
            raise click.BadParameter(f"a parameter is written NAME=VALUE, not {word!r}", param_hint="--param")
        found[name] = _literal(value)
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
