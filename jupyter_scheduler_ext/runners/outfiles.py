"""Where the output of a run goes: ``runs/<fire time>-<task>-<id>`` in the folder of its context."""

from __future__ import annotations

import re
import unicodedata

from ..contexts.folders import RUNS
from ..engine.instants import to_datetime
from ..engine.runs import Run

LONGEST_NAME = 40


def output_path(folder: str, run: Run, suffix: str) -> str:
    """The path of a run's output from the served root. Two runs never share one: the end of their ids differs."""
    moment = to_datetime(run.fire_time).strftime("%Y%m%dT%H%M%SZ")
    name = plain(run.task_name)
    short = re.sub(r"[^A-Za-z0-9]", "", run.id)[-8:]
    return f"{folder}/{RUNS}/{'-'.join(part for part in (moment, name, short) if part)}{suffix}"


def plain(text: str) -> str:
    """``Übersicht: Nord/Süd`` -> ``ubersicht-nord-sud``: safe in every file system and URL; may be empty."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:LONGEST_NAME].strip("-")
