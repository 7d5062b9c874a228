"""What may be wrong with an installation, check by check; each looks and changes nothing.

A check answers in one finding or several, best said by the person who meets it: what was seen, and what mends it.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..client import SchedulerError
from ..client.discovery import running_servers, server_at
from ..engine import process
from ..engine.abc import StoreError
from ..engine.clock import SystemClock, local_zone
from ..engine.leader import FILE_NAME
from ..stores.mounts import network_filesystem

Level = Literal["ok", "note", "warning", "error"]

DISTRIBUTION = "jupyter-scheduler-ext"
MODULE = "jupyter_scheduler_ext"
PACKAGE = Path(__file__).parent.parent
LITTLE, NOTHING = 1 << 30, 100 << 20
"""Bytes free that are a warning, and an error."""
CLOCK_STEP = 2.0
"""Seconds by which the server's clock may be off this one's."""
TOO_EARLY = 1_735_689_600_000
"""1 January 2025, in milliseconds: a clock before it was never set."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding. `mend` says what to do, and is empty where all is well."""

    check: str
    level: Level
    message: str
    mend: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def python_and_packages() -> Iterator[Diagnosis]:
    """Are the packages there that this one needs, in versions that it takes?"""
    from packaging.requirements import InvalidRequirement, Requirement

    wrong = []
    for text in importlib.metadata.requires(DISTRIBUTION) or ():
        try:
            needed = Requirement(text)
        except InvalidRequirement:
            continue
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{needed.name} is missing")
            continue
        if not needed.specifier.contains(found, prereleases=True):
            wrong.append(f"{needed.name} {found} is not {needed.specifier}")
    if wrong:
        yield Diagnosis("packages", "error", "; ".join(wrong), f"{sys.executable} -m pip install -U {DISTRIBUTION}")
        return
    named = ("jupyter-server", "jupyterlab", "notebook", "ipykernel")
    there = [f"{name} {version}" for name in named if (version := _version(name))]
    own = f"{DISTRIBUTION} {_version(DISTRIBUTION)}, Python {sys.version.split()[0]}"
    yield Diagnosis("packages", "ok", ", ".join([own, *there]))


def extension_enabled() -> Iterator[Diagnosis]:
    """Will a Jupyter server of this environment load the extension?"""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    enabled = manager.get_jpserver_extensions().get(MODULE)  # type: ignore[no-untyped-call]
    command = f"jupyter server extension enable {MODULE}"
    if enabled is None:
        yield Diagnosis(
            "extension", "error", "no Jupyter configuration names the extension", f"reinstall, or: {command}"
        )
    elif not enabled:
        yield Diagnosis("extension", "error", "the extension is switched off in Jupyter's configuration", command)
    else:
        yield Diagnosis("extension", "ok", "the extension is enabled")


def bundle() -> Iterator[Diagnosis]:
    """Is the page's code in the package?"""
    built = [name for ending in ("js", "css") for name in (PACKAGE / "static").glob(f"*.{ending}")]
    if len({file.suffix for file in built}) < 2:
        mend = f"install from a wheel ({sys.executable} -m pip install --force-reinstall {DISTRIBUTION}), or build js/"
        yield Diagnosis("page", "error", "the page and the widget were not built into this installation", mend)
    else:
        yield Diagnosis("page", "ok", "the page and the widget are there")


OWN_PYTHON = frozenset({"python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info)})
"""Programs of kernel specs for which jupyter_client starts the Python that it runs in, whatever the path says."""


def kernels() -> Iterator[Diagnosis]:
    """Is there a kernel to run notebooks with, and does its program exist?"""
    from jupyter_client.kernelspec import KernelSpecManager

    specs = KernelSpecManager().get_all_specs()
    broken = {
        name: argv[0]
        for name, found in specs.items()
        if (argv := found["spec"].get("argv")) and argv[0] not in OWN_PYTHON and shutil.which(argv[0]) is None
    }
    mend = f"{sys.executable} -m pip install ipykernel && {sys.executable} -m ipykernel install --sys-prefix"
    for name, program in broken.items():
        yield Diagnosis(
            "kernels",
            "error" if len(broken) == len(specs) else "warning",
            f"the kernel {name!r} starts {program}, which is not there",
            f"jupyter kernelspec remove {name}",
        )
    if not specs:
        yield Diagnosis("kernels", "error", "there is no kernel: notebooks and code cannot run", mend)
    elif len(broken) < len(specs):
        yield Diagnosis("kernels", "ok", f"kernels: {', '.join(sorted(specs.keys() - broken.keys()))}")


def storage(folder: Path | None) -> Iterator[Diagnosis]:
    """Is the storage folder ours, private, writable, on a disk with room?"""
    if folder is None:
        yield Diagnosis(
            "storage", "note", "nothing is stored for this folder yet: the first task makes the storage folder"
        )
        return
    try:
        status = folder.lstat()
    except OSError as error:
        yield Diagnosis(
            "storage", "error", f"{folder}: {error.strerror}", "name another as SchedulerExtension.storage_dir"
        )
        return
    if stat.S_ISLNK(status.st_mode):
        yield Diagnosis("storage", "error", f"{folder} is a symbolic link", "name the folder itself as storage_dir")
    elif hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        yield Diagnosis(
            "storage", "error", f"{folder} belongs to user {status.st_uid}", f"chown -R {os.geteuid()} {folder}"
        )
    elif _is_read_only(folder):
        told = f"{folder} lies on a file system that is mounted read-only"
        yield Diagnosis("storage", "error", told, "mount it for writing, or name another folder as storage_dir")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Diagnosis("storage", "error", f"{folder} cannot be written", f"chmod u+rwx {folder}")
    elif os.name != "nt" and status.st_mode & 0o077:
        yield Diagnosis("storage", "warning", f"others on this machine can look into {folder}", f"chmod 700 {folder}")
    else:
        yield Diagnosis("storage", "ok", f"{folder} is private and can be written")
    kind = network_filesystem(folder)
    if kind is not None:
        mend = "run one server on it only, or keep the schedule in PostgreSQL"
        yield Diagnosis("storage", "warning", f"{folder} lies on a network file system ({kind})", mend)
    yield from disk(folder)


def disk(folder: Path) -> Iterator[Diagnosis]:
    """Is there room for what runs will leave?"""
    free = shutil.disk_usage(folder).free
    told = f"{free / (1 << 30):.1f} GB are free on the disk of {folder}"
    level: Level = "error" if free < NOTHING else "warning" if free < LITTLE else "ok"
    yield Diagnosis("disk", level, told, "" if level == "ok" else "free some: a full disk stops every run")
    if hasattr(os, "statvfs") and (room := os.statvfs(folder)).f_files and not room.f_favail:
        told = f"the disk of {folder} takes no more files, however small (its inodes are used up)"
        yield Diagnosis("disk", "error", told, "delete files that nobody needs: many small ones")


def _is_read_only(folder: Path) -> bool:
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def definitions(folder: Path | None) -> Iterator[Diagnosis]:
    """Can every task in the file be read?"""
    from ..stores.document import SCHEMA
    from ..stores.untouched import UntouchedTasks

    if folder is None:
        return
    if closed := _closed("tasks", folder / "tasks.json"):
        yield closed
        return
    try:
        snapshot = UntouchedTasks(folder, local_zone()).open()
    except StoreError as error:
        mend = "start a server: it puts the file aside and loads the newest backup, or mend the file by hand"
        yield Diagnosis("tasks", "error", str(error), mend)
        return
    schema = _schema(folder / "tasks.json")
    if schema > SCHEMA:
        told = f"tasks.json has schema {schema}, newer than this version knows ({SCHEMA}): servers only read it"
        yield Diagnosis("tasks", "error", told, f"{sys.executable} -m pip install -U {DISTRIBUTION}")
        return
    for key, why in snapshot.quarantined.items():
        yield Diagnosis("tasks", "error", f"the entry {key} of tasks.json cannot be read: {why}", "mend it in the file")
    yield Diagnosis("tasks", "ok", f"{len(snapshot.tasks)} tasks can be read")


def _closed(check: str, file: Path) -> Diagnosis | None:
    """That this user may not read a file: another's server made it, such as one that was started by sudo."""
    try:
        with file.open("rb"):
            return None
    except PermissionError:
        mend = f"chown -R {os.geteuid()} {file.parent}" if hasattr(os, "geteuid") else f"make it yours: {file}"
        return Diagnosis(check, "error", f"{file} cannot be read by this user", mend)
    except OSError:
        return None


def _schema(file: Path) -> int:
    try:
        return int(json.loads(file.read_text("utf-8-sig")).get("schema", 0))
    except (OSError, ValueError, AttributeError, TypeError):
        return 0


def history(folder: Path | None) -> Iterator[Diagnosis]:
    """Is the embedded database sound, and of a version that this code writes?"""
    from ..stores.schema import MIGRATIONS
    from ..stores.untouched import UntouchedFile

    if folder is None:
        return
    if closed := _closed("history", folder / "history.sqlite"):
        yield closed
        return
    found = UntouchedFile(folder / "history.sqlite")
    # A server sets aside a file that it cannot open at all; a damaged page it meets only when it reads that page.
    mend = f"stop the server, mv {found.path} {found.path}.damaged, and start it: a new one begins; the tasks stay"
    try:
        version, problems = found.version(), found.problems()
    except StoreError as error:
        yield Diagnosis("history", "error", str(error), mend)
        return
    if problems:
        yield Diagnosis("history", "error", f"{found.path} is damaged: {problems[0]}", mend)
    elif version > len(MIGRATIONS):
        told = f"{found.path} has schema {version}, newer than this version knows ({len(MIGRATIONS)})"
        yield Diagnosis("history", "error", told, f"{sys.executable} -m pip install -U {DISTRIBUTION}")
    elif version:
        yield Diagnosis("history", "ok", f"the history has schema {version} and is sound")
    else:
        yield Diagnosis("history", "ok", "there is no history yet")


def database(url: str) -> Iterator[Diagnosis]:
    """Is the shared database that the configuration names there, and of a version that this code writes?"""
    if not url:
        return
    from ..stores.sql.versions import status

    try:
        found = status(url)
    except StoreError as error:
        yield Diagnosis("database", "error", str(error), "see that it runs and that db_url names it")
        return
    yield Diagnosis("database", "ok" if found.state in ("new", "current") else "error", str(found))


def locks(folder: Path | None) -> Iterator[Diagnosis]:
    """Who ticks, and does somebody sit on a lock? Read from what holders wrote and, on Linux, from the system."""
    if folder is None:
        return
    signed = _signature(folder / FILE_NAME)
    if signed and process.is_alive(signed["identity"]):
        yield Diagnosis("leader", "ok", f"the server with pid {signed['identity'].split(':')[1]} ticks")
    elif signed and not signed["identity"].startswith(f"{process.boot_id()}:"):
        told = "another machine, or this one before its last start, signed as the one that ticks"
        yield Diagnosis("leader", "note", told, "no need to act: the lock went with its process")
    else:
        yield Diagnosis("leader", "note", "no server ticks: nothing runs by itself until one is started")
    ticking = signed["identity"].split(":")[1] if signed else ""
    for name in ("tasks.lock", "history.lock", FILE_NAME):
        for pid in _holders(folder / name):
            if str(pid) != ticking and not _is_jupyter(pid):
                told = f"{name} is held by process {pid}, which is no Jupyter server"
                yield Diagnosis("locks", "warning", told, f"end it if it hangs: kill {pid}")


def clock(now: int | None = None) -> Iterator[Diagnosis]:
    """Is the clock set, and does this machine know its zone and the zones of the world?"""
    from ..engine import cron

    here = SystemClock().now() if now is None else now
    if here < TOO_EARLY:
        yield Diagnosis("clock", "error", "this machine's clock is years behind", "set it: timedatectl set-ntp true")
    zone = local_zone()
    try:
        cron.zone(zone)
    except cron.CronError as error:
        mend = "set TZ to such a name, or: timedatectl set-timezone Europe/Berlin"
        yield Diagnosis("time zones", "error", f"this machine's own zone: {error.message}", mend)
        return
    try:
        for name in ("Europe/Berlin", "America/New_York"):
            cron.zone(name)
    except cron.CronError as error:
        yield Diagnosis("time zones", "error", error.message, f"{sys.executable} -m pip install -U tzdata")
        return
    yield Diagnosis(
        "time zones", "ok", f"this machine's zone is {zone}; tzdata {_version('tzdata') or 'of the system'}"
    )


def official() -> Iterator[Diagnosis]:
    """Is jupyter-scheduler there as well?"""
    version = _version("jupyter-scheduler")
    if version:
        told = f"jupyter-scheduler {version} is installed beside: both work, each with schedules of its own"
        yield Diagnosis(
            "jupyter-scheduler", "note", told, "to take over: jupyter scheduler-ext migrate jupyter-scheduler"
        )


def servers() -> Iterator[Diagnosis]:
    """Which servers run, and what do they say of themselves?"""
    from ..client import SchedulerClient

    running = running_servers()
    if not running:
        mend = "start one: jupyter scheduler-ext serve"
        yield Diagnosis("servers", "warning", "no Jupyter server runs: nothing runs by itself", mend)
    for entry in running:
        known = server_at(str(entry["url"]), str(entry["token"]))
        where = f"{known.url} ({entry.get('root_dir')})"
        try:
            told = SchedulerClient(known.url, known.token, timeout=10).status()
        except SchedulerError as error:
            yield Diagnosis("servers", "warning", f"{where}: {error.message}", "")
            continue
        yield from _said(where, told)


def _said(where: str, told: dict[str, Any]) -> Iterator[Diagnosis]:
    from ..client.records import moment

    yield Diagnosis("servers", "ok", f"{where}: {told['role']}, {told['counts']['tasks']} tasks")
    for banner in told["banners"]:
        level: Level = {"error": "error", "warning": "warning"}.get(banner["level"], "note")  # type: ignore[assignment]
        yield Diagnosis("servers", level, f"{where}: {banner['message']}")
    theirs = moment(told.get("now"))
    if theirs is not None:
        off = abs(theirs.timestamp() - SystemClock().now() / 1000)
        if off > CLOCK_STEP + 10:  # the call itself may take so long
            told_off = f"{where}: its clock is {off:.0f} s off this machine's"
            yield Diagnosis("clock", "warning", told_off, "let both set their clocks by NTP")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _signature(file: Path) -> dict[str, str] | None:
    try:
        signed = json.loads(file.read_text("utf-8"))
        return signed if str(signed["identity"]).count(":") >= 2 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _holders(file: Path) -> set[int]:
    """Who holds a lock on a file, as the Linux kernel lists it; empty where it does not tell."""
    try:
        inode = file.stat().st_ino
        lines = Path("/proc/locks").read_text("ascii").splitlines()
    except OSError:
        return set()
    fields = [line.split() for line in lines]
    return {int(row[4]) for row in fields if len(row) > 5 and row[5].endswith(f":{inode}") and int(row[4]) > 0}


def _is_jupyter(pid: int) -> bool:
    import psutil

    try:
        return any("jupyter" in word for word in psutil.Process(pid).cmdline())
    except psutil.Error:
        return True
