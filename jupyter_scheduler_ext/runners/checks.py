"""What can be told of an action when its task is saved, before anything runs."""

from __future__ import annotations

from typing import Any

from jupyter_core.utils import ensure_async

from ..contexts.paths import served_path
from ..engine.errors import Invalid
from .workplace import Workplace


async def check_kernel(place: Workplace, kernel_name: str | None) -> None:
    """Raises Invalid for a kernel that is not installed; None is the default one."""
    if kernel_name is None:
        return
    try:
        await place.kernels.spec(kernel_name)
    except Invalid as error:
        raise Invalid(error.message, field="action.kernel_name") from None


async def check_notebook(contents: Any, path: str) -> None:
    """Raises Invalid for a notebook that is not there. What is in it is looked at when it runs."""
    if not await ensure_async(contents.file_exists(served_path(contents, path, field="action.path"))):
        raise Invalid(f"the notebook {path!r} is not there; give its path from the served folder", field="action.path")


async def check_folder(contents: Any, path: str) -> None:
    """Raises Invalid for a folder that is not there."""
    clean = served_path(contents, path, field="action.cwd")
    if clean and not await ensure_async(contents.dir_exists(clean)):
        raise Invalid(f"the folder {path!r} is not there; give its path from the served folder", field="action.cwd")
