"""Notebooks whose cells nobody runs: of each cell the text that stands in the file, and the cell without its outputs.

Read cell by cell, so that there is never more than one cell's outputs as objects: they take many times what their text
takes, and whoever adds to a notebook does not look at them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

Cell: TypeAlias = dict[str, Any]

BEFORE, BETWEEN, AFTER = '{\n "cells": [\n  ', ",\n  ", "\n ],"
"""How nbformat lays out the cells of a notebook, and so do we."""


@dataclass(frozen=True, slots=True)
class AtRest:
    """`head` is all but the cells; `texts` the text of each cell by its `id()`, laid out as in a file."""

    head: dict[str, Any]
    cells: list[Cell]
    texts: dict[int, str]


def at_rest(text: str) -> AtRest | None:
    """A notebook to which cells can be added; None if it is none. Cells without an id are given one."""
    try:
        try:
            head, pairs = _as_we_write(text)
        except _OtherLayout:
            head, pairs = _by_hand(text)
        good = head["nbformat"] == 4 and all(isinstance(cell.get("cell_type"), str) for cell, _ in pairs)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    head["nbformat_minor"] = max(head.get("nbformat_minor", 0), 5)
    cells = [cell for cell, _ in pairs]
    return AtRest(head, cells, {id(cell): written for cell, written in pairs}) if good else None


def laid_out(value: Any, depth: int) -> str:
    """JSON as nbformat writes it, `depth` levels below the top of the file."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).replace("\n", "\n" + " " * depth)


class _OtherLayout(Exception):
    """A valid notebook may look like that, but its cells cannot be told apart without reading all of it."""


def _as_we_write(text: str) -> tuple[dict[str, Any], list[tuple[Cell, str]]]:
    if not text.startswith(BEFORE):
        raise _OtherLayout
    decoder, at = json.JSONDecoder(), len(BEFORE)
    pairs: list[tuple[Cell, str]] = []
    while True:
        cell, end = decoder.raw_decode(text, at)
        pairs.append(_resting(cell, len(pairs), text[at:end]))
        if not text.startswith(BETWEEN, end):
            break
        at = end + len(BETWEEN)
    if not text.startswith(AFTER, end):
        raise _OtherLayout
    head: dict[str, Any] = json.loads("{" + text[end + len(AFTER) :])
    return head, pairs


def _by_hand(text: str) -> tuple[dict[str, Any], list[tuple[Cell, str]]]:
    head: dict[str, Any] = json.loads(text)
    return head, [_resting(cell, number, None) for number, cell in enumerate(head.pop("cells"))]


def _resting(cell: Cell, number: int, written: str | None) -> tuple[Cell, str]:
    if "id" not in cell:
        cell["id"] = f"cell-{number}"
        written = None
    whole = written or laid_out(cell, 2)
    cell.pop("outputs", None)
    return cell, whole
