"""What a request body may be: JSON that can be stored and given back."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.handlers.body import BadJson, parse_json


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
    ],
)
def test_what_is_no_json_that_we_take_is_refused_with_the_reason(body, says):
    with pytest.raises(BadJson, match=says) as refused:
        parse_json(body)
    assert (refused.value.status, refused.value.code) == (400, "bad_json")
