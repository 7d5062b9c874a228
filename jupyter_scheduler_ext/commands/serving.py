"""``serve``: the scheduler without a browser, for machines and for those who close their laptop's JupyterLab."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

QUIET = (
    "--ServerApp.open_browser=False",
    "--Application.log_level=WARN",
    # Nobody is at the page, and that is as it should be: neither the server nor a kernel goes for want of a visitor.
    "--ServerApp.shutdown_no_activity_timeout=0",
    "--MappingKernelManager.cull_idle_timeout=0",
)


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--root", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The folder to serve. [here]"
)
@click.option("--storage", type=click.Path(path_type=Path, file_okay=False), help="The storage folder.")
@click.option("--ip", metavar="ADDRESS", help="The address to listen on. [this machine only]")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; 0 takes a free one. [8888, or the next]")
@click.option("--lean", is_flag=True, help="Load no other Jupyter extension: less memory, no JupyterLab.")
@click.argument("options", metavar="[JUPYTER OPTIONS]", nargs=-1, type=click.UNPROCESSED)
def serve(
    root: Path | None, storage: Path | None, ip: str | None, port: int | None, lean: bool, options: Sequence[str]
) -> None:
    """Run the scheduler without a browser until SIGTERM or Ctrl-C; both wait for what runs (drain_timeout).

    Takes the options of `jupyter server` as well. The token is Jupyter's own: JUPYTER_TOKEN, or made anew at each start
    and shown by `jupyter server list`.
    """
    chosen = [
        *QUIET,
        *([f"--ServerApp.root_dir={root.resolve()}"] if root else []),
        *([f"--SchedulerExtension.storage_dir={storage.resolve()}"] if storage else []),
        *([f"--ServerApp.ip={ip}"] if ip is not None else []),
        # Whoever names a port has others look for the server there: another one would not be found.
        *([f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port is not None else []),
        *options,
    ]
    _serve(chosen, lean=lean)


def _serve(options: Sequence[str], *, lean: bool) -> None:
    from jupyter_core.application import NoStart

    from ..extension import SchedulerExtension

    class Headless(SchedulerExtension):
        load_other_extensions = not lean

    server = Headless.initialize_server(argv=list(options))  # type: ignore[no-untyped-call]
    _stop_on("SIGINT", "SIGHUP")
    server.io_loop.add_callback(_say_where, server)
    with contextlib.suppress(NoStart):
        server.start()


def _say_where(server: Any) -> None:
    click.echo(f"The scheduler runs at {server.connection_url}scheduler-ext/ for {server.root_dir}", err=True)


def _stop_on(*names: str) -> None:
    """Ctrl-C, and a terminal that is closed, end the server as SIGTERM does, with a drain. Under `nohup` it goes on."""
    for name in names:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
