"""POST api/tick: look at the clock now, for those who drive the scheduler from outside."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from .base import ApiHandler
from .endpoint import endpoint
from .problems import Forbidden
from .shapes import RunsReply

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

PROXY_HEADERS = ("forwarded", "via", "x-real-ip")


@endpoint("POST", "api/tick", "execute", replies={200: RunsReply})
async def scheduler_tick(request: ApiHandler) -> None:
    """Claim and launch what is due.

    Needs authentication, and comes from this machine without a proxy in between: a request with `Forwarded`, `Via`,
    `X-Real-IP` or any `X-Forwarded-...` is refused.
    """
    if not comes_from_here(request.request):
        raise Forbidden("a tick is taken from this machine only, and not through a proxy")
    runs = await request.scheduler.tick()
    request.reply({"runs": [run.to_json() for run in runs]})


def comes_from_here(request: HTTPServerRequest) -> bool:
    """Is the peer this machine itself, with nothing in between? Any trace of a proxy says no."""
    if any(name.lower() in PROXY_HEADERS or name.lower().startswith("x-forwarded") for name in request.headers):
        return False
    try:
        peer = ip_address(request.remote_ip or "")
    except ValueError:
        return False
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
        return peer.ipv4_mapped.is_loopback
    return peer.is_loopback
