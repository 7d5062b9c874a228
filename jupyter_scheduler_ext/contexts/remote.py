"""Clients of kernels that are no processes of this machine: behind a gateway, or started by a provisioner elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from queue import Empty
from threading import Thread
from typing import Any

ASK_EVERY = 5.0
"""Seconds between two questions whether a remote kernel lives: each is a request to its gateway."""
LOOK_EVERY = 0.01
"""Seconds between two looks into a gateway's queue of messages; jupyter_server's own client looks without a pause."""


def remote_client(manager: Any) -> Any:
    """The manager's own client; behind a gateway, one that shows its token and leaves the processor alone."""
    from jupyter_server.gateway.managers import GatewayKernelManager

    client = manager.client()
    if isinstance(manager, GatewayKernelManager):
        client.__class__ = _gateway_client_class()
    return client


def asked_seldom(alive: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    """The same question, answered from memory in between. A gateway that does not answer is no dead kernel."""
    clock = asyncio.get_running_loop().time
    asked, answer = clock(), True

    async def seldom() -> bool:
        nonlocal asked, answer
        if clock() - asked >= ASK_EVERY:
            asked = clock()
            try:
                answer = await alive()
            except Exception:
                answer = True
        return answer

    return seldom


def _gateway_client_class() -> Any:
    import websocket
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_server.gateway.gateway_client import GatewayClient
    from jupyter_server.gateway.managers import ChannelQueue, GatewayKernelClient
    from jupyter_server.utils import url_path_join

    class AuthorizedClient(GatewayKernelClient):
        """Shows the gateway its token when it connects, where its base class gets a 403; and connects in a thread."""

        async def start_channels(self, **channels: bool) -> None:  # type: ignore[override]
            settings = GatewayClient.instance()
            arguments = settings.load_connection_args(headers={})  # type: ignore[no-untyped-call]
            self.channel_socket = await asyncio.to_thread(
                websocket.create_connection,
                url_path_join(settings.ws_url or "", settings.kernels_endpoint, self.kernel_id, "channels"),
                timeout=settings.KERNEL_LAUNCH_TIMEOUT,
                enable_multithread=True,
                header=[f"{name}: {value}" for name, value in arguments["headers"].items()],
                sslopt={
                    "ca_certs": settings.ca_certs,
                    "certfile": settings.client_cert,
                    "keyfile": settings.client_key,
                },
            )
            AsyncKernelClient.start_channels(self, **channels)
            self.response_router = Thread(target=self._route_responses, daemon=True)
            self.response_router.start()

        async def get_iopub_msg(self, timeout: float) -> Any:
            return await _patiently(self.iopub_channel, timeout)

        async def get_shell_msg(self, timeout: float) -> Any:
            return await _patiently(self.shell_channel, timeout)

    async def _patiently(channel: ChannelQueue, timeout: float) -> Any:
        clock = asyncio.get_running_loop().time
        end = clock() + timeout
        while True:
            try:
                return channel.get(block=False)
            except Empty:
                if channel.response_router_finished:
                    raise ConnectionError("the gateway has closed the connection to the kernel") from None
                if clock() >= end:
                    raise
                await asyncio.sleep(LOOK_EVERY)

    return AuthorizedClient
