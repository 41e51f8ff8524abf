"""What a venue tells everybody, read through ccxt; one instance per venue and environment."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.clock import Now
from services.domain.market import (
    Candle,
    Funding,
    Market,
    MarketType,
    OrderBook,
    PublicTrade,
    Quote,
    Timeframe,
)
from services.errors import ExchangeUnavailable, InvalidInput, NotFound
from services.exchange import translate_markets, translate_prices
from services.exchange.client import Client
from services.exchange.gateway import VenueTime
from services.exchange.translate import Row, is_about, is_empty, row, rows, unusable
from services.exchange.venue_codes import FAMILIES

# Symbols of one question whose names stand in the address.
_SYMBOLS_ASKED = 100
# Depths that a venue's books come in; what is asked for is rounded up to one of them.
_DEPTHS: Mapping[str, Sequence[int]] = {
    "okx": (5, 20, 50, 100, 400),
    "kucoin": (20, 100),
    "htx": (5, 10, 20),
    "bybit": (50, 200),
}
_USUAL_DEPTHS = (5, 10, 20, 50, 100)
# Their tickers count the volume of contracts in contracts.
_COUNT_CONTRACTS = frozenset({"okx"})


class CcxtMarketData:
    """A `MarketData` over a keyless client; all accounts of the venue share it."""

    def __init__(self, client: Client, *, now: Now) -> None:
        self._client = client
        self._now = now
        has_spot = bool(client.exchange.has.get("spot"))
        # A venue that trades coins and lists none has not answered.
        self._types = {MarketType.SPOT} if has_spot else set(MarketType)
        self._family = FAMILIES.get(client.id, client.id)
        self._lock = asyncio.Lock()
        self._is_in_doubt = False
        self._listed: Mapping[str, Row] | None = None
        self._markets: Mapping[str, Market] = {}

    @property
    def family(self) -> str:
        """The venue whose wire this one speaks, for example ``okx`` for ``myokx``."""
        return self._family

    @property
    def counts_contracts(self) -> bool:
        """Whether tickers state the base volume of contracts in contracts."""
        return self._family in _COUNT_CONTRACTS

    async def markets(self) -> Mapping[str, Market]:
        """Return every market by unified symbol; those that cannot be stated are left out."""
        # A listing that was no listing is kept by nobody: the next one who asks gets another.
        listed = await self._client.load_markets(reload=self._is_in_doubt)
        async with self._lock:
            if listed is not self._listed:
                await self._take_over(listed)
        return self._markets

    async def _take_over(self, listed: Mapping[str, Row]) -> None:
        mode, name = self._client.exchange.precisionMode, self._client.id
        # Thousands of markets take a tenth of a second, which others need not wait for.
        found = await asyncio.to_thread(translate_markets.markets, listed, mode, name)
        self._is_in_doubt = not any(market.type in self._types for market in found.values())
        if self._is_in_doubt:
            raise unusable()
        self._markets, self._listed = found, listed

    async def market(self, symbol: str) -> Market:
        """Return the rules of a symbol.

        Raises:
            NotFound: ``symbol_unknown``.
        """
        found = (await self.markets()).get(symbol)
        if found is None:
            raise NotFound("symbol_unknown", coin=symbol)
        return found

    def timeframes(self) -> Sequence[Timeframe]:
        """Return the candle lengths that the venue has, shortest first."""
        known = self._client.exchange.timeframes or {}
        return [timeframe for timeframe in Timeframe if timeframe.value in known]

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Return the present quote of each symbol; without those that nobody trades.

        Raises:
            NotFound: ``symbol_unknown``.
        """
        groups = defaultdict[MarketType, dict[str, Market]](dict)
        for symbol in symbols:
            market = await self.market(symbol)
            groups[market.type][symbol] = market
        found: dict[str, Quote] = {}
        for group in groups.values():
            found |= await self._quotes_of(group)
        return {symbol: found[symbol] for symbol in symbols if symbol in found}

    async def _quotes_of(self, markets: Mapping[str, Market]) -> dict[str, Quote]:
        tickers = await self._tickers(list(markets))
        tickers |= await self._with_tops(tickers)
        found = {}
        for symbol, market in markets.items():
            quote = translate_prices.quote(
                tickers.get(symbol, {}),
                market,
                now=self._now(),
                counts_contracts=self.counts_contracts,
            )
            if quote is not None:
                found[symbol] = quote
        return found

    async def _tickers(self, symbols: Sequence[str]) -> dict[str, Row]:
        if len(symbols) == 1 or not self._has("fetchTickers"):
            return {symbol: await self._ticker(symbol) for symbol in symbols}
        # Venues that answer with all symbols at once are asked once.
        step = _SYMBOLS_ASKED if self._family == "binance" else len(symbols)
        found: dict[str, Row] = {}
        for start in range(0, len(symbols), step):
            asked = list(symbols[start : start + step])
            found |= row(await self._read("fetch_tickers", asked))
        if not found.keys() & set(symbols):
            raise unusable()
        return found

    async def _ticker(self, symbol: str) -> Row:
        ticker = row(await self._read("fetch_ticker", symbol))
        market_id = self._client.exchange.market(symbol)["id"]
        if is_empty(ticker) or not is_about(ticker, market_id):
            raise unusable()
        return ticker

    async def _with_tops(self, tickers: Mapping[str, Row]) -> dict[str, Row]:
        """Return the tickers without bid and ask, completed by what the book says."""
        bare = [
            symbol
            for symbol, ticker in tickers.items()
            if ticker.get("last") and not (ticker.get("bid") and ticker.get("ask"))
        ]
        if not bare:
            return {}
        if self._has("fetchBidsAsks"):
            tops = row(await self._read("fetch_bids_asks", bare))
        else:
            tops = {symbol: await self._top(symbol) for symbol in bare}
        return {
            symbol: {**tickers[symbol], "bid": top.get("bid"), "ask": top.get("ask")}
            for symbol, top in tops.items()
            if symbol in tickers
        }

    async def _top(self, symbol: str) -> Row:
        book = await self.order_book(symbol, depth=1)
        return {
            "bid": book.bids[0].price if book.bids else None,
            "ask": book.asks[0].price if book.asks else None,
        }

    async def order_book(self, symbol: str, *, depth: int = 50) -> OrderBook:
        """Return at most `depth` levels a side.

        Raises:
            NotFound: ``symbol_unknown``.
        """
        market = await self.market(symbol)
        sizes = _DEPTHS.get(self._family, _USUAL_DEPTHS)
        size = next((size for size in sizes if size >= depth), sizes[-1])
        book = row(await self._read("fetch_order_book", symbol, size))
        return translate_prices.order_book(book, market, depth=depth, now=self._now())

    async def candles(self, symbol: str, timeframe: Timeframe, *, limit: int) -> Sequence[Candle]:
        """Return the last `limit` candles, oldest first, the unfinished one last.

        Fewer where the venue has fewer, or gives fewer in one answer (100 at least).

        Raises:
            InvalidInput: ``timeframe_unknown``: the venue has no candles of this length.
            NotFound: ``symbol_unknown``.
        """
        known = self.timeframes()
        if timeframe not in known:
            raise InvalidInput(
                "timeframe_unknown",
                coin=timeframe.value,
                known=" ".join(each.value for each in known),
            )
        await self.market(symbol)
        answer = await self._read("fetch_ohlcv", symbol, timeframe.value, None, limit)
        return translate_prices.candles(answer, limit=limit)

    async def trades(self, symbol: str, *, limit: int) -> Sequence[PublicTrade]:
        """Return the last `limit` public trades, oldest first.

        Raises:
            NotFound: ``symbol_unknown``.
        """
        market = await self.market(symbol)
        answer = rows(await self._read("fetch_trades", symbol, None, limit))
        return translate_prices.public_trades(answer, market, limit=limit)

    async def funding(self, symbol: str) -> Funding:
        """Return the funding of a perpetual.

        Raises:
            InvalidInput: ``no_funding``: the symbol is no perpetual.
            NotFound: ``symbol_unknown``.
        """
        market = await self.market(symbol)
        if market.type is not MarketType.SWAP:
            raise InvalidInput("no_funding", symbol=symbol)
        if not self._has("fetchFundingRate"):
            raise ExchangeUnavailable("not_supported")
        rate = row(await self._read("fetch_funding_rate", symbol))
        return translate_prices.funding(rate, symbol=symbol, now=self._now())

    async def time(self) -> VenueTime:
        """Ask for the venue's clock."""
        return await self._client.time()

    def _has(self, feature: str) -> bool:
        # ccxt writes "emulated" where it works around a missing endpoint: that works too.
        return bool(self._client.exchange.has.get(feature))

    async def _read(self, method: str, *args: object) -> object:
        answer: object = await self._client.read(method, *args)
        return answer
