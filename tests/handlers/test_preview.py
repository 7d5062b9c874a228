"""POST api/schedule/preview."""

from __future__ import annotations


async def test_a_schedule_is_explained(call):
    reply = await call("POST", "schedule/preview", {"schedule": "30 2 * * *", "timezone": "Europe/Berlin", "count": 3})
    assert reply.status == 200
    assert "02:30" in reply.body["words"] or "2:30" in reply.body["words"]
    assert len(reply.body["fires"]) == 3
    assert reply.body["fields"]["hour"] == "2"
    assert all(count == 1 for count in reply.body["dates"].values())


async def test_the_five_fields_are_taken_as_well(call):
    fields = {"minute": "0", "hour": "*", "day": "*", "month": "*", "weekday": "*"}
    assert (await call("POST", "schedule/preview", {"schedule": fields, "timezone": "UTC"})).status == 200


async def test_a_clock_change_is_warned_of(call):
    body = {"schedule": "30 2 * * *", "timezone": "America/New_York"}
    codes = {warning["code"] for warning in (await call("POST", "schedule/preview", body)).body["warnings"]}
    assert codes & {"gap", "overlap", "clock_change"}


async def test_a_plan_is_explained(call):
    body = {"plan": ["2099-03-12T02:30"], "timezone": "Europe/Berlin"}
    reply = await call("POST", "schedule/preview", body)
    assert reply.status == 200
    assert reply.body["fires"] == ["2099-03-12T01:30:00.000Z"]


async def test_what_cannot_be_explained_is_named(call):
    for body, field in [
        ({"schedule": "61 * * * *"}, "schedule.minute"),
        ({"schedule": "0 0 31 2 *"}, "schedule"),
        ({"schedule": "* * *"}, "schedule"),
        ({"schedule": "x" * 300}, "schedule"),
        ({"schedule": 7}, "schedule"),
        ({"schedule": "* * * * *", "timezone": "Mars/Olympus"}, "timezone"),
        ({"schedule": "* * * * *", "timezone": "../../etc/passwd"}, "timezone"),
        ({"schedule": "* * * * *", "count": "many"}, "count"),
        ({"schedule": "* * * * *", "count": 100_000}, "count"),
        ({"plan": ["someday"]}, "plan"),
        ({}, "schedule"),
    ]:
        reply = await call("POST", "schedule/preview", body)
        assert reply.status == 400, reply.body
        assert reply.error["field"].startswith(field)
