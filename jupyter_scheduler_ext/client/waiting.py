"""Waiting for a run: how often to look, and what to show meanwhile."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from . import pictures
from .errors import StillRunning
from .records import RunRecord

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
GROWTH = 1.3


def pauses() -> Iterator[float]:
    """Seconds between two looks: short at first, since many runs are."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(LONGEST_PAUSE, pause * GROWTH)


class Waiting:
    """For the end of a run, which whoever waits looks at again after each pause.

    A context manager: however the waiting ends, what it shows does not go on moving.
    """

    def __init__(self, run: RunRecord, timeout: float | None = None, *, progress: bool = True) -> None:
        self._run = run
        self._timeout = timeout
        self._progress = Progress(progress)
        self._began = time.monotonic()
        self._pauses = pauses()

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._run.is_over:
            self._progress.leave(self._run.data, time.monotonic() - self._began)

    def pause(self) -> float | None:
        """Seconds until the next look; None: it is over. Raises StillRunning; the run goes on."""
        elapsed = time.monotonic() - self._began
        self._progress.update(self._run.data, elapsed)
        if self._run.is_over:
            return None
        pause = next(self._pauses)
        if self._timeout is None:
            return pause
        if elapsed >= self._timeout:
            raise StillRunning(
                f"the run is still {self._run.state} after {self._timeout:g} s; to stop it, cancel()",
                code="still_running",
                details=self._run.data,
            )
        return min(pause, self._timeout - elapsed)


class Progress:
    """Shows a run under way: a bar in a notebook, a line in a terminal, nothing elsewhere."""

    def __init__(self, enabled: bool = True) -> None:
        self._show = _shower() if enabled else None
        self._shown = ""

    def update(self, run: Mapping[str, Any], elapsed: float) -> None:
        """`elapsed` is in seconds since the waiting began."""
        if self._show is None:
            return
        whole = float(int(elapsed))
        text = f"{run['state']} {run.get('progress')} {whole}"
        if text != self._shown:
            self._shown = text
            self._show(run, whole)

    def leave(self, run: Mapping[str, Any], elapsed: float) -> None:
        """Nobody waits any longer, though the run goes on."""
        if self._show is not None:
            self._show(run, elapsed, left=True)


def _shower() -> Any:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and getattr(shell, "kernel", None) is not None:
        return _InNotebook()
    return _on_terminal if sys.stderr.isatty() else None


class _InNotebook:
    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, run: Mapping[str, Any], elapsed: float, left: bool = False) -> None:
        from IPython.display import display

        bundle = {
            "text/html": pictures.progress_bar(run, elapsed, left),
            "text/plain": f"{pictures.run_line(run)} {pictures.progress_words(run, elapsed, left)}",
        }
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)


def _on_terminal(run: Mapping[str, Any], elapsed: float, left: bool = False) -> None:
    how_far = pictures.progress_words(run, elapsed, left)
    last = left or run["state"] not in ("queued", "running")
    words = f"{run.get('task_name')}: {pictures.state_text(run['state'])}, {how_far}"
    sys.stderr.write(f"\r\x1b[K{words}" + ("\n" if last else ""))
    sys.stderr.flush()
