"""T5: a writer killed at any instant loses nothing that it was told is committed, and leaves a ledger that opens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

from .parts import NOW, StillClock

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are forked, and SIGKILL is a matter of POSIX")


def kill(folder: Path, kills: int, seed: int) -> None:
    command = [sys.executable, "-m", "tests.ledger.killing", str(folder), str(kills), str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@posix
def test_a_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    kill(tmp_path / "ledger", 100, seed=1)


@posix
@pytest.mark.deep
@pytest.mark.timeout(7200)
def test_five_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    kill(tmp_path / "ledger", 5000, seed=2)


def test_a_start_that_was_cut_short_is_said_but_not_taken_for_damage(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").touch()
    ledger = sqlite_ledger(tmp_path, StillClock(NOW))
    ledger.open()
    assert [(notice.level, notice.code) for notice in ledger.notices] == [("warning", "history_empty")]
    assert ledger.facts() == {}
    ledger.close()
