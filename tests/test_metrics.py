"""What a real server's /metrics says of its scheduler, and what its log says, read as machines read them."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live_server import LiveServer
from prometheus_client.parser import text_string_to_metric_families
from sinks import wait_for

from jupyter_scheduler_ext.announcements import SCHEMAS
from jupyter_scheduler_ext.engine.subject import Subject, subject
from jupyter_scheduler_ext.logs import AboutRuns, JsonLines
from jupyter_scheduler_ext.metrics import PREFIX, Histogram

WORKS = {"kind": "command", "argv": ["python3", "-c", "print('well')"]}
FAILS = {"kind": "command", "argv": ["python3", "-c", "raise SystemExit(3)"]}
WAITS = {"kind": "command", "argv": ["python3", "-c", "import time; time.sleep(300)"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "config").mkdir()
    settings = {"format": "json", "path": str(folder / "scheduler.jsonl"), "runs": "all"}
    config = {"LogSettings": settings, "TaskScheduler": {"max_concurrent_runs": 1}}
    (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def server(home):
    with LiveServer(home) as live:
        yield live


def scrape(server):
    """Every sample of ours: (name, labels) -> value."""
    request = urllib.request.Request(f"{server.url}metrics", headers={"Authorization": f"token {server.token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    return {
        (sample.name.removeprefix(PREFIX), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith(PREFIX)
        for sample in family.samples
    }


def value(server, name, **labels):
    return scrape(server).get((name, tuple(sorted(labels.items()))), 0)


def run(server, name, action):
    task = server.api("tasks", "POST", {"type": "adhoc", "name": name, "action": action})["task"]
    return server.api(f"tasks/{task['uuid']}/run", "POST")["run"]


def test_runs_are_counted_by_outcome_and_origin_and_their_times_add_up(server):
    for action in (WORKS, WORKS, FAILS):
        run(server, "counted", action)
    wait_for(lambda: value(server, "runs_total", state="succeeded", origin="manual") == 2, "two successes")
    wait_for(lambda: value(server, "runs_total", state="failed", origin="manual") == 1, "one failure")
    assert value(server, "run_duration_seconds_count") == 3
    assert value(server, "run_duration_seconds_bucket", le="+Inf") == 3
    assert value(server, "run_duration_seconds_sum") > 0
    assert value(server, "tasks", state="error") == 1


def test_a_scheduled_run_is_late_by_something_and_never_early(server):
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    body = {"type": "planned", "name": "due", "plan": {"todo": [soon]}, "action": WORKS}
    task = server.api("tasks", "POST", body)["task"]
    wait_for(lambda: server.api(f"tasks/{task['uuid']}")["task"]["last_run"], "the date")
    wait_for(lambda: value(server, "run_lateness_seconds_count"), "the lateness")
    server.api(f"tasks/{task['uuid']}", "DELETE")
    assert value(server, "run_lateness_seconds_sum") >= 0
    assert value(server, "ticks_total") > 0
    assert value(server, "tick_seconds_total") > 0


def test_what_runs_and_what_waits_is_shown_as_it_is(server):
    first = run(server, "first", WAITS)
    second = run(server, "second", WAITS)
    wait_for(lambda: value(server, "runs_active") == 1 and value(server, "runs_queued") == 1, "a queue of one")
    assert value(server, "runs_limit") == 1
    assert value(server, "leading") == 1
    for one in (second, first):
        server.api(f"runs/{one['id']}/cancel", "POST")
    wait_for(lambda: value(server, "runs_total", state="cancelled", origin="manual") == 2, "both to be counted")
    assert value(server, "runs_active") == 0


def test_the_loop_is_looked_at_and_kernels_are_counted(server):
    wait_for(lambda: value(server, "loop_lag_seconds_count") > 0, "a look at the loop")
    assert ("kernels", (("use", "lingering"),)) in scrape(server)
    assert value(server, "notifications_waiting") == 0


def test_more_tasks_are_no_more_series_and_no_names(server):
    run(server, "canary run", WORKS)
    wait_for(lambda: value(server, "runs_total", state="succeeded", origin="manual") > 0, "the first run")
    before = scrape(server).keys()
    body = {"type": "adhoc", "action": WORKS}
    for number in range(20):
        server.api("tasks", "POST", body | {"name": f"canary {number}"})
    again = run(server, "canary run", WORKS)
    wait_for(lambda: server.api(f"runs/{again['id']}")["run"]["state"] == "succeeded", "the run")
    assert scrape(server).keys() == before
    assert "canary" not in str(before)


def test_nobody_without_a_token_sees_them(server):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.url}metrics", timeout=30)
    assert caught.value.code == 403


def test_each_run_is_a_line_of_json_that_names_it(server, home):
    failed = run(server, "logged", FAILS)
    lines = lambda: [json.loads(line) for line in (home / "scheduler.jsonl").read_text().splitlines()]  # noqa: E731
    line = wait_for(lambda: next((one for one in lines() if one.get("run_id") == failed["id"]), None), "the line")
    assert line["level"] == "warning"
    assert line["task_id"] == failed["task_id"]
    assert (line["state"], line["origin"], line["attempt"]) == ("failed", "manual", 1)
    assert line["duration"] >= 0
    assert "exit code 3" in line["message"]


def test_what_is_logged_while_a_run_is_performed_names_it():
    record = logging.LogRecord("x", logging.ERROR, "", 0, "it %s", ("broke",), None)
    token = subject.set(Subject("the-task", "the-run"))
    try:
        AboutRuns().filter(record)
    finally:
        subject.reset(token)
    told = json.loads(JsonLines().format(record))
    assert (told["message"], told["task_id"], told["run_id"]) == ("it broke", "the-task", "the-run")


def test_a_histogram_counts_up_to_each_bound():
    histogram = Histogram((1, 5))
    for seconds in (0.5, 1, 3, 100):
        histogram.observe(seconds)
    assert histogram.buckets() == [("1", 2), ("5", 3), ("+Inf", 4)]
    assert histogram.total == 104.5


def test_the_documentation_names_every_metric_and_every_event(server):
    page = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text("utf-8")
    suffixes = ("_bucket", "_count", "_sum", "_created")
    names = {
        next((name.removesuffix(end) for end in suffixes if name.endswith(end)), name) for name, _ in scrape(server)
    }
    assert [name for name in names if f"_{name}`" not in page and f"{PREFIX}{name}" not in page] == []
    for schema in SCHEMAS:
        row = next(line for line in page.splitlines() if f"`{schema['$id']}`" in line)
        assert all(f"`{member}`" in row for member in schema["properties"])
