"""Schedules in words: natural for the common ones, exact for any."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import cron_oracle
import pytest

from jupyter_scheduler_ext.engine.cron import CronError, explain, parse

YEAR = date(2024, 1, 1).toordinal()


def random_expressions(rng: random.Random, count: int) -> list[str]:
    start = datetime(2024, 1, 1)
    return [
        cron_oracle.random_expression(rng, start + timedelta(minutes=rng.randrange(366 * 1440))) for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("30 2 * * *", "Every day at 02:30"),
        ("0 8,12,18 * * *", "Every day at 08:00, 12:00 and 18:00"),
        ("0,30 8 * * *", "Every day at 08:00 and 08:30"),
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("*/30 * * * *", "Every 30 minutes"),
        ("5/15 * * * *", "Every 15 minutes, starting 5 minutes past the hour"),
        ("*/15 8-17 * * *", "Every 15 minutes from 08:00 to 17:45"),
        ("*/30 8-9 * * 1", "Mondays, every 30 minutes from 08:00 to 09:30"),
        ("* 8 * * *", "Every minute from 08:00 to 08:59"),
        ("* 8,10 * * *", "Every minute of the hours 08 and 10"),
        ("*/15 8,10 * * *", "Every 15 minutes of the hours 08 and 10"),
        ("@hourly", "Every hour"),
        ("1 * * * *", "Every hour at 1 minute past"),
        ("10 * * * *", "Every hour at 10 minutes past"),
        ("0 */2 * * *", "Every 2 hours"),
        ("0 1-23/2 * * *", "Every 2 hours from 01:00 to 23:00"),
        ("0 */5 * * *", "Every day at 00:00, 05:00, 10:00, 15:00 and 20:00"),
        ("0 8-18 * * *", "Every day, hourly 08\u201318"),
        ("0 8-17 * * 1-5", "Weekdays, hourly 08\u201317"),
        ("15 8-17 * * mon-fri", "Weekdays, hourly 08:15\u201317:15"),
        ("45 7 * * 1,4", "Mondays and Thursdays at 07:45"),
        ("0 9 * * 0,6", "Weekends at 09:00"),
        ("0 9 * * 7", "Sundays at 09:00"),
        ("0 9 * * 1-6", "Monday to Saturday at 09:00"),
        ("0 9 * * 5-7", "Friday to Sunday at 09:00"),
        ("0 9 * * 0,1,2,4-6", "Every day except Wednesdays at 09:00"),
        ("0 9 * * 5L", "Last Friday of the month at 09:00"),
        ("0 9 * * 2#1", "1st Tuesday of the month at 09:00"),
        ("0 9 * * 1,2#1", "Mondays and the 1st Tuesday of the month at 09:00"),
        ("0 9 * 3 1,2#1,5l", "Mondays in March and the 1st Tuesday and last Friday of March at 09:00"),
        ("0 0 1 * *", "1st of the month at 00:00"),
        ("0 9 1,15 * *", "1st and 15th of the month at 09:00"),
        ("0 9 1-7 * *", "1st\u20137th of the month at 09:00"),
        ("0 9 2,3,11,12,13,21,22,23 * *", "2nd, 3rd, 11th\u201313th and 21st\u201323rd of the month at 09:00"),
        ("0 9 L * *", "Last day of the month at 09:00"),
        ("0 9 1,L * *", "1st and last day of the month at 09:00"),
        ("0 9 */2 * *", "Odd days of the month at 09:00"),
        ("0 9 2/2 * *", "Even days of the month at 09:00"),
        ("0 9 */5 * *", "Every 5th day from the 1st to the 31st of the month at 09:00"),
        ("@yearly", "1st of January at 00:00"),
        ("0 9 * 3 *", "Every day in March at 09:00"),
        ("0 9 * 6-8,12 *", "Every day in June\u2013August and December at 09:00"),
        ("*/10 * * 3 *", "Every day in March, every 10 minutes"),
        ("0 9 1 * 1", "1st of the month or Mondays at 09:00"),
        ("0 9 1 3 1-5", "1st of March or weekdays in March at 09:00"),
        ("0 9 */2 * 1", "Mondays falling on odd days of the month at 09:00"),
        ("0 9 13 * */5", "Fridays and Sundays falling on the 13th of the month at 09:00"),
        ("0 9 1-31 * 1", "Every day at 09:00"),
        ("*/45 * * * *", "At minutes 00 and 45 of every hour"),
        ("0-10 * * * *", "At minutes 00\u201310 of every hour"),
        ("*/7 * * * *", "At every 7th minute from 00 to 56 of every hour"),
        ("3,4,9 8,9,11,17 * * *", "At minutes 03, 04 and 09 of the hours 08, 09, 11 and 17"),
    ],
)
def test_words_are_natural(expression: str, words: str) -> None:
    assert explain(expression) == words


def test_the_zone_is_named_when_given() -> None:
    assert explain("30 2 * * *", "Europe/Berlin") == "Every day at 02:30 (Europe/Berlin)"


@pytest.mark.parametrize(("expression", "zone"), [("61 * * * *", None), ("* * * * *", "Mars/Phobos")])
def test_there_are_no_words_for_what_is_wrong(expression: str, zone: str | None) -> None:
    with pytest.raises(CronError):
        explain(expression, zone)


def test_day_and_weekday_are_joined_by_or_exactly_when_either_is_enough() -> None:
    rng = random.Random(5)
    for expression in random_expressions(rng, 500):
        cron = parse(expression)
        is_either = cron.restricts_days and cron.restricts_weekdays and not cron.needs_both_days
        assert (" or " in explain(expression).split(" falling on ")[0]) is is_either, expression


def test_equal_words_mean_equal_schedules() -> None:
    """A short form that left anything out would be shared by two schedules that differ."""
    rng = random.Random(6)
    meaning: dict[str, tuple[object, str]] = {}
    for expression in random_expressions(rng, 5000):
        cron = parse(expression)
        days = frozenset(day for day in range(YEAR, YEAR + 366) if cron.matches(day))
        same_words = meaning.setdefault(explain(expression), ((cron.minutes_of_day, days), expression))
        assert same_words[0] == (cron.minutes_of_day, days), f"{expression!r} and {same_words[1]!r}"
    assert len(meaning) > 1000


def test_no_sentence_is_longer_than_a_line_of_a_form_can_wrap() -> None:
    rng = random.Random(7)
    assert max(len(explain(expression)) for expression in random_expressions(rng, 1000)) < 400
