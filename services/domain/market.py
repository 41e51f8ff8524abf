"""What trades: markets with their rules, quotes, candles and order books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum

# Wide enough for 18 integer and 18 decimal digits in every intermediate step.
EXACT = Context(prec=60)


class MarketType(StrEnum):
    """Kinds of market in ccxt's words."""

    SPOT = "spot"
    SWAP = "swap"


class Timeframe(StrEnum):
    """Candle lengths in ccxt's words."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"

    @property
    def length(self) -> timedelta:
        """Duration of one candle."""
        return _LENGTHS[self]


_LENGTHS = {
    Timeframe.M1: timedelta(minutes=1),
    Timeframe.M5: timedelta(minutes=5),
    Timeframe.M15: timedelta(minutes=15),
    Timeframe.H1: timedelta(hours=1),
    Timeframe.H4: timedelta(hours=4),
    Timeframe.D1: timedelta(days=1),
}


def _to_grid(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    steps = EXACT.divide(value, step).to_integral_value(rounding)
    return EXACT.multiply(steps, step)


@dataclass(frozen=True, slots=True)
class Market:
    """One tradable symbol with the venue's rules.

    Attributes:
        symbol: ccxt's unified symbol, for example ``BTC/USDT`` or ``BTC/USDT:USDT``.
        tick: Smallest price step, in quote.
        lot: Smallest amount step, in base.
        min_amount: In base.
        min_cost: In quote; price times amount must reach it.
        maker: Fee for resting orders as a ratio (0.001 = 0.1 %).
        taker: Fee for orders that take, as a ratio.
    """

    symbol: str
    base: str
    quote: str
    type: MarketType
    tick: Decimal
    lot: Decimal
    min_amount: Decimal
    max_amount: Decimal
    min_cost: Decimal
    maker: Decimal
    taker: Decimal

    def is_on_tick(self, price: Decimal) -> bool:
        """Tell whether a price is a whole number of ticks."""
        return _to_grid(price, self.tick, ROUND_FLOOR) == price

    def nearest_price(self, price: Decimal) -> Decimal:
        """Round a price to the nearest tick, never below one tick."""
        return max(_to_grid(price, self.tick, ROUND_HALF_EVEN), self.tick)

    def price_down(self, price: Decimal) -> Decimal:
        """Round a price down to a tick."""
        return _to_grid(price, self.tick, ROUND_FLOOR)

    def price_up(self, price: Decimal) -> Decimal:
        """Round a price up to a tick."""
        return _to_grid(price, self.tick, ROUND_CEILING)

    def amount_down(self, amount: Decimal) -> Decimal:
        """Round an amount towards zero to a lot, so never more than asked or owned."""
        return _to_grid(amount, self.lot, ROUND_DOWN)

    def amount_up(self, amount: Decimal) -> Decimal:
        """Round an amount up to a lot."""
        return _to_grid(amount, self.lot, ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Quote:
    """The state of a symbol at one moment; prices in quote currency.

    Attributes:
        percentage: Change over 24 h in percent (1 = 1 %).
        base_volume: Over 24 h, in base.
        quote_volume: Over 24 h, in quote.
        at: When the venue knew it.
    """

    symbol: str
    last: Decimal
    bid: Decimal
    ask: Decimal
    high: Decimal
    low: Decimal
    percentage: Decimal
    base_volume: Decimal
    quote_volume: Decimal
    at: datetime

    @property
    def mid(self) -> Decimal:
        """Middle of the best bid and ask."""
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Candle:
    """Open, high, low, close in quote and volume in base from `at` on, for one timeframe."""

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    """A price in quote and the amount in base that rests there."""

    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Resting orders of a symbol: bids highest first, asks lowest first."""

    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at: datetime
