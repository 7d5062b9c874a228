"""The rows about kernels and cells: those of `first_cell.py`, beside their goals."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from figures import Row, Series

FIRST_CELL = Path(__file__).with_name("first_cell.py")
GOALS = {
    "Due to first cell": "<= 25 ms, >= 200x",
    "Run to first cell": "<= 50 ms",
    "Run to first cell, cold": "<= 1.25x the floor",
    "Notebook of 100 cells": "<= 1.25x the floor",
    "Notebook of 100 cells, beside Papermill": ">= 5x",
}
PATIENCE = 1800


def rows_of(part: str, home: Path, quick: bool) -> Iterator[Row]:
    """One part of `first_cell.py`, which runs in a process of its own."""
    file = home / "figures.json"
    effort = ("--times", "1", "--peer-minutes", "1") if quick else ("--times", "20", "--peer-minutes", "2")
    command = [sys.executable, str(FIRST_CELL), *effort, "--only", part, "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if not file.exists():
        trouble = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        ours, peer = Series("jupyter_scheduler_ext", trouble=trouble), Series("the peer", trouble="see ours")
        yield Row(f"`first_cell.py --only {part}`", ours, peer, "failed")
        return
    for value in json.loads(file.read_text("utf-8"))["rows"]:
        row = Row.from_json(value)
        row.goal = GOALS.get(row.what, "")
        yield row


PARTS: dict[str, Callable[[Path, bool], Iterator[Row]]] = {
    name: partial(rows_of, part)
    for name, part in (("due", "due"), ("run", "run"), ("cold", "cold"), ("cells", "cells"))
}
