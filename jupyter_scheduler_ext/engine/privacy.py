"""Folders for this user alone, whatever the umask: who may rename a folder above the store may put in another."""

from __future__ import annotations

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, each 0700; what exists is left as it is. Raises OSError."""
    for step in (*reversed(folder.parents), folder):
        if not step.exists():
            step.mkdir(mode=0o700, exist_ok=True)
