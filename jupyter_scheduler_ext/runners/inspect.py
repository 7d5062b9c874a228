"""Which parameters a notebook declares in its cell tagged ``parameters``: name, type, default and what a comment says.

As Papermill's `inspect` does, which knows Python only and reads it line by line; here Python is parsed by Python, so
that a default may span lines and hold an equals sign, and plain assignments of R and Julia are read too.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from .parameters import PARAMETERS, find_tagged
from .sources import source_of

ASSIGNMENT = re.compile(r"^\s*([A-Za-z_]\w*)\s*(?:<-|=)\s*([^#]+?)\s*(?:#\s*(.*))?$")
WORDS = {"TRUE": True, "true": True, "FALSE": False, "false": False, "NULL": None, "nothing": None, "NA": None}


class Declared(TypedDict):
    """`type` is the annotation, or the type of the default. `default` is a JSON value; the code, if it is more."""

    name: str
    type: str | None
    default: Any
    help: str | None


def declared_parameters(notebook: Mapping[str, Any]) -> list[Declared]:
    """The parameters of a notebook in their order; none if it has no such cell, or one that cannot be read."""
    position = find_tagged(notebook["cells"], PARAMETERS)
    if position is None:
        return []
    source = source_of(notebook["cells"][position])
    found = in_python(source) if _language(notebook) == "python" else in_other(source)
    return list({parameter["name"]: parameter for parameter in found}.values())


def _language(notebook: Mapping[str, Any]) -> str:
    metadata = notebook.get("metadata", {})
    for name, key in (("language_info", "name"), ("kernelspec", "language")):
        told = metadata.get(name)
        if isinstance(told, dict) and isinstance(told.get(key), str):
            return str(told[key]).lower()
    return "python"


def in_python(source: str) -> Iterator[Declared]:
    """The assignments to plain names at the top of a Python cell; IPython's own lines (``%``, ``!``) do not count."""
    lines = ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return
    comments = _comments(lines)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value, annotation = statement.targets[0], statement.value, None
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value, annotation = statement.target, statement.value, ast.unparse(statement.annotation)
        else:
            continue
        if isinstance(target, ast.Name):
            default, kind = _literal(value)
            said = comments.get(statement.end_lineno or 0)
            named = (annotation or "").strip("'\"") or kind
            yield Declared(name=target.id, type=named, default=default, help=said)


def _literal(value: ast.expr) -> tuple[Any, str | None]:
    """A default as JSON has it, and its type; for what is no JSON, its code and no type."""
    try:
        found = ast.literal_eval(value)
        return json.loads(json.dumps(found, allow_nan=False)), None if found is None else type(found).__name__
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.unparse(value), None


def _comments(lines: list[str]) -> dict[int, str]:
    """The comment at the end of each line that has one, by line number."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
                found[token.start[0]] = token.string.lstrip("# ").strip()
    except (tokenize.TokenError, IndentationError):
        pass
    return found


def in_other(source: str) -> Iterator[Declared]:
    """Lines such as ``region <- "eu"  # where`` of R, or ``days = 7`` of Julia."""
    for line in source.splitlines():
        found = ASSIGNMENT.match(line)
        if found is None:
            continue
        name, text, said = found.groups()
        try:
            default = WORDS[text] if text in WORDS else json.loads(text)
            kind = None if default is None else type(default).__name__
        except ValueError:
            default, kind = text, None
        yield Declared(name=name, type=kind, default=default, help=said or None)
