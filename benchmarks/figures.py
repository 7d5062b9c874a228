"""Measured seconds, and the rows that set ours beside a peer's: as a Markdown table and as JSON."""

from __future__ import annotations

import math
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from peers import Missing


@dataclass
class Series:
    """What was measured of one program. `trouble` says why there is no more of it; nothing is tried after that."""

    name: str
    seconds: list[float] = field(default_factory=list)
    trouble: str = ""

    def take(self, measure: Callable[[], float]) -> None:
        """Measure once more."""
        self.attempt(lambda: self.seconds.append(measure()))

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do what the next measurement needs; what goes wrong becomes the trouble. Returns None then."""
        if self.trouble:
            return None
        try:
            return act()
        except (Missing, OSError, RuntimeError, subprocess.SubprocessError) as error:
            self.trouble = " ".join(f"{error or type(error).__name__}".split())[-300:]
            return None

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
        if not self.seconds:
            return f"{self.name}: {self.trouble or 'not measured'}"
        told = f"{shown(self.median)} (p95 {shown(self.p95)}, min {shown(self.least)}, n {len(self.seconds)})"
        return f"{self.name}: {told}{f'; then {self.trouble}' if self.trouble else ''}"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "n": len(self.seconds),
            "median": self.median,
            "p95": self.p95,
            "min": self.least,
            "seconds": self.seconds,
            "trouble": self.trouble,
        }


@dataclass
class Row:
    """One comparison. The ratio is the peer's median by ours: how many times longer the peer takes."""

    what: str
    ours: Series
    peer: Series
    how: str

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
        }


def shown(seconds: float | None) -> str:
    """Seconds as a person reads them."""
    if seconds is None:
        return "-"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| What | Ours | Peer | Peer / ours | How |", "|---|---|---|---|---|"]
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.3g}"
        cells = (row.what, str(row.ours).partition(": ")[2], str(row.peer), ratio, row.how)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the figures were taken on; `load` is the average of the last minute."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
