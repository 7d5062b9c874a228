"""Where a schedule lies on this machine, as far as that can be told without its server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..stores.place import folder_above
from .diagnosis import Diagnosis

CONFIG_NAMES = ("jupyter_server_config", "jupyter_scheduler_ext_config")
"""Configuration files that may say where a schedule lies, the later one winning."""


def storage_folder(here: Path | None = None) -> Path | None:
    """The storage folder that Jupyter's configuration names, or else the default one of the nearest root above."""
    named = configured("storage_dir")
    return Path(named).expanduser() if named else folder_above(here or Path.cwd())


def database_url() -> str:
    """The shared database that a schedule is in, empty if it is in the storage folder."""
    return configured("db_url") or os.environ.get("JUPYTER_SCHEDULER_EXT_DB_URL", "")


def configured(name: str) -> str:
    """A text of ``SchedulerExtension`` in the configuration files, read as a server reads them; empty if not set."""
    value = _config()[0].get("SchedulerExtension", {}).get(name)
    return value if isinstance(value, str) else ""


def configured_port() -> int | None:
    """The port that the configuration files give a server; None if they do not."""
    value = _config()[0].get("ServerApp", {}).get("port")
    return value if isinstance(value, int) else None


def config_problems() -> Iterator[Diagnosis]:
    """Configuration files that cannot be read: a server passes over them, with all that they say. And settings that
    there are not: a server passes over these as well."""
    from ..engine.scheduler import TaskScheduler
    from ..extension import SchedulerExtension

    config, unreadable = _config()
    for file, error in unreadable:
        yield Diagnosis("configuration", "error", f"{file} cannot be read: {error}", "mend or remove it")
    for cls in (SchedulerExtension, TaskScheduler):
        known = cls.class_trait_names(config=True)
        for name in sorted(config.get(cls.__name__, {}).keys() - set(known)):
            near = get_close_matches(name, known, 1)
            mend = f"write {cls.__name__}.{near[0]}" if near else "take it out"
            yield Diagnosis("configuration", "warning", f"there is no setting {cls.__name__}.{name}", mend)


def _config() -> tuple[Any, list[tuple[Path, Exception]]]:
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config
    from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

    found = Config()
    problems: list[tuple[Path, Exception]] = []
    for folder in reversed(jupyter_config_path()):
        for name in CONFIG_NAMES:
            for loader in (PyFileConfigLoader(f"{name}.py", folder), JSONFileConfigLoader(f"{name}.json", folder)):
                try:
                    found.merge(loader.load_config())
                except ConfigFileNotFound:
                    continue
                except Exception as error:
                    problems.append((Path(folder) / loader.filename, error))
    return found, problems
