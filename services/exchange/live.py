"""A venue's public data with its streams in front: what is looked at is there without asking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from services.clock import Now
from services.domain.accounts import Environment
from services.domain.market import Market, Quote
from services.exchange.ccxt_market_data import CcxtMarketData
from services.exchange.client import Client
from services.exchange.connector import Connector
from services.exchange.feed import SILENCE, Feed

OnQuote = Callable[[str, Environment, Quote], None]


class LiveMarketData(CcxtMarketData):
    """A `MarketData`: quotes that somebody looks at come from the stream, all else is asked for.

    Books are always asked for, because orders are checked on them.
    """

    def __init__(self, client: Client, feed: Feed, *, now: Now) -> None:
        super().__init__(client, now=now)
        self.feed = feed

    async def reload(self) -> Mapping[str, Market]:
        """Ask the venue for its markets afresh and return them; every account sees them.

        Raises:
            ExchangeUnavailable: It did not answer; the markets stay what they were.
        """
        await self._client.load_markets(reload=True)
        return await self.markets()

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Return the present quote of each symbol; without those that nobody trades.

        Raises:
            NotFound: ``symbol_unknown``.
        """
        streamed = {symbol: self.feed.quote(symbol) for symbol in symbols}
        missing = [symbol for symbol, quote in streamed.items() if quote is None]
        asked = await super().quotes(missing) if missing else {}
        found = {symbol: streamed[symbol] or asked.get(symbol) for symbol in symbols}
        return {symbol: quote for symbol, quote in found.items() if quote is not None}


class PublicData:
    """The public data of every venue, one `LiveMarketData` each, shared by all tenants.

    Args:
        connector: Opens and closes the clients.
        now: The clock of quotes that carry no time.
        on_quote: Called with every quote of what somebody looks at.
        silence: As `services.exchange.feed.SILENCE`; tests shorten it.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        now: Now,
        on_quote: OnQuote = lambda *_: None,
        silence: timedelta = SILENCE,
    ) -> None:
        self._connector = connector
        self._now = now
        self._on_quote = on_quote
        self._silence = silence
        self._open: dict[tuple[str, Environment], LiveMarketData] = {}

    def of(self, exchange: str, environment: Environment) -> LiveMarketData:
        """Return a venue's public data, opened when first asked for.

        Raises:
            NotConnected: ``exchange_not_available`` or ``sandbox_not_available``.
            NotFound: ``exchange_unknown``.
        """
        place = (exchange, environment)
        if place not in self._open:
            client = self._connector.public(exchange, environment)

            def tell(quote: Quote) -> None:
                self._on_quote(exchange, environment, quote)

            asked = CcxtMarketData(client, now=self._now)
            feed = Feed(client, asked, now=self._now, on_quote=tell, silence=self._silence)
            self._open[place] = LiveMarketData(client, feed, now=self._now)
        return self._open[place]

    async def opened(self, exchange: str, environment: Environment) -> LiveMarketData:
        """Return a venue's public data as `of` does, importing its class without a stall."""
        if (exchange, environment) not in self._open:
            await self._connector.prepare(exchange)
        return self.of(exchange, environment)

    async def close(self) -> None:
        """End every stream; the connector closes the clients."""
        await asyncio.gather(*(data.feed.close() for data in self._open.values()))
        self._open.clear()
