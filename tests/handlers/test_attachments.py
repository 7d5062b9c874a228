"""api/tasks/{uuid}/attachments."""

from __future__ import annotations

import asyncio
from base64 import b64encode

from .conftest import noop_task


async def test_a_file_is_given_listed_and_taken_away(call, make, jp_root_dir):
    task = await make()
    path = f"tasks/{task['uuid']}/attachments"
    made = await call("POST", path, {"name": "rates.csv", "content": b64encode(b"a,b\n").decode()})
    assert made.status == 201, made.body
    assert (made.body["attachment"]["name"], made.body["attachment"]["size"]) == ("rates.csv", 4)
    assert (jp_root_dir / made.body["attachment"]["path"]).read_bytes() == b"a,b\n"
    assert (await call("GET", f"tasks/{task['uuid']}")).body["task"]["attachments"] == ["rates.csv"]
    assert (await call("GET", path)).body["attachments"] == [made.body["attachment"]]
    assert (await call("DELETE", f"{path}/rates.csv")).status == 200
    assert (await call("GET", path)).body == {"attachments": []}
    assert (await call("GET", f"tasks/{task['uuid']}")).body["task"]["attachments"] == []
    assert (await call("DELETE", f"{path}/rates.csv")).status == 404


async def test_a_large_file_is_sent_as_it_is(raw, make, jp_root_dir):
    task = await make()
    body = bytes(range(256)) * 4096 * 5
    response = await raw("POST", f"api/tasks/{task['uuid']}/attachments?name=big.bin", body, request_timeout=60)
    assert response.code == 201, response.body
    kept = jp_root_dir / "tmp" / "chats" / task["context_id"] / "attachments" / "big.bin"
    assert kept.read_bytes() == body


async def test_a_file_of_the_served_root_is_copied(call, make, jp_root_dir):
    (jp_root_dir / "data.csv").write_text("x")
    task = await make()
    made = await call("POST", f"tasks/{task['uuid']}/attachments", {"path": "data.csv"})
    assert made.status == 201, made.body
    assert (jp_root_dir / "data.csv").read_text() == "x"
    assert (jp_root_dir / made.body["attachment"]["path"]).read_text() == "x"


async def test_names_and_paths_that_lead_elsewhere_are_refused(call, make, jp_root_dir):
    task = await make()
    path = f"tasks/{task['uuid']}/attachments"
    for name in ("../../x", "a/b", "..", ".", ".hidden", "", "a\\b", "x" * 300, "con", "a\nb"):
        reply = await call("POST", path, {"name": name, "content": ""})
        assert reply.status == 400, name
    for outside in ("../x", "/etc/passwd", "none.csv", ""):
        assert (await call("POST", path, {"path": outside})).status in (400, 404), outside
    assert not (jp_root_dir.parent / "x").exists()
    assert (await call("GET", path)).body == {"attachments": []}


async def test_what_is_no_file_is_refused(call, make):
    task = await make()
    path = f"tasks/{task['uuid']}/attachments"
    for body in ({}, {"name": "a"}, {"content": ""}, {"name": "a", "content": "%%%"}, {"name": "a", "content": 7}, []):
        assert (await call("POST", path, body)).status == 400, body
    assert (await call("GET", path)).body == {"attachments": []}


async def test_a_file_over_the_limit_leaves_nothing(raw, call, make, extension):
    task = await make()
    (await extension.assembly()).attachments.limit = 1000
    response = await raw("POST", f"api/tasks/{task['uuid']}/attachments?name=big", b"x" * 1001)
    assert response.code == 413
    assert (await call("GET", f"tasks/{task['uuid']}/attachments")).body == {"attachments": []}


async def test_a_file_of_two_gigabytes_is_refused_with_words_before_it_is_sent(
    call, make, jp_http_port, jp_base_url, jp_auth_header
):
    task = await make()
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    head = (
        f"POST {jp_base_url}scheduler-ext/api/tasks/{task['uuid']}/attachments?name=big.bin HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{jp_http_port}\r\nAuthorization: {jp_auth_header['Authorization']}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {2 * 1024**3}\r\n\r\n"
    )
    writer.write(head.encode() + b"x" * 1000)
    await writer.drain()
    answer = await asyncio.wait_for(reader.readuntil(b"bytes"), 60)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"the body of this request may have 1073741824 bytes" in answer
    assert (await call("GET", f"tasks/{task['uuid']}/attachments")).body == {"attachments": []}


async def test_a_file_that_another_task_of_the_context_has_stays(call, make):
    first = await make()
    second = await make(noop_task("b", context_id=first["uuid"]))
    file = {"name": "a", "content": ""}
    for task in (first, second):
        assert (await call("POST", f"tasks/{task['uuid']}/attachments", file)).status == 201
    await call("DELETE", f"tasks/{first['uuid']}/attachments/a")
    assert len((await call("GET", f"tasks/{second['uuid']}/attachments")).body["attachments"]) == 1
    await call("DELETE", f"tasks/{second['uuid']}/attachments/a")
    assert (await call("GET", f"tasks/{second['uuid']}/attachments")).body["attachments"] == []
