"""GET api/status: how the scheduler itself is."""

from __future__ import annotations

import os

from .. import __version__
from ..engine.actions import kinds
from ..runners.prompt_settings import PromptSettings
from .base import ApiHandler
from .endpoint import PERMISSIONS, endpoint
from .shapes import StatusReply


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
