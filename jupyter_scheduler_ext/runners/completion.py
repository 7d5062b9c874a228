"""Reads what an OpenAI-compatible endpoint answers: events with a few words each, or one object with all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

DONE = "[DONE]"


class EndpointFailed(Exception):
    """The endpoint said, in the middle of its answer, that it cannot go on."""


class Completion:
    """Takes bytes as they come, and tells each piece of the answer's text."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.text = ""
        self.finish = ""
        """Why the model stopped: ``stop``, ``length``, ...; "" if the answer was cut off."""
        self.whole = False
        """Did the endpoint say that this is all?"""
        self.tokens: int | None = None
        self._tell = tell
        self._rest = b""
        self._streamed = False

    def take(self, chunk: bytes) -> None:
        """Raises EndpointFailed."""
        if not self._rest.lstrip().startswith(b"{") and not self._streamed:
            self._streamed = not chunk.lstrip().startswith(b"{")
        if not self._streamed:
            self._rest += chunk
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._line(line)

    def close(self) -> None:
        """All has come. Raises EndpointFailed if it was no answer, or not all of it."""
        self._line(b"".join(self._rest.splitlines()) if not self._streamed else self._rest)
        self._rest = b""
        if not self.whole:
            raise EndpointFailed("the connection was closed before the answer was whole")

    def _line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()
        data = text.removeprefix("data:").strip() if text.startswith("data:") else text
        if data == DONE:
            self.whole = True
        if not data.startswith("{"):
            return  # an empty line, a comment that keeps the line open, the end's mark
        try:
            event = json.loads(data)
        except ValueError:
            raise EndpointFailed("the endpoint sent what is not JSON") from None
        self._event(event)

    def _event(self, event: dict[str, Any]) -> None:
        error = event.get("error")
        if error:
            raise EndpointFailed(str(error.get("message", error) if isinstance(error, dict) else error))
        usage = event.get("usage") or {}
        self.tokens = usage.get("total_tokens", self.tokens)
        for choice in event.get("choices") or ():
            piece = (choice.get("delta") or choice.get("message") or {}).get("content") or ""
            if piece:
                self.text += piece
                self._tell(piece)
            self.finish = choice.get("finish_reason") or self.finish
            self.whole = self.whole or bool(self.finish) or "message" in choice
