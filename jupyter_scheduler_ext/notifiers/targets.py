"""Targets by name. Their addresses are looked up at each delivery and shown to nobody.

A changed file or keyring entry so holds from the next message on, and nothing secret stays in memory for long.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

from ..engine.abc import NotDelivered, Notifier
from ..engine.errors import Invalid
from ..outbound import Rules
from .apprise import AppriseNotifier
from .webhook import SCHEME, Webhook

ENTRY_POINTS = "jupyter_scheduler_ext.notifiers"
"""Each is named by the scheme of the addresses it takes, and loads to a callable: address -> `Notifier`."""
MOST = 16_384
"""Bytes of a file that holds an address."""


class Targets:
    """The targets that the server's settings name."""

    def __init__(self, references: Mapping[str, str], timeout: float, rules: Rules | None = None) -> None:
        self._references = dict(references)
        self._timeout = timeout
        self._rules = rules or Rules()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._references)

    def check(self, names: Iterable[str]) -> None:
        """Raises Invalid for a name that no target has."""
        for name in names:
            if name not in self._references:
                known = ", ".join(self._references) or "none is set up"
                raise Invalid(f"there is no target named {name!r}; there are: {known}", field="notify.to")

    def problem(self, name: str) -> str | None:
        """Why nothing can be delivered there, as far as can be told without trying. Reads files: not on the loop."""
        try:
            self.notifier(name)
        except NotDelivered as error:
            return str(error)
        return None

    def notifier(self, name: str) -> Notifier:
        """What delivers to a target. Reads files, imports: not on the loop. Raises NotDelivered."""
        if name not in self._references:
            raise NotDelivered(f"there is no target named {name!r}")
        address = look_up(self._references[name])
        scheme = address.partition(":")[0].lower()
        if scheme == SCHEME:
            return Webhook(address, self._rules)
        for point in entry_points(group=ENTRY_POINTS, name=scheme):
            make: Callable[[str], Notifier] = point.load()
            return make(address)
        return AppriseNotifier(address, self._timeout)


def look_up(reference: str) -> str:
    """The address that a reference means. Raises NotDelivered, which names where it was looked for."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        found = os.environ.get(name)
        where = f"the server's environment has no variable {name!r}"
    elif kind == "file":
        found, where = _from_file(Path(name))
    elif kind == "keyring":
        found, where = _from_keyring(name)
    else:
        return reference
    if not found or not found.strip():
        raise NotDelivered(where)
    return found.strip()


def _from_file(path: Path) -> tuple[str | None, str]:
    try:
        with path.open("rb") as file:
            return file.read(MOST).decode(), f"the file {path} is empty"
    except (OSError, UnicodeDecodeError) as error:
        return None, f"the file {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"


def _from_keyring(name: str) -> tuple[str | None, str]:
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None, "addresses in a keyring need the package 'keyring' on the server"
    service, _, entry = name.rpartition("/")
    try:
        return keyring.get_password(service, entry), f"the keyring has no entry {name!r}"
    except Exception as error:  # each backend has its own
        return None, f"the keyring cannot be read ({type(error).__name__})"
