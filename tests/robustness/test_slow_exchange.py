"""An exchange that does not answer keeps nobody's press, and no other person, waiting."""

from __future__ import annotations

import asyncio
import inspect
import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from bot.localchat import ANN, BO, Json
from services.exchange.gateway import ExchangeGateway
from tests.assistant import Assistant, assistant
from tests.robustness.figures import measured

AT_ONCE_S = 0.5
PRESSES = 12


@dataclass(slots=True)
class Venue:
    """Every account's way to the venue, in the order in which they were opened."""

    gateways: list[SlowGateway] = field(default_factory=list)

    def wrap(self, gateway: ExchangeGateway) -> ExchangeGateway:
        slow = SlowGateway(gateway)
        self.gateways.append(slow)
        return cast("ExchangeGateway", slow)


@dataclass(slots=True)
class SlowGateway:
    """A gateway whose calls wait until it is let go on."""

    inner: ExchangeGateway
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.goes_on.set()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.inner, name)
        if not inspect.iscoroutinefunction(call):
            return call

        async def after_waiting(*args: Any, **kwargs: Any) -> Any:
            await self.goes_on.wait()
            return await call(*args, **kwargs)

        return after_waiting


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
async def bot(tmp_path: Path, venue: Venue) -> AsyncIterator[Assistant]:
    async with assistant(tmp_path, wrap_gateway=venue.wrap) as running:
        for user in (ANN, BO):
            await running.say("/start", user=user)
        yield running
        for gateway in venue.gateways:
            gateway.goes_on.set()


async def price_of(bot: Assistant, user: int) -> Json:
    return await bot.say("/price btc", user=user)


async def test_presses_are_answered_while_the_exchange_hangs(bot: Assistant, venue: Venue) -> None:
    shown = await price_of(bot, ANN)
    for gateway in venue.gateways:
        gateway.goes_on.clear()

    waits = []
    for _ in range(PRESSES):
        start = time.perf_counter()
        await bot.toast(await bot.tap(shown, "🔄"))
        waits.append(time.perf_counter() - start)

    measured(f"press while the exchange hangs: worst of {PRESSES} {max(waits):.3f} s")
    assert max(waits) < AT_ONCE_S


async def test_one_hanging_account_keeps_no_other_person_waiting(
    bot: Assistant, venue: Venue
) -> None:
    shown = await price_of(bot, ANN)
    await price_of(bot, BO)
    anns, *_ = venue.gateways
    anns.goes_on.clear()
    await bot.toast(await bot.tap(shown, "🔄"))

    waits = []
    for _ in range(PRESSES):
        start = time.perf_counter()
        await price_of(bot, BO)
        waits.append(time.perf_counter() - start)

    measured(f"another person's answer meanwhile: median {statistics.median(waits):.3f} s")
    assert sorted(waits)[-2] < AT_ONCE_S
