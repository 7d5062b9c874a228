"""Calls to one server over HTTP.

By the standard library: a kernel that wants to schedule something should not have to import, or install, an HTTP
client for it, and a call to one's own machine gains nothing from a pool of connections. Proxies do not apply.
"""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from .discovery import Server
from .errors import SchedulerError, Unreachable, of_answer

PREFIX = "scheduler-ext/"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` lies below ``{base_url}scheduler-ext/``, or, with a slash in front, below the base URL."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    """Members that are None are left out."""
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """Any answer; `body` is read where it is JSON, and text where it is not."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Connection:
    """A server, and how to call it. Holds nothing open, so that any thread may call at any time.

    `timeout` is in seconds, of each step of a call; `verify` False takes any certificate, a path names an authority's.
    """

    def __init__(self, server: Server, timeout: float = 30.0, verify: bool | str = True) -> None:
        self.server = server
        self.timeout = timeout
        self._verify = verify

    def fetch_json(self, call: Call) -> dict[str, Any]:
        """The JSON object of a good answer. Raises a SchedulerError for any other."""
        reply = self.request(call)
        if 200 <= reply.status < 300 and isinstance(reply.body, dict):
            return reply.body
        raise of_answer(reply.status, reply.body, self.server.url, token=bool(self.server.token))

    def request(self, call: Call) -> Reply:
        """The answer, whatever its status. Raises Unreachable if there is none."""
        url = urlsplit(urljoin(self.server.url, self._relative(call.path)))
        query = urlencode({name: _word(value) for name, value in call.query.items() if value is not None})
        body = None if call.body is None else json.dumps(call.body).encode()
        connection = self._connect(url.scheme, url.hostname or "", url.port)
        try:
            target = (url.path or "/") + (f"?{query}" if query else "")
            connection.request(call.method, target, body, self._headers(call, body))
            answer = connection.getresponse()
            return _read(answer)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None  # its words hold the reason
        finally:
            connection.close()

    def _relative(self, path: str) -> str:
        return path.removeprefix("/") if path.startswith("/") else PREFIX + path

    def _headers(self, call: Call, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "Connection": "close", **call.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.server.token:
            headers["Authorization"] = f"token {self.server.token}"
        else:
            # A server without authentication still wants proof that no foreign page sent this: the same value twice.
            proof = secrets.token_hex(16)
            headers |= {"Cookie": f"_xsrf={proof}", "X-XSRFToken": proof}
        return headers

    def _connect(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if self.server.socket:
            return _SocketConnection(unquote(self.server.socket), self.timeout)
        if scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=self._context())
        return http.client.HTTPConnection(host, port, timeout=self.timeout)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._verify if isinstance(self._verify, str) else None)
        if self._verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _unreachable(self, error: Exception) -> SchedulerError:
        place = self.server.socket or self.server.url
        if isinstance(error, ssl.SSLCertVerificationError):
            why = f"its certificate was not accepted ({error.verify_message}); give verify=<path> or verify=False"
        elif isinstance(error, TimeoutError):
            why = f"no answer within {self.timeout:g} s"
        else:
            why = str(error) or type(error).__name__
        return Unreachable(f"the Jupyter server at {place} does not answer: {why}", code="unreachable")


def step(text: str) -> str:
    """A text as one step of a path."""
    return quote(text, safe="")


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket, as a server started with ``--sock`` speaks it."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _read(answer: http.client.HTTPResponse) -> Reply:
    text = answer.read()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    body: Any = text.decode("utf-8", "replace")
    if headers.get("content-type", "").partition(";")[0].strip().endswith("json") and text:
        try:
            body = json.loads(text)
        except ValueError as error:
            raise http.client.HTTPException(f"an answer that is not JSON: {error}") from error
    return Reply(answer.status, headers, body)


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
