"""Request bodies: strict JSON, and texts that every store and every reply can hold."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

from ..engine.errors import Invalid

MEGABYTE = 1024 * 1024


class BadJson(Invalid):
    """The body is not JSON that we take."""

    code = "bad_json"


def parse_json(body: bytes) -> Any:
    """The value of a JSON text; None for an empty one. Raises BadJson.

    Stricter than `json.loads` where a value could not be given back as JSON or stored as text: ``NaN`` and its kin,
    numbers without end, lone surrogates and NUL characters.
    """
    if not body.strip():
        return None
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson(f"the body is not UTF-8: byte {error.start} is not part of a character") from None
    except UnicodeEncodeError:
        raise BadJson("the body has half of a character pair (a lone surrogate)") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"the body is not JSON: {error.msg}, line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise BadJson("the body is nested too deeply") from None
    except ValueError as error:
        raise BadJson(f"the body is not JSON: {error}") from None
    if "\\u0000" in text and _holds_nul(value):
        raise BadJson("texts must not hold the NUL character")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is larger than a number can be")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return "\0" in value
        case list():
            return any(_holds_nul(item) for item in value)
        case dict():
            return any("\0" in key or _holds_nul(item) for key, item in value.items())
    return False
