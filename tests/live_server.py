"""A real Jupyter server with the extension, as a process of its own: for browsers, kernels and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.servers import Server

NO_AGENTS = "--ServerApp.jpserver_extensions=jupyter_server_mcp=False"
"""It switches itself on wherever it is installed, takes seconds to import, and listens on one port of its own."""
NO_LAB = tuple(
    f"--ServerApp.jpserver_extensions={name}=False"
    for name in ("jupyterlab", "jupyter_lsp", "notebook", "notebook_shim")
)
"""Without them a server starts in two thirds of the time."""


class LiveServer(Server):
    """A server with the extension, which answers when the block begins. JupyterLab and Notebook 7 are there only with
    `lab`."""

    probe = "scheduler-ext/api/status"

    def __init__(self, home: Path, *options: str, env: Mapping[str, str] | None = None, lab: bool = False) -> None:
        given = ("--ServerApp.log_level=INFO", NO_AGENTS, *(() if lab else NO_LAB), *options)
        super().__init__(home, *given, probe=self.probe, env=env)
        self._silence_news()

    def page(self, fragment: str = "") -> str:
        """The address of the scheduler's page, with the token that opens it."""
        return f"{self.url}scheduler-ext/?token={self.token}{fragment}"

    def fetch(self, path: str, method: str = "GET", body: Any = None, more: Mapping[str, str] | None = None) -> Any:
        """See `Server.call`."""
        return self.call(path, method, body, more)

    def api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """The same below ``scheduler-ext/api/``."""
        return self.call(f"scheduler-ext/api/{path}", method, body)

    def __enter__(self) -> LiveServer:
        self.start()
        return self

    def _silence_news(self) -> None:
        """JupyterLab asks newcomers whether they want its news, in a box that covers things."""
        folder = self.home / "config" / "labconfig"
        folder.mkdir(parents=True, exist_ok=True)
        off = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        (folder / "page_config.json").write_text(json.dumps(off), "utf-8")
