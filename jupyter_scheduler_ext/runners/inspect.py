"""Which parameters a notebook declares: name, type, default and help, as Papermill infers them from its tagged cell."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from .parameters import PARAMETERS, find_tagged

LITERALS = {"true": True, "false": False, "TRUE": True, "FALSE": False, "NULL": None, "nothing": None}


def declared_parameters(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``[{"name", "type", "default", "help"}]`` in the order of the cell; none for a language Papermill cannot inspect.

    A default that is not a plain value is given as the text of its code. Imports Papermill on first use: call it off
    the event loop.
    """
    cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
    position = find_tagged(cells, PARAMETERS)
    if position is None:
        return []
    from papermill.exceptions import PapermillException
    from papermill.translators import papermill_translators

    metadata = notebook.get("metadata", {})
    spec, language = metadata.get("kernelspec", {}), metadata.get("language_info", {})
    name = language.get("name") or spec.get("language") or "python"
    source = cells[position].get("source", "")
    cell = {"source": "".join(source) if isinstance(source, list) else str(source)}
    try:
        translator = papermill_translators.find_translator(spec.get("name", ""), name)
        found = translator.inspect(cell)
    except (PapermillException, NotImplementedError):
        return []
    return [
        {
            "name": one.name,
            "type": None if one.inferred_type_name in (None, "", "None") else one.inferred_type_name,
            "default": default_value(one.default),
            "help": one.help or None,
        }
        for one in found
    ]


def default_value(code: str) -> Any:
    """The value of a literal; the text of the code for anything else, or for what is no JSON."""
    text = str(code).strip()
    if text in LITERALS:
        return LITERALS[text]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if _is_json(value) else text


def _is_json(value: Any) -> bool:
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return value == value and abs(value) != float("inf")
        case list():
            return all(_is_json(item) for item in value)
        case dict():
            return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    return False
