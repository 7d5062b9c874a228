"""Zones: which names are zones, how a change of tz data gets in, and the one assumption about that data."""

from __future__ import annotations

import shutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from itertools import pairwise
from pathlib import Path

import cron_oracle
import pytest

from jupyter_scheduler_ext.engine.cron import CronError, next_fires, refresh_zones, zone
from jupyter_scheduler_ext.engine.wall import day_of, instant_of, local_day

SIX_DAYS = 6 * 86400


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "GMT0", "America/Port-au-Prince"]
)
def test_iana_names_are_zones(name: str) -> None:
    assert zone(name).key == name
    assert zone(name) is zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Mars/Phobos",
        "Europe",
        "Europe/Berlin ",
        "Europe/Berlin\n",
        "Europe/Berlin\x00",
        "../../etc/passwd",
        "/etc/localtime",
        "/usr/share/zoneinfo/Europe/Berlin",
        "Europe/../Europe/Berlin",
        "Europe//Berlin",
        "./UTC",
        "..",
        "C:\\Windows",
        "localtime",
        "posixrules",
        "Factory",
        "right/Europe/Berlin",
        "posix/Europe/Berlin",
        "zone.tab",
        "tzdata.zi",
        "+02:00",
        "\u0415urope/Berlin",
        "A" * 65,
        None,
        2,
    ],
)
def test_anything_else_is_refused_as_a_timezone(name: object) -> None:
    with pytest.raises(CronError) as refusal:
        zone(name)  # type: ignore[arg-type]
    assert refusal.value.field == "timezone"
    assert "Europe/Berlin" in refusal.value.message


@pytest.mark.parametrize(
    ("near", "meant"), [("Berlin", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"), ("utc", "UTC")]
)
def test_a_near_miss_is_told_what_it_may_have_meant(near: str, meant: str) -> None:
    with pytest.raises(CronError, match=f"Did you mean.*{meant}"):
        zone(near)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Path]:
    """A zone Test/City of our own, whose tz data can be exchanged."""
    (tmp_path / "Test").mkdir()
    zoneinfo.reset_tzpath(to=[str(tmp_path), *zoneinfo.TZPATH])
    yield tmp_path / "Test" / "City"
    zoneinfo.reset_tzpath()
    refresh_zones()


def test_new_tz_data_is_seen_after_a_refresh_and_not_before(city: Path) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)

    def first_fire() -> str:
        return f"{next_fires('30 2 * * *', 'Test/City', noon, 1)[0]:%H:%M}"

    install("Europe/Berlin", city)
    assert first_fire() == "00:30"
    install("Asia/Tokyo", city)
    assert first_fire() == "00:30"
    refresh_zones()
    assert first_fire() == "17:30"


def test_a_new_zone_is_suggested_after_a_refresh(city: Path) -> None:
    with pytest.raises(CronError, match="Use an IANA name"):
        zone("City")
    install("Europe/Berlin", city)
    refresh_zones()
    with pytest.raises(CronError, match="Did you mean Test/City"):
        zone("City")


def test_a_zone_that_vanishes_is_an_error_of_the_zone_after_a_refresh(city: Path) -> None:
    install("Europe/Berlin", city)
    assert zone("Test/City").key == "Test/City"
    city.unlink()
    refresh_zones()
    with pytest.raises(CronError, match="timezone"):
        zone("Test/City")


def test_a_damaged_zone_file_is_an_error_of_the_zone(city: Path) -> None:
    city.write_bytes(b"not tz data")
    with pytest.raises(CronError, match="timezone"):
        zone("Test/City")


def install(name: str, target: Path) -> None:
    shutil.copyfile(str(resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))), target)


def test_no_zone_changes_twice_within_six_days() -> None:
    """`wall` looks for one change a day, and takes touched neighbours as touched by the same one."""
    for changes in cron_oracle.changes_2005_2035().values():
        for earlier, later in pairwise(changes):
            assert later.at - earlier.at > SIX_DAYS, earlier


def test_every_change_is_found_on_each_day_that_it_touches() -> None:
    for name, changes in cron_oracle.changes_2005_2035().items():
        for change in changes[:6]:
            low, high = sorted((change.at + change.before, change.at + change.after))
            for day in range(day_of(low), day_of(high - 1) + 1):
                assert local_day(zone(name), day).shift == (change.at, change.before, change.after)
            for day in (day_of(low) - 1, day_of(high - 1) + 1):
                assert local_day(zone(name), day).shift is None


def test_a_wall_time_becomes_the_instant_that_shows_it() -> None:
    for name, changes in list(cron_oracle.changes_2005_2035().items())[::7]:
        place = zone(name)
        for change in changes[:4]:
            for instant in range(change.at - 86400 * 2, change.at + 86400 * 2, 900):
                local = datetime.fromtimestamp(instant, UTC).astimezone(place)
                wall = instant + int(local.utcoffset().total_seconds())
                assert instant_of(wall, place, local.fold) == instant, (name, local)


def test_a_wall_time_in_a_gap_becomes_the_instant_of_the_change() -> None:
    for name, changes in cron_oracle.changes_2005_2035().items():
        for change in changes[:4]:
            for wall in range(change.at + change.before, change.at + change.after, 600):
                assert instant_of(wall, zone(name), 0) == instant_of(wall, zone(name), 1) == change.at
