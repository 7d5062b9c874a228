"""The floor: a kernel started and talked to with nothing but jupyter_client, by the shortest way there is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import zmq
from jupyter_client import KernelManager
from servers import isolated

ANSWER = 60.0
"""Seconds that one message may take. Waiting longer raises queue.Empty, which the caller sees as it is."""
RECONNECT = 10
"""Milliseconds between two tries to reach a kernel that does not listen yet, as short as ours: the default of 100 would
make the floor higher than it is."""


class BareKernel:
    """A kernel that answers when the block begins and is gone when it ends."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._sockets = zmq.Context()
        self._sockets.setsockopt(zmq.RECONNECT_IVL, RECONNECT)
        self._manager = KernelManager(kernel_name="python3")
        self._client: Any = None

    def __enter__(self) -> BareKernel:
        self._manager.start_kernel(env=isolated(self._home), cwd=str(self._home))
        try:
            self._client = self._manager.client(context=self._sockets)
            self._client.start_channels(stdin=False, hb=False, control=False)
            request = self._client.kernel_info()
            self._replied(request)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(self, cells: Iterable[str]) -> None:
        """Execute cells one after another, each until the kernel has replied and is idle again."""
        for cell in cells:
            request = self._client.execute(cell, allow_stdin=False)
            while not _is_idle(self._client.get_iopub_msg(timeout=ANSWER), request):
                pass
            self._replied(request)

    def begin(self, cell: str) -> None:
        """Send a cell and wait for nothing."""
        self._client.execute(cell, allow_stdin=False)

    def _replied(self, request: str) -> None:
        while self._client.get_shell_msg(timeout=ANSWER)["parent_header"].get("msg_id") != request:
            pass

    def _end(self) -> None:
        if self._client is not None:
            self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._sockets.destroy(linger=0)


def _is_idle(message: dict[str, Any], request: str) -> bool:
    told = message["content"].get("execution_state") if message["msg_type"] == "status" else None
    return told == "idle" and message["parent_header"].get("msg_id") == request
