"""Where a schedule is kept unless its server says otherwise: a folder a user and a served root."""

from __future__ import annotations

import hashlib
from pathlib import Path


def default_folder(root: str | Path) -> Path:
    """Where the schedule of this served root is kept: outside of it, so that no contents manager reaches it."""
    from jupyter_core.paths import jupyter_data_dir

    key = hashlib.sha256(str(Path(root).resolve()).encode()).hexdigest()[:16]
    return Path(jupyter_data_dir()) / "scheduler_ext" / key / "memory" / "scheduler"


def folder_above(place: Path) -> Path | None:
    """The default folder of the nearest root, at `place` or above it, that has a schedule."""
    here = place.resolve()
    return next((folder for root in (here, *here.parents) if (folder := default_folder(root)).is_dir()), None)
