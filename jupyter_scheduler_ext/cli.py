"""``jupyter scheduler-ext``: with a command its work, without one a Jupyter server that opens the scheduler's page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .commands.names import COMPLETION, NAMES

OURS = frozenset({"-h", "--help", "--version"})


def main() -> None:
    """Run a command, or start the server, which takes the options of ``jupyter server``."""
    if is_command(sys.argv[1:]):
        from .commands.app import main as run

        run()
        return
    from .extension import SchedulerExtension

    SchedulerExtension.launch_instance()  # type: ignore[no-untyped-call]


def is_command(words: list[str]) -> bool:
    """Is this for the commands? The server's are options, and the folder or notebook that it opens."""
    if COMPLETION in os.environ:
        return True
    if not words:
        return False
    first = words[0]
    return first in OURS or first in NAMES or not (first.startswith("-") or Path(first).exists())
