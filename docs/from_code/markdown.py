"""The few pieces of Markdown that pages are made of."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty without rows."""
    lines = [" | ".join(cell(text) for text in row) for row in rows]
    if not lines:
        return ""
    return "\n".join(f"| {line} |" for line in (" | ".join(heads), "|".join("---" for _ in heads), *lines)) + "\n"


def cell(text: str) -> str:
    """A text that does not end the cell it stands in."""
    return " ".join(text.split()).replace("|", "\\|")


def code(value: object) -> str:
    """A value as JSON, as code."""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


RULES = re.compile(r"\bRELIABILITY (\d)(?:\.\d+)?")
"""How docstrings name a section of the page on reliability."""


def prose(docstring: str | None) -> str:
    """A docstring as Markdown: its double backticks are code there as well."""
    return RULES.sub(r"[Reliability, section \1](../reliability.md)", inspect.cleandoc(docstring or ""))


def fenced(language: str, text: str) -> str:
    """A block of code."""
    fence = "````" if "```" in text else "```"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def anchored(name: str, level: int, title: str) -> str:
    """A heading that any page can link to as ``#name``."""
    return f"({name})=\n{'#' * level} {title}\n"
