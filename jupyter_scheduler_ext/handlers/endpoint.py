"""One endpoint as a value: its route, who may call it, what goes in and comes out, and the function that answers.

Routing, permissions and the OpenAPI document are all read from these values, so that none of them can be forgotten.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel

from .body import MEGABYTE

if TYPE_CHECKING:
    from .base import ApiHandler

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Permission = Literal["read", "write", "execute"]
"""What the Authorizer is asked for on the resource ``scheduler_ext``; what can make code run later is ``execute``."""
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

Answer: TypeAlias = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`path` is relative to ``{base_url}scheduler-ext/``; its ``{names}`` become arguments of `answer`."""

    operation: str
    method: Method
    path: str
    permission: Permission
    summary: str
    answer: Answer
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    replies: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    limit: int = MEGABYTE
    """The longest body in bytes; a longer one is answered with 413."""
    token: bool = False
    """May also be called without a session, with the header ``X-Task-Token``."""
    rate: str | None = None
    """What it counts as in `SchedulerExtension.rate_limits`; None: it costs too little to be counted."""
    unopened: bool = False
    """Answers as well while the stores cannot be opened."""
    media: tuple[str, ...] = ()
    """Types of answers besides JSON."""
    takes: tuple[str, ...] = ()
    """Types of bodies besides JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of a request that `answer` looks at, and what each is for; `ApiHandler.header` reads no others."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """Headers of a good answer that mean something to programs, and what."""


def endpoint(
    method: Method, path: str, permission: Permission, **more: Any
) -> Callable[[Callable[..., Awaitable[None]]], Endpoint]:
    """Make an `Endpoint` of a coroutine function: its name is the operation id, its docstring the description."""

    def make(answer: Callable[..., Awaitable[None]]) -> Endpoint:
        summary = (answer.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        return Endpoint(
            operation=answer.__name__,
            method=method,
            path=path,
            permission=permission,
            summary=summary,
            answer=answer,
            **more,
        )

    return make


def handler_class(endpoints: list[Endpoint]) -> type[ApiHandler]:
    """The Tornado handler of all endpoints that share one path, each method behind authentication and authorization."""
    from jupyter_server.auth.decorator import allow_unauthenticated, authorized
    from tornado import web

    from .base import RESOURCE, ApiHandler

    def guarded(one: Endpoint) -> Callable[..., Any]:
        async def respond(self: ApiHandler, *path: str) -> None:
            await self.respond(one, *path)

        method: Callable[..., Awaitable[None]]
        method = web.authenticated(authorized(one.permission, RESOURCE)(respond))  # type: ignore[assignment]
        if not one.token:
            return method

        @allow_unauthenticated
        async def with_session_or_token(self: ApiHandler, *path: str) -> None:
            if self.task_token is None:
                await method(self, *path)
            else:
                await respond(self, *path)

        return with_session_or_token

    methods = {one.method.lower(): guarded(one) for one in endpoints}
    name = "".join(word.capitalize() for word in endpoints[0].operation.split("_"))
    table = {one.method: one for one in endpoints}
    return type(name, (ApiHandler,), {"endpoints": table, **methods})
