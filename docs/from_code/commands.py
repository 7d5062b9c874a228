"""The command line, from click: the program's own words, which are Markdown rather than reStructuredText."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from jupyter_scheduler_ext.commands.app import app
from jupyter_scheduler_ext.commands.names import SECTIONS

from .markdown import anchored, fenced, table

PROGRAM = "jupyter scheduler-ext"
COMMON = {
    "--json": "JSON on standard output, errors as JSON on standard error",
    "--url URL": "Address of the Jupyter server, as in the browser; found by itself if it is left out",
    "--token TOKEN": "Its token; better given as `JUPYTER_TOKEN`",
    "--offline": "Read the storage folder even if a server runs",
    "--storage FOLDER": "Read this storage folder",
}
AS_WRITTEN = "\b"
"""What click's texts hold before a paragraph whose lines stay as they are."""


def commands() -> str:
    """Every command, in the order and under the heads of the program's own help."""
    root = click.Context(app, info_name=PROGRAM)
    parts: list[str] = []
    for title, names in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name in names:
            parts += _described(app.commands[name], root)
    return "\n".join(parts)


def _described(command: click.Command, parent: click.Context) -> Iterator[str]:
    """A command, and those below it."""
    context = click.Context(command, info_name=command.name, parent=parent)
    path = context.command_path.removeprefix(PROGRAM).strip()
    yield anchored(f"command-{path.replace(' ', '-')}", 3, f"`{path}`")
    yield fenced("text", f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}")
    yield _text(command.help)
    yield ""
    yield table(("Option", "Meaning"), _options(command, context))
    yield _text(command.epilog)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _described(command.commands[name], context)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """What this command takes; what many take is named in the last row only."""
    common = []
    for parameter in command.params:
        names, words = parameter.get_help_record(context) or (parameter.make_metavar(context), "")
        if names in COMMON:
            common.append(f"`{names.split()[0]}`")
        elif words or isinstance(parameter, click.Option):
            yield f"`{names}`", words
    if common:
        yield ", ".join(common), "As everywhere; see the table at the top."


def common_options() -> str:
    """The options that nearly every command takes."""
    return table(("Option", "Meaning"), [(f"`{names}`", words) for names, words in COMMON.items()])


def _text(text: str | None) -> str:
    """Paragraphs; one that click leaves as it is written becomes a block."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(
        fenced("text", part.replace(AS_WRITTEN, "").strip("\n")) if AS_WRITTEN in part else part for part in paragraphs
    )
