"""Paper accounts on real prices: a venue's public data, no key, with our own books."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from services.clock import Now
from services.domain.accounts import AccountId, Environment
from services.domain.market import (
    Candle,
    Funding,
    Market,
    OrderBook,
    PublicTrade,
    Quote,
    Timeframe,
)
from services.domain.paper import LostPrices
from services.errors import (
    ExchangeUnavailable,
    InvalidInput,
    NotConnected,
    NotFound,
    OrderRejected,
)
from services.exchange import venues
from services.exchange.gateway import VenueTime
from services.exchange.live import LiveMarketData, PublicData
from services.paper_desk import View
from services.paper_gateway import BookedGateway
from services.paper_prices import FeedPrices
from services.persistence.database import Database
from services.symbols import most_traded

T = TypeVar("T")

# What a market order may take.
_DEPTH = 100
# Prices that take longer than this to fetch are not the prices of an order any more.
_PATIENCE_S = 15


def label_of(exchange: str) -> str:
    """Return what a venue is called; its id where this version knows no such venue any more."""
    try:
        return venues.venue(exchange).label
    except NotFound:
        return exchange


@dataclass(frozen=True, slots=True)
class Feeds:
    """The venues whose prices paper accounts may take, and what was heard of them."""

    public: PublicData
    prices: FeedPrices

    async def data(self, exchange: str) -> LiveMarketData:
        """Return a venue's public data.

        Raises:
            NotConnected: ``exchange_not_available``.
            NotFound: ``exchange_unknown``.
        """
        return await self.public.opened(exchange, Environment.LIVE)

    def lost(self, exchange: str, symbol: str | None = None) -> LostPrices | None:
        """Tell whether a venue says nothing; as `FeedPrices.lost_since`."""
        since = self.prices.lost_since(exchange, symbol)
        return None if since is None else LostPrices(label_of(exchange), since)

    async def check(self, exchange: str) -> Mapping[str, Market]:
        """Ask a venue for everything that an account on its prices needs; return its markets.

        Raises:
            NotConnected: ``exchange_not_available``.
            NotFound: ``exchange_unknown``.
            InvalidInput: ``feed_unsuitable``: no spot markets, or no price, book or trades.
            ExchangeUnavailable: It does not answer.
        """
        data = await self.data(exchange)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                markets = await data.markets()
                await _ask_everything(data, exchange, markets)
        except TimeoutError:
            raise ExchangeUnavailable from None
        except ExchangeUnavailable as error:
            if error.code != "not_supported":
                raise
            raise InvalidInput("feed_unsuitable", exchange=label_of(exchange)) from None
        return markets


async def _ask_everything(
    data: LiveMarketData, exchange: str, markets: Mapping[str, Market]
) -> None:
    trading = {symbol: market for symbol, market in markets.items() if market.is_active}
    leading = most_traded(trading, 1)
    if not leading:
        raise InvalidInput("feed_unsuitable", exchange=label_of(exchange))
    symbol = leading[0].symbol
    quotes, _, _ = await asyncio.gather(
        data.quotes([symbol]),
        data.order_book(symbol, depth=_DEPTH),
        data.trades(symbol, limit=1),
    )
    if symbol not in quotes:
        raise InvalidInput("feed_unsuitable", exchange=label_of(exchange))


@dataclass(frozen=True, slots=True)
class _Moment:
    """One market as it was fetched; a `View` that knows no other moment."""

    rules: Market
    price: Decimal
    book: OrderBook

    def market(self, symbol: str) -> Market:
        """Return the rules of the one symbol."""
        if symbol != self.rules.symbol:
            raise NotFound("symbol_unknown", coin=symbol)
        return self.rules

    def last(self, symbol: str, at: datetime) -> Decimal:
        """Return the last price."""
        del symbol, at
        return self.price

    def order_book(self, symbol: str, *, at: datetime) -> OrderBook:
        """Return the book."""
        del symbol, at
        return self.book


class FeedGateway(BookedGateway):
    """One paper account on the prices of a real venue; an `ExchangeGateway`.

    Reads raise `ExchangeUnavailable` while the venue does not answer, and NotConnected
    ``exchange_not_available`` when the operator has switched it off; the books are there always.

    Args:
        account_id: Whose books.
        feed: ccxt id of the venue.
        database: Holds the books.
        feeds: Bring the prices.
        now: The clock.
    """

    def __init__(
        self, account_id: AccountId, feed: str, database: Database, feeds: Feeds, *, now: Now
    ) -> None:
        super().__init__(account_id, database, now)
        self._feed = feed
        self._feeds = feeds

    async def markets(self) -> Mapping[str, Market]:
        """Return every market of the venue by unified symbol; only spot can be traded here."""
        return await (await self._feeds.data(self._feed)).markets()

    def timeframes(self) -> Sequence[Timeframe]:
        """Return the candle lengths that the venue has, shortest first."""
        return self._feeds.public.of(self._feed, Environment.LIVE).timeframes()

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Return the present quote of each symbol; without those that nobody trades."""
        return await self._ask(lambda data: data.quotes(symbols))

    async def order_book(self, symbol: str, *, depth: int = 50) -> OrderBook:
        """Return at most `depth` levels a side."""
        return await self._ask(lambda data: data.order_book(symbol, depth=depth))

    async def candles(self, symbol: str, timeframe: Timeframe, *, limit: int) -> Sequence[Candle]:
        """Return the last `limit` candles, oldest first, the unfinished one last."""
        return await self._ask(lambda data: data.candles(symbol, timeframe, limit=limit))

    async def trades(self, symbol: str, *, limit: int) -> Sequence[PublicTrade]:
        """Return the last `limit` public trades, oldest first."""
        return await self._ask(lambda data: data.trades(symbol, limit=limit))

    async def funding(self, symbol: str) -> Funding:
        """Return the funding of a perpetual.

        Raises:
            InvalidInput: ``no_funding``: the symbol is no perpetual.
        """
        return await self._ask(lambda data: data.funding(symbol))

    async def time(self) -> VenueTime:
        """Ask for the venue's clock."""
        return await self._ask(lambda data: data.time())

    async def _ask(self, question: Callable[[LiveMarketData], Awaitable[T]]) -> T:
        data = await self._feeds.data(self._feed)
        try:
            answer = await question(data)
        except ExchangeUnavailable:
            self._feeds.prices.missed(self._feed)
            raise
        self._feeds.prices.answered(self._feed)
        return answer

    async def _view(self, symbol: str) -> View:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._ask(lambda data: _moment(data, symbol))
        except (ExchangeUnavailable, NotConnected, TimeoutError):
            # The books were not touched: that is proof enough.
            raise OrderRejected("feed_lost") from None


async def _moment(data: LiveMarketData, symbol: str) -> _Moment:
    market = await data.market(symbol)
    quotes, book = await asyncio.gather(
        data.quotes([symbol]), data.order_book(symbol, depth=_DEPTH)
    )
    if symbol not in quotes:
        raise InvalidInput("no_liquidity", symbol=symbol)
    return _Moment(market, quotes[symbol].last, book)
