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
    FUTURE = "future"
    OPTION = "option"


class Timeframe(StrEnum):
    """Candle lengths in ccxt's words, shortest first."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"

    @property
    def length(self) -> timedelta:
        """Duration of one candle."""
        return _LENGTHS[self]


_LENGTHS = {
    Timeframe.M1: timedelta(minutes=1),
    Timeframe.M3: timedelta(minutes=3),
    Timeframe.M5: timedelta(minutes=5),
    Timeframe.M15: timedelta(minutes=15),
    Timeframe.M30: timedelta(minutes=30),
    Timeframe.H1: timedelta(hours=1),
    Timeframe.H2: timedelta(hours=2),
    Timeframe.H4: timedelta(hours=4),
    Timeframe.H6: timedelta(hours=6),
    Timeframe.H12: timedelta(hours=12),
    Timeframe.D1: timedelta(days=1),
    Timeframe.W1: timedelta(weeks=1),
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
        max_amount: In base; None where the venue states none.
        min_cost: In quote; price times amount must reach it; zero where there is none.
        maker: Fee for resting orders as a ratio (0.001 = 0.1 %).
        taker: Fee for orders that take, as a ratio.
        settle: What a contract is settled in; None for spot.
        contract_size: Base units in one contract of the venue; 1 for spot. All amounts here
            and in orders are in base: only the edge to the venue counts in contracts.
        is_active: False while the venue does not let it trade.
    """

    symbol: str
    base: str
    quote: str
    type: MarketType
    tick: Decimal
    lot: Decimal
    min_amount: Decimal
    max_amount: Decimal | None
    min_cost: Decimal
    maker: Decimal
    taker: Decimal
    settle: str | None = None
    contract_size: Decimal = Decimal(1)
    is_active: bool = True

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

    def is_above_maximum(self, amount: Decimal) -> bool:
        """Tell whether an amount is more than the venue takes in one order."""
        return self.max_amount is not None and amount > self.max_amount

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
        high: Over 24 h; None where the venue does not say, as with the next four.
        percentage: Change over 24 h in percent (1 = 1 %).
        base_volume: Over 24 h, in base.
        quote_volume: Over 24 h, in quote.
        at: When the venue knew it.
    """

    symbol: str
    last: Decimal
    bid: Decimal
    ask: Decimal
    high: Decimal | None
    low: Decimal | None
    percentage: Decimal | None
    base_volume: Decimal | None
    quote_volume: Decimal | None
    at: datetime

    @property
    def mid(self) -> Decimal:
        """Middle of the best bid and ask."""
        return (self.bid + self.ask) / 2

    @property
    def spread_percent(self) -> Decimal | None:
        """Gap between best bid and ask (1 = 1 % of the middle); None where a side is empty."""
        if self.bid <= 0 or self.ask <= 0:
            return None
        return EXACT.divide((self.ask - self.bid) * 100, self.mid)


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
class PriceRange:
    """The lowest and the highest of some prices, in quote."""

    low: Decimal
    high: Decimal


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


class TakerSide(StrEnum):
    """Who took: a buyer lifts the price, a seller presses it."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class PublicTrade:
    """A trade between strangers; price in quote, amount in base."""

    id: str
    price: Decimal
    amount: Decimal
    side: TakerSide
    at: datetime


@dataclass(frozen=True, slots=True)
class Funding:
    """What holders of a perpetual pay each other.

    Attributes:
        rate: For the running period as a ratio; positive: longs pay shorts.
        next_at: When it is paid next.
        period: Between two payments; None where the venue does not say.
        mark: Mark price in quote; None where the venue does not say.
    """

    symbol: str
    rate: Decimal
    next_at: datetime | None
    period: timedelta | None
    mark: Decimal | None
    at: datetime
