"""The bundle's files at ``{base_url}static/scheduler_ext/``, packed for the way."""

from __future__ import annotations

from jupyter_server.base.handlers import FileFindHandler
from tornado.web import GZipContentEncoding

from .page import STATIC


class AssetHandler(FileFindHandler):
    """Serves the files as the server would, but gzipped for whoever takes that: a third of the bytes."""

    def initialize(self) -> None:  # type: ignore[override]
        """The files of the package, wherever the server's own lie."""
        super().initialize(path=[str(STATIC)])

    def set_headers(self) -> None:
        """Pack this answer; Tornado's own setting for that would do it to the whole server."""
        super().set_headers()
        self._transforms = [*self._transforms, GZipContentEncoding(self.request)]
