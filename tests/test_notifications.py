"""Notifications as people get them: a real server, a mailbox, a webhook; and targets that do not answer."""

from __future__ import annotations

import json
import urllib.error

import pytest
from live_server import LiveServer
from sinks import MailSink, Webhook, wait_for

SECRET = "canary-7f3a9c"
FAILS = {"kind": "command", "argv": ["python3", "-c", "import sys; sys.exit(3)"]}
WORKS = {"kind": "command", "argv": ["python3", "-c", "print('well')"]}


@pytest.fixture(scope="module")
def mailbox():
    with MailSink() as sink:
        yield sink


@pytest.fixture(scope="module")
def hook():
    with Webhook() as sink:
        yield sink


@pytest.fixture(scope="module")
def home(tmp_path_factory, mailbox, hook):
    folder = tmp_path_factory.mktemp("telling")
    (folder / "config").mkdir()
    (folder / "hook").write_text(hook.address(SECRET) + "\n")
    settings = {
        "targets": {"mail": "env:MAIL_ADDRESS", "hook": f"file:{folder / 'hook'}", "gone": "env:NOT_THERE"},
        "to": ["mail"],
        "public_url": "https://jupyter.example.org/",
    }
    config = {"NotificationSettings": settings}
    (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def server(home, mailbox):
    with LiveServer(home, env={"MAIL_ADDRESS": mailbox.address}) as live:
        yield live


def make(server, name, action=FAILS, **more):
    body = {"type": "adhoc", "name": name, "action": action} | more
    return server.api("tasks", "POST", body)["task"]["uuid"]


def refusal(server, path, method="POST", body=None):
    with pytest.raises(urllib.error.HTTPError) as caught:
        server.api(path, method, body)
    return caught.value.code, json.loads(caught.value.read())["error"]


def test_a_failure_comes_by_mail_with_its_reason_and_a_link(server, mailbox):
    uuid = make(server, "Nightly report")
    run = server.api(f"tasks/{uuid}/run", "POST")["run"]
    mail = wait_for(
        lambda: next((m for m in mailbox.messages if m["Subject"] == "Nightly report failed"), None), "the mail"
    )
    text = mail.get_body(("plain",)).get_content()
    assert "exit code 3" in text
    assert f"https://jupyter.example.org/scheduler-ext/#/run/{run['id']}" in text


def test_the_first_success_after_a_failure_is_told_as_a_recovery_and_the_next_is_not(server, hook):
    uuid = make(server, "Flaky", notify={"to": ["hook"], "on": ["failure", "recovered"]})
    server.api(f"tasks/{uuid}/run", "POST")
    wait_for(lambda: "Flaky failed" in titles(hook), "the failure")
    server.api(f"tasks/{uuid}", "PATCH", {"action": WORKS})
    server.api(f"tasks/{uuid}/run", "POST")
    wait_for(lambda: "Flaky works again" in titles(hook), "the recovery")
    server.api(f"tasks/{uuid}/run", "POST")
    server.api(f"tasks/{uuid}", "PATCH", {"notify": {"on": ["success"]}})
    wait_for(lambda: server.api(f"tasks/{uuid}")["task"]["state"] == "idle", "the end")
    server.api(f"tasks/{uuid}/run", "POST")
    wait_for(lambda: "Flaky succeeded" in titles(hook), "the success")
    assert titles(hook).count("Flaky works again") == 1


def test_a_failure_that_is_tried_again_is_told_when_the_last_attempt_has_failed(server, hook):
    policy = {"retries": {"max": 1, "delay": 0.1}}
    uuid = make(server, "Stubborn", notify={"to": ["hook"], "on": ["failure"]}, policy=policy)
    server.api(f"tasks/{uuid}/run", "POST")
    wait_for(lambda: "Stubborn failed" in titles(hook), "the failure")
    attempts = server.api(f"runs?task_id={uuid}")["runs"]
    assert [run["attempt"] for run in attempts] == [2, 1]
    assert titles(hook).count("Stubborn failed") == 1


def test_a_run_that_takes_long_is_told_while_it_runs(server, hook):
    wishes = {"to": ["hook"], "on": ["long"], "long_after": 0.5}
    action = {"kind": "command", "argv": ["python3", "-c", "import time; time.sleep(300)"]}
    uuid = make(server, "Slow", action, notify=wishes)
    run = server.api(f"tasks/{uuid}/run", "POST")["run"]
    wait_for(lambda: "Slow is taking long" in titles(hook), "the news")
    assert server.api(f"runs/{run['id']}")["run"]["state"] == "running"
    server.api(f"runs/{run['id']}/cancel", "POST")


def test_what_happens_at_once_is_one_digest(server, hook):
    wishes = {"to": ["hook"], "on": ["failure"]}
    ids = [make(server, f"One of many {number}", notify=wishes) for number in range(8)]
    server.api("tasks/bulk", "POST", {"action": "run", "ids": ids})
    told = wait_for(lambda: all(f"One of many {n} failed" in everything(hook) for n in range(8)), "all eight")
    assert told
    assert len([post for post in hook.posts if "One of many" in json.dumps(post)]) < 8


def test_what_a_target_refuses_waits_through_a_restart_and_what_was_missed_meanwhile_is_told(home, server, hook):
    hook.refuses = 10_000
    wishes = {"to": ["hook"], "on": ["failure", "missed"]}
    patient = make(server, "Patient", notify=wishes)
    policy = {"catchup": "none", "catchup_window": 600}
    rule = {"type": "scheduled", "schedule": "* * * * *", "policy": policy}
    minutely = make(server, "Minutely", WORKS, notify=wishes, **rule)
    server.api(f"tasks/{patient}/run", "POST")
    wait_for(lambda: hook.refused > 0, "the first try")
    state = wait_for(lambda: (found := target(server, "hook"))["problem"] and found, "the problem to be shown")
    assert state["waiting"] >= 1
    run = server.api(f"runs?task_id={patient}")["runs"][0]
    assert run["state"] == "failed", "a target that fails does not touch the run"
    server.stop()
    as_if_down_since(home, minutely, "2026-01-01T00:00:00Z")
    hook.refuses = 0
    server.start()
    wait_for(lambda: "Patient failed" in everything(hook), "what waited")
    wait_for(lambda: "Minutely missed its time" in everything(hook), "what was missed")
    wait_for(lambda: target(server, "hook")["waiting"] == 0, "an empty line")


def as_if_down_since(home, uuid, moment):
    """In tasks.json a rule holds since long ago, and so has fires that nobody ran."""
    file = next((home / "data" / "scheduler_ext").rglob("tasks.json"))
    tasks = json.loads(file.read_text())
    next(task for task in tasks["tasks"] if task["uuid"] == uuid)["effective_from"] = moment
    file.write_text(json.dumps(tasks))


def test_a_test_message_arrives_or_says_why_not(server, mailbox, hook):
    assert server.api("notifications/test", "POST", {"target": "mail"}) == {"delivered": "mail"}
    assert any(mail["Subject"] == "Jupyter scheduler: a test" for mail in mailbox.messages)
    status, error = refusal(server, "notifications/test", body={"target": "gone"})
    assert (status, error["code"]) == (502, "not_delivered")
    assert "NOT_THERE" in error["message"]
    hook.refuses = 1
    assert refusal(server, "notifications/test", body={"target": "hook"})[0] == 502
    assert refusal(server, "notifications/test", body={"target": "nobody"})[0] == 400


def test_a_target_that_is_not_there_is_refused_at_the_task(server):
    for path, method in (("tasks", "POST"), (f"tasks/{make(server, 'To be told')}", "PATCH")):
        body = {"type": "adhoc", "name": "x", "action": WORKS} if method == "POST" else {}
        status, error = refusal(server, path, method, body | {"notify": {"to": ["nobody"]}})
        assert (status, error["field"]) == (400, "notify.to")
        assert "mail, hook, gone" in error["message"]


def test_no_address_is_ever_shown_or_kept(home, server, mailbox):
    told = [server.api("notifications"), server.api("export"), server.api("tasks"), server.api("status"), server.log]
    kept = [file.read_bytes() for file in (home / "data").rglob("*") if file.is_file()]
    assert {entry["name"] for entry in told[0]["targets"]} == {"mail", "hook", "gone"}
    for secret in (SECRET, mailbox.address):
        assert secret not in str(told)
        assert not any(secret.encode() in content for content in kept)


def titles(hook):
    return [post["title"] for post in hook.posts]


def everything(hook):
    return "\n".join(f"{post['title']}\n{post['message']}" for post in hook.posts)


def target(server, name):
    return next(entry for entry in server.api("notifications")["targets"] if entry["name"] == name)
