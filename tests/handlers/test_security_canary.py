"""A secret is found nowhere: canaries go every way that a secret has, and every place that could keep one is read."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest
import websocket
from live_server import LiveServer

ENVIRONMENT, KEYED = secrets.token_hex(12), secrets.token_hex(12)
"""Two canaries: one is the whole of a variable, the other a part of a parameter that is nested."""
USES = "assert len(password) > 10 and deep['also'][0] == password2"


def reference(name: str) -> dict[str, str]:
    return {"$env": name}


PARAMETERS = {
    "password": reference("CANARY"),
    "password2": reference("CANARY_TOO"),
    "deep": {"also": [reference("CANARY_TOO")]},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("canary")
    environment = {"CANARY": ENVIRONMENT, "CANARY_TOO": KEYED}
    with LiveServer(home, "--SchedulerExtension.log_level=DEBUG", env=environment) as server:
        cells = [nbformat.v4.new_code_cell("password = password2 = deep = None", metadata={"tags": ["parameters"]})]
        cells += [nbformat.v4.new_code_cell(USES), nbformat.v4.new_code_cell("1 / 0")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), server.root / "uses.ipynb")
        yield server


def ask(server: LiveServer, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    """Status and text of an answer, good or bad, without a session."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}scheduler-ext/{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ended(server: LiveServer, run_id: str) -> dict[str, Any]:
    for _ in range(3000):
        run = server.api(f"runs/{run_id}")["run"]
        if run["finished_at"]:
            return run
        time.sleep(0.1)
    raise AssertionError(f"the run did not end: {run}")


def listen(server: LiveServer, path: str) -> websocket.WebSocket:
    url = server.url.replace("http://", "ws://") + path
    return websocket.create_connection(url, header=[f"Authorization: token {server.token}"], timeout=5)


def heard(socket: websocket.WebSocket) -> bytes:
    """All that a socket has to say before it is quiet for a while."""
    frames = []
    try:
        while True:
            frames.append(socket.recv())
    except websocket.WebSocketTimeoutException:
        pass
    finally:
        socket.close()
    return "\n".join(frame if isinstance(frame, str) else frame.decode() for frame in frames).encode()


def kept(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.kernel
@pytest.mark.timeout(900)
def test_no_secret_is_found_in_logs_files_answers_push_exceptions_or_the_page(server: LiveServer) -> None:
    stream, events = listen(server, "scheduler-ext/api/stream"), listen(server, "api/events/subscribe")
    said: dict[str, bytes] = {}

    code = {"kind": "code", "source": USES + "\n1 / 0", "parameters": PARAMETERS}
    tasks = []
    for name, action in {
        "code": code,
        "notebook": {"kind": "notebook", "path": "uses.ipynb", "parameters": PARAMETERS},
        "fresh": {**code, "kernel": "fresh"},
        "missing": {**code, "parameters": {"password": reference("CANARY"), "other": reference("NO_SUCH_VARIABLE")}},
    }.items():
        made = server.api("tasks", "POST", {"type": "adhoc", "name": name, "action": action})
        tasks.append((name, made["task"]["uuid"], made["token_secret"]))

    for name, uuid, secret in tasks:
        path = f"api/tasks/{uuid}/run"
        for what, answer in {
            "wrong": ask(server, "POST", path, {}, **{"X-Task-Token": secret[::-1]}),
            "no body": ask(server, "POST", path, ["junk"], **{"X-Task-Token": secret}),
            "undeclared": ask(server, "POST", path, {"parameters": {"x": 1}}, **{"X-Task-Token": secret}),
            "url": ask(server, "POST", f"{path}?token={secret[::-1]}", {}),
        }.items():
            assert 400 <= answer[0] < 500
            said[f"{name}, {what}"] = answer[1]
        status, text = ask(server, "POST", path, {}, **{"X-Task-Token": secret})
        assert status == 202
        said[f"{name}, run"] = text
        run = ended(server, json.loads(text)["run"]["id"])
        assert run["state"] == "failed"
        assert (run["error"]["name"] == "ZeroDivisionError") == (name != "missing"), run
        for part in (f"runs/{run['id']}", f"runs/{run['id']}/log", f"tasks/{uuid}", f"contexts/{run['context_id']}"):
            said[f"{name}, {part}"] = json.dumps(server.api(part)).encode()
        if run["output_path"]:
            for form in ("file", "html"):
                said[f"{name}, {form}"] = ask(
                    server, "GET", f"api/runs/{run['id']}/output?format={form}", Authorization=f"token {server.token}"
                )[1]
    for part in ("tasks", "export", "export?format=yaml", "poll?since=0", "status", "runs", "templates", "contexts"):
        said[part] = ask(server, "GET", f"api/{part}", Authorization=f"token {server.token}")[1]
    said["page"] = ask(server, "GET", "", Authorization=f"token {server.token}")[1]
    rotated = server.api(f"tasks/{tasks[0][1]}/token", "POST")
    said["deltas and logs"], said["events"] = heard(stream), heard(events)
    assert b'"failed"' in said["deltas and logs"]
    assert b"scheduler" in said["events"]

    places = said | kept(server.home)
    assert any(name.endswith("history.sqlite-wal") for name in places)
    for secret in (ENVIRONMENT, KEYED, rotated["token_secret"], *(secret for *_, secret in tasks)):
        found = [name for name, text in places.items() if secret.encode() in text]
        assert found == []
