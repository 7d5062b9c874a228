"""News that wait for delivery, kept in a file of the storage folder, so that a restart does not lose them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..engine.notices import News

log = logging.getLogger(__name__)


class Outbox:
    """``notices.json``: target -> news. There only while something waits; written by the leading server alone."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "notices.json"

    def load(self) -> dict[str, list[News]]:
        """What waits. A file that cannot be read is an empty one: it holds nothing that a run's record lacks."""
        try:
            waiting = json.loads(self._path.read_text("utf-8"))
            return {str(name): [News.from_json(one) for one in news] for name, news in waiting.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            log.warning("notifications that waited for delivery could not be read and are lost: %s", self._path)
            return {}

    def save(self, waiting: Mapping[str, Sequence[News]]) -> None:
        """Replace the file whole, and durably. Raises OSError."""
        kept = {name: [one.to_json() for one in news] for name, news in waiting.items() if news}
        if not kept:
            with suppress(FileNotFoundError):
                self._path.unlink()
            return
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        with suppress(FileNotFoundError):
            temporary.unlink()
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
