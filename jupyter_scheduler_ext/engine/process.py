"""Which process is that, and is it still the same one? A pid alone does not say: pids are reused, machines restart.

A process is named by ``pid:start`` (its *stamp*), and across restarts of the machine by ``boot:pid:start`` (its
*identity*). All three parts are opaque texts, to be compared and nothing else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil


@cache
def boot_id() -> str:
    """A text that changes when the machine restarts, and not when its clock is set."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            found = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
                capture_output=True,
                text=True,
                timeout=5,
                check=True,
            )
            return found.stdout.strip()
    return str(round(psutil.boot_time()))


def start_time(pid: int) -> str | None:
    """When a process started, as an opaque text; None if there is no such process, or only its zombie.

    On Linux this counts ticks since boot: psutil's creation time is computed from the wall clock and moves with it.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()  # the name before it may hold anything, blanks and brackets included
        return None if fields[0] in "ZXx" else fields[19]
    try:
        found = psutil.Process(pid)
        if found.status() == psutil.STATUS_ZOMBIE:
            return None
        return f"{found.create_time():.2f}"
    except psutil.Error:
        return None


def stamp(pid: int) -> str | None:
    """``pid:start`` of a living process, as the ledger records kernels; None if it is gone."""
    start = start_time(pid)
    return None if start is None else f"{pid}:{start}"


def identity() -> str:
    """``boot:pid:start`` of this process."""
    return _identity(os.getpid())


@cache
def _identity(pid: int) -> str:
    return f"{boot_id()}:{stamp(pid)}"


def world() -> str:
    """A name for the processes that this one can see: those of this machine since its start, or of this container."""
    try:
        return f"{boot_id()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return boot_id()


def is_alive(identity: str) -> bool:
    """Does the very process that called itself so still run, on this machine, since this boot?"""
    boot, _, stamped = identity.partition(":")
    return boot == boot_id() and is_running(stamped)


def is_running(stamped: str) -> bool:
    """Does the process with this stamp still run?"""
    pid, _, start = stamped.partition(":")
    return pid.isascii() and pid.isdigit() and start != "" and start_time(int(pid)) == start


def shared_owner() -> str:
    """What this process calls itself in a shared ledger: unique in all machines and containers."""
    return f"{world()}:{identity().partition(':')[2]}"


def is_here(owner: str) -> bool:
    """Did that owner live among the processes that this one can see?"""
    return owner.startswith(f"{world()}:")


def has_ended(owner: str) -> bool:
    """It is a process among those that we can see, and has ended: no lease needs to run out."""
    return is_here(owner) and not is_running(owner.partition(":")[2])


def kill_if_same(pid: int, start: str) -> bool:
    """Kill a process and its group, at once, only if pid *and* start time match; says whether it was killed.

    A process that leads no group of its own is killed with its descendants: its group may be ours.
    """
    if pid <= 1 or pid == os.getpid() or start_time(pid) != start:
        return False
    try:
        if sys.platform != "win32" and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            found = psutil.Process(pid)
            for process in (*found.children(recursive=True), found):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False
    return True
