"""Prices, candles, order books, trades and funding of the tenant's venues."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from services.accounts import Accounts
from services.attempts import attempt
from services.domain.accounts import (
    Account,
    Environment,
    Member,
    Permission,
    Position,
    PositionSide,
    may,
)
from services.domain.market import (
    EXACT,
    Candle,
    Funding,
    Market,
    OrderBook,
    PublicTrade,
    Quote,
    Timeframe,
)
from services.domain.orders import Order
from services.domain.pairs import VenueKey
from services.errors import AssistantError, InvalidInput
from services.exchange.gateway import ExchangeGateway
from services.paper_feed import label_of
from services.persistence.database import Database
from services.symbols import find_market, find_perpetual, most_traded, perpetual_of

# The slowest moving average on a chart spans 99 candles: that many more than are shown.
SHOWN_CANDLES = 100
_CANDLES = SHOWN_CANDLES + 99
_OVERVIEW = 6
_TAPE = 100
_YEAR = timedelta(days=365)
# A venue that is slower than this shows no price in the comparison: the others are waited for.
_PATIENCE_S = 5.0
# What somebody who is lost is offered.
_USUAL_TIMEFRAMES = (Timeframe.H1, Timeframe.H4, Timeframe.D1)


@dataclass(frozen=True, slots=True)
class Price:
    """The quote of a market on an account's venue.

    Attributes:
        feed: What the venue is called whose prices a practice account takes; None for others.
    """

    account: Account
    market: Market
    quote: Quote
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class VenuePrice:
    """What a market costs on one of the tenant's venues; `quote` is None without an answer."""

    account: Account
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The price on the member's account, and the same market on every real venue.

    Attributes:
        venues: Empty when there is nothing to compare with.
        perpetual: Symbol of the coin's perpetual on the member's venue; None without one.
    """

    price: Price
    venues: tuple[VenuePrice, ...] = ()
    perpetual: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Candles of a market with the member's open orders on it.

    Attributes:
        candles: Oldest first; the first 99 are there for the averages only.
        timeframes: What the venue has, shortest first.
    """

    price: Price
    timeframe: Timeframe
    candles: tuple[Candle, ...]
    orders: tuple[Order, ...]
    timeframes: tuple[Timeframe, ...] = tuple(Timeframe)


@dataclass(frozen=True, slots=True)
class Depth:
    """The order book of a market."""

    price: Price
    book: OrderBook


@dataclass(frozen=True, slots=True)
class Tape:
    """The last public trades of a market, oldest first."""

    price: Price
    trades: tuple[PublicTrade, ...]


@dataclass(frozen=True, slots=True)
class FundingNow:
    """The funding of a perpetual, and what it means for the account's own position.

    Attributes:
        annual_percent: The rate as if it stayed for 365 days (1 = 1 %); None where the venue
            does not say how often it is paid.
        position: The account's own; None without one, or for a member who only looks.
        payment: What the next payment brings to the position, in the currency that the market
            is settled in; negative is paid.
    """

    price: Price
    funding: Funding
    annual_percent: Decimal | None
    position: Position | None = None
    payment: Decimal | None = None


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
            InvalidInput: ``no_liquidity``: the venue has no price for it.
        """
        account, gateway = await self._accounts.of(member)
        return await _price(account, gateway, find_market(coin, await gateway.markets()))

    async def across(self, member: Member, coin: str) -> Comparison:
        """Return the present price of a coin, beside that on the tenant's other venues.

        Paper prices are compared with nothing, and a venue that does not answer in time is
        there without its quote. Raises as `latest`.
        """
        account, gateway = await self._accounts.of(member)
        markets = await gateway.markets()
        price = await _price(account, gateway, find_market(coin, markets))
        perpetual = perpetual_of(price.market, markets)
        venues = _compared(await self._accounts.all(member), price.account)
        rows = await asyncio.gather(*(self._venue_price(account, price) for account in venues))
        found = tuple(row for row in rows if row is not None)
        return Comparison(price, found, None if perpetual is None else perpetual.symbol)

    async def overview(self, member: Member) -> Sequence[Price]:
        """Return the prices of the venue's most traded spot markets."""
        account, gateway = await self._accounts.of(member)
        shown = most_traded(await gateway.markets(), _OVERVIEW)
        quotes = await gateway.quotes([market.symbol for market in shown])
        return [
            Price(account, market, quotes[market.symbol])
            for market in shown
            if market.symbol in quotes
        ]

    async def timeframe(self, member: Member, word: str) -> Timeframe:
        """Return the timeframe that a word names on the member's venue.

        Raises:
            InvalidInput: ``timeframe_unknown`` with the ones that there are in ``known``.
        """
        _, gateway = await self._accounts.of(member)
        return _timeframe(word, gateway.timeframes())

    async def chart(self, member: Member, coin: str, timeframe: Timeframe) -> Chart:
        """Return candles of a coin, with the open orders of the member's account.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
            InvalidInput: ``timeframe_unknown``, as `timeframe`.
        """
        price = await self.latest(member, coin)
        _, gateway = await self._accounts.of(member)
        known = tuple(gateway.timeframes())
        symbol = price.market.symbol
        candles = await gateway.candles(symbol, _timeframe(timeframe, known), limit=_CANDLES)
        async with self._database.read(member.tenant_id) as data:
            orders = await data.orders.open()
        own = [
            o for o in orders if o.request.symbol == symbol and o.account_id == price.account.id
        ]
        return Chart(price, timeframe, tuple(candles), tuple(own), known)

    async def depth(self, member: Member, coin: str) -> Depth:
        """Return the order book of a coin.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
        """
        price = await self.latest(member, coin)
        _, gateway = await self._accounts.of(member)
        book = await gateway.order_book(price.market.symbol)
        return Depth(price, book)

    async def trades(self, member: Member, coin: str) -> Tape:
        """Return the last public trades of a coin; raises as `latest`."""
        price = await self.latest(member, coin)
        _, gateway = await self._accounts.of(member)
        return Tape(price, tuple(await gateway.trades(price.market.symbol, limit=_TAPE)))

    async def funding(self, member: Member, coin: str) -> FundingNow:
        """Return the funding of a coin's perpetual.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
            InvalidInput: ``no_funding``: the venue has no perpetual of it.
        """
        account, gateway = await self._accounts.of(member)
        market = find_perpetual(coin, await gateway.markets())
        price = await _price(account, gateway, market)
        funding = await gateway.funding(market.symbol)
        position = await _position(gateway, member, market)
        payment = None if position is None else _payment(position, funding, price)
        return FundingNow(price, funding, _annual_percent(funding), position, payment)

    async def _venue_price(self, account: Account, price: Price) -> VenuePrice | None:
        """Return what a venue asks for the market of `price`; None where it lists none."""
        if account.id == price.account.id:
            return VenuePrice(account, price.quote)
        symbol = price.market.symbol
        try:
            async with asyncio.timeout(_PATIENCE_S):
                _, gateway = await self._accounts.open(account.tenant_id, account.id)
                if symbol not in await gateway.markets():
                    return None
                quotes = await gateway.quotes([symbol])
        except (AssistantError, TimeoutError):
            return VenuePrice(account, None)
        return VenuePrice(account, quotes.get(symbol))


async def _price(account: Account, gateway: ExchangeGateway, market: Market) -> Price:
    quote = (await gateway.quotes([market.symbol])).get(market.symbol)
    if quote is None:
        raise InvalidInput("no_liquidity", symbol=market.symbol)
    return Price(account, market, quote, account.feed and label_of(account.feed))


def _compared(accounts: Sequence[Account], own: Account) -> Sequence[Account]:
    """Return one account per real venue, the member's own first; none when it stands alone."""
    venues: dict[VenueKey, Account] = {}
    for account in (own, *accounts):
        if account.environment is not Environment.PAPER:
            venues.setdefault(VenueKey.of(account), account)
    return [account for account in venues.values() if len(venues) > 1 or account.id != own.id]


def _timeframe(word: str, known: Sequence[Timeframe]) -> Timeframe:
    for timeframe in known:
        if timeframe.value == word:
            return timeframe
    # `coin` is what a suggestion takes the place of in what was written.
    raise InvalidInput(
        "timeframe_unknown",
        coin=word,
        known=" ".join(timeframe.value for timeframe in known),
        suggestions=tuple(usual.value for usual in _USUAL_TIMEFRAMES if usual in known),
    )


async def _position(gateway: ExchangeGateway, member: Member, market: Market) -> Position | None:
    if not may(member.role, Permission.TRADE):
        return None
    # The rate is worth showing though the position cannot be read.
    positions = await attempt(gateway.positions(), otherwise=(), event="positions_not_read")
    return next((each for each in positions if each.symbol == market.symbol), None)


def _payment(position: Position, funding: Funding, price: Price) -> Decimal:
    worth = position.amount
    if price.market.settle != price.market.base:
        worth = EXACT.multiply(worth, funding.mark or price.quote.last)
    due = EXACT.multiply(worth, funding.rate)
    return -due if position.side is PositionSide.LONG else due


def _annual_percent(funding: Funding) -> Decimal | None:
    if not funding.period:
        return None
    periods = Decimal(int(_YEAR.total_seconds())) / int(funding.period.total_seconds())
    return EXACT.multiply(funding.rate * 100, periods)
