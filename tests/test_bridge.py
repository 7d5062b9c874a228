"""What a widget asks through the kernel reaches the scheduler, and nothing else."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer

from jupyter_scheduler_ext.bridge import Bridge, read
from jupyter_scheduler_ext.client import NoServer
from jupyter_scheduler_ext.client.connection import Connection
from jupyter_scheduler_ext.client.discovery import server_at


@pytest.fixture
def bridge(live_server: LiveServer) -> Iterator[Bridge]:
    bridge = Bridge(lambda: Connection(server_at(live_server.url, live_server.token)))
    yield bridge
    ids = [task["uuid"] for task in live_server.api("tasks")["tasks"]]
    live_server.api("tasks/bulk", "POST", {"action": "delete", "ids": ids})


def ask(bridge: Bridge, method: str, path: str, **more: Any) -> dict[str, Any]:
    return bridge.answer({"id": "1", "method": method, "path": path, **more})


def test_a_task_is_made_changed_and_read_through_it(bridge: Bridge) -> None:
    task = {"type": "adhoc", "name": "From a widget", "action": {"kind": "code", "source": "1"}}
    made = ask(bridge, "POST", "api/tasks", body=task)
    assert (made["id"], made["status"]) == ("1", 201)
    path = f"api/tasks/{made['body']['task']['uuid']}"
    stale = ask(bridge, "PATCH", path, body={"name": "x"}, headers={"If-Match": '"99"'})
    assert (stale["status"], stale["body"]["error"]["code"]) == (412, "stale")
    shown = ask(bridge, "GET", path)
    assert shown["body"]["task"]["name"] == "From a widget"
    assert shown["headers"]["etag"]
    assert ask(bridge, "GET", "api/tasks", query={"q": "nothing like it"})["body"]["total"] == 0


def test_an_error_of_the_server_passes_through_whole(bridge: Bridge) -> None:
    refused = ask(bridge, "POST", "api/tasks", body={"type": "adhoc"})
    assert refused["status"] == 400
    assert refused["body"]["error"]["field"] == "name"


def test_the_names_of_kernels_are_readable_and_the_rest_of_the_server_is_not(bridge: Bridge) -> None:
    assert ask(bridge, "GET", "/api/kernelspecs")["status"] == 200
    for method, path in [
        ("GET", "/api/contents"),
        ("POST", "/api/kernelspecs"),
        ("GET", "api/../../api/contents"),
        ("GET", "api/%2e%2e/x"),
        ("GET", "api/tasks?x=1"),
        ("GET", "http://elsewhere/"),
        ("GET", "api/tasks HTTP/1.1\r\nX: y"),
        ("TRACE", "api/tasks"),
    ]:
        answer = ask(bridge, method, path)
        assert (answer["status"], answer["body"]["error"]["code"]) == (400, "bad_message")


def test_later_parts_of_the_bundle_come_from_the_kernels_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_scheduler_ext.bridge.STATIC", tmp_path / "static")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "panels.js").write_text("export {}")
    (tmp_path / "secret.js").write_text("no")

    def nowhere() -> Connection:
        raise NoServer("start one", code="no_server")

    bridge = Bridge(nowhere)
    assert ask(bridge, "GET", "/static/scheduler_ext/panels.js")["body"] == "export {}"
    assert ask(bridge, "GET", "/static/scheduler_ext/gone.js")["status"] == 404
    for path in ("/static/scheduler_ext/../secret.js", "/static/scheduler_ext/a/b.js", "/static/other/panels.js"):
        assert ask(bridge, "GET", path)["status"] == 400


def test_headers_of_the_page_do_not_replace_the_kernels_credentials() -> None:
    call = read(
        {"method": "GET", "path": "api/tasks", "headers": {"Authorization": "token x", "Cookie": "a", "If-Match": "1"}}
    )
    assert call.headers == {"If-Match": "1"}


def test_without_a_server_the_answer_says_what_to_do() -> None:
    def nowhere() -> Connection:
        raise NoServer("start one", code="no_server")

    answer = ask(Bridge(nowhere), "GET", "api/status")
    assert (answer["status"], answer["body"]["error"]) == (503, {"code": "no_server", "message": "start one"})


def test_a_server_that_moved_is_found_again(live_server: LiveServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = server_at(f"http://127.0.0.1:{unused.getsockname()[1]}/", "t")
        places = iter([gone, server_at(live_server.url, live_server.token)])
        bridge = Bridge(lambda: Connection(next(places)))
        assert ask(bridge, "GET", "api/status")["status"] == 502
        assert ask(bridge, "GET", "api/status")["status"] == 200


def test_answers_come_from_threads_and_what_is_no_request_is_ignored(bridge: Bridge) -> None:
    answers: queue.Queue[dict[str, Any]] = queue.Queue()
    for message in ("text", {"method": "GET"}, None, {"id": "7", "method": "GET", "path": "api/status"}):
        bridge.carry(message, answers.put)
    assert answers.get(timeout=10)["id"] == "7"
    assert answers.empty()


def test_parts_of_the_bundle_come_from_the_kernels_own_files() -> None:
    nowhere = Bridge(lambda: pytest.fail("no server is asked"))
    part = ask(nowhere, "GET", "/static/scheduler_ext/panels.js")
    assert part["status"] in (200, 404)  # 404 where the bundle was not built
    if part["status"] == 200:
        assert "export" in part["body"]
    assert ask(nowhere, "GET", "/static/scheduler_ext/../bridge.py")["status"] == 400
