"""Whatever goes wrong has one shape, and tells nothing that it should not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tornado.web import HTTPError

from jupyter_scheduler_ext.engine.errors import Conflict, Invalid
from jupyter_scheduler_ext.engine.models import TASK
from jupyter_scheduler_ext.handlers.problems import INTERNAL, describe


def test_an_error_of_the_scheduler_keeps_its_status_field_and_details():
    assert describe(Conflict("it runs", active_run="r1")) == (
        409,
        {"code": "conflict", "message": "it runs", "active_run": "r1"},
    )
    assert describe(Invalid("no", field="schedule.hour")) == (
        400,
        {"code": "invalid", "message": "no", "field": "schedule.hour"},
    )


@pytest.mark.parametrize(
    ("task", "field"),
    [
        ({"type": "scheduled", "name": "a", "action": {"kind": "code", "source": "1"}}, "schedule"),
        ({"type": "adhoc", "name": "", "action": {"kind": "code", "source": "1"}}, "name"),
        ({"type": "adhoc", "name": "a", "action": {"kind": "code"}}, "action.source"),
        ({"type": "adhoc", "name": "a", "action": {"kind": "code", "source": "1", "x": 1}}, "action.x"),
        ({"type": "adhoc", "name": "a", "action": {"kind": "sing"}}, "action"),
        ({"type": "adhoc", "name": "a", "action": {"kind": "code", "source": "1"}, "tags": ["a", 1]}, "tags.1"),
        (
            {
                "type": "adhoc",
                "name": "a",
                "action": {"kind": "code", "source": "1"},
                "policy": {"retries": {"max": -1}},
            },
            "policy.retries.max",
        ),
    ],
)
def test_a_value_that_is_not_valid_is_named_as_the_client_wrote_it(task, field):
    with pytest.raises(ValidationError) as refused:
        TASK.validate_python(task)
    status, error = describe(refused.value)
    assert status == 400
    assert error["field"] == field
    assert error["errors"][0]["field"] == field
    assert error["message"]


def test_the_rejected_value_is_not_repeated():
    with pytest.raises(ValidationError) as refused:
        TASK.validate_python({"type": "adhoc", "name": "a", "action": {"kind": "code", "source": ["hunter2"]}})
    assert "hunter2" not in str(describe(refused.value))


@pytest.mark.parametrize("problem", [RuntimeError("password=1"), HTTPError(500, "password=1"), KeyError("password=1")])
def test_an_error_of_our_own_tells_nothing(problem):
    assert describe(problem) == (500, INTERNAL)
    assert "password" not in str(INTERNAL)


def test_a_status_of_tornado_has_a_code_and_a_message():
    assert describe(HTTPError(405)) == (405, {"code": "method_not_allowed", "message": "Method Not Allowed"})
    assert describe(HTTPError(403, "not you"))[1] == {"code": "forbidden", "message": "not you"}
