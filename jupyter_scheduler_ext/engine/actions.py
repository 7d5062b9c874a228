"""What a run does: notebook, code or command, and whatever other packages register by entry point.

A new kind of action is a subclass of `Action` with a ``kind`` of its own, named in the entry-point group
``jupyter_scheduler_ext.actions``, plus a runner for that kind (see `abc.Runner`).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, WrapValidator
from pydantic_core import PydanticCustomError

ENTRY_POINTS = "jupyter_scheduler_ext.actions"

KernelPolicy = Literal["fresh", "keep"]


class Action(BaseModel):
    """Base of every action; ``kind`` tells which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    """Tells actions apart."""

    @property
    def label(self) -> str:
        """A few words for a list: a path, the first line of the code, the command."""
        return self.kind

    # Looked up among the fields themselves: asking a model for an attribute that it lacks costs it 20 us.

    @property
    def keeps_kernel(self) -> bool:
        """Does its kernel stay alive between runs?"""
        return self.__dict__.get("kernel") == "keep"

    @property
    def own_parameters(self) -> dict[str, Any]:
        """The parameters it gives, empty if it takes none."""
        return self.__dict__.get("parameters") or {}


class NotebookAction(Action):
    """Run a notebook from the served root; its source is read when the run starts, not copied at creation."""

    kind: Literal["notebook"] = "notebook"
    """Tells actions apart."""
    path: Annotated[str, Field(min_length=1, max_length=1024)]
    """From the served root."""
    parameters: dict[str, Any] = {}
    """Values for the cell tagged ``parameters``."""
    kernel_name: Annotated[str, Field(max_length=256)] | None = None
    """Name of the kernel spec; null: the notebook's own."""
    kernel: KernelPolicy = "fresh"
    """A new kernel for each run, or one that stays between runs."""
    hide_input: bool = False
    """Leave the code out of the run's report."""

    @property
    def label(self) -> str:
        return self.path


class CodeAction(Action):
    """Run code in the context's kernel; what it prints is appended to the context's transcript notebook.

    Several cells are separated by lines that start with ``# %%``.
    """

    kind: Literal["code"] = "code"
    """Tells actions apart."""
    source: Annotated[str, Field(min_length=1, max_length=500_000)]
    """The code."""
    parameters: dict[str, Any] = {}
    """Variables that are set before the code runs."""
    kernel_name: Annotated[str, Field(max_length=256)] | None = None
    """Name of the kernel spec; null: the server's default."""
    kernel: KernelPolicy = "keep"
    """One kernel that stays between runs, with all its variables, or a new one for each."""

    @property
    def label(self) -> str:
        return next((line.strip() for line in self.source.splitlines() if line.strip()), "")


class CommandAction(Action):
    """Run a program, without a shell; ``cwd`` is relative to the served root."""

    kind: Literal["command"] = "command"
    """Tells actions apart."""
    argv: Annotated[list[Annotated[str, Field(max_length=32_768)]], Field(min_length=1, max_length=1000)]
    """The program and its arguments."""
    cwd: Annotated[str, Field(max_length=1024)] = ""
    """The folder to run in, from the served root."""
    env: dict[str, str] = {}
    """Variables besides the server's own environment."""

    @property
    def label(self) -> str:
        return " ".join(self.argv)


_kinds: dict[str, type[Action]] = {"notebook": NotebookAction, "code": CodeAction, "command": CommandAction}


def register(kind: str, cls: type[Action]) -> None:
    """Make `cls` the model of actions of this kind (tests and benchmarks register ``noop`` so)."""
    _kinds[kind] = cls


def action_class(kind: str) -> type[Action] | None:
    """The model of a kind; looks among the entry points the first time it meets an unknown one."""
    if kind not in _kinds:
        for point in entry_points(group=ENTRY_POINTS, name=kind):
            _kinds[kind] = point.load()
    return _kinds.get(kind)


def kinds() -> list[str]:
    """Every kind that a task's action may be of here, sorted."""
    return sorted(_kinds.keys() | _named())


@cache
def _named() -> frozenset[str]:
    return frozenset(entry_points(group=ENTRY_POINTS).names)


def _by_kind(value: Any, handler: Any) -> Action:
    if isinstance(value, Action):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError(
            "action_type", "an action is an object with a kind, such as notebook, code or command"
        )
    kind = value.get("kind")
    cls = action_class(kind) if isinstance(kind, str) else None
    if cls is None:
        known = ", ".join(sorted(_kinds))
        raise PydanticCustomError("action_kind", "the kind of an action is one of: {known}", {"known": known})
    return cls.model_validate(value)


AnyAction = Annotated[SerializeAsAny[Action], WrapValidator(_by_kind)]
