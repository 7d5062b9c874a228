"""jupyter-scheduler's own database, made by it (scripts/official_schedule.py), becomes notebook tasks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.engine.validation import check_rule, read_task
from jupyter_scheduler_ext.migration.official import read_official

FIXTURE = Path(__file__).with_name("official.sql")
PLACES = {"nightly.ipynb": ["reports/nightly.ipynb"], "sales.ipynb": ["sales.ipynb", "old/sales.ipynb"]}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The fixture as the file that jupyter-scheduler keeps."""
    file = tmp_path / "scheduler.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(FIXTURE.read_text("utf-8"))
    return file


def locate(name: str) -> list[str]:
    return PLACES.get(name, [])


def test_a_definition_keeps_its_id_rule_zone_tags_and_parameters(database: Path):
    found = {one.where: one for one in read_official(database, locate)}["Nightly report"]
    task = read_task(dict(found.task), "UTC")
    check_rule(task, 1_700_000_000_000)
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT job_definition_id FROM job_definitions WHERE name = 'Nightly report'")
        assert task.uuid == rows.fetchone()[0]
    assert (task.schedule.expression, task.schedule.timezone) == ("30 2 * * *", "Europe/Berlin")
    assert task.tags == ("finance", "daily")
    assert task.action.path == "reports/nightly.ipynb"
    assert task.action.parameters == {"region": "eu", "n": "3"}
    assert task.enabled


def test_every_row_has_a_finding_and_what_differs_is_said(database: Path):
    found = {one.where: one for one in read_official(database, locate)}
    paused = found["Paused"]
    assert paused.task["enabled"] is False
    assert any("pdf" in note for note in paused.notes)
    assert any("sales.ipynb is taken, not old/sales.ipynb" in note for note in paused.notes)
    zoneless = found["Without a zone"]
    assert zoneless.task["schedule"]["timezone"] == "UTC"
    assert any("there a day had to match one of them, here both" in note for note in zoneless.notes)
    seconds = found["With seconds"]
    assert seconds.task is None
    assert "five fields" in seconds.problem
    demand = found["On demand"]
    assert demand.task["type"] == "adhoc"
    assert any("no notebook of this name" in note for note in demand.notes)
    assert any("input folder" in note for note in demand.notes)


def test_jobs_without_a_definition_are_taken_on_request_each_different_one_once(database: Path):
    told = [one for one in read_official(database, locate) if one.where == "jobs"]
    assert ["2 jobs were run once" in told[0].text, "3 past jobs" in told[1].text] == [True, True]
    taken = [one.task for one in read_official(database, locate, jobs=True) if one.where == "Once"]
    assert [(task["type"], task["action"]["path"]) for task in taken] == [("adhoc", "sales.ipynb")]


def test_the_copy_that_ran_is_named_where_the_notebook_is_gone(database: Path):
    with sqlite3.connect(database) as connection:
        query = "SELECT job_definition_id FROM job_definitions WHERE input_filename = 'gone.ipynb'"
        (uuid,) = connection.execute(query).fetchone()
    staged = database.parent / "scheduler_staging_area" / uuid / "gone.ipynb"
    staged.parent.mkdir(parents=True)
    staged.write_text("{}")
    demand = next(one for one in read_official(database, locate) if one.where == "On demand")
    assert any(str(staged) in note for note in demand.notes)


def test_reading_leaves_the_database_as_it_was(database: Path):
    before = database.read_bytes()
    read_official(database, locate, jobs=True)
    assert database.read_bytes() == before
    assert [file.name for file in database.parent.iterdir()] == [database.name]


def test_another_file_is_refused_by_name(tmp_path: Path):
    other = tmp_path / "notes.txt"
    other.write_text("no database")
    for path in (other, tmp_path / "missing.sqlite"):
        with pytest.raises(Invalid, match=path.name):
            read_official(path, locate)
