"""The magics, as their own help shows them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from unittest.mock import patch

from jupyter_scheduler_ext import magics as code

from .markdown import fenced


def magics() -> str:
    """The help of ``%%schedule``, of ``%schedule``, and of each of its commands."""
    parts = ["## `%%schedule`: the cell\n", _help(code._cell_parser())]
    line = code._line_parser()
    parts += ["## `%schedule`: the line\n", _help(line)]
    parts += [f"### `%schedule {name}`\n\n{_help(parser)}" for name, parser in _commands(line)]
    return "\n".join(parts)


def _help(parser: argparse.ArgumentParser) -> str:
    """As wide as a page, whatever terminal the site is built in."""
    with patch.dict(os.environ, COLUMNS="76"):
        return fenced("text", parser.format_help())


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()
