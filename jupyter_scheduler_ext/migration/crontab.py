"""A crontab as command tasks: crontab(5) of cronie and Debian's cron; a user's, or a system's with its user column.

What cron does, the tasks do: each line goes through the shell that ``SHELL`` names, with the variables set above it;
the first ``%`` begins the command's input; a start that falls into downtime is lost; a run that takes too long does not
keep the next from starting. ``CRON_TZ`` says in whose time, and else the machine's own zone does. What cannot be taken
is said: ``@reboot``, a line without a command, a rule that this scheduler's grammar refuses.

Whose a line is stands in system tables only. A task runs as the user of its server, so a line of somebody else becomes
a task that is disabled, or goes through ``sudo`` if that was asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..engine import cron
from .findings import Finding

SHELL = "/bin/sh"
POLICY: Mapping[str, Any] = {"catchup": "none", "overlap": "allow", "timeout": None}
"""As cron does it, where this scheduler by itself would catch up, skip and limit."""
LONGEST_NAME = 60
_SETTING = re.compile(r"""\s*(?:(["'])(?P<quoted>.+?)\1|(?P<name>[^\s=#"']+))\s*=\s*(?P<value>.*)$""")
_QUOTED = re.compile(r"""(["'])(.*)\1$""")
_OWNER = re.compile(r"[A-Za-z_][\w.-]*\$?")
_NAMESPACE = uuid5(NAMESPACE_URL, "jupyter-scheduler-ext/crontab")


@dataclass(frozen=True, slots=True)
class Owners:
    """A system table's users: tasks run as `own`; with `sudo`, those of others as they do under cron."""

    own: str
    sudo: bool = False


@dataclass(slots=True)
class _Table:
    """What the lines so far have set."""

    timezone: str
    in_home: bool
    owners: Owners | None = None
    shell: str = SHELL
    delay: float = 0
    mail: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    comment: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def sudo(self) -> bool:
        """Do the lines of others go through sudo?"""
        return self.owners is not None and self.owners.sudo


def read_crontab(text: str, timezone: str, *, in_home: bool = False, owners: Owners | None = None) -> list[Finding]:
    """A finding for each line that is neither blank nor a comment.

    `timezone` is that of lines above any ``CRON_TZ``. cron starts commands in the user's home, this scheduler in the
    folder it serves: `in_home` begins each command with ``cd``. Each task's id follows from its line, so that the same
    crontab taken in twice makes nothing twice. `owners` says that it is a system table, with a user before the command.
    """
    return list(_findings(text.splitlines(), _Table(timezone, in_home, owners)))


def _findings(lines: list[str], table: _Table) -> Iterator[Finding]:
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        where = f"line {number}"
        if not line:
            table.comment.clear()
        elif line.startswith("#"):
            comment = line.lstrip("# ")
            if not _is_entry(comment, table.owners is not None):
                table.comment.append(comment)
        elif setting := _setting(line):
            yield _set(table, where, line, *setting)
        else:
            yield _entry(table, where, line)
            table.comment.clear()


def _setting(line: str) -> tuple[str, str] | None:
    """The name and value of ``NAME = value``; a line whose first word looks like a minute is none."""
    found = _SETTING.match(line)
    if found is None or re.match(r"[-\d*@]", line):
        return None
    value = found["value"].strip()
    quoted = _QUOTED.match(value)
    return found["quoted"] or found["name"], quoted[2] if quoted else value


def _set(table: _Table, where: str, line: str, name: str, value: str) -> Finding:
    notes: tuple[str, ...] = ()
    if name == "CRON_TZ":
        try:
            cron.zone(value)
        except cron.CronError as error:
            return Finding(where, line, problem=f"{error.message}; the lines below stay in {table.timezone}")
        table.timezone = value
    elif name == "SHELL":
        table.shell = value or SHELL
    elif name == "RANDOM_DELAY":
        try:
            table.delay = float(value) * 60
        except ValueError:
            return Finding(where, line, problem=f"{value!r} is no number of minutes")
        notes = ("becomes the jitter of the tasks below",)
    elif name in ("MAILTO", "MAILFROM"):
        table.mail = table.mail or bool(value)
        notes = ("nothing is mailed: the output is kept with each run; see notifications",)
    elif name in ("LOGNAME", "USER"):
        notes = ("cron does not let it be set either",)
    else:
        table.environment[name] = value
    return Finding(where, line, notes=notes)


def _entry(table: _Table, where: str, line: str) -> Finding:
    rule, owner, command = _split(line, table.owners is not None)
    if not command.strip():
        return Finding(where, line, problem="there is no command")
    if rule == "@reboot":
        return Finding(where, line, problem="@reboot: tasks run by time; let the system start `serve` at boot instead")
    try:
        cron.parse(cron.expand_nickname(rule))
    except cron.CronError as error:
        return Finding(where, line, problem=error.message)
    if owner and not _OWNER.fullmatch(owner):
        return Finding(where, line, problem=f"{owner!r} stands where a user belongs: is this a user's own table?")
    task = _task(table, rule, owner, command)
    return Finding(where, line, task, tuple(_notes(table, owner, command)))


def _is_entry(comment: str, owned: bool) -> bool:
    """Is this a line that was switched off, rather than words?"""
    rule, _, command = _split(comment, owned)
    try:
        cron.parse(cron.expand_nickname(rule))
    except cron.CronError:
        return False
    return bool(command)


def _split(line: str, owned: bool) -> tuple[str, str, str]:
    """The rule, the user ("" in a user's own table) and the command. A ``-`` before the minute asks cronie not to log;
    logs are kept here all the same."""
    line = line.removeprefix("-")
    columns = 1 if line.startswith("@") else 5
    parts = line.split(None, columns + owned)
    owner = parts[columns] if owned and len(parts) > columns else ""
    return " ".join(parts[:columns]), owner, parts[columns + owned] if len(parts) > columns + owned else ""


def _task(table: _Table, rule: str, owner: str, command: str) -> dict[str, Any]:
    script, given = split_input(command.strip())
    program = as_script(f"cd && {script}" if table.in_home and "\n" not in script else script, given)
    if table.in_home and "\n" in script:
        program = f"cd\n{program}"
    comment = " ".join(table.comment).strip()
    key = f"{table.timezone} {rule} {table.shell} {program}" + (f" {owner}" if owner else "")
    table.seen[key] += 1
    policy = dict(POLICY) | ({"jitter": table.delay} if table.delay else {})
    return {
        "uuid": str(uuid5(_NAMESPACE, f"{key} {table.seen[key]}")),
        "type": "scheduled",
        "name": _name(table.comment, script),
        **({"description": comment} if comment else {}),
        "tags": ["crontab", *([f"user:{owner}"] if owner else [])],
        **({"enabled": False} if _is_strange(table, owner) and not table.sudo else {}),
        "schedule": _schedule(rule, table.timezone),
        "action": _action(table, owner, program),
        "policy": policy,
    }


def _action(table: _Table, owner: str, program: str) -> dict[str, Any]:
    shell = [table.shell, "-c", program]
    if _is_strange(table, owner) and table.sudo:  # which passes no variables on but those that it is told
        settings = [f"{name}={value}" for name, value in table.environment.items()]
        return {"kind": "command", "argv": ["sudo", "-n", "-H", "-u", owner, "--", "env", *settings, *shell]}
    return {"kind": "command", "argv": shell, **({"env": dict(table.environment)} if table.environment else {})}


def _is_strange(table: _Table, owner: str) -> bool:
    """Is this line somebody else's than the user that tasks run as?"""
    return table.owners is not None and owner != table.owners.own


def _schedule(rule: str, timezone: str) -> dict[str, str]:
    fields = cron.expand_nickname(rule).split()
    return {**dict(zip(cron.FIELDS, fields, strict=True)), "timezone": timezone}


def _name(comment: list[str], script: str) -> str:
    """The comment right above if it is one short line, else the command."""
    if len(comment) == 1 and 0 < len(comment[0]) <= LONGEST_NAME:
        return comment[0]
    line = " ".join(script.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def split_input(command: str) -> tuple[str, str | None]:
    """The command and what it reads: the first ``%`` separates them, each further one is a new line, ``\\%`` is one."""
    parts = re.split(r"(?<!\\)%", command)
    plain = [part.replace("\\%", "%") for part in parts]
    return plain[0].rstrip(), "\n".join(plain[1:]) if len(plain) > 1 else None


def as_script(command: str, given: str | None) -> str:
    """A script that runs the command with this text as its input."""
    if given is None:
        return command
    end = "END_OF_INPUT"
    while end in given:
        end += "_"
    return f"{{ {command}\n}} <<'{end}'\n{given}\n{end}"


def _notes(table: _Table, owner: str, command: str) -> Iterator[str]:
    if table.owners is not None and _is_strange(table, owner):
        if table.sudo:
            yield f"runs as {owner} by `sudo -n`, which must allow {table.owners.own} that without a password"
        else:
            yield f"ran as {owner} and would run as {table.owners.own} here: made disabled; enable it if that is right"
    if table.owners is None and command.split()[:1] == ["root"]:
        yield "begins with the word root: a table with a user column is read with --system"
    if table.mail:
        yield "its output is kept, not mailed"
    if not table.in_home and re.search(r"(?:^|[\s;&|])\.{1,2}/", command):
        yield "begins in the served folder, not in your home: its relative paths may mean other files"
