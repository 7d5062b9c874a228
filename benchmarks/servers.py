"""Jupyter servers as processes of their own, ours and a peer's alike, that find nothing of this machine's settings.

Benchmarks and tests start them (`tests/live_server.py`); standard library only.
"""

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
from contextlib import suppress
from pathlib import Path
from typing import Any

READY = 150.0
"""Seconds that a server may take to answer, on a machine that does other things as well."""
STOP = 30.0
"""Seconds that it may take to end; then it is killed."""
ANSWER = 60.0
"""Seconds that one request may take."""
LOOK = 0.02
"""Seconds between two looks at whether it answers."""


class Server:
    """A server on a free port of 127.0.0.1 that serves `home/work`, with the extensions that `python` has installed.

    A context manager: it answers below `probe` when the block begins, and is gone when it ends. It can be started
    again. Starting raises RuntimeError with the last of what the server said.
    """

    def __init__(
        self,
        home: Path,
        *options: str,
        probe: str,
        python: Path | str = sys.executable,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.root = home / "work"
        self.root.mkdir(parents=True, exist_ok=True)
        (home / "data").mkdir(exist_ok=True)  # jupyter-scheduler does not make the folder of its database
        self.token = secrets.token_hex(16)
        self.url = ""
        self.environment = {**isolated(home), **(env or {})}
        self._command = [
            *(str(python), "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
            *("--ServerApp.port=0", f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}"),
            *options,
        ]
        self._probe = probe
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All that the server has said so far."""
        return (self.home / "server.log").read_text("utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """Of its process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def call(self, path: str, method: str = "GET", body: Any = None, more: Mapping[str, str] | None = None) -> Any:
        """The JSON answer to a request below the server's URL; `more` are headers. Raises urllib.error.HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json", **(more or {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=ANSWER) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=self.environment, cwd=self.root, start_new_session=True
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End as a person does: SIGTERM, and SIGKILL if that is not enough."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP)
        with suppress(ProcessLookupError):  # whatever it has left behind, in the session that was made for it
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _wait(self) -> None:
        assert self._process is not None
        told = self.home / "runtime" / f"jpserver-{self._process.pid}.json"
        deadline = time.monotonic() + READY
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.url = json.loads(told.read_text("utf-8"))["url"]
                self.call(self._probe)
                return
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    raise RuntimeError(f"the server has no {self._probe}: is its extension installed?") from None
            except (OSError, ValueError):
                pass
            time.sleep(LOOK)
        complaints = [line for line in self.log.splitlines() if "Error" in line][-1:]
        raise RuntimeError("\n".join(("the server did not start:", self.log[-4000:], *complaints)))


def isolated(home: Path) -> dict[str, str]:
    """The environment of this process, but for `places`."""
    return {**os.environ, **places(home)}


def places(home: Path) -> dict[str, str]:
    """What makes Jupyter keep everything below `home`, and find nothing elsewhere but in its prefix."""
    return {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONWARNINGS": "ignore",
    }
