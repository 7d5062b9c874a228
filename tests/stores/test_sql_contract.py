"""The store of a shared database keeps every promise of a `TaskStore`, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.stores.sql.task_store import SqlTaskStore
from jupyter_scheduler_ext.stores.sql.versions import open_database

from .task_store_contract import TaskStoreContract


@pytest.fixture(params=["sqlite", "postgres"])
def db_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'schedule.sqlite'}"
    return request.getfixturevalue("postgres").url()


class TestSqlTaskStore(TaskStoreContract):
    @pytest.fixture
    def make_store(self, db_url):
        made = []

        def make():
            made.append(SqlTaskStore(open_database(db_url)))
            return made[-1]

        yield make
        for store in made:
            store.close()
