"""The file store keeps every promise of a `TaskStore`."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .task_store_contract import TaskStoreContract


class TestJsonFileStore(TaskStoreContract):
    @pytest.fixture
    def make_store(self, tmp_path):
        return lambda: JsonFileStore(tmp_path / "scheduler")
