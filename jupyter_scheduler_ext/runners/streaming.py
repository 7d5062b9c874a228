"""One POST whose answer comes piece by piece. Cancelling it closes the connection at once, so nothing more is written
for us, or charged."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import StreamClosedError
from tornado.tcpclient import TCPClient

CONNECT = 30.0
MOST = 100 * 1024 * 1024
"""Bytes that an answer may have."""
EXPLANATION = 16_384
"""Bytes of a refusal that are read."""


class Refused(Exception):
    """The other side answered with another status than 200; the words are its own."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.text = text


class Silent(Exception):
    """Nothing came for too long."""


class _Answer(HTTPMessageDelegate):
    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.status = 0
        self.refusal = b""
        self._take = take

    def headers_received(self, start_line: object, headers: HTTPHeaders) -> None:
        assert isinstance(start_line, ResponseStartLine)
        self.status = start_line.code

    def data_received(self, chunk: bytes) -> None:
        if self.status == 200:
            self._take(chunk)
        else:
            self.refusal = (self.refusal + chunk)[:EXPLANATION]


@asynccontextmanager
async def _ending_is_fine(answer: _Answer) -> AsyncIterator[None]:
    """A connection that is closed in the middle of an answer ends it: whoever reads it knows whether it was whole."""
    try:
        yield
    except StreamClosedError:
        if answer.status == 0:
            raise


async def post(url: str, headers: dict[str, str], body: bytes, take: Callable[[bytes], None], silence: float) -> None:
    """Send, and hand each piece of the answer to `take`. Redirects are not followed.

    Raises Refused, Silent after `silence` seconds without a byte, and OSError where nobody answers.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    loop = asyncio.get_running_loop()
    client = TCPClient()
    try:
        stream = await client.connect(parts.hostname or "", port, ssl_options=context, timeout=CONNECT)
    except TimeoutError:
        raise OSError(f"no connection within {CONNECT:g} s") from None
    deadline = asyncio.timeout(silence)

    def heard(chunk: bytes) -> None:
        deadline.reschedule(loop.time() + silence)
        take(chunk)

    answer = _Answer(heard)
    try:
        async with deadline, _ending_is_fine(answer):
            sent = HTTPHeaders({"Host": parts.netloc.rpartition("@")[2], "Connection": "close", **headers})
            sent["Content-Length"] = str(len(body))
            connection = HTTP1Connection(
                stream, is_client=True, params=HTTP1ConnectionParameters(no_keep_alive=True, max_body_size=MOST)
            )
            await connection.write_headers(RequestStartLine("POST", target, ""), sent, body)
            connection.finish()
            await connection.read_response(answer)
    except TimeoutError:
        raise Silent(f"nothing came for {silence:g} s") from None
    finally:
        stream.close()
        client.close()
    if answer.status == 0:
        raise OSError("the connection was closed before an answer came")
    if answer.status != 200:
        raise Refused(answer.status, answer.refusal.decode("utf-8", "replace"))
