"""Finds the Jupyter server that a kernel or a program belongs to.

In this order: JupyterHub's environment; the server whose process started this kernel; the running server whose folder
holds the working folder, the deepest such folder first. Running servers are known by the ``jpserver-<pid>.json`` files
that each writes into Jupyter's runtime folder. Files without a token are those of other services and are passed over.
Importing jupyter_server for this would cost a kernel two seconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from .errors import NoServer

WILDCARDS = frozenset({"", "0.0.0.0", "::", "*"})
"""Addresses to listen on that are none to call."""
PAGES = frozenset({"lab", "tree", "notebooks", "edit", "doc", "voila", "login", "scheduler-ext"})
"""First steps of the addresses that people copy from their browser's address bar."""
NEXT_STEP = (
    "No running Jupyter server was found for this kernel. Start one with `jupyter scheduler-ext` (or `jupyter lab`) in "
    "this folder or above, or name one: SchedulerClient(url, token)."
)


@dataclass(frozen=True, slots=True)
class Server:
    """A Jupyter server to call. `url` ends in a slash; `root` is its folder, if known; `socket` a Unix socket."""

    url: str
    token: str = ""
    root: str | None = None
    socket: str | None = None
    origin: str = "given"
    """How it was found: given, hub, parent or folder."""


def find_server(
    environment: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
    runtime: str | Path | None = None,
) -> Server:
    """The server this process belongs to. Raises NoServer, which says what to do.

    `environment`, `folder` (the working folder) and `runtime` (Jupyter's runtime folder) default to those of this
    process.
    """
    env = os.environ if environment is None else environment
    hub = from_hub(env)
    if hub is not None and hub.root:
        return hub
    found = running_servers(runtime)
    parent = from_parent(found, env.get("JPY_PARENT_PID", ""))
    if hub is not None:  # the same server, which knows its folder better than the hub does
        return replace(hub, root=parent.root if parent else None)
    server = parent or from_folder(found, Path(folder or Path.cwd()))
    if server is None:
        raise NoServer(NEXT_STEP, code="no_server")
    return server


def server_of(url: str | None, token: str | None) -> Server:
    """The server named, or the one this process belongs to. Raises NoServer, ValueError."""
    return find_server() if url is None else server_at(url, token)


def server_at(url: str, token: str | None = None, runtime: str | Path | None = None) -> Server:
    """The server at an address as people copy it: with a page's path, with ``?token=``. Raises ValueError.

    Without a token it is that of JUPYTER_TOKEN, or the one that a server of this user at this very address left in
    `runtime` (Jupyter's runtime folder by default).
    """
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not the address of a Jupyter server: {url!r}; one looks like http://localhost:8888/")
    if token is None:
        token = next(iter(parse_qs(parts.query).get("token", ())), None)
    if token is None:
        token = os.environ.get("JUPYTER_TOKEN")
    steps = parts.path.strip("/").split("/")
    base = next((steps[:at] for at, step in enumerate(steps) if step in PAGES), steps)
    path = "".join(f"{step}/" for step in base if step)
    address = urlunsplit((parts.scheme, parts.netloc, f"/{path}", "", ""))
    if token is None:
        here = (_server(entry, "given") for entry in running_servers(runtime))
        token = next((server.token for server in here if _plain(server.url) == _plain(address)), "")
    return Server(address, token)


def _plain(url: str) -> str:
    """An address to compare: Jupyter itself gives a server of this machine by both of its names."""
    return url.replace("//127.0.0.1:", "//localhost:", 1)


def from_hub(env: Mapping[str, str]) -> Server | None:
    """The single-user server of JupyterHub that this kernel runs in."""
    url, token = env.get("JUPYTERHUB_SERVICE_URL"), env.get("JUPYTERHUB_API_TOKEN")
    if not url or not token:
        return None
    return Server(_callable(url), token, env.get("JUPYTERHUB_ROOT_DIR"), origin="hub")


def running_servers(runtime: str | Path | None = None) -> list[dict[str, Any]]:
    """What the running servers wrote about themselves, the newest first."""
    if runtime is None:
        from jupyter_core.paths import jupyter_runtime_dir

        runtime = jupyter_runtime_dir()
    found = []
    for file in sorted(Path(runtime).glob("jpserver-*.json"), key=_modified, reverse=True):
        try:
            entry = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(entry, dict) and "token" in entry and entry.get("url") and _is_alive(entry.get("pid")):
            found.append(entry)
    return found


def from_parent(entries: Iterable[Mapping[str, Any]], parent: str) -> Server | None:
    """The server whose process started this kernel."""
    for entry in entries:
        if parent and str(entry.get("pid")) == parent:
            return _server(entry, "parent")
    return None


def from_folder(entries: Iterable[Mapping[str, Any]], folder: Path) -> Server | None:
    """The server with the deepest root that holds `folder`; of several the newest."""
    here = folder.resolve()
    best: Mapping[str, Any] | None = None
    depth = -1
    for entry in entries:
        root = Path(str(entry.get("root_dir") or entry.get("notebook_dir") or "")).expanduser()
        if not root.is_absolute():
            continue
        root = root.resolve()
        if here.is_relative_to(root) and len(root.parts) > depth:
            best, depth = entry, len(root.parts)
    return None if best is None else _server(best, "folder")


def _server(entry: Mapping[str, Any], origin: str) -> Server:
    root = entry.get("root_dir") or entry.get("notebook_dir")
    socket = entry.get("sock") or None
    url = f"http://localhost{entry.get('base_url') or '/'}" if socket else str(entry["url"])
    return Server(_callable(url), str(entry["token"] or ""), str(root) if root else None, socket, origin)


def _callable(url: str) -> str:
    parts = urlsplit(url)
    netloc = parts.netloc
    if (parts.hostname or "") in WILDCARDS:
        netloc = "127.0.0.1" + (f":{parts.port}" if parts.port else "")
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/") + "/", "", ""))


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _is_alive(pid: Any) -> bool:
    import psutil

    return isinstance(pid, int) and psutil.pid_exists(pid)
