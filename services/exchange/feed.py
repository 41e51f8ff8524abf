"""One venue's prices as they move: one connection for everybody, REST where it is silent.

Who wants to look at a symbol holds a `Look`; the first one subscribes, the last one leaves the
subscription. A symbol that the stream says nothing of is asked for by REST, so a price is
never older than `SILENCE` while the venue answers at all. A connection on which nothing moves,
not even the answer to a ping, is dropped and dialled again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import structlog

from services.clock import Now
from services.domain.market import Market, OrderBook, PriceRange, Quote
from services.errors import AssistantError
from services.exchange import translate_prices
from services.exchange.ccxt_market_data import CcxtMarketData
from services.exchange.client import Client
from services.exchange.seen import SeenPrices
from services.exchange.sockets import FAILURES, Pauses, Sockets, watched

SILENCE = timedelta(seconds=15)
"""After this long without a word a price is asked for; without a sign of life, dialled anew."""

_PAUSES_S = (0.25, 30.0)
_POLL_EVERY_S = 2.0
_BOOK_DEPTH = 20
_NOTHING: Mapping[str, str] = MappingProxyType({})
# A ticker without best bid and ask is no quote: these streams carry them.
_TICKER_PARAMS: Mapping[str, Mapping[str, str]] = {"binance": {"name": "ticker"}}
# ccxt opens a connection for each set of symbols unless it is told that there is only one.
_STREAM_LIMITS, _PER_STREAM = "streamLimits", "subscriptionLimitByStream"
_SYMBOLS_A_CONNECTION = 1000

_log = structlog.get_logger(__name__)


class Channel(StrEnum):
    """What can be looked at."""

    QUOTE = "quote"
    BOOK = "book"


@dataclass(slots=True)
class _Subject:
    """A symbol on a channel, with those who look at it.

    Attributes:
        has_top: Its ticker carries no bid and ask: the top of the book is watched besides.
    """

    lookers: int = 0
    task: asyncio.Task[None] | None = None
    market: Market | None = None
    heard_at: float = 0.0
    polled_at: float = 0.0
    is_down: bool = False
    has_top: bool = False
    quote: Quote | None = None
    book: OrderBook | None = None
    seen: SeenPrices = field(default_factory=SeenPrices)


class _Tape(dict[str, Any]):
    """ccxt's table of tickers, which tells of each; a watch tells of the first of a burst only."""

    def __init__(self, tell: Callable[[str, Any], None]) -> None:
        super().__init__()
        self._tell = tell

    def __setitem__(self, symbol: str, ticker: Any) -> None:
        super().__setitem__(symbol, ticker)
        self._tell(symbol, ticker)


class Feed:
    """The public streams of one venue and environment.

    Args:
        client: The shared keyless client; its WebSockets belong to the feed.
        data: The same venue by REST.
        now: The clock of quotes that carry no time.
        on_quote: Called with every quote, streamed or asked for.
        silence: See `SILENCE`; tests shorten it.
    """

    def __init__(
        self,
        client: Client,
        data: CcxtMarketData,
        *,
        now: Now,
        on_quote: Callable[[Quote], None] = lambda _: None,
        silence: timedelta = SILENCE,
    ) -> None:
        self._client = client
        self._data = data
        self._now = now
        self._on_quote = on_quote
        self._silence_s = silence.total_seconds()
        self._subjects: dict[tuple[Channel, str], _Subject] = {}
        self._sockets: Sockets | None = None
        self._guards: list[asyncio.Task[None]] = []
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def look(self, channel: Channel, symbol: str) -> AsyncIterator[None]:
        """Keep a symbol up to date for as long as the block runs."""
        self.hold(channel, symbol)
        try:
            yield
        finally:
            self.release(channel, symbol)

    def hold(self, channel: Channel, symbol: str) -> None:
        """Look at a symbol until `release`; both may be called any number of times."""
        subject = self._subjects.setdefault((channel, symbol), _Subject())
        subject.lookers += 1
        if subject.task is None:
            subject.heard_at = _clock()
            subject.task = asyncio.ensure_future(self._follow(channel, symbol, subject))
        if not self._guards:
            works = (self._watch_over(), self._ask())
            self._guards = [asyncio.ensure_future(work) for work in works]

    def release(self, channel: Channel, symbol: str) -> None:
        """Look no longer; the last one ends the subscription."""
        subject = self._subjects[channel, symbol]
        subject.lookers -= 1
        if subject.lookers:
            return
        del self._subjects[channel, symbol]
        leaving = asyncio.ensure_future(self._leave(channel, symbol, subject))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    def quote(self, symbol: str) -> Quote | None:
        """Return the last quote of a symbol that is not older than the silence allows."""
        subject = self._fresh(Channel.QUOTE, symbol)
        return None if subject is None else subject.quote

    def book(self, symbol: str) -> OrderBook | None:
        """Return the last book of a symbol; as `quote`."""
        subject = self._fresh(Channel.BOOK, symbol)
        return None if subject is None else subject.book

    def seen(self, symbol: str, since: datetime) -> PriceRange | None:
        """Return the range of the prices told from a moment of the last minutes on, if any."""
        subject = self._subjects.get((Channel.QUOTE, symbol))
        return None if subject is None else subject.seen.since(since)

    def is_whole(self, symbol: str, since: datetime) -> bool:
        """Tell whether the stream of a symbol has stood since a moment, as far as is known."""
        subject = self._subjects.get((Channel.QUOTE, symbol))
        return subject is not None and subject.seen.is_whole(since)

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols whose quotes somebody looks at."""
        return frozenset(name for channel, name in self._subjects if channel is Channel.QUOTE)

    async def close(self) -> None:
        """End every subscription and task; the client is closed by who opened it."""
        tasks = [subject.task for subject in self._subjects.values() if subject.task]
        self._subjects.clear()
        await _ended([*tasks, *self._guards, *self._leaving])
        self._guards = []
        if self._sockets is not None:
            await self._sockets.close()

    def _fresh(self, channel: Channel, symbol: str) -> _Subject | None:
        subject = self._subjects.get((channel, symbol))
        is_fresh = subject is not None and _clock() - subject.heard_at <= self._silence_s
        return subject if is_fresh else None

    async def _follow(self, channel: Channel, symbol: str, subject: _Subject) -> None:
        pauses = Pauses(*_PAUSES_S)
        while True:
            try:
                subject.market = await self._data.market(symbol)
                self._prepare()
                await self._watch(channel, symbol, subject)
            except FAILURES as error:
                if not subject.is_down:
                    why = error.code if isinstance(error, AssistantError) else type(error).__name__
                    exchange = self._client.id
                    _log.warning("stream_lost", exchange=exchange, symbol=symbol, why=why)
                subject.is_down = True
                subject.seen.lose()
                await pauses.pause()

    async def _watch(self, channel: Channel, symbol: str, subject: _Subject) -> None:
        exchange = self._exchange
        while True:
            if channel is Channel.BOOK:
                book = await watched(exchange.watch_order_book(symbol))
                self._take_book(book, subject)
            else:
                ticker = await watched(exchange.watch_ticker(symbol, self._params(channel)))
                if symbol not in exchange.tickers:
                    # Some venues' classes keep no table.
                    self._take_ticker(symbol, ticker)
                if subject.has_top:
                    await watched(exchange.watch_bids_asks([symbol]))

    def _params(self, channel: Channel) -> dict[str, str]:
        if channel is Channel.BOOK:
            return {}
        return dict(_TICKER_PARAMS.get(self._data.family, _NOTHING))

    @property
    def _exchange(self) -> Any:
        return self._client.exchange

    def _take_ticker(self, symbol: str, ticker: Any) -> None:
        """Take what ccxt has just put into its table, whether somebody waits for it or not."""
        subject = self._subjects.get((Channel.QUOTE, symbol))
        if subject is None or subject.market is None:
            return
        if not (ticker.get("bid") and ticker.get("ask")):
            subject.has_top = True
            top = self._exchange.bidsasks.get(symbol) or {}
            ticker = {**ticker, "bid": top.get("bid"), "ask": top.get("ask")}
        with suppress(*FAILURES):
            quote = translate_prices.quote(
                ticker,
                subject.market,
                now=self._now(),
                counts_contracts=self._data.counts_contracts,
            )
            if quote is not None:
                subject.is_down = False
                subject.seen.note(quote.last, self._now())
                self._tell(subject, quote)

    def _take_book(self, book: Any, subject: _Subject) -> None:
        market = subject.market
        if market is not None:
            now = self._now()
            subject.book = translate_prices.order_book(book, market, depth=_BOOK_DEPTH, now=now)
            subject.heard_at, subject.is_down = _clock(), False

    def _tell(self, subject: _Subject, quote: Quote) -> None:
        subject.heard_at, subject.quote = _clock(), quote
        self._on_quote(quote)

    def _prepare(self) -> None:
        if self._sockets is not None:
            return
        exchange = self._exchange
        self._sockets = Sockets(exchange, silence_s=self._silence_s, lost=self._lose)
        exchange.tickers = _Tape(self._take_ticker)
        for name, most in ((_STREAM_LIMITS, 1), (_PER_STREAM, _SYMBOLS_A_CONNECTION)):
            if name in exchange.options:
                exchange.options[name] = dict.fromkeys(exchange.options[name], most)

    def _lose(self) -> None:
        for subject in self._subjects.values():
            subject.seen.lose()

    async def _leave(self, channel: Channel, symbol: str, subject: _Subject) -> None:
        if subject.task is not None:
            await _ended([subject.task])
        if (channel, symbol) in self._subjects or not self._exchange.clients:
            return
        exchange, is_book = self._exchange, channel is Channel.BOOK
        method = exchange.un_watch_order_book if is_book else exchange.un_watch_ticker
        await self._quietly(method, symbol, self._params(channel))
        if subject.has_top:
            await self._quietly(exchange.un_watch_bids_asks, [symbol], {})

    async def _quietly(self, method: Any, *args: Any) -> None:
        with suppress(*FAILURES):
            async with asyncio.timeout(self._silence_s):
                await watched(method(*args))

    async def _watch_over(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._silence_s / 4))
            if self._sockets is not None:
                self._sockets.drop_dead()

    async def _ask(self) -> None:
        """Ask for the prices that the stream is silent about; a slow answer holds up no guard."""
        while True:
            await asyncio.sleep(min(1.0, self._silence_s / 4))
            due = dict(self._unheard())
            if not due:
                continue
            for subject in due.values():
                subject.polled_at = _clock()
            with suppress(*FAILURES):
                # A symbol that is listed no more would spoil the answer for all.
                listed = await self._data.markets()
                quotes = await self._data.quotes([symbol for symbol in due if symbol in listed])
                for symbol, quote in quotes.items():
                    self._tell(due[symbol], quote)

    def _unheard(self) -> Iterable[tuple[str, _Subject]]:
        now, pause = _clock(), min(_POLL_EVERY_S, self._silence_s)
        for (channel, symbol), subject in self._subjects.items():
            is_silent = subject.is_down or now - subject.heard_at > self._silence_s
            if channel is Channel.QUOTE and is_silent and now - subject.polled_at >= pause:
                yield symbol, subject


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _clock() -> float:
    return asyncio.get_running_loop().time()
