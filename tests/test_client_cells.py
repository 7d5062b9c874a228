"""Which names a cell needs from others, read from its code."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.client.cells import makers_of, names_made, names_needed


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("twice(21)", {"twice"}),
        ("import math\nmath.pi + len(rows)", {"rows"}),
        ("def area(r):\n    return pi * r ** 2\narea(width)", {"pi", "width"}),
        ("total = 0\nfor n in numbers:\n    total += n", {"numbers"}),
        ("[scale * x for x in values if x]", {"scale", "values"}),
        ("class Report(Base):\n    title = name", {"Base", "name"}),
        ("f = lambda x: x + offset\nf(1)", {"offset"}),
        ("def f():\n    global made\n    made = source_of_it\nf()", {"source_of_it"}),
        ("print(__name__)\ndisplay(get_ipython())", set()),
        ("not python at all", set()),
    ],
)
def test_names_that_are_neither_made_nor_pythons_own_are_needed(source: str, needed: set[str]) -> None:
    assert names_needed(source) == needed


def test_assignments_imports_functions_and_classes_make_names() -> None:
    source = "import os.path as p\nfrom a import b\nc = d = 1\ndef e(): f = 1\nclass G: pass\nfor h in (): pass"
    assert names_made(source) == {"p", "b", "c", "d", "e", "G", "h"}


def test_the_last_cell_that_makes_a_name_is_the_one_to_run() -> None:
    cells = ["", "a = 1\nb = 2", "a = 3", "%not python", "print(a)"]
    assert makers_of({"a", "b", "c"}, cells) == {"a": 2, "b": 1}
