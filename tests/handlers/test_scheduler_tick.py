"""POST api/tick: authenticated, from this machine, without a proxy."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from jupyter_scheduler_ext.handlers.scheduler_tick import comes_from_here


async def test_a_tick_with_nothing_due_claims_nothing(call, make):
    await make()
    reply = await call("POST", "tick")
    assert (reply.status, reply.body) == (200, {"runs": []})


async def test_a_tick_through_a_proxy_is_refused(call):
    for header in [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "x-forwarded-host",
        "X-Real-IP",
        "Via",
        "X-Forwarded",
    ]:
        reply = await call("POST", "tick", headers={header: "127.0.0.1"})
        assert (reply.status, reply.error["code"]) == (403, "forbidden")


async def test_being_local_is_not_enough(call):
    assert (await call("POST", "tick", headers={"Authorization": ""})).status == 403


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("169.254.169.254", False),
        ("localhost", False),
        ("", False),
        (None, False),
    ],
)
def test_which_peers_are_this_machine(peer, here):
    line = RequestStartLine("POST", "/api/tick", "HTTP/1.1")
    request = HTTPServerRequest(headers=HTTPHeaders({"Host": "x"}), start_line=line)
    request.remote_ip = peer
    assert comes_from_here(request) is here
