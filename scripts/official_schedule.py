"""Make a database of jupyter-scheduler by jupyter-scheduler itself, as SQL text: the fixture of the migration's tests.

In an environment that has it: ``python scripts/official_schedule.py > tests/migration/official.sql``.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_scheduler.environments import StaticEnvironmentManager
from jupyter_scheduler.models import CreateJob, CreateJobDefinition, UpdateJobDefinition
from jupyter_scheduler.orm import create_tables
from jupyter_scheduler.scheduler import Scheduler

KERNEL = {"name": "python3", "display_name": "Python 3"}
NOTEBOOK = json.dumps({"cells": [], "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5})
USUAL: dict[str, Any] = {"runtime_environment_name": "jupyterlab-env", "output_formats": ["ipynb", "html"]}


def main() -> None:
    """Write the SQL to standard output."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "served"
        root.mkdir()
        for name in ("nightly.ipynb", "sales.ipynb", "gone.ipynb"):
            (root / name).write_text(NOTEBOOK)
        file = Path(place) / "scheduler.sqlite"
        url = f"sqlite:///{file}"
        create_tables(url)
        fill(Scheduler(str(root), StaticEnvironmentManager(), url, staging_path=str(Path(place) / "staging")))
        with sqlite3.connect(file) as connection:
            wait_for_jobs(connection)
            sys.stdout.write("\n".join(connection.iterdump()) + "\n")


def wait_for_jobs(connection: sqlite3.Connection) -> None:
    """Each runs in a process of its own, which needs the database until it is over."""
    deadline = time.monotonic() + 120
    active = "SELECT COUNT(*) FROM jobs WHERE status NOT IN ('COMPLETED', 'FAILED')"
    while connection.execute(active).fetchone()[0] and time.monotonic() < deadline:
        time.sleep(0.5)


def fill(scheduler: Scheduler) -> None:
    """One definition for each thing that can be different, and jobs with and without one."""

    def define(name: str, notebook: str, **more: Any) -> str:
        model = CreateJobDefinition(name=name, input_uri=notebook, **{**USUAL, **more})
        made: str = scheduler.create_job_definition(model)
        return made

    nightly = define(
        *("Nightly report", "nightly.ipynb"),
        schedule="30 2 * * *",
        timezone="Europe/Berlin",
        parameters={"region": "eu", "n": "3"},
        tags=["finance", "daily"],
    )
    paused = define(
        "Paused", "sales.ipynb", schedule="0 9 * * 1-5", timezone="America/New_York", output_formats=["pdf"]
    )
    scheduler.update_job_definition(paused, UpdateJobDefinition(active=False))
    define("Without a zone", "sales.ipynb", schedule="0 0 */2 * MON")
    define("With seconds", "sales.ipynb", schedule="0 0 * * * 30", timezone="UTC")
    define("On demand", "gone.ipynb", package_input_folder=True)
    jobs = ((nightly, "Nightly report", "nightly.ipynb"), (None, "Once", "sales.ipynb"), (None, "Once", "sales.ipynb"))
    for definition, name, notebook in jobs:
        scheduler.create_job(CreateJob(name=name, input_uri=notebook, job_definition_id=definition, **USUAL))


if __name__ == "__main__":
    main()
