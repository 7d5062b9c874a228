"""Messages of hundreds of megabytes, from one print or one picture: taken in without holding the event loop.

What is beyond any limit is cut before it is parsed. Hashing a message (its signature) lets other threads go on; parsing
one long JSON text does not, wherever it happens.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from jupyter_client.channels import AsyncZMQSocketChannel

IN_THREAD = 1_000_000
"""Bytes from which a message is checked and parsed in a thread."""
TOO_LARGE = 32_000_000
"""Bytes from which only the ends of a message's text are kept."""
HEAD, TAIL = 4_000_000, 20_000
"""Bytes kept of a text that is too large."""
STREAM = re.compile(rb'\{"name":\s*"(\w+)",\s*"text":\s*"')
SHOWN = frozenset({"display_data", "execute_result", "update_display_data"})


class LargeMessageChannel(AsyncZMQSocketChannel):
    """A kernel's output channel for messages of any size."""

    async def _recv(self, **options: Any) -> dict[str, Any]:  # type: ignore[override]
        assert self.socket is not None
        frames = await self.socket.recv_multipart(**options)
        _, parts = self.session.feed_identities(frames)
        size = sum(map(len, parts))
        if size < IN_THREAD:
            return dict(self.session.deserialize(parts))
        return await asyncio.to_thread(self._large, parts, size)

    def _large(self, parts: list[Any], size: int) -> dict[str, Any]:
        if size < TOO_LARGE:
            return dict(self.session.deserialize(parts))
        message: dict[str, Any] = self.session.deserialize(parts, content=False)
        content = cut_content(message["header"]["msg_type"], message["content"])
        message["content"] = self.session.unpack(message["content"]) if content is None else content
        return message


def cut_content(kind: str, raw: bytes) -> dict[str, Any] | None:
    """What is kept of the content of a message that is too large; None for a kind that is not output."""
    if kind in SHOWN:
        return {"data": {"text/plain": f"[output cut: {len(raw):,} bytes]"}, "metadata": {}}
    begin = STREAM.match(raw) if kind == "stream" else None
    if begin is None:
        return None
    start, end = begin.end(), len(raw) - len('"}')
    head = _readable(raw[start : start + HEAD], from_end=True)
    tail = _readable(raw[end - TAIL : end], from_end=False)
    left_out = end - start - HEAD - TAIL
    return {
        "name": begin[1].decode("ascii"),
        "text": f"{head}\n[output cut: {left_out:,} bytes are left out here]\n{tail}",
    }


def _readable(raw: bytes, *, from_end: bool) -> str:
    """The text of a piece of a JSON string that may begin or end in the midst of an escape."""
    text = raw.decode("utf-8", "ignore")
    for cut in range(12):
        piece = text[: len(text) - cut] if from_end else text[cut:]
        try:
            return str(json.loads(f'"{piece}"', strict=False))
        except ValueError:
            continue
    return ""
