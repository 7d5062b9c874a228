"""What the members of a shape mean: the texts below a model's fields, read out of its source when a document is made.

They cost nothing before: a server that starts reads no source.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import BaseModel


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Field -> what the text below it says, in one line; a base's text counts unless the field is declared anew.

    Empty where there is no source to read, as in an application that was frozen.
    """
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, BaseModel) and cls is not BaseModel:
            found |= _texts(cls.__module__).get(cls.__qualname__, {})
    return found


@cache
def _texts(module: str) -> Mapping[str, Mapping[str, str]]:
    """Class -> field -> text, of every class at the top of a module."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return {}
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return {cls.name: dict(_fields(cls)) for cls in classes}


def _fields(cls: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Each field that has a text right below it, and the text."""
    for field, below in zip(cls.body, cls.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            yield field.target.id, " ".join(below.value.value.split())
