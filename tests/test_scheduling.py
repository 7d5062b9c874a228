"""What a person writes in a cell becomes the definition that is meant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_scheduler_ext.client import Invalid
from jupyter_scheduler_ext.client.scheduling import definition


def test_a_notebook_on_a_cron_rule() -> None:
    made = definition("reports/nightly.ipynb", "30 2 * * *", parameters={"region": "eu"}, tags=("finance",))
    assert made == {
        "name": "nightly",
        "type": "scheduled",
        "schedule": "30 2 * * *",
        "action": {"kind": "notebook", "path": "reports/nightly.ipynb", "parameters": {"region": "eu"}},
        "tags": ["finance"],
    }


def test_a_rule_with_a_zone_is_spelled_out_by_fields() -> None:
    made = definition(["make", "report"], "@daily", timezone="Europe/Berlin")
    assert made["schedule"] == {
        "minute": "0", "hour": "0", "day": "*", "month": "*", "weekday": "*", "timezone": "Europe/Berlin"
    }  # fmt: skip
    assert made["action"] == {"kind": "command", "argv": ["make", "report"]}
    assert made["name"] == "make report"


def test_one_time_and_several_times_make_a_plan() -> None:
    one = definition(None, datetime(2026, 3, 12, 2, 30, tzinfo=UTC), code="print(1)")
    several = definition(None, ["2026-03-12T02:30", datetime(2026, 4, 1, 8)], code="print(1)", timezone="Asia/Tokyo")
    assert one["plan"] == {"todo": ["2026-03-12T02:30:00+00:00"]}
    assert several["plan"]["todo"] == [
        {"wall": "2026-03-12T02:30", "timezone": "Asia/Tokyo"},
        {"wall": "2026-04-01T08:00:00", "timezone": "Asia/Tokyo"},
    ]


def test_without_a_time_the_task_runs_when_called() -> None:
    assert definition(None, None, code="print(1)")["type"] == "adhoc"


def test_a_notebook_beside_the_working_one_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "a.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path / "reports")
    root = str(tmp_path)
    assert definition("a.ipynb", None, root=root)["action"]["path"] == "reports/a.ipynb"
    assert definition(tmp_path / "reports" / "a.ipynb", None, root=root)["action"]["path"] == "reports/a.ipynb"
    assert definition("other/b.ipynb", None, root=root)["action"]["path"] == "other/b.ipynb"


def test_a_notebook_outside_of_what_is_served_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        definition("/elsewhere/a.ipynb", None, root=str(tmp_path))
    assert refused.value.field == "action.path"


@pytest.mark.parametrize(
    ("what", "code", "more", "field"),
    [
        (None, None, {}, "what"),
        ("a.ipynb", "print(1)", {}, "what"),
        ("script.py", None, {}, "what"),
        (["ls"], None, {"parameters": {"a": 1}}, "parameters"),
        ("a.ipynb", None, {"when": "1 2 3", "timezone": "UTC"}, "schedule"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(what: object, code: str | None, more: dict, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        definition(what, more.pop("when", None), code=code, **more)
    assert refused.value.field == field
