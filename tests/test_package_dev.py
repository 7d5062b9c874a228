"""dev.py, the door for newcomers: what it decides, and that a server started its way shows the page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

import dev
from benchmarks.servers import places

T = TypeVar("T")

ROOT = Path(__file__).parent.parent


def test_help_names_every_command():
    done = subprocess.run([sys.executable, "dev.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in dev.COMMANDS:
        assert re.search(rf"\b{command}\b", done.stdout)


def test_an_unknown_command_is_refused_with_the_help():
    done = subprocess.run([sys.executable, "dev.py", "sart"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "dev.py start" in done.stdout


def test_an_environment_is_installed_anew_only_if_the_recipe_changed(tmp_path, monkeypatch):
    stamp = dev.Stamp("recipe", ("dev",), "front end")
    monkeypatch.setattr(dev, "STAMP", tmp_path / "dev.json")
    stamp.write()
    assert dev.Stamp.read() == stamp
    (tmp_path / "dev.json").write_text("torn", "utf-8")
    assert dev.Stamp.read() == dev.Stamp("")


def test_a_fingerprint_follows_content_and_names(tmp_path, monkeypatch):
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    (tmp_path / "a.ts").write_text("one", "utf-8")
    before = dev.digest(tmp_path)
    (tmp_path / "a.ts").write_text("two", "utf-8")
    after = dev.digest(tmp_path)
    (tmp_path / "a.ts").rename(tmp_path / "b.ts")
    assert len({before, after, dev.digest(tmp_path)}) == 3
    assert dev.digest(tmp_path / "missing") == dev.digest()


def test_examples_that_were_edited_stay(tmp_path):
    dev.lay_out(ROOT / "notebooks", tmp_path)
    edited = tmp_path / "examples" / "daily_report.ipynb"
    assert (tmp_path / "quickstart.ipynb").exists()
    edited.write_text("mine", "utf-8")
    dev.lay_out(ROOT / "notebooks", tmp_path)
    assert edited.read_text("utf-8") == "mine"


def test_a_machine_without_chromium_and_without_apt_says_so(monkeypatch):
    monkeypatch.setattr(dev, "find_chromium", lambda: "")
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    path, reason = dev.chromium()
    assert path == ""
    assert "no Chromium" in reason


def test_a_chromium_that_apt_cannot_install_is_told_by_apts_last_words(monkeypatch):
    failed = subprocess.CompletedProcess([], 100, stdout="E: Unable to locate package chromium\n")
    monkeypatch.setattr(dev, "find_chromium", lambda: "")
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(dev, "run", lambda command, folder, env: failed)
    monkeypatch.setattr(dev.os, "geteuid", lambda: 0, raising=False)
    assert dev.chromium() == ("", "apt-get could not install Chromium: E: Unable to locate package chromium")


def test_a_check_that_cannot_be_made_is_shown_as_skipped_with_its_reason():
    assert str(dev.Check("vitest", None, 0, "no Node.js")).split() == ["skipped", "vitest", "0.0", "s", "no", "Node.js"]
    assert str(dev.Check("mypy", False, 1.5)).startswith("FAILED")


@pytest.mark.kernel
def test_a_server_started_as_dev_py_does_shows_the_page_and_has_the_example(tmp_path, monkeypatch):
    monkeypatch.setattr(dev, "WORK", tmp_path)
    folder = tmp_path / "notebooks"
    dev.lay_out(ROOT / "notebooks", folder)
    options = [*dev.server_options(folder), "--no-browser", "--ServerApp.port=0", "--IdentityProvider.token=t"]
    command = [str(Path(sys.executable).with_name("jupyter-scheduler-ext")), *options]
    env = {**os.environ, **places(tmp_path / "home")}
    log = tmp_path / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, cwd=folder, env=env, stderr=file)
    try:
        url = patiently(lambda: re.search(r"http://127\.0\.0\.1:\d+/\S*", log.read_text("utf-8")))[0]
        assert "/scheduler-ext/" in url
        origin = "/".join(url.split("/")[:3])
        page = patiently(lambda: fetch(f"{origin}/scheduler-ext/?token=t")).decode()
        assert "<title>Scheduler</title>" in page
        listing = json.loads(fetch(f"{origin}/api/contents/examples?token=t"))
        assert [entry["name"] for entry in listing["content"]] == ["daily_report.ipynb"]
    finally:
        server.terminate()
        server.wait(90)


def fetch(url: str) -> bytes | None:
    """What is there; None while nobody listens, which a server says of itself a moment too early."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError:
        raise
    except OSError:
        return None


def patiently(look: Callable[[], T | None], seconds: float = 90) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")
