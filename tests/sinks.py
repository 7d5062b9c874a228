"""Where messages arrive in tests: a mail server and a webhook on 127.0.0.1, which may be told to refuse."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP

PATIENCE = 60.0


class MailSink:
    """A mail server, on an event loop in a thread of its own, that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[email.message.EmailMessage] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 kept"

    @property
    def address(self) -> str:
        """As Apprise writes it."""
        return f"mailto://127.0.0.1:{self.port}?mode=insecure&from=scheduler@example.org&to=ana@example.org"

    def __enter__(self) -> MailSink:
        self._thread.start()
        listening = self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(PATIENCE)
        self.port = server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


class Webhook:
    """An HTTP server that keeps what is posted to it; `refuses` answers that many posts with 503."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.refused = 0
        self.refuses = 0
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if sink.refuses > 0:
                    sink.refuses -= 1
                    sink.refused += 1
                    self.send_error(503)
                else:
                    sink.posts.append(json.loads(body))
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def address(self, secret: str) -> str:
        """As Apprise writes it, with something in it that nobody may see."""
        return f"json://127.0.0.1:{self._server.server_port}/{secret}"

    def __enter__(self) -> Webhook:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def wait_for(true: Callable[[], Any], what: str) -> Any:
    """Poll until it is true, generously: the machine may be busy."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)
    return found
