"""The built-in paper venue: a real matching core over an invented market, kept in the database.

Rules of the venue:
- An account opens with `services.paper_desk.OPENING` at its first touch, once.
- A market order takes what the book holds; what the book cannot give expires, so its end is
  CLOSED (filled) or EXPIRED (in part or not at all).
- A limit order takes what its price admits; the rest stays open and is filled as maker when
  trading reaches its price.
- A client order id names one order for ever. A refused request leaves no order.

Every step is one write transaction under the account's lock, so a fill, a cancel and another
order of the same account follow each other in any process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services import paper_desk
from services.clock import Now
from services.domain.accounts import AccountId, Balance
from services.domain.market import Candle, Level, Market, OrderBook, Quote, Timeframe
from services.domain.orders import OrderReport, OrderRequest, OrderStatus, Side
from services.domain.paper import Move, PaperOrder
from services.errors import NotFound
from services.exchange import matching
from services.exchange.synthetic import SyntheticMarket
from services.paper_desk import Desk
from services.persistence.database import Database


@dataclass(frozen=True, slots=True)
class Matched:
    """An order that the market reached in a pass.

    Attributes:
        report: Its state after the pass, with every fill so far.
    """

    account_id: AccountId
    report: OrderReport


class PaperVenue:
    """The venue itself: the market, the accounts, the matching of resting orders."""

    def __init__(self, database: Database, market: SyntheticMarket, now: Now) -> None:
        self._database = database
        self._market = market
        self._now = now
        self._checked: dict[int, datetime] = {}

    def gateway(self, account_id: AccountId) -> PaperGateway:
        """Return the gateway of one account."""
        return PaperGateway(account_id, self._database, self._market, self._now)

    async def load(self) -> None:
        """Apply the pushes given earlier; once at start."""
        async with self._database.read_all() as data:
            self._market.set_moves(await data.paper.moves())

    async def open_account(self, account_id: AccountId) -> None:
        """Give a new account its opening balance; nothing if it has one.

        A convenience: the first touch through the gateway does the same.
        """
        async with paper_desk.opened(self._database, self._market, account_id):
            pass

    async def push(self, base: str, ratio: Decimal) -> Move:
        """Multiply the price of a coin by `ratio` (above zero; 1.03 = 3 % up) from now on.

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

        Also learns of pushes given in other processes.
        """
        at = self._now()
        async with self._database.read_all() as data:
            self._market.set_moves(await data.paper.moves())
            orders = await data.paper.open_orders()
        accounts = defaultdict[AccountId, list[PaperOrder]](list)
        for order in self._reached(orders, at):
            accounts[order.account_id].append(order)
        matched: list[Matched] = []
        for account_id, reached in accounts.items():
            matched += await self._fill(account_id, reached, at)
        # Only now: a pass that failed half way is repeated from where the rows stand.
        self._checked = {order.id: at for order in orders}
        return matched

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
            limit = _limit(order)
            if low <= limit if order.request.side is Side.BUY else high >= limit:
                reached.append(order)
        return reached

    def _since(self, order: PaperOrder) -> datetime:
        return max(order.matched_at, self._checked.get(order.id, order.matched_at))

    async def _fill(
        self, account_id: AccountId, orders: Iterable[PaperOrder], at: datetime
    ) -> Sequence[Matched]:
        matched = []
        async with paper_desk.opened(self._database, self._market, account_id) as desk:
            for seen in orders:
                order = await desk.find(seen.client_order_id)
                if order is None or order.status is not OrderStatus.OPEN:
                    continue
                level = self._due(order, at)
                if level is not None:
                    filled = await desk.fill(order, level, at=at)
                    matched.append(Matched(account_id, await desk.report(filled)))
        return matched

    def _due(self, order: PaperOrder, at: datetime) -> Level | None:
        request, limit = order.request, _limit(order)
        traded = self._market.traded(request.symbol, request.side, limit, self._since(order), at)
        market = self._market.market(request.symbol)
        return matching.make(market, limit, order.remaining, traded=traded)


class PaperGateway:
    """One account at the paper venue; an `ExchangeGateway`."""

    def __init__(
        self, account_id: AccountId, database: Database, market: SyntheticMarket, now: Now
    ) -> None:
        self._account_id = account_id
        self._database = database
        self._market = market
        self._now = now

    async def markets(self) -> Mapping[str, Market]:
        """Return every market by unified symbol."""
        return self._market.markets

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

    async def balances(self) -> Mapping[str, Balance]:
        """Return every currency with a holding above zero; opens a new account."""
        async with self._database.read_all() as data:
            balances = await data.paper.balances(self._account_id)
        if not balances:
            async with self._desk():
                pass
            return await self.balances()
        return {currency: balance for currency, balance in balances.items() if balance.total}

    async def submit(self, request: OrderRequest, *, client_order_id: str) -> OrderReport:
        """Place an order. A client order id seen before returns the first order's report.

        Raises:
            NotFound: ``symbol_unknown``.
            InvalidInput: ``contracts_not_tradable``.
            OrderRejected: A rule of the market, see `services.exchange.paper_rules.check`.
            InsufficientFunds: ``insufficient_funds``.
        """
        async with self._desk() as desk:
            order = await desk.find(client_order_id)
            if order is None:
                order = await desk.place(request, client_order_id, at=self._now())
            return await desk.report(order)

    async def cancel(self, symbol: str, *, client_order_id: str) -> OrderReport:
        """Cancel an order; an order that has ended meanwhile returns its last report.

        Raises:
            NotFound: ``order_unknown``.
        """
        async with self._desk() as desk:
            order = await desk.find(client_order_id)
            if order is None or order.request.symbol != symbol:
                raise NotFound("order_unknown", client_order_id=client_order_id)
            if order.status is OrderStatus.OPEN:
                order = await desk.cancel(order, at=self._now())
            return await desk.report(order)

    async def find_order(self, symbol: str, *, client_order_id: str) -> OrderReport | None:
        """Return the order, open or ended, or None when none exists."""
        async with self._database.read_all() as data:
            order = await data.paper.find(self._account_id, client_order_id)
            if order is None or order.request.symbol != symbol:
                return None
            fills = await data.paper.fills([order])
        return order.report(fills[order.id])

    async def open_orders(self) -> Sequence[OrderReport]:
        """Return every open order of the account, oldest first."""
        async with self._database.read_all() as data:
            orders = await data.paper.open_orders(self._account_id)
            fills = await data.paper.fills(orders)
        return [order.report(fills[order.id]) for order in orders]

    async def close(self) -> None:
        """Release nothing: the database is not the gateway's own."""

    def _desk(self) -> AbstractAsyncContextManager[Desk]:
        return paper_desk.opened(self._database, self._market, self._account_id)


def _limit(order: PaperOrder) -> Decimal:
    if order.request.price is None:
        raise ValueError("a market order never rests")
    return order.request.price
