"""Context folders: ``tmp/chats/<context id>/`` under the served root, reached through the contents manager only."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

from ..engine.abc import Clock, ContextStore
from ..engine.errors import Invalid, NotFound
from ..engine.instants import to_rfc3339

ROOT = "tmp/chats"
METADATA = "context.json"
TRANSCRIPT = "transcript.ipynb"
RUNS = "runs"
ATTACHMENTS = "attachments"
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

OUTPUT = re.compile(rf"{ROOT}/[A-Za-z0-9][A-Za-z0-9_-]{{0,63}}/{RUNS}/[^/]+")


def folder_of(context_id: str) -> str:
    """Where a context lives, from the served root. Raises Invalid for what cannot be an id."""
    if not IDENTIFIER.fullmatch(context_id):
        raise Invalid(f"{context_id!r} is not the id of a context", field="context_id")
    return f"{ROOT}/{context_id}"


_locks: WeakKeyDictionary[Any, dict[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()

Listing: TypeAlias = list[dict[str, Any]]


async def make_folders(contents: Any, path: str) -> None:
    """Make a folder and those above it, where they are missing.

    One caller at a time: of two that find the same folder missing the second would have the contents manager log an
    error with its traceback.
    """
    async with _making(contents):
        await _make_folders(contents, path)


def _making(contents: Any) -> asyncio.Lock:
    """The lock of this contents manager, on this loop."""
    return _locks.setdefault(contents, {}).setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def _make_folders(contents: Any, path: str) -> None:
    made = ""
    for part in path.split("/"):
        made = f"{made}/{part}" if made else part
        if await ensure_async(contents.dir_exists(made)):
            continue
        try:
            await ensure_async(contents.save({"type": "directory"}, made))
        except HTTPError:
            if not await ensure_async(contents.dir_exists(made)):  # somebody else made it at the same time
                raise


class FolderContexts(ContextStore):
    """Contexts as folders. They are made at the first run or attachment, and again if somebody deleted them."""

    def __init__(self, contents_manager: Any, clock: Clock) -> None:
        self._contents = contents_manager
        self._clock = clock
        self._known: set[str] = set()

    async def ensure(self, context_id: str, task_name: str) -> str:
        folder = folder_of(context_id)
        if context_id in self._known and await self._exists(folder):
            return folder
        await make_folders(self._contents, f"{folder}/{RUNS}")
        if not await ensure_async(self._contents.file_exists(f"{folder}/{METADATA}")):
            described = {"id": context_id, "task": task_name, "created_at": to_rfc3339(self._clock.now())}
            await self._save_text(f"{folder}/{METADATA}", json.dumps(described, indent=1, ensure_ascii=False))
        self._known.add(context_id)
        return folder

    async def list(self) -> Listing:
        """``{"id", "path", "last_modified"}`` of every context."""
        if not await self._exists(ROOT):
            return []
        listing = await ensure_async(self._contents.get(ROOT, content=True, type="directory"))
        return [
            {"id": entry["name"], "path": entry["path"], "last_modified": _moment(entry)}
            for entry in listing["content"]
            if entry["type"] == "directory" and IDENTIFIER.fullmatch(entry["name"])
        ]

    async def get(self, context_id: str) -> dict[str, Any]:
        """The same of one context, with the task it was made for. Raises NotFound."""
        folder = await self.path_of(context_id)
        model = await ensure_async(self._contents.get(folder, content=False, type="directory"))
        return {**await self._metadata(context_id), "id": context_id, "path": folder, "last_modified": _moment(model)}

    async def outputs(self, context_id: str) -> Listing:
        """The output files of a context's runs, newest first, as the contents manager lists them."""
        folder = f"{folder_of(context_id)}/{RUNS}"
        if not await self._exists(folder):
            return []
        listing = await ensure_async(self._contents.get(folder, content=True, type="directory"))
        files = [entry for entry in listing["content"] if entry["type"] != "directory"]
        return sorted(files, key=lambda entry: str(entry["name"]), reverse=True)

    async def shrink(self, context_id: str, limit: int) -> None:
        """Remove the oldest outputs until those left hold `limit` bytes at most; the newest stays in any case."""
        held = 0
        for number, entry in enumerate(await self.outputs(context_id)):
            held += entry.get("size") or 0
            if number > 0 and held > limit:
                await self.remove_output(entry["path"])

    async def clear(self, context_id: str) -> None:
        """Remove what runs left, the transcript too; attachments stay."""
        folder = await self.path_of(context_id)
        await self._remove_tree(f"{folder}/{RUNS}")
        with _gone_is_fine():
            await ensure_async(self._contents.delete(f"{folder}/{TRANSCRIPT}"))

    async def remove(self, context_id: str) -> None:
        """Delete the folder with all that is in it; one that is gone already is no error."""
        folder = folder_of(context_id)
        self._known.discard(context_id)
        await self._remove_tree(folder)

    async def remove_output(self, path: str) -> None:
        """Remove the output of one run. A transcript is not one run's: it stays, and sheds its oldest cells by itself.

        The file is emptied first: where deleting means the trash, nothing would be won otherwise.
        """
        if not OUTPUT.fullmatch(path):
            return
        with _gone_is_fine():
            if await ensure_async(self._contents.file_exists(path)):
                await self._save_text(path, "")
                await ensure_async(self._contents.delete(path))

    async def has(self, path: str) -> bool:
        """Is there such a file?"""
        return bool(await ensure_async(self._contents.file_exists(path)))

    async def path_of(self, context_id: str) -> str:
        """The folder of a context that exists. Raises NotFound."""
        folder = folder_of(context_id)
        if not await self._exists(folder):
            raise NotFound(f"there is no context {context_id!r}")
        return folder

    async def _metadata(self, context_id: str) -> dict[str, Any]:
        with suppress(HTTPError, ValueError):
            model = await ensure_async(
                self._contents.get(f"{folder_of(context_id)}/{METADATA}", type="file", format="text")
            )
            described = json.loads(model["content"])
            if isinstance(described, dict):
                return described
        return {}

    async def _exists(self, path: str) -> bool:
        return bool(await ensure_async(self._contents.dir_exists(path)))

    async def _save_text(self, path: str, text: str) -> None:
        await ensure_async(self._contents.save({"type": "file", "format": "text", "content": text}, path))

    async def _remove_tree(self, folder: str) -> None:
        with _gone_is_fine():
            listing = await ensure_async(self._contents.get(folder, content=True, type="directory"))
            for entry in listing["content"]:
                if entry["type"] == "directory":
                    await self._remove_tree(entry["path"])
                else:
                    await ensure_async(self._contents.delete(entry["path"]))
            await ensure_async(self._contents.delete(folder))


def _moment(entry: dict[str, Any]) -> str | None:
    moment = entry.get("last_modified")
    return None if moment is None else moment.isoformat()


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Let the contents manager's 404 pass, and nothing else."""
    try:
        yield
    except HTTPError as error:
        if error.status_code != 404:
            raise
