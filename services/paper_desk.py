"""One account's turn at the paper venue: what changes its books, within one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal

from services.domain.accounts import AccountId, Balance
from services.domain.market import Level, Market
from services.domain.orders import OrderReport, OrderRequest, OrderStatus, OrderType, Side
from services.domain.paper import PaperOrder
from services.exchange import matching, paper_rules
from services.exchange.paper_wallet import Wallet, given, need
from services.exchange.synthetic import SyntheticMarket
from services.exchange.synthetic_book import DEPTH
from services.persistence.database import Database
from services.persistence.paper import PaperBooks

OPENING = Balance("USDT", free=Decimal(10_000), used=Decimal(0))
"""What a new paper account owns."""


class Desk:
    """The account's books, locked; `opened` makes one and writes the holdings at the end."""

    def __init__(
        self, account_id: AccountId, books: PaperBooks, market: SyntheticMarket, wallet: Wallet
    ) -> None:
        self._account_id = account_id
        self._books = books
        self._market = market
        self._wallet = wallet

    async def find(self, client_order_id: str) -> PaperOrder | None:
        """Return an order, open or ended."""
        return await self._books.find(self._account_id, client_order_id)

    async def report(self, order: PaperOrder) -> OrderReport:
        """Return an order with its fills."""
        fills = await self._books.fills([order])
        return order.report(fills[order.id])

    async def place(
        self, request: OrderRequest, client_order_id: str, *, at: datetime
    ) -> PaperOrder:
        """Place an order and give it at once what the book holds for it.

        Raises:
            InvalidInput: As `services.exchange.paper_rules.check`.
            OrderRejected: The same.
            InsufficientFunds: ``insufficient_funds``.
        """
        market = self._market.market(request.symbol)
        paper_rules.check(market, request, self._market.last(request.symbol, at))
        levels = self._taken(request, at)
        locked = _locked(request, levels)
        self._wallet.lock(given(market, request.side), locked)
        order = await self._books.place(
            self._account_id, client_order_id, request, locked=locked, at=at
        )
        for level in levels:
            order = self._trade(order, market, level, is_maker=False, at=at)
        if request.type is OrderType.MARKET and order.status is OrderStatus.OPEN:
            order = self._wallet.end(order, market, OrderStatus.EXPIRED, at)
        await self._books.save(order)
        return order

    async def fill(self, order: PaperOrder, level: Level, *, at: datetime) -> PaperOrder:
        """Fill a resting order, in full or in part."""
        market = self._market.market(order.request.symbol)
        order = self._trade(order, market, level, is_maker=True, at=at)
        await self._books.save(order)
        return order

    async def cancel(self, order: PaperOrder, *, at: datetime) -> PaperOrder:
        """End an open order and free what it held."""
        market = self._market.market(order.request.symbol)
        order = self._wallet.end(order, market, OrderStatus.CANCELED, at)
        await self._books.save(order)
        return order

    def _taken(self, request: OrderRequest, at: datetime) -> tuple[Level, ...]:
        book = self._market.order_book(request.symbol, depth=DEPTH, at=at)
        levels = book.asks if request.side is Side.BUY else book.bids
        return matching.take(levels, request.side, request.amount, limit=request.price)

    def _trade(
        self, order: PaperOrder, market: Market, level: Level, *, is_maker: bool, at: datetime
    ) -> PaperOrder:
        trade = matching.trade(market, order.request.side, level, is_maker=is_maker, at=at)
        self._books.add_trade(order.id, trade)
        return self._wallet.settle(order, market, trade)


@asynccontextmanager
async def opened(
    database: Database, market: SyntheticMarket, account_id: AccountId
) -> AsyncIterator[Desk]:
    """Lock an account in a write transaction; a new one gets the opening balance, once."""
    async with database.write_all() as data:
        await data.paper.lock(account_id)
        balances = await data.paper.balances(account_id)
        if not balances:
            balances = {OPENING.currency: OPENING}
            await data.paper.save_balances(account_id, [OPENING])
        wallet = Wallet(balances)
        yield Desk(account_id, data.paper, market, wallet)
        await data.paper.save_balances(account_id, wallet.changed)


def _locked(request: OrderRequest, levels: Iterable[Level]) -> Decimal:
    if request.type is OrderType.MARKET and request.side is Side.BUY:
        return sum((level.price * level.amount for level in levels), Decimal(0))
    return need(request, request.amount)
