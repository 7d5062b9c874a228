"""The page at ``{base_url}scheduler-ext/``: one document, the bundle, and nothing that a policy must forgive."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from tornado.web import authenticated

from .. import __version__
from .base import PREFIX, RESOURCE

HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
STATIC = Path(__file__).parent.parent / "static"
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "frame-src": "'self' blob:",
    "frame-ancestors": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


class PageHandler(ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, JupyterHandler):
    """Serves the page; its data comes through the API."""

    auth_resource = RESOURCE

    @authenticated
    @authorized("read", RESOURCE)  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        """The page."""
        self.set_header("Cache-Control", "no-store")
        may_execute = await ensure_async(self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE))
        page = self.render_template(
            "scheduler.html",
            script=self.asset("page.js"),
            style=self.asset("scheduler.css"),
            version=__version__,
            font=self.asset("font.css"),
            settings={
                "baseUrl": self.base_url,
                "xsrfToken": self.xsrf_token.decode(),
                "readOnly": not may_execute,
                "version": __version__,
            },
            built=(STATIC / "page.js").exists(),
        )
        self.finish(page)

    @property
    def content_security_policy(self) -> str:
        """The server's own policy stands where it says something; ours covers the rest."""
        given: str = super().content_security_policy
        named = {directive.split()[0].lower() for directive in given.split(";") if directive.strip()}
        policy = {**POLICY, "connect-src": f"'self' {self.sockets}".rstrip()}
        ours = [f"{name} {sources}" for name, sources in policy.items() if name not in named]
        return "; ".join((given, *ours))

    @property
    def sockets(self) -> str:
        """WebSockets of this host and no other: for some browsers 'self' does not cover them."""
        host = self.request.host
        return f"ws://{host} wss://{host}" if HOST.fullmatch(host) else ""

    def asset(self, name: str) -> str:
        """The URL of a file of the bundle; it changes with the file, so that browsers may keep it."""
        prefix: str = self.extensionapp.static_url_prefix
        try:
            stat = (STATIC / name).stat()
        except OSError:
            return f"{prefix}{name}"
        return f"{prefix}{name}?v={stat.st_mtime_ns:x}{stat.st_size:x}"


class ToPageHandler(ExtensionHandlerMixin, JupyterHandler):
    """``scheduler-ext`` without its slash leads to the page."""

    @authenticated
    @authorized("read", RESOURCE)  # type: ignore[untyped-decorator]
    async def get(self, *_: Any) -> None:
        """The page's address."""
        self.redirect(f"{self.base_url}{PREFIX}/")
