"""Measured seconds, and the rows that set ours beside a peer's: as a Markdown table and as JSON."""

from __future__ import annotations

import math
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peers import Missing

BEGIN, END = "<!-- figures: written by the command -->", "<!-- end of figures -->"
HEAD = "| What | Goal | Ours | Peer | Peer / ours | How |"


@dataclass
class Series:
    """What was measured of one program. `trouble` says why there is no more of it; nothing is tried after that."""

    name: str
    seconds: list[float] = field(default_factory=list)
    trouble: str = ""
    unit: str = "s"
    """What was counted: ``s``, ``B`` (bytes), or a word for plain numbers. `seconds` holds them whatever they are."""

    def take(self, measure: Callable[[], float]) -> None:
        """Measure once more."""
        self.attempt(lambda: self.seconds.append(measure()))

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do what the next measurement needs; what goes wrong becomes the trouble. Returns None then."""
        if self.trouble:
            return None
        try:
            return act()
        except subprocess.TimeoutExpired as error:
            self.trouble = f"no end within {error.timeout:.0f} s"
            return None
        except (Missing, OSError, RuntimeError, subprocess.SubprocessError) as error:
            self.trouble = " ".join(f"{error or type(error).__name__}".split())[-300:]
            return None

    def extend(self, measure: Callable[[], Sequence[float]]) -> None:
        """Measure many at once."""
        self.attempt(lambda: self.seconds.extend(measure()))

    @property
    def median(self) -> float | None:
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def p95(self) -> float | None:
        """The nearest rank: one that was really measured."""
        return sorted(self.seconds)[math.ceil(0.95 * len(self.seconds)) - 1] if self.seconds else None

    @property
    def least(self) -> float | None:
        """Closest to the machine's truth, where others use it too."""
        return min(self.seconds, default=None)

    def __str__(self) -> str:
        if self is NOBODY:
            return "-"
        if not self.seconds:
            return f"{self.name}: {self.trouble or 'not measured'}"
        told = shown(self.median, self.unit)
        if len(self.seconds) > 1:
            spread = f"p95 {shown(self.p95, self.unit)}, min {shown(self.least, self.unit)}"
            told += f" ({spread}, n {len(self.seconds)})"
        return f"{self.name}: {told}{f'; then {self.trouble}' if self.trouble else ''}"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "n": len(self.seconds),
            "median": self.median,
            "p95": self.p95,
            "min": self.least,
            "unit": self.unit,
            "seconds": self.seconds,
            "trouble": self.trouble,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Series:
        return cls(value["name"], value["seconds"], value["trouble"], value.get("unit", "s"))


NOBODY = Series("-")
"""There is nobody to compare with."""


@dataclass
class Row:
    """One comparison. The ratio is the peer's median by ours: how many times longer the peer takes."""

    what: str
    ours: Series
    peer: Series
    how: str
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        ours, peer = self.ours.median, self.peer.median
        return peer / ours if ours and peer else None

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "ours": self.ours.to_json(),
            "peer": self.peer.to_json(),
            "ratio": self.ratio,
            "how": self.how,
            "goal": self.goal,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Row:
        ours = Series.from_json(value["ours"])
        peer = NOBODY if value["peer"]["name"] == NOBODY.name else Series.from_json(value["peer"])
        return cls(value["what"], ours, peer, value["how"], value.get("goal", ""))

    def cells(self) -> list[str]:
        """As the cells of a table."""
        ratio = "-" if self.ratio is None else f"{self.ratio:.3g}"
        return [self.what, self.goal or "-", str(self.ours).partition(": ")[2], str(self.peer), ratio, self.how]


def shown(value: float | None, unit: str = "s") -> str:
    """A measured value as a person reads it."""
    if value is None:
        return "-"
    if unit == "B":
        return f"{value / 1e6:.1f} MB" if abs(value) >= 1e6 else f"{value / 1e3:.2f} kB"
    if unit != "s":
        return f"{value:.4g} {unit}"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{1000 * value:.1f} ms" if value >= 0.001 else f"{1e6 * value:.1f} µs"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEAD, "|---|---|---|---|---|---|"]
    lines += [line(row.cells()) for row in rows]
    return "\n".join(lines)


def line(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def machine() -> dict[str, Any]:
    """What the figures were taken on; `load` is the average of the last minute."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def put(file: Path, text: str) -> None:
    """Write a report; into a page that has a place for it, between its two marks, and nothing else of that page."""
    if file.exists():
        before, begin, rest = file.read_text("utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if begin and end:
            text = f"{before}{begin}\n\n{text}\n{end}{after}"
    file.write_text(text, "utf-8")
