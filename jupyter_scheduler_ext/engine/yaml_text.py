"""Tasks as YAML: plain data only, both ways."""

from __future__ import annotations

from math import isfinite
from typing import Any

import yaml

from .errors import Invalid

DEEPEST = 50
"""Levels of nesting that a document may have."""
MOST_NODES = 5_000_000
"""Values in a document: some 60,000 tasks with all their members."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _PlainLoader(_Loader):  # type: ignore[misc]
    """Leaves times as the texts they are."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class _PlainDumper(_Dumper):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> Any:
    """Texts of several lines as they are, where YAML can hold them so: code stays readable."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_PlainDumper.add_representer(str, _text)


def load(text: str) -> Any:
    """The value of a YAML text. Raises Invalid."""
    try:
        _survey(text)
        value = yaml.load(text, Loader=_PlainLoader)
        _refuse_odd(value)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise Invalid(f"the text is not YAML that is taken here: {error.problem}{where}", code="bad_yaml") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(f"the text is not YAML that is taken here: {error}", code="bad_yaml") from None
    return value


def _refuse_odd(value: Any) -> None:
    """Raises ValueError for what JSON, a database or a process cannot hold: sets, bytes, names that are no texts,
    numbers without end, NUL characters."""
    match value:
        case str():
            if "\0" in value:
                raise ValueError("texts must not hold the NUL character")
        case float():
            if not isfinite(value):
                raise ValueError(f"{value} is not a number that can be kept")
        case list():
            for item in value:
                _refuse_odd(item)
        case dict():
            for name, item in value.items():
                if not isinstance(name, str):
                    raise ValueError(f"names are texts, and {name!r} is none: put it in quotes")
                _refuse_odd(name)
                _refuse_odd(item)
        case None | bool() | int():
            pass
        case _:
            raise ValueError(f"plain data only, no {type(value).__name__}")


def _survey(text: str) -> None:
    """Refuse, before anything is built, what could exhaust stack or memory: a few aliases can stand for billions of
    nodes."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if number > MOST_NODES:
            raise yaml.YAMLError(f"more than {MOST_NODES:,} values")
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise yaml.YAMLError(f"nested deeper than {DEEPEST} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def dump(value: Any) -> str:
    """YAML for people: block style, in the order given."""
    text: str = yaml.dump(value, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)
    return text
