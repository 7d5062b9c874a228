"""A run's log on the terminal: as it is, or as it grows, with a line below it that says how far the run is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..client import pictures
from ..client.reading import LogReader
from . import screen

SHOWN = frozenset({"stdout", "stderr", "result", "error", "status"})
"""Kinds of entries that people read; the others tell a page where a cell begins."""
LOOK = 1.0
"""Seconds between two looks at the run itself."""


def watch(client: Any, run: Any, timeout: float | None = None) -> None:
    """Show what a run says until it is over. Raises TimeoutError after `timeout` seconds; the run goes on."""
    began = looked = time.monotonic()
    with _Terminal() if sys.stdout.isatty() else _Stream() as shown:
        shown.state(pictures.progress_words(run.data, 0))
        for entries in _pages(client, run.id):
            shown.write("".join(texts(entries)))
            now = time.monotonic()
            if now - looked >= LOOK:
                looked = now
                run.refresh()
                shown.state(f"{pictures.state_text(run.state)}, {pictures.progress_words(run.data, now - began)}")
            if timeout is not None and now - began > timeout:
                raise TimeoutError(f"the run is still {run.refresh().state} after {timeout:g} s")
        run.wait(None if timeout is None else max(0.0, timeout - (time.monotonic() - began)), progress=False)


def write_log(entries: Iterable[Mapping[str, Any]]) -> None:
    """What a run said so far: with its own colours on a terminal, as plain text elsewhere."""
    with _Stream() as shown:
        for text in texts(entries):
            shown.write(text)


def texts(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The texts of log entries; what is no stream of a program ends its line."""
    for entry in entries:
        text = str(entry.get("text") or "")
        if text and entry.get("kind") in SHOWN:
            yield text if entry["kind"] in ("stdout", "stderr") or text.endswith("\n") else text + "\n"


def _pages(client: Any, run_id: str) -> Iterator[list[dict[str, Any]]]:
    reader = LogReader(run_id, follow=True)
    while not reader.over:
        yield reader.take(client.connection.fetch_json(reader.call))
        time.sleep(reader.pause)


class _Stream:
    """Standard output as it is."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def state(self, words: str) -> None:
        """Nobody watches."""

    def write(self, text: str) -> None:
        sys.stdout.write(screen.coloured(text) if self._colours else screen.plain(text))
        sys.stdout.flush()


class _Terminal(_Stream):
    """Whole lines above a line that tells the state."""

    def __init__(self) -> None:
        super().__init__()
        self._console = screen.console()
        self._status = self._console.status("", spinner="dots")
        self._line = ""

    def __enter__(self) -> _Terminal:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()
        if self._line:
            self._print(self._line)

    def state(self, words: str) -> None:
        from rich.text import Text

        self._status.update(Text(screen.plain(words), style="dim"))

    def write(self, text: str) -> None:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._print(line)

    def _print(self, line: str) -> None:
        from rich.text import Text

        final = line.rstrip("\r").rpartition("\r")[2]  # what a bar that redraws itself shows in the end
        self._console.print(Text.from_ansi(screen.coloured(final)))
