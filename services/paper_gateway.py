"""What every paper account is, wherever its prices come from: our own books, as a gateway."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from services import paper_desk
from services.clock import Now
from services.domain.accounts import AccountId, Balance, KeyPermissions, Position, Wallet
from services.domain.orders import OrderReport, OrderRequest, OrderStatus, OwnTrade
from services.errors import NotFound
from services.paper_desk import Desk, View
from services.persistence.database import Database


class BookedGateway(ABC):
    """The account half of an `ExchangeGateway`; who derives from it brings the market data."""

    def __init__(self, account_id: AccountId, database: Database, now: Now) -> None:
        self._account_id = account_id
        self._database = database
        self._now = now

    async def permissions(self) -> KeyPermissions:
        """Return that nothing can leave: there is no key, and no real money."""
        return KeyPermissions(
            can_read=True, can_trade=True, can_withdraw=False, can_transfer=False
        )

    async def balances(self) -> Mapping[str, Balance]:
        """Return every currency with a holding above zero; opens a new account."""
        async with self._database.read_all() as data:
            balances = await data.paper.balances(self._account_id)
        if not balances:
            async with self._desk():
                pass
            return await self.balances()
        return {currency: balance for currency, balance in balances.items() if balance.total}

    async def wallets(self) -> Mapping[Wallet, Mapping[str, Balance]]:
        """Return the one wallet that there is."""
        return {Wallet.SPOT: await self.balances()}

    async def positions(self) -> Sequence[Position]:
        """Return none: contracts can be watched here, not traded."""
        return ()

    async def submit(self, request: OrderRequest, *, client_order_id: str) -> OrderReport:
        """Place an order. A client order id seen before returns the first order's report.

        Raises:
            NotFound: ``symbol_unknown``.
            InvalidInput: ``contracts_not_tradable``, ``market_not_active`` or ``no_liquidity``.
            OrderRejected: A rule of the market, see `services.exchange.paper_rules.check`, or
                ``feed_lost``.
            InsufficientFunds: ``insufficient_funds``.
        """
        known = await self._known(client_order_id)
        if known is not None:
            return known
        view = await self._view(request.symbol)
        async with self._desk() as desk:
            order = await desk.find(client_order_id)
            if order is None:
                order = await desk.place(request, client_order_id, view, at=self._now())
            return await desk.report(order)

    async def cancel(self, symbol: str, *, client_order_id: str) -> OrderReport:
        """Cancel an order; an order that has ended meanwhile returns its last report.

        Needs no prices, so it works while they are lost.

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
        found = await self._known(client_order_id)
        return found if found is not None and found.request.symbol == symbol else None

    async def open_orders(self) -> Sequence[OrderReport]:
        """Return every open order of the account, oldest first."""
        async with self._database.read_all() as data:
            orders = await data.paper.open_orders(self._account_id)
            fills = await data.paper.fills(orders)
        return [order.report(fills[order.id]) for order in orders]

    async def closed_orders(self, symbol: str, *, limit: int) -> Sequence[OrderReport]:
        """Return the last `limit` ended orders of a symbol, oldest first."""
        async with self._database.read_all() as data:
            orders = await data.paper.ended_orders(self._account_id, symbol, limit=limit)
            fills = await data.paper.fills(orders)
        return [order.report(fills[order.id]) for order in orders]

    async def my_trades(self, symbol: str, *, since: datetime | None) -> Sequence[OwnTrade]:
        """Return the account's own trades of a symbol from `since` on, oldest first."""
        async with self._database.read_all() as data:
            return await data.paper.trades(self._account_id, symbol, since=since)

    async def close(self) -> None:
        """Release nothing: neither the database nor the prices are the gateway's own."""
        return

    @abstractmethod
    async def _view(self, symbol: str) -> View:
        """Fetch what an order of a symbol is placed against, before the books are locked.

        Raises:
            OrderRejected: ``feed_lost``: there is nothing to place it against.
        """

    async def _known(self, client_order_id: str) -> OrderReport | None:
        async with self._database.read_all() as data:
            order = await data.paper.find(self._account_id, client_order_id)
            if order is None:
                return None
            fills = await data.paper.fills([order])
        return order.report(fills[order.id])

    def _desk(self) -> AbstractAsyncContextManager[Desk]:
        return paper_desk.opened(self._database, self._account_id)
