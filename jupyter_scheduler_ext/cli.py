"""``jupyter scheduler-ext``: a Jupyter server that opens the scheduler's page."""

from __future__ import annotations


def main() -> None:
    """Start the server; it takes the options of ``jupyter server``."""
    from .extension import SchedulerExtension

    SchedulerExtension.launch_instance()  # type: ignore[no-untyped-call]
