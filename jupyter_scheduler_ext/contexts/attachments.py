"""Files that belong to a task: kept in the folder of its context, or named where they lie in the served root."""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from collections.abc import AsyncIterable, Iterable
from typing import Any

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

from ..engine.errors import Invalid, NotFound, SchedulerError
from .folders import ATTACHMENTS, FolderContexts, folder_of, make_folders
from .paths import served_path

ATTACHMENT_LIMIT = 200 * 1024 * 1024
"""Bytes of one attachment."""
LONGEST_NAME = 255
PART = 1_048_575
"""Bytes written at a time: a multiple of three, so that each part is base64 without padding."""
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


class TooLarge(SchedulerError):
    """An attachment is larger than allowed."""

    status = 413
    code = "too_large"


def safe_name(name: str) -> str:
    """The name under which an attachment is kept. Raises Invalid for one that is a path, hidden, or that some system
    does not take for a file's name."""
    name = unicodedata.normalize("NFC", name).strip()
    bad = (
        not name
        or name.startswith(".")
        or name.endswith(".")
        or len(name.encode()) > LONGEST_NAME
        or any(character in '/\\:*?"<>|' or unicodedata.category(character).startswith("C") for character in name)
        or name.partition(".")[0].lower() in RESERVED
    )
    if bad:
        raise Invalid(f"{name[:100]!r} cannot be the name of an attachment", field="name")
    return name


class Attachments:
    """The attachments of all contexts, through the contents manager."""

    def __init__(self, contents: Any, contexts: FolderContexts, limit: int = ATTACHMENT_LIMIT) -> None:
        self._contents = contents
        self._contexts = contexts
        self.limit = limit

    async def all(self, context_id: str) -> list[dict[str, Any]]:
        """``{"name", "path", "size", "last_modified"}`` of each, by name."""
        folder = self._folder(context_id)
        if not await ensure_async(self._contents.dir_exists(folder)):
            return []
        listing = await ensure_async(self._contents.get(folder, content=True, type="directory"))
        return [_shown(entry) for entry in sorted(listing["content"], key=lambda entry: str(entry["name"]))]

    async def add(self, context_id: str, task_name: str, name: str, body: AsyncIterable[bytes]) -> dict[str, Any]:
        """Keep what is uploaded under this name; one of the same name is replaced. Raises Invalid or TooLarge, and then
        leaves nothing."""
        name = safe_name(name)
        await self._contexts.ensure(context_id, task_name)
        await make_folders(self._contents, self._folder(context_id))
        path = f"{self._folder(context_id)}/{name}"
        try:
            await self._write(path, body, name)
        except BaseException:
            await self._discard(path)
            raise
        return _shown(await ensure_async(self._contents.get(path, content=False)))

    async def copy_in(self, context_id: str, task_name: str, path: str) -> dict[str, Any]:
        """Keep a copy of a file of the served root. Raises Invalid, NotFound or TooLarge."""
        path = served_path(self._contents, path, field="path")
        try:
            model = await ensure_async(self._contents.get(path, content=False))
        except HTTPError:
            raise NotFound(f"there is no file {path!r}", field="path") from None
        if model["type"] == "directory":
            raise Invalid(f"{path!r} is a folder", field="path")
        if (model.get("size") or 0) > self.limit:
            raise self._too_large(path)
        name = safe_name(model["name"])
        await self._contexts.ensure(context_id, task_name)
        await make_folders(self._contents, self._folder(context_id))
        target = f"{self._folder(context_id)}/{name}"
        await self._discard(target)
        await ensure_async(self._contents.copy(path, target))
        return _shown(await ensure_async(self._contents.get(target, content=False)))

    async def remove(self, context_id: str, name: str) -> None:
        """Raises NotFound."""
        path = f"{self._folder(context_id)}/{safe_name(name)}"
        if not await ensure_async(self._contents.file_exists(path)):
            raise NotFound(f"there is no attachment {name!r}", field="name")
        await ensure_async(self._contents.delete(path))

    async def paths(self, context_id: str, names: Iterable[str]) -> list[str]:
        """Where a task's attachments lie, from the served root: each in the context, else where its name says. Raises
        NotFound for one that is nowhere."""
        found = []
        for name in names:
            name = served_path(self._contents, name, field="attachments")
            kept = f"{self._folder(context_id)}/{name}"
            for path in (kept, name):
                if await ensure_async(self._contents.file_exists(path)):
                    found.append(path)
                    break
            else:
                raise NotFound(f"the attachment {name!r} is not there", field="attachments")
        return found

    async def _write(self, path: str, body: AsyncIterable[bytes], name: str) -> None:
        """Write part by part where the contents manager can add to a file, else all at once."""
        in_parts = _takes_parts(self._contents)
        waiting = bytearray()
        size = number = 0
        async for data in body:
            size += len(data)
            if size > self.limit:
                raise self._too_large(name)
            waiting += data
            while in_parts and len(waiting) > PART:
                number += 1
                await self._save(path, bytes(waiting[:PART]), number)
                del waiting[:PART]
        await self._save(path, bytes(waiting), -1 if number else None)

    async def _save(self, path: str, data: bytes, part: int | None) -> None:
        model = {"type": "file", "format": "base64", "content": b64encode(data).decode("ascii")}
        if part is not None:
            model["chunk"] = part  # type: ignore[assignment]
        await ensure_async(self._contents.save(model, path))

    async def _discard(self, path: str) -> None:
        if await ensure_async(self._contents.file_exists(path)):
            await ensure_async(self._contents.delete(path))

    def _too_large(self, name: str) -> TooLarge:
        return TooLarge(f"{name!r} is larger than {self.limit:,} bytes, which is the most", field="name")

    @staticmethod
    def _folder(context_id: str) -> str:
        return f"{folder_of(context_id)}/{ATTACHMENTS}"


def _takes_parts(contents: Any) -> bool:
    from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager, LargeFileManager

    return isinstance(contents, AsyncLargeFileManager | LargeFileManager)


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    moment = entry.get("last_modified")
    return {
        "name": entry["name"],
        "path": entry["path"],
        "size": entry.get("size"),
        "last_modified": None if moment is None else moment.isoformat(),
    }
