"""Request bodies: strict JSON, and texts that every store and every reply can hold.

Python parses JSON in one step that nothing interrupts, in a thread as well. So bodies are bounded in the number of
their lists besides their length, and tasks are parsed one by one: the event loop has its turn in between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any, NoReturn

from ..engine.errors import Invalid

MEGABYTE = 1024 * 1024
MOST_LISTS = 4_000_000
"""Brackets in one body: 64 MB of empty lists would take half a minute, these take a second or two."""
_LIST_OF_TASKS = re.compile(r'\s*\{(?:\s*"format"\s*:\s*\d{1,9}\s*,)?\s*"tasks"\s*:\s*\[')
_SPACE = re.compile(r"[ \t\n\r]*")


class BadJson(Invalid):
    """The body is not JSON that we take."""

    code = "bad_json"


def parse_json(body: bytes) -> Any:
    """The value of a JSON text; None for an empty one. Raises BadJson.

    Stricter than `json.loads` where a value could not be given back as JSON or stored as text: ``NaN`` and its kin,
    numbers without end, lone surrogates and NUL characters.
    """
    return _strictly(body, json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode)


def parse_tasks(body: bytes) -> Any:
    """The same, task by task where the body is ``{"tasks": [...]}`` as an export gives it."""
    return _strictly(body, _by_task)


def _strictly(body: bytes, parse: Callable[[str], Any]) -> Any:
    if not body.strip():
        return None
    if body.count(b"[") + body.count(b"{") > MOST_LISTS:
        raise BadJson(f"the body has more than {MOST_LISTS:,} brackets")
    try:
        text = body.decode("utf-8")
        value = parse(text)
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


def _by_task(text: str) -> Any:
    decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
    head = _LIST_OF_TASKS.match(text)
    if head is None:
        return decoder.decode(text)
    tasks: list[Any] = []
    at = _after_space(text, head.end())
    while text[at : at + 1] != "]":
        task, at = decoder.raw_decode(text, at)
        tasks.append(task)
        at = _after_space(text, at)
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
            if text[at : at + 1] == "]":
                raise json.JSONDecodeError("Illegal trailing comma", text, at)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    end = _after_space(text, _after_space(text, at + 1) + 1)
    if text[_after_space(text, at + 1) : end].strip() != "}" or end != len(text):
        return decoder.decode(text)  # members that an export does not have: as a whole, then
    return {"tasks": tasks}


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


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
