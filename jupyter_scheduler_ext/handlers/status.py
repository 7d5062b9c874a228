"""GET api/status: how the scheduler itself is."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from .. import __version__
from ..engine.actions import kinds
from ..runners.prompt_settings import PromptSettings
from .base import ApiHandler
from .endpoint import PERMISSIONS, endpoint
from .shapes import Advice, Shape


class You(Shape):
    """Who asks, and which actions the Authorizer lets them do."""

    name: Annotated[str, Field(description="As tasks name their owner")]
    display_name: str
    """As people know them."""
    may: list[Literal["read", "write", "execute"]]
    """Actions that the Authorizer allows on `scheduler_ext`."""


class StatusReply(Shape):
    role: Annotated[
        Literal["leader", "follower", "sharing", "standby"],
        Field(description="On a folder one server leads; on a database all share, or stand by while they cannot"),
    ]
    server: dict[str, Any]
    """The server that answers: `pid`, `root` (its folder), `url` (its base), `label`."""
    you: You
    """Who asks."""
    leader: dict[str, Any] | None
    """On a folder: who runs things if it is not this server, by `label` and `pid`."""
    servers: list[dict[str, Any]]
    """On a database: all that share the schedule, each with `name`, `labels`, `slots` (runs at a time) and `this`."""
    now: datetime
    """The scheduler's own clock."""
    lag: float | None
    """Seconds by which the last look at the clock came late; null: there was none."""
    next_run: datetime | None
    """When anything is due next."""
    store: dict[str, Any]
    """Where the schedule is: `folder` or `database`, its `revision`, whether it is `read_only`, and what was
    `quarantined`: which entries cannot be read, and why."""
    executors: list[str]
    """Where tasks may run."""
    actions: list[str]
    """Kinds of action that a task may have."""
    prompts: list[dict[str, Any]]
    """Endpoints of language models, each with `name` and `model`."""
    banners: list[Advice]
    """What a person should know now."""
    counts: dict[str, int]
    """Tasks, and how many are in each state."""
    queue: dict[str, Any]
    """Runs under way (`running`), waiting (`queued`), and how many may be under way at once (`limit`)."""
    kernels: Annotated[dict[str, int], Field(description="How many in each state, and the bytes of memory they hold")]
    version: str
    """Of this package."""


@endpoint("GET", "api/status", "read", replies={200: StatusReply}, unopened=True)
async def scheduler_status(request: ApiHandler) -> None:
    """Tell whether this server leads, how its store is, what waits and what to know, what a task may be made of here,
    and what the asker may do."""
    server = request.extension.server
    told = {"pid": os.getpid(), "root": server.root_dir, "url": server.base_url, "label": request.scheduler.label}
    you = {
        "name": request.owner,
        "display_name": str(getattr(request.current_user, "display_name", None) or request.owner),
        "may": [action for action in PERMISSIONS if await request.allowed(action)],
    }
    warm = request.assembly.contexts.kernels()
    prompts = PromptSettings(config=request.extension.config).offered()
    offered = {"actions": kinds(), "prompts": prompts, "kernels": warm}
    request.reply({**request.scheduler.status(), **offered, "server": told, "you": you, "version": __version__})
