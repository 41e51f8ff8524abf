"""What prices did since somebody last looked: as a stream told it, or as the venue is asked.

A stream that stood tells what passed between two looks without any question. It tells a ticker,
not every trade, and a line may be dead for a while before that shows; so candles are read once
a minute besides, and at once when the stream was lost. An alert that fires by them comes late,
and comes.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.clock import Now
from services.domain.accounts import AccountId, Environment
from services.domain.alerts import Alert, AlertId
from services.domain.market import Candle, PriceRange, PublicTrade, Timeframe
from services.errors import ExchangeUnavailable
from services.exchange.gateway import ExchangeGateway
from services.looks import Looks, Sight

# How often candles are read where the stream stood, where it was lost, where there is none.
_STOOD_EVERY = timedelta(seconds=60)
_LOST_EVERY = timedelta(seconds=5)
_UNSTREAMED_EVERY = timedelta(seconds=30)
# An alert seen for the first time this soon after it was set (or restored) begins there.
_NEW_FOR = timedelta(seconds=10)
# Enough for the longest window in the coarsest useful step.
_MOST_CANDLES = 300
_MOST_TRADES = 500
# How long a venue's clock is known for.
_CLOCK_KEPT = timedelta(minutes=10)
# The trades that a venue lists reach back about as far as this, or less.
_SHORT = timedelta(minutes=5)

Key = Sight | tuple[AccountId, str]
"""A symbol: at a venue that streams it, or on one account."""


def timeframe_for(window: timedelta, timeframes: Sequence[Timeframe]) -> Timeframe:
    """Return the finest of a venue's timeframes that covers a window with few candles."""
    for timeframe in timeframes:
        if window / timeframe.length <= _MOST_CANDLES:
            return timeframe
    return timeframes[-1]


@dataclass(frozen=True, slots=True)
class Recent:
    """What is known of a symbol since the last full look at it.

    Attributes:
        offset: Our clock minus that of the venue, by which candles and trades go.
    """

    candles: Sequence[Candle] = ()
    trades: Sequence[PublicTrade] = ()
    offset: timedelta = timedelta()

    def since(self, ours: datetime) -> Sequence[Candle | PriceRange]:
        """Return what holds prices from a moment on, and none from before it."""
        moment = ours - self.offset
        prices = [trade.price for trade in self.trades if trade.at >= moment]
        spans: list[Candle | PriceRange] = [c for c in self.candles if c.at >= moment]
        return [*spans, PriceRange(min(prices), max(prices))] if prices else spans


_NOTHING = Recent()


@dataclass(frozen=True, slots=True)
class _Window:
    candles: Sequence[Candle]
    read_at: datetime


class PriceHistory:
    """Looks at the prices of watched symbols, once for all who watch them.

    Args:
        looks: Knows what streams told; None where nothing is streamed.
        now: The clock.
    """

    def __init__(self, looks: Looks | None, *, now: Now) -> None:
        self._looks = looks
        self._now = now
        self._looked: dict[Key, datetime] = {}
        self._tried: dict[Key, datetime] = {}
        self._recent: dict[Key, Recent] = {}
        self._windows: dict[tuple[Key, Timeframe], _Window] = {}
        self._since: dict[AlertId, datetime] = {}
        self._offsets: dict[tuple[str, Environment], tuple[datetime, timedelta]] = {}
        self._turns = defaultdict[Key, asyncio.Lock](asyncio.Lock)

    def begin(self, watching: Iterable[tuple[Alert, datetime]]) -> None:
        """Begin a sweep over these alerts, each with the time up to which it was checked."""
        known, now = self._since, self._now()
        self._recent.clear()
        self._since = {
            alert.id: known.get(alert.id)
            or (checked_at if now - checked_at < _NEW_FOR else alert.created_at)
            for alert, checked_at in watching
        }

    def looked(self, keys: Iterable[Key]) -> datetime | None:
        """Return up to when all that these symbols did was looked at; None before the first."""
        return min((self._looked[key] for key in keys if key in self._looked), default=None)

    def forget_but(self, keys: Iterable[Key]) -> None:
        """Forget what nobody watches any more."""
        kept = set(keys)
        self._looked = {key: at for key, at in self._looked.items() if key in kept}
        self._windows = {pair: each for pair, each in self._windows.items() if pair[0] in kept}
        self._tried = {key: at for key, at in self._tried.items() if key in kept}
        for key in set(self._turns) - kept:
            del self._turns[key]

    def told(self, key: Key, alert: Alert) -> Sequence[PriceRange]:
        """Return what the stream told since an alert was set."""
        return self._told(key, self._began(alert))

    async def touched(
        self, gateway: ExchangeGateway, key: Key, alert: Alert, checked_at: datetime
    ) -> Sequence[Candle | PriceRange]:
        """Return what the venue says of an alert's symbol since the last full look.

        Nothing where no look is due, or the venue does not answer: then a later one asks.
        """
        async with self._turns[key]:
            if key not in self._recent:
                self._recent[key] = await self._look(gateway, key, alert.symbol, checked_at)
        return self._recent[key].since(self._began(alert))

    async def window(
        self, gateway: ExchangeGateway, key: Key, symbol: str, length: timedelta
    ) -> Sequence[Candle | PriceRange]:
        """Return what a symbol did within a window that ends now."""
        start = self._now() - length
        timeframe = timeframe_for(length, gateway.timeframes())
        count = min(int(length / timeframe.length) + 1, _MOST_CANDLES)
        known = self._windows.get((key, timeframe))
        if known is None or len(known.candles) < count or self._is_due(key, known.read_at):
            read = await gateway.candles(symbol, timeframe, limit=count)
            known = _Window(read, self._now())
            self._windows[key, timeframe] = known
        # A candle that began before the start may hold extremes from before it.
        spans = [candle for candle in known.candles if candle.at >= start]
        return [*spans, *self._told(key, max(start, known.read_at))]

    def _began(self, alert: Alert) -> datetime:
        return self._since.get(alert.id, alert.created_at)

    def _told(self, key: Key, since: datetime) -> Sequence[PriceRange]:
        if self._looks is None or not isinstance(key, Sight):
            return ()
        told = self._looks.seen(key, since)
        return () if told is None else (told,)

    def _has_stood(self, key: Key, since: datetime) -> bool:
        if self._looks is None or not isinstance(key, Sight):
            return False
        return self._looks.is_whole(key, since)

    def _is_due(self, key: Key, read_at: datetime) -> bool:
        if not isinstance(key, Sight):
            return True
        every = _STOOD_EVERY if self._has_stood(key, read_at) else _LOST_EVERY
        return self._now() - read_at >= every

    async def _look(
        self, gateway: ExchangeGateway, key: Key, symbol: str, checked_at: datetime
    ) -> Recent:
        now, last = self._now(), self._looked.setdefault(key, checked_at)
        has_stood = self._has_stood(key, last)
        every = _STOOD_EVERY if has_stood else _LOST_EVERY
        if now - last < (every if isinstance(key, Sight) else _UNSTREAMED_EVERY):
            return _NOTHING
        if now - self._tried.get(key, last) < _LOST_EVERY:
            return _NOTHING
        self._tried[key] = now
        try:
            offset = await self._offset(gateway, key)
            found = await _asked(gateway, symbol, now - last, is_lost=not has_stood)
        except ExchangeUnavailable:
            # The next sweep asks again, for everything since the same moment.
            return _NOTHING
        self._looked[key] = now
        self._tried.pop(key, None)
        return replace(found, offset=offset)

    async def _offset(self, gateway: ExchangeGateway, key: Key) -> timedelta:
        if not isinstance(key, Sight):
            return timedelta()
        place = key.exchange, key.environment
        read_at, offset = self._offsets.get(place, (None, timedelta()))
        if read_at is None or self._now() - read_at >= _CLOCK_KEPT:
            offset = (await gateway.time()).offset
            self._offsets[place] = self._now(), offset
        return offset


async def _asked(
    gateway: ExchangeGateway, symbol: str, gap: timedelta, *, is_lost: bool
) -> Recent:
    """Ask for what passed within a gap: candles, and trades where minutes are too coarse."""
    trades: Sequence[PublicTrade] = ()
    if is_lost and gap < _SHORT:
        trades = await gateway.trades(symbol, limit=_MOST_TRADES)
    timeframe = timeframe_for(gap, gateway.timeframes())
    # One more, for the candle in which the gap began.
    count = min(int(gap / timeframe.length) + 2, _MOST_CANDLES)
    return Recent(await gateway.candles(symbol, timeframe, limit=count), trades)
