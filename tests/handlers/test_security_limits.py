"""Bounds on what a caller can make the server do: calls a minute, bodies, numbers, and who is turned away early."""

from __future__ import annotations

import asyncio
import json

import pytest

from jupyter_scheduler_ext.extension import RATE_LIMITS
from jupyter_scheduler_ext.handlers.body import MEGABYTE
from jupyter_scheduler_ext.handlers.problems import TooMany
from jupyter_scheduler_ext.handlers.rates import CallRates
from jupyter_scheduler_ext.handlers.routes import ENDPOINTS

from .conftest import nightly, noop_task


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_a_minutes_worth_and_refills_evenly():
    watch = Watch()
    rates = CallRates({"run": 60, "free": 0}, watch)
    for _ in range(60):
        rates.take("run", "ana")
    with pytest.raises(TooMany, match="60 a minute") as refused:
        rates.take("run", "ana")
    assert refused.value.details == {"retry_after": 1, "kind": "run"}
    watch.now = 2.0
    rates.take("run", "ana")
    rates.take("run", "ana")
    with pytest.raises(TooMany):
        rates.take("run", "ana")


def test_each_user_and_each_kind_of_call_has_a_bucket_of_its_own():
    rates = CallRates({"run": 1, "import": 1, "free": 0}, Watch())
    rates.take("run", "ana")
    rates.take("run", "ben")
    rates.take("import", "ana")
    for _ in range(1000):
        rates.take("free", "ana")
        rates.take("unknown", "ana")
    with pytest.raises(TooMany):
        rates.take("run", "ana")


def test_a_bucket_never_holds_more_than_a_minutes_worth():
    watch = Watch()
    rates = CallRates({"run": 2}, watch)
    rates.take("run", "ana")
    watch.now = 1e6
    rates.take("run", "ana")
    rates.take("run", "ana")
    with pytest.raises(TooMany) as refused:
        rates.take("run", "ana")
    assert refused.value.details["retry_after"] == 30


def test_made_up_users_do_not_fill_the_memory():
    rates = CallRates({"run": 1}, Watch(), keys=100)
    for number in range(1000):
        rates.take("run", f"user {number}")
    assert len(rates._buckets) == 100


def test_every_kind_of_costly_call_has_a_limit_and_every_limit_a_call():
    assert {one.rate for one in ENDPOINTS if one.rate} == set(RATE_LIMITS)


def test_costly_calls_are_counted():
    counted = {one.operation for one in ENDPOINTS if one.rate}
    assert counted >= {
        "scheduler_schedule_preview",
        "scheduler_task_run",
        "scheduler_task_backfill",
        "scheduler_tasks_bulk",
        "scheduler_import",
        "scheduler_export",
        "scheduler_run_output",
        "scheduler_notebooks_list",
    }


class TestFewCalls:
    @pytest.fixture
    def jp_server_config(self, authorizer):
        return {
            "ServerApp": {"jpserver_extensions": {"jupyter_scheduler_ext": True}, "authorizer_class": authorizer},
            "SchedulerExtension": {"rate_limits": {"preview": 3, "run": 0}},
        }

    async def test_one_call_too_many_is_429_and_told_when_to_come_back(self, call, make):
        body = {"schedule": "* * * * *"}
        for _ in range(3):
            assert (await call("POST", "schedule/preview", body)).status == 200
        late = await call("POST", "schedule/preview", body)
        assert (late.status, late.error["code"]) == (429, "too_many")
        assert 1 <= int(late.headers["Retry-After"]) <= 20
        assert "rate_limits" in late.error["message"]
        assert (await call("GET", "tasks")).status == 200

    async def test_a_limit_of_none_is_none(self, call, make):
        task = await make(noop_task(policy={"overlap": "allow"}))
        for _ in range(30):
            assert (await call("POST", f"tasks/{task['uuid']}/run")).status == 202


@pytest.mark.parametrize("size", [MEGABYTE + 1, 3 * MEGABYTE])
async def test_a_body_longer_than_its_route_allows_is_413(raw, size):
    response = await raw("POST", "api/tasks", b" " * size)
    assert response.code == 413
    assert json.loads(response.body)["error"]["limit"] == MEGABYTE


async def test_who_may_not_send_a_large_file_is_refused_while_it_has_hardly_begun(
    raw, make, authorizer, jp_http_port, jp_base_url, jp_auth_header
):
    task = await make()
    authorizer.allowed = {("read", "scheduler_ext"), ("write", "scheduler_ext"), ("read", "contents")}
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    head = (
        f"POST {jp_base_url}scheduler-ext/api/tasks/{task['uuid']}/attachments?name=big.bin HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{jp_http_port}\r\nAuthorization: {jp_auth_header['Authorization']}\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 400000000\r\n\r\n"
    )
    writer.write(head.encode() + b"x" * 1000)
    await writer.drain()
    status = await asyncio.wait_for(reader.readline(), 60)
    writer.close()
    assert b" 403 " in status


@pytest.mark.parametrize(
    ("member", "field"),
    [
        ({"name": "n" * 201}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "\x1b[31mred"}, "name"),
        ({"name": "bell\x07"}, "name"),
        ({"tags": ["t" * 65]}, "tags.0"),
        ({"tags": ["a\r\nSet-Cookie: b"]}, "tags.0"),
        ({"tags": [str(number) for number in range(51)]}, "tags"),
        ({"description": "d" * 10_001}, "description"),
        ({"attachments": ["a"] * 1001}, "attachments"),
        ({"uuid": "../x"}, "uuid"),
        ({"context_id": "a/b"}, "context_id"),
        ({"action": {"kind": "code", "source": "x" * 500_001}}, "action.source"),
        ({"action": {"kind": "command", "argv": ["x"] * 1001}}, "action.argv"),
        (
            {"type": "planned", "plan": {"todo": [f"2{year:03}-01-01T00:00Z" for year in range(100, 999)] * 6}},
            "plan.todo",
        ),
    ],
)
async def test_a_member_that_is_too_long_or_odd_is_refused_by_name(call, member, field):
    reply = await call("POST", "tasks", {**noop_task(), **member})
    assert (reply.status, reply.error["field"]) == (400, field)


class TestFewTasks:
    @pytest.fixture
    def jp_server_config(self, authorizer):
        return {
            "ServerApp": {"jpserver_extensions": {"jupyter_scheduler_ext": True}, "authorizer_class": authorizer},
            "TaskScheduler": {"max_tasks": 2},
        }

    async def test_one_task_too_many_is_refused_however_it_comes(self, call, make):
        await make()
        await make(nightly())
        assert (await call("POST", "tasks", noop_task())).error["code"] == "too_many"
        reply = await call("POST", "import", {"tasks": [noop_task("another")]})
        assert (reply.status, reply.error["code"]) == (409, "too_many")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1e999}',
        b'{"a": -1e999}',
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"9" * 5000,
        b'{"a": "\xed\xa0\x80"}',
    ],
)
async def test_numbers_and_depths_that_nothing_can_hold_are_refused(raw, body):
    for method, path in [("POST", "api/tasks"), ("POST", "api/import"), ("POST", "api/schedule/preview")]:
        response = await raw(method, path, body)
        assert response.code == 400, (path, response.body)
