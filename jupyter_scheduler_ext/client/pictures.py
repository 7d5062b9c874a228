"""Tasks and runs as text and as HTML that reads well wherever a notebook is shown.

Colours are JupyterLab's with fallbacks. Nothing depends on them: where styles and pictures are stripped, as on GitHub,
what is left is a plain table of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

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
NOTHING = "-"
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


def task_rows(tasks: Iterable[Json]) -> list[tuple[str, ...]]:
    """What a table of tasks says, a row each."""
    return [
        (
            str(task.get("name", "")),
            f"{STATE_MARKS.get(task['state'], '')} {task['state']}".strip(),
            str(task.get("schedule_words") or ""),
            time_text(task.get("next_run")),
            last_text(task.get("last_run")),
            sparks(task.get("strip") or ()),
        )
        for task in tasks
    ]


def run_rows(runs: Iterable[Json]) -> list[tuple[str, ...]]:
    """What a table of runs says, a row each."""
    return [
        (
            str(run.get("task_name", "")),
            f"{RUN_MARKS.get(run['state'], '')} {state_text(run['state'])}".strip(),
            str(run.get("origin", "")),
            time_text(run.get("started_at") or run.get("fire_time")),
            duration_text(run.get("duration")),
            _why(run) or str(run.get("result") or ""),
        )
        for run in runs
    ]


TASK_HEADS = ("Name", "State", "Schedule", "Next run", "Last run", "Last 20 runs")
RUN_HEADS = ("Task", "State", "Origin", "Started", "Duration", "Result")


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


def task_table(tasks: Sequence[Json], empty: str = "No tasks yet.") -> str:
    """A table of tasks."""
    if not tasks:
        return f"<p>{escape(empty)}</p>"
    rows = (
        [
            f"<b>{escape(str(task.get('name', '')))}</b>",
            task_badge(task),
            escape(str(task.get("schedule_words") or "")),
            time_tag(task.get("next_run")),
            last_badge(task.get("last_run")),
            strip(task.get("strip") or ()),
        ]
        for task in tasks
    )
    return html_table(TASK_HEADS, rows)


def run_table(runs: Sequence[Json], empty: str = "No runs yet.") -> str:
    """A table of runs."""
    if not runs:
        return f"<p>{escape(empty)}</p>"
    rows = (
        [
            escape(str(run.get("task_name", ""))),
            run_badge(run["state"]),
            escape(str(run.get("origin", ""))),
            time_tag(run.get("started_at") or run.get("fire_time")),
            escape(duration_text(run.get("duration"))),
            escape(_short(_why(run) or str(run.get("result") or ""), 120)),
        ]
        for run in runs
    )
    return html_table(RUN_HEADS, rows)


def task_card(task: Json) -> str:
    """One task with its history."""
    action = task.get("action") or {}
    what = action.get("path") or action.get("label") or _first_line(action) or action.get("kind", "")
    facts = [
        ("State", task_badge(task) + (f" {escape(str(task['halted']))}" if task.get("halted") else "")),
        ("When", _when(task)),
        ("What", f"{escape(str(action.get('kind', '')))} <code>{escape(_short(str(what), 120))}</code>"),
        ("Next run", time_tag(task.get("next_run")) or NOTHING),
        ("Last run", last_badge(task.get("last_run")) or NOTHING),
        ("History", strip(task.get("strip") or ()) or NOTHING),
    ]
    return _card(str(task.get("name", "")), facts)


def run_card(run: Json) -> str:
    """One run; its error with the traceback folded away."""
    facts = [
        ("State", run_badge(run["state"]) + (f" {escape(str(run['reason']))}" if run.get("reason") else "")),
        ("Started", time_tag(run.get("started_at")) or NOTHING),
        ("Duration", escape(duration_text(run.get("duration"))) or NOTHING),
    ]
    if run.get("parameters"):
        given = ", ".join(f"{name} = {value!r}" for name, value in run["parameters"].items())
        facts.append(("Parameters", f"<code>{escape(_short(given, 200))}</code>"))
    if run.get("result"):
        facts.append(("Result", f"<code>{escape(_short(str(run['result']), 400))}</code>"))
    if run.get("output_path"):
        facts.append(("Output", f"<code>{escape(str(run['output_path']))}</code>"))
    if run.get("error"):
        facts.append(("Error", _error(run["error"])))
    return _card(str(run.get("task_name", "")), facts)


def progress_bar(run: Json, elapsed: float) -> str:
    """A run under way, or what became of it."""
    fraction = run.get("progress")
    state = run["state"]
    value = (
        ""
        if fraction is None and state in ("queued", "running")
        else f' value="{1.0 if fraction is None else fraction:.3f}"'
    )
    bar = (
        f'<progress max="1"{value} style="width:16em;vertical-align:middle"></progress> ' if state == "running" else ""
    )
    return (
        f"<div>{run_badge(state)} <b>{escape(str(run.get('task_name', '')))}</b> {bar}"
        f"{escape(progress_words(run, elapsed))}</div>"
    )


def progress_words(run: Json, elapsed: float) -> str:
    """``43 %, 12 s``"""
    fraction = run.get("progress")
    done = f"{fraction:.0%}, " if fraction is not None and run["state"] == "running" else ""
    took = run.get("duration")
    return f"{done}{duration_text(elapsed if took is None else took)}" + (f": {why}" if (why := _why(run)) else "")


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
        f'<svg role="img" aria-label="{escape(words)}" width="{len(runs) * 6}" height="20" '
        f'style="vertical-align:middle"><title>{escape(words)}</title>{"".join(drawn)}</svg> '
        f"<small>{escape(words)}</small>"
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
    return f'<time datetime="{escape(text)}">{time_text(text)}</time>' if text else ""


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


def _card(title: str, facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{value}</td></tr>'
        for name, value in facts
    )
    return f"<table><caption><b>{escape(title)}</b></caption><tbody>{rows}</tbody></table>"


def _when(task: Json) -> str:
    words = escape(str(task.get("schedule_words") or task.get("type", "")))
    zone = (task.get("schedule") or {}).get("timezone")
    return f"{words} <small>({escape(zone)})</small>" if zone else words


def _first_line(action: Json) -> str:
    source = str(action.get("source") or " ".join(action.get("argv") or ()))
    return next((line.strip() for line in source.splitlines() if line.strip()), "")


def _why(run: Json) -> str:
    error = run.get("error")
    if error:
        return f"{error.get('name')}: {_short(str(error.get('message') or ''), 120)}"
    return str(run.get("reason") or "")


def _error(error: Json) -> str:
    head = f"{escape(str(error.get('name')))}: {escape(str(error.get('message') or ''))}"
    traceback = str(error.get("traceback") or "")
    if not traceback:
        return head
    return f"<details><summary>{head}</summary><pre>{escape(_plain(traceback))}</pre></details>"


def _plain(text: str) -> str:
    """Without the terminal's colours."""
    import re

    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def _short(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
