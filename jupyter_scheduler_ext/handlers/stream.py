"""WebSocket api/stream: deltas pushed, and the logs of the runs that a page looks at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from .base import RESOURCE

if TYPE_CHECKING:
    from ..extension import SchedulerExtension

MOST_FOLLOWED = 50
"""Runs whose logs one socket may follow at a time."""
LONGEST_MESSAGE = 4096
"""Bytes of what a client says: subscriptions are short."""


class StreamHandler(ExtensionHandlerMixin, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One socket of one page, whatever number of widgets are on it.

    The server sends ``{"type": "delta", ...}`` as `poll` answers, first one at once, ``{"type": "log", "run_id",
    "entries", "next", "complete"}`` and ``{"type": "ping"}``; the client ``{"type": "subscribe", "run_id", "from"}``
    and ``{"type": "unsubscribe", "run_id"}``. What a client says otherwise is ignored.
    """

    auth_resource = RESOURCE

    revision: str
    greeted = False

    def initialize(self, name: str) -> None:
        super().initialize(name)
        self.follows: dict[str, int] = {}
        self._joined = False

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Upgrade to a WebSocket, for who may read."""
        allowed = self.authorizer.is_authorized(self, self.current_user, "read", RESOURCE)
        if not await ensure_async(allowed):
            raise HTTPError(403)
        self._feed = await self._extension.feed()
        upgraded = super().get(*args, **kwargs)
        if upgraded is not None:
            await upgraded

    @property
    def _extension(self) -> SchedulerExtension:
        return cast("SchedulerExtension", self.extensionapp)

    @property
    def max_message_size(self) -> int:
        return LONGEST_MESSAGE

    def open(self, *args: Any, **kwargs: Any) -> None:
        super().open(*args, **kwargs)
        self.set_nodelay(True)
        self.revision = self.get_query_argument("since", None) or self._feed.revision
        self._joined = True
        self._feed.join(self)

    async def send(self, frame: bytes) -> bool:
        try:
            await self.write_message(frame)
        except WebSocketClosedError:
            return False
        return True

    def on_message(self, message: str | bytes) -> None:
        try:
            said = json.loads(message)
            kind, run_id = said["type"], said["run_id"]
            start = said.get("from", 0)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return
        if not isinstance(run_id, str) or not isinstance(start, int) or start < 0:
            return
        if kind == "subscribe" and (run_id in self.follows or len(self.follows) < MOST_FOLLOWED):
            self._feed.follow(self, run_id, start)
        elif kind == "unsubscribe":
            self._feed.unfollow(self, run_id)

    def on_close(self) -> None:
        if self._joined:
            self._feed.leave(self)
        super().on_close()
