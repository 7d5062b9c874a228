"""Tables and cards of runs: what they say, and what they leave out where there is nothing to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_scheduler_ext.client.cards import run_card
from jupyter_scheduler_ext.client.lists import RunList, TaskList
from jupyter_scheduler_ext.client.pictures import progress_bar, progress_words
from jupyter_scheduler_ext.client.records import RunRecord, Status
from jupyter_scheduler_ext.client.scheduling import link_to


def run(**members: Any) -> RunRecord:
    known = {"id": "1", "task_id": "t", "task_name": "Report", "state": "succeeded", "origin": "manual"}
    times = {"fire_time": "2026-03-12T02:30:00Z", "started_at": "2026-03-12T02:30:01Z", "duration": 1.5}
    return RunRecord({**known, **times, "result": "42", **members})


def test_a_table_says_what_for_and_with_what_only_where_runs_differ_in_it() -> None:
    plain, backfilled = RunList([run()]), RunList([run(), run(started_at="2026-03-14T08:00:00Z", parameters={"n": 3})])
    assert "For" not in repr(plain)
    assert "Parameters" not in plain._repr_html_()
    head, first, second = repr(backfilled).splitlines()
    assert head.split() == ["Task", "State", "Origin", "For", "Started", "Duration", "Parameters", "Result"]
    assert first.count("2026-03-12 02:30") == 1, "for when, only where it is not when it started"
    assert second.index("2026-03-12 02:30") < second.index("2026-03-14 08:00") < second.index("n = 3")
    assert "<code>n = 3</code>" in backfilled._repr_html_()
    assert repr(backfilled[:1]) == repr(plain), "part of a table is a table"
    assert isinstance(TaskList([])[:3], TaskList)


def test_an_output_is_a_link_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path / "reports")
    one = run(output_path="tmp/chats/a b/run.ipynb")
    assert one.link is None
    one.root = str(tmp_path)
    assert one.link == "../tmp/chats/a%20b/run.ipynb"
    assert '<a href="../tmp/chats/a%20b/run.ipynb">' in one._repr_html_()
    assert ">open</a>" in RunList([one])._repr_html_()
    assert link_to("x.ipynb", str(tmp_path / "reports"), str(tmp_path)) is None, "its folder is not served"


def test_a_card_leaves_out_what_is_not_known_and_says_a_reason_once() -> None:
    queued = run(state="queued", started_at=None, duration=None, result=None)._repr_html_()
    assert "Started" not in queued
    assert "Result" not in queued
    failed = run_card(run(state="failed", reason="E: why", error={"name": "E", "message": "why"}, result=None).data)
    assert failed.count("E: why") == 1


def test_a_bar_that_nobody_moves_any_longer_is_taken_away() -> None:
    under_way = run(state="running", progress=0.25, duration=None).data
    assert "<progress" in progress_bar(under_way, 3)
    assert "<progress" not in progress_bar(under_way, 3, left=True)
    assert progress_words(under_way, 3) == "25%, 3 s"
    assert progress_words(under_way, 3, left=True) == "25%, 3 s: it goes on, but is no longer waited for"


def test_a_status_shows_what_matters_and_is_still_the_whole_answer() -> None:
    status = Status(
        role="leader",
        counts={"tasks": 3, "idle": 2, "error": 1},
        queue={"running": 1, "queued": 0, "limit": 4},
        lag=0.0121,
        banners=[{"level": "warning", "code": "x", "message": "The disk <is> full"}],
    )
    assert "Tasks    3 (2 idle, 1 error)" in repr(status)
    assert "Late by  12 ms" in repr(status)
    assert "Next run" not in repr(status)
    assert "The disk &lt;is&gt; full" in status._repr_html_()
    assert status["queue"]["limit"] == 4
