"""Tasks and runs as text and as HTML that reads well wherever a notebook is shown.

Colours are JupyterLab's with fallbacks. Nothing depends on them: where styles and pictures are stripped, as on GitHub,
what is left is a plain table of words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, NamedTuple

Json = Mapping[str, Any]

BAD = frozenset({"failed", "timed_out", "lost"})
STATE_MARKS = {"idle": "○", "running": "◐", "disabled": "‖", "error": "▲"}
RUN_MARKS = {
    "queued": "…", "running": "◐", "succeeded": "✓", "failed": "✗", "timed_out": "✗", "cancelled": "■",
    "interrupted": "■", "lost": "✗", "skipped": "»", "missed": "□",
}  # fmt: skip
COLOURS = {
    "good": "var(--jp-success-color1, #388e3c)",
    "bad": "var(--jp-error-color1, #d32f2f)",
    "running": "var(--jp-info-color1, #0288d1)",
    "quiet": "var(--jp-ui-font-color2, #757575)",
}
BLOCKS = "▁▂▃▄▅▆▇█"


# Lines ---------------------------------------------------------------------------------------------------------------


def task_line(task: Json) -> str:
    """``<Task 'Nightly report', idle: At 02:30, next 2026-03-12 02:30 UTC>``"""
    when = task.get("schedule_words") or task.get("type", "")
    after = f", next {time_text(task['next_run'])}" if task.get("next_run") else ""
    return f"<Task {task.get('name')!r}, {task.get('state')}: {when}{after}>"


def run_line(run: Json) -> str:
    """``<Run of 'Nightly report', succeeded after 3.2 s>``"""
    took = run.get("duration")
    after = f" after {duration_text(took)}" if took is not None else ""
    why = _why(run)
    return f"<Run of {run.get('task_name')!r}, {state_text(run['state'])}{after}{': ' + why if why else ''}>"


class Column(NamedTuple):
    """Of a table of tasks or runs: its head, and what it says of each, as text and (None: the same) as HTML."""

    head: str
    text: Callable[[Json], str]
    html: Callable[[Json], str] | None = None
    wanted: Callable[[Sequence[Json]], bool] | None = None
    """Whether it is worth its place for these; None: it always is."""

    def cell(self, one: Json) -> str:
        """What it says, as HTML."""
        return self.html(one) if self.html else escape(self.text(one))


def task_rows(tasks: Iterable[Json]) -> list[tuple[str, ...]]:
    """What a table of tasks says, a row each."""
    return _texts(TASK_COLUMNS, tasks)


def run_rows(runs: Iterable[Json]) -> list[tuple[str, ...]]:
    """What every table of runs says, a row each."""
    return _texts((column for column in RUN_COLUMNS if column.wanted is None), runs)


def columns_of(columns: Sequence[Column], rows: Sequence[Json]) -> list[Column]:
    """The columns that have something to say of these."""
    return [column for column in columns if column.wanted is None or column.wanted(rows)]


def run_text(runs: Sequence[Json], empty: str = "No runs.") -> str:
    """A table of runs, as text."""
    columns = columns_of(RUN_COLUMNS, runs)
    return text_table([column.head for column in columns], _texts(columns, runs), empty)


def _texts(columns: Iterable[Column], rows: Iterable[Json]) -> list[tuple[str, ...]]:
    chosen = tuple(columns)
    return [tuple(column.text(row) for column in chosen) for row in rows]


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> str:
    """Columns of text, each as wide as its longest cell but no wider than 40 characters."""
    if not rows:
        return empty
    lines = [tuple(heads), *(tuple(_short(cell, 40) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


# HTML ----------------------------------------------------------------------------------------------------------------


def task_table(tasks: Sequence[Json], empty: str = "No tasks.") -> str:
    """A table of tasks."""
    return _table(TASK_COLUMNS, tasks, empty)


def run_table(runs: Sequence[Json], empty: str = "No runs.") -> str:
    """A table of runs; a member `link` of one is the address of its output."""
    return _table(RUN_COLUMNS, runs, empty)


def _table(columns: Sequence[Column], rows: Sequence[Json], empty: str) -> str:
    if not rows:
        return f"<p>{escape(empty)}</p>"
    chosen = columns_of(columns, rows)
    return html_table([column.head for column in chosen], ([column.cell(row) for column in chosen] for row in rows))


def status_facts(status: Json) -> list[tuple[str, str]]:
    """What a person wants to know of a scheduler, in words; what there is nothing to say of is empty."""
    counts, queue = status.get("counts") or {}, status.get("queue") or {}
    of_state = ", ".join(f"{counts[state]} {state}" for state in STATE_MARKS if counts.get(state))
    lag = status.get("lag")
    return [
        ("Role", str(status.get("role", ""))),
        ("Tasks", f"{counts.get('tasks', 0)}{f' ({of_state})' if of_state else ''}"),
        ("Running", f"{queue.get('running', 0)} of at most {queue.get('limit', 0)}, {queue.get('queued', 0)} waiting"),
        ("Next run", time_text(status.get("next_run"))),
        ("Late by", "" if lag is None else f"{lag * 1000:.0f} ms"),
        ("Executors", ", ".join(status.get("executors") or ())),
        *(("Notice", str(banner.get("message") or banner)) for banner in status.get("banners") or ()),
        ("Version", str(status.get("version", ""))),
    ]


def progress_bar(run: Json, elapsed: float, left: bool = False) -> str:
    """A run under way, or what became of it; `left`: it goes on, and nobody looks any longer."""
    fraction = run.get("progress")
    state = run["state"]
    value = (
        ""
        if fraction is None and state in ("queued", "running")
        else f' value="{1.0 if fraction is None else fraction:.3f}"'
    )
    moving = state == "running" and not left
    bar = f'<progress max="1"{value} style="width:16em;vertical-align:middle"></progress> ' if moving else ""
    return (
        f'<div style="padding:2px 6px">{run_badge(state)} <b>{escape(str(run.get("task_name", "")))}</b> {bar}'
        f"{escape(progress_words(run, elapsed, left))}</div>"
    )


def progress_words(run: Json, elapsed: float, left: bool = False) -> str:
    """``43 %, 12 s``"""
    fraction = run.get("progress")
    done = f"{fraction:.0%}, " if fraction is not None and run["state"] == "running" else ""
    took = run.get("duration")
    why = "it goes on, but is no longer waited for" if left else _why(run)
    return f"{done}{duration_text(elapsed if took is None else took)}{f': {why}' if why else ''}"


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def strip(bars: Iterable[Sequence[Any]]) -> str:
    """The last 20 runs as bars, as high as each took long; failures reach below the line."""
    runs = list(bars)
    if not runs:
        return ""
    longest = max((float(seconds or 0) for _, seconds in runs), default=0) or 1
    drawn = []
    for at, (state, seconds) in enumerate(runs):
        height = 2 + round(14 * float(seconds or 0) / longest)
        x = at * 6
        if state == "missed":
            drawn.append(f'<rect x="{x + 0.5}" y="8.5" width="3" height="7" fill="none" stroke="{_colour(state)}"/>')
            continue
        drawn.append(f'<rect x="{x}" y="{16 - height}" width="4" height="{height}" fill="{_colour(state)}"/>')
        if state in BAD:
            drawn.append(f'<rect x="{x}" y="17" width="4" height="3" fill="{_colour(state)}"/>')
    words = strip_words(runs)
    return (
        f'<span style="white-space:nowrap"><svg role="img" aria-label="{escape(words)}" width="{len(runs) * 6}" '
        f'height="20" style="vertical-align:middle"><title>{escape(words)}</title>{"".join(drawn)}</svg> '
        f"<small>{escape(words)}</small></span>"
    )


def strip_words(runs: Sequence[Sequence[Any]]) -> str:
    """``18 of 20 succeeded``"""
    good = sum(state == "succeeded" for state, _ in runs)
    return f"{good} of {len(runs)} succeeded"


def sparks(bars: Iterable[Sequence[Any]]) -> str:
    """The same as one line of text: ``▁▃█✗▂``."""
    runs = list(bars)
    longest = max((float(seconds or 0) for _, seconds in runs), default=0) or 1
    return "".join(
        BLOCKS[round((len(BLOCKS) - 1) * float(seconds or 0) / longest)]
        if state == "succeeded"
        else RUN_MARKS.get(state, "?")
        for state, seconds in runs
    )


def task_badge(task: Json) -> str:
    """A task's state, as a mark, a word and a colour."""
    state = str(task["state"])
    colour = COLOURS[{"running": "running", "error": "bad"}.get(state, "quiet")]
    return _badge(STATE_MARKS.get(state, ""), state, colour)


def run_badge(state: str) -> str:
    """A run's state, as a mark, a word and a colour."""
    return _badge(RUN_MARKS.get(state, ""), state_text(state), _colour(state))


def last_badge(last: Json | None) -> str:
    """How and when the last run ended."""
    if not last:
        return ""
    return f"{run_badge(last['state'])} {time_tag(last.get('finished_at') or last.get('fire_time'))}"


# Words ---------------------------------------------------------------------------------------------------------------


def last_text(last: Json | None) -> str:
    if not last:
        return ""
    return f"{state_text(last['state'])} {time_text(last.get('finished_at') or last.get('fire_time'))}"


def state_text(state: str) -> str:
    """``timed_out`` as people write it."""
    return state.replace("_", " ")


def time_text(text: str | None) -> str:
    """``2026-03-12 02:30 UTC``; empty for None."""
    if not text:
        return ""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def time_tag(text: str | None) -> str:
    """The same for HTML, exact in the machine-readable part."""
    return f'<time datetime="{escape(text)}" style="white-space:nowrap">{time_text(text)}</time>' if text else ""


def duration_text(seconds: float | None) -> str:
    """``0.42 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``; empty for None."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _colour(state: str) -> str:
    if state in BAD:
        return COLOURS["bad"]
    return COLOURS[{"succeeded": "good", "running": "running"}.get(state, "quiet")]


def _badge(mark: str, word: str, colour: str) -> str:
    return f'<span style="white-space:nowrap"><span style="color:{colour}">{mark}</span> {escape(word)}</span>'


def parameters_text(of: Json) -> str:
    """``region = 'eu', days = 7``"""
    return ", ".join(f"{name} = {value!r}" for name, value in (of.get("parameters") or {}).items())


def is_late(run: Json) -> bool:
    """Was it started a minute or more after the instant that it is for, as a backfill or a catch-up is?"""
    due, started = run.get("fire_time"), run.get("started_at")
    if not due or not started:
        return False
    return datetime.fromisoformat(started) - datetime.fromisoformat(due) >= timedelta(minutes=1)


def code_tag(text: str, length: int) -> str:
    """A text as code, cut to a length; empty for none."""
    return f"<code>{escape(_short(text, length))}</code>" if text else ""


def _began(run: Json) -> str | None:
    return run.get("started_at") or run.get("fire_time")


def _why(run: Json) -> str:
    error = run.get("error")
    if error:
        return f"{error.get('name')}: {_short(str(error.get('message') or ''), 120)}"
    return str(run.get("reason") or "")


def _came_of(run: Json) -> str:
    return _why(run) or str(run.get("result") or "")


def _cut(text: str, length: int) -> str:
    """As HTML; what was cut off is seen by who points at it."""
    short = _short(text, length)
    return escape(short) if short == text else f'<span title="{escape(text[:1000])}">{escape(short)}</span>'


def _short(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


TASK_COLUMNS = (
    Column("Name", lambda task: str(task.get("name", "")), lambda task: f"<b>{escape(str(task.get('name', '')))}</b>"),
    Column("State", lambda task: f"{STATE_MARKS.get(task['state'], '')} {task['state']}".strip(), task_badge),
    Column("Schedule", lambda task: str(task.get("schedule_words") or "")),
    Column("Next run", lambda task: time_text(task.get("next_run")), lambda task: time_tag(task.get("next_run"))),
    Column("Last run", lambda task: last_text(task.get("last_run")), lambda task: last_badge(task.get("last_run"))),
    Column("Last 20 runs", lambda task: sparks(task.get("strip") or ()), lambda task: strip(task.get("strip") or ())),
)
RUN_COLUMNS = (
    Column("Task", lambda run: str(run.get("task_name", ""))),
    Column(
        "State",
        lambda run: f"{RUN_MARKS.get(run['state'], '')} {state_text(run['state'])}".strip(),
        lambda run: run_badge(run["state"]),
    ),
    Column("Origin", lambda run: str(run.get("origin", ""))),
    Column(
        "For",
        lambda run: time_text(run["fire_time"]) if is_late(run) else "",
        lambda run: time_tag(run["fire_time"]) if is_late(run) else "",
        lambda runs: any(is_late(run) for run in runs),
    ),
    Column("Started", lambda run: time_text(_began(run)), lambda run: time_tag(_began(run))),
    Column("Duration", lambda run: duration_text(run.get("duration"))),
    Column(
        "Parameters",
        parameters_text,
        lambda run: code_tag(parameters_text(run), 80),
        lambda runs: any(run.get("parameters") for run in runs),
    ),
    Column("Result", _came_of, lambda run: _cut(_came_of(run), 60)),
    Column(
        "Output",
        lambda run: str(run.get("output_path") or ""),
        lambda run: f'<a href="{escape(run["link"])}">open</a>' if run.get("link") else "",
        lambda runs: any(run.get("link") for run in runs),
    ),
)
TASK_HEADS = tuple(column.head for column in TASK_COLUMNS)
RUN_HEADS = tuple(column.head for column in RUN_COLUMNS if column.wanted is None)
