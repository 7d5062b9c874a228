"""What a reader found in another program's schedule: one finding a line or a row, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One line or row: `task` is the definition it maps to; `notes` say what is different here; `problem` says why
    there is no task though one was meant. With neither it only tells: a setting, or what is left behind."""

    where: str
    text: str
    task: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = field(default=())
    problem: str = ""
