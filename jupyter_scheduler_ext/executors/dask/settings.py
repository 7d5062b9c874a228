"""What can be configured of the executor on Dask."""

from __future__ import annotations

from traitlets import Dict, Float, Integer, Unicode
from traitlets.config import LoggingConfigurable


class DaskSettings(LoggingConfigurable):
    """Which cluster, and how long to wait for it. TLS and the rest of Dask are set in Dask's own configuration."""

    address = Unicode(
        help="""Where the cluster's scheduler listens (``tcp://host:8786``). Empty: a cluster of this machine, started
        with the first run and ended with the server."""
    ).tag(config=True)
    workers = Integer(2, min=1, help="Worker processes of the cluster of this machine.").tag(config=True)
    start_timeout = Float(
        60.0,
        min=1.0,
        help="Seconds within which the cluster must answer, and a worker must have started the kernel of a run.",
    ).tag(config=True)
    resources = Dict(
        value_trait=Float(),
        help="""Resources that a worker must have free for each run, as Dask names them (``{"GPU": 1}``); they are held
        until the run ends.""",
    ).tag(config=True)
