"""Jupyter servers as processes of their own, ours and a peer's alike, that find nothing of this machine's settings."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

READY = 90.0
"""Seconds that a server may take to answer."""
STOP = 30.0
"""Seconds that it may take to end; then it is killed."""
ANSWER = 60.0
"""Seconds that one request may take."""


class Server:
    """A server on a free port of 127.0.0.1 that serves `root`, with the extensions that `python` has installed.

    A context manager: it answers below `probe` when the block begins, and is gone when it ends. Starting raises
    RuntimeError with the last complaint in the server's log.
    """

    def __init__(self, home: Path, *options: str, python: Path | str = sys.executable, probe: str) -> None:
        self.root = home / "work"
        self.root.mkdir(parents=True)
        (home / "data").mkdir()  # jupyter-scheduler does not make the folder of its database
        self._home = home
        self._token = secrets.token_hex(16)
        self._command = [
            *(str(python), "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
            *("--ServerApp.port=0", f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self._token}"),
            *options,
        ]
        self._probe = probe
        self._url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """The JSON answer to a request below the server's URL. Raises urllib.error.HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=ANSWER) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    @property
    def pid(self) -> int:
        """Of its process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Server:
        with (self._home / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=isolated(self._home), cwd=self.root, start_new_session=True
            )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _wait(self) -> None:
        assert self._process is not None
        told = self._home / "runtime" / f"jpserver-{self._process.pid}.json"
        deadline = time.monotonic() + READY
        while self._process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError, ValueError):
                self._url = json.loads(told.read_text("utf-8"))["url"]
                self.call(self._probe)
                return
            time.sleep(0.02)
        log = (self._home / "server.log").read_text("utf-8", errors="replace")
        complaints = [line for line in log.splitlines() if "Error" in line] or log.splitlines()
        raise RuntimeError(f"the server did not start: {complaints[-1]}")

    def _stop(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP)
        with suppress(ProcessLookupError):  # whatever it has left behind, in the session that was made for it
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def isolated(home: Path) -> dict[str, str]:
    """The environment in which Jupyter keeps everything below `home`, and finds nothing elsewhere but in its prefix."""
    return {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONWARNINGS": "ignore",
    }
