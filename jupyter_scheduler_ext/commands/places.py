"""Where a schedule lies on this machine, as far as that can be told without its server."""

from __future__ import annotations

from pathlib import Path

from ..stores.place import folder_above

CONFIG_NAMES = ("jupyter_server_config", "jupyter_scheduler_ext_config")
"""Configuration files that may name the storage folder, the later one winning."""


def storage_folder(here: Path | None = None) -> Path | None:
    """The storage folder that Jupyter's configuration names, or else the default one of the nearest root above."""
    return configured_folder() or folder_above(here or Path.cwd())


def configured_folder() -> Path | None:
    """The ``SchedulerExtension.storage_dir`` of the configuration files, read as a server reads them."""
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config
    from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

    found = Config()
    for folder in reversed(jupyter_config_path()):
        for name in CONFIG_NAMES:
            for loader in (PyFileConfigLoader(f"{name}.py", folder), JSONFileConfigLoader(f"{name}.json", folder)):
                try:
                    found.merge(loader.load_config())
                except ConfigFileNotFound:
                    continue
                except Exception:  # a broken file is the doctor's business: here it names no folder
                    continue
    named = found.get("SchedulerExtension", {}).get("storage_dir")
    return Path(named).expanduser() if isinstance(named, str) and named else None
