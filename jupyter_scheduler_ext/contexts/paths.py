"""Paths that a task names: from the served root, and never out of it."""

from __future__ import annotations

import os
from typing import Any

from ..engine.errors import Invalid


def served_path(contents: Any, path: str, *, field: str) -> str:
    """A path from the served root, without leading or trailing slashes. Raises Invalid for one that leads out of it, be
    it by ``..`` or by a link, or to something hidden.

    Links can only be seen where the contents manager serves a folder of this machine.
    """
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or "\0" in path or any(part.startswith(".") for part in parts):
        raise Invalid(f"{path!r} is not a path inside the served folder", field=field)
    clean = "/".join(part for part in parts if part)
    root = getattr(contents, "root_dir", "")
    if root:
        real_root = os.path.realpath(root)
        real = os.path.realpath(os.path.join(real_root, clean))  # noqa: PTH118 - pathlib has no realpath for what is not
        if os.path.commonpath([real_root, real]) != real_root:
            raise Invalid(f"{path!r} is a link that leads out of the served folder", field=field)
    return clean
