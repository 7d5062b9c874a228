"""Seconds that a scheduler takes to import: ``python importing.py ours|jupyter-scheduler``, in a server's process."""

from __future__ import annotations

import importlib
import sys
import time

import jupyter_server.serverapp  # noqa: F401 - what every server has imported already

NEEDED = {
    "ours": (
        "jupyter_scheduler_ext.extension",
        "jupyter_scheduler_ext.announcements",
        "jupyter_scheduler_ext.handlers.routes",
    ),
    "jupyter-scheduler": (
        "jupyter_scheduler.extension",
        "jupyter_scheduler.scheduler",
        "jupyter_scheduler.environments",
    ),
}

start = time.perf_counter()
for name in NEEDED[sys.argv[1]]:
    module = importlib.import_module(name)
if sys.argv[1] == "ours":
    module.handlers()
print(time.perf_counter() - start)
