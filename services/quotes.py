"""Prices, candles and order books of the member's venue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.accounts import Accounts
from services.domain.accounts import Account, Member
from services.domain.market import Candle, Market, MarketType, OrderBook, Quote, Timeframe
from services.domain.orders import Order
from services.persistence.database import Database
from services.symbols import find_market

# The slowest moving average on a chart spans 99 candles: that many more than are shown.
SHOWN_CANDLES = 100
_CANDLES = SHOWN_CANDLES + 99
_OVERVIEW = 6


@dataclass(frozen=True, slots=True)
class Price:
    """The quote of a market on an account's venue."""

    account: Account
    market: Market
    quote: Quote


@dataclass(frozen=True, slots=True)
class Chart:
    """Candles of a market with the member's open orders on it.

    Attributes:
        candles: Oldest first; the first 99 are there for the averages only.
    """

    price: Price
    timeframe: Timeframe
    candles: tuple[Candle, ...]
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Depth:
    """The order book of a market."""

    price: Price
    book: OrderBook


class Quotes:
    """Answers what something costs."""

    def __init__(self, accounts: Accounts, database: Database) -> None:
        self._accounts = accounts
        self._database = database

    async def market(self, member: Member, coin: str) -> Market:
        """Return the market that `coin` means.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
        """
        _, gateway = await self._accounts.of(member)
        return find_market(coin, await gateway.markets())

    async def latest(self, member: Member, coin: str) -> Price:
        """Return the present price of a coin.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
        """
        account, gateway = await self._accounts.of(member)
        market = find_market(coin, await gateway.markets())
        quotes = await gateway.quotes([market.symbol])
        return Price(account, market, quotes[market.symbol])

    async def overview(self, member: Member) -> Sequence[Price]:
        """Return the prices of the venue's most traded spot markets."""
        account, gateway = await self._accounts.of(member)
        markets = [m for m in (await gateway.markets()).values() if m.type is MarketType.SPOT]
        shown = markets[:_OVERVIEW]
        quotes = await gateway.quotes([market.symbol for market in shown])
        return [Price(account, market, quotes[market.symbol]) for market in shown]

    async def chart(self, member: Member, coin: str, timeframe: Timeframe) -> Chart:
        """Return candles of a coin, with the open orders of the member's account.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
        """
        price = await self.latest(member, coin)
        _, gateway = await self._accounts.of(member)
        symbol = price.market.symbol
        candles = await gateway.candles(symbol, timeframe, limit=_CANDLES)
        async with self._database.read(member.tenant_id) as data:
            orders = await data.orders.open()
        own = [
            o for o in orders if o.request.symbol == symbol and o.account_id == price.account.id
        ]
        return Chart(price, timeframe, tuple(candles), tuple(own))

    async def depth(self, member: Member, coin: str) -> Depth:
        """Return the order book of a coin.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
        """
        price = await self.latest(member, coin)
        _, gateway = await self._accounts.of(member)
        book = await gateway.order_book(price.market.symbol)
        return Depth(price, book)
