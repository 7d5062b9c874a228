"""Definitions in ``tasks.json``: a file that people read, diff and edit, and that several servers share.

The protocol is RELIABILITY 4; `durable` replaces the file, `document` reads and writes its text. Under the lock the
file is the truth: every save first takes up what others wrote, then checks its own expectations, then replaces it.

Promised: an acknowledged save survives kill -9 and power loss; two processes lose nothing of each other's. Not promised
to people who edit by hand: an editor knows nothing of the lock, so of two edits of the whole file in the same instant
one may end up in a backup.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import filelock

from ..engine.abc import Notice, Put, Remove, Snapshot, StoreError, TaskStore
from ..engine.errors import Invalid
from . import document, entries
from .bulk import collector_at_rest
from .document import BadFile, Document
from .durable import ChangedMeanwhile, DurableFile
from .entries import Entry
from .files import FileSystem, Refused, Stamp, refuse_foreign, trouble
from .mounts import network_filesystem
from .writing import changed_entries

FILE_NAME = "tasks.json"
LOCK_NAME = "tasks.lock"

_HALF_WRITTEN = 0.3
"""Seconds that a save waits for an editor to finish writing before it takes a file it cannot read for a bad edit."""
_POLL = 0.005
_RETRIES = 20


class JsonFileStore(TaskStore):
    """The task store of one folder.

    `timezone` is the zone of schedules written by hand without one. `lock_timeout` is in seconds. The folder is made,
    private, at the first save.
    """

    def __init__(
        self, folder: Path, *, timezone: str = "UTC", lock_timeout: float = 10, files: FileSystem | None = None
    ) -> None:
        self._folder = folder
        self._files = files or FileSystem()
        self._file = DurableFile(folder / FILE_NAME, self._files)
        self._lock = filelock.FileLock(folder / LOCK_NAME, timeout=lock_timeout, mode=0o600, thread_local=False)
        self._mutex = threading.RLock()
        self._context = {"timezone": timezone}
        self._document = document.EMPTY
        self._stamp: Stamp | None = None
        self._rejected: Stamp | None = None
        self._notices: dict[str, Notice] = {}
        self._told: tuple[Document, list[Notice]] = (document.EMPTY, [])

    def open(self) -> Snapshot:
        with self._mutex:
            self._notices.clear()
            if not self._check_folder():
                return self._publish()
            self._note_network()
            try:
                with self._locked_if_writable():
                    with suppress(OSError):
                        self._file.sweep()
                    self._load()
            except OSError as error:
                raise trouble("read", self._file.path, error) from error
            return self._publish()

    def stale(self) -> bool:
        with self._mutex:
            try:
                return self._is_news(self._files.look(self._file.path)) or self._has_untold()
            except OSError:
                return True

    def refresh(self) -> Snapshot | None:
        with self._mutex:
            try:
                stamp = self._files.look(self._file.path)
                if self._is_news(stamp):
                    self._take_up()
            except BadFile as problem:
                told = f"{self._file.path} cannot be used: {problem}. The last good version is in force."
                self._keep_memory(stamp, told)
            except OSError as error:
                raise trouble("read", self._file.path, error) from error
            return self._publish() if self._has_untold() else None

    def save(self, changes: Sequence[Put | Remove]) -> Snapshot:
        with self._mutex:
            self._refuse_newer_schema()
            try:
                if not self._check_folder():
                    self._files.make_folder(self._folder)
                    self._files.sync_folder(self._folder.parent)
                with self._locked():
                    return self._save(changes)
            except OSError as error:
                raise trouble("write", self._file.path, error) from error

    def close(self) -> None:
        """Nothing is kept open between saves."""

    def _is_news(self, stamp: Stamp | None) -> bool:
        return stamp != self._stamp and (stamp is None or stamp != self._rejected)

    def _has_untold(self) -> bool:
        return self._told[0] is not self._document or self._told[1] != list(self._notices.values())

    # Reading

    def _load(self) -> None:
        """The first look at the file, mending what can be mended."""
        self._document, self._stamp, self._rejected = document.EMPTY, None, None
        found = self._files.read(self._file.path)
        if found is None:
            if any(self._files.look(backup) for backup in self._file.backups()):
                self._restore(f"{self._file.path} was missing")
            return
        self._stamp, content = found
        try:
            self._document = document.read(content, document.EMPTY, self._context)
            self._tighten()
        except BadFile as problem:
            why = f"{self._file.path} could not be used: {problem}"
            try:
                why += f". It is now {self._file.put_aside().name}"
                self._stamp = None
            except OSError:
                self._rejected = self._stamp
            self._restore(why)

    def _restore(self, why: str) -> None:
        """Load the newest backup that can be read, and make it the file again."""
        for backup in self._file.backups():
            found = self._files.read(backup)
            if found is None:
                continue
            with suppress(BadFile):
                restored = document.read(found[1], document.EMPTY, self._context)
                self._document = replace(restored, rev=restored.rev + 1)
                self._note("error", "store_restored", f"{why}; {backup.name} was loaded: check what changed last.")
                with suppress(OSError):
                    self._stamp = self._file.replace(document.write(self._document), self._stamp)
                return
        self._note("error", "store_restored", f"{why}; there is no backup that can be read, so there are no tasks.")

    def _take_up(self) -> None:
        """Merge what others wrote since we last looked. Raises BadFile, and then memory stands."""
        found = self._files.read(self._file.path)
        if found is None:
            self._stamp = None
            self._keep_memory(None, f"{self._file.path} was removed. Its last version is in force.")
            return
        stamp, content = found
        self._document = document.merge(self._document, document.read(content, self._document, self._context))
        self._stamp, self._rejected = stamp, None
        self._notices.pop("store_edit_rejected", None)
        self._tighten()

    def _keep_memory(self, rejected: Stamp | None, why: str) -> None:
        """Memory stands against the file; since the file no longer holds it, it becomes the newest backup."""
        self._rejected = rejected
        self._note("error", "store_edit_rejected", why)
        with suppress(OSError, StoreError), self._locked():
            self._file.back_up(document.write(self._document))

    # Saving

    def _save(self, changes: Sequence[Put | Remove]) -> Snapshot:
        for _ in range(_RETRIES):
            self._catch_up()
            with collector_at_rest():
                changed, replaced = self._apply(changes)
            if changed is self._document:
                return self._publish()
            for entry in replaced:
                self._file.put_text_aside(entry.text)
            if self._document.migrated is not None:
                self._file.keep_forever(f"schema-{self._document.migrated}")
            try:
                self._stamp = self._file.replace(document.write(changed), self._stamp)
            except ChangedMeanwhile:
                continue
            self._document = changed
            self._notices.pop("store_read_only", None)
            return self._publish()
        raise StoreError(f"{self._file.path} is being changed by another program all the time; try again")

    def _catch_up(self) -> None:
        """Take up what others wrote; what cannot be read, once it holds still, is put aside and memory stands."""
        deadline = time.monotonic() + _HALF_WRITTEN
        while True:
            stamp = self._files.look(self._file.path)
            try:
                if stamp != self._stamp:
                    self._take_up()
                self._refuse_newer_schema()
                return
            except BadFile as problem:
                if stamp != self._rejected and time.monotonic() < deadline:
                    time.sleep(_POLL)
                    continue
                told = f"An edit of {self._file.path} could not be used: {problem}. It is now in "
                self._note("error", "store_edit_put_aside", told + self._file.put_aside().name)
                self._stamp = self._rejected = None
                return

    def _refuse_newer_schema(self) -> None:
        if self._document.schema > document.SCHEMA:
            raise StoreError(f"{self._file.path} was written by a newer version and is read-only for this one")

    def _apply(self, changes: Sequence[Put | Remove]) -> tuple[Document, list[Entry]]:
        """The document with changes made, and the unreadable entries they replace. Raises RevisionConflict, Invalid."""
        made = changed_entries(self._document.entries, changes)
        if not made:
            return self._document, []
        replaced = [self._document.entries[key] for key in self._document.problems.keys() & made.keys()]
        return self._document.edited({**self._rewritten(), **made}), replaced

    def _rewritten(self) -> dict[str, Entry]:
        """Entries whose text lacks what their task was given, written anew."""
        fresh = {}
        for key in self._document.odd:
            entry = self._document.entries[key]
            if entry.stale and entry.task is not None and entry.problem is None:
                with suppress(Invalid):  # written by hand, and not ours to refuse now: it stays as it is
                    fresh[key] = entries.write(entry.task, entry.extras)
        return fresh

    # The folder and its lock

    @contextmanager
    def _locked_if_writable(self) -> Iterator[None]:
        """Locked, or not if the folder cannot be written at all: then there is nothing to guard."""
        with ExitStack() as held:
            try:
                held.enter_context(self._locked())
            except OSError as error:
                if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                    raise
                told = f"{self._folder} cannot be written ({error.strerror}): tasks can be read, but not changed."
                self._note("error", "store_read_only", told)
            yield

    def _check_folder(self) -> bool:
        """Is the folder there, and ours? Raises StoreError if it is not to be trusted."""
        try:
            status = self._folder.lstat()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise trouble("open", self._folder, error) from error
        if stat.S_ISLNK(status.st_mode):
            raise Refused(f"{self._folder} is a symbolic link; name the folder itself")
        refuse_foreign(self._folder, status)
        if os.name != "nt" and status.st_mode & 0o077:
            told = f"Others on this machine can look into {self._folder}: chmod 700 it."
            self._note("warning", "store_folder_open", told)
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._lock.acquire(poll_interval=_POLL)
        except filelock.Timeout as error:
            raise StoreError(f"{self._lock.lock_file} is held by another process; try again") from error
        try:
            yield
        finally:
            self._lock.release()

    def _tighten(self) -> None:
        """An editor may have left the file open to everyone: tasks hold code and hashes of tokens."""
        with suppress(OSError):
            self._files.restrict(self._file.path)

    # Telling

    def _note(self, level: str, code: str, message: str) -> None:
        self._notices[code] = Notice(level, code, message)

    def _note_network(self) -> None:
        if (kind := network_filesystem(self._folder)) is not None:
            told = (
                f"The tasks lie on a network file system ({kind}): use one server only, or keep tasks in PostgreSQL to "
                "share them between servers."
            )
            self._note("warning", "store_network", told)

    def _publish(self) -> Snapshot:
        """The snapshot of the document in force."""
        held = self._document
        notices = list(self._notices.values())
        self._told = (held, list(notices))
        problems = held.problems
        unknown = sorted(key for key in held.odd if held.entries[key].extras)
        newer = held.schema > document.SCHEMA
        if newer:
            told = f"{self._file.path} was written by a newer version: tasks run, but cannot be changed here."
            notices.append(Notice("warning", "store_newer_schema", told))
        if problems:
            told = f"{len(problems)} entries of {self._file.path} cannot be read and are left as they are."
            notices.append(Notice("error", "store_quarantined", told))
        if unknown:
            told = f"{self._file.path} has keys that this version does not know, in: {', '.join(unknown[:5])}."
            notices.append(Notice("info", "store_unknown_keys", told))
        read_only = newer or "store_read_only" in self._notices
        return Snapshot(held.rev, held.tasks, tuple(notices), read_only, problems)
