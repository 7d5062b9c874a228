"""Where addresses come from, who delivers to them, and who stays silent."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from sinks import Webhook as Hook

from jupyter_scheduler_ext.engine.abc import NotDelivered, Notifier
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.models import Event
from jupyter_scheduler_ext.engine.notices import Message, News, compose
from jupyter_scheduler_ext.notifiers import delivery as deliveries
from jupyter_scheduler_ext.notifiers import targets as places
from jupyter_scheduler_ext.notifiers.delivery import Delivery
from jupyter_scheduler_ext.notifiers.outbox import Outbox
from jupyter_scheduler_ext.notifiers.settings import NotificationSettings
from jupyter_scheduler_ext.notifiers.targets import Targets, look_up

NEWS = News(event=Event.FAILURE, at=SystemClock().now(), task_id="t", task_name="T", run_id="r", text="boom")


def test_an_address_comes_from_where_its_reference_says(monkeypatch, tmp_path):
    monkeypatch.setenv("OPS", "json://ops.example.org")
    (tmp_path / "mail").write_text("mailto://ana@example.org\n")
    assert look_up("env:OPS") == "json://ops.example.org"
    assert look_up(f"file:{tmp_path / 'mail'}") == "mailto://ana@example.org"
    assert look_up("json://plain.example.org") == "json://plain.example.org"


@pytest.mark.parametrize("reference", ["env:NOT_THERE", "file:/not/there", "keyring:not/there"])
def test_what_is_not_there_is_said_by_its_reference(reference):
    with pytest.raises(NotDelivered) as caught:
        look_up(reference)
    assert "there" in str(caught.value).lower() or "keyring" in str(caught.value)


def test_an_address_that_means_nothing_is_refused_without_showing_it():
    problem = Targets({"odd": "nonsense://canary-secret"}, 1).problem("odd")
    assert problem is not None
    assert "canary" not in problem


class Pager(Notifier):
    """A notifier of another package: keeps messages, or fails as often as it is told to."""

    sent: list[tuple[str, Message]] = []
    failing = 0

    def __init__(self, address):
        self._address = address

    async def send(self, message):
        if type(self).failing > 0:
            type(self).failing -= 1
            raise RuntimeError(f"cannot reach {self._address}")
        self.sent.append((self._address, message))


@pytest.fixture
def pager(monkeypatch):
    Pager.sent, Pager.failing = [], 0
    point = SimpleNamespace(load=lambda: Pager)
    monkeypatch.setattr(places, "entry_points", lambda group, name: [point] if name == "pager" else [])
    monkeypatch.setattr(deliveries, "GATHER", 0.01)
    monkeypatch.setattr(deliveries, "retry_delay", lambda failures: 0.01)
    return Pager


def delivery_of(tmp_path):
    targets = Targets({"team": "pager://canary-secret"}, 1)
    return Delivery(targets=targets, outbox=Outbox(tmp_path), clock=SystemClock(), hourly=20, compose=compose)


async def until(true):
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_notifier_of_another_package_is_found_by_the_scheme_and_its_words_are_not_passed_on(pager, tmp_path):
    pager.failing = 2
    delivery = delivery_of(tmp_path)
    with pytest.raises(NotDelivered) as caught:
        await delivery.send("team", Message(title="a", body="b"))
    assert "canary" not in str(caught.value)
    delivery.post(["team"], NEWS)
    await until(lambda: pager.sent)
    assert pager.sent[0][1].title == "T failed"
    await until(lambda: delivery.state("team")["waiting"] == 0)
    await until(lambda: not (tmp_path / "notices.json").exists())


async def test_a_webhook_is_told_what_happened_for_programs_where_the_settings_let_it_be_called():
    settings = NotificationSettings(webhook_schemes=["http"], webhook_networks=["127.0.0.0/8"])
    with Hook() as hook:
        address = hook.address("path").replace("json:", "webhook:") + "#key"
        await Targets({"hook": address}, 1, settings.rules()).notifier("hook").send(compose([NEWS]))
    (told,) = hook.posts
    assert (told["title"], told["level"], told["news"][0]["run_id"]) == ("T failed", "failure", "r")
    assert "is not a public address" in (Targets({"hook": address}, 1).problem("hook") or "")


async def test_the_next_process_delivers_what_the_last_one_could_not(pager, tmp_path):
    pager.failing = 10_000
    first = delivery_of(tmp_path)
    first.post(["team"], NEWS)
    await until((tmp_path / "notices.json").exists)
    assert (tmp_path / "notices.json").stat().st_mode & 0o077 == 0
    first.stop()
    pager.failing = 0
    second = delivery_of(tmp_path)
    second.resume()
    await until(lambda: pager.sent)
    second.stop()


async def test_an_outbox_that_cannot_be_read_is_an_empty_one(tmp_path, caplog):
    (tmp_path / "notices.json").write_text('{"team": [{"event": "none"}]}')
    assert Outbox(tmp_path).load() == {}
    assert "could not be read" in caplog.text
