"""T4 on the store of a shared database: two servers, any sequence of saves, conflicts, restarts and looks."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from jupyter_scheduler_ext.stores.sql.task_store import SqlTaskStore
from jupyter_scheduler_ext.stores.sql.versions import open_database

from .definitions_machine import DefinitionsMachine

quick = settings(stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


def machine_of(make_url) -> type[DefinitionsMachine]:
    class SqlMachine(DefinitionsMachine):
        def __init__(self) -> None:
            self.folder = Path(tempfile.mkdtemp())
            self.url = make_url(self.folder)
            super().__init__()

        def make_store(self) -> SqlTaskStore:
            return SqlTaskStore(open_database(self.url))

        def teardown(self) -> None:
            super().teardown()
            shutil.rmtree(self.folder)

    return SqlMachine


@pytest.fixture(params=["sqlite", "postgres"])
def machine(request) -> type[DefinitionsMachine]:
    if request.param == "sqlite":
        return machine_of(lambda folder: f"sqlite:///{folder / 'schedule.sqlite'}")
    server = request.getfixturevalue("postgres")
    return machine_of(lambda folder: server.url())


def test_definitions_are_what_the_model_says(machine) -> None:
    run_state_machine_as_test(machine, settings=settings(quick, max_examples=15))


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_definitions_are_what_the_model_says_at_length(machine) -> None:
    run_state_machine_as_test(machine, settings=settings(quick, max_examples=1000, stateful_step_count=50))
