"""The outputs of a cell, kept as nbformat 4 does, built from a kernel's messages as they come.

A stream's text is kept as a list of pieces, which nbformat allows, so that many small prints cost no copying.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]
Output = dict[str, Any]

TAIL = 16_384
"""Characters at the end of a stream that are shown even when its middle was cut."""


RESERVE = 100_000
"""Characters for small displays and results that come after a flood of text has used up all else."""


@dataclass(slots=True)
class Allowance:
    """How many characters of output a run may still keep; what comes after is counted and dropped, but for a tail."""

    left: int
    reserve: int = RESERVE
    dropped: int = 0
    tail: str = ""

    def take(self, text: str) -> str:
        """As much of the text as is allowed."""
        if len(text) <= self.left:
            self.left -= len(text)
            return text
        kept, rest = text[: self.left], text[self.left :]
        self.left = 0
        self.dropped += len(rest)
        self.tail = (self.tail + rest)[-TAIL:]
        return kept

    def afford(self, content: dict[str, Any]) -> dict[str, Any]:
        """The content of a display message, or, if its data are too much, one that says so instead."""
        data = content["data"]
        size = sum(len(value) for value in data.values() if isinstance(value, str))
        if size <= self.left:
            self.left -= size
            return content
        if size <= self.reserve:
            self.reserve -= size
            return content
        return {**content, "data": {"text/plain": f"[output cut: {size:,} characters of {', '.join(sorted(data))}]"}}

    def remainder(self) -> str:
        """The note that tells what was cut, and the tail; empty if nothing was. Starts afresh."""
        if not self.dropped:
            return ""
        note = f"\n[output cut: {self.dropped - len(self.tail):,} characters are left out here]\n{self.tail}"
        self.dropped, self.tail = 0, ""
        return note


@dataclass(slots=True)
class CellOutputs:
    """Applies output messages to a cell. `displays` finds the outputs with a display id, in all cells of the run."""

    cell: Cell
    displays: dict[str, list[tuple[Cell, Output]]] = field(default_factory=dict)
    clear_next: bool = False

    @property
    def outputs(self) -> list[Output]:
        outputs: list[Output] = self.cell["outputs"]
        return outputs

    def apply(self, kind: str, content: dict[str, Any]) -> list[Cell]:
        """Take in one message; returns the cells that changed."""
        match kind:
            case "update_display_data":
                return self._update(content)
            case "clear_output":
                self.clear_next = bool(content.get("wait"))
                if not self.clear_next:
                    self.outputs.clear()
            case "stream" | "display_data" | "execute_result" | "error":
                if self.clear_next:
                    self.clear_next = False
                    self.outputs.clear()
                self._add(kind, content)
            case _:
                return []  # comm messages of widgets, the echo of the input
        return [self.cell]

    def _add(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "stream":
            self._stream(content["name"], content["text"])
        elif kind == "error":
            named = {name: content[name] for name in ("ename", "evalue")}
            self.outputs.append({"output_type": "error", **named, "traceback": list(content["traceback"])})
        else:
            self._show(kind, content)

    def _stream(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else None
        if last is None or last["output_type"] != "stream" or last["name"] != name:
            last = {"output_type": "stream", "name": name, "text": []}
            self.outputs.append(last)
        append_text(last["text"], text)

    def _show(self, kind: str, content: dict[str, Any]) -> None:
        output: Output = {"output_type": kind, "data": content["data"], "metadata": content.get("metadata", {})}
        if kind == "execute_result":
            output["execution_count"] = content.get("execution_count")
        self.outputs.append(output)
        display = content.get("transient", {}).get("display_id")
        if display:
            self.displays.setdefault(display, []).append((self.cell, output))

    def _update(self, content: dict[str, Any]) -> list[Cell]:
        found = self.displays.get(content.get("transient", {}).get("display_id", ""), [])
        for _, output in found:
            output["data"], output["metadata"] = content["data"], content.get("metadata", {})
        return [cell for cell, _ in found]


def append_text(pieces: list[str], text: str) -> None:
    """Add text to a stream. A carriage return rewrites the line it stands in, as a terminal does, so that a progress
    bar keeps one line; lines with escape sequences are kept as they came."""
    if "\r" not in text and not (pieces and pieces[-1].endswith("\r")):
        pieces.append(text)
        return
    text = ("".join(_unfinished(pieces)) + text).replace("\r\n", "\n")
    if "\x1b" not in text:
        *complete, last = text.split("\n")
        text = "".join([*(_overwrite(line) + "\n" for line in complete), _overwrite(last, ends=False)])
    if text:
        pieces.append(text)


def _unfinished(pieces: list[str]) -> list[str]:
    """Take the last, unfinished line off the pieces."""
    taken: list[str] = []
    while pieces:
        head, newline, rest = pieces.pop().rpartition("\n")
        taken.insert(0, rest)
        if newline:
            pieces.append(head + newline)
            break
    return taken


def _overwrite(line: str, *, ends: bool = True) -> str:
    """``"100%\r 5%"`` -> ``" 5%%"``: what follows a carriage return is written over what stands there. A return at the
    very end of an unfinished line is kept: what it is for is yet to come."""
    *parts, final = line.split("\r")
    shown = ""
    for part in parts:
        shown = part + shown[len(part) :]
    if parts and not final and not ends:
        return shown + "\r"
    return final + shown[len(final) :]
