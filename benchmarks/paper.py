"""What the paper venue costs: its market against budgets, its orders against a bare commit."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.domain.market import Timeframe
from services.domain.orders import OrderRequest, OrderType, Side
from services.exchange.synthetic import SyntheticMarket
from services.paper import PaperVenue
from services.persistence.database import Database
from services.persistence.engine import read_engine, write_engine
from services.persistence.models_paper import PaperMoveRow
from tests.clock import Clock
from tests.databases import migrate, sqlite_url
from tests.makers import open_tenant

NOW = datetime(2026, 11, 22, 8, 36, 12, tzinfo=UTC)
CANDLES = 200
ROUNDS = 30
RESTING = 1_000

Figure = dict[str, object]


def figures() -> Iterator[Figure]:
    """Yield medians; `baseline` is a budget for the market and a bare commit for orders."""
    yield from market_figures()
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "paper.db")
        migrate(url)
        yield from asyncio.run(venue_figures(url))


def figure(name: str, value: float, baseline: float) -> Figure:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "ms",
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 3),
    }


def market_figures() -> Iterator[Figure]:
    for timeframe in Timeframe:
        fresh = iter([SyntheticMarket(seed) for seed in range(ROUNDS)])
        cold = median(lambda: chart(next(fresh), timeframe))  # noqa: B023 - called at once
        yield figure(f"paper_candles_{timeframe}_cold_ms", cold, baseline=60)
    market, seconds = SyntheticMarket(1), count()
    for timeframe in Timeframe:
        chart(market, timeframe)
        warm = median(lambda: chart(market, timeframe))  # noqa: B023 - called at once
        yield figure(f"paper_candles_{timeframe}_warm_ms", warm, baseline=3)
    quotes(market, NOW)
    warm = median(lambda: quotes(market, NOW + timedelta(seconds=next(seconds))))
    yield figure("paper_quotes_of_all_markets_ms", warm, baseline=5)
    book = median(lambda: market.order_book("BTC/USDT", at=NOW))
    yield figure("paper_order_book_ms", book, baseline=1)


async def venue_figures(url: str) -> list[Figure]:
    writer, reader = write_engine(url), read_engine(url)
    database, clock = Database(writer=writer, reader=reader), Clock(NOW)
    member = await open_tenant(database, now=NOW)
    venue = PaperVenue(database, SyntheticMarket(1), clock)
    gateway, numbers = venue.gateway(member.account_id), count()

    async def submit(side: Side, price: Decimal | None = None) -> None:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        request = OrderRequest("BTC/USDT", side, kind, Decimal("0.0002"), price)
        await gateway.submit(request, client_order_id=str(next(numbers)))

    async def rest() -> None:
        await submit(Side.BUY, Decimal(30_000))

    async def take() -> None:
        await submit(Side.BUY)

    async def look() -> None:
        clock.advance(timedelta(seconds=1))
        await venue.match()

    commit = await async_median(lambda: bare_commit(writer))
    found = [
        figure("paper_submit_market_ms", await async_median(take), commit),
        figure("paper_submit_limit_ms", await async_median(rest), commit),
    ]
    for _ in range(RESTING - ROUNDS - 1):
        await rest()
    found.append(figure(f"paper_match_{RESTING}_resting_ms", await async_median(look), 1000))
    await writer.dispose()
    await reader.dispose()
    return found


def chart(market: SyntheticMarket, timeframe: Timeframe) -> None:
    candles = market.candles("BTC/USDT", timeframe, limit=CANDLES, at=NOW)
    assert len(candles) == CANDLES


def quotes(market: SyntheticMarket, at: datetime) -> None:
    for symbol in market.markets:
        market.quote(symbol, at)


async def bare_commit(engine: AsyncEngine) -> None:
    row = {"base": "BENCH", "ratio": Decimal(1), "at": NOW}
    async with engine.begin() as connection:
        await connection.execute(insert(PaperMoveRow).values(row))


def median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


async def async_median(act: Callable[[], Awaitable[object]]) -> float:
    await act()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await act()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3
