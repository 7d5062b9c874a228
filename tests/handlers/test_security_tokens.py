"""Tokens of ad-hoc tasks as RELIABILITY 5 wants them; calling with one is also in test_scheduler_task_run."""

from __future__ import annotations

import json
import secrets as random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jupyter_scheduler_ext.engine import tokens
from jupyter_scheduler_ext.engine.instants import to_datetime

from .conftest import nightly, noop_task

NOBODY = {"Authorization": ""}


def soon(extension, **ahead: float) -> str:
    return (to_datetime(extension.clock.now()) + timedelta(**ahead)).isoformat()


@pytest.fixture
def trigger(call):
    async def run(uuid, token, body=None, **headers):
        return await call("POST", f"tasks/{uuid}/run", body, headers={**NOBODY, "X-Task-Token": token, **headers})

    return run


@pytest.fixture
def with_token(call):
    """Make an ad-hoc task; gives its id and its token."""

    async def make():
        body = (await call("POST", "tasks", noop_task(action={"parameters": {"day": "today"}}))).body
        return body["task"]["uuid"], body["token_secret"]

    return make


async def test_a_token_has_256_bits_and_only_its_hash_is_kept(with_token, extension):
    uuid, secret = await with_token()
    assert len(secret) >= 43
    stored = json.loads((Path(extension.storage_dir) / "tasks.json").read_text())
    assert secret not in json.dumps(stored)
    (kept,) = [task["token"] for task in stored["tasks"] if task["uuid"] == uuid]
    assert len(kept["sha256"]) == 64
    assert kept["last4"] == secret[-4:]


async def test_a_token_expires_when_it_is_told_to(call, trigger, with_token, extension, monkeypatch):
    uuid, _ = await with_token()
    rotated = (await call("POST", f"tasks/{uuid}/token", {"expires_at": soon(extension, hours=1)})).body
    assert rotated["task"]["token"]["expires_at"] is not None
    assert (await trigger(uuid, rotated["token_secret"])).status == 202
    now = extension.clock.now
    monkeypatch.setattr(extension.clock, "now", lambda: now() + 3_600_000)
    assert (await trigger(uuid, rotated["token_secret"])).status == 404
    eternal = (await call("POST", f"tasks/{uuid}/token", {"expires_at": None})).body
    assert eternal["task"]["token"]["expires_at"] is None
    assert (await trigger(uuid, eternal["token_secret"])).status == 202


async def test_an_expiry_that_is_none_is_refused_and_leaves_the_token_as_it_was(call, trigger, with_token, extension):
    uuid, secret = await with_token()
    for body in ({"expires_at": soon(extension, hours=-1)}, {"expires_at": "tomorrow"}, {"expires_at": "2099-01-01"}):
        reply = await call("POST", f"tasks/{uuid}/token", body)
        assert (reply.status, reply.error["field"]) == (400, "expires_at")
    assert (await call("POST", f"tasks/{uuid}/token", {"expires": None})).status == 400
    assert (await trigger(uuid, secret)).status == 202


async def test_a_task_tells_when_its_token_was_last_used(call, trigger, with_token, settled):
    uuid, secret = await with_token()
    assert (await call("GET", f"tasks/{uuid}")).body["task"]["token"]["last_used"] is None
    await trigger(uuid, "wrong")
    assert (await call("GET", f"tasks/{uuid}")).body["task"]["token"]["last_used"] is None
    run = (await trigger(uuid, secret)).body["run"]
    await settled(run["id"])
    used = (await call("GET", f"tasks/{uuid}")).body["task"]["token"]["last_used"]
    assert datetime.fromisoformat(used) >= datetime.fromisoformat(run["queued_at"]).replace(microsecond=0)


async def test_only_declared_parameters_are_taken(trigger, with_token):
    uuid, secret = await with_token()
    assert (await trigger(uuid, secret, {"parameters": {"day": "monday"}})).status == 202
    for parameters in ({"other": 1}, {"day": "x", "__class__": 1}, {"day;import os": 1}, {"": 1}):
        reply = await trigger(uuid, secret, {"parameters": parameters})
        assert (reply.status, reply.error["code"]) == (400, "invalid")


async def test_a_caller_with_a_token_may_override_parameters_and_nothing_else(trigger, with_token):
    uuid, secret = await with_token()
    for body in ({"force": True, "action": {}}, {"name": "x"}, {"context_id": "other"}, {"owner": "eve"}):
        assert (await trigger(uuid, secret, body)).status == 400


async def test_a_wrong_token_gets_one_answer_whatever_else_is_wrong(raw, call, with_token):
    uuid, secret = await with_token()
    scheduled = (await call("POST", "tasks", nightly())).body["task"]["uuid"]
    revoked = (await call("POST", "tasks", noop_task("revoked"))).body
    await call("DELETE", f"tasks/{revoked['task']['uuid']}/token")
    answers = set()
    for target, token, body, key in [
        (uuid, "wrong", b"{}", "k"),
        (uuid, "wrong", b"not json", "k"),
        (uuid, "wrong", b'{"force": "perhaps"}', "k"),
        (uuid, "wrong", b"{}", "k" * 500),
        (uuid, secret[:-1], b"{}", "k"),
        (uuid, "\u00e9", b"{}", "k"),
        (uuid, "x" * 10_000, b"{}", "k"),
        ("no-such", secret, b"not json", "k"),
        ("../../etc", secret, b"{}", "k"),
        (scheduled, secret, b"not json", "k"),
        (revoked["task"]["uuid"], revoked["token_secret"], b"{}", "k"),
    ]:
        headers = {**NOBODY, "X-Task-Token": token, "Idempotency-Key": key}
        response = await raw("POST", f"api/tasks/{target.replace('/', '%2f')}/run", body, headers=headers)
        answers.add((response.code, response.body, response.headers.get("Etag"), response.headers.get("Location")))
    assert len(answers) == 1, answers
    assert next(iter(answers))[0] == 404


def test_a_token_is_compared_in_constant_time_also_where_there_is_none(monkeypatch):
    compared: list[tuple[int, int]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return random.compare_digest(one, other)

    class Compare:
        compare_digest = staticmethod(compare)

    monkeypatch.setattr(tokens, "secrets", Compare)
    now = to_datetime(0)
    assert not tokens.matches(None, "guess", now)
    assert not tokens.matches(None, "\ud800", now)
    assert not tokens.matches(None, "", now)
    assert compared == [(64, 64)] * 3


async def test_a_revoked_token_comes_back_by_no_way(call, trigger, with_token):
    uuid, secret = await with_token()
    exported = (await call("GET", "export")).body
    await call("DELETE", f"tasks/{uuid}/token")
    await call("PATCH", f"tasks/{uuid}", {"token": {"sha256": "0" * 64, "last4": "0000"}, "name": "patched"})
    await call("POST", "import?on_conflict=replace", exported)
    await call("DELETE", f"tasks/{uuid}")
    await call("POST", f"tasks/{uuid}/restore")
    assert (await call("GET", f"tasks/{uuid}")).body["task"]["token"] is None
    assert (await trigger(uuid, secret)).status == 404
