"""GET api/timeline."""

from __future__ import annotations

from .conftest import nightly, noop_task

DAY = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"


async def test_what_is_planned_is_counted(call, make):
    await make(nightly(schedule={"minute": "0", "hour": "12", "timezone": "UTC"}))
    body = (await call("GET", "timeline?from=2099-01-01T00:00:00Z&to=2099-01-02T00:00:00Z&bucket=3600&lanes=1")).body
    assert [(bucket["at"][:13], bucket["planned"]) for bucket in body["buckets"] if bucket["planned"]] == [
        ("2099-01-01T12", 1)
    ]
    assert body["bucket"] == 3600
    assert len(body["tasks"]) == 1


async def test_what_ran_is_counted(call, make, settled):
    task = await make(noop_task(action={"fails": True}))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    at = (await settled(run["id"]))["started_at"][:10]
    body = (await call("GET", f"timeline?from={at}T00:00:00Z&to={at}T23:59:59Z&bucket=86400")).body
    assert sum(bucket["failed"] for bucket in body["buckets"]) == 1


async def test_a_stretch_that_cannot_be_shown_is_refused(call):
    for query, field in [
        ("", "from"),
        ("from=2026-01-01T00:00:00Z", "to"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
        (f"{DAY}&bucket=0", "bucket"),
        (f"{DAY}&bucket=1", "bucket"),
        (f"{DAY}&bucket=nan", "bucket"),
        ("from=now&to=then", "from"),
    ]:
        reply = await call("GET", f"timeline?{query}")
        assert (reply.status, reply.error["field"]) == (400, field)


async def test_an_offset_with_a_plus_is_understood_though_unescaped(call):
    assert (await call("GET", "timeline?from=2026-01-01T00:00:00+01:00&to=2026-01-02T00:00:00+01:00")).status == 200
