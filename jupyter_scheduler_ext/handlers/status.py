"""GET api/status: how the scheduler itself is."""

from __future__ import annotations

import os

from .. import __version__
from .base import ApiHandler
from .endpoint import PERMISSIONS, endpoint
from .shapes import StatusReply


@endpoint("GET", "api/status", "read", replies={200: StatusReply}, unopened=True)
async def scheduler_status(request: ApiHandler) -> None:
    """Tell whether this server leads, how its store is, what waits and what to know, and what the asker may do."""
    server = request.extension.server
    told = {"pid": os.getpid(), "root": server.root_dir, "url": server.base_url, "label": request.scheduler.label}
    you = {
        "name": request.owner,
        "display_name": str(getattr(request.current_user, "display_name", None) or request.owner),
        "may": [action for action in PERMISSIONS if await request.allowed(action)],
    }
    kernels = request.assembly.contexts.kernels()
    more = {"kernels": kernels, "server": told, "you": you, "version": __version__}
    request.reply({**request.scheduler.status(), **more})
