"""A scheduler that lives in Jupyter."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import AsyncSchedulerClient as AsyncSchedulerClient
    from .client import Run as Run
    from .client import SchedulerClient as SchedulerClient
    from .client import SchedulerError as SchedulerError
    from .client import Task as Task
    from .client import schedule as schedule
    from .widget import SchedulerWidget as SchedulerWidget

__version__ = "0.1.0"

_PUBLIC = {
    "SchedulerClient": "client",
    "AsyncSchedulerClient": "client",
    "SchedulerError": "client",
    "Task": "client",
    "Run": "client",
    "schedule": "client",
    "SchedulerExtension": "extension",
    "SchedulerWidget": "widget",
    "load_ipython_extension": "magics",
}
"""Public names and the modules they come from: each is imported when first used, so that a server starts fast."""


def __getattr__(name: str) -> Any:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .extension import SchedulerExtension

    return [{"module": f"{__name__}.extension", "app": SchedulerExtension}]
