"""What all API handlers share: who may come in, how a body is read, how an answer or an error is written."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from pydantic import BaseModel
from tornado.web import HTTPError, stream_request_body

from ..engine.errors import Invalid, SchedulerError
from .body import MEGABYTE, parse_json
from .problems import Forbidden, TooLarge, describe

if TYPE_CHECKING:
    from ..engine.scheduler import TaskScheduler
    from ..extension import SchedulerExtension
    from ..wiring import Assembly
    from .endpoint import Endpoint

RESOURCE = "scheduler_ext"
"""The name the Authorizer sees; the actions on it are read, write and execute (`endpoint.Permission`)."""
TOKEN_HEADER = "X-Task-Token"
PREFIX = "scheduler-ext"
SPOOL_FROM = 2 * MEGABYTE
"""Bytes from which a body waits in a file and not in memory."""
PART = MEGABYTE
COMPRESS_FROM = 64 * 1024
"""Bytes from which compressing is worth a thread; Tornado's own compression would hold the event loop."""

M = TypeVar("M", bound=BaseModel)


@stream_request_body
class ApiHandler(ExtensionHandlerMixin, APIHandler):
    """Answers the endpoints of one path.

    The body is streamed, so that a caller without permission is turned away before it is read, and one over the route's
    limit is thrown away as it comes instead of filling memory.
    """

    auth_resource = RESOURCE
    endpoints: ClassVar[Mapping[str, Endpoint]] = {}

    scheduler: TaskScheduler
    assembly: Assembly
    """The engine, and what belongs to it; there once `respond` began."""

    def initialize(self, name: str, **more: Any) -> None:
        super().initialize(name, **more)
        self._body: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=SPOOL_FROM)  # noqa: SIM115
        self._received = 0

    # Coming in

    @property
    def extension(self) -> SchedulerExtension:
        return cast("SchedulerExtension", self.extensionapp)

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint of this request; None for a method that the path does not have."""
        return self.endpoints.get(self.request.method or "")

    @property
    def task_token(self) -> str | None:
        """The ad-hoc token of a request that carries one where it counts; the session is then ignored altogether."""
        called = self.endpoint
        return self.request.headers.get(TOKEN_HEADER) if called is not None and called.token else None

    @property
    def _track_activity(self) -> bool:  # type: ignore[override]
        """Looking is no activity: a page that polls must not keep an idle server alive."""
        called = self.endpoint
        return called is not None and called.permission != "read"

    @property
    def owner(self) -> str:
        """The identity that makes a request."""
        return str(getattr(self.current_user, "username", "") or "")

    @property
    def counted_as(self) -> str:
        """Whose calls a request counts to. Who comes with the server's token and no name gets a new one each time from
        Jupyter: all of them count as one."""
        nameless = str(getattr(self.current_user, "name", "")).startswith("Anonymous")
        return "" if nameless and self.token_authenticated else self.owner

    async def prepare(self) -> None:  # type: ignore[override]
        if self.task_token is None:
            await super().prepare()
            if self.current_user is None and self.request.method != "OPTIONS":
                raise HTTPError(403, "not authenticated")  # before the body is read
            called = self.endpoint
            if called is not None and called.limit > MEGABYTE:
                if not await self.allowed(called.permission):
                    raise HTTPError(403, f"not authorized to {called.permission} on {RESOURCE}")  # so is this
                self._expect_long(called.limit)
            return
        self.current_user = self._jupyter_current_user = None
        if not self.check_host():
            raise HTTPError(403)

    def _expect_long(self, limit: int) -> None:
        """Take a body as long as the route allows; at 512 MB Tornado would end the connection without a word."""
        declared = self.request.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > limit:
            raise HTTPError(413, f"the body of this request may have {limit} bytes")
        cast("Any", self.request.connection).set_max_body_size(limit)

    def check_xsrf_cookie(self) -> None:
        # A token in a header of our own cannot be sent by a forged form, and no cookie is looked at.
        if self.task_token is None:
            super().check_xsrf_cookie()

    def data_received(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._received <= self._limit:
            self._body.write(chunk)
        else:
            self._body.truncate(0)

    def on_finish(self) -> None:
        self._body.close()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._body.close()

    @property
    def _limit(self) -> int:
        called = self.endpoint
        return called.limit if called is not None else MEGABYTE

    async def respond(self, called: Endpoint, *path: str) -> None:
        """Run an endpoint's function; whatever it raises on purpose becomes an answer."""
        try:
            if self._received > called.limit:
                raise TooLarge(f"the body of this request may have {called.limit} bytes", limit=called.limit)
            if called.rate is not None and self.task_token is None:
                self.extension.call_rates.take(called.rate, self.counted_as)
            self.assembly = await self.extension.assembly()
            self.scheduler = self.assembly.scheduler
            if not (called.unopened and self.scheduler.trouble):
                await self.extension.engine()
            await called.answer(self, *path)
        except SchedulerError as problem:
            self.refuse(problem)
        except BaseException as problem:
            status, error = describe(problem)
            if status >= 500 or isinstance(problem, HTTPError):
                raise
            self.write_problem(status, error)

    async def allowed(self, action: str, resource: str = RESOURCE) -> bool:
        """Does the Authorizer let the current user do this as well?"""
        return bool(await ensure_async(self.authorizer.is_authorized(self, self.current_user, action, resource)))

    async def require(self, action: str, resource: str = RESOURCE) -> None:
        """Raises Forbidden unless the current user may do this as well."""
        if not await self.allowed(action, resource):
            raise Forbidden(f"not authorized to {action} on {resource}")

    # Reading

    def body_text(self) -> str:
        """The body as text. Raises Invalid."""
        try:
            return self.body_bytes().decode()
        except UnicodeDecodeError as error:
            raise Invalid(f"the body is not UTF-8: byte {error.start} is not part of a character") from None

    def json(self) -> Any:
        """The body as JSON, whatever Content-Type it claims; None if there is none."""
        return parse_json(self.body_bytes())

    def body_bytes(self) -> bytes:
        """The body as it came."""
        self._body.seek(0)
        return self._body.read()

    async def body_parts(self) -> AsyncIterator[bytes]:
        """The body in parts, for what may be too long to hold in memory."""
        self._body.seek(0)
        while part := await asyncio.to_thread(self._body.read, PART):
            yield part

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object."""
        value = self.json()
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise Invalid("the body must be a JSON object")
        return value

    def body_as(self, model: type[M]) -> M:
        """The body as `model` says. Raises pydantic's ValidationError, which becomes a 400 that names the field."""
        return model.model_validate(self.json_object())

    def header(self, name: str) -> str | None:
        """A header of the request. KeyError for one that the endpoint does not list: the document would hide it."""
        called = self.endpoint
        if called is None or name not in called.headers:
            raise KeyError(name)
        return self.request.headers.get(name)

    def query_as(self, model: type[M]) -> M:
        """The query as `model` says; a name given twice counts with its last value, unknown names are ignored."""
        given = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        return model.model_validate(given)

    # Writing

    def url(self, *steps: str) -> str:
        """The path of something below ``{base_url}scheduler-ext/``."""
        return "/".join((str(self.base_url).rstrip("/"), PREFIX, *steps))

    def reply(self, value: Any, status: int = 200) -> None:
        """Answer with `value` as JSON; bytes are JSON already."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(value if isinstance(value, bytes) else to_json(value))

    def reply_task(self, uuid: str, secret: str | None = None, status: int = 200) -> None:
        """Answer with a task, and the one look at its token that there is."""
        text = b'{"task":' + self.scheduler.task_bytes(uuid)
        self.set_header("Etag", f'"{self.scheduler.tasks.snapshot.tasks[uuid].revision}"')
        self.reply(text + (b"}" if secret is None else b',"token_secret":%b}' % to_json(secret)), status)

    async def reply_long(self, text: bytes, media: str = "application/json") -> None:
        """Answer with a text that may be long: it is compressed off the event loop, for who takes it so."""
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Vary", "Accept-Encoding")
        if len(text) > COMPRESS_FROM and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            text = await asyncio.to_thread(gzip.compress, text, compresslevel=1)
        self.finish(text, set_content_type=media)

    def refuse(self, problem: SchedulerError) -> None:
        if "retry_after" in problem.details:
            self.set_header("Retry-After", str(problem.details["retry_after"]))
        self.write_problem(*describe(problem))

    def write_problem(self, status: int, error: Mapping[str, Any]) -> None:
        self.clear_header("Etag")
        self.reply({"error": error}, status)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tornado's hook for what was raised outside `respond`: a refused session, a method that is not there."""
        problem = (kwargs.get("exc_info") or (None, None))[1]
        status, error = describe(problem) if problem is not None else describe(HTTPError(status_code))
        if status == 405:
            self.set_header("Allow", ", ".join(sorted(self.endpoints)))
        self.write_problem(status, error)

    def compute_etag(self) -> str | None:
        """Only what sets an Etag itself has one: hashing every long answer would cost more than it saves."""
        return None


class NoRoute(ApiHandler):
    """Whatever lies below ``api/`` and is no route: 404 in our shape, for whoever may ask at all."""

    async def prepare(self) -> None:  # type: ignore[override]
        await super().prepare()
        raise HTTPError(404)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code == 404:
            self.write_problem(404, {"code": "no_route", "message": "there is no such route"})
        else:
            super().write_error(status_code, **kwargs)


def to_json(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
