"""How many warm kernels are held for runs that nobody could know of, and that a burst of them finds some."""

from __future__ import annotations

import asyncio

import pytest
from performing import executor_of, launch_of, perform, until, write_notebook

from jupyter_scheduler_ext.contexts import kernels as kernels_module
from jupyter_scheduler_ext.contexts import pool as pool_module
from jupyter_scheduler_ext.contexts.pool import BURST, SPAN, Demand
from jupyter_scheduler_ext.engine.runs import RunState

HERE, THERE = ("python3", ""), ("python3", "there")
NOTEBOOK = {"kind": "notebook", "path": "nb.ipynb"}


def after(demand: Demand, *asks: tuple[tuple[str, str], float]) -> Demand:
    for kind, moment in asks:
        demand.ask(kind, moment)
    return demand


def test_a_run_now_and_then_is_worth_one_kernel():
    demand = after(Demand(4, 1800), (HERE, 0), (HERE, 10), (HERE, 20))
    assert demand.wanted(20) == {HERE: 1}


def test_a_burst_is_worth_as_many_as_came_at_a_time_and_is_forgotten_after_a_while():
    demand = after(Demand(4, 1800), *((HERE, number * SPAN / 3) for number in range(3)))
    assert demand.wanted(SPAN) == {HERE: 3}
    assert demand.wanted(SPAN + BURST) == {HERE: 1}
    assert demand.wanted(SPAN + 1800) == {}


def test_never_more_than_the_bound_and_every_kind_before_a_second_of_any():
    demand = after(Demand(3, 1800), *((HERE, number / 10) for number in range(10)), (THERE, 2))
    assert demand.wanted(2) == {THERE: 1, HERE: 2}
    after(demand, *(((f"kernel{number}", ""), 3 + number) for number in range(3)))
    assert demand.wanted(6) == {("kernel0", ""): 1, ("kernel1", ""): 1, ("kernel2", ""): 1}


def test_a_pool_of_none_wants_none():
    assert after(Demand(0, 1800), (HERE, 0)).wanted(0) == {}


def test_a_kind_that_cannot_be_had_is_not_tried_again_by_itself():
    demand = after(Demand(4, 1800), (HERE, 0))
    demand.forget(HERE)
    assert demand.wanted(0) == {}


@pytest.fixture
def pooling(jp_serverapp, jp_asyncio_loop, root, monkeypatch):
    monkeypatch.setattr(pool_module, "REPLENISH_AFTER", 0.01)
    monkeypatch.setattr(kernels_module, "TEND_EVERY", 0.1)
    write_notebook(root, "nb.ipynb", "1")
    executor = executor_of(jp_serverapp, lifetimes={"max_pooled": 3})
    yield executor
    jp_asyncio_loop.run_until_complete(executor.close())


def pooled(executor):
    return {kernel.id for kernel in executor.kernels if kernel.state == "pooled"}


@pytest.mark.kernel
async def test_a_burst_fills_the_pool_to_its_bound_and_the_next_burst_finds_it_warm(pooling, monkeypatch):
    started = []
    launch = pooling.kernels._starter.launch

    async def counted(need):
        started.append(need)
        warm = sum(kernel.state in ("pooled", "starting") for kernel in pooling.kernels)
        assert warm < 3, "more warm kernels than the bound allows"
        return await launch(need)

    await perform(pooling, launch_of(NOTEBOOK))
    await until(lambda: len(pooled(pooling)) == 1)
    monkeypatch.setattr(pool_module, "SPAN", 60.0)
    for _ in range(2):
        outcome, _ = await perform(pooling, launch_of(NOTEBOOK))
        assert outcome.state is RunState.SUCCEEDED
    await until(lambda: len(pooled(pooling)) == 3)
    monkeypatch.setattr(pooling.kernels._starter, "launch", counted)
    warm = pooled(pooling)
    performed = await asyncio.gather(*(perform(pooling, launch_of(NOTEBOOK)) for _ in range(3)))
    assert {sink.where["kernel_id"] for _, sink in performed} == warm
    await until(lambda: len(pooled(pooling)) == 3)
    monkeypatch.setattr(pool_module, "BURST", 0.0)
    await until(lambda: len(pooled(pooling)) == 1)
    assert len(started) == 3


@pytest.mark.kernel
async def test_a_run_takes_the_kernel_that_is_on_its_way_rather_than_start_another(pooling, monkeypatch):
    open_now = pooling.kernels._starter.open
    for_pool, gate = [], asyncio.Event()

    async def open_slowly(kernel):
        if not kernel.need.task_id:
            for_pool.append(kernel)
            if len(for_pool) == 1:
                await gate.wait()
        await open_now(kernel)

    monkeypatch.setattr(pooling.kernels._starter, "open", open_slowly)
    try:
        await perform(pooling, launch_of(NOTEBOOK))
        await until(lambda: for_pool)
        running = asyncio.ensure_future(perform(pooling, launch_of(NOTEBOOK)))
        await until(lambda: len(for_pool) > 1)
    finally:
        gate.set()
    _, sink = await running
    assert sink.where["kernel_id"] == for_pool[0].id


@pytest.mark.kernel
async def test_a_kernel_that_cannot_be_warmed_is_not_tried_for_ever(pooling, monkeypatch):
    await perform(pooling, launch_of(NOTEBOOK))
    await until(lambda: len(pooled(pooling)) == 1)
    tries = []

    async def fails(need):
        tries.append(need)
        raise OSError("no more processes")

    monkeypatch.setattr(pooling.kernels._starter, "launch", fails)
    outcome, _ = await perform(pooling, launch_of(NOTEBOOK))
    assert outcome.state is RunState.SUCCEEDED
    await until(lambda: tries)
    await asyncio.sleep(0.5)
    assert len(tries) <= pool_module.AT_ONCE
