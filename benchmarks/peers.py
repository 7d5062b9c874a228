"""What people would use instead, installed from PyPI into environments of their own that later runs use again."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

INSTALLING = 900.0
"""Seconds that pip may take."""
JUPYTER_SCHEDULER = ("jupyter-scheduler", "ipykernel")
PAPERMILL = ("papermill", "ipykernel")
APSCHEDULER_3 = ("apscheduler>=3.11,<4", "sqlalchemy")
APSCHEDULER_4 = ("apscheduler==4.0.0a6", "sqlalchemy[asyncio]", "aiosqlite", "sniffio")


class Missing(Exception):
    """A peer could not be installed; the message says why."""


def cache() -> Path:
    """Where the environments are: below ``XDG_CACHE_HOME``, or else in the folder for temporary files."""
    return Path(os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir()) / "jupyter-scheduler-ext-peers"


def python_with(requirements: tuple[str, ...]) -> Path:
    """The Python of an environment that has exactly these packages from PyPI and what they need. Raises Missing.

    The newest versions are taken when it is made; remove its folder below `cache` to have newer ones.
    """
    mark = hashlib.sha256(f"{sys.version} {requirements}".encode()).hexdigest()[:8]
    folder = cache() / f"{name_of(requirements)}-{mark}"
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    complete = folder / "complete"
    if not complete.exists():
        print(f"installing {requirements[0]} into {folder}", file=sys.stderr)
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", *requirements)
        complete.touch()
    return python


def name_of(requirements: tuple[str, ...]) -> str:
    """The package that an environment is made for."""
    return re.split("[<>=]", requirements[0])[0]


def version(python: Path, package: str) -> str:
    """The version of a package that the environment has. Raises Missing."""
    return _run(str(python), "-c", f"from importlib.metadata import version; print(version({package!r}))").strip()


def _run(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALLING).stdout
    except subprocess.CalledProcessError as error:
        raise Missing(f"not installed: {error.stderr.strip().splitlines()[-1:] or error}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"not installed: {error}") from None
