"""Markets to draw: seeded, so that every run draws the same picture."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from handlers.views.charts import (
    WANTED,
    CandleChart,
    DepthChart,
    DonutChart,
    Look,
    TapeChart,
    Theme,
)
from services.domain.market import Candle, Level, OrderBook, PublicTrade, TakerSide

DARK = Look(Theme.DARK, is_red_up=False, time_zone="Asia/Shanghai", language="en")
END = datetime(2026, 9, 30, 3, tzinfo=UTC)
CENT = Decimal("0.01")
HOUR = timedelta(hours=1)


def candles(
    count: int = WANTED,
    *,
    start: str = "61000",
    tick: Decimal = CENT,
    each: timedelta = HOUR,
    seed: int = 4,
) -> tuple[Candle, ...]:
    """A random walk in steps of about 0.6 %, its last candle at `END`."""
    dice = random.Random(seed)

    def moved(price: Decimal, sigma: float) -> Decimal:
        change = Decimal(round(dice.gauss(0, sigma), 6))
        return max(round(price * (1 + change) / tick), 1) * tick

    closes = list(
        accumulate(range(count), lambda price, _: moved(price, 0.006), initial=Decimal(start))
    )
    walk = []
    for index in range(count):
        opened, closed = closes[index : index + 2]
        high = max(opened, closed, moved(max(opened, closed), 0.003))
        low = min(opened, closed, moved(min(opened, closed), 0.003))
        at = END - each * (count - 1 - index)
        volume = Decimal(dice.randint(10_000, 250_000)) / 1000
        walk.append(Candle(at, opened, high, low, closed, volume))
    return tuple(walk)


def flat(price: str, *, count: int = 120, volume: str = "1") -> tuple[Candle, ...]:
    """A market that does not move."""
    at = Decimal(price)
    return tuple(
        Candle(END - HOUR * (count - index), at, at, at, at, Decimal(volume))
        for index in range(count)
    )


def book(bids: int = 80, asks: int = 80) -> OrderBook:
    """A book round 65,000 with ticks of 0.1."""
    dice = random.Random(3)

    def side(count: int, away: int) -> tuple[Level, ...]:
        steps = accumulate(dice.randint(20, 160) for _ in range(count))
        return tuple(
            Level(
                Decimal(65_000) + away * step / Decimal(10), Decimal(dice.randint(1, 9000)) / 1000
            )
            for step in steps
        )

    return OrderBook("BTC/USDT", side(bids, -1), side(asks, 1), END)


def tape(
    count: int = 100, *, price: str = "65000", amount: str = "0.5"
) -> tuple[PublicTrade, ...]:
    """Trades a second apart up to `END`; every third was a sale."""
    dice = random.Random(5)
    return tuple(
        PublicTrade(
            str(number),
            Decimal(price),
            Decimal(amount) * dice.randint(1, 99),
            TakerSide.BUY if number % 3 else TakerSide.SELL,
            END - timedelta(seconds=count - 1 - number),
        )
        for number in range(count)
    )


HOLDINGS = (
    ("BTC", Decimal("5200.1")),
    ("ETH", Decimal(3094)),
    ("USDT", Decimal(2100)),
    ("SOL", Decimal(1200)),
    ("PEPE", Decimal(560)),
    ("DOGE", Decimal(200)),
    ("ADA", Decimal(100)),
    ("XRP", Decimal("3.1")),
)


def candle_chart(look: Look = DARK) -> CandleChart:
    """The usual chart: 100 candles, volume and three averages."""
    return CandleChart("BTC/USDT", "1h", candles(), CENT, Decimal("5.01"), look)


def depth_chart(look: Look = DARK) -> DepthChart:
    """Eighty levels on each side."""
    return DepthChart("BTC/USDT", book(), Decimal("0.1"), look)


def tape_chart(look: Look = DARK) -> TapeChart:
    """A hundred trades, of which twelve have a line."""
    return TapeChart("BTC/USDT", tape(), CENT, look)


def donut_chart(look: Look = DARK) -> DonutChart:
    """Eight holdings, two more than have a slice of their own."""
    total, at = "12,457.20 USDT", "Sep 30 11:00 UTC+8"
    return DonutChart("Portfolio", HOLDINGS, total, at, look, Decimal("2.57"))
