"""Planned date-times: read, resolved in their zone, and what is said of gaps and overlaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import cron_oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_scheduler_ext.engine.cron import CronError
from jupyter_scheduler_ext.engine.plan_times import PlannedTimeError, as_edited, resolve, resolve_planned

# A busy machine makes a test slow, not wrong.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
zones = st.sampled_from(sorted({*cron_oracle.changes_2005_2035(), "UTC", "Asia/Kolkata"}))


def note_codes(value: str, zone: str, fold: int = 0) -> list[str]:
    return [note.code for note in resolve(value, zone, fold).notes]


def test_a_local_time_is_meant_in_the_zone_of_the_task() -> None:
    time = resolve("2026-03-12T02:30", "Europe/Berlin")
    assert (time.wall, time.timezone, time.fold) == (datetime(2026, 3, 12, 2, 30), "Europe/Berlin", 0)
    assert time.at == datetime(2026, 3, 12, 1, 30, tzinfo=UTC)
    assert time.notes == ()


@pytest.mark.parametrize(
    "text",
    ["2026-03-12T02:30", "2026-03-12 02:30", "2026-03-12t02:30:00", " 2026-03-12T02:30:00.000 ", "2026-03-12T01:30Z"],
)
def test_a_time_may_be_written_in_several_ways(text: str) -> None:
    assert resolve(text, "Europe/Berlin").at == datetime(2026, 3, 12, 1, 30, tzinfo=UTC)


def test_a_time_with_an_offset_is_that_instant_whatever_the_zone() -> None:
    time = resolve("2026-03-12T02:30+05:30", "Europe/Berlin")
    assert time.at == datetime(2026, 3, 11, 21, tzinfo=UTC)
    assert time.wall == datetime(2026, 3, 11, 22)
    assert [note.message for note in time.notes] == [
        "12 March 2026, 02:30 at UTC+05:30 is 11 March 2026, 22:00 in Europe/Berlin."
    ]


def test_the_zones_own_offset_and_utc_need_no_note() -> None:
    assert note_codes("2026-03-12T02:30+01:00", "Europe/Berlin") == []
    assert note_codes("2026-03-12T02:30Z", "Europe/Berlin") == []


def test_a_time_in_a_gap_moves_to_the_change_and_says_so() -> None:
    time = resolve("2026-03-29T02:30", "Europe/Berlin")
    assert time.at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert time.wall == datetime(2026, 3, 29, 2, 30)
    assert [note.message for note in time.notes] == [
        "29 March 2026, 02:30 does not exist in Europe/Berlin, clocks go forward: moved to 29 March 2026, 03:00."
    ]


def test_a_time_on_a_day_that_was_skipped_moves_too_for_a_person_chose_it() -> None:
    time = resolve("2011-12-30T09:00", "Pacific/Apia")
    assert time.at == datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert time.notes[0].message.endswith("moved to 31 December 2011, 00:00.")


def test_the_edges_of_a_gap_are_not_in_it() -> None:
    assert note_codes("2026-03-29T01:59:59", "Europe/Berlin") == []
    assert note_codes("2026-03-29T02:00", "Europe/Berlin") == ["gap"]
    assert note_codes("2026-03-29T03:00", "Europe/Berlin") == []


def test_a_time_that_comes_twice_is_the_first_and_says_so() -> None:
    time = resolve("2026-10-25T02:30", "Europe/Berlin")
    assert time.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert [note.message for note in time.notes] == [
        "25 October 2026, 02:30 comes twice in Europe/Berlin, clocks go back: the first is meant, at UTC+02:00."
    ]


def test_fold_chooses_the_second() -> None:
    time = resolve("2026-10-25T02:30", "Europe/Berlin", fold=1)
    assert (time.fold, time.at) == (1, datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert "the second is meant, at UTC+01:00" in time.notes[0].message


def test_the_fold_of_a_datetime_chooses_too() -> None:
    assert resolve(datetime(2026, 10, 25, 2, 30, fold=1), "Europe/Berlin").at.hour == 1


def test_a_fold_where_nothing_comes_twice_is_dropped() -> None:
    assert resolve("2026-03-12T02:30", "Europe/Berlin", fold=1).fold == 0


def test_an_offset_in_the_overlap_gives_the_fold_that_brings_it_back() -> None:
    time = resolve("2026-10-25T01:30Z", "Europe/Berlin")
    assert (time.wall, time.fold) == (datetime(2026, 10, 25, 2, 30), 1)
    assert resolve(time.wall, "Europe/Berlin", time.fold).at == time.at


def test_the_edges_of_an_overlap_are_not_in_it() -> None:
    assert note_codes("2026-10-25T01:59:59", "Europe/Berlin") == []
    assert note_codes("2026-10-25T02:00", "Europe/Berlin") == ["overlap"]
    assert note_codes("2026-10-25T03:00", "Europe/Berlin") == []


def test_seconds_and_their_fractions_are_kept() -> None:
    assert resolve("2026-03-12T02:30:05.25", "Europe/Berlin").at == datetime(2026, 3, 12, 1, 30, 5, 250000, UTC)
    assert resolve("2026-10-25T02:30:05.25", "Europe/Berlin", 1).at == datetime(2026, 10, 25, 1, 30, 5, 250000, UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2026-03-12",
        "2026-03-12T02",
        "20260312T0230",
        "2026-W11-4T02:30",
        "2026-02-30T02:30",
        "2026-13-01T02:30",
        "2026-03-12T24:30",
        "2026-03-12T02:60",
        "2026-03-12T02:30+99:00",
        "2026-03-12T02:30 Europe/Berlin",
        "2026-03-12T02:30\n2026",
        "1969-12-31T23:59",
        "9999-12-31T23:59",
        "0001-01-01T00:00Z",
        "\u0662026-03-12T02:30",
        "2" * 500,
        1773282600,
        None,
    ],
)
def test_what_is_no_time_is_refused_with_an_example_or_a_reason(value: Any) -> None:
    with pytest.raises(PlannedTimeError) as refusal:
        resolve(value, "UTC")
    assert refusal.value.field == "at"
    assert refusal.value.message.endswith(".")


def test_a_bad_fold_is_refused() -> None:
    with pytest.raises(PlannedTimeError, match="fold"):
        resolve("2026-03-12T02:30", "UTC", fold=2)


def test_an_unknown_zone_is_refused_as_a_timezone() -> None:
    with pytest.raises(CronError, match="timezone"):
        resolve("2026-03-12T02:30", "Mars/Phobos")


class TestStoredForm:
    def test_an_instant_gets_its_wall_time(self) -> None:
        assert resolve_planned({"at": "2026-10-25T01:30Z"}, "Europe/Berlin") == {
            "at": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            "wall": "2026-10-25T02:30:00",
            "timezone": "Europe/Berlin",
            "fold": 1,
        }

    def test_a_wall_time_gets_its_instant(self) -> None:
        assert resolve_planned({"wall": "2026-07-01T09:00"}, "Europe/Berlin")["at"] == datetime(
            2026, 7, 1, 7, tzinfo=UTC
        )

    def test_a_zone_of_its_own_wins_over_the_tasks(self) -> None:
        stored = resolve_planned({"wall": "2026-07-01T09:00", "timezone": "Asia/Tokyo"}, "Europe/Berlin")
        assert (stored["timezone"], stored["at"]) == ("Asia/Tokyo", datetime(2026, 7, 1, 0, tzinfo=UTC))

    def test_what_is_stored_already_is_left_alone_even_if_its_zone_has_vanished(self) -> None:
        stored = {"at": "2026-07-01T07:00:00Z", "wall": "2026-07-01T09:00:00", "timezone": "Gone/Zone", "fold": 0}
        assert resolve_planned(stored, "UTC") == stored

    def test_the_stored_form_resolves_to_itself(self) -> None:
        stored = resolve_planned({"at": "2026-10-25T01:30Z"}, "Europe/Berlin")
        again = resolve_planned({key: stored[key] for key in ("wall", "timezone", "fold")}, "UTC")
        assert again == stored

    def test_unknown_keys_are_kept_for_the_model_to_refuse(self) -> None:
        assert resolve_planned({"at": "2026-07-01T09:00", "colour": "red"}, "UTC")["colour"] == "red"

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({}, "at"),
            ({"at": None}, "at"),
            ({"wall": "soon"}, "wall"),
            ({"at": "soon"}, "at"),
            ({"at": "2026-07-01T09:00", "fold": 3}, "fold"),
        ],
    )
    def test_a_refusal_names_the_key(self, given: dict[str, Any], field: str) -> None:
        with pytest.raises(PlannedTimeError) as refusal:
            resolve_planned(given, "UTC")
        assert refusal.value.field == field


@unhurried
@given(zones, st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.sampled_from([0, 1]))
def test_a_resolved_time_shows_its_wall_time_unless_it_was_in_a_gap(name: str, wall: datetime, fold: int) -> None:
    time = resolve(wall, name, fold)
    shown = time.at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    if [note.code for note in time.notes] == ["gap"]:
        assert shown > wall
    else:
        assert shown.replace(fold=0) == wall
    assert resolve(time.wall, name, time.fold).at == time.at


@unhurried
@given(zones, st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 4, 14 * 4))
def test_an_instant_comes_back_from_its_wall_time_and_fold(name: str, moment: datetime, quarters: int) -> None:
    given_time = moment.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    time = resolve(given_time, name)
    assert time.at == given_time
    assert resolve(time.wall, name, time.fold).at == given_time


BERLIN = {"at": "2026-07-01T07:00:00Z", "wall": "2026-07-01T09:00:00", "timezone": "Europe/Berlin", "fold": 0}
TOKYO = {"at": "2026-08-01T00:00:00Z", "wall": "2026-08-01T09:00:00", "timezone": "Asia/Tokyo", "fold": 0}


@pytest.mark.parametrize(
    ("change", "instant"),
    [
        ({}, "2026-07-01T07:00:00Z"),
        ({"at": "2026-07-01T09:00:00+02:00", "wall": "2026-07-01 09:00"}, "2026-07-01T09:00:00+02:00"),
        ({"wall": "2026-07-01T10:00"}, "2026-07-01T08:00:00Z"),
        ({"timezone": "Asia/Tokyo"}, "2026-07-01T00:00:00Z"),
        ({"at": "2026-07-02T07:00:00Z"}, "2026-07-02T07:00:00Z"),
        ({"at": "2026-07-02T07:00:00Z", "wall": "2026-07-03T09:00"}, "2026-07-03T07:00:00Z"),
        ({"wall": TOKYO["wall"], "timezone": TOKYO["timezone"]}, TOKYO["at"]),
    ],
    ids=["nothing", "only its spelling", "wall time", "zone", "instant", "both", "into another date"],
)
def test_of_a_date_that_is_edited_the_half_that_changed_is_meant(change: dict[str, Any], instant: str) -> None:
    stored = resolve_planned(as_edited({**BERLIN, **change}, [BERLIN, TOKYO]), "UTC")
    at = stored["at"] if isinstance(stored["at"], datetime) else datetime.fromisoformat(stored["at"])
    assert at == datetime.fromisoformat(instant)
    place = ZoneInfo(stored["timezone"])
    assert at.astimezone(place).replace(tzinfo=None) == datetime.fromisoformat(stored["wall"])


@pytest.mark.parametrize("change", [{"wall": "2026-07-01T10:00:00"}, {"at": "2026-07-01T08:00:00Z"}])
def test_an_edit_that_leaves_the_zone_out_leaves_it_as_it_was(change: dict[str, Any]) -> None:
    entry = {name: value for name, value in {**BERLIN, **change}.items() if name not in ("timezone", "fold")}
    stored = resolve_planned(as_edited(entry, [BERLIN]), "UTC")
    assert (stored["wall"], stored["timezone"]) == ("2026-07-01T10:00:00", "Europe/Berlin")
