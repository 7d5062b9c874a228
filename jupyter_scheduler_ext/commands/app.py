"""The group of all commands: how their errors are told, and what they exit with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .. import __version__
from ..client import SchedulerError
from ..engine.abc import StoreError
from . import (
    changing,
    completion,
    creating,
    doctoring,
    editing,
    migrating,
    running,
    serving,
    showing,
    storing,
    transferring,
)
from .exits import Exit, exit_of
from .names import COMPLETION, SECTIONS


class Commands(click.Group):
    """Tells errors in one line, or as JSON to who asked for JSON, and gives each its exit status."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (SchedulerError, StoreError) as error:
            self._tell(context, error)
            context.exit(exit_of(error))

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS.items():
            rows = [(name, self.commands[name].get_short_help_str(90)) for name in names if name in self.commands]
            with formatter.section(title):
                formatter.write_dl(rows)

    @staticmethod
    def _tell(context: click.Context, error: Exception) -> None:
        from . import screen
        from .session import Session, error_as_json

        if context.ensure_object(Session).json:
            screen.complain_json(error_as_json(error))
        else:
            screen.complain(str(error))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Without a command a Jupyter server starts and opens the scheduler's page; it takes the options of "
    "`jupyter server`, shown by --help-all.",
)
@click.version_option(__version__, prog_name="jupyter-scheduler-ext")
@click.pass_context
def app(context: click.Context) -> None:
    """The scheduler from a terminal.

    A TASK is named by its id, its name, or the beginning of its id.
    """
    from .session import Session

    context.ensure_object(Session)


for command in (
    showing.list_tasks,
    showing.show,
    showing.runs,
    showing.status,
    running.log,
    running.run,
    changing.cancel,
    changing.enable,
    changing.disable,
    changing.reset,
    changing.delete,
    changing.restore,
    creating.create,
    editing.edit,
    transferring.export,
    transferring.import_tasks,
    migrating.migrate,
    doctoring.doctor,
    storing.db,
    serving.serve,
    completion.completion,
):
    app.add_command(command)


def main(words: Sequence[str] | None = None) -> None:
    """Run a command and exit."""
    try:
        app.main(args=words, prog_name="jupyter scheduler-ext", complete_var=COMPLETION)
    except KeyboardInterrupt:
        raise SystemExit(Exit.INTERRUPTED) from None
