"""Starting and ending kernels through the server's manager."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any

from jupyter_core.utils import ensure_async

from ..engine.errors import Invalid
from .conversation import Conversation
from .kernel import Kernel, Need, in_transition, is_local, process_of
from .large_messages import LargeMessageChannel
from .remote import asked_seldom, remote_client

MEET_EVERY = 10
"""Milliseconds between attempts to connect to a kernel that does not listen yet; zmq's own 100 would be felt."""

TRANSITION = 20.0
"""Seconds that another's restart or shutdown of a kernel is waited for before it is touched."""


class Starter:
    """Makes kernels ready and takes them down; knows nothing of how long they stay."""

    def __init__(self, kernel_manager: Any, kernel_spec_manager: Any, timeout: float) -> None:
        self._manager = kernel_manager
        self._specs = kernel_spec_manager
        self._timeout = timeout
        self._sockets: Any = None

    async def spec(self, kernel_name: str | None) -> tuple[str, str]:
        """``(name, language)`` of a kernel spec, the default one for None. Raises Invalid if it is not installed."""
        from jupyter_client.kernelspec import NoSuchKernel

        name = kernel_name or str(self._manager.default_kernel_name)
        try:
            found = await ensure_async(self._specs.get_kernel_spec(name))
        except (NoSuchKernel, KeyError):
            known = ", ".join(sorted(await ensure_async(self._specs.get_all_specs()))) or "none"
            raise Invalid(f"no kernel named {name!r} is installed; there are: {known}", field="kernel_name") from None
        language = found["spec"]["language"] if isinstance(found, dict) else found.language  # a gateway sends JSON
        return name, str(language)

    async def launch(self, need: Need) -> Kernel:
        """A new kernel's process; `open` waits until it can be talked to."""
        environment = {**os.environ, **need.environment}
        if need.path:
            environment["JPY_SESSION_NAME"] = need.path
        kernel_id = await ensure_async(
            self._manager.start_kernel(kernel_name=need.kernel_name, path=need.folder, env=environment)
        )
        manager = self._manager.get_kernel(kernel_id)
        if getattr(self._manager, "use_pending_kernels", False):
            await manager.ready
        manager.stop_restarter()  # a run must see the death of its kernel; a restarted one would never answer
        self._manager.notify_connect(kernel_id)  # held for life: the server's culler leaves connected kernels alone
        return Kernel(kernel_id, manager, need, process_of(manager))

    async def open(self, kernel: Kernel) -> None:
        """Begin the conversation. Raises KernelDied or TimeoutError."""
        alive = kernel.is_alive if is_local(kernel.manager) else asked_seldom(kernel.is_alive)
        kernel.conversation = Conversation(self._client(kernel.manager), alive)
        await kernel.conversation.open(self._timeout)

    async def end(self, kernel: Kernel) -> None:
        """Shut a kernel down, once: a second time, or while it restarts, would break the server's own end."""
        with suppress(AttributeError):  # it never came to a conversation
            kernel.conversation.close()
        await settled(kernel.manager)
        if kernel.id in self._manager:
            self._manager.notify_disconnect(kernel.id)
            with suppress(Exception):
                await ensure_async(self._manager.shutdown_kernel(kernel.id, now=True))

    def visitors(self, kernel: Kernel) -> int:
        """How many pages are connected to it besides us; not told of kernels elsewhere."""
        if kernel.process is None or kernel.id not in self._manager:
            return 0
        return int(self._manager.kernel_model(kernel.id)["connections"]) - 1

    def os_folder(self, folder: str) -> str:
        """The folder on this machine that a path from the served root means."""
        return str(self._manager.cwd_for_path(folder))

    def os_path(self, path: str) -> str:
        """The file on this machine that a path from the served root means."""
        folder, _, name = path.rpartition("/")
        return os.path.join(self.os_folder(folder), name)  # noqa: PTH118 - a text, for other programs

    def close(self) -> None:
        if self._sockets is not None:
            self._sockets.destroy(linger=0)
            self._sockets = None

    def _client(self, manager: Any) -> Any:
        """A client on the one socket context all share: a context for each kernel would be two more threads each."""
        if not is_local(manager):
            return remote_client(manager)
        if self._sockets is None:
            import zmq
            import zmq.asyncio

            self._sockets = zmq.asyncio.Context()
            self._sockets.setsockopt(zmq.RECONNECT_IVL, MEET_EVERY)
        return manager.client(context=self._sockets, iopub_channel_class=LargeMessageChannel)


async def settled(manager: Any) -> None:
    """Wait until a kernel is neither being restarted nor shut down, but not for ever."""
    transition = in_transition(manager)
    if transition is not None:
        await asyncio.wait({transition}, timeout=TRANSITION)
