"""The built-in paper venue: a real matching core whose books are kept in the database.

It matches on an invented market, or on the public prices of a real venue.

Rules of the venue:
- An account opens with `services.paper_desk.OPENING` at its first touch, once.
- A market order takes what the book holds; what the book cannot give expires, so its end is
  CLOSED (filled) or EXPIRED (in part or not at all).
- A limit order takes what its price admits; the rest stays open and is filled as maker when
  trading reaches its price.
- A client order id names one order for ever. A refused request leaves no order.
- Nothing is filled while there are no prices.

Every step is one write transaction under the account's lock, so a fill, a cancel and another
order of the same account follow each other in any process. What a real venue says is fetched
before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from services import paper_desk
from services.clock import Now
from services.domain.accounts import Account, AccountId
from services.domain.market import (
    Candle,
    Funding,
    Market,
    OrderBook,
    PublicTrade,
    Quote,
    Timeframe,
)
from services.domain.orders import Side
from services.domain.paper import LostPrices, Matched, Move, PaperOrder
from services.errors import NotConnected, NotFound
from services.exchange import matching
from services.exchange.gateway import ExchangeGateway, VenueTime
from services.exchange.synthetic import SyntheticMarket
from services.paper_desk import Due, View
from services.paper_feed import FeedGateway, Feeds
from services.paper_gateway import BookedGateway
from services.paper_matching import FeedMatching
from services.persistence.database import Database


class PaperVenue:
    """The venue itself: the market, the accounts, the matching of resting orders.

    Args:
        database: Holds the books.
        market: The invented one.
        now: The clock.
        feeds: The real venues whose prices accounts may take; None: no account may.
    """

    def __init__(
        self, database: Database, market: SyntheticMarket, now: Now, *, feeds: Feeds | None = None
    ) -> None:
        self._database = database
        self._market = market
        self._now = now
        self._feeds = feeds
        self._feed_matching = None if feeds is None else FeedMatching(database, feeds, now=now)
        self._checked: dict[int, datetime] = {}

    def gateway(self, account_id: AccountId) -> PaperGateway:
        """Return the gateway of one account on the invented market."""
        return PaperGateway(account_id, self._database, self._market, self._now)

    def gateway_of(self, account: Account) -> ExchangeGateway:
        """Return the gateway of an account on the prices that it takes.

        Raises:
            NotConnected: ``exchange_not_available``: it takes a venue's, and none are to be had.
        """
        if account.feed is None:
            return self.gateway(account.id)
        if self._feeds is None:
            raise NotConnected("exchange_not_available", exchange=account.feed)
        return FeedGateway(account.id, account.feed, self._database, self._feeds, now=self._now)

    def lost_prices(self, account: Account, symbol: str | None = None) -> LostPrices | None:
        """Tell whether the venue whose prices an account takes says nothing just now.

        Args:
            account: Of any kind; only a paper account on a feed loses prices.
            symbol: Whose price matters; None: any that an open order waits for.
        """
        if account.feed is None or self._feeds is None:
            return None
        return self._feeds.lost(account.feed, symbol)

    async def load(self) -> None:
        """Apply the pushes given earlier; once at start."""
        async with self._database.read_all() as data:
            self._market.set_moves(await data.paper.moves())

    async def open_account(self, account_id: AccountId) -> None:
        """Give a new account its opening balance; nothing if it has one.

        A convenience: the first touch through the gateway does the same.
        """
        async with paper_desk.opened(self._database, account_id):
            pass

    async def push(self, base: str, ratio: Decimal) -> Move:
        """Multiply the invented price of a coin by `ratio` (above zero; 1.03 = 3 % up).

        Raises:
            NotFound: ``symbol_unknown`` for a coin that is not listed.
        """
        if not any(market.base == base for market in self._market.markets.values()):
            raise NotFound("symbol_unknown", coin=base)
        if ratio <= 0:
            raise ValueError("a price cannot be multiplied by zero or less")
        async with self._database.write_all() as data:
            move = Move(base, ratio, self._now())
            data.paper.add_move(move)
        await self.load()
        return move

    async def match(self) -> Sequence[Matched]:
        """Fill what trading reached since the last look, in full or in part.

        Also learns of pushes given in other processes. What a real venue is still asked for is
        returned by a later pass.
        """
        at = self._now()
        async with self._database.read_all() as data:
            self._market.set_moves(await data.paper.moves())
            resting = await data.paper.resting()
        orders = [order for order, feed in resting if feed is None]
        accounts = defaultdict[AccountId, list[PaperOrder]](list)
        for order in self._reached(orders, at):
            accounts[order.account_id].append(order)
        matched: list[Matched] = []
        for account_id, reached in accounts.items():
            matched += await self._fill(account_id, reached, at)
        # Only now: a pass that failed half way is repeated from where the rows stand.
        self._checked = {order.id: at for order in orders}
        if self._feed_matching is not None:
            matched += await self._feed_matching.match(resting)
        return matched

    async def close(self) -> None:
        """Ask no venue any more; before the venues' prices are closed."""
        if self._feed_matching is not None:
            await self._feed_matching.close()

    def _reached(self, orders: Iterable[PaperOrder], at: datetime) -> list[PaperOrder]:
        spans: dict[tuple[str, datetime], tuple[Decimal, Decimal]] = {}
        reached = []
        for order in orders:
            symbol, since = order.request.symbol, self._since(order)
            if since >= at:
                continue
            if (symbol, since) not in spans:
                spans[symbol, since] = self._market.span(symbol, since, at)
            low, high = spans[symbol, since]
            if low <= order.limit if order.request.side is Side.BUY else high >= order.limit:
                reached.append(order)
        return reached

    def _since(self, order: PaperOrder) -> datetime:
        return max(order.matched_at, self._checked.get(order.id, order.matched_at))

    async def _fill(
        self, account_id: AccountId, orders: Iterable[PaperOrder], at: datetime
    ) -> Sequence[Matched]:
        return await paper_desk.fill_due(
            self._database, account_id, orders, lambda order: self._due(order, at)
        )

    def _due(self, order: PaperOrder, at: datetime) -> Due | None:
        request, limit = order.request, order.limit
        traded = self._market.traded(request.symbol, request.side, limit, self._since(order), at)
        market = self._market.market(request.symbol)
        level = matching.make(market, limit, order.remaining, traded=traded)
        return None if level is None else Due(level, market, at)


class PaperGateway(BookedGateway):
    """One account on the invented market; an `ExchangeGateway`."""

    def __init__(
        self, account_id: AccountId, database: Database, market: SyntheticMarket, now: Now
    ) -> None:
        super().__init__(account_id, database, now)
        self._market = market

    async def markets(self) -> Mapping[str, Market]:
        """Return every market by unified symbol."""
        return self._market.markets

    def timeframes(self) -> Sequence[Timeframe]:
        """Return the candle lengths of the market, shortest first."""
        return self._market.timeframes

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Return the present quote of each symbol."""
        at = self._now()
        return {symbol: self._market.quote(symbol, at) for symbol in symbols}

    async def order_book(self, symbol: str, *, depth: int = 50) -> OrderBook:
        """Return at most `depth` levels a side."""
        return self._market.order_book(symbol, depth=depth, at=self._now())

    async def candles(self, symbol: str, timeframe: Timeframe, *, limit: int) -> Sequence[Candle]:
        """Return the last `limit` candles, oldest first, the unfinished one last."""
        return self._market.candles(symbol, timeframe, limit=limit, at=self._now())

    async def trades(self, symbol: str, *, limit: int) -> Sequence[PublicTrade]:
        """Return the last `limit` public trades, oldest first."""
        return self._market.trades(symbol, limit=limit, at=self._now())

    async def funding(self, symbol: str) -> Funding:
        """Return the funding of a perpetual.

        Raises:
            InvalidInput: ``no_funding``: the symbol is no perpetual.
        """
        return self._market.funding(symbol, self._now())

    async def time(self) -> VenueTime:
        """Return no difference: the venue lives by our own clock."""
        return VenueTime(timedelta(0), timedelta(0))

    async def _view(self, symbol: str) -> View:
        del symbol
        return self._market
