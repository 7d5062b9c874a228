"""What a form shows of a schedule: words, next fires, and warnings that are there exactly when they should be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_scheduler_ext.engine.cron import CronError, Preview, next_fires, preview

MARCH = datetime(2026, 3, 11, 8, tzinfo=UTC)
APRIL = datetime(2026, 4, 11, 8, tzinfo=UTC)


def messages(shown: Preview) -> dict[str, str]:
    return {warning.code: warning.message for warning in shown.warnings}


def test_a_preview_has_words_and_the_next_five_fires() -> None:
    shown = preview("45 7 * * 1,4", "Europe/Berlin", MARCH)
    assert shown.words == "Mondays and Thursdays at 07:45"
    assert shown.fires == next_fires("45 7 * * 1,4", "Europe/Berlin", MARCH, 5)


@pytest.mark.parametrize("count", [0, 1, 12])
def test_as_many_fires_are_shown_as_asked_for(count: int) -> None:
    assert len(preview("* * * * *", "UTC", MARCH, count).fires) == count


def test_every_minute_in_a_zone_without_changes_needs_no_warning() -> None:
    assert preview("* * * * *", "UTC", MARCH).warnings == []


def test_a_gap_and_an_overlap_within_the_year_are_announced_with_date_and_local_time() -> None:
    shown = preview("30 2 * * *", "Europe/Berlin", MARCH)
    assert messages(shown) == {
        "gap": "On 29 March 2026 clocks go forward from 02:00 to 03:00: the run at 02:30 moves to 03:00.",
        "overlap": "On 25 October 2026 clocks go back from 03:00 to 02:00: the run at 02:30 happens once, "
        "the first time the clock shows it.",
    }
    assert [warning.at for warning in shown.warnings] == [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ]


def test_several_times_in_one_change_are_told_together() -> None:
    told = messages(preview("0,30 2 * * *", "Europe/Berlin", MARCH))
    assert told["gap"].endswith("the 2 runs from 02:00 to 02:30 become one at 03:00.")
    assert told["overlap"].endswith("the 2 runs from 02:00 to 02:30 happen once, the first time the clock shows them.")


def test_what_follows_real_time_is_told_to_be_absent_or_double() -> None:
    told = messages(preview("*/30 2 * * *", "Europe/Berlin", MARCH))
    assert told["gap"].endswith("the 2 runs from 02:00 to 02:30 do not happen, as there is no such time.")
    assert told["overlap"].endswith("the 2 runs from 02:00 to 02:30 come twice, once in each of the two hours.")


def test_a_rhythm_through_the_whole_day_is_not_disturbed_by_a_change() -> None:
    assert preview("*/15 * * * *", "Europe/Berlin", MARCH).warnings == []
    near = preview("*/15 * * * *", "Europe/Berlin", datetime(2026, 3, 29, 0, 50, tzinfo=UTC))
    assert messages(near) == {
        "clock_change": "On 29 March 2026 clocks go forward from 02:00 to 03:00: the rhythm goes on in real time."
    }


def test_a_change_among_the_fires_shown_is_mentioned_although_it_meets_none() -> None:
    assert messages(preview("45 7 * * 1,4", "Europe/Berlin", MARCH, 6)) == {
        "clock_change": "On 29 March 2026 clocks go forward from 02:00 to 03:00: runs keep their local time."
    }
    assert preview("45 7 * * 1,4", "Europe/Berlin", APRIL).warnings == []


def test_a_gap_that_only_meets_other_dates_is_not_announced() -> None:
    assert preview("30 2 * * 1-5", "Europe/Berlin", APRIL).warnings == []


def test_a_change_that_has_passed_today_is_not_announced_again() -> None:
    told = messages(preview("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 29, 5, tzinfo=UTC)))
    assert told["gap"].startswith("On 28 March 2027")


def test_a_change_across_midnight_names_both_dates() -> None:
    assert messages(preview("30 23 * * *", "America/Nuuk", MARCH))["gap"] == (
        "On 28 March 2026 clocks go forward from 23:00 to 00:00 on 29 March 2026: the run at 23:30 moves to 00:00."
    )


def test_a_day_that_is_skipped_is_told_as_skipped() -> None:
    told = messages(preview("0 9 * * *", "Pacific/Apia", datetime(2011, 12, 1, tzinfo=UTC)))
    assert told["gap"].endswith("the run at 09:00 is skipped.")


def test_a_fire_more_than_a_year_away_is_called_rare() -> None:
    shown = preview("0 9 29 2 *", "Europe/Berlin", MARCH)
    assert messages(shown) == {"rare": "The next run is more than a year away, on 29 February 2028."}
    assert shown.warnings[0].at == shown.fires[0]
    assert preview("0 9 1 3 *", "Europe/Berlin", MARCH).warnings == []


def test_the_day_of_a_rare_fire_is_the_local_one() -> None:
    told = messages(preview("0 1 29 2 *", "Pacific/Auckland", MARCH))
    assert told["rare"].endswith("on 29 February 2028.")


def test_day_and_weekday_together_are_explained() -> None:
    assert "day OR the weekday" in messages(preview("0 9 1 * 1", "UTC", MARCH))["dom_dow"]
    assert "BOTH" in messages(preview("0 9 */2 * 1", "UTC", MARCH))["dom_dow"]
    assert preview("0 9 1 * *", "UTC", MARCH).warnings == []
    assert preview("0 9 * * 1", "UTC", MARCH).warnings == []


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("*/45 * * * *", "*/45 is not every 45 minutes: the count starts anew each hour."),
        ("*/90 * * * *", "*/90 is not every 90 minutes: the count starts anew each hour."),
        ("0 */5 * * *", "*/5 is not every 5 hours: the count starts anew each day."),
    ],
)
def test_a_step_that_does_not_divide_its_hour_or_day_is_explained(expression: str, words: str) -> None:
    assert messages(preview(expression, "UTC", MARCH)) == {"step": words}


def test_an_even_step_needs_no_warning() -> None:
    assert preview("*/20 */6 * * *", "UTC", MARCH).warnings == []


@pytest.mark.parametrize(("expression", "zone"), [("0 0 30 2 *", "UTC"), ("* * * * *", "Berlin")])
def test_a_bad_schedule_has_no_preview(expression: str, zone: str) -> None:
    with pytest.raises(CronError):
        preview(expression, zone, MARCH)
