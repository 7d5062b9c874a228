"""The connection to the cluster: made when it is first needed, and again when it broke."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from typing import Any

from ...engine.errors import Unavailable
from .settings import DaskSettings

CLOSING = 10.0
"""Seconds that a disconnection may take."""


class Cluster:
    """One client of one cluster; without an address the cluster is ours, on this machine."""

    def __init__(self, settings: DaskSettings) -> None:
        self._settings = settings
        self._client: Any = None
        self._own: Any = None
        self._lock = asyncio.Lock()

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return self._settings.address or "the Dask cluster of this machine"

    async def client(self) -> Any:
        """A connected `distributed.Client`. Raises Unavailable, naming the cluster."""
        async with self._lock:
            if self._client is None or self._client.status != "running":
                await self._disconnect()
                try:
                    async with asyncio.timeout(self._settings.start_timeout):
                        await self._connect()
                except Exception as error:
                    await self._disconnect()
                    why = str(error) or f"nothing was heard within {self._settings.start_timeout:g} s"
                    raise Unavailable(f"the Dask cluster at {self.name} does not answer: {why}") from error
            return self._client

    async def close(self) -> None:
        """Disconnect, and end the cluster if it is ours."""
        async with self._lock:
            await self._disconnect()

    async def _connect(self) -> None:
        distributed = await asyncio.to_thread(import_module, "distributed")
        where: Any = self._settings.address
        security = None
        if not where:
            security = await asyncio.to_thread(distributed.Security.temporary)
            where = await self._start(distributed, security)
        self._client = distributed.Client(
            where,
            asynchronous=True,
            set_as_default=False,
            security=security,
            timeout=self._settings.start_timeout,
        )
        await self._client

    async def _start(self, distributed: Any, security: Any) -> Any:
        """A cluster of this machine. Whoever can talk to it can run code as this user: so only those with its TLS
        certificates, which exist in memory only, and no page of its own."""
        from dask import config

        with config.set({f"distributed.{part}.http.routes": [] for part in ("scheduler", "worker", "nanny")}):
            self._own = distributed.LocalCluster(
                n_workers=self._settings.workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address=None,
                scheduler_kwargs={"dashboard": False},
                host="127.0.0.1",
                protocol="tls://",
                security=security,
                silence_logs=False,
                asynchronous=True,
            )
            return await self._own

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        own, self._own = self._own, None
        for part in (client, own):
            if part is not None:
                with suppress(Exception):
                    async with asyncio.timeout(CLOSING):
                        await part.close()
