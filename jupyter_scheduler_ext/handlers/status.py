"""GET api/status: how the scheduler itself is."""

from __future__ import annotations

import os

from .. import __version__
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import StatusReply


@endpoint("GET", "api/status", "read", replies={200: StatusReply})
async def scheduler_status(request: ApiHandler) -> None:
    """Tell whether this server leads, how its store is, what waits and what to know."""
    server = request.extension.server
    told = {"pid": os.getpid(), "root": server.root_dir, "url": server.base_url, "label": request.scheduler.label}
    request.reply({**request.scheduler.status(), "server": told, "version": __version__})
