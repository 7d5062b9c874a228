"""What runs say: one append-only file a run, ``logs/<two letters>/<run id>.jsonl`` in the storage folder.

Each line is an entry, ``{"t": ms, "kind": ..., "text": ..., ...}``. Writers live on the event loop and never touch the
disk: one thread writes what has gathered, about every `PAUSE`, texts of one stream joined. Readers go by byte offsets,
so that any of them, in any process, can continue where it stopped; a subscription only tells that there is more.

Logs outlive a kill of the process, but they are not synced: a power cut may cost the last seconds. A line that was cut
short is skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from .abc import Clock
from .instants import Instant
from .privacy import make_private

log = logging.getLogger(__name__)

PAUSE = 0.03
"""Seconds that entries gather before they are written."""

PAGE_BYTES = 1 << 20
"""About so much is read at a time."""

LINE_CHARACTERS = 65_536
"""Longer texts of a stream are split into several entries."""

STREAMS = frozenset({"stdout", "stderr"})

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,99}")
_OVERHEAD = 40
"""Bytes of an entry besides its text, about."""

Callback: TypeAlias = Callable[[], None]
_Listener: TypeAlias = "tuple[asyncio.AbstractEventLoop, Callback]"


class LogPage(NamedTuple):
    """Part of a log; `next` is the offset to go on from, and `complete` says that no more will come."""

    entries: list[dict[str, Any]]
    next: int
    complete: bool


class RunLogs:
    """All logs of a storage folder. `limit_bytes` is the most that is kept of one run, JSON's escapes not counted."""

    def __init__(self, folder: Path, clock: Clock, *, limit_bytes: int = 100_000_000) -> None:
        self._folder = folder / "logs"
        self._clock = clock
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._open: dict[str, RunLogWriter] = {}
        self._dirty: set[RunLogWriter] = set()
        self._listeners: dict[str, list[_Listener]] = {}
        self._work = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self, run_id: str) -> RunLogWriter:
        """Begin or continue the log of a run; its file is made with the first entry. ValueError for a bad id."""
        path = self._path(run_id)
        with self._lock:
            if self._stop.is_set():
                raise RuntimeError("the run logs are closed")
            writer = self._open.get(run_id)
            if writer is None or writer.closed:
                writer = self._open[run_id] = RunLogWriter(run_id, path, self._clock, self._limit, self._touched)
            return writer

    def read(self, run_id: str, offset: int = 0, limit: int = 1000) -> LogPage:
        """Entries from a byte offset on: at most `limit`, and about `PAGE_BYTES`. Blocks: call it in a thread.

        `complete` is about writers in this process: of another one's log ask the ledger whether the run is over.
        """
        path = self._path(run_id)
        with self._lock:
            closed = run_id not in self._open
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                position = file.seek(max(0, offset))
                data = file.read(PAGE_BYTES)
                if b"\n" not in data:
                    data += file.readline()
        except FileNotFoundError:
            return LogPage([], offset, closed)
        entries: list[dict[str, Any]] = []
        *lines, torn = data.split(b"\n")
        for number, line in enumerate(lines):
            if number == limit:
                torn = b""
                break
            position += len(line) + 1
            entry = _entry(line)
            if entry is not None:
                entries.append(entry)
        return LogPage(entries, position, closed and position + len(torn) >= size)

    def text(self, run_id: str) -> str:
        """The whole log as a person reads it in a terminal. Blocks."""
        parts: list[str] = []
        offset = 0
        while True:
            page = self.read(run_id, offset, limit=10_000)
            for entry in page.entries:
                text = entry.get("text", "")
                if text and entry["kind"] not in STREAMS:
                    fresh_line = not parts or parts[-1].endswith("\n")
                    text = ("" if fresh_line else "\n") + text.rstrip("\n") + "\n"
                if text:
                    parts.append(text)
            if page.next == offset:
                return "".join(parts)
            offset = page.next

    def subscribe(self, run_id: str, callback: Callback) -> Callback:
        """Have `callback` called on the running event loop when there is more to read or the log is complete.

        Whoever subscribes first and then reads until nothing comes misses nothing. Returns what ends the subscription.
        """
        listener = (asyncio.get_running_loop(), callback)
        with self._lock:
            self._listeners.setdefault(run_id, []).append(listener)

        def unsubscribe() -> None:
            with self._lock:
                theirs = self._listeners.get(run_id, [])
                if listener in theirs:
                    theirs.remove(listener)
                if not theirs:
                    self._listeners.pop(run_id, None)

        return unsubscribe

    def remove(self, run_id: str) -> None:
        """Delete a log; one that is gone already is no error. Blocks."""
        self._path(run_id).unlink(missing_ok=True)

    def close(self) -> None:
        """Write what has gathered and close every log. Blocks until done; closing twice is no error."""
        with self._lock:
            writers = list(self._open.values())
        for writer in writers:
            writer.close()
        self._stop.set()
        self._work.set()
        if self._thread is not None:
            self._thread.join()

    def _path(self, run_id: str) -> Path:
        if not _RUN_ID.fullmatch(run_id):
            raise ValueError(f"{run_id!r} is not the id of a run")
        return self._folder / run_id[-2:].lower() / f"{run_id}.jsonl"  # ids begin alike: they begin with the time

    def _touched(self, writer: RunLogWriter) -> None:
        with self._lock:
            self._dirty.add(writer)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="run-logs", daemon=True)
                self._thread.start()
        self._work.set()

    def _write_all(self) -> None:
        while True:
            self._work.wait()
            self._stop.wait(PAUSE)
            last = self._stop.is_set()
            self._work.clear()
            with self._lock:
                dirty, self._dirty = self._dirty, set()
            for writer in dirty:
                if writer.flush():
                    with self._lock:
                        if self._open.get(writer.run_id) is writer:
                            del self._open[writer.run_id]
                self._tell(writer.run_id)
            if last:
                return

    def _tell(self, run_id: str) -> None:
        with self._lock:
            listeners = list(self._listeners.get(run_id, ()))
        for loop, callback in listeners:
            with contextlib.suppress(RuntimeError):  # that loop is closed
                loop.call_soon_threadsafe(callback)


class RunLogWriter:
    """The log of one run while it is written. `write` and `close` belong to one thread, mostly the event loop's."""

    def __init__(
        self, run_id: str, path: Path, clock: Clock, limit: int, touched: Callable[[RunLogWriter], None]
    ) -> None:
        self.run_id = run_id
        self._path = path
        self._clock = clock
        self._room = limit
        self._limit = limit
        self._touched = touched
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self._dropped = 0
        self._closed = False
        self._file: int | None = None
        self._size = 0
        self._broken = False

    def write(self, kind: str, text: str = "", **data: Any) -> None:
        """Add an entry; cheap. What comes after `close` is dropped."""
        if self._closed:
            return
        now = self._clock.now()
        line = _line({"t": now, "kind": kind} | ({"text": text} if text else {}) | data) if data else None
        size = _OVERHEAD + _size(text) if line is None else len(line)
        with self._lock:
            if self._dropped or size > self._room:
                if not self._dropped:
                    notice = f"the log was cut here: only the first {_megabytes(self._limit)} of a run are kept"
                    self._pending.append(_Pending(now, "status", [notice], None))
                self._dropped += size
                return
            self._room -= size
            last = self._pending[-1] if self._pending else None
            if last and line is None and kind in STREAMS and last.kind == kind and last.line is None:
                last.texts.append(text)
                return
            self._pending.append(_Pending(now, kind, [text], line))
        self._touched(self)

    def close(self) -> None:
        """No more entries. The file is written and closed soon."""
        if self._closed:
            return
        if self._dropped:
            notice = f"{self._dropped} bytes more were not kept"
            line = _line({"t": self._clock.now(), "kind": "status", "text": notice, "dropped": self._dropped})
            with self._lock:
                self._pending.append(_Pending(0, "status", [], line))
        self._closed = True
        self._touched(self)

    @property
    def closed(self) -> bool:
        return self._closed

    def flush(self) -> bool:
        """Write what has gathered, on the writing thread; True once closed and done."""
        closed = self._closed
        with self._lock:
            pending, self._pending = self._pending, []
        if pending and not self._broken:
            try:
                self._append(b"".join(line for entry in pending for line in entry.lines()))
            except OSError as error:
                self._broken = True
                log.warning("the log of run %s cannot be written any more: %s", self.run_id, error)
        if closed and self._file is not None:
            os.close(self._file)
            self._file = None
        return closed

    def _append(self, data: bytes) -> None:
        if self._file is None:
            for folder in (self._path.parents[1], self._path.parent):
                make_private(folder)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._size = os.fstat(self._file).st_size
            if self._size:
                data = b"\n" + data  # the line before may have been cut short when its writer was killed
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)


class _Pending(NamedTuple):
    """An entry on its way: ready made (`line`), or the texts that it joins."""

    t: Instant
    kind: str
    texts: list[str]
    line: bytes | None

    def lines(self) -> Iterator[bytes]:
        if self.line is not None:
            yield self.line
            return
        text = "".join(self.texts)
        if not text:
            yield _line({"t": self.t, "kind": self.kind})
        step = LINE_CHARACTERS if self.kind in STREAMS else max(1, len(text))
        for start in range(0, len(text), step):
            yield _line({"t": self.t, "kind": self.kind, "text": text[start : start + step]})


def _line(entry: dict[str, Any]) -> bytes:
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "backslashreplace") + b"\n"  # half a surrogate pair becomes JSON's own escape


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "kind" in entry else None


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:g} MB"
