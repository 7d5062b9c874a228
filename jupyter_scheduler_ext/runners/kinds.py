"""Is what a run is given of the type that its notebook declares? Told before a kernel is started for it.

A default says less than an annotation: whoever writes ``days = 7`` may well be given 0.5. So numbers pass for one
another, null passes for everything, and so does any value where the type is not one of JSON's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.errors import Invalid
from .inspect import Declared
from .resolving import is_left_open

NUMBER, TRUTH, TEXT, LIST, OBJECT = "a number", "true or false", "a text", "a list", "an object of names and values"
KINDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("int", "float", "complex", "Number"), frozenset({NUMBER, TRUTH})),
    "bool": frozenset({TRUTH}),
    "str": frozenset({TEXT}),
    **dict.fromkeys(("list", "tuple", "set", "List", "Tuple", "Set", "Sequence", "Iterable"), frozenset({LIST})),
    **dict.fromkeys(("dict", "Dict", "Mapping"), frozenset({OBJECT})),
    "None": frozenset(),
}
"""What may be given for a type, by its name."""


def check_types(declared: Iterable[Declared], given: Mapping[str, Any], *, field: str = "parameters") -> None:
    """Raises Invalid for the first value that cannot be what its parameter is for. Values that are known only when the
    run starts, built-ins and secrets, are passed over; so are parameters that the notebook does not declare."""
    for parameter in declared:
        name = parameter["name"]
        allowed = _allowed(parameter["type"])
        value = given.get(name)
        if value is None or allowed is None or is_left_open(value):
            continue
        kind = _kind(value)
        if kind not in allowed:
            wanted = " or ".join(sorted(allowed - {TRUTH} or allowed))
            raise Invalid(f"the parameter {name!r} is to be {wanted}, and not {kind}", field=f"{field}.{name}")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return TRUTH
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, str):
        return TEXT
    return OBJECT if isinstance(value, Mapping) else LIST


def _allowed(annotation: str | None) -> frozenset[str] | None:
    """The kinds of value that fit an annotation; None if all do."""
    if annotation is None:
        return None
    try:
        return _fitting(ast.parse(annotation, mode="eval").body)
    except (SyntaxError, ValueError):
        return None


def _fitting(node: ast.expr) -> frozenset[str] | None:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either([left, right])
        case ast.Subscript(value=ast.Name(id="Union") | ast.Attribute(attr="Union"), slice=ast.Tuple(elts=members)):
            return _either(members)
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=member):
            return _fitting(member)
        case ast.Subscript(value=base):
            return _fitting(base)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return KINDS.get(name)
        case ast.Constant(value=None):
            return KINDS["None"]
        case ast.Constant(value=str(text)):
            return _allowed(text)
    return None


def _either(members: Iterable[ast.expr]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for member in members:
        fitting = _fitting(member)
        if fitting is None:
            return None
        found |= fitting
    return found
