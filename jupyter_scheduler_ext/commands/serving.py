"""``serve``: the scheduler without a browser, for machines and for those who close their laptop's JupyterLab."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

QUIET = (
    "--ServerApp.open_browser=False",
    "--Application.log_level=WARN",
    # Ctrl-C stops at once, as anywhere else, instead of asking on a terminal that may not be there.
    "--ServerApp.answer_yes=True",
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
        *([f"--ServerApp.port={port}"] if port is not None else []),
        *options,
    ]
    _hang_up_stops()
    _app(lean).launch_instance(chosen)


def _app(lean: bool) -> Any:
    from ..extension import SchedulerExtension

    class HeadlessScheduler(SchedulerExtension):
        """The same extension; it says where it is, once, and opens nothing."""

        load_other_extensions = not lean
        open_browser = False

        async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
            await super()._start_jupyter_server_extension(serverapp)
            where = f"{serverapp.connection_url}scheduler-ext/ for {serverapp.root_dir}"
            click.echo(f"The scheduler runs at {where}, stored in {self.storage_dir}", err=True)

    return HeadlessScheduler


def _hang_up_stops() -> None:
    """A terminal that is closed ends the server as SIGTERM does, runs drained; under `nohup` it goes on."""
    if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
