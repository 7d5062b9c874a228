"""The rows about kernels and cells: those of `first_cell.py`, beside their goals."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from figures import Row

FIRST_CELL = Path(__file__).with_name("first_cell.py")
GOALS = {
    "Due to first cell": "<= 25 ms, >= 200x",
    "Run to first cell": "<= 50 ms",
    "Run to first cell, cold": "<= 1.25x the floor",
    "Notebook of 100 cells": "<= 1.25x the floor",
    "Notebook of 100 cells, beside Papermill": ">= 5x",
}
EFFORT = {"due": (10, 1), "run": (20, 1), "burst": (5, 1), "cold": (20, 1), "cells": (8, 1)}
"""How often each part is measured, and how many minutes of the peer's cron are watched."""
PATIENCE = 900.0


def rows_of(part: str, home: Path, quick: bool) -> Iterator[Row]:
    """One part of `first_cell.py`, which runs in a process of its own."""
    file = home / "figures.json"
    times, minutes = (1, 1) if quick else EFFORT[part]
    effort = ("--times", str(times), "--peer-minutes", str(minutes))
    command = [sys.executable, str(FIRST_CELL), *effort, "--only", part, "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if not file.exists():
        raise RuntimeError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
    for value in json.loads(file.read_text("utf-8"))["rows"]:
        row = Row.from_json(value)
        row.goal = GOALS.get(row.what, "")
        yield row


PARTS: dict[str, Callable[[Path, bool], Iterator[Row]]] = {part: partial(rows_of, part) for part in EFFORT}
