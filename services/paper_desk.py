"""One account's turn at the paper venue: what changes its books, within one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from services.domain.accounts import AccountId, Balance
from services.domain.market import Level, Market, OrderBook
from services.domain.orders import OrderReport, OrderRequest, OrderStatus, OrderType, Side
from services.domain.paper import Matched, PaperOrder
from services.exchange import matching, paper_rules
from services.exchange.paper_wallet import Wallet, given, need
from services.persistence.database import Database
from services.persistence.paper import PaperBooks

OPENING = Balance("USDT", free=Decimal(10_000), used=Decimal(0))
"""What a new paper account owns."""


class View(Protocol):
    """What an order is placed against: markets at one moment, or at any that is asked for."""

    def market(self, symbol: str) -> Market:
        """Return the rules of a symbol; raises NotFound ``symbol_unknown``."""

    def last(self, symbol: str, at: datetime) -> Decimal:
        """Return the last price, in quote."""

    def order_book(self, symbol: str, *, at: datetime) -> OrderBook:
        """Return the book, as deep as it is known."""


class Desk:
    """The account's books, locked; `opened` makes one and writes the holdings at the end."""

    def __init__(self, account_id: AccountId, books: PaperBooks, wallet: Wallet) -> None:
        self._account_id = account_id
        self._books = books
        self._wallet = wallet

    async def find(self, client_order_id: str) -> PaperOrder | None:
        """Return an order, open or ended."""
        return await self._books.find(self._account_id, client_order_id)

    async def report(self, order: PaperOrder) -> OrderReport:
        """Return an order with its fills."""
        fills = await self._books.fills([order])
        return order.report(fills[order.id])

    async def place(
        self, request: OrderRequest, client_order_id: str, view: View, *, at: datetime
    ) -> PaperOrder:
        """Place an order and give it at once what the book of `view` holds for it.

        Raises:
            NotFound: ``symbol_unknown``.
            InvalidInput: As `services.exchange.paper_rules.check`.
            OrderRejected: The same.
            InsufficientFunds: ``insufficient_funds``.
        """
        market = view.market(request.symbol)
        paper_rules.check(market, request, view.last(request.symbol, at))
        levels = _taken(request, view.order_book(request.symbol, at=at))
        locked = _locked(request, levels)
        self._wallet.lock(given(request), locked)
        order = await self._books.place(
            self._account_id, client_order_id, request, locked=locked, at=at
        )
        for level in levels:
            order = self._trade(order, market, level, is_maker=False, at=at)
        if request.type is OrderType.MARKET and order.status is OrderStatus.OPEN:
            order = self._wallet.end(order, OrderStatus.EXPIRED, at)
        await self._books.save(order)
        return order

    async def fill(
        self, order: PaperOrder, level: Level, market: Market, *, at: datetime
    ) -> PaperOrder:
        """Fill a resting order, in full or in part, at the maker's fee of its market."""
        order = self._trade(order, market, level, is_maker=True, at=at)
        await self._books.save(order)
        return order

    async def cancel(self, order: PaperOrder, *, at: datetime) -> PaperOrder:
        """End an open order and free what it held."""
        order = self._wallet.end(order, OrderStatus.CANCELED, at)
        await self._books.save(order)
        return order

    def _trade(
        self, order: PaperOrder, market: Market, level: Level, *, is_maker: bool, at: datetime
    ) -> PaperOrder:
        trade = matching.trade(market, order.request.side, level, is_maker=is_maker, at=at)
        self._books.add_trade(order.id, trade)
        return self._wallet.settle(order, trade)


@asynccontextmanager
async def opened(database: Database, account_id: AccountId) -> AsyncIterator[Desk]:
    """Lock an account in a write transaction; a new one gets the opening balance, once."""
    async with database.write_all() as data:
        await data.paper.lock(account_id)
        balances = await data.paper.balances(account_id)
        if not balances:
            balances = {OPENING.currency: OPENING}
            await data.paper.save_balances(account_id, [OPENING])
        wallet = Wallet(balances)
        yield Desk(account_id, data.paper, wallet)
        await data.paper.save_balances(account_id, wallet.changed)


@dataclass(frozen=True, slots=True)
class Due:
    """What a resting order is to get: a level of its market, at a time."""

    level: Level
    market: Market
    at: datetime


async def fill_due(
    database: Database,
    account_id: AccountId,
    orders: Iterable[PaperOrder],
    due: Callable[[PaperOrder], Due | None],
) -> Sequence[Matched]:
    """Give one account's resting orders what is due to them, in one transaction.

    Each is read again first: one that has ended meanwhile gets nothing, and `due` is asked with
    what the books say now.
    """
    matched = []
    async with opened(database, account_id) as desk:
        for seen in orders:
            order = await desk.find(seen.client_order_id)
            if order is None or order.status is not OrderStatus.OPEN:
                continue
            found = due(order)
            if found is not None:
                filled = await desk.fill(order, found.level, found.market, at=found.at)
                matched.append(Matched(account_id, await desk.report(filled)))
    return matched


def _taken(request: OrderRequest, book: OrderBook) -> tuple[Level, ...]:
    levels = book.asks if request.side is Side.BUY else book.bids
    return matching.take(levels, request.side, request.amount, limit=request.price)


def _locked(request: OrderRequest, levels: Iterable[Level]) -> Decimal:
    if request.type is OrderType.MARKET and request.side is Side.BUY:
        return sum((level.price * level.amount for level in levels), Decimal(0))
    return need(request, request.amount)
