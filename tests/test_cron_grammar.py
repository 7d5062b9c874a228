"""Cron texts: what is read, how, and what a refusal says."""

from __future__ import annotations

import pickle
import random

import cron_oracle
import pytest

from jupyter_scheduler_ext.engine.cron import CronError, expand_nickname, join_fields, parse, validate_field

BERLIN_NOON = cron_oracle.datetime(2026, 3, 29, 12, 30)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("*", set(range(60))),
        ("0", {0}),
        ("59", {59}),
        ("05", {5}),
        ("3,1,2", {1, 2, 3}),
        ("7,7", {7}),
        ("5-8", {5, 6, 7, 8}),
        ("9-9", {9}),
        ("*/15", {0, 15, 30, 45}),
        ("*/1", set(range(60))),
        ("10-20/5", {10, 15, 20}),
        ("10-10/5", {10}),
        ("50/4", {50, 54, 58}),
        ("*/90", {0}),
        ("0-59", set(range(60))),
        ("58-59,*/20,1", {0, 1, 20, 40, 58, 59}),
        ("5,*", set(range(60))),
    ],
)
def test_minutes_are_read_as_written(text: str, minutes: set[int]) -> None:
    assert parse(f"{text} 0 * * *").minutes == minutes


@pytest.mark.parametrize(("text", "hours"), [("9-9", {9}), ("23", {23}), ("*/7", {0, 7, 14, 21}), ("22/1", {22, 23})])
def test_hours_are_read_as_written(text: str, hours: set[int]) -> None:
    assert parse(f"0 {text} * * *").hours == hours


@pytest.mark.parametrize(
    ("text", "weekdays"),
    [
        ("0", {0}),
        ("7", {0}),
        ("SUN", {0}),
        ("sun", {0}),
        ("Mon-Fri", {1, 2, 3, 4, 5}),
        ("fri-sun", {5, 6, 0}),
        ("5-7", {5, 6, 0}),
        ("0-7", set(range(7))),
        ("1-7/2", {1, 3, 5, 0}),
        ("*/2", {0, 2, 4, 6}),
        ("5/2", {5, 0}),
        ("tue,THU", {2, 4}),
    ],
)
def test_weekdays_count_from_sunday_which_is_0_and_7(text: str, weekdays: set[int]) -> None:
    assert parse(f"0 0 * * {text}").weekdays == weekdays


@pytest.mark.parametrize(("text", "months"), [("jan", {1}), ("JUN-Aug", {6, 7, 8}), ("1-12/3", {1, 4, 7, 10})])
def test_months_have_names_in_any_case(text: str, months: set[int]) -> None:
    assert parse(f"0 0 1 {text} *").months == months


def test_l_is_the_last_day_of_the_month_alone_or_in_a_list() -> None:
    assert parse("0 0 L * *").last_day
    assert parse("0 0 L * *").days == set()
    assert parse("0 0 15,l * *").days == {15}


def test_a_number_with_l_is_the_last_such_weekday_and_with_a_hash_the_nth() -> None:
    cron = parse("0 0 * * 5L,monL,2#1,SUN#3,7#5,4")
    assert cron.last_weekdays == {5, 1}
    assert cron.nth_weekdays == {(2, 1), (0, 3), (0, 5)}
    assert cron.weekdays == {4}


@pytest.mark.parametrize(
    ("nickname", "fields"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        (" @Daily ", "0 0 * * *"),
    ],
)
def test_nicknames_stand_for_five_fields(nickname: str, fields: str) -> None:
    assert expand_nickname(nickname) == fields
    assert parse(nickname) == parse(fields)


def test_spaces_and_tabs_between_and_around_fields_do_not_matter() -> None:
    assert parse("  30\t2  * * *\n") == parse("30 2 * * *")


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("60 * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("1.5 * * * *", "minute"),
        ("a * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* 1-24 * * *", "hour"),
        ("* MON * * *", "hour"),
        ("* * 0 * *", "day"),
        ("* * 32 * *", "day"),
        ("* * L-3 * *", "day"),
        ("* * LW * *", "day"),
        ("* * 15W * *", "day"),
        ("* * ? * *", "day"),
        ("* * JAN * *", "day"),
        ("* * * 0 *", "month"),
        ("* * * 13 *", "month"),
        ("* * * january *", "month"),
        ("* * * L *", "month"),
        ("* * * * 8", "weekday"),
        ("* * * * ?", "weekday"),
        ("* * * * L", "weekday"),
        ("* * * * monday", "weekday"),
        ("* * * * 1#0", "weekday"),
        ("* * * * 1#6", "weekday"),
        ("* * * * 1#", "weekday"),
        ("* * * * #1", "weekday"),
        ("* * * * 1-3#2", "weekday"),
        ("* * * * 1-3L", "weekday"),
        ("* * * * 8L", "weekday"),
        ("*/0 * * * *", "minute"),
        ("* 0-5/0 * * *", "hour"),
        ("*/ * * * *", "minute"),
        ("*/-5 * * * *", "minute"),
        ("*/x * * * *", "minute"),
        ("/5 * * * *", "minute"),
        ("1/2/3 * * * *", "minute"),
        ("50-10 * * * *", "minute"),
        ("* 22-2 * * *", "hour"),
        ("* * * NOV-FEB *", "month"),
        ("* * * * fri-mon", "weekday"),
        ("* * * * 7-1", "weekday"),
        ("1-2-3 * * * *", "minute"),
        ("*-5 * * * *", "minute"),
        ("1-* * * * *", "minute"),
        ("** * * * *", "minute"),
        (", * * * *", "minute"),
        ("1,,2 * * * *", "minute"),
        ("1, * * * *", "minute"),
        ("H * * * *", "minute"),
        ("H/5 * * * *", "minute"),
        ("R(0-5) * * * *", "minute"),
        ("0~30 * * * *", "minute"),
        ("\u0661 * * * *", "minute"),
        ("\uff15 * * * *", "minute"),
        ("\u00b2 * * * *", "minute"),
        ("0 0 30 2 *", "day"),
        ("0 0 31 2,4,6,9,11 *", "day"),
        ("0 0 */29 2 5L", "day"),
        ("", "expression"),
        ("   ", "expression"),
        ("*", "expression"),
        ("* * * *", "expression"),
        ("0 * * * * *", "expression"),
        ("0 0 * * * * 2026", "expression"),
        ("@reboot", "expression"),
        ("@every 5m", "expression"),
        ("@", "expression"),
        ("CRON_TZ=Europe/Berlin 0 0 * * *", "expression"),
        ("TZ=UTC 0 0 * * *", "expression"),
        ("* " * 129, "expression"),
        ("0," * 128 + "0 * * * *", "expression"),
    ],
)
def test_a_refusal_names_the_field(expression: str, field: str) -> None:
    with pytest.raises(CronError) as refusal:
        parse(expression)
    assert refusal.value.field == field
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize("junk", [None, 5, b"* * * * *", ["* * * * *"]])
def test_what_is_no_text_is_refused(junk: object) -> None:
    with pytest.raises(CronError, match="expression"):
        parse(junk)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("61 * * * *", "61 is out of range. Use 0-59"),
        ("* * ? * *", "write * instead"),
        ("* * 15W * *", "nearest weekday"),
        ("H * * * *", "jitter"),
        ("CRON_TZ=UTC 0 0 * * *", "timezone"),
        ("0 0 * * * *", "Seconds and years are not supported"),
        ("0 0 * *", "this has 4"),
        ("@reboot", "@hourly"),
        ("50-10 * * * *", "backwards"),
        ("0 0 30 2 *", "There is no date with day 30, month 2"),
        ("* * * * 1#9", "1 to 5 after the #"),
    ],
)
def test_a_refusal_says_what_to_do(expression: str, words: str) -> None:
    with pytest.raises(CronError) as refusal:
        parse(expression)
    assert words in refusal.value.message


def test_a_refusal_is_a_value_error_and_survives_a_process_boundary() -> None:
    with pytest.raises(ValueError, match="minute") as refusal:
        parse("99 * * * *")
    copy = pickle.loads(pickle.dumps(refusal.value))
    assert (copy.field, copy.message) == (refusal.value.field, refusal.value.message)


def test_a_long_number_is_shortened_in_its_refusal() -> None:
    with pytest.raises(CronError) as refusal:
        parse(f"{'9' * 200} * * * *")
    assert len(refusal.value.message) < 150


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ["1", "1,", "1-", "*/", "0-59/1,", "#", "1#"])
def test_no_text_within_the_limit_takes_long_to_refuse(unit: str) -> None:
    text = f"{unit * (240 // len(unit))}x"
    for place in range(5):
        fields = ["*"] * 5
        fields[place] = text
        with pytest.raises(CronError):
            parse(" ".join(fields))


@pytest.mark.parametrize("field", ["minute", "hour", "day", "month", "weekday"])
def test_each_field_can_be_checked_on_its_own(field: str) -> None:
    validate_field(field, " * ")  # type: ignore[arg-type]
    for wrong in ("", "99", "x", "1 2", None, "1" * 300):
        with pytest.raises(CronError) as refusal:
            validate_field(field, wrong)  # type: ignore[arg-type]
        assert refusal.value.field == field


def test_fields_given_apart_are_joined() -> None:
    assert join_fields("30", " 2 ", "*", "*", "mon-fri") == "30 2 * * mon-fri"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (("60", "2", "*", "*", "*"), "minute"),
        (("0", "2 3", "*", "*", ""), "hour"),
        (("0", "0", "30", "2", "*"), "day"),
        (("0", "0", "1", "", "*"), "month"),
    ],
)
def test_joining_names_the_field_at_fault(fields: tuple[str, str, str, str, str], field: str) -> None:
    with pytest.raises(CronError) as refusal:
        join_fields(*fields)
    assert refusal.value.field == field


def test_a_text_is_parsed_once() -> None:
    assert parse("17 3 * * 2") is parse("17 3 * * 2")
    assert hash(parse("17 3 * * 2")) == hash(parse(" 17 3 * * 2"))


def test_croniter_expands_as_plain_arithmetic_does() -> None:
    """croniter does the expanding, of whatever version is installed; the oracle's reader shares nothing with it."""
    rng = random.Random(20260329)
    for _ in range(3000):
        expression = cron_oracle.random_expression(rng, BERLIN_NOON)
        rule, cron = cron_oracle.Rule(expression), parse(expression)
        assert (cron.minutes, cron.hours, cron.months) == (rule.minutes, rule.hours, rule.months), expression
