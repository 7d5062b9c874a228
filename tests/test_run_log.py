"""Run logs: what is written is read, once and in order, from anywhere, while it grows and after a kill."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_scheduler_ext.engine import run_log
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.run_log import LogPage, RunLogs

RUN = "0197c0de-run-1"


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[RunLogs]:
    logs = RunLogs(tmp_path, SystemClock())
    yield logs
    logs.close()


def written(logs: RunLogs, run_id: str = RUN, offset: int = 0) -> LogPage:
    """The log once all is on disk."""
    logs.close()
    return logs.read(run_id, offset, limit=1_000_000)


def said(page: LogPage) -> list[tuple[str, str | None]]:
    return [(entry["kind"], entry.get("text")) for entry in page.entries]


def test_entries_come_back_as_they_were_written(logs: RunLogs) -> None:
    log = logs.open(RUN)
    log.write("status", "begins")
    log.write("display", data={"text/plain": "<figure>"}, cell=3)
    log.write("progress", fraction=0.5)
    log.close()
    page = written(logs)
    assert [{key: value for key, value in entry.items() if key != "t"} for entry in page.entries] == [
        {"kind": "status", "text": "begins"},
        {"kind": "display", "data": {"text/plain": "<figure>"}, "cell": 3},
        {"kind": "progress", "fraction": 0.5},
    ]
    assert all(isinstance(entry["t"], int) for entry in page.entries)
    assert page.complete


def test_texts_of_one_stream_are_joined_and_order_is_kept(logs: RunLogs) -> None:
    log = logs.open(RUN)
    for kind, text in [
        ("stdout", "a"),
        ("stdout", "b\n"),
        ("stderr", "c"),
        ("stdout", "d"),
        ("cell", "1"),
        ("cell", "2"),
    ]:
        log.write(kind, text)
    log.close()
    assert said(written(logs)) == [
        ("stdout", "ab\n"),
        ("stderr", "c"),
        ("stdout", "d"),
        ("cell", "1"),
        ("cell", "2"),
    ]


def test_long_texts_of_a_stream_are_split_and_others_are_not(logs: RunLogs) -> None:
    log = logs.open(RUN)
    log.write("stdout", "x" * 150_000)
    log.write("error", "y" * 150_000)
    log.close()
    page = written(logs)
    assert [len(entry["text"]) for entry in page.entries] == [65_536, 65_536, 18_928, 150_000]


@pytest.mark.parametrize("text", ["ä€\U0001f600", "half \ud800 pair", "nul \0, bell \a, line\u2028", "\x1b[31mred\r\n"])
def test_any_text_survives(logs: RunLogs, text: str) -> None:
    log = logs.open(RUN)
    log.write("stdout", text)
    log.write("error", text, name=text)
    log.close()
    page = written(logs)
    assert said(page) == [("stdout", text), ("error", text)]
    assert page.entries[1]["name"] == text


def test_what_json_cannot_say_is_written_as_text(logs: RunLogs) -> None:
    log = logs.open(RUN)
    log.write("display", data={"path": Path("x")})
    log.close()
    assert written(logs).entries[0]["data"] == {"path": "x"}


def test_reading_goes_on_where_it_stopped(logs: RunLogs) -> None:
    log = logs.open(RUN)
    for number in range(25):
        log.write("cell", str(number))
    log.close()
    logs.close()
    texts: list[str] = []
    offset, complete = 0, False
    while not complete:
        page = logs.read(RUN, offset, limit=4)
        assert len(page.entries) <= 4
        texts += [entry["text"] for entry in page.entries]
        offset, complete = page.next, page.complete
    assert texts == [str(number) for number in range(25)]
    assert logs.read(RUN, offset) == LogPage([], offset, True)


def test_a_page_has_about_so_many_bytes_and_at_least_one_entry(logs: RunLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "PAGE_BYTES", 100)
    log = logs.open(RUN)
    log.write("cell", "x" * 500)
    for _ in range(10):
        log.write("cell", "y")
    log.close()
    first = written(logs)
    assert said(first) == [("cell", "x" * 500)]
    second = logs.read(RUN, first.next)
    assert 1 <= len(second.entries) < 10
    assert not second.complete


def test_a_run_that_said_nothing_has_an_empty_log_and_no_file(logs: RunLogs, tmp_path: Path) -> None:
    assert logs.read(RUN) == LogPage([], 0, True)
    log = logs.open(RUN)
    assert not logs.read(RUN).complete
    log.close()
    assert written(logs) == LogPage([], 0, True)
    assert not (tmp_path / "logs").exists()


def test_a_log_is_incomplete_while_its_writer_is_open(logs: RunLogs, tmp_path: Path) -> None:
    log = logs.open(RUN)
    log.write("stdout", "a")
    wait_for(lambda: logs.read(RUN).entries)
    page = logs.read(RUN)
    assert (said(page), page.complete) == ([("stdout", "a")], False)


def test_beyond_its_limit_a_log_is_cut_and_says_how_much_is_missing(tmp_path: Path) -> None:
    logs = RunLogs(tmp_path, SystemClock(), limit_bytes=10_000)
    log = logs.open(RUN)
    for _ in range(9):
        log.write("stdout", "x" * 1000)
    for _ in range(5):
        log.write("stdout", "y" * 1000)
    log.write("stdout", "y")
    log.close()
    page = written(logs)
    stream, cut, last = page.entries
    assert stream["text"] == "x" * 9000
    assert "cut here" in cut["text"]
    assert last["dropped"] == 5001 + 6 * 40
    assert str(last["dropped"]) in last["text"]


def test_nothing_is_added_after_the_close(logs: RunLogs) -> None:
    log = logs.open(RUN)
    log.write("stdout", "a")
    log.close()
    log.write("stdout", "b")
    log.close()
    assert said(written(logs)) == [("stdout", "a")]


def test_a_log_can_be_continued_and_a_torn_line_harms_only_itself(logs: RunLogs, tmp_path: Path) -> None:
    log = logs.open(RUN)
    log.write("stdout", "a")
    log.close()
    logs.close()
    (path,) = tmp_path.glob("logs/*/*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"t": 1, "kind": "stdout", "te')
    torn = logs.read(RUN)
    assert (said(torn), torn.complete) == ([("stdout", "a")], True)
    again = RunLogs(tmp_path, SystemClock())
    log = again.open(RUN)
    log.write("stdout", "b")
    log.close()
    again.close()
    assert said(again.read(RUN)) == [("stdout", "a"), ("stdout", "b")]


@pytest.mark.parametrize("garbage", [b"[1]\n", b"{}\n", b"\xff\xfe\n", b"null\n", b"\n"])
def test_lines_that_are_no_entries_are_skipped(logs: RunLogs, tmp_path: Path, garbage: bytes) -> None:
    log = logs.open(RUN)
    log.write("stdout", "a")
    log.close()
    logs.close()
    (path,) = tmp_path.glob("logs/*/*.jsonl")
    path.write_bytes(garbage + path.read_bytes())
    page = logs.read(RUN)
    assert (said(page), page.complete) == ([("stdout", "a")], True)


@pytest.mark.parametrize("offset", [-5, 3, 10**9])
def test_an_offset_out_of_the_blue_is_no_error(logs: RunLogs, offset: int) -> None:
    log = logs.open(RUN)
    log.write("stdout", "a")
    log.close()
    page = written(logs, offset=offset)
    assert page.complete
    assert said(page) == ([("stdout", "a")] if offset < 0 else [])


@pytest.mark.parametrize(
    "run_id", ["", "a", "../../etc/passwd", "a/b", "a\\b", ".hidden", "a" * 101, "a\0b", "-ab", "ä" * 9]
)
def test_only_the_id_of_a_run_names_a_file(logs: RunLogs, run_id: str) -> None:
    for call in (logs.open, logs.read, logs.text, logs.remove):
        with pytest.raises(ValueError, match="is not the id of a run"):
            call(run_id)


def test_a_removed_log_is_gone_and_removing_it_again_is_no_error(logs: RunLogs) -> None:
    log = logs.open(RUN)
    log.write("stdout", "a")
    log.close()
    logs.close()
    logs.remove(RUN)
    logs.remove(RUN)
    assert logs.read(RUN).entries == []


def test_the_text_of_a_log_reads_like_a_terminal(logs: RunLogs) -> None:
    log = logs.open(RUN)
    log.write("stdout", "1\n2")
    log.write("error", "ValueError: no")
    log.write("progress", fraction=1)
    log.write("stderr", "3\n")
    log.close()
    logs.close()
    assert logs.text(RUN) == "1\n2\nValueError: no\n3\n"


def test_nobody_else_may_read_what_runs_say(logs: RunLogs, tmp_path: Path) -> None:
    log = logs.open(RUN)
    log.write("stdout", "a")
    log.close()
    logs.close()
    (path,) = tmp_path.glob("logs/*/*.jsonl")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parents[1])} == {0o700}


def test_a_disk_that_refuses_ends_the_log_but_not_the_run(
    logs: RunLogs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = logs.open(RUN)
    log.write("stdout", "kept")
    wait_for(lambda: logs.read(RUN).entries)
    write = os.write
    with monkeypatch.context() as patched:

        def half(file: int, data: Any) -> int:
            if len(data) <= 20:
                raise OSError(28, "No space left on device")
            return write(file, data[:20])

        patched.setattr(run_log.os, "write", half)
        log.write("stdout", "refused by the disk")
        wait_for(lambda: "cannot be written any more" in caplog.text)
    log.write("stdout", "after")
    log.close()
    page = written(logs)
    assert said(page) == [("stdout", "kept")], "a part of an entry was taken back"
    assert page.complete


def test_logs_of_many_runs_are_written_by_one_thread(logs: RunLogs) -> None:
    import threading

    before = threading.active_count()
    for number in range(50):
        log = logs.open(f"run-{number}")
        log.write("stdout", str(number))
        log.close()
    assert threading.active_count() <= before + 1
    logs.close()
    assert [said(logs.read(f"run-{number}")) for number in range(50)] == [[("stdout", str(n))] for n in range(50)]


async def test_a_follower_from_any_point_misses_nothing_and_sees_nothing_twice(logs: RunLogs) -> None:
    """Ten followers join while five hundred entries are written."""
    loop = asyncio.get_running_loop()
    log = logs.open(RUN)

    async def follow(start: int) -> list[str]:
        more = asyncio.Event()
        texts: list[str] = []
        unsubscribe = logs.subscribe(RUN, more.set)
        offset, complete = start, False
        while not complete:
            page = await loop.run_in_executor(None, logs.read, RUN, offset, 7)
            texts += [entry["text"] for entry in page.entries]
            offset, complete = page.next, page.complete
            if not page.entries and not complete:
                await asyncio.wait_for(more.wait(), 20)
                more.clear()
        unsubscribe()
        return texts

    followers = []
    for number in range(500):
        log.write("cell", str(number))
        if number % 50 == 0:
            await asyncio.sleep(0.02)
            page = await loop.run_in_executor(None, logs.read, RUN)
            followers.append((len(page.entries), asyncio.ensure_future(follow(page.next))))
    log.close()
    for already, follower in followers:
        assert await follower == [str(number) for number in range(already, 500)]
    assert logs._listeners == {}


async def test_the_end_of_a_silent_run_is_told_too(logs: RunLogs) -> None:
    told = asyncio.Event()
    logs.subscribe(RUN, told.set)
    log = logs.open(RUN)
    log.close()
    await asyncio.wait_for(told.wait(), 20)
    assert logs.read(RUN).complete


async def test_after_unsubscribing_nothing_is_told(logs: RunLogs) -> None:
    told: list[str] = []
    first = asyncio.Event()
    logs.subscribe(RUN, lambda: told.append("a"))()
    logs.subscribe(RUN, first.set)
    logs.open(RUN).write("stdout", "x")
    await asyncio.wait_for(first.wait(), 20)
    assert told == []


WRITER = """
import sys, time
from pathlib import Path
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.run_log import RunLogs
log = RunLogs(Path(sys.argv[1]), SystemClock()).open(sys.argv[2])
number = 0
while True:
    log.write("cell", f"{number} " + "x" * 2000)
    number += 1
    if number % 50 == 0:
        print(number, flush=True)
        time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a matter of POSIX")
def test_a_kill_in_the_middle_leaves_a_log_that_reads_to_its_end(logs: RunLogs, tmp_path: Path) -> None:
    for number in range(5):
        run_id = f"run-{number}"
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), run_id], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        wait_for(lambda run_id=run_id: logs.read(run_id).entries)
        writer.kill()
        writer.communicate()
        assert writer.returncode == -signal.SIGKILL
        page = written(logs, run_id)
        assert page.entries
        assert [entry["text"].split()[0] for entry in page.entries] == [str(n) for n in range(len(page.entries))]


def wait_for(condition: Any) -> None:
    import time

    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def test_entries_are_lines_of_json(logs: RunLogs, tmp_path: Path) -> None:
    log = logs.open(RUN)
    log.write("stdout", "ä\n")
    log.close()
    logs.close()
    (path,) = tmp_path.glob("logs/*/*.jsonl")
    (line,) = path.read_text("utf-8").splitlines()
    assert json.loads(line)["text"] == "ä\n"
