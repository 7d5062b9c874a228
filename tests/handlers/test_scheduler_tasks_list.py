"""GET api/tasks."""

from __future__ import annotations

import gzip
import json

from .conftest import nightly, noop_task


async def test_a_new_server_has_no_tasks(call):
    reply = await call("GET", "tasks")
    assert reply.status == 200
    assert {**reply.body, "revision": ""} == {"tasks": [], "total": 0, "next_cursor": None, "revision": ""}


async def test_all_tasks_are_listed_with_what_a_table_needs(call, make):
    await make(nightly("a"))
    await make(noop_task("b"))
    body = (await call("GET", "tasks")).body
    assert [task["name"] for task in body["tasks"]] == ["a", "b"]
    assert body["total"] == 2
    for member in ("schedule_words", "strip", "active_runs", "progress", "halted", "next_run", "last_run", "state"):
        assert member in body["tasks"][0]


async def test_filters_and_order(call, make):
    await make(nightly("a", description="the report"))
    await make(noop_task("b", tags=["x"]))
    for query, names in [
        ("type=adhoc", ["b"]),
        ("state=idle", ["a", "b"]),
        ("state=running", []),
        ("q=REPORT", ["a"]),
        ("tag=x", ["b"]),
        ("sort=-name", ["b", "a"]),
        ("limit=1", ["a"]),
        ("tag=x&type=scheduled", []),
    ]:
        listed = (await call("GET", f"tasks?{query}")).body["tasks"]
        assert (query, [task["name"] for task in listed]) == (query, names)


async def test_a_query_that_is_not_valid_is_named(call):
    for query, field in [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("sort=colour", "sort"),
        ("state=happy", "state"),
        ("cursor=?", "cursor"),
    ]:
        reply = await call("GET", f"tasks?{query}")
        assert (reply.status, reply.error["field"]) == (400, field)


async def test_pages_follow_each_other(call, make):
    for name in "abcde":
        await make(noop_task(name))
    names, cursor = [], ""
    while cursor is not None:
        body = (await call("GET", f"tasks?limit=2&cursor={cursor}")).body
        names += [task["name"] for task in body["tasks"]]
        cursor = body["next_cursor"]
    assert names == list("abcde")


async def test_fields_choose_what_is_sent(call, make):
    await make()
    only = (await call("GET", "tasks?fields=name,state")).body["tasks"][0]
    assert set(only) == {"uuid", "name", "state"}
    slim = (await call("GET", "tasks?fields=slim")).body["tasks"][0]
    assert "policy" not in slim
    assert "strip" in slim


async def test_an_unchanged_list_is_not_sent_again(call, make):
    await make()
    first = await call("GET", "tasks")
    again = await call("GET", "tasks", headers={"If-None-Match": first.headers["Etag"]})
    assert (again.status, again.headers["Etag"]) == (304, first.headers["Etag"])
    await make()
    assert (await call("GET", "tasks", headers={"If-None-Match": first.headers["Etag"]})).status == 200


async def test_a_long_list_is_compressed_for_who_takes_it(raw, make):
    await make(noop_task("long", description="word " * 2000))
    for _ in range(12):
        await make(noop_task("long", description="word " * 2000))
    plain = await raw("GET", "api/tasks", decompress_response=False)
    packed = await raw("GET", "api/tasks", decompress_response=False, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 10
    assert json.loads(gzip.decompress(packed.body)) == json.loads(plain.body)
