from __future__ import annotations

from pathlib import Path

import pytest

from .night import Night


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)
