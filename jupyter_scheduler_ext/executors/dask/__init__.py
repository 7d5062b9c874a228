"""Runs on the workers of a Dask cluster: the kernel lives there, the notebook, its outputs and the log here."""

from __future__ import annotations

from typing import Any

from ...runners.local import LocalExecutor
from .executor import DaskExecutor
from .settings import DaskSettings


def make(parent: Any, local: LocalExecutor) -> DaskExecutor:
    """The executor, as its entry point gives it."""
    return DaskExecutor(local, DaskSettings(parent=parent))
