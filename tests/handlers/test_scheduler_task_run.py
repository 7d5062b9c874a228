"""POST api/tasks/{uuid}/run, by a session and by a token."""

from __future__ import annotations

import asyncio

import pytest

from .conftest import nightly, noop_task

NOBODY = {"Authorization": ""}


async def test_a_task_runs_and_its_run_is_found(call, make, settled):
    task = await make(noop_task(action={"says": "hello"}))
    reply = await call("POST", f"tasks/{task['uuid']}/run")
    assert reply.status == 202
    run = reply.body["run"]
    assert reply.headers["Location"].endswith(f"/api/runs/{run['id']}")
    assert (run["origin"], run["task_id"]) == ("manual", task["uuid"])
    done = await settled(run["id"])
    assert (done["state"], done["result"]) == ("succeeded", "done")
    assert (await call("GET", f"tasks/{task['uuid']}")).body["task"]["last_run"]["id"] == run["id"]


async def test_parameters_are_for_this_run_only(call, make, settled):
    task = await make(noop_task(action={"parameters": {"day": "today"}}))
    run = (await call("POST", f"tasks/{task['uuid']}/run", {"parameters": {"day": "yesterday"}})).body["run"]
    assert (await settled(run["id"]))["parameters"] == {"day": "yesterday"}
    assert (await call("GET", f"tasks/{task['uuid']}")).body["task"]["action"]["parameters"] == {"day": "today"}


async def test_the_same_idempotency_key_is_one_run(call, make):
    task = await make(noop_task(action={"seconds": 60}))
    key = {"Idempotency-Key": "order-7"}
    first = await call("POST", f"tasks/{task['uuid']}/run", headers=key)
    second = await call("POST", f"tasks/{task['uuid']}/run", headers=key)
    assert (first.status, second.status) == (202, 202)
    assert first.body["run"]["id"] == second.body["run"]["id"]


async def test_a_second_run_under_overlap_skip_names_the_active_one(call, make):
    task = await make(noop_task(action={"seconds": 60}))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    reply = await call("POST", f"tasks/{task['uuid']}/run")
    assert reply.status == 409
    assert run["id"] in str(reply.error)


async def test_a_disabled_task_runs_only_by_force(call, make):
    task = await make(nightly(enabled=False))
    assert (await call("POST", f"tasks/{task['uuid']}/run")).status == 409
    assert (await call("POST", f"tasks/{task['uuid']}/run", {"force": True})).status == 202


async def test_a_body_that_is_not_valid_is_named(call, make):
    for body, field in [
        ({"parameters": []}, "parameters"),
        ({"force": "perhaps"}, "force"),
        ({"params": {}}, "params"),
    ]:
        task = await make()
        reply = await call("POST", f"tasks/{task['uuid']}/run", body)
        assert (reply.status, reply.error["field"]) == (400, field)


async def test_a_key_that_no_ledger_could_hold_is_refused(call, make):
    task = await make()
    reply = await call("POST", f"tasks/{task['uuid']}/run", headers={"Idempotency-Key": "k" * 201})
    assert (reply.status, reply.error["field"]) == (400, "Idempotency-Key")


@pytest.fixture
def with_token(call):
    async def create():
        body = (await call("POST", "tasks", noop_task(action={"parameters": {"day": "today"}}))).body
        return body["task"]["uuid"], body["token_secret"]

    return create


async def test_the_token_runs_the_task_without_a_session(call, with_token):
    uuid, secret = await with_token()
    reply = await call("POST", f"tasks/{uuid}/run", headers={**NOBODY, "X-Task-Token": secret})
    assert reply.status == 202
    assert reply.body["run"]["origin"] == "token"


async def test_every_failure_with_a_token_is_the_same_answer(call, with_token, make):
    uuid, secret = await with_token()
    scheduled = (await make(nightly()))["uuid"]
    answers = []
    for target, token in [
        (uuid, "wrong"),
        (uuid, ""),
        (uuid, secret + "x"),
        ("no-such", secret),
        (scheduled, secret),
    ]:
        reply = await call("POST", f"tasks/{target}/run", headers={**NOBODY, "X-Task-Token": token})
        answers.append((reply.status, reply.error["code"], reply.error["message"], reply.error.get("field")))
    assert len(set(answers)) == 1
    assert answers[0][0] == 404


async def test_a_session_does_not_help_a_wrong_token(call, with_token):
    uuid, _ = await with_token()
    assert (await call("POST", f"tasks/{uuid}/run", headers={"X-Task-Token": "wrong"})).status == 404


async def test_a_token_opens_nothing_else(call, with_token):
    uuid, secret = await with_token()
    key = {**NOBODY, "X-Task-Token": secret}
    for method, path in [("GET", "tasks"), ("GET", f"tasks/{uuid}"), ("DELETE", f"tasks/{uuid}"), ("POST", "tick")]:
        assert (await call(method, path, headers=key)).status == 403


async def test_a_token_in_the_url_is_no_token(call, with_token):
    uuid, secret = await with_token()
    assert (await call("POST", f"tasks/{uuid}/run?X-Task-Token={secret}", headers=NOBODY)).status == 403


async def test_a_rotated_or_revoked_token_stops_working(call, with_token):
    uuid, secret = await with_token()
    rotated = await call("POST", f"tasks/{uuid}/token")
    fresh = rotated.body["token_secret"]
    assert rotated.status == 200
    assert rotated.body["task"]["token"]["last4"] == fresh[-4:]
    assert (await call("POST", f"tasks/{uuid}/run", headers={**NOBODY, "X-Task-Token": secret})).status == 404
    assert (await call("POST", f"tasks/{uuid}/run", headers={**NOBODY, "X-Task-Token": fresh})).status == 202
    assert (await call("DELETE", f"tasks/{uuid}/token")).status == 200
    assert (await call("POST", f"tasks/{uuid}/run", headers={**NOBODY, "X-Task-Token": fresh})).status == 404


async def test_guessing_is_slowed_down_whether_or_not_the_task_exists(call, with_token):
    uuid, secret = await with_token()
    for target in (uuid, "no-such"):
        for _ in range(10):
            wrong = {**NOBODY, "X-Task-Token": "wrong"}
            assert (await call("POST", f"tasks/{target}/run", headers=wrong)).status == 404
        late = await call("POST", f"tasks/{target}/run", headers={**NOBODY, "X-Task-Token": secret})
        assert late.status == 429
        assert 1 <= int(late.headers["Retry-After"]) <= 60


async def test_backfill_runs_every_fire_of_a_stretch(call, make):
    task = await make(nightly(schedule={"minute": "0", "hour": "12", "timezone": "UTC"}, policy={"overlap": "allow"}))
    body = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-03T23:00:00Z"}
    reply = await call("POST", f"tasks/{task['uuid']}/backfill", body)
    assert reply.status == 202
    assert [run["fire_time"][:10] for run in reply.body["runs"]] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert {run["origin"] for run in reply.body["runs"]} == {"backfill"}
    await asyncio.sleep(0)


async def test_a_stretch_that_is_none_is_refused(call, make):
    for body, field in [
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
        ({"from": "2026-01-02", "to": "2026-01-03T00:00:00Z"}, "from"),
        ({"to": "2026-01-03T00:00:00Z"}, "from"),
    ]:
        task = await make(nightly())
        reply = await call("POST", f"tasks/{task['uuid']}/backfill", body)
        assert (reply.status, reply.error["field"]) == (400, field)
