"""How far a run is: cells done, and within a cell what a progress bar in its output says."""

from __future__ import annotations

import re
from collections.abc import Callable

BAR = re.compile(r"(?:^|[\r\n\s:])(\d{1,3})%\|")
"""tqdm and those that draw like it: ``Loading:  40%|████      | 4/10``."""
SMALLEST_STEP = 0.01


def fraction_in(text: str) -> float | None:
    """The last percentage that a progress bar in the text shows, as 0 to 1; None if there is no bar."""
    if "%|" not in text:
        return None
    found = BAR.findall(text)
    return min(int(found[-1]), 100) / 100 if found else None


class Progress:
    """Reports a fraction that moves by at least a hundredth. `parts` are the cells of the run."""

    def __init__(self, report: Callable[[float], None], parts: int = 1) -> None:
        self._report = report
        self._parts = max(parts, 1)
        self._done = 0
        self._reported = 0.0

    def seen(self, text: str) -> None:
        """Look for a progress bar in output of the current part."""
        fraction = fraction_in(text)
        if fraction is not None:
            self._tell((self._done + fraction) / self._parts)

    def part_done(self) -> None:
        self._done = min(self._done + 1, self._parts)
        if self._parts > 1:
            self._tell(self._done / self._parts)

    def _tell(self, fraction: float) -> None:
        if abs(fraction - self._reported) >= SMALLEST_STEP:
            self._reported = fraction
            self._report(fraction)
