"""What stands around an installation and can break it: another Python, another copy, a port that is taken, a folder
that cannot be written. The checks of `doctor` that look beyond the package itself."""

from __future__ import annotations

import errno
import importlib.metadata
import os
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..client import SchedulerError
from ..client.discovery import running_servers, server_at
from .diagnosis import DISTRIBUTION, MODULE, Diagnosis, Level

USUAL_PORT = 8888


def python(path: str | None = None) -> Iterator[Diagnosis]:
    """Is this a Python that the package runs on, and that of the `jupyter` which people type? `path` is a PATH."""
    from packaging.specifiers import SpecifierSet

    wanted = importlib.metadata.metadata(DISTRIBUTION)["Requires-Python"] or ""
    version = ".".join(map(str, sys.version_info[:3]))
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        mend = f"make an environment with Python {wanted} and install {DISTRIBUTION} there"
        yield Diagnosis("python", "error", f"this is Python {version}, and {wanted} is needed", mend)
    found = shutil.which("jupyter", path=path)
    if found is None:
        return
    other = _interpreter(Path(found))
    if other is not None and other.parent.absolute() != Path(sys.executable).parent.absolute():
        told = f"the `jupyter` on your path is {found} and starts {other}, not this Python ({sys.executable})"
        mend = f"activate {sys.prefix}, or install there too: {other} -m pip install {DISTRIBUTION}"
        yield Diagnosis("python", "warning", told, mend)


def _interpreter(script: Path) -> Path | None:
    """The program in a script's first line; None where it does not tell one by its path."""
    try:
        with script.open("rb") as file:
            line = file.readline(500).decode("utf-8", "replace")
    except OSError:
        return None
    name = line.removeprefix("#!").strip().strip('"')
    return Path(name) if line.startswith("#!") and " " not in name and "python" in Path(name).name else None


def copies(path: Sequence[str] | None = None) -> Iterator[Diagnosis]:
    """Is the package there only once? `path` is a `sys.path`."""
    places = [Path(place or ".").absolute() for place in (sys.path if path is None else path)]
    code = _distinct(place / MODULE for place in places if (place / MODULE / "__init__.py").is_file())
    records = _distinct(
        record for place in places for record in place.glob(f"{MODULE}-*.dist-info") if (record / "METADATA").is_file()
    )
    for found, what in ((code, "copies of the package"), (records, "installations")):
        if len(found) > 1:
            told = f"there are {len(found)} {what}, and the first hides the others: {', '.join(map(str, found))}"
            mend = f"{sys.executable} -m pip uninstall {DISTRIBUTION}, until nothing is left; then install it once"
            yield Diagnosis("copies", "warning", told, mend)


def _distinct(paths: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(path.resolve() for path in paths))


def port(configured: int | None) -> Iterator[Diagnosis]:
    """Is the port at which a server would start free, or taken by one of our servers?"""
    number = USUAL_PORT if configured is None else configured
    if not number or any(entry.get("port") == number for entry in running_servers()):
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            if error.errno == errno.EACCES:
                told = f"port {number} is one that only root may take"
                yield Diagnosis("port", "error", told, "configure one above 1023 as ServerApp.port")
                return
            level: Level = "note" if configured is None else "warning"
            told = f"port {number} is taken by {_listener(number)}, which is no Jupyter server of yours"
            mend = "a server takes the next free one, unless it is told one: serve --port"
            yield Diagnosis("port", level, told, mend)


def _listener(number: int) -> str:
    """Who listens at a port, as far as this user may know."""
    import psutil

    try:
        found = [
            one
            for one in psutil.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN and one.laddr.port == number
        ]
        process = psutil.Process(next(one.pid for one in found if one.pid))
        return f"{process.name()} (pid {process.pid})"
    except (psutil.Error, OSError, StopIteration):
        return "another program"


def served_folders() -> Iterator[Diagnosis]:
    """Can runs write where the servers that run serve? There they make their folders, and leave their notebooks."""
    for entry in running_servers():
        folder = Path(str(entry.get("root_dir") or ""))
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            user = os.geteuid() if hasattr(os, "geteuid") else "this user"
            told = f"{folder} is served and cannot be written: every run fails with Permission denied"
            yield Diagnosis("served folder", "error", told, f"give it to user {user}, or serve another by --root")


def storage_of_servers() -> Path | None:
    """The storage folder of the server that serves the working folder, or of the only one that runs."""
    entries = running_servers()
    here = [entry for entry in entries if Path.cwd().is_relative_to(str(entry.get("root_dir") or "/nowhere"))]
    for entry in here or (entries if len(entries) == 1 else []):
        told = _status(entry)
        if told:
            return Path(str(told["store"]["folder"]))
    return None


def _status(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    from ..client import SchedulerClient

    known = server_at(str(entry["url"]), str(entry["token"]))
    try:
        return SchedulerClient(known.url, known.token, timeout=10).status()
    except SchedulerError:
        return None
