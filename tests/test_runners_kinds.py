"""A value that cannot be what the notebook declares is refused, by name, before a kernel is started."""

from __future__ import annotations

import pytest
from performing import Remembered, launch_of, perform, tagged, write_notebook

from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.engine.runs import RunState
from jupyter_scheduler_ext.runners.kinds import check_types


def check(annotation: str | None, value: object) -> None:
    check_types([{"name": "p", "type": annotation, "default": None, "help": None}], {"p": value})


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("int", 7),
        ("int", 0.5),
        ("int", True),
        ("float", 7),
        ("bool", False),
        ("str", "eu"),
        ("list", ["eu"]),
        ("list[str]", ["eu"]),
        ("tuple[int, ...]", [1]),
        ("dict[str, int]", {"eu": 1}),
        ("typing.List[int]", [1]),
        ("int | str", "eu"),
        ("Union[int, list[str]]", ["eu"]),
        ("Optional[int]", None),
        ("int", None),
        ("'int'", 1),
        ("datetime.date", "2026-03-01"),
        ("int | datetime", "2026-03-01"),
        ("Literal['eu', 'us']", "eu"),
        ("not a type (", 1),
        (None, {"any": "thing"}),
        ("int", "{{ attempt }}"),
        ("int", {"$env": "DAYS"}),
        ("list[str]", ["{{ fire_date }}"]),
    ],
)
def test_what_fits_or_cannot_be_told_passes(annotation, value):
    check(annotation, value)


@pytest.mark.parametrize(
    ("annotation", "value", "words"),
    [
        ("int", "7", "a number, and not a text"),
        ("float", [1], "a number, and not a list"),
        ("bool", 1, "true or false, and not a number"),
        ("str", 7, "a text, and not a number"),
        ("str", {"a": 1}, "a text, and not an object"),
        ("list[str]", "eu", "a list, and not a text"),
        ("dict", [1], "an object of names and values, and not a list"),
        ("int | None", "x", "a number, and not a text"),
        ("int | list[int]", "x", "a list or a number, and not a text"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(annotation, value, words):
    with pytest.raises(Invalid, match=f"the parameter 'p' is to be {words}") as refused:
        check(annotation, value)
    assert refused.value.field == "parameters.p"


def test_a_parameter_that_is_not_declared_is_passed_over():
    check_types([], {"p": 1})


@pytest.mark.kernel
async def test_a_run_with_a_value_of_the_wrong_type_ends_before_a_kernel_is_started(executor, root, jp_serverapp):
    write_notebook(root, "p.ipynb", tagged("days: int = 7\nregion = 'eu'", "parameters"), "days, region")
    action = {"kind": "notebook", "path": "p.ipynb", "parameters": {"days": 3}}
    with pytest.raises(Invalid, match="'days' is to be a number, and not a text"):
        await executor.start(launch_of(action, parameters={"days": "three"}), Remembered())
    assert jp_serverapp.kernel_manager.list_kernel_ids() == []
    outcome, _ = await perform(executor, launch_of(action, parameters={"region": "us"}))
    assert outcome.state is RunState.SUCCEEDED
    wrong = launch_of({**action, "parameters": {"region": ["eu"]}}).task
    with pytest.raises(Invalid, match="'region'") as refused:
        await executor.check(wrong)
    assert refused.value.field == "action.parameters.region"
