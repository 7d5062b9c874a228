"""The text of ``tasks.json``: an object with ``schema``, ``rev`` and ``tasks``, one indented block a task.

Reading goes entry by entry, so that what did not change is recognised by its text and not parsed again, and so that
10,000 entries do not hold the interpreter at one stretch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..engine.models import AnyTask
from . import entries
from .bulk import collector_at_rest
from .entries import INDENT, Entry

SCHEMA = 1

_BETWEEN = f",\n{INDENT}"

_decoder = json.JSONDecoder()
_blank = re.compile(r"[ \t\r\n]*")


class BadFile(ValueError):
    """The text as a whole cannot be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Document:
    """What the file says. `extras` are top-level keys that this version does not know."""

    rev: int = 0
    schema: int = SCHEMA
    entries: Mapping[str, Entry] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    migrated: int | None = None
    """The schema that the file has and this document had, if it is older than ours."""
    tasks: Mapping[str, AnyTask] = field(default_factory=dict)
    odd: frozenset[str] = frozenset()
    """Keys of entries that are more, or less, than the text of their task."""

    @classmethod
    def of(cls, rev: int, schema: int, entries: Mapping[str, Entry], extras: Mapping[str, Any]) -> Document:
        tasks = {key: entry.task for key, entry in entries.items() if entry.task is not None}
        odd = frozenset(key for key, entry in entries.items() if entry.odd)
        return cls(rev, schema, entries, extras, None, MappingProxyType(tasks), odd)

    def edited(self, changes: Mapping[str, Entry | None]) -> Document:
        """The next revision; None removes. Costs two copies of a dictionary, whatever their size a fraction of a
        millisecond, and otherwise what the changes cost."""
        held, tasks, odd = dict(self.entries), dict(self.tasks), set(self.odd)
        for key, entry in changes.items():
            odd.discard(key)
            if entry is None:
                held.pop(key, None)
                tasks.pop(key, None)
                continue
            held[key] = entry
            if entry.odd:
                odd.add(key)
            if entry.task is None:
                tasks.pop(key, None)
            else:
                tasks[key] = entry.task
        return Document(self.rev + 1, self.schema, held, self.extras, None, MappingProxyType(tasks), frozenset(odd))

    @property
    def problems(self) -> dict[str, str]:
        """Entries whose text means nothing: why."""
        return {key: problem for key in sorted(self.odd) if (problem := self.entries[key].problem) is not None}


EMPTY = Document()

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From each older schema to the next: the whole file as plain data, into the same."""


def read(content: bytes, before: Document, context: Mapping[str, Any]) -> Document:
    """The document of a file's content; entries that also stand in `before` are the same objects. Raises BadFile."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"it is not UTF-8 text (byte {error.start})") from error
    if not text.strip("\0 \t\r\n"):
        raise BadFile("it is empty")
    try:
        with collector_at_rest():
            fields = _Scanner(text, before, context).document()
            schema = fields.get("schema", SCHEMA)
            if type(schema) is int and schema in MIGRATIONS:
                return _migrated(text, schema, context)
    except json.JSONDecodeError as error:
        raise BadFile(f"it is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise BadFile(f"it is not JSON: {error}") from error
    return _document(fields)


def write(document: Document) -> bytes:
    """The file's content. The revision comes first: it is what tells two versions apart at a glance."""
    head = {"schema": document.schema, "rev": document.rev, **document.extras}
    top = "".join(f"  {json.dumps(name)}: {_indented(value)},\n" for name, value in head.items())
    texts = [entry.text for entry in document.entries.values()]
    if not texts:
        return f'{{\n{top}  "tasks": []\n}}\n'.encode()
    texts[0] = f'{{\n{top}  "tasks": [\n{INDENT}{texts[0]}'
    texts[-1] += "\n  ]\n}\n"
    return _BETWEEN.join(texts).encode()


def merge(ours: Document, theirs: Document) -> Document:
    """What is in force after someone else wrote `theirs` over `ours`.

    The file wins, entry by entry, but for two things: where it can no longer be read, the last good task stays in
    force; and revisions never go back, so that a change by hand (which counts none) is a new revision as well.
    """
    merged = {key: _merge_entry(ours.entries.get(key), entry) for key, entry in theirs.entries.items()}
    changed = merged != ours.entries or theirs.extras != ours.extras
    rev = max(theirs.rev, ours.rev + 1 if changed else ours.rev)
    return replace(Document.of(rev, theirs.schema, merged, theirs.extras), migrated=theirs.migrated)


def _merge_entry(ours: Entry | None, theirs: Entry) -> Entry:
    if ours is None or theirs is ours or ours.task is None:
        return theirs
    if theirs.task is None:
        return replace(theirs, task=ours.task, extras=ours.extras)
    same = theirs.task.model_copy(update={"revision": ours.task.revision}) == ours.task
    revision = max(theirs.task.revision, ours.task.revision if same else ours.task.revision + 1)
    stale = theirs.stale or revision != theirs.task.revision
    if same and revision == ours.task.revision:
        return replace(theirs, task=ours.task, stale=stale)
    return replace(theirs, task=theirs.task.model_copy(update={"revision": revision}), stale=stale)


def _document(fields: dict[str, Any]) -> Document:
    schema, rev = fields.pop("schema", SCHEMA), fields.pop("rev", 0)
    if type(schema) is not int or type(rev) is not int:
        raise BadFile("schema and rev are not whole numbers")
    if schema < SCHEMA:
        raise BadFile(f"its schema, {schema}, is unknown")
    if "tasks" not in fields:
        raise BadFile("it has no tasks")
    return Document.of(rev, schema, fields.pop("tasks"), fields)


def _migrated(text: str, schema: int, context: Mapping[str, Any]) -> Document:
    value = json.loads(text)
    for step in range(schema, SCHEMA):
        value = MIGRATIONS[step](value)
    value["schema"] = SCHEMA
    fields = _Scanner(json.dumps(value), EMPTY, context).document()
    return replace(_document(fields), migrated=schema)


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2).replace("\n", "\n  ")


class _Scanner:
    """Walks over the text once."""

    def __init__(self, text: str, before: Document, context: Mapping[str, Any]) -> None:
        self._text = text
        self._position = 0
        self._before = before.entries
        self._order = [entry for entry in before.entries.values() if not entry.key.startswith("#")]
        self._expected = 0
        self._context = context

    def document(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for _ in self._items("{", "}"):
            name = self._value()
            if not isinstance(name, str):
                raise json.JSONDecodeError("Expecting a key in double quotes", self._text, self._position)
            self._take(":")
            fields[name] = self._tasks() if name == "tasks" else self._value()
        self._skip_blank()
        if self._position < len(self._text):
            raise json.JSONDecodeError("Extra data", self._text, self._position)
        return fields

    def _tasks(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for _ in self._items("[", "]"):
            self._recognise(found)
            entry = self._entry(len(found) + 1)
            if entry.key in found:
                twin = f"another entry has the uuid {entry.key}: give this one its own, or leave the uuid out"
                entry = Entry(f"#{len(found) + 1}", entry.text, problem=twin)
            found[entry.key] = entry
        return found

    def _recognise(self, found: dict[str, Entry]) -> None:
        """Pass over entries that stand where they stood, all but the last: by far the most, so in one quick loop."""
        text, position, order, expected = self._text, self._position, self._order, self._expected
        while expected < len(order):
            entry = order[expected]
            end = position + len(entry.text)
            if not text.startswith(entry.text, position) or not text.startswith(_BETWEEN, end) or entry.key in found:
                break
            found[entry.key] = entry
            position = end + len(_BETWEEN)
            expected += 1
        self._position, self._expected = position, expected
        self._skip_blank()

    def _entry(self, position: int) -> Entry:
        start = self._position
        value = self._value()
        text = self._text[start : self._position]
        key = entries.identify(value, text, position)
        before = self._before.get(key)
        if before is not None:
            self._expected = self._places.get(key, self._expected - 1) + 1
            if before.text == text:
                return before
        return entries.read(value, text, key, self._context)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {entry.key: place for place, entry in enumerate(self._order)}

    def _items(self, opening: str, closing: str) -> Iterator[None]:
        """Stops before each item of an object or array, and after its end."""
        self._take(opening)
        self._skip_blank()
        if self._text.startswith(closing, self._position):
            self._position += 1
            return
        while True:
            yield
            self._skip_blank()
            if self._text.startswith(closing, self._position):
                self._position += 1
                return
            self._take(",")
            self._skip_blank()

    def _value(self) -> Any:
        value, self._position = _decoder.raw_decode(self._text, self._position)
        return value

    def _take(self, token: str) -> None:
        self._skip_blank()
        if not self._text.startswith(token, self._position):
            raise json.JSONDecodeError(f"Expecting '{token}'", self._text, self._position)
        self._position += 1
        self._skip_blank()

    def _skip_blank(self) -> None:
        match = _blank.match(self._text, self._position)
        assert match is not None
        self._position = match.end()
