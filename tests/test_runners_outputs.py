"""Output messages become nbformat outputs; carriage returns rewrite their line; progress bars are recognised."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.contexts.documents import Document
from jupyter_scheduler_ext.runners.cells import last_line
from jupyter_scheduler_ext.runners.environment import as_code
from jupyter_scheduler_ext.runners.outfiles import plain
from jupyter_scheduler_ext.runners.outputs import Allowance, CellOutputs, append_text
from jupyter_scheduler_ext.runners.progress import Progress, fraction_in
from jupyter_scheduler_ext.runners.sources import split_cells


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["a\n", "b"], "a\nb"),
        (["10%", "\r20%"], "20%"),
        (["100%\r", " 5"], " 50%"),
        (["a\r", "\nb"], "a\nb"),
        (["one\r\ntwo\r\n"], "one\ntwo\n"),
        (["kept\nlong line\r", "ab\r\n"], "kept\nabng line\n"),
        (["x\x1b[A\r", "y"], "x\x1b[A\ry"),
        (["", "\r"], "\r"),
    ],
)
def test_a_carriage_return_rewrites_its_line_as_a_terminal_does(pieces, shown):
    kept: list[str] = []
    for piece in pieces:
        append_text(kept, piece)
    assert "".join(kept) == shown


def test_clear_output_with_wait_clears_when_the_next_output_comes():
    cell = {"outputs": []}
    outputs = CellOutputs(cell)
    outputs.apply("stream", {"name": "stdout", "text": "old"})
    outputs.apply("clear_output", {"wait": True})
    assert "".join(cell["outputs"][0]["text"]) == "old"
    outputs.apply("stream", {"name": "stdout", "text": "new"})
    assert [output["text"] for output in cell["outputs"]] == [["new"]]


def test_a_display_is_updated_wherever_it_is_shown():
    displays: dict = {}
    cells = [{"outputs": []}, {"outputs": []}]
    shown = {"data": {"text/plain": "1"}, "transient": {"display_id": "d"}}
    for cell in cells:
        CellOutputs(cell, displays).apply("display_data", shown)
    changed = CellOutputs(cells[1], displays).apply("update_display_data", {**shown, "data": {"text/plain": "2"}})
    assert changed == cells
    assert [cell["outputs"][0]["data"]["text/plain"] for cell in cells] == ["2", "2"]


def test_comm_messages_of_widgets_leave_no_output():
    cell = {"outputs": []}
    assert CellOutputs(cell).apply("comm_open", {"comm_id": "1", "data": {}}) == []
    assert cell["outputs"] == []


def test_what_is_beyond_the_allowance_is_counted_and_its_end_kept():
    allowance = Allowance(10)
    assert allowance.take("0123456789abc") == "0123456789"
    assert allowance.take("x" * 20_000 + "end") == ""
    note = allowance.remainder()
    assert note.endswith("end")
    assert "left out" in note
    assert allowance.remainder() == ""


def test_a_display_too_big_for_the_allowance_says_what_it_was():
    content = Allowance(10).afford({"data": {"image/png": "x" * 200_000}})
    assert content["data"] == {"text/plain": "[output cut: 200,000 characters of image/png]"}


def test_small_results_are_kept_after_a_flood_but_not_without_end():
    allowance = Allowance(0)
    small = {"data": {"text/plain": "x" * 10_000}}
    kept = [allowance.afford(small) is small for _ in range(20)]
    assert kept == [True] * 10 + [False] * 10


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        (" 40%|####      | 4/10 [00:01<00:02]", 0.4),
        ("\rLoading: 7%|", 0.07),
        ("0%| \r 50%| \r100%|##", 1.0),
        ("sales rose 40% | good", None),
        ("no bar", None),
        ("x40%|", None),
    ],
)
def test_progress_bars_are_recognised(text, fraction):
    assert fraction_in(text) == fraction


def test_progress_counts_cells_and_the_bar_within_one():
    told: list[float] = []
    progress = Progress(told.append, 4)
    progress.part_done()
    progress.seen(" 50%|")
    progress.seen(" 50%|")
    assert told == [0.25, 0.375]


def test_code_is_split_at_percent_lines():
    assert split_cells("a\nb\n# %% title\nc\n# %%\n\n") == ["a\nb", "c"]


@pytest.mark.parametrize(("text", "line"), [("a\nb\n", "b"), ("a\n\n \n", "a"), ("1%\r2%\r3%", "3%"), ("", "")])
def test_the_last_line_is_the_last_that_holds_something(text, line):
    assert last_line(text) == line


@pytest.mark.parametrize(("name", "made"), [("Übersicht: Nord/Süd", "ubersicht-nord-sud"), ("../..", ""), ("日報", "")])
def test_names_of_files_are_plain(name, made):
    assert plain(name) == made


def test_the_environment_is_code_in_the_languages_we_know():
    python = as_code({"A": 'it\'s "q" \\ ü'}, "python", "/a b")
    assert "os" in python
    compile(python, "env", "exec")
    assert as_code({"A": "$(run)"}, "Julia") == 'ENV["A"] = "\\$(run)"\nnothing'
    assert as_code({"A": "1"}, "R").startswith("invisible(Sys.setenv(A = ")
    assert as_code({"A": "1"}, "cobol") is None


class Failing:
    """A contents manager that cannot save."""

    async def save(self, model, path):
        raise OSError("no space left")

    async def dir_exists(self, path):
        return True


async def test_a_disk_that_is_full_is_told_once(jp_asyncio_loop):
    told: list[str] = []
    cell = {"cell_type": "code", "outputs": [], "source": ""}
    document = Document(Failing(), "a/b.ipynb", {"cells": [cell], "metadata": {}, "nbformat": 4})
    document.on_trouble(lambda error: told.append(str(error)))
    document.touch(cell)
    await document.close()
    document.touch(cell)
    await document.close()
    assert told == ["no space left"]
