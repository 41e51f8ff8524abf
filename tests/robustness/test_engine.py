"""Tasks of one key follow each other, keys run side by side, and a stop is a stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.engine import LocalEngine
from services.errors import ExchangeUnavailable
from tests.eventually import eventually

SOON = timedelta(milliseconds=50)


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    running = LocalEngine()
    await running.start()
    yield running
    await running.stop(patience=SOON)


async def test_one_key_has_one_run_at_a_time(engine: LocalEngine) -> None:
    gate, running, most = asyncio.Event(), 0, 0

    async def work(_key: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1

    engine.task("work", work)
    for _ in range(5):
        engine.defer("work", "a")
    await eventually(lambda: running)
    gate.set()
    await eventually(lambda: not running)

    assert most == 1


async def test_keys_run_side_by_side(engine: LocalEngine) -> None:
    together = asyncio.Barrier(3)
    done: list[str] = []

    async def work(key: str) -> None:
        await together.wait()
        done.append(key)

    engine.task("work", work)
    for key in "abc":
        engine.defer("work", key)

    await eventually(lambda: len(done) == 3)


async def test_a_stop_drops_the_wish_for_another_run(engine: LocalEngine) -> None:
    gate, runs = asyncio.Event(), []

    async def work(key: str) -> None:
        runs.append(key)
        await gate.wait()

    engine.task("work", work)
    engine.defer("work", "a")
    await eventually(lambda: runs)
    engine.defer("work", "a")
    asyncio.get_running_loop().call_soon(gate.set)
    await engine.stop()

    assert runs == ["a"]


async def test_the_wish_of_many_is_one_more_run(engine: LocalEngine) -> None:
    gate, runs = asyncio.Event(), []

    async def work(key: str) -> None:
        runs.append(key)
        await gate.wait()

    engine.task("work", work)
    engine.defer("work", "a")
    await eventually(lambda: runs)
    for _ in range(7):
        engine.defer("work", "a")
    gate.set()
    await eventually(lambda: not engine._lanes)

    assert runs == ["a", "a"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), ExchangeUnavailable()])
async def test_a_failing_task_does_not_stop_its_lane(
    engine: LocalEngine, error: Exception
) -> None:
    runs: list[str] = []

    async def work(key: str) -> None:
        runs.append(key)
        if len(runs) == 1:
            engine.defer("work", key)
            raise error

    engine.task("work", work)
    engine.defer("work", "a")

    await eventually(lambda: len(runs) == 2)


async def test_a_stop_waits_for_what_runs(engine: LocalEngine) -> None:
    begun = asyncio.Event()
    done: list[str] = []

    async def work(key: str) -> None:
        begun.set()
        await asyncio.get_running_loop().run_in_executor(None, done.append, key)

    engine.task("work", work)
    engine.defer("work", "a")
    await begun.wait()
    await engine.stop()

    assert done == ["a"]


async def test_a_stop_cancels_what_hangs(engine: LocalEngine) -> None:
    begun, cancelled = asyncio.Event(), []

    async def work(key: str) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(key)
            raise

    engine.task("work", work)
    engine.defer("work", "a")
    await begun.wait()
    await engine.stop(patience=SOON)

    assert cancelled == ["a"]


async def test_nothing_starts_before_the_start_or_after_the_stop() -> None:
    engine, runs = LocalEngine(), []

    async def work(key: str) -> None:
        runs.append(key)

    engine.task("work", work)
    engine.periodic("often", timedelta(milliseconds=1), work)
    engine.defer("work", "early")
    await engine.start()
    await eventually(lambda: runs)
    await engine.stop()
    count = len(runs)
    engine.defer("work", "late")
    await engine.stop()

    assert set(runs) == {""}
    assert len(runs) == count


async def test_a_slow_periodic_task_is_not_piled_up(engine: LocalEngine) -> None:
    gate, runs = asyncio.Event(), []

    async def work(key: str) -> None:
        runs.append(key)
        await gate.wait()

    engine.periodic("often", timedelta(milliseconds=5), work)
    await eventually(lambda: any(lane.is_wanted_again for lane in engine._lanes.values()))

    assert len(runs) == 1
    gate.set()
