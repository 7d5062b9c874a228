"""A real Jupyter server with the extension, as a process of its own: for browsers, kernels and pictures."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

READY = 150.0
"""Seconds that a server may take to answer, on a machine that does other things as well."""
STOP = 30.0
NO_AGENTS = "--ServerApp.jpserver_extensions=jupyter_server_mcp=False"
"""It switches itself on wherever it is installed, takes seconds to import, and listens on one port of its own."""
NO_LAB = tuple(
    f"--ServerApp.jpserver_extensions={name}=False"
    for name in ("jupyterlab", "jupyter_lsp", "notebook", "notebook_shim")
)
"""Without them a server starts in two thirds of the time."""


class LiveServer:
    """A server on a free port of 127.0.0.1, serving `home/work`, that finds nothing of this machine's settings.

    A context manager: it answers when the block begins, and is gone with all its kernels when it ends. JupyterLab and
    Notebook 7 are there only with `lab`.
    """

    def __init__(self, home: Path, *options: str, env: Mapping[str, str] | None = None, lab: bool = False) -> None:
        self.home = home
        self.root = home / "work"
        self.root.mkdir(parents=True, exist_ok=True)
        self.token = secrets.token_hex(16)
        self.url = ""
        self.environment = {**os.environ, **places(home), **(env or {})}
        self._options = options if lab else (*NO_LAB, *options)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All that the server has said so far."""
        return (self.home / "server.log").read_text("utf-8", errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def page(self, fragment: str = "") -> str:
        """The address of the scheduler's page, with the token that opens it."""
        return f"{self.url}scheduler-ext/?token={self.token}{fragment}"

    def fetch(self, path: str, method: str = "GET", body: Any = None, more: Mapping[str, str] | None = None) -> Any:
        """The JSON answer to a request below the server's URL; `more` are headers. Raises urllib.error.HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json", **(more or {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """The same below ``scheduler-ext/api/``."""
        return self.fetch(f"scheduler-ext/api/{path}", method, body)

    def __enter__(self) -> LiveServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until the scheduler answers. Raises RuntimeError with the server's log if it does not."""
        self._silence_news()
        command = [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={self.root}"),
            *(f"--IdentityProvider.token={self.token}", "--ServerApp.log_level=INFO", NO_AGENTS, *self._options),
        ]
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.root)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End as a person does: SIGTERM, and SIGKILL if that is not enough."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process = None

    def _silence_news(self) -> None:
        """JupyterLab asks newcomers whether they want its news, in a box that covers things."""
        folder = self.home / "config" / "labconfig"
        folder.mkdir(parents=True, exist_ok=True)
        off = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        (folder / "page_config.json").write_text(json.dumps(off), "utf-8")

    def _wait(self) -> None:
        deadline = time.monotonic() + READY
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log[-4000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        found = self.home.joinpath("runtime").glob(f"jpserver-{self.pid}.json")
        for file in found:
            try:
                self.url = json.loads(file.read_text("utf-8"))["url"]
                self.api("status")
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    raise RuntimeError("the extension is not enabled: install the project with pip") from None
                return False
            except (OSError, ValueError):
                return False
            return True
        return False


def places(home: Path) -> dict[str, str]:
    """The environment in which Jupyter keeps everything below `home`, and finds nothing elsewhere."""
    return {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONWARNINGS": "ignore",
    }
