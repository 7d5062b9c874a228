"""What holds for every schedule, by Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cron_oracle
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jupyter_scheduler_ext.engine.cron import (
    FIELDS,
    Cron,
    CronError,
    count_between,
    explain,
    fires_between,
    join_fields,
    latest_before,
    next_fires,
    parse,
    preview,
    validate_field,
    zone,
)

# A busy machine makes a test slow, not wrong.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
zones = st.sampled_from(sorted({*cron_oracle.changes_2005_2035(), "UTC", "Asia/Kolkata"}))
instants = st.datetimes(datetime(1980, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    step = st.integers(1, high)
    ranges = st.tuples(value, value).map(sorted).map(lambda ends: f"{ends[0]}-{ends[1]}")
    items = st.one_of(
        st.just("*"),
        value.map(str),
        ranges,
        st.builds("{}/{}".format, st.one_of(st.just("*"), value.map(str), ranges), step),
    )
    return st.one_of(items, st.lists(items, min_size=1, max_size=4).map(",".join))


def with_extras(field: st.SearchStrategy[str], *extras: str) -> st.SearchStrategy[str]:
    return st.one_of(field, st.sampled_from(extras), st.builds("{},{}".format, field, st.sampled_from(extras)))


fields = st.tuples(
    numbers(0, 59),
    numbers(0, 23),
    with_extras(numbers(1, 31), "L", "l"),
    with_extras(numbers(1, 12), "jan", "JUN-AUG", "Feb"),
    with_extras(numbers(0, 7), "mon", "FRI-SUN", "5L", "sunL", "2#1", "Thu#5"),
)


def read(expression: str) -> Cron | CronError:
    try:
        return parse(expression)
    except CronError as refusal:
        return refusal


def has_dates(texts: tuple[str, str, str, str, str]) -> bool:
    """A field made from the grammar can only be refused for its dates, or for the length of the whole."""
    reading = read(" ".join(texts))
    assert isinstance(reading, Cron) or reading.field in ("day", "expression"), reading
    return isinstance(reading, Cron)


expressions = fields.filter(has_dates).map(" ".join)


@unhurried
@given(expressions, zones, instants)
@example("*/15 3 * * *", "Pacific/Chatham", datetime(2026, 4, 4, 13, 59, tzinfo=UTC))
@example("0,30 0,23 * * *", "America/Nuuk", datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
def test_fires_come_strictly_after_the_instant_and_ascend(expression: str, name: str, after: datetime) -> None:
    fires = next_fires(expression, name, after, 6)
    assert len(fires) == 6
    assert all(earlier < later for earlier, later in zip([after, *fires], fires, strict=False))


@unhurried
@given(expressions, zones, instants)
def test_nothing_fires_between_an_instant_and_its_next_fire(expression: str, name: str, after: datetime) -> None:
    (fire,) = next_fires(expression, name, after, 1)
    between = fire - timedelta(seconds=1)
    assert count_between(expression, name, after, fire) == 1
    assert next_fires(expression, name, max(after, between), 1) == [fire]
    latest = latest_before(expression, name, between)
    assert latest is None or latest <= after


@unhurried
@given(expressions, zones, instants)
def test_a_fire_is_at_a_wall_time_of_the_rule_or_at_a_change(expression: str, name: str, after: datetime) -> None:
    cron = parse(expression)
    for fire in next_fires(expression, name, after, 3):
        local = fire.astimezone(zone(name))
        is_named = cron.matches(local.toordinal()) and 60 * local.hour + local.minute in cron.minutes_of_day
        just_before = (fire - timedelta(seconds=1)).astimezone(zone(name))
        assert is_named or local.utcoffset() > just_before.utcoffset()
        assert local.second == local.microsecond == 0


@unhurried
@given(expressions, zones, instants, st.integers(0, 72), st.integers(0, 72))
def test_two_windows_in_a_row_are_one_window(
    expression: str, name: str, start: datetime, first: int, then: int
) -> None:
    middle = start + timedelta(hours=first)
    end = middle + timedelta(hours=then)
    whole = fires_between(expression, name, start, end)
    assert fires_between(expression, name, start, middle) + fires_between(expression, name, middle, end) == whole
    assert count_between(expression, name, start, end) == len(whole)


@unhurried
@given(fields.filter(has_dates))
def test_joining_and_parsing_again_changes_nothing(texts: tuple[str, str, str, str, str]) -> None:
    joined = join_fields(*texts)
    assert join_fields(*joined.split()) == joined
    assert parse(parse(joined).expression) == parse(joined)
    for field, text in zip(FIELDS, texts, strict=True):
        validate_field(field, text)


@unhurried
@given(expressions, zones, instants)
def test_every_schedule_has_words_and_a_preview(expression: str, name: str, after: datetime) -> None:
    words = explain(expression)
    assert words[0].isupper() or words[0].isdigit()
    assert "  " not in words
    shown = preview(expression, name, after, 3)
    assert (shown.words, shown.fires) == (words, next_fires(expression, name, after, 3))
    assert all(warning.message.endswith(".") for warning in shown.warnings)


@unhurried
@given(st.text(max_size=300))
@example("* * * * \x00")
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    reading = read(text)
    assert isinstance(reading, Cron) or reading.message


@unhurried
@given(st.text("0123456789*/-,#LW?MONJA ", max_size=60))
def test_any_mixture_of_cron_characters_is_read_within_bounds_or_refused(text: str) -> None:
    reading = read(text)
    if isinstance(reading, CronError):
        assert reading.message
    else:
        assert reading.minutes <= set(range(60))
        assert reading.hours <= set(range(24))
        assert reading.weekdays <= set(range(7))
