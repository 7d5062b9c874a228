"""The real engine in virtual time: T2 and T3 of the test plan. A seed that fails is printed and replays."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from jupyter_scheduler_ext.engine import dispatcher, policy, ticker
from jupyter_scheduler_ext.simulator.__main__ import main
from jupyter_scheduler_ext.simulator.invariants import Violation
from jupyter_scheduler_ext.simulator.virtual_time import VirtualClock, VirtualLoop
from jupyter_scheduler_ext.simulator.world import Scenario, simulate


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    """Collect each world's garbage at once: CPython 3.11 fails to parse a module (SystemError: AST constructor
    recursion depth mismatch) if a collection as large as this happens to fall into it."""
    yield
    gc.collect()


def test_on_a_quiet_day_every_fire_of_a_thousand_tasks_is_recorded_once():
    report = simulate(Scenario(seed=1, tasks=1000, days=1, calm=True))

    assert report.fires > 2500
    assert report.outcomes["missed"] == 0
    assert report.starts >= report.outcomes["succeeded"]


@pytest.mark.parametrize("seed", range(5))
def test_through_a_bad_night_every_invariant_holds(seed: int):
    report = simulate(Scenario(seed=seed, tasks=40, days=1, nights=True))

    assert report.fires > 100
    assert report.events.total() >= 3


def test_the_same_seed_gives_the_same_night():
    scenario = Scenario(seed=3, tasks=20, days=1, nights=True)

    assert simulate(scenario).trace == simulate(scenario).trace


@pytest.mark.parametrize(
    ("module", "name", "broken"),
    [
        (policy, "apply_overlap", lambda task, drafts, active, now: (list(drafts), ())),
        (dispatcher, "exclusive_keys", lambda task, run: ()),
        (ticker, "decide", None),
    ],
    ids=["overlap ignored", "a task beside itself", "catch-up forgotten"],
)
def test_the_simulator_notices_a_broken_engine(monkeypatch: pytest.MonkeyPatch, module, name, broken):
    if broken is None:
        whole = policy.decide

        def broken(task, facts, active, now, new_id):
            decision = whole(task, facts, active, now, new_id)
            kept = tuple(run for run in decision.runs if run.state != "missed") if decision else ()
            return decision and decision._replace(runs=kept)

    monkeypatch.setattr(module, name, broken)
    if name == "exclusive_keys":
        monkeypatch.setattr("jupyter_scheduler_ext.engine.pipeline.exclusive_keys", broken)

    def nights() -> None:
        for seed in range(6):
            simulate(Scenario(seed=seed, tasks=30, days=1, nights=True))

    with pytest.raises(Violation):
        nights()


def test_the_command_prints_what_it_saw_and_replays(capsys: pytest.CaptureFixture[str]):
    assert main(["--seed", "4", "--tasks", "5", "--days", "0.2", "--trace"]) == 0

    shown = capsys.readouterr().out
    assert "seed 4:" in shown
    assert "Claim t0000" in shown


def test_a_loop_in_virtual_time_jumps_instead_of_waiting():
    loop = VirtualLoop()
    clock = VirtualClock(loop, 1_000)
    loop.run_until_complete(asyncio.sleep(86_400))
    clock.step(-10)

    assert clock.now() == 1_000 + 86_400_000 - 10_000
    loop.close()


@pytest.mark.deep
@pytest.mark.timeout(0)
def test_ten_thousand_tasks_over_a_month():
    report = simulate(Scenario(seed=1, tasks=10_000, days=30, calm=True))
    print(f"{report.fires} fires, {report.starts} starts, {report.commits} commits")

    assert report.outcomes["missed"] == 0


@pytest.mark.deep
@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", range(100, 200))
def test_through_a_hundred_bad_nights_every_invariant_holds(seed: int):
    simulate(Scenario(seed=seed, tasks=100, days=2, nights=True))
