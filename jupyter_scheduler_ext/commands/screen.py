"""What commands show: tables and facts for people, JSON for programs; remarks go to standard error.

Colours are for terminals only, and not where ``NO_COLOR`` is set. Whatever people or programs wrote (names, logs) is
text here: it cannot move the cursor, ring the bell or retitle the window.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

STYLES = {
    "succeeded": "green", "ok": "green", "idle": "", "running": "cyan", "queued": "cyan", "failed": "red",
    "timed out": "red", "lost": "red", "error": "red", "warning": "yellow", "skipped": "yellow", "missed": "yellow",
    "disabled": "dim", "cancelled": "dim", "interrupted": "dim",
}  # fmt: skip
"""Words that have a colour of their own wherever a cell of a table is one, or ends in one."""
UNBOUNDED = 10_000
"""Columns of a "terminal" that is a pipe: nothing is wrapped or cut for a program."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SEQUENCES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_].*?\x1b\\|[@-Z\\^_])", re.DOTALL
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def show_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def console(stream: TextIO | None = None) -> Console:
    """A rich console on standard output, or on another stream."""
    from rich.console import Console

    target = stream or sys.stdout
    return Console(file=target, width=None if target.isatty() else UNBOUNDED, highlight=False, soft_wrap=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Rows below their heads; `empty` says that there are none, to a person only."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for head in heads:
        shown.add_column(head, no_wrap=head in ("ID", "State", "Next run"), overflow="ellipsis")
    count = 0
    for row in rows:
        shown.add_row(*(_cell(cell) for cell in row))
        count += 1
    if count:
        _print(shown)
    else:
        remark(empty)


def facts(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """A title and what is to be said of it, a line each; what is empty is left out."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, show_header=False, show_edge=False)
    shown.add_column(style="dim", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in pairs:
        if value:
            shown.add_row(name, _cell(value))
    if title:
        console().print(Text(plain(title), style="bold"))
    _print(shown)


def say(text: str, style: str = "") -> None:
    """A line on standard output."""
    console().print(_text(plain(text), style))


def remark(text: str, style: str = "") -> None:
    """A line on standard error: what the person should know beside the result."""
    console(sys.stderr).print(_text(plain(text), style))


def complain(text: str) -> None:
    """An error, on standard error."""
    from rich.text import Text

    console(sys.stderr).print(Text.assemble(("Error: ", "bold red"), plain(text)))


def complain_json(error: Mapping[str, Any]) -> None:
    """An error as JSON, on standard error."""
    sys.stderr.write(json.dumps({"error": error}, ensure_ascii=False, default=str) + "\n")


def plain(text: str) -> str:
    """A text without what a terminal would obey."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", _SEQUENCES.sub("", text).replace("\r\n", "\n"))


def coloured(text: str) -> str:
    """A program's output as a terminal may get it: its colours stay, all other commands to the terminal go."""
    parts = _COLOURS.split(text)
    colours = _COLOURS.findall(text)
    return "".join(plain(part) + (colours[at] if at < len(colours) else "") for at, part in enumerate(parts))


def _print(shown: Table) -> None:
    """A table; for a pipe without the blanks that fill its last column."""
    out = console()
    if out.is_terminal:
        out.print(shown, soft_wrap=False)
        return
    with out.capture() as captured:
        out.print(shown, soft_wrap=False)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _cell(value: str) -> Text:
    text = plain(value)
    state = text.split(" ", 1)[-1] if text[:1] in "○◐‖▲…✓✗■»□" else text
    return _text(text, STYLES.get(state, ""))
