"""What the server knows of a kernel's activity while a run is in it.

`jupyter_server` takes in every message of every kernel, to keep the ``last_activity`` and ``execution_state`` that the
Running panel shows and cullers go by. Beside a run, which hears all of it anyway, this is the same work a second time,
a third of what a cell costs the server. So the run notes it meanwhile, and the server's own ear rests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zmq import SUBSCRIBE, UNSUBSCRIBE
from zmq.eventloop.zmqstream import ZMQStream

from ..engine.abc import Clock
from ..engine.instants import to_datetime
from .kernel import Kernel

EVERYTHING = b""


@contextmanager
def noted_by_run(kernel: Kernel, clock: Clock) -> Iterator[None]:
    """In this block the kernel counts as busy, and whatever its conversation hears as activity.

    A kernel without such an ear (a gateway's, a cluster's) is left as it is; one that a person restarts meanwhile has a
    new ear, which is left alone too.
    """
    manager = kernel.manager
    ear = getattr(manager, "_activity_stream", None)
    if not isinstance(ear, ZMQStream) or ear.closed():
        yield
        return

    def note() -> None:
        manager.last_activity = manager.parent.last_kernel_activity = to_datetime(clock.now())

    manager.execution_state = "busy"
    ear.setsockopt(UNSUBSCRIBE, EVERYTHING)
    kernel.conversation.heard = note
    try:
        yield
    finally:
        kernel.conversation.heard = None
        if not ear.closed():
            ear.setsockopt(SUBSCRIBE, EVERYTHING)
            if manager.execution_state == "busy":
                manager.execution_state = "idle"
