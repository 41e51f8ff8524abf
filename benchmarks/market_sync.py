"""What synchronising a venue costs everybody else: the loop's lag and the wait for the writer."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from services.accounts import Accounts
from services.domain.accounts import Account, Member
from services.domain.market import Market
from services.exchange.gateway import ExchangeGateway
from services.exchange.paper_markets import MARKETS
from services.exchange.pool import Pool
from services.market_sync import MarketSync
from services.persistence.database import Database
from tests.clock import Clock
from tests.databases import migrate, opened, sqlite_url
from tests.makers import draft, open_tenant

COUNT = 3_000
TICK_S = 0.002

Figure = dict[str, object]


def figures() -> Iterator[Figure]:
    """Yield worst values while 3,000 markets are synchronised; `baseline` is a budget."""
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "sync.db")
        migrate(url)
        yield from asyncio.run(run(url))


def figure(name: str, value: float, baseline: float) -> Figure:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "ms",
        "baseline": baseline,
        "ratio": round(value / baseline, 3),
    }


async def run(url: str) -> list[Figure]:
    clock, listed = Clock(), markets()

    async def gateway(account: Account) -> ExchangeGateway:
        raise NotImplementedError(account.exchange)

    async def load(account: Account) -> Mapping[str, Market]:
        assert account.is_active
        return dict(listed)

    async with opened(url) as database:
        member = await open_tenant(database, now=clock())
        sync = MarketSync(
            database,
            Accounts(database, Pool(gateway)),
            now=clock,
            on_message=lambda _: None,
            on_due=lambda _: None,
            load=load,
        )
        found = []
        for name, changes in (("first", 0), ("same", 0), ("hundred", 100)):
            for symbol in list(listed)[:changes]:
                listed[symbol] = replace(listed[symbol], tick=Decimal("0.1"))
            clock.advance(timedelta(hours=6))
            found += await watched(name, sync, database, member, clock)
        return found


def markets() -> dict[str, Market]:
    pattern = MARKETS["BTC/USDT"]
    coins = (f"C{number}" for number in range(COUNT))
    return {f"{c}/USDT": replace(pattern, symbol=f"{c}/USDT", base=c) for c in coins}


async def watched(
    name: str, sync: MarketSync, database: Database, member: Member, clock: Clock
) -> list[Figure]:
    """Synchronise while one task counts the loop's lag and another writes orders."""
    lags, waits, number = [0.0], [0.0], 0

    async def tick() -> None:
        lags.append(await took(lambda: asyncio.sleep(TICK_S)) - TICK_S)

    async def order() -> None:
        nonlocal number
        number += 1

        async def write() -> None:
            async with database.write(member.tenant_id) as data:
                await draft(data, member, now=clock(), key=f"{name}-{number}")

        waits.append(await took(write))

    others = [asyncio.ensure_future(over_and_over(each)) for each in (tick, order)]
    whole = await took(lambda: sync.sync("paper:paper"))
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return [
        figure(f"sync_{COUNT}_markets_{name}_ms", whole * 1e3, 2_000),
        figure(f"sync_{COUNT}_markets_{name}_worst_lag_ms", max(lags) * 1e3, 50),
        figure(f"sync_{COUNT}_markets_{name}_worst_order_ms", max(waits) * 1e3, 100),
    ]


async def over_and_over(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await work()


async def took(work: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start
