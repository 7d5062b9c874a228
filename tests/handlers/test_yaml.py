"""Tasks as YAML: plain data, and nothing that YAML can do besides."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine import yaml_text
from jupyter_scheduler_ext.engine.errors import Invalid


def test_what_is_dumped_is_loaded_again_as_it_was():
    tasks = {
        "tasks": [
            {
                "name": "Nächtlich: 'ä' # no comment",
                "schedule": {"minute": "30", "hour": "02", "weekday": "*/2"},
                "plan": {"todo": [{"at": "2026-03-12T02:30:00Z"}]},
                "enabled": True,
                "tags": ["yes", "null", "1e3", "2026-01-01"],
                "source": "a = 1\nprint(a)\n\ttab",
                "timeout": None,
            }
        ]
    }
    assert yaml_text.load(yaml_text.dump(tasks)) == tasks


def test_times_stay_texts():
    assert yaml_text.load("at: 2026-03-12T02:30:00Z\nday: 2026-03-12") == {
        "at": "2026-03-12T02:30:00Z",
        "day": "2026-03-12",
    }


def test_the_same_value_twice_is_written_twice():
    tags = ["a"]
    assert "&" not in yaml_text.dump([{"tags": tags}, {"tags": tags}])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: &x [*x]", "aliases"),
        ("!!python/object/apply:os.system ['true']", "python/object"),
        ("!!python/name:os.system", "python/name"),
        ("[" * 60 + "]" * 60, "nested deeper"),
        ("[" * 100_000, "nested deeper|nesting depth"),
        ("a: [1", "line"),
        ("a: b: c", "line 1 column"),
        ("%YAML 9.9\n---\na", "YAML"),
        ("a: \x00", "YAML"),
    ],
)
def test_what_is_more_than_plain_data_is_refused(text, says):
    with pytest.raises(Invalid, match=says) as refused:
        yaml_text.load(text)
    assert refused.value.code == "bad_yaml"
