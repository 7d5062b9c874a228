"""The parts of the command line that need no server: values, patches, exit statuses, names, and what is not loaded."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_scheduler_ext.cli import is_command
from jupyter_scheduler_ext.client import errors
from jupyter_scheduler_ext.commands import diagnosis, screen, surroundings
from jupyter_scheduler_ext.commands.app import app
from jupyter_scheduler_ext.commands.creating import merged
from jupyter_scheduler_ext.commands.editing import as_yaml, from_yaml, patch_of
from jupyter_scheduler_ext.commands.exits import Exit, exit_of
from jupyter_scheduler_ext.commands.names import NAMES
from jupyter_scheduler_ext.commands.values import NONE, Duration, Events, parameters
from jupyter_scheduler_ext.engine.edits import merge_patch
from jupyter_scheduler_ext.engine.models import Event

DOCS = Path(__file__).parents[2] / "docs"
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
plain = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("2d", 172_800), ("0.5s", 0.5)]
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float):
    assert Duration().convert(text, None, None) == seconds
    assert Duration(none=True).convert("none", None, None) is NONE


@pytest.mark.parametrize("text", ["soon", "5 parsecs", "-3s", "", "none"])
def test_what_is_no_duration_says_what_is(text: str):
    with pytest.raises(click.BadParameter, match="write 90s, 5m, 1h30m or 2d"):
        Duration().convert(text, None, None)


def test_parameters_are_json_or_python_where_they_can_be_and_text_where_not():
    words = ["n=3", "x=2.5", "on=true", "off=False", "none=null", "list=[1, 'a']", "text=eu-west", "eq=a=b", "nan=NaN"]
    assert parameters(words) == {
        **{"n": 3, "x": 2.5, "on": True, "off": False, "none": None, "list": [1, "a"]},
        **{"text": "eu-west", "eq": "a=b", "nan": "NaN"},
    }
    with pytest.raises(click.BadParameter):
        parameters(["no-name"])


@given(st.dictionaries(texts, plain, max_size=4))
@settings(max_examples=200, deadline=None)
def test_a_definition_survives_the_way_through_the_editor(value: dict[str, Any]):
    assert from_yaml(as_yaml(value)) == (value or {})


@given(st.dictionaries(texts, plain, max_size=4), st.dictionaries(texts, plain, max_size=4))
@settings(max_examples=200, deadline=None)
def test_a_patch_turns_what_was_into_what_was_written(before: dict[str, Any], after: dict[str, Any]):
    assert merge_patch(before, patch_of(before, after)) == after


def test_a_null_that_no_patch_can_say_is_refused():
    with pytest.raises(errors.Invalid, match="cannot become null"):
        patch_of(
            {"action": {"kind": "code", "parameters": {}}}, {"action": {"kind": "code", "parameters": {"a": None}}}
        )


def test_options_go_on_top_of_a_file_and_an_action_of_another_kind_replaces_it():
    file = {"policy": {"overlap": "skip"}, "action": {"kind": "code", "source": "1", "kernel": "keep"}}
    both = merged(file, {"policy": {"timeout": 5}, "action": {"kernel": "fresh"}})
    assert both["policy"] == {"overlap": "skip", "timeout": 5}
    assert both["action"] == {"kind": "code", "source": "1", "kernel": "fresh"}
    assert merged(file, {"action": {"kind": "command", "argv": ["x"]}})["action"] == {"kind": "command", "argv": ["x"]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "ab"),
        ("a\x1b]8;;http://x\x07link\x1b]8;;\x1b\\b", "alinkb"),
        ("bell\x07 and \x9b1m", "bell\N{REPLACEMENT CHARACTER} and \N{REPLACEMENT CHARACTER}1m"),
        ("lines\r\nand\ttabs", "lines\nand\ttabs"),
    ],
)
def test_text_cannot_command_the_terminal(text: str, shown: str):
    assert screen.plain(text) == shown
    assert screen.coloured("\x1b[31mred\x1b[0m\x1b[2J") == "\x1b[31mred\x1b[0m"


def test_the_way_to_the_server_is_taken_for_its_options_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "list").mkdir()
    assert [is_command(words) for words in ([], ["--no-browser"], ["--help-all"], ["work"])] == [False] * 4
    assert [is_command(words) for words in (["--help"], ["--version"], ["list"], ["lits"])] == [True] * 4


def test_starting_the_server_loads_nothing_of_the_command_line():
    code = (
        "import sys; from jupyter_scheduler_ext import cli; from jupyter_scheduler_ext.extension import "
        "SchedulerExtension; print([name for name in ('click', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_help_lists_every_command_and_each_has_its_own():
    assert set(app.commands) == NAMES
    runner = CliRunner()
    whole = runner.invoke(app, ["--help"]).output
    for name in NAMES:
        assert re.search(rf"^  {name} ", whole, re.MULTILINE), name
        assert runner.invoke(app, [name, "--help"]).exit_code == 0


def test_every_error_of_the_client_has_its_exit_status():
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SchedulerError)
    ]
    found = {kind.__name__: exit_of(kind("x")) for kind in kinds}
    assert found["Denied"] is Exit.DENIED
    assert found["NotFound"] is Exit.NOT_FOUND
    assert found["ServerFailed"] is Exit.BROKEN
    assert Exit.OK not in found.values()


def test_the_page_tells_the_exit_statuses_as_they_are():
    table = (DOCS / "command-line.md").read_text("utf-8").partition("## Exit status")[2].partition("\n## ")[0]
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {int(one) for one in Exit}


def test_the_page_names_every_command():
    page = (DOCS / "command-line.md").read_text("utf-8")
    assert not [name for name in NAMES if f"`{name}" not in page]


def test_the_doctor_finds_packages_that_are_missing_or_too_old(monkeypatch: pytest.MonkeyPatch):
    needed = ["nowhere-to-be-found>=1", "click<1", "click>=1; extra == 'other'"]
    monkeypatch.setattr(diagnosis.importlib.metadata, "requires", lambda name: needed)
    (found,) = diagnosis.python_and_packages()
    assert (found.level, "pip install" in found.mend) == ("error", True)
    assert "nowhere-to-be-found is missing; click" in found.message


def test_the_doctor_finds_a_kernel_whose_program_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "kernels" / "gone"
    place.mkdir(parents=True)
    (place / "kernel.json").write_text('{"argv": ["/no/such/python"], "display_name": "x", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = [one for one in diagnosis.kernels() if one.level != "ok"]
    assert [(one.level, one.mend) for one in found] == [("warning", "jupyter kernelspec remove gone")]


def test_the_doctor_trusts_a_kernel_that_starts_the_python_it_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """jupyter_client puts its own Python in the place of that word: a service whose path lacks it runs all the same."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert all("starts python," not in one.message for one in diagnosis.kernels())


def test_the_doctor_sends_nobody_to_repair_files_that_are_only_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(self: Path, *_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    for found in (*diagnosis.definitions(tmp_path), *diagnosis.history(tmp_path)):
        assert found.level == "error"
        assert found.mend.startswith("chown -R ")


def test_the_doctor_finds_a_page_that_was_not_built_a_full_disk_and_a_clock_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(diagnosis, "PACKAGE", tmp_path)
    assert [one.level for one in diagnosis.bundle()] == ["error"]
    monkeypatch.setattr(diagnosis.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1})())
    assert [one.level for one in diagnosis.disk(tmp_path)] == ["error"]
    assert next(diagnosis.clock(now=0)).level == "error"


def test_the_doctor_finds_a_jupyter_of_another_python_and_a_second_copy(tmp_path: Path):
    other = tmp_path / "bin" / "jupyter"
    other.parent.mkdir()
    other.write_text("#!/opt/other/bin/python3\n")
    other.chmod(0o755)
    (found,) = surroundings.python(str(other.parent))
    assert (found.level, "starts /opt/other/bin/python3, not this Python" in found.message) == ("warning", True)
    assert found.mend.endswith("/opt/other/bin/python3 -m pip install jupyter-scheduler-ext")
    for name in ("one", "two"):
        package = tmp_path / name / "jupyter_scheduler_ext"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    (found,) = surroundings.copies([str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "one")])
    assert f"there are 2 copies of the package, and the first hides the others: {tmp_path / 'one'}" in found.message
    assert "pip uninstall" in found.mend
    assert not list(surroundings.copies([str(tmp_path / "one")]))


def test_the_doctor_finds_who_sits_on_the_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        (found,) = surroundings.port(number)
    assert (found.check, found.level) == ("port", "warning")
    assert f"port {number} is taken by" in found.message
    assert "serve --port" in found.mend
    assert not list(surroundings.port(0))


def test_the_doctor_finds_a_disk_that_is_mounted_read_only_or_has_no_inodes_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tmp_path.chmod(0o700)
    room = {"f_bavail": 1 << 30, "f_blocks": 1 << 31, "f_bfree": 1 << 30, "f_frsize": 4096}
    mounted = type("Mounted", (), {**room, "f_flag": os.ST_RDONLY, "f_files": 100, "f_favail": 0})
    monkeypatch.setattr(diagnosis.os, "statvfs", lambda folder: mounted)
    found = [one for one in diagnosis.storage(tmp_path) if one.level == "error"]
    assert [one.message.split(" (")[0].replace(str(tmp_path), "it") for one in found] == [
        "it lies on a file system that is mounted read-only",
        "the disk of it takes no more files, however small",
    ]


def test_the_doctor_finds_a_served_folder_that_runs_cannot_write_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(surroundings, "running_servers", lambda: [{"root_dir": str(tmp_path)}])
    assert not list(surroundings.served_folders())
    monkeypatch.setattr(surroundings.os, "access", lambda *_: False)  # root may write everywhere
    (found,) = surroundings.served_folders()
    assert (found.level, "Permission denied" in found.message, "--root" in found.mend) == ("error", True, True)


def test_the_doctor_finds_a_machine_whose_own_zone_is_unknown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(diagnosis, "local_zone", lambda: "Mars/Olympus")
    (found,) = diagnosis.clock()
    assert ("Mars/Olympus" in found.message, "timedatectl set-timezone" in found.mend) == (True, True)


def test_every_event_can_be_named():
    assert {*Event, "none", "default"} == set(Events.WORDS)


def test_the_doctor_names_who_sits_on_a_lock(tmp_path: Path):
    script = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); "
        "print('held', flush=True); time.sleep(600)"
    )
    lock = tmp_path / "tasks.lock"
    holder = subprocess.Popen([sys.executable, "-c", script, str(lock)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        found = [one for one in diagnosis.locks(tmp_path) if one.check == "locks"]
        if sys.platform == "linux":
            assert [one.mend for one in found] == [f"end it if it hangs: kill {holder.pid}"]
    finally:
        holder.kill()
        holder.wait()
