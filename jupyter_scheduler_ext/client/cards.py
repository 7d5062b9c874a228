"""One task, one run, or a scheduler, as HTML: what is known of it, a line each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from .pictures import (
    Json,
    code_tag,
    duration_text,
    is_late,
    last_badge,
    parameters_text,
    run_badge,
    status_facts,
    strip,
    task_badge,
    time_tag,
)


def task_card(task: Json) -> str:
    """One task with its history."""
    action = task.get("action") or {}
    what = action.get("path") or action.get("label") or _first_line(action)
    facts = [
        ("State", task_badge(task) + (f" {escape(str(task['halted']))}" if task.get("halted") else "")),
        ("When", _when(task)),
        ("What", f"{escape(str(action.get('kind', '')))} {code_tag(str(what), 120)}"),
        ("Parameters", code_tag(parameters_text(action), 200)),
        ("Tags", escape(", ".join(task.get("tags") or ()))),
        ("Next run", time_tag(task.get("next_run"))),
        ("Last run", last_badge(task.get("last_run"))),
        ("History", strip(task.get("strip") or ())),
    ]
    return card(str(task.get("name", "")), facts)


def run_card(run: Json) -> str:
    """One run; its error with the traceback folded away. A member `link` is the address of its output."""
    error, reason = run.get("error"), str(run.get("reason") or "")
    output, link = str(run.get("output_path") or ""), run.get("link")
    facts = [
        ("State", run_badge(run["state"]) + (f" {escape(reason)}" if reason and not error else "")),
        ("For", time_tag(run.get("fire_time")) if is_late(run) else ""),
        ("Started", time_tag(run.get("started_at"))),
        ("Duration", escape(duration_text(run.get("duration")))),
        ("Parameters", code_tag(parameters_text(run), 200)),
        ("Result", code_tag(str(run.get("result") or ""), 400)),
        ("Output", f'<a href="{escape(link)}">{escape(output)}</a>' if link else code_tag(output, 400)),
        ("Error", _error(error) if error else ""),
    ]
    return card(str(run.get("task_name", "")), facts)


def status_card(status: Json) -> str:
    """How a scheduler is doing."""
    return card("Scheduler", [(name, escape(words)) for name, words in status_facts(status)])


def card(title: str, facts: Sequence[tuple[str, str]]) -> str:
    """What is known of one thing: names, and values that are HTML already; those that are empty are left out."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{value}</td></tr>'
        for name, value in facts
        if value
    )
    caption = f'<caption style="text-align:left;padding:4px 6px"><b>{escape(title)}</b></caption>'
    return f"<table>{caption}<tbody>{rows}</tbody></table>"


def _when(task: Json) -> str:
    words = escape(str(task.get("schedule_words") or task.get("type", "")))
    zone = (task.get("schedule") or {}).get("timezone")
    return f"{words} <small>({escape(zone)})</small>" if zone else words


def _first_line(action: Json) -> str:
    source = str(action.get("source") or " ".join(action.get("argv") or ()))
    return next((line.strip() for line in source.splitlines() if line.strip()), "")


def _error(error: Json) -> str:
    head = f"{escape(str(error.get('name')))}: {escape(str(error.get('message') or ''))}"
    traceback = str(error.get("traceback") or "")
    if not traceback:
        return head
    return f"<details><summary>{head}</summary><pre>{escape(_plain(traceback))}</pre></details>"


def _plain(text: str) -> str:
    """Without the terminal's colours."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
