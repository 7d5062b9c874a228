"""GET api/status."""

from __future__ import annotations

import pytest

import jupyter_scheduler_ext

from .conftest import nightly, noop_task


async def test_the_scheduler_tells_how_it_is(call, make):
    await make(nightly())
    await make(noop_task(enabled=False))
    reply = await call("GET", "status")
    assert reply.status == 200
    assert reply.body["role"] == "leader"
    assert reply.body["counts"]["tasks"] == 2
    assert reply.body["queue"] == {"running": 0, "queued": 0, "limit": 4}
    kernels = reply.body["kernels"]
    assert kernels.pop("memory") == 0
    assert set(kernels) >= {"busy", "lingering", "kept", "prepared", "pooled"}
    assert set(kernels.values()) == {0}
    assert reply.body["version"] == jupyter_scheduler_ext.__version__
    assert reply.body["server"]["pid"]
    assert [banner for banner in reply.body["banners"] if banner["level"] != "info"] == []


@pytest.mark.parametrize("may", [["read"], ["read", "write"], ["read", "write", "execute"]])
async def test_who_asks_is_told_what_they_may_do(call, authorizer, may):
    authorizer.allowed = {(action, "scheduler_ext") for action in may}
    you = (await call("GET", "status")).body["you"]
    assert you["may"] == may
    assert you["name"]
