"""What one call of a command works with: which scheduler is meant, and who reads the answer, a person or a program."""

from __future__ import annotations

import contextlib
import difflib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from . import screen

F = TypeVar("F", bound=Callable[..., Any])
SHORTEST_ID = 4
"""Characters of an id that are enough to name a task by, if no other begins with them."""


class Schedule(Protocol):
    """What can be read of a schedule, from its server or from its folder."""

    def tasks(self, *, sort: str | None = None, limit: int | None = None, **filters: str | None) -> Sequence[Any]: ...
    def task(self, task: Any) -> Any: ...
    def runs(self, task: Any = None, *, state: str | Iterable[str] | None = None, limit: int = 50) -> Sequence[Any]: ...
    def get_run(self, run_id: str) -> Any: ...
    def log(self, run: Any, *, start: int = 0, follow: bool = False) -> Iterator[dict[str, Any]]: ...
    def status(self) -> dict[str, Any]: ...
    def export(self, tasks: Iterable[Any] | None = None) -> dict[str, Any]: ...


@dataclass
class Session:
    """The options that all commands share, and what follows from them."""

    url: str | None = None
    token: str | None = None
    storage: Path | None = None
    offline: bool = False
    json: bool = False

    @cached_property
    def client(self) -> Any:
        """The server, to read and to change. Raises NoServer with what to do."""
        from ..client import NoServer, SchedulerClient
        from ..client.discovery import running_servers

        if self.offline or self.storage is not None:
            raise click.UsageError("this needs a running server: leave out --offline and --storage")
        try:
            return SchedulerClient(self.url, self.token)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--url") from None
        except NoServer:
            others = [f"{one['url']}  ({one.get('root_dir') or '?'})" for one in running_servers()]
            hint = "\n  ".join([" Elsewhere there are, for --url:", *others]) if others else ""
            raise NoServer(
                f"no Jupyter server serves {Path.cwd()}: start one here or above with `jupyter scheduler-ext serve`, "
                f"or name one by --url.{hint}",
                code="no_server",
            ) from None

    @cached_property
    def schedule(self) -> Schedule:
        """The server if there is one, else the storage folder that it would use; says so."""
        from ..client import NoServer, NotInstalled, Unreachable

        if self.offline or self.storage is not None:
            return self._stored()
        if self.url is not None:
            return self.client  # type: ignore[no-any-return]
        try:
            self.client.status()
        except (NoServer, NotInstalled, Unreachable) as error:
            from .places import database_url, storage_folder

            if storage_folder() is None and not database_url():
                raise error from None
            return self._stored()
        return self.client  # type: ignore[no-any-return]

    def _stored(self) -> Schedule:
        from ..client import NoServer
        from .places import database_url, storage_folder
        from .stored import StoredSchedule

        folder = self.storage or storage_folder()
        url = "" if self.storage else database_url()
        if not url and (folder is None or not folder.is_dir()):
            raise NoServer(
                f"{folder} is not there" if folder else f"no schedule is stored for {Path.cwd()} or a folder above",
                code="no_server",
            )
        stored = StoredSchedule(folder or Path(), url)
        screen.remark(f"No server was asked: read from {stored.place}, where nothing can be changed.", "dim")
        return stored

    def task(self, name: str, *, to_change: bool = False) -> Any:
        """The task with this id, name, or beginning of an id. Raises NotFound, which suggests the nearest name."""
        from ..client import NotFound

        source = self.client if to_change else self.schedule
        try:
            return source.task(name)
        except NotFound as error:
            if error.code == "ambiguous":
                raise
            tasks = source.tasks()
            begins = [task for task in tasks if len(name) >= SHORTEST_ID and task.id.startswith(name)]
            if len(begins) == 1:
                return source.task(begins[0].id)
            raise NotFound(
                f"there is no task with the id or name {name!r}{_nearest(name, [task.name for task in tasks])}",
                code="not_found",
                status=404,
            ) from None


def _nearest(name: str, names: Sequence[str]) -> str:
    by_folded = {one.casefold(): one for one in names}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.5)
    close += [one for one in by_folded if name.casefold() in one and one not in close][: 3 - len(close)]
    return f"; did you mean {' or '.join(repr(by_folded[one]) for one in close)}?" if close else ""


# Options that commands share -----------------------------------------------------------------------------------------


def of_scheduler(command: F) -> F:
    """The options that say which server is meant."""
    command = _kept(
        "--url", "url", metavar="URL", help="Address of the Jupyter server, as in the browser. [found by itself]"
    )(command)
    return _kept("--token", "token", metavar="TOKEN", help="Its token; better given as JUPYTER_TOKEN.")(command)


def of_storage(command: F) -> F:
    """The options that say which schedule is meant, for commands that also read one without a server."""
    path = click.Path(path_type=Path, file_okay=False)
    command = _kept("--storage", "storage", type=path, metavar="FOLDER", help="Read this storage folder.")(command)
    command = _kept("--offline", "offline", is_flag=True, help="Read the storage folder even if a server runs.")(
        command
    )
    return of_scheduler(command)


def as_json(command: F) -> F:
    """The option of commands whose answer a program may read."""
    return _kept("--json", "json", is_flag=True, help="JSON on standard output, errors as JSON on standard error.")(
        command
    )


def _kept(flag: str, name: str, **more: Any) -> Callable[[F], F]:
    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        setattr(context.ensure_object(Session), name, value)

    return click.option(flag, name, callback=keep, expose_value=False, is_eager=True, **more)


def session() -> Session:
    """The session of the command that runs."""
    return click.get_current_context().ensure_object(Session)


def task_argument(name: str = "task", **more: Any) -> Callable[[F], F]:
    """A task by id, by name or by the beginning of its id; the shell completes names."""
    several = more.get("nargs") == -1
    return click.argument(name, metavar="TASK..." if several else "TASK", shell_complete=_complete_task, **more)


def _complete_task(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    try:
        with contextlib.redirect_stderr(io.StringIO()):
            tasks = context.ensure_object(Session).schedule.tasks()
    except Exception:
        return []  # a shell that waits for completions must never see a traceback
    folded = incomplete.casefold()
    return [CompletionItem(task.name, help=task.words) for task in tasks if task.name.casefold().startswith(folded)]


def asks(question: str, *, yes: bool) -> bool:
    """Does the person agree? Where nobody can be asked, the command must say --yes."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError("nobody can be asked here: give --yes")
    return click.confirm(question, err=True)


def error_as_json(error: Exception) -> Mapping[str, Any]:
    """An error as the HTTP interface shapes it."""
    code = getattr(error, "code", None) or "error"
    field = getattr(error, "field", "")
    told = {"code": code, "message": getattr(error, "message", None) or str(error)}
    return {**told, **({"field": field} if field else {}), **(getattr(error, "details", None) or {})}
