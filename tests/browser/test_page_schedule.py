"""The schedule's builder: sentence, presets, fields and text stay in step, and the server says what they mean."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Complaints
from .steps import choose, new_task

pytestmark = pytest.mark.browser

FIELDS = ("minute", "hour", "day", "month", "weekday")


@pytest.fixture
def form(page: Page) -> Locator:
    return new_task(page)


def field(form: Locator, name: str) -> Locator:
    """One of the five fields, or the zone."""
    return form.locator(f"[data-field='schedule.{name}']").locator("visible=true").first


def expect_fields(form: Locator, *values: str) -> None:
    for name, value in zip(FIELDS, values, strict=True):
        expect(field(form, name)).to_have_value(value)
    expect(form.get_by_label("As text")).to_have_value(" ".join(values))


def test_a_preset_fills_the_fields_and_the_server_puts_them_into_words(form: Locator) -> None:
    form.get_by_role("button", name="Weekdays at 07:00").click()
    expect_fields(form, "0", "7", "*", "*", "1-5")
    expect(form.locator(".scheduler-preview-fires li:visible")).to_have_count(5)
    expect(form.get_by_text("Monday to Friday").or_(form.get_by_text("weekday"))).not_to_have_count(0)


def test_the_text_moves_the_sentence_and_the_sentence_the_text(form: Locator) -> None:
    form.get_by_label("As text").fill("30 18 * * *")
    expect_fields(form, "30", "18", "*", "*", "*")
    expect(form.get_by_label("Repeat unit")).to_have_value("day")
    expect(form.get_by_label("Time", exact=True)).to_have_value("18:30")
    form.get_by_label("Time", exact=True).fill("06:15")
    expect_fields(form, "15", "6", "*", "*", "*")
    form.get_by_label("Repeat unit").select_option("week")
    expect(field(form, "weekday")).not_to_have_value("*")


def test_a_field_typed_by_hand_is_what_counts(form: Locator) -> None:
    field(form, "minute").fill("1,5")
    field(form, "day").fill("1-7")
    expect(form.get_by_label("As text")).to_have_value("1,5 7 1-7 * *")
    expect(form.get_by_label("Repeat unit")).to_have_value("custom")


def test_a_nonsense_is_told_while_it_is_typed(form: Locator, complaints: Complaints) -> None:
    complaints.expected.append("status of 400")
    form.get_by_label("As text").fill("0 25 * * *")
    expect(form.locator(".scheduler-error:visible").first).to_contain_text("0-23")
    form.get_by_label("As text").fill("0 5 * * *")
    expect(form.locator(".scheduler-error:visible")).to_have_count(0)


def test_a_clock_change_is_pointed_out(form: Locator) -> None:
    form.get_by_label("As text").fill("30 2 * * *")
    field(form, "timezone").fill("Europe/Berlin")
    field(form, "timezone").press("Tab")
    expect(form.get_by_text("clock", exact=False).locator("visible=true").first).to_be_visible()


def test_each_type_asks_only_for_its_own(form: Locator) -> None:
    expect(form.get_by_label("As text")).to_be_visible()
    choose(form, "Planned dates")
    expect(form.get_by_label("As text")).to_be_hidden()
    expect(form.locator("input[type='datetime-local']:visible").first).to_be_visible()
    choose(form, "On demand")
    expect(form.locator("input[type='datetime-local']:visible")).to_have_count(0)
