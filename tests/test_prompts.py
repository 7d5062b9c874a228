"""Prompts on a real server against an endpoint that speaks like OpenAI's, streams, refuses, hangs and breaks off."""

from __future__ import annotations

import json
import urllib.error

import pytest
from language_model import KEY, Model
from live_server import LiveServer
from sinks import wait_for

from jupyter_scheduler_ext.runners.completion import Completion, EndpointFailed
from jupyter_scheduler_ext.runners.prompt_messages import cell, history

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c63000100000500010d0a2db40000"
    "000049454e44ae426082"
)


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
