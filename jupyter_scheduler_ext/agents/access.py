"""In whose name an agent acts.

The port of jupyter-server-mcp asks nobody who they are. So each call is made again over HTTP, to the server's own API,
with a Jupyter token: there it meets the same authentication, authorization and limits as any other.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traitlets import Enum
from traitlets.config import Configurable

if TYPE_CHECKING:
    from ..client import AsyncSchedulerClient


class AgentSettings(Configurable):
    """Whether agents get tools: ``c.AgentSettings...`` in the server's configuration."""

    tools = Enum(
        ["off", "caller", "server"],
        default_value="off",
        help="""off: no tools. caller: tools that act with the rights of the Jupyter token in the caller's header
        ``Authorization``, and without one not at all. server: callers without one act as the owner of this server,
        which is right only where nobody else reaches the port of jupyter-server-mcp.""",
    ).tag(config=True)


class NoRights(Exception):
    """The caller did not say who they are. The words are for the agent."""


@dataclass(frozen=True, slots=True)
class Access:
    """How tools reach the API of the server they are part of."""

    server: Any
    mode: str

    def client(self, authorization: str) -> AsyncSchedulerClient:
        """A client with the rights of who calls; `authorization` is the header they sent, or "". Raises NoRights."""
        from ..client import AsyncSchedulerClient
        from ..client.connection import Connection
        from ..client.discovery import Server

        kind, _, given = authorization.strip().partition(" ")
        token = given.strip() if kind.lower() in ("token", "bearer") else ""
        if not token:
            if self.mode != "server":
                raise NoRights(
                    "The scheduler acts with the rights of who calls: have the MCP client send the header "
                    "`Authorization: token <a token of this Jupyter server>`."
                )
            token = os.environ.get("JUPYTERHUB_API_TOKEN") or str(getattr(self.server.identity_provider, "token", ""))
        url = str(self.server.connection_url)
        # The server calls itself: its certificate is for the name that others know it by.
        client = AsyncSchedulerClient(url, token, verify=False)
        if self.server.sock:
            client.connection = Connection(Server("http://localhost/", token, socket=self.server.sock))
        return client


_offered: list[Access] = []


def offer(app: Any) -> None:
    """Let the agents of this server have what its settings allow."""
    mode = AgentSettings(parent=app).tools
    _offered[:] = [] if mode == "off" else [Access(app.server, mode)]


def offered() -> Access | None:
    """The way to the API, where tools are offered."""
    return _offered[0] if _offered else None
