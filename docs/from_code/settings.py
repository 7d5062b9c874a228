"""Every setting of the server's configuration, from the traits that hold it."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from traitlets import Enum, Instance, TraitType, Undefined, Union
from traitlets.config import Configurable

from jupyter_scheduler_ext.agents.access import AgentSettings
from jupyter_scheduler_ext.engine.scheduler import TaskScheduler
from jupyter_scheduler_ext.executors.dask.settings import DaskSettings
from jupyter_scheduler_ext.extension import SchedulerExtension
from jupyter_scheduler_ext.logs import LogSettings
from jupyter_scheduler_ext.metrics import MetricsSettings
from jupyter_scheduler_ext.notifiers.settings import NotificationSettings
from jupyter_scheduler_ext.runners.prompt_settings import PromptSettings
from jupyter_scheduler_ext.runners.settings import RunnerSettings

from .markdown import anchored, prose

CLASSES: tuple[type[Configurable], ...] = (
    SchedulerExtension,
    TaskScheduler,
    RunnerSettings,
    NotificationSettings,
    PromptSettings,
    AgentSettings,
    MetricsSettings,
    LogSettings,
    DaskSettings,
)


def settings() -> str:
    """A section a class, a definition a trait."""
    return "\n".join(_section(cls) for cls in CLASSES)


def own_traits(cls: type[Configurable]) -> dict[str, TraitType[Any, Any]]:
    """What the class itself lets an administrator set; what it has from Jupyter is in Jupyter's own documentation."""
    configurable = cls.class_own_traits(config=True)
    return {name: configurable[name] for name in vars(cls) if name in configurable}


def _section(cls: type[Configurable]) -> str:
    parts = [anchored(f"settings-{cls.__name__}", 2, f"`{cls.__name__}`"), prose(cls.__doc__), ""]
    parts += [_trait(cls.__name__, name, trait) for name, trait in own_traits(cls).items()]
    return "\n".join(parts)


def _trait(owner: str, name: str, trait: TraitType[Any, Any]) -> str:
    bounds = " and ".join(_bounds(trait))
    kind = f"{_kind(trait)}, {bounds}" if bounds else _kind(trait)
    options = [f":type: {kind}"]
    if (default := _default(trait)) is not None:
        options.append(f":default: {default}")
    return "\n".join([f"```{{confval}} c.{owner}.{name}", *options, "", prose(trait.help), "```", ""])


def _kind(trait: TraitType[Any, Any]) -> str:
    if isinstance(trait, Enum):
        return "one of " + ", ".join(f"`{value}`" for value in trait.values or ())
    if isinstance(trait, Union):
        return " or ".join(_kind(one) for one in trait.trait_types)
    words = {
        "Unicode": "text",
        "Int": "integer",
        "Float": "number",
        "Bool": "`True` or `False`",
        "Callable": "function",
    }
    name = type(trait).__name__
    if isinstance(trait, Instance) and name in ("List", "Dict"):
        inner = getattr(trait, "_trait", None) or getattr(trait, "_value_trait", None)
        of = f" of {_kind(inner)}" if inner is not None and type(inner) is not TraitType else ""
        return {"List": "list", "Dict": "dictionary"}[name] + of
    return words.get(name, words.get(name.removesuffix("eger"), name))


def _bounds(trait: TraitType[Any, Any]) -> Iterator[str]:
    for side, words in (("min", "at least"), ("max", "at most")):
        bound = getattr(trait, side, None)
        if isinstance(bound, int | float) and isfinite(bound):
            yield f"{words} {bound:g}"


def _default(trait: TraitType[Any, Any]) -> str | None:
    """The default as Python writes it; None where the help must say it, since it is worked out."""
    if trait.this_class is not None and f"_default_{trait.name}" in vars(trait.this_class):
        return None
    value = trait.default()
    if value is Undefined or (value is None and not trait.allow_none):
        return None
    return f"`{value!r}`"
