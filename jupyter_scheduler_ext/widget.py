"""The scheduler's table in a notebook cell: the same bundle as the page, as a Jupyter widget.

The browser talks to the Jupyter server itself where it can, and else through this kernel (see `bridge`). Before the
widget stands a table of words, which the widget hides once it is alive: it is what is left on GitHub, after nbconvert,
and wherever else nothing runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import anywidget
from IPython.display import display
from traitlets import Bool, Dict, Enum, Int, Unicode, Union

from .bridge import Bridge
from .client import SchedulerClient, SchedulerError, calls, pictures
from .client.connection import Connection
from .client.discovery import server_of
from .client.naming import is_id
from .client.records import TaskRecord

if TYPE_CHECKING:
    from os import PathLike

STATIC = Path(__file__).parent / "static"
NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The widget's bundle was not built: run npm ci && npm run build in js/, or install anew.";
} };"""
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SHOWN = 50
"""Rows of the table that stands in where there is no JavaScript."""
ANSWER_TIMEOUT = 15.0
STILL_TIMEOUT = 3.0
"""Seconds that showing a widget waits for the tasks of that table."""


def asset(name: str, otherwise: str) -> str | PathLike[str]:
    """A file of the bundle, or what stands in for one that was not built."""
    file = STATIC / name
    return file if file.is_file() else otherwise


class SchedulerWidget(anywidget.AnyWidget):
    """The tasks of this kernel's server, live: run, edit, follow and read them from a cell.

    `task` shows one task's card (an id, a name or a `Task`), `filter` only some tasks: words to look for, or
    ``{"tag": "finance"}`` (also ``state``, ``type``, ``q``, ``context_id``). `height` is a CSS length or a number of
    pixels, `theme` auto, light or dark. `url` and `token` name another server than the kernel's own; the browser then
    reaches it through the kernel, and the token stays here.
    """

    _esm = asset("scheduler.js", NOT_BUILT)
    _css = asset("scheduler.css", "")

    task = Unicode("", help="The id of the one task to show; empty: all").tag(sync=True)
    filter = Union([Dict(), Unicode()], help="Words to look for, or members that shown tasks have").tag(sync=True)
    height = Union([Unicode(), Int()], default_value="", help="CSS length, or pixels; empty: as needed").tag(sync=True)
    theme = Enum(("auto", "light", "dark"), "auto", help="auto follows JupyterLab or the system").tag(sync=True)
    read_only = Bool(False, help="Show, but offer no action").tag(sync=True)
    transport = Enum(("auto", "comm"), "auto", help="comm: always through the kernel").tag(sync=True)
    _still = Unicode(help="The class of the words that a living view hides").tag(sync=True)

    def __init__(
        self,
        task: str | TaskRecord | None = None,
        *,
        filter: str | Mapping[str, str] | None = None,
        height: int | str | None = None,
        url: str | None = None,
        token: str | None = None,
        verify: bool | str = True,
        **traits: Any,
    ) -> None:
        self._bridge = Bridge(lambda: Connection(server_of(url, token), ANSWER_TIMEOUT, verify))
        self._client = partial(SchedulerClient, url, token, timeout=STILL_TIMEOUT, verify=verify)
        traits |= {"filter": filter if isinstance(filter, str) else dict(filter or {})}
        if height is not None:
            traits["height"] = height
        if url is not None:
            traits["transport"] = "comm"
        super().__init__(task=self._id_of(task), _still=f"scheduler-still-{token_hex(8)}", **traits)
        self.on_msg(lambda _, message, __: self._bridge.carry(message, self.send))

    def _ipython_display_(self) -> None:
        show: Callable[..., Any] = display
        for data, metadata in self.outputs():
            show(data, metadata=metadata, raw=True)

    def outputs(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """What a cell shows, each with its metadata: the words, and then the widget.

        In one output nbconvert would take the widget and drop the words whenever the notebook keeps the widget's state,
        as one that it has executed does; what it then makes is blank without a script from elsewhere. Where the state
        is not kept, the widget is no text at all, lest the words be said twice.
        """
        data, metadata = self._bundle()
        return [(self.still(), {}), ({WIDGET_VIEW: data[WIDGET_VIEW], "text/plain": ""}, metadata)]

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Both in one, for whoever shows the widget otherwise."""
        data, metadata = self._bundle()
        return {**data, **self.still()}, metadata

    def _bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_()
        assert bundle is not None, "it has a view"
        return bundle if isinstance(bundle, tuple) else (bundle, {})

    def still(self) -> dict[str, str]:
        """What the widget shows, without JavaScript: as ``text/html`` and ``text/plain``."""
        words = self._words()
        return {**words, "text/html": f'<div class="scheduler-still {self._still}">{words["text/html"]}</div>'}

    def _words(self) -> dict[str, str]:
        try:
            return self._card() if self.task else self._table()
        except SchedulerError as error:
            return {
                "text/html": f"<p>Scheduler: {escape(error.message)}</p>",
                "text/plain": f"Scheduler: {error.message}",
            }

    def _card(self) -> dict[str, str]:
        client = self._client()
        task = client.task(self.task)
        runs = task.runs(limit=10)
        return {
            "text/html": task._repr_html_() + runs._repr_html_(),
            "text/plain": f"{task!r}\n{runs!r}",
        }

    def _table(self) -> dict[str, str]:
        asked = {"q": self.filter} if isinstance(self.filter, str) else dict(self.filter)
        asked |= {"context_id": asked.pop("context")} if "context" in asked else {}
        connection = self._client().connection
        page = connection.fetch_json(calls.tasks(asked, "attention", SHOWN, None))
        tasks, more = page["tasks"], page["total"] - len(page["tasks"])
        after = f"and {more} more" if more else ""
        text = pictures.text_table(pictures.TASK_HEADS, pictures.task_rows(tasks), "No tasks.")
        return {
            "text/html": pictures.task_table(tasks, "No tasks.") + (f"<p>{after}</p>" if after else ""),
            "text/plain": f"{text}\n{after}".rstrip(),
        }

    def _id_of(self, task: str | TaskRecord | None) -> str:
        """A name is looked up; where there is no server to ask, it stays as it is."""
        if task is None or isinstance(task, TaskRecord):
            return "" if task is None else task.id
        if is_id(task):
            return task
        try:
            return self._client().task(task).id
        except SchedulerError:
            return task
