"""``%schedule`` and ``%%schedule``, the scheduler in IPython's idiom: ``%load_ext jupyter_scheduler_ext``."""

from __future__ import annotations

import argparse
import ast
import difflib
import shlex
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class

from .client import NotFound, Run, RunList, SchedulerClient, SchedulerError, Task, TaskList
from .client.cells import makers_of, names_needed
from .client.scheduling import definition

SEPARATOR = "# %%"
"""What stands between the cells of a code task."""
COMPLETION_TIMEOUT = 2.0
"""Seconds that completing a task's name may wait for the server."""
EXAMPLES = """
  %schedule list --state error            %schedule runs "Nightly report" -n 5
  %schedule run "Nightly report" region=eu --wait
  %schedule log "Nightly report"          %schedule disable "Nightly report"

  %%schedule "0 9 * * 1-5" --name "Morning check" --setup 1 3-5
  ... the code of this cell, after that of the cells In[1] and In[3] to In[5]
"""


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext`` calls."""
    shell.register_magics(SchedulerMagics)
    set_hook: Any = shell.set_hook
    for typed in ("%schedule", "%%schedule"):
        set_hook("complete_command", _complete, str_key=typed)


@magics_class
class SchedulerMagics(Magics):
    """Talks to the server that this kernel belongs to."""

    @line_cell_magic
    def schedule(self, line: str, cell: str | None = None) -> Any:
        """Show and steer scheduled tasks; as a cell magic, schedule the cell's code. ``%schedule --help`` says more."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"{error}: {line}") from None
        try:
            if cell is None:
                return self._steer(_line_parser().parse_args(words or ["list"]))
            return self._schedule(_cell_parser().parse_args(words), cell)
        except _Help as told:
            print(told)
        except SchedulerError as error:
            raise UsageError(str(error)) from None
        return None

    # The cell

    def _schedule(self, asked: argparse.Namespace, cell: str) -> Any:
        """Make the task, or, if there is one of this name already, give it this code and this time."""
        setup = list(self._setup(asked.setup))
        code = "\n".join([*setup, cell.rstrip()]) + "\n"
        given = {"tags": asked.tag, "description": asked.description}
        members = {name: value for name, value in given.items() if value}
        client = SchedulerClient()
        draft = definition(
            None,
            asked.at or " ".join(asked.when) or None,
            name=asked.name or _first_line(cell),
            code=code,
            parameters=_parameters(asked.param) or None,
            timezone=asked.timezone,
            kernel_name=asked.kernel,
            **members,
        )
        known = None if asked.new else self._known(client, draft["name"])
        task = client.create(draft) if known is None else self._replace(client, known, draft)
        self._remark(code, draft["action"], asked.setup)
        if not asked.run:
            return task
        task.run().wait()
        return task.refresh()

    @staticmethod
    def _known(client: SchedulerClient, name: str) -> Task | None:
        try:
            task = client.task(name)
        except NotFound as error:
            if error.code == "ambiguous":
                raise
            return None
        if task.action.get("kind") != "code":
            raise UsageError(f"{name!r} is there already and does not run code; choose another --name, or --new")
        return task

    @staticmethod
    def _replace(client: SchedulerClient, known: Task, draft: dict[str, Any]) -> Task:
        if draft["type"] != known.type:
            raise UsageError(
                f"{known.name!r} is there already, as a task of the type {known.type}; choose another --name, or --new"
            )
        changes = {name: value for name, value in draft.items() if name not in ("type", "name")}
        return client.update(known, {**changes, "action": {"parameters": None, **draft["action"]}})

    def _setup(self, numbers: list[str]) -> Iterable[str]:
        """The sources of the cells named, each as a cell of its own."""
        for wanted in numbers:
            history = self.shell.history_manager if self.shell is not None else None
            found = list(history.get_range_by_str(wanted)) if history is not None else []
            if not found:
                raise UsageError(f"--setup: no cell with the number {wanted} has run in this kernel")
            for _, number, source in found:
                if str(source).lstrip().startswith("%%schedule"):
                    raise UsageError(f"--setup: cell {number} is a scheduled one itself")
                yield f"{source.rstrip()}\n{SEPARATOR}"

    def _remark(self, code: str, action: dict[str, Any], setup: list[str]) -> None:
        """Say which names the code will miss: a scheduled cell runs in another kernel, with nothing but its setup."""
        shell: Any = self.shell
        if shell is None or not action.get("kernel_name", "python").startswith("python"):
            return
        known = shell.user_ns.keys() - shell.user_ns_hidden.keys()
        missed = sorted((names_needed(shell.transform_cell(code)) & known) - action.get("parameters", {}).keys())
        if not missed:
            return
        history = shell.history_manager
        ran = list(history.input_hist_parsed)[:-1] if history is not None else []
        cells = ["" if cell.lstrip().startswith("%%") else shell.transform_cell(cell) for cell in ran]
        makers = makers_of(missed, cells)
        told = ", ".join(f"{name} (of cell {makers[name]})" if name in makers else name for name in missed)
        numbers = " ".join([*setup, *(str(number) for number in sorted({*makers.values()}))])
        print(
            f"Note: where this will run there is no {told}."
            + (f" Add --setup {numbers} to have it made there first." if makers else "")
        )

    # The line

    def _steer(self, asked: argparse.Namespace) -> Any:
        action: Callable[[SchedulerClient, argparse.Namespace], Any] = asked.action
        return action(SchedulerClient(), asked)


def _list(client: SchedulerClient, asked: argparse.Namespace) -> TaskList[Task]:
    words = " ".join(asked.words) or None
    return client.tasks(sort="attention", limit=asked.number, q=words, state=asked.state, tag=asked.tag)


def _show(client: SchedulerClient, asked: argparse.Namespace) -> Task:
    return client.task(asked.task)


def _run(client: SchedulerClient, asked: argparse.Namespace) -> Run:
    run = client.run(asked.task, _parameters(asked.param) or None, force=asked.force)
    return run.wait(asked.timeout) if asked.wait else run


def _runs(client: SchedulerClient, asked: argparse.Namespace) -> RunList[Run]:
    return client.runs(asked.task, limit=asked.number, state=asked.state)


def _log(client: SchedulerClient, asked: argparse.Namespace) -> None:
    runs = client.runs(asked.task, limit=1)
    if not runs:
        print(f"{asked.task} has not run yet")
        return
    for entry in runs[0].log(follow=asked.follow):
        if entry["kind"] in ("stdout", "stderr", "result", "error"):
            text = str(entry.get("text", ""))
            print(text, end="" if text.endswith("\n") else "\n")


def _cancel(client: SchedulerClient, asked: argparse.Namespace) -> RunList[Run]:
    active = client.runs(asked.task, state=("queued", "running"))
    return RunList(client.cancel(run) for run in active)


def _enable(client: SchedulerClient, asked: argparse.Namespace) -> Task:
    return client.task(asked.task).enable()


def _disable(client: SchedulerClient, asked: argparse.Namespace) -> Task:
    return client.task(asked.task).disable()


def _reset(client: SchedulerClient, asked: argparse.Namespace) -> Task:
    return client.reset(asked.task)


def _delete(client: SchedulerClient, asked: argparse.Namespace) -> None:
    task = client.task(asked.task)
    task.delete()
    print(f"Deleted {task.name}. To undo it: %schedule restore {task.id}")


def _restore(client: SchedulerClient, asked: argparse.Namespace) -> Task:
    return client.restore(asked.task)


def _status(client: SchedulerClient, asked: argparse.Namespace) -> dict[str, Any]:
    return client.status()


def _widget(client: SchedulerClient, asked: argparse.Namespace) -> Any:
    from .widget import SchedulerWidget

    return SchedulerWidget(asked.task)


def _complete(_: Any, event: Any) -> list[str]:
    """What may come next in a line that is being typed: IPython asks on the Tab key."""
    before, symbol = event.line[: len(event.line) - len(event.symbol)].split(), str(event.symbol)
    parser = _cell_parser() if event.command == "%%schedule" else _line_parser()
    if parser.commands and len(before) == 1:
        return [name for name in parser.commands if name.startswith(symbol)]
    of_command = parser.commands.get(before[1], parser) if parser.commands else parser
    if symbol.startswith("-"):
        return [name for name in of_command.options if name.startswith(symbol)]
    return [name for name in _names() if name.startswith(symbol)] if of_command.takes_task and len(before) == 2 else []


def _names() -> list[str]:
    """Tasks, as they are written behind a command; none where no server answers at once."""
    try:
        return [shlex.quote(task.name) for task in SchedulerClient(timeout=COMPLETION_TIMEOUT).tasks(limit=100)]
    except SchedulerError:
        return []


# What may be written ---------------------------------------------------------------------------------------------


class _Help(Exception):
    """The text that was asked for."""


class _Parser(argparse.ArgumentParser):
    """Raises where a program would exit, and knows what may be written."""

    takes_task = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: dict[str, _Parser] = {}

    @property
    def options(self) -> list[str]:
        """Its options by their long names, where they have one."""
        return [action.option_strings[-1] for action in self._actions if action.option_strings]

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. `{self.prog} --help` shows what may be written.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """In fewer words than argparse has for a command that does not exist."""
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        close = difflib.get_close_matches(str(value), known, 1)
        meant = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
        self.error(f"there is no {self.prog} {value}; {meant}")

    def print_help(self, file: Any = None) -> None:
        raise _Help(self.format_help())


def _line_parser() -> _Parser:
    parser = _Parser(
        prog="%schedule",
        description="Show and steer scheduled tasks. A task is named by its id or its name.",
        epilog=f"examples:{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, action: Callable[..., Any], words: str, task: bool = True) -> _Parser:
        added: _Parser = commands.add_parser(name, help=words, description=words)
        added.set_defaults(action=action)
        added.takes_task = task
        parser.commands[name] = added
        if task:
            added.add_argument("task", help="id or name")
        return added

    listing = command("list", _list, "list tasks, those that need attention first", task=False)
    listing.add_argument("words", nargs="*", help="words to look for")
    listing.add_argument("--state", help="idle, running, disabled or error")
    listing.add_argument("--tag")
    listing.add_argument("-n", dest="number", type=int, default=100)
    command("show", _show, "show a task")
    run = command("run", _run, "run a task now")
    run.add_argument("param", nargs="*", metavar="name=value", help="parameters for this run only")
    run.add_argument("--wait", action="store_true", help="until it is over")
    run.add_argument("--timeout", type=float, help="seconds to wait")
    run.add_argument("--force", action="store_true", help="even if it is disabled")
    runs = command("runs", _runs, "list the newest runs of a task")
    runs.add_argument("-n", dest="number", type=int, default=20)
    runs.add_argument("--state", help="succeeded, failed, ...")
    command("log", _log, "print what the last run of a task printed").add_argument(
        "--follow", action="store_true", help="until it is over"
    )
    command("cancel", _cancel, "stop what a task runs")
    command("enable", _enable, "let a task run by its rule")
    command("disable", _disable, "do not let a task run by its rule")
    command("reset", _reset, "clear a task's error and its halt")
    command("delete", _delete, "delete a task")
    command("restore", _restore, "undo a deletion, by id")
    command("status", _status, "how the scheduler is doing", task=False)
    command("widget", _widget, "show the table, or one task's card", task=False).add_argument("task", nargs="?")
    return parser


def _cell_parser() -> _Parser:
    parser = _Parser(
        prog="%%schedule",
        description="Schedule the code of this cell. The same name again changes the task there is.",
        epilog=f"examples:{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("when", nargs="*", help='a cron rule, such as "0 9 * * 1-5"; without one it runs when called')
    parser.add_argument("--at", action="append", help="a date and time to run at; may be given several times")
    parser.add_argument("--name", help="by default the first line of the code")
    parser.add_argument("--timezone", help="IANA name of the zone that is meant, such as Europe/Berlin")
    parser.add_argument(
        "--setup", nargs="+", default=[], metavar="N", help="numbers of cells that ran here and must run first: 1 3-5"
    )
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--tag", action="append")
    parser.add_argument("--description")
    parser.add_argument("--kernel", help="name of the kernel, by default the server's own default")
    parser.add_argument("--new", action="store_true", help="another task, even if there is one of this name")
    parser.add_argument("--run", action="store_true", help="run it once now, and wait")
    return parser


def _parameters(words: Iterable[str]) -> dict[str, Any]:
    """``["n=3", "region=eu"]`` -> ``{"n": 3, "region": "eu"}``: Python literals where they are such, else texts."""
    found: dict[str, Any] = {}
    for word in words:
        name, given, value = word.partition("=")
        if not given or not name.isidentifier():
            raise UsageError(f"a parameter is written name=value, not {word!r}")
        try:
            found[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            found[name] = value
    return found


def _first_line(cell: str) -> str:
    lines = (line.strip(" #") for line in cell.splitlines())
    return next((line for line in lines if line), "Cell")[:60]
