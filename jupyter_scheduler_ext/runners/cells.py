"""Executing the cells of a document one after another in a kernel, and reporting what they put out as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..contexts.conversation import Conversation, Reply
from ..contexts.documents import Cell, Document
from ..engine.abc import Sink
from ..engine.runs import RunError
from .outputs import Allowance, CellOutputs, Output
from .parameters import INJECTED, tags_of
from .progress import Progress
from .sources import source_of

MAY_FAIL = "raises-exception"
LEFT_OUT = "skip-execution"
"""Cell tags, as nbclient and Jupyter Book read them."""
SHOWN = frozenset({"display_data", "execute_result", "update_display_data"})
SHOW_VALUES = frozenset({"r"})
"""Languages, in small letters, whose kernels send the value of a cell as a display and not as a result."""
LAST_LINE = 4096
"""Characters of standard output that are looked at for the last line."""
LONGEST_RESULT = 65_536


@dataclass(slots=True)
class CellRun:
    """The cells of one run in one document. `error` is the exception that ended it; `value` and `printed` (the end
    of what went to stdout) are what its result is made of."""

    document: Document
    cells: list[Cell]
    sink: Sink
    allowance: Allowance
    stopped: Callable[[], bool]
    interrupt: Callable[[], None]
    """Called if the kernel begins a cell after the run was stopped: the interrupt came too early for it."""
    language: str = "python"
    hidden: str | None = None
    """Code that sets secret parameters; it is run before the cell of the others, and kept nowhere."""
    error: RunError | None = None
    value: str | None = None
    printed: str = ""
    displays: dict[str, list[tuple[Cell, Output]]] = field(default_factory=dict)

    async def perform(self, talk: Conversation) -> None:
        """Run every code cell until one fails or the run is stopped. Raises KernelDied."""
        todo = list(self._executable())
        progress = Progress(self.sink.progress, len(todo))
        sending = _Sending(self, talk, [cell for _, cell in todo])
        for position, (number, cell) in enumerate(todo):
            request = sending.request(position)  # first of all: the rest is done while the kernel works
            if request is None:
                return
            self.sink.write("cell", source_of(cell), cell=number, position=position + 1, cells=len(todo))
            hearing = _Hearing(self, cell, number, progress)
            self.document.touch(cell)
            reply = await talk.follow(request, hearing, sending.go_on)
            hearing.finish()
            cell["execution_count"] = reply.execution_count
            self.document.touch(cell)
            if reply.status != "ok" and not self._may_fail(cell):
                self.error = self._error_of(reply)
                return
            progress.part_done()

    @property
    def result(self) -> str | None:
        """The last value a cell had, else the last line that was printed."""
        return (
            self.value[:LONGEST_RESULT]
            if self.value is not None
            else (last_line(self.printed)[:LONGEST_RESULT] or None)
        )

    def _executable(self) -> Iterator[tuple[int, Cell]]:
        for number, cell in enumerate(self.cells):
            if cell["cell_type"] == "code" and LEFT_OUT not in tags_of(cell) and source_of(cell).strip():
                yield number, cell

    @staticmethod
    def _may_fail(cell: Cell) -> bool:
        return MAY_FAIL in tags_of(cell)

    @staticmethod
    def _error_of(reply: Reply) -> RunError:
        if reply.status == "error":
            return RunError(name=reply.name, message=reply.message, traceback=reply.traceback)
        return RunError(name="Aborted", message="the kernel did not run the cell, because one before it failed")


class _Sending:
    """Sends one cell after another. A cell is sent as soon as the one before it has answered that all went well, while
    the end of that one's output is still on its way; after a failure not before the output has ended, since a kernel
    that drops what waits in its queue would drop it as well."""

    def __init__(self, run: CellRun, talk: Conversation, cells: list[Cell]) -> None:
        self._run = run
        self._talk = talk
        self._cells = cells
        self._sent: list[str] = []

    def request(self, position: int) -> str | None:
        """The request of a cell, which is sent now if it was not yet; None if the run was stopped before."""
        if position == len(self._sent):
            self._send()
        return self._sent[position] if position < len(self._sent) else None

    def go_on(self, reply: Reply) -> None:
        """The newest cell has answered."""
        if reply.status == "ok" and len(self._sent) < len(self._cells):
            self._send()

    def _send(self) -> None:
        if self._run.stopped():
            return
        cell = self._cells[len(self._sent)]
        if self._run.hidden is not None and INJECTED in tags_of(cell):
            self._talk.send_silently(self._run.hidden)
        self._sent.append(self._talk.send(source_of(cell)))


class _Hearing:
    """Takes in the messages of one cell: into its outputs, the run's log, the progress and the result."""

    def __init__(self, run: CellRun, cell: Cell, number: int, progress: Progress) -> None:
        cell["outputs"] = []
        cell["execution_count"] = None
        run.value = None
        self._run = run
        self._number = number
        self._progress = progress
        self._outputs = CellOutputs(cell, run.displays)

    def __call__(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "execute_input" and self._run.stopped():
            self._run.interrupt()
        elif kind == "stream":
            self._progress.seen(content["text"])
            content = {**content, "text": self._run.allowance.take(content["text"])}
            if content["text"]:
                self._streamed(content)
            else:
                return
        elif kind in SHOWN:
            content = self._run.allowance.afford(content)
            self._shown(kind, content)
        elif kind == "error":
            traceback = "\n".join(content["traceback"])
            self._write("error", traceback, name=content["ename"], message=content["evalue"])
        elif kind == "clear_output":
            self._write("status", clear=True, wait=bool(content.get("wait")))
        for cell in self._outputs.apply(kind, content):
            self._run.document.touch(cell)

    def finish(self) -> None:
        """The cell is over: what was cut of its output ends with a note and the last of it."""
        note = self._run.allowance.remainder()
        if note:
            content = {"name": "stdout", "text": note}
            self._streamed(content)
            self._outputs.apply("stream", content)

    def _streamed(self, content: dict[str, Any]) -> None:
        if content["name"] == "stdout":
            self._run.printed = (self._run.printed + content["text"])[-LAST_LINE:]
        self._write(content["name"], content["text"])

    def _shown(self, kind: str, content: dict[str, Any]) -> None:
        data = content["data"]
        plain = data.get("text/plain", "")
        text = plain if isinstance(plain, str) else "".join(plain)
        display = content.get("transient", {}).get("display_id")
        named = {} if display is None else {"display_id": display, "update": kind == "update_display_data"}
        result = kind == "execute_result"
        if result or (self._run.language.lower() in SHOW_VALUES and kind == "display_data" and text):
            self._run.value = text
        metadata = content.get("metadata", {})
        self._write("result" if result else "display", text, data=data, metadata=metadata, **named)

    def _write(self, kind: str, text: str = "", **data: Any) -> None:
        self._run.sink.write(kind, text, cell=self._number, **data)


def last_line(text: str) -> str:
    """The last line that holds something; what a carriage return wrote over is left out."""
    stripped = text.rstrip()
    return stripped[max(stripped.rfind("\n"), stripped.rfind("\r")) + 1 :]
