"""Prompts on a real server against an endpoint that speaks like OpenAI's, streams, refuses, hangs and breaks off."""

from __future__ import annotations

import json
import queue
import threading
import urllib.error
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from live_server import LiveServer
from sinks import wait_for

from jupyter_scheduler_ext.runners.completion import Completion, EndpointFailed
from jupyter_scheduler_ext.runners.prompt_messages import cell, history

KEY = "sk-canary-51c0ffee"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c63000100000500010d0a2db40000"
    "000049454e44ae426082"
)


class Model:
    """An endpoint; `behave` is a line of words, one for each request to come: the last one stays."""

    def __init__(self):
        self.requests = []
        self.keys = []
        self.hung_up = queue.Queue()
        self.behave = ["answer"]
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                model.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                model.keys.append(self.headers.get("Authorization"))
                way = model.behave.pop(0) if len(model.behave) > 1 else model.behave[0]
                getattr(self, way)()

            def answer(self):
                self.begin()
                for word in ("All", " is", " well."):
                    self.say({"choices": [{"delta": {"content": word}}]})
                self.say({"choices": [{"delta": {}, "finish_reason": "stop"}]})
                self.put(b"data: [DONE]\n\n")
                self.wfile.write(b"0\r\n\r\n")

            def at_once(self):
                body = json.dumps({"choices": [{"message": {"content": "In one piece."}}]}, indent=2).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def busy(self):
                self.refuse(429, {"error": {"message": "slow down"}})

            def unknown_key(self):
                self.refuse(401, {"error": {"message": f"no such key: {KEY}"}})

            def hang(self):
                self.begin()
                self.say({"choices": [{"delta": {"content": "Well"}}]})
                self.connection.settimeout(60)
                model.hung_up.put(self.rfile.read(1) == b"")
                self.close_connection = True

            def break_off(self):
                self.begin()
                self.say({"choices": [{"delta": {"content": "Well"}}]})
                self.close_connection = True

            def fail_midway(self):
                self.begin()
                self.say({"error": {"message": "out of memory"}})
                self.wfile.write(b"0\r\n\r\n")

            def begin(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()

            def say(self, event):
                self.put(b"data: " + json.dumps(event).encode() + b"\n\n")

            def put(self, data):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

            def refuse(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_): ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def model():
    made = Model()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def fresh(model):
    model.requests.clear()
    model.behave = ["answer"]


@pytest.fixture(scope="module")
def server(tmp_path_factory, model):
    home = tmp_path_factory.mktemp("prompts")
    (home / "config").mkdir()
    endpoint = {"base_url": model.url, "model": "small-1", "api_key": "env:MODEL_KEY"}
    nowhere = {"base_url": "http://127.0.0.1:9/v1", "model": "small-1"}
    config = {"PromptSettings": {"endpoints": {"default": endpoint, "nowhere": nowhere, "unfinished": {}}}}
    (home / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
    with LiveServer(home, env={"MODEL_KEY": KEY}) as live:
        yield live


def make(server, name, prompt="How is it?", attachments=(), policy=None, **action):
    action = {"kind": "prompt", "prompt": prompt} | action
    body = {"type": "adhoc", "name": name, "action": action, "policy": policy or {}, "attachments": attachments}
    return server.api("tasks", "POST", body)["task"]


def run(server, task, **body):
    return server.api(f"tasks/{task['uuid']}/run", "POST", body or None)["run"]


def ended(server, run):
    return wait_for(lambda: (found := server.api(f"runs/{run['id']}")["run"])["finished_at"] and found, "the end")


def said(server, run):
    entries = server.api(f"runs/{run['id']}/log")["entries"]
    return "".join(entry["text"] for entry in entries if entry["kind"] == "stdout")


def test_the_answer_is_streamed_to_the_log_and_is_the_result(server, model):
    done = ended(server, run(server, make(server, "asks", system="Be brief.")))
    assert (done["state"], done["result"]) == ("succeeded", "All is well.")
    assert said(server, done) == "All is well."
    (request,) = model.requests
    assert request["model"] == "small-1"
    assert request["stream"] is True
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How is it?"},
    ]
    assert model.keys[-1] == f"Bearer {KEY}"


def test_the_conversation_is_kept_in_the_transcript_and_sent_along(server, model):
    task = make(server, "remembers", memory=1, options={"temperature": 0.2})
    for _ in range(3):
        ended(server, run(server, task))
    assert model.requests[-1]["temperature"] == 0.2
    assert [message["role"] for message in model.requests[0]["messages"]] == ["user"]
    assert model.requests[2]["messages"] == [
        {"role": "user", "content": "How is it?"},
        {"role": "assistant", "content": "All is well."},
        {"role": "user", "content": "How is it?"},
    ]
    done = server.api(f"runs?task_id={task['uuid']}")["runs"][0]
    transcript = json.loads((server.root / done["output_path"]).read_text())
    texts = ["".join(cell["source"]) for cell in transcript["cells"]]
    assert texts == ["How is it?", "All is well."] * 3


def test_parameters_built_ins_and_attachments_go_with_the_prompt(server, model):
    (server.root / "notes.txt").write_text("the numbers are 1, 2, 3")
    (server.root / "chart.png").write_bytes(PIXEL)
    prompt = "Report {{ region }} on {{ fire_date }}."
    task = make(server, "attached", prompt, ["notes.txt", "chart.png"], parameters={"region": "eu"})
    done = ended(server, run(server, task, parameters={"region": "us"}))
    assert done["state"] == "succeeded"
    text, notes, chart = model.requests[-1]["messages"][-1]["content"]
    assert text["text"].startswith("Report us on 20")
    assert notes["text"] == "Attachment notes.txt:\n\nthe numbers are 1, 2, 3"
    assert chart["image_url"]["url"].startswith("data:image/png;base64,")


def test_an_answer_in_one_piece_is_taken_as_well(server, model):
    model.behave = ["at_once"]
    assert ended(server, run(server, make(server, "in one piece")))["result"] == "In one piece."


def test_a_busy_endpoint_is_asked_again_by_policy(server, model):
    model.behave = ["busy", "busy", "answer"]
    task = make(server, "patient", policy={"retries": {"max": 2, "delay": 0.1}})
    first = ended(server, run(server, task))
    assert (first["state"], first["error"]["name"]) == ("failed", "HTTP429")
    assert "slow down" in first["error"]["message"]
    runs = lambda: server.api(f"runs?task_id={task['uuid']}")["runs"]  # noqa: E731
    wait_for(lambda: runs()[0]["state"] == "succeeded", "the third attempt")
    assert [one["attempt"] for one in runs()] == [3, 2, 1]


def test_to_cancel_is_to_hang_up_and_half_an_answer_is_not_remembered(server, model):
    model.behave = ["hang", "answer"]
    task = make(server, "cancelled")
    asked = run(server, task)
    wait_for(lambda: said(server, asked) == "Well", "the first word")
    server.api(f"runs/{asked['id']}/cancel", "POST")
    assert ended(server, asked)["state"] == "cancelled"
    assert model.hung_up.get(timeout=60) is True
    ended(server, run(server, task))
    assert [message["role"] for message in model.requests[-1]["messages"]] == ["user"]


def test_a_timeout_ends_it(server, model):
    model.behave = ["hang"]
    done = ended(server, run(server, make(server, "slow", policy={"timeout": 1})))
    assert done["state"] == "timed_out"
    assert model.hung_up.get(timeout=60) is True


@pytest.mark.parametrize(
    ("way", "words"), [("break_off", "before the answer was whole"), ("fail_midway", "out of memory")]
)
def test_an_answer_that_breaks_off_is_a_failure(server, model, way, words):
    model.behave = [way]
    done = ended(server, run(server, make(server, way)))
    assert (done["state"], done["error"]["name"]) == ("failed", "EndpointFailed")
    assert words in done["error"]["message"]


def test_an_endpoint_that_is_not_there_is_a_failure_that_says_so(server):
    done = ended(server, run(server, make(server, "nobody", endpoint="nowhere")))
    assert done["state"] == "failed"
    assert "could not be reached" in done["error"]["message"]


def test_what_cannot_be_sent_is_refused_by_name(server):
    for action, field in (({"endpoint": "none"}, "action.endpoint"), ({"options": {"model": "x"}}, "action.options")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            make(server, "wrong", **action)
        assert caught.value.code == 400
        assert json.loads(caught.value.read())["error"]["field"] == field
    done = ended(server, run(server, make(server, "unknown name", "Report {{ nothing }}.")))
    assert "there is no {{ nothing }}" in done["error"]["message"]
    secret = make(server, "secret", "Say {{ word }}.", parameters={"word": {"$env": "MODEL_KEY"}})
    assert "is a secret" in ended(server, run(server, secret))["error"]["message"]


def test_status_names_the_kinds_of_action_and_the_endpoints_but_not_their_addresses(server):
    status = server.api("status")
    assert {"code", "command", "notebook", "prompt"} <= set(status["actions"])
    assert status["prompts"] == [
        {"name": "default", "model": "small-1", "problem": None},
        {"name": "nowhere", "model": "small-1", "problem": None},
        {
            "name": "unfinished",
            "model": None,
            "problem": "the endpoint 'unfinished' has no base_url that begins with http",
        },
    ]


def test_the_key_is_nowhere_even_if_the_endpoint_repeats_it(server, model):
    model.behave = ["unknown_key"]
    done = ended(server, run(server, make(server, "refused")))
    assert done["error"]["message"] == "the endpoint answered 401: no such key: ***"
    told = [server.api(path) for path in ("tasks", "runs", "export", "status", f"runs/{done['id']}/log")]
    assert KEY not in str(told) + server.log
    kept = [file for folder in (server.root, server.home / "data") for file in folder.rglob("*") if file.is_file()]
    assert not [file for file in kept if KEY.encode() in file.read_bytes()]


def test_only_whole_exchanges_are_history():
    cells = [
        cell("1", "user", "a"),
        cell("1", "assistant", "half"),
        cell("2", "user", "b"),
        cell("2", "assistant", "c"),
    ]
    cells[3]["metadata"]["scheduler"]["whole"] = True
    assert [message["content"] for message in history(cells, 5)] == ["b", "c"]
    assert history(cells, 0) == []


def test_events_may_come_in_any_pieces():
    told: list[str] = []
    completion = Completion(told.append)
    stream = b': hello\n\ndata: {"choices":[{"delta":{"content":"\xc3\xa9t\xc3\xa9"}}]}\r\n\r\ndata: [DONE]\n\n'
    for byte in stream:
        completion.take(bytes([byte]))
    completion.close()
    assert told == ["été"]
    with pytest.raises(EndpointFailed):
        Completion(told.append).close()
