"""The command that measures: it works with the engine as it is today, and writes its table where it belongs."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
ALL = """
import asyncio, json, sys
from pathlib import Path
import ours
told = {}
for name in ("burst", "idle-tick", "change", "restart", "commits", "lists", "memory"):
    told[name] = asyncio.run(ours.MEASURES[name](Path(sys.argv[1]) / name, 30))
print(json.dumps(told))
"""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    spec = importlib.util.spec_from_file_location("benchmarks_command", BENCHMARKS / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("figures")


def test_every_measure_of_our_engine_still_measures(tmp_path: Path):
    ran = subprocess.run(
        [sys.executable, "-c", ALL, str(tmp_path)],
        cwd=BENCHMARKS / "contenders",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert 0 < told["burst"]["last_start"] <= told["burst"]["last_end"]
    assert len(told["change"]["change"]) == 40
    assert told["commits"]["one_by_one"] == 2
    assert told["commits"]["queued"] <= 2
    assert len(told["lists"]["timeline"]) == len(told["lists"]["filtered"]) == 40
    assert all(told[name] for name in ("idle-tick", "restart", "memory"))


def test_the_table_goes_between_its_marks_and_nowhere_else(figures: ModuleType, tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n", "utf-8")
    figures.put(page, "| new |")
    figures.put(page, "| newest |")
    text = page.read_text("utf-8")
    assert text.split() == [*f"before {figures.BEGIN}".split(), "|", "newest", "|", *f"{figures.END} after".split()]


@pytest.mark.parametrize("page", ["performance.md", "scaling.md"])
def test_the_documentation_has_a_place_for_the_table(figures: ModuleType, page: str):
    text = (BENCHMARKS.parent / "docs" / page).read_text("utf-8")
    assert text.count(figures.BEGIN) == text.count(figures.END) == 1
    assert text.index(figures.BEGIN) < text.index(figures.END)


def test_what_cannot_be_measured_has_a_row_that_says_why_and_takes_no_other_with_it(
    command: ModuleType, figures: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """A peer that pip cannot install, one that crashes, and a part that is broken itself."""
    peers, engines = sys.modules["peers"], sys.modules["engines"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    offline = tmp_path / "python"
    offline.write_text("#!/bin/sh\necho there is no network >&2\nexit 1\n")
    offline.chmod(0o700)
    machine = SimpleNamespace(executable=str(offline), version="", platform=sys.platform, stderr=sys.stderr)
    monkeypatch.setattr(peers, "sys", machine)
    (tmp_path / "crash.py").write_text("import sys; sys.exit('out of luck')")
    (tmp_path / "answer.py").write_text("print('{\"tick\": [0.5, 0.25]}')")
    crashing = engines.Contender("a crashing peer", str(tmp_path / "crash.py"))
    missing = engines.Contender("a missing peer", str(tmp_path / "answer.py"), peers.PAPERMILL)
    ours = engines.Contender("jupyter_scheduler_ext", str(tmp_path / "answer.py"))

    def beside(home: Path, quick: bool) -> Iterator[Any]:
        entries = [(contender, "tick", 1) for contender in (ours, crashing, missing)]
        mine, *others = (series["tick"] for series in engines.turns(home, 2, entries, ("tick",)))
        for other in others:
            yield figures.Row("a tick", mine, other, "in turns")

    def broken(home: Path, quick: bool) -> Iterator[Any]:
        yield figures.Row("before", figures.Series("ours", [1.0]), figures.NOBODY, "")
        raise KeyError("nobody knows")

    monkeypatch.setattr(command, "PARTS", {"broken": broken, "beside": beside})
    rows: list[Any] = []
    command.measure(["broken", "beside"], True, rows.append)
    before, broken_off, crashed, not_there = (row.cells() for row in rows)
    assert before[2] == "1.00 s"
    assert broken_off[:3] == ["`broken`", "-", "KeyError: 'nobody knows'"]
    for cells, trouble in ((crashed, "a crashing peer: out of luck"), (not_there, "a missing peer: not installed: ")):
        assert cells[2].startswith("375.0 ms"), "the peer took our figures with it"
        assert cells[3].startswith(trouble)
        assert cells[4] == "-"
    assert all("there is no network" in told for told in command.versions().values())
    json.dumps([figures.Row.from_json(row.to_json()).to_json() for row in rows])


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_the_whole_command_gives_a_row_for_everything_that_it_names(command: ModuleType, tmp_path: Path):
    figures = tmp_path / "figures.json"
    subprocess.run([sys.executable, str(BENCHMARKS), "--quick", "--json", str(figures)], check=True)
    rows = json.loads(figures.read_text("utf-8"))["rows"]
    assert len(rows) >= 2 * len(command.PARTS)
    assert [row["what"] for row in rows if not row["ours"]["seconds"]] == []
