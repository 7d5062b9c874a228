"""What a request body may be: JSON that can be stored and given back."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.handlers.body import MOST_LISTS, BadJson, parse_json, parse_tasks


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"", None),
        (b"  \n", None),
        (b"{}", {}),
        (b'{"a": [1, 2.5, "\xc3\xa9", null, true]}', {"a": [1, 2.5, "é", None, True]}),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"a\\u0000b"', r"a\u0000b"),
    ],
)
def test_json_is_read(body, value):
    assert parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "line 1 column 2"),
        (b"{'a': 1}", "line 1"),
        (b"nonsense", "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b"\xff\xfe", "UTF-8"),
        (rb'"\ud800"', "surrogate"),
        (rb'{"\udfff": 1}', "surrogate"),
        (rb'{"a": ["x\u0000"]}', "NUL"),
        (rb'{"\u0000": 1}', "NUL"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"1" * 5000, "not JSON"),
        (b'{"a": 1e999}', "larger than a number can be"),
        (b'{"tasks":[' + b"[]," * MOST_LISTS + b"[]]}", "more than 4,000,000 brackets"),
    ],
)
def test_what_is_no_json_that_we_take_is_refused_with_the_reason(body, says):
    with pytest.raises(BadJson, match=says) as refused:
        parse_json(body)
    assert (refused.value.status, refused.value.code) == (400, "bad_json")


TASKS = [
    b'{"tasks": []}',
    b'{"tasks":[ ]}',
    b'{"tasks": [1, {"a": [2]}, "x"]}',
    b' \n{ "format" : 1 , "tasks" : [ {"a": 1} , {"b": "\xc3\xa9"} ] } \n',
    b'{"tasks": [{"a": 1}], "more": [1]}',
    b'{"tasks": [{"a": 1}], "tasks": [2]}',
    b'{"other": 1, "tasks": [{"a": 1}]}',
    b'{"yaml": "tasks: []"}',
    b'[{"a": 1}]',
    b"",
]
NO_TASKS = [
    b'{"tasks": [',
    b'{"tasks": [1',
    b'{"tasks": [1,',
    b'{"tasks": [1,]}',
    b'{"tasks": [,1]}',
    b'{"tasks": [1 2]}',
    b'{"tasks": [1]',
    b'{"tasks": [1]}}',
    b'{"tasks": [1]} x',
    b'{"tasks": [1}]',
    b'{"tasks": [NaN]}',
    b'{"tasks": [1e999]}',
    rb'{"tasks": ["\ud800"]}',
    rb'{"tasks": ["\u0000"]}',
    b'{"tasks": [' + b"[" * 100_000,
]


@pytest.mark.parametrize("body", TASKS)
def test_a_list_of_tasks_is_read_as_a_whole_would_be(body):
    whole = parse_json(body)
    if isinstance(whole, dict):
        whole.pop("format", None)
    assert parse_tasks(body) == whole


@pytest.mark.parametrize("body", NO_TASKS)
def test_a_list_of_tasks_is_as_strict_as_a_whole(body):
    for parse in (parse_json, parse_tasks):
        with pytest.raises(BadJson):
            parse(body)
