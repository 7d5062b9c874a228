"""Giving a run's environment to a kernel that is running already, by code that leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Mapping


def as_code(environment: Mapping[str, str], language: str, folder: str | None = None) -> str | None:
    """Code that sets these variables and the working folder; None for a language in which we do not know how.

    JSON's strings are strings of R and Julia too, once ``$`` is escaped for Julia.
    """
    match language.lower():
        case "python":
            lines = [f"__import__('os').environ.update({dict(environment)!r})"]
            if folder:
                lines.append(f"__import__('os').chdir({folder!r})")
        case "r":
            pairs = ", ".join(f"{name} = {_quoted(value)}" for name, value in environment.items())
            lines = [f"invisible(Sys.setenv({pairs}))"]
            if folder:
                lines.append(f"setwd({_quoted(folder)})")
        case "julia":
            lines = [f"ENV[{_julia(name)}] = {_julia(value)}" for name, value in environment.items()]
            if folder:
                lines.append(f"cd({_julia(folder)})")
            lines.append("nothing")
        case _:
            return None
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _julia(text: str) -> str:
    return _quoted(text).replace("$", r"\$")
