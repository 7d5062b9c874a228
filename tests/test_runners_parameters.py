"""Parameters: what a notebook declares, what built-ins and secrets mean, and the code they become."""

from __future__ import annotations

import pytest
from performing import executor_of, launch_of, output_of, perform, tagged, write_notebook

from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.engine.models import ScheduledTask
from jupyter_scheduler_ext.engine.runs import RunState
from jupyter_scheduler_ext.runners.inspect import declared_parameters
from jupyter_scheduler_ext.runners.parameters import as_injection, inject
from jupyter_scheduler_ext.runners.resolving import Secret, is_secret, resolve

LAUNCH = launch_of({"kind": "code", "source": "1"}, due=1_773_315_000_000)
"""Due at 2026-03-12T11:30:00Z."""


def declared(source, language="python"):
    cells = [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}]
    return declared_parameters({"cells": cells, "metadata": {"language_info": {"name": language}}})


def test_python_parameters_are_read_with_their_types_and_comments():
    source = (
        "%matplotlib inline\n"
        'region: "str" = "eu"  # which region\n'
        "limits = {\n    'low': 1,\n    'high': 2,\n}\n"
        "url = 'http://x/?a=b#c'\n"
        "start = date(2026, 1, 1)\n"
        "later: Optional[int] = None\n"
        "region = 'us'\n"
        "a, b = 1, 2\n"
    )
    found = {one["name"]: one for one in declared(source)}
    assert list(found) == ["region", "limits", "url", "start", "later"]
    assert found["region"] == {"name": "region", "type": "str", "default": "us", "help": None}
    assert found["limits"]["default"] == {"low": 1, "high": 2}
    assert found["url"] == {"name": "url", "type": "str", "default": "http://x/?a=b#c", "help": None}
    assert found["start"]["default"] == "date(2026, 1, 1)"
    assert found["later"]["type"] == "Optional[int]"


def test_a_comment_behind_a_parameter_is_its_help():
    assert declared("days = 7  # how many")[0]["help"] == "how many"
    assert declared("# above\ndays = 7")[0]["help"] is None


def test_plain_assignments_of_other_languages_are_read():
    found = declared('region <- "eu"  # where\nfast = TRUE\nn <- c(1, 2)\nprint(1)', "R")
    assert [(one["name"], one["type"], one["default"]) for one in found] == [
        ("region", "str", "eu"),
        ("fast", "bool", True),
        ("n", None, "c(1, 2)"),
    ]


@pytest.mark.parametrize("source", ["def (", "x = 1e999", "x = {1: {2}}", "x = lambda: 0"])
def test_what_cannot_be_read_is_no_error(source):
    assert all(one["type"] is None for one in declared(source))


@pytest.mark.parametrize(
    ("language", "parameters", "code"),
    [
        ("python", {"a": 'x"\\\n', "b": True, "c": None}, 'a = "x\\"\\\\\\n"\nb = True\nc = None'),
        ("R", {"a": "x", "b": True, "c": None}, 'a = "x"\nb = TRUE\nc = NULL'),
        ("R", {"a": [1, "x"], "b": {"k": 2.5}}, 'a = list(1, "x")\nb = list("k" = 2.5)'),
        ("julia", {"a": "$(run)", "b": [1]}, 'a = "\\$(run)"\nb = [1]'),
        ("julia", {"a": True, "b": None, "c": {"k": [2.5]}}, 'a = true\nb = nothing\nc = Dict("k" => [2.5])'),
        ("julia", {"a": 'x"\\'}, 'a = "x\\"\\\\"'),
        ("bash", {"a": "$(run) 'x'"}, "a='$(run) '\"'\"'x'\"'\"''"),
    ],
)
def test_parameters_become_code_of_the_kernels_language(language, parameters, code):
    assert as_injection(parameters, language).shown == f"# Parameters\n{code}"


@pytest.mark.parametrize("language", ["cobol", ".net-powershell"])
def test_a_language_without_a_safe_translation_is_refused(language):
    with pytest.raises(Invalid, match="language"):
        as_injection({"a": 1}, language)


@pytest.mark.parametrize("name", ["a b", "1a", "a;b", "", "é", "a\n"])
def test_a_name_that_could_be_more_than_a_name_is_refused(name):
    with pytest.raises(Invalid):
        as_injection({name: 1}, "python")


def test_secrets_are_in_the_hidden_code_only():
    injection = as_injection({"a": 1, "token": Secret("s3cret"), "deep": {"x": [Secret("other")]}}, "python")
    assert "s3cret" not in injection.shown
    assert "other" not in injection.shown
    assert "token: a secret" in injection.shown
    assert "s3cret" in injection.hidden
    assert "other" in injection.hidden
    assert "a = 1" not in injection.hidden


@pytest.mark.parametrize(
    ("tags", "position"),
    [((), 0), (("parameters",), 1), (("parameters", "injected-parameters"), 1), ((None, "parameters", None), 2)],
)
def test_the_cell_goes_after_the_tagged_one_or_first_and_replaces_an_earlier_one(tags, position):
    cells = [{"cell_type": "code", "metadata": {"tags": [tag] if tag else []}, "source": "x"} for tag in tags]
    injected = inject(cells, "a = 1\n")
    assert injected[position]["source"] == "a = 1"
    assert len(injected) == len(cells) + ("injected-parameters" not in tags)


def test_built_ins_are_filled_in_wherever_they_stand_in_a_text():
    values = {"day": "{{ fire_date }}", "deep": [{"name": "report-{{fire_date}}-{{ attempt }}"}], "n": 3}
    resolved = resolve(values, LAUNCH.run, LAUNCH.task)
    assert resolved == {"day": "2026-03-12", "deep": [{"name": "report-2026-03-12-1"}], "n": 3}


def test_the_fire_date_is_the_date_in_the_tasks_zone():
    schedule = {"schedule": {"minute": "30", "timezone": "Pacific/Kiritimati"}}
    task = ScheduledTask(name="x", action={"kind": "code", "source": "1"}, **schedule)
    resolved = resolve({"day": "{{ fire_date }}", "at": "{{ fire_time }}"}, LAUNCH.run, task)
    assert resolved == {"day": "2026-03-13", "at": "2026-03-12T11:30:00.000Z"}


def test_a_built_in_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(Invalid, match="fire_time") as caught:
        resolve({"day": "{{ fire_tim }}"}, LAUNCH.run, LAUNCH.task)
    assert caught.value.field == "parameters.day"


def test_secrets_come_from_the_environment_or_the_keyring():
    values = {"a": {"$env": "TOKEN"}, "b": [{"$keyring": "db/ana"}], "c": {"$env": "TOKEN", "more": 1}}
    resolved = resolve(
        values,
        LAUNCH.run,
        LAUNCH.task,
        environment={"TOKEN": "t"},
        keyring=lambda service, name: f"{service}:{name}",
    )
    assert resolved["a"] == "t"
    assert resolved["b"] == ["db:ana"]
    assert is_secret(resolved["a"])
    assert is_secret(resolved["b"])
    assert resolved["c"] == {"$env": "TOKEN", "more": 1}
    assert "t" not in repr(resolved["a"])


def test_a_secret_that_is_nowhere_is_named_and_not_a_secret_left_empty():
    with pytest.raises(Invalid, match="no variable 'TOKEN'"):
        resolve({"a": {"$env": "TOKEN"}}, LAUNCH.run, LAUNCH.task, environment={})


@pytest.mark.kernel
async def test_a_secret_reaches_the_code_and_is_written_nowhere(jp_serverapp, root):
    executor = executor_of(jp_serverapp)
    write_notebook(
        root, "s.ipynb", tagged("token = None; n = 0", "parameters"), "print(len(token), n, sum(map(ord, token)))"
    )
    secret = "s3cr\"et'-\\value"
    parameters = {"token": Secret(secret), "n": 5}
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "s.ipynb"}, parameters=parameters))
    await executor.close()
    assert outcome.state is RunState.SUCCEEDED, outcome
    assert outcome.result == f"{len(secret)} 5 {sum(map(ord, secret))}"
    assert "s3cr" not in str(output_of(root, sink))
    assert "s3cr" not in str(sink.entries)
