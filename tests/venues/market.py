"""A scripted, seeded price feed: prices, books, candles, day figures and public trades.

Everything before the start is a smooth seeded curve that ends at the instrument's price, so
candles of any length agree with each other and with the first price; from then on the candles
are made of the prices that really were set. Figures are exact decimals on the instrument's tick
and lot.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from random import Random
from typing import NamedTuple

from tests.venues.clock import VenueClock
from tests.venues.instruments import Instrument

# Levels of a side of a made-up book; what lies beyond does not exist.
BOOK_LEVELS = 100
# What about one level holds, in quote currency.
_LEVEL_COST = 20000
_HALF_SPREAD = Decimal("0.00005")
_STEP = Decimal("0.0001")
# The amplitude and the period in seconds of the waves that make the past.
_WAVES = ((0.04, 2600000.0), (0.015, 260000.0), (0.004, 21000.0), (0.001, 1700.0), (0.0002, 97.0))
_KEPT_PRICES = 20000
_KEPT_TRADES = 1000
_KEPT_AMOUNTS = 2000
DAY_MS = 86400000
_HOUR_MS = 3600000
_MINUTE_MS = 60000


class Level(NamedTuple):
    """One price of a book and what lies there."""

    price: Decimal
    amount: Decimal


class Book(NamedTuple):
    """Bids downwards, asks upwards, and a number that grows with every change."""

    bids: list[Level]
    asks: list[Level]
    sequence: int


class Candle(NamedTuple):
    """`start_ms`, four prices, the volume in base currency."""

    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class PublicTrade(NamedTuple):
    """A trade of the tape; `side` is the taker's."""

    id: int
    price: Decimal
    amount: Decimal
    side: str
    ms: int


class Day(NamedTuple):
    """Figures of the last 24 hours."""

    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    base_volume: Decimal
    quote_volume: Decimal


@dataclass
class _Series:
    """What is kept of one instrument."""

    instrument: Instrument
    price: Decimal
    phases: list[float]
    book: Book | None = None
    scripted: tuple[list[Level], list[Level]] | None = None
    sequence: int = 1000
    times: list[int] = field(default_factory=list)
    prices: list[Decimal] = field(default_factory=list)
    trades: list[PublicTrade] = field(default_factory=list)
    # Remembered, because they are asked for at every tick.
    amounts: dict[Decimal, Decimal] = field(default_factory=dict)
    day: tuple[int, Candle] | None = None


class Market:
    """The feed of one venue, the same for all of its environments.

    Subscribers are called as `callback(symbol)` after each change of a price or book, in the
    order in which they came; the matching core comes first.
    """

    def __init__(self, instruments: Iterable[Instrument], *, seed: int, clock: VenueClock) -> None:
        self.clock = clock
        self._random = Random(seed)
        self._seed = seed
        self._started_ms = clock.ms()
        self._subscribers: list[Callable[[str], None]] = []
        self._series: dict[str, _Series] = {}
        self._listed: dict[str, Instrument] = {}
        self._drift: asyncio.Task[None] | None = None
        self._trade_id = 5_000_000
        for instrument in instruments:
            self.add(instrument)

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """Every listed instrument by unified symbol."""
        return {symbol: series.instrument for symbol, series in self._series.items()}

    def instrument(self, symbol: str) -> Instrument:
        """Return one instrument; KeyError for an unknown symbol."""
        return self._series[symbol].instrument

    def add(self, instrument: Instrument) -> None:
        """Add an instrument, or replace its rules and keep its price."""
        known = self._series.get(instrument.symbol)
        if known:
            known.instrument = instrument
            return
        self._listed[instrument.symbol] = instrument
        phases = [self._random.random() * math.tau for _ in _WAVES]
        self._series[instrument.symbol] = _Series(
            instrument, _on_grid(instrument.price, instrument.tick), phases
        )

    def reset(self) -> None:
        """Back to the first prices, rules and books; the walk ends."""
        self.stop_drift()
        for symbol, series in self._series.items():
            series.instrument = self._listed[symbol]
            series.price = _on_grid(series.instrument.price, series.instrument.tick)
            series.scripted = series.book = series.day = None
            series.sequence += 1
            for kept in (series.times, series.prices, series.trades):
                kept.clear()

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call `callback(symbol)` after every change; returns what ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    # Prices

    def price(self, symbol: str) -> Decimal:
        """Return the last price."""
        return self._series[symbol].price

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move the last price (put on the tick), the book around it, and print a trade."""
        series = self._series[symbol]
        series.price = _on_grid(price, series.instrument.tick)
        if series.day:
            minute, day = series.day
            high, low = max(day.high, series.price), min(day.low, series.price)
            series.day = (minute, day._replace(high=high, low=low))
        series.times.append(self.clock.ms())
        series.prices.append(series.price)
        if len(series.times) > _KEPT_PRICES:
            del series.times[: _KEPT_PRICES // 2], series.prices[: _KEPT_PRICES // 2]
        lots = self._random.randint(1, 50)
        side = self._random.choice(("buy", "sell"))
        self.print_trade(symbol, series.price, series.instrument.minimum * lots, side)
        self.changed(symbol)

    def set_book(self, symbol: str, bids: list[Level] | None, asks: list[Level] | None) -> None:
        """Script the whole book until called again with None, which goes back to the feed's."""
        series = self._series[symbol]
        series.scripted = None if bids is None or asks is None else (bids, asks)
        self.changed(symbol)

    def changed(self, symbol: str) -> None:
        """Give the book a new number and tell the subscribers."""
        series = self._series[symbol]
        series.sequence += 1
        series.book = None
        for callback in list(self._subscribers):
            callback(symbol)

    def drift(
        self,
        *,
        interval: float = 0.5,
        share: Decimal = Decimal("0.0002"),
        symbols: Iterable[str] | None = None,
    ) -> None:
        """Start a slow random walk; one already running ends.

        Args:
            symbols: Which instruments move; None for all that trade and are no padding.
            interval: Seconds between moves.
            share: The largest part of the price by which one move changes it.
        """
        self.stop_drift()
        moved = symbols or [
            symbol
            for symbol, instrument in self.instruments.items()
            if instrument.is_trading and not instrument.is_padding
        ]
        walk = self._walk(interval, share, list(moved))
        self._drift = asyncio.get_running_loop().create_task(walk)

    def stop_drift(self) -> None:
        """End the random walk; prices then move only by `set_price`."""
        if self._drift:
            self._drift.cancel()
            self._drift = None

    async def _walk(self, interval: float, share: Decimal, symbols: Iterable[str]) -> None:
        while True:
            await asyncio.sleep(interval)
            for symbol in symbols:
                step = Decimal(self._random.randint(-1000, 1000)) / 1000 * share
                self.set_price(symbol, self.price(symbol) * (1 + step))

    # The book

    def book(self, symbol: str, depth: int = BOOK_LEVELS) -> Book:
        """Return at most `depth` levels a side around the last price."""
        series = self._series[symbol]
        if series.book is None and depth == 1 and series.scripted is None:
            # A list of thousands of tickers needs no whole books.
            return Book(self._side(series, -1, 1), self._side(series, 1, 1), series.sequence)
        if series.book is None:
            bids, asks = series.scripted or (self._side(series, -1), self._side(series, 1))
            series.book = Book(bids, asks, series.sequence)
        return Book(series.book.bids[:depth], series.book.asks[:depth], series.book.sequence)

    def _side(self, series: _Series, sign: int, depth: int = BOOK_LEVELS) -> list[Level]:
        tick, lot = series.instrument.tick, series.instrument.lot
        near = max(tick, _on_grid(series.price * _HALF_SPREAD, tick))
        # Levels stand on fixed prices, so a small move leaves most of the book as it was.
        step = max(tick, _on_grid(series.instrument.price * _STEP, tick))
        first = ((series.price + sign * near) / step).to_integral_value(
            ROUND_CEILING if sign > 0 else ROUND_FLOOR
        )
        cost = series.instrument.price * series.instrument.contract_size
        levels = []
        for number in range(depth):
            price = (first + sign * number) * step
            if price <= 0:
                break
            amount = series.amounts.get(price)
            if amount is None:
                digest = hashlib.blake2b(f"{self._seed} {price}".encode(), digest_size=2).digest()
                share = Decimal(int.from_bytes(digest) + 6554) / 65536
                amount = max(lot, _on_grid(share * _LEVEL_COST / cost, lot))
                series.amounts[price] = amount
            levels.append(Level(price, amount))
        if len(series.amounts) > _KEPT_AMOUNTS:
            series.amounts.clear()
        return levels

    # The past

    def candles(
        self, symbol: str, *, step_ms: int, limit: int, until_ms: int | None = None
    ) -> list[Candle]:
        """Return the last `limit` candles of `step_ms` that start before `until_ms` (now)."""
        now = self.clock.ms()
        last = min(now, now if until_ms is None else until_ms - 1) // step_ms * step_ms
        starts = range(last - (limit - 1) * step_ms, last + 1, step_ms)
        return [self._candle(self._series[symbol], start, step_ms) for start in starts]

    def day(self, symbol: str) -> Day:
        """Return the figures of the last 24 hours."""
        series, now = self._series[symbol], self.clock.ms()
        if series.day is None or series.day[0] != now // _MINUTE_MS:
            series.day = (now // _MINUTE_MS, self._candle(series, now - DAY_MS, DAY_MS))
        candle = series.day[1]
        volume = self._lots(series, now // _HOUR_MS, DAY_MS)
        quote = volume * (candle.high + candle.low) / 2
        return Day(candle.open, candle.high, candle.low, series.price, volume, quote)

    def _candle(self, series: _Series, start: int, step: int) -> Candle:
        samples = [self._past(series, start + step * part // 8) for part in range(9)]
        first = bisect_left(series.times, start)
        last = bisect_left(series.times, start + step)
        found = [price for price in samples if price is not None] + series.prices[first:last]
        if first:
            found.insert(0, series.prices[first - 1])
        if not found:
            found = [series.price]
        lots = self._lots(series, start, step)
        return Candle(start, found[0], max(found), min(found), found[-1], lots)

    def _past(self, series: _Series, ms: int) -> Decimal | None:
        """Return the price on the curve, or None once real prices have taken over."""
        end = series.times[0] if series.times else self.clock.ms()
        if ms > end:
            return None
        rise = sum(
            height
            * (
                math.sin(math.tau * ms / 1000 / period + phase)
                - math.sin(math.tau * self._started_ms / 1000 / period + phase)
            )
            for (height, period), phase in zip(_WAVES, series.phases, strict=True)
        )
        if ms >= self._started_ms:
            rise = 0.0
        instrument = series.instrument
        return _on_grid(instrument.price * Decimal(repr(math.exp(rise))), instrument.tick)

    def _lots(self, series: _Series, start: int, step: int) -> Decimal:
        digest = hashlib.blake2b(f"{self._seed} {start}".encode(), digest_size=2).digest()
        cost = Decimal(int.from_bytes(digest) + 1000) * step / 1000 / 100
        instrument = series.instrument
        return _on_grid(cost / instrument.price, instrument.lot) + instrument.minimum

    # The tape

    def print_trade(self, symbol: str, price: Decimal, amount: Decimal, side: str) -> PublicTrade:
        """Put a trade on the tape without moving the price."""
        self._trade_id += 1
        trade = PublicTrade(self._trade_id, price, amount, side, self.clock.ms())
        trades = self._series[symbol].trades
        trades.append(trade)
        del trades[:-_KEPT_TRADES]
        return trade

    def tape(self, symbol: str, after: int) -> list[PublicTrade]:
        """Return the real trades with a number above `after`, oldest first."""
        return [trade for trade in self._series[symbol].trades[-50:] if trade.id > after]

    def trades(self, symbol: str, limit: int = 500) -> list[PublicTrade]:
        """Return the last trades, oldest first; those before the start follow the curve."""
        series = self._series[symbol]
        real = series.trades[-limit:]
        first = real[0].id if real else self._trade_id + 1
        missing = limit - len(real)
        start = series.trades[0].ms if series.trades else self.clock.ms()
        past = []
        for number in range(missing, 0, -1):
            ms = start - number * 1000
            price = self._past(series, ms) or series.price
            side = "buy" if (ms // 1000) % 2 else "sell"
            past.append(PublicTrade(first - number, price, series.instrument.minimum, side, ms))
        return past + real


def _on_grid(value: Decimal, step: Decimal) -> Decimal:
    """Return the nearest positive multiple of `step`, with the step's own digits."""
    steps = (max(value, step) / step).to_integral_value(ROUND_HALF_EVEN)
    return (steps * step).quantize(step)
