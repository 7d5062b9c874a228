"""Commands against a real server, typed as a person or a script would."""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from live_server import LiveServer

from jupyter_scheduler_ext.client import SchedulerClient
from jupyter_scheduler_ext.commands.editing import editable
from jupyter_scheduler_ext.handlers.shapes import TaskPatch

from .conftest import PATIENCE, Command, Terminal, command_in

pytestmark = pytest.mark.kernel

OnTerminal = Callable[..., Terminal]


def editor(folder: Path, script: str) -> str:
    """An editor that changes the file by a line of Python, with `text` in and out."""
    program = folder / "editor.py"
    program.write_text(
        "#!/usr/bin/env python3\nimport sys, pathlib\n"
        "file = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n" + script + "\nfile.write_text(text)\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_a_task_is_made_shown_listed_run_followed_and_deleted(program: Command, client: SchedulerClient) -> None:
    made = program(
        *("create", "--name", "Nightly", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--tag", "finance"),
        *("--timeout", "5m", "--retries", "2", "-p", "region=eu", "-p", "n=3", "--code", "print(region, n); n * 2"),
    )
    assert (made.code, made.err) == (0, "")
    task = client.task("Nightly")
    assert (task.schedule, task.timezone, task.tags) == ("30 2 * * *", "Europe/Berlin", ("finance",))
    assert task.action["parameters"] == {"region": "eu", "n": 3}
    assert (task.policy["timeout"], task.policy["retries"]["max"]) == (300, 2)

    assert "30 2 * * *, Europe/Berlin" in program("show", "Nightly").out
    assert program("show", task.id[:8], "--json").json["task"]["uuid"] == task.id
    listed = program("list")
    assert "Nightly" in listed.out
    assert "\x1b" not in listed.out
    assert [one["name"] for one in program("list", "--tag", "finance", "--json").json["tasks"]] == ["Nightly"]
    assert program("list", "--tag", "other", "--json").json == {"tasks": []}

    ran = program("run", "Nightly", "-p", "region=us", "--follow")
    assert ran.code == 0
    assert ran.out.startswith("us 3\n6\n")
    assert "succeeded" in ran.err
    run_id = ran.out.split()[-1]
    assert program("log", run_id).out == "us 3\n6\n"
    assert program("runs", "Nightly", "--json").json["runs"][0]["id"] == run_id

    deleted = program("delete", "Nightly", "--yes")
    assert f"restore {task.id}" in deleted.out
    assert program("restore", task.id).code == 0
    assert client.task("Nightly").id == task.id


def test_a_command_a_plan_and_a_notebook_are_made_too(
    command: Command, client: SchedulerClient, live_server: LiveServer
) -> None:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (live_server.root / "report.ipynb").write_text(json.dumps(notebook))
    assert command("create", "--name", "Echo", "--env", "A=1", "--", "sh", "-c", "echo $A --x").code == 0
    assert client.task("Echo").action == {
        "kind": "command",
        "argv": ["sh", "-c", "echo $A --x"],
        "cwd": "",
        "env": {"A": "1"},
    }
    assert command("run", "Echo", "-f").out.startswith("1 --x\n")
    planned = command(
        "create", "--at", "2999-01-01T02:30", "--timezone", "Asia/Tokyo", "--notebook", "report.ipynb", "--json"
    )
    assert planned.json["task"]["name"] == "report"
    assert planned.json["task"]["next_run"] == "2998-12-31T17:30:00.000Z"
    token = command("create", "--name", "Hook", "--code-file", "-", given="'called'").out
    assert "Token" in token
    assert client.task("Hook").action["source"] == "'called'"


def test_a_dry_run_tells_when_it_would_run_and_saves_nothing(command: Command, client: SchedulerClient) -> None:
    seen = command("create", "--dry-run", "--json", "--cron", "0 9 * * 1-5", "--timezone", "UTC", "--code", "1")
    assert seen.code == 0
    assert len(seen.json["fires"]) == 5
    assert seen.json["task"]["name"] == "1"
    wrong = command("create", "--dry-run", "--cron", "99 * * * *", "--code", "1")
    assert wrong.code == 2
    assert "schedule.minute" in wrong.err
    assert client.tasks() == []


def test_a_task_is_edited_by_options(command: Command, client: SchedulerClient) -> None:
    client.schedule(code="1", when="@daily", name="Old", timezone="Asia/Tokyo", parameters={"a": 1, "b": 2})
    policy = ("--overlap", "allow", "--timeout", "none")
    changed = command("edit", "Old", "--name", "New", "--disabled", *policy, "--unset-param", "a", "-p", "c=3")
    assert changed.code == 0
    task = client.task("New")
    assert (task.enabled, task.policy["overlap"], task.policy["timeout"]) == (False, "allow", None)
    assert task.action["parameters"] == {"b": 2, "c": 3}
    assert command("edit", "New", "--cron", "0 6 * * *").code == 0
    assert (client.task("New").schedule, client.task("New").timezone) == ("0 6 * * *", "Asia/Tokyo")
    refused = command("edit", "New", "--at", "2999-01-01T00:00")
    assert (refused.code, "type" in refused.err) == (2, True)


def test_all_that_a_definition_holds_can_be_said_in_options(
    command: Command, client: SchedulerClient, live_server: LiveServer
) -> None:
    (live_server.root / "figures.csv").write_text("a,b\n1,2\n")
    told = ("--notify", "failure,long", "--notify-to", "ops", "--long-after", "30m", "--long-factor", "4")
    where = ("--executor", "local", "--server-label", "gpu", "--attach", "figures.csv")
    asked = ("--system-prompt", "Be brief.", "--endpoint", "default", "--model", "large", "--memory", "3")
    retried = ("--retries", "2", "--retry-delay", "1m", "--retry-factor", "3", "--retry-max-delay", "1h")
    made = command(
        *(
            "create",
            "--name",
            "Digest",
            "--cron",
            "0 7 * * 1-5",
            "--prompt",
            "Summarise {{ region }}",
            "-p",
            "region=eu",
        ),
        *(*asked, "--model-option", "temperature=0.2", *told, *where, *retried, "--set", "policy.jitter=5"),
    )
    assert (made.code, made.err) == (0, "")
    data = client.task("Digest").data
    assert data["action"] == {
        **{"kind": "prompt", "prompt": "Summarise {{ region }}", "system": "Be brief.", "endpoint": "default"},
        **{"model": "large", "memory": 3, "options": {"temperature": 0.2}, "parameters": {"region": "eu"}},
    }
    assert data["notify"] == {"on": ["failure", "long"], "to": ["ops"], "long_after": 1800, "long_factor": 4}
    assert (data["executor"], data["server_label"], data["attachments"]) == ("local", "gpu", ["figures.csv"])
    assert data["policy"]["retries"] == {"max": 2, "delay": 60, "factor": 3, "max_delay": 3600}
    assert data["policy"]["jitter"] == 5
    shown = command("show", "Digest").out
    for words in ("failure, long; long after 1800", "to ops", "a server labelled gpu", "model=large", "Be brief."):
        assert words in shown
    assert command("edit", "Digest", "--notify", "none", "--unset", "notify.to", "--server-label", "").code == 0
    data = client.task("Digest").data
    assert (data["notify"]["on"], data["notify"]["to"], data["server_label"]) == ([], None, "")
    assert command("edit", "Digest", "--notify", "default").code == 0
    assert client.task("Digest").data["notify"] is None
    assert command("create", "--prompt-file", "-", given="What is new?\nIn short.").code == 0
    assert client.task("What is new?").action["prompt"].endswith("In short.")
    again = command("edit", "What is new?", "--notebook", "../elsewhere.ipynb")
    assert "--notebook (action.path)" in again.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--notify-to", "nobody"), "--notify-to (notify.to): there is no target named 'nobody'; there are: ops, ana"),
        (("--executor", "moon"), "--executor (executor): executor is one of: local"),
        (("--cwd", "x", "--code", "1"), "--cwd (action.cwd): extra"),
        (("--prompt", "x", "--endpoint", "away"), "--endpoint (action.endpoint): there is no endpoint 'away'"),
        (
            ("--prompt", "x", "--model-option", "stream=1"),
            "--model-option (action.options): stream cannot be an option",
        ),
        (("--code", "1", "--cron", "0 25 * * *"), "--cron (schedule.hour): "),
        (("--notify", "sometimes"), "'--notify': 'sometimes' is no event; there are failure, success"),
        (("--notify", "none,failure"), "--notify: none and default stand alone"),
        (("--prompt", "a", "--code", "b"), "give one of --code and --prompt"),
        (("--attach", "/etc/hostname"), "--attach: /etc/hostname lies outside"),
        (("--set", "policy"), "--set: write MEMBER=VALUE"),
        (("--set", "policy.jtter=1"), "policy.jtter: extra"),
        ((), "say what to run: --notebook, --code, --prompt"),
    ],
)
def test_what_is_wrong_names_the_option_to_mend(
    command: Command, client: SchedulerClient, options: tuple[str, ...], words: str
) -> None:
    what = () if not options or {"--code", "--prompt"} & set(options) else ("--code", "1")
    done = command("create", *what, *options)
    assert done.code == 2
    assert words in done.err.replace("Invalid value for ", "")
    assert client.tasks() == []


def test_an_editor_shows_the_whole_definition_and_applies_what_changed(
    command: Command, client: SchedulerClient, tmp_path: Path
) -> None:
    client.schedule(code="first\nsecond\n", when="@daily", name="Edited", parameters={"no": "yes", "at": "2026-03-12"})
    assert editable(client.task("Edited").data).keys() <= TaskPatch.model_fields.keys()
    same = command("edit", "Edited", "--editor", EDITOR=editor(tmp_path, "text += '# seen\\n'"))
    assert "Nothing was changed" in same.err
    assert client.task("Edited").revision == 1
    change = "text = text.replace('    first', '    first  # better')"
    assert command("edit", "Edited", "--editor", EDITOR=editor(tmp_path, change)).code == 0
    after = client.task("Edited")
    assert after.action["source"] == "first  # better\nsecond\n"
    assert after.action["parameters"] == {"no": "yes", "at": "2026-03-12"}
    cleared = "text = ''.join(line for line in text.splitlines(True) if not line.startswith('description'))"
    client.update(after, {"description": "gone soon"})
    assert command("edit", "Edited", "--editor", EDITOR=editor(tmp_path, cleared)).code == 0
    assert client.task("Edited").description == ""


def test_a_planned_date_is_moved_in_the_editor_by_its_wall_time(
    command: Command, client: SchedulerClient, tmp_path: Path
) -> None:
    client.schedule(code="1", when=["2999-01-01T02:30", "2999-02-01T00:00"], timezone="Asia/Tokyo", name="Plan")
    moved = "text = text.replace('2999-01-01T02:30', '2999-03-01T04:00')"
    assert command("edit", "Plan", "--editor", EDITOR=editor(tmp_path, moved)).code == 0
    todo = client.task("Plan").data["plan"]["todo"]
    assert [time["at"] for time in todo] == ["2999-01-31T15:00:00Z", "2999-02-28T19:00:00Z"]


def test_an_edit_meanwhile_is_noticed_and_the_text_is_kept(
    command: Command, client: SchedulerClient, tmp_path: Path, live_server: LiveServer
) -> None:
    task = client.schedule(code="1", name="Contended")
    rival = (
        "import urllib.request, json\n"
        f"request = urllib.request.Request({live_server.url!r} + 'scheduler-ext/api/tasks/{task.id}', "
        f"json.dumps({{'description': 'theirs'}}).encode(), {{'Authorization': 'token {live_server.token}'}}, "
        "method='PATCH')\nurllib.request.urlopen(request).read()\n"
        "text = text.replace('name: Contended', 'name: Mine')"
    )
    done = command("edit", "Contended", "--editor", EDITOR=editor(tmp_path, rival))
    assert done.code == 6
    kept = Path(done.err.strip().split()[-1])
    assert "name: Mine" in kept.read_text()
    kept.unlink()
    assert client.task("Contended").description == "theirs"


def test_definitions_go_out_and_come_in_with_a_preview_first(
    program: Command, client: SchedulerClient, tmp_path: Path
) -> None:
    client.schedule(code="a = 1\nprint(a)\n", when="@daily", name="Kept")
    file = tmp_path / "tasks.yaml"
    assert program("export", "-o", str(file)).code == 0
    assert "    a = 1\n" in file.read_text(), "code reads line by line"
    client.bulk("delete", client.tasks())
    dry = program("import", str(file), "--dry-run", "--json").json
    assert (dry["created"], len(dry["items"][0]["fires"])) == (1, 5)
    assert client.tasks() == []
    assert program("import", "-", given=file.read_text()).code == 0
    assert client.task("Kept").action["source"] == "a = 1\nprint(a)\n"
    assert "1 skipped" in program("import", str(file)).err
    bad = program("import", "-", given="tasks: [{name: x, type: adhoc, action: {kind: dance}}]")
    assert bad.code == 1
    assert "tasks.0.action" in bad.out


def test_a_crontab_is_taken_over_once_however_often_it_is_read(command: Command, client: SchedulerClient) -> None:
    table = "MAILTO=x@y\n# Nightly backup\n30 2 * * * echo hi | tr a-z A-Z\n@daily cat%line\n"
    dry = command("migrate", "crontab", "-", "--dry-run", "--timezone", "Europe/Berlin", "--json", given=table)
    assert (dry.code, dry.json["created"]) == (0, 2)
    assert all(line["next_run"] for line in dry.json["lines"] if line["result"] == "task")
    assert client.tasks() == []
    for created in (2, 0):
        taken = command("migrate", "crontab", "-", "--timezone", "Europe/Berlin", "--json", given=table)
        assert taken.json["created"] == created
    assert command("run", "Nightly backup", "-f").out.startswith("HI\n")
    assert command("run", "cat", "-f").out.startswith("line\n")
    partly = command("migrate", "crontab", "-", given="@reboot x\n@hourly y\n")
    assert partly.code == 1
    assert "line 1: @reboot x\n    not taken" in partly.out
    assert len(client.tasks()) == 3


def test_a_folder_of_system_tables_says_whose_each_line_was(
    command: Command, client: SchedulerClient, tmp_path: Path
) -> None:
    (tmp_path / "backup").write_text("0 1 * * * root backup\n0 2 * * * ana report\n")
    (tmp_path / "backup.dpkg-old").write_text("0 3 * * * root gone\n")
    dry = command("migrate", "crontab", str(tmp_path), "--run-as", "ana", "--dry-run")
    assert "backup line 1: 0 1 * * * root backup\n    task 'backup'" in dry.out
    assert "made disabled" in dry.out
    assert "gone" not in dry.out
    assert command("migrate", "crontab", str(tmp_path), "--run-as", "ana").code == 0
    assert [(task.name, task.enabled) for task in client.tasks()] == [("backup", False), ("report", True)]
    assert command("migrate", "crontab", "-", "--sudo", given="0 1 * * * x").code == 2


def test_jupyter_schedulers_definitions_are_taken_over(
    command: Command, client: SchedulerClient, live_server: LiveServer, tmp_path: Path
) -> None:
    import sqlite3

    source = Path(__file__).parent.parent / "migration" / "official.sql"
    file = tmp_path / "scheduler.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(source.read_text("utf-8"))
    place = live_server.root / "deep" / "nightly.ipynb"
    place.parent.mkdir(exist_ok=True)
    place.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    done = command("migrate", "jupyter-scheduler", str(file), "--json")
    assert done.code == 1, "one of the fixture's rules has six fields"
    task = client.task("Nightly report")
    assert (task.action["path"], task.timezone, task.enabled) == ("deep/nightly.ipynb", "Europe/Berlin", True)
    assert client.task("Paused").enabled is False
    refused = command("migrate", "jupyter-scheduler", str(tmp_path / "none.sqlite"))
    assert (refused.code, "none.sqlite" in refused.err) == (2, True)


def test_every_kind_of_failure_has_its_exit_status(
    command: Command, client: SchedulerClient, live_server: LiveServer
) -> None:
    client.schedule(code="1/0", name="Broken")
    client.schedule(["sleep", "600"], name="Long")
    failed = command("run", "Broken", "--wait")
    assert failed.code == 1
    assert "ZeroDivisionError" in failed.err
    assert command("create", "--cron", "99 * * * *", "--code", "1").code == 2
    assert command("create", "--name", "Nothing").code == 2
    unknown = command("show", "Brokn")
    assert unknown.code == 5
    assert "did you mean 'Broken'?" in unknown.err
    told = command("show", "Brokn", "--json")
    assert json.loads(told.err)["error"]["code"] == "not_found"
    assert told.out == ""
    assert command("run", "Long").code == 0
    assert command("run", "Long").code == 6
    assert command("cancel", "Long").code == 0
    assert command("status", "--url", live_server.url, "--token", "wrong").code == 4
    assert command("status", "--url", f"{live_server.url}nowhere/", JUPYTER_TOKEN=live_server.token).code == 3
    assert command("status", "--url", "http://127.0.0.1:1/", "--token", "x").code == 3
    assert command("frobnicate").code == 2
    assert command("delete", "Long").code == 2, "nobody can be asked"
    assert len(client.tasks()) == 2


def test_a_wait_that_is_cut_short_leaves_the_run_alone(command: Command, client: SchedulerClient) -> None:
    client.schedule(["sleep", "600"], name="Long")
    done = command("run", "Long", "--wait", "--timeout", "0.2")
    assert (done.code, "still" in done.err) == (1, True)
    (run,) = client.runs("Long")
    assert not run.is_over
    run.cancel()


def test_a_terminal_gets_colours_unless_told_not_to(terminal: OnTerminal, client: SchedulerClient) -> None:
    client.schedule(code="1/0", name="Broken").run().wait(PATIENCE)
    plain, coloured = terminal("list", NO_COLOR="1"), terminal("list")
    assert (plain.end(), coloured.end()) == (0, 0)
    assert "▲ error" in plain.shown
    assert "\x1b[31m" in coloured.raw
    assert "\x1b[31m" not in plain.raw


def test_a_deletion_asks_on_a_terminal(terminal: OnTerminal, client: SchedulerClient) -> None:
    client.schedule(code="1", name="Doomed")
    reluctant = terminal("delete", "Doomed")
    reluctant.expect("Delete 'Doomed'?")
    reluctant.type("n\n")
    assert reluctant.end() == 1
    assert [task.name for task in client.tasks()] == ["Doomed"]
    sure = terminal("delete", "Doomed")
    sure.expect("[y/N]")
    sure.type("y\n")
    assert sure.end() == 0
    assert client.tasks() == []


def test_output_is_followed_live_and_ctrl_c_leaves_the_run_running(
    terminal: OnTerminal, client: SchedulerClient, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    script = f"echo one; while [ ! -e {gate} ]; do sleep 0.1; done; echo two"
    client.schedule(["sh", "-c", script], name="Gated")
    watching = terminal("run", "Gated", "--follow")
    watching.expect("one")
    assert "two" not in watching.shown, "it was shown before the run had ended"
    watching.type("\x03")
    watching.expect("The run goes on")
    assert watching.end() == 130
    assert not client.runs("Gated")[0].is_over
    again = terminal("log", "Gated", "--follow")
    again.expect("one")
    gate.touch()
    again.expect("two")
    assert again.end() == 0
    assert "succeeded" in again.shown


def test_what_a_run_prints_cannot_command_the_terminal(
    command: Command, terminal: OnTerminal, client: SchedulerClient
) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\n"
    client.schedule(code=f"print({hostile!r})", name="Hostile").run().wait(PATIENCE)
    (task,) = client.tasks()
    seen = terminal("log", task.id)
    assert seen.end() == 0
    assert "\x1b[31mred" in seen.raw, "its own colours stay"
    for shown in (seen.raw, command("log", task.id).out, command("list").out):
        assert "owned" not in shown
        assert "\x1b[2J" not in shown
    assert command("log", task.id).out == "red\n\n"


def test_the_shell_completes_commands_and_the_names_of_tasks(program: Command, client: SchedulerClient) -> None:
    client.schedule(code="1", name="Nightly report")
    script = program("completion", "bash").out
    assert "_JUPYTER_SCHEDULER_EXT_COMPLETE=bash_complete" in script
    ask = {"_JUPYTER_SCHEDULER_EXT_COMPLETE": "bash_complete"}
    verbs = program(COMP_WORDS="jupyter-scheduler-ext en", COMP_CWORD="1", **ask)
    assert verbs.out == "plain,enable\n"
    names = program(COMP_WORDS="jupyter-scheduler-ext show Ni", COMP_CWORD="2", **ask)
    assert names.out == "plain,Nightly report\n"
    assert names.err == ""


def test_the_doctor_finds_a_sound_server_and_says_so(command: Command, client: SchedulerClient) -> None:
    client.schedule(code="1", name="Something")
    seen = command("doctor", "--json")
    found = {(one["check"], one["level"]) for one in seen.json["findings"]}
    assert {("extension", "ok"), ("leader", "ok"), ("servers", "ok"), ("history", "ok"), ("tasks", "ok")} <= found


def test_serve_takes_the_port_that_it_is_told_or_none(program: Command, live_server: LiveServer) -> None:
    taken = live_server.url.rstrip("/").rpartition(":")[2]
    refused = program("serve", "--port", taken, "--lean", "--allow-root")
    assert (refused.code, f"port {taken} is not available" in refused.err) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_serve_runs_headless_says_where_and_stops_in_order(
    live_server: LiveServer, environment: dict[str, str], number: signal.Signals
) -> None:
    root = live_server.home / f"served-{number}"
    root.mkdir()
    drain = "--TaskScheduler.drain_timeout=1"
    served = Terminal(
        root, environment, "serve", "--port", "0", "--lean", "--allow-root", drain, JUPYTER_TOKEN="secret"
    )
    served.expect("The scheduler runs at http://")
    url = served.shown.split("runs at ")[1].split("scheduler-ext/")[0]
    client = SchedulerClient(url, "secret")
    deadline = time.monotonic() + PATIENCE
    while client.status()["role"] != "leader" and time.monotonic() < deadline:
        time.sleep(0.1)
    run = client.schedule(["echo", "hi"], name="Served").run().wait(PATIENCE, progress=False)
    assert run.has_succeeded
    cut_short = client.schedule(["sleep", "600"], name="Interrupted").run()
    while cut_short.refresh().state != "running" and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(served.pid, number)
    assert served.end() == 0
    assert "[I " not in served.shown, "a headless server is quiet"
    after = command_in(root, environment)("runs", "Interrupted", "--json")
    assert "No server was asked" in after.err
    assert after.json["runs"][0]["state"] == "interrupted", "the drain was not cut short"
