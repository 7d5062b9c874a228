"""Completion as the shells do it: a real shell on a terminal, with the line of the documentation in its start file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from live_server import LiveServer

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import PATIENCE, Terminal

pytestmark = pytest.mark.kernel

DOCS = Path(__file__).parents[2] / "docs" / "command-line.md"


def line_for(shell: str) -> str:
    """What the documentation has people put into their shell's start file."""
    text = DOCS.read_text("utf-8").partition("## Completion")[2]
    (line,) = re.findall(rf"^\$ (.*completion {shell}\b.*?)\s+#", text, re.MULTILINE)
    return line


@pytest.fixture
def surroundings(environment: dict[str, str]) -> dict[str, str]:
    """With the program on the path, and a prompt that is easily seen."""
    path = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
    return {**environment, "PATH": path, "PS1": "ask> ", "TERM": "dumb", "HISTFILE": ""}


@pytest.fixture
def report(client: SchedulerClient) -> str:
    """The name of a task, with a blank in it."""
    return client.schedule(code="1", when="30 2 * * *", name="Nightly report").name


def present(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} on this machine: apt-get install {shell}")
    return found


@pytest.mark.parametrize(
    ("shell", "options", "before"),
    [("bash", ["--norc", "-i"], "true"), ("zsh", ["-f", "-i"], "autoload -U compinit; compinit -D -u")],
)
def test_a_command_and_a_name_with_a_blank_are_completed_to_a_line_that_works(
    live_server: LiveServer, surroundings: dict[str, str], report: str, shell: str, options: list[str], before: str
) -> None:
    typed = Terminal(live_server.root, surroundings, *options, program=[present(shell)])
    typed.expect("ask> ")
    typed.type(f"{before}; {line_for(shell)}; echo it is rea''dy\n")
    typed.expect("it is ready")
    typed.type("jupyter-scheduler-ext comple\t")
    typed.expect("jupyter-scheduler-ext completion ")
    typed.type("\x15jupyter-scheduler-ext show Nigh\t")
    typed.expect("Nightly\\ report")
    typed.type("\n")
    typed.expect("Every day at 02:30")
    typed.type("\x15exit\n")
    assert typed.end() == 0


def test_fish_completes_commands_options_and_names(
    live_server: LiveServer, surroundings: dict[str, str], report: str
) -> None:
    script = "; ".join(
        [
            line_for("fish"),
            "complete -C 'jupyter-scheduler-ext comple'",
            "complete -C 'jupyter-scheduler-ext show Nigh'",
            "complete -C 'jupyter-scheduler-ext create --notify-to o'",
        ]
    )
    done = subprocess.run(
        [present("fish"), "--no-config", "-c", script],
        capture_output=True,
        text=True,
        cwd=live_server.root,
        env=surroundings,
        timeout=2 * PATIENCE,
    )
    words = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert words == ["completion", report, "ops"], done.stderr
