"""The paper venue's own books: holdings, orders, trades and pushes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import AccountId, Balance
from services.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, OwnTrade, Side
from services.domain.paper import Move, PaperOrder, Resting, Trade
from services.persistence.models import AccountRow
from services.persistence.models_paper import (
    PaperBalanceRow,
    PaperMoveRow,
    PaperOrderRow,
    PaperTradeRow,
)


class PaperBooks:
    """The venue's rows within one transaction.

    Whoever changes an account's rows takes `lock` first: it makes the steps of one account
    follow each other, on every database and in every process.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, account_id: AccountId) -> None:
        """Keep other transactions off the account until this one ends."""
        # key_share lets others go on inserting rows that refer to the account.
        query = select(AccountRow.id).where(AccountRow.id == account_id)
        (await self._session.execute(query.with_for_update(key_share=True))).scalar_one()

    async def balances(self, account_id: AccountId) -> dict[str, Balance]:
        """Return every holding, zeros included; empty for an account never opened."""
        query = select(PaperBalanceRow).where(PaperBalanceRow.account_id == account_id)
        rows = await self._session.scalars(query.order_by(PaperBalanceRow.currency))
        return {row.currency: Balance(row.currency, row.free, row.used) for row in rows}

    async def save_balances(self, account_id: AccountId, balances: Iterable[Balance]) -> None:
        """Write holdings, new or known."""
        for balance in balances:
            key = {"account_id": account_id, "currency": balance.currency}
            row = await self._session.get(PaperBalanceRow, key)
            if row is None:
                self._session.add(PaperBalanceRow(**key, free=balance.free, used=balance.used))
            else:
                row.free, row.used = balance.free, balance.used

    async def find(self, account_id: AccountId, client_order_id: str) -> PaperOrder | None:
        """Return an account's order, open or ended."""
        query = select(PaperOrderRow).where(
            PaperOrderRow.account_id == account_id,
            PaperOrderRow.client_order_id == client_order_id,
        )
        row = await self._session.scalar(query)
        return None if row is None else _order(row)

    async def open_orders(self, account_id: AccountId) -> Sequence[PaperOrder]:
        """Return the open orders of an account, oldest first."""
        query = select(PaperOrderRow).where(
            PaperOrderRow.status == OrderStatus.OPEN, PaperOrderRow.account_id == account_id
        )
        rows = await self._session.scalars(query.order_by(PaperOrderRow.id))
        return [_order(row) for row in rows]

    async def resting(self) -> Sequence[Resting]:
        """Return the open orders of every account that is not removed, oldest first."""
        query = (
            select(PaperOrderRow, AccountRow.feed)
            .join(AccountRow, AccountRow.id == PaperOrderRow.account_id)
            .where(PaperOrderRow.status == OrderStatus.OPEN, AccountRow.removed_at.is_(None))
        )
        rows = await self._session.execute(query.order_by(PaperOrderRow.id))
        return [Resting(_order(row), feed) for row, feed in rows]

    async def ended_orders(
        self, account_id: AccountId, symbol: str, *, limit: int
    ) -> Sequence[PaperOrder]:
        """Return the last `limit` orders of a symbol that have ended, oldest first."""
        query = select(PaperOrderRow).where(
            PaperOrderRow.account_id == account_id,
            PaperOrderRow.symbol == symbol,
            PaperOrderRow.status != OrderStatus.OPEN,
        )
        rows = await self._session.scalars(query.order_by(PaperOrderRow.id.desc()).limit(limit))
        return [_order(row) for row in reversed(rows.all())]

    async def trades(
        self, account_id: AccountId, symbol: str, *, since: datetime | None
    ) -> Sequence[OwnTrade]:
        """Return an account's trades of a symbol from `since` on, oldest first."""
        query = (
            select(PaperTradeRow, PaperOrderRow.side)
            .join(PaperOrderRow, PaperOrderRow.id == PaperTradeRow.order_id)
            .where(PaperOrderRow.account_id == account_id, PaperOrderRow.symbol == symbol)
        )
        if since is not None:
            query = query.where(PaperTradeRow.at >= since)
        rows = await self._session.execute(query.order_by(PaperTradeRow.id))
        return [OwnTrade(symbol, Side(side), str(row.order_id), _fill(row)) for row, side in rows]

    async def place(
        self,
        account_id: AccountId,
        client_order_id: str,
        request: OrderRequest,
        *,
        locked: Decimal,
        at: datetime,
    ) -> PaperOrder:
        """Write an open order with nothing filled."""
        row = PaperOrderRow(
            account_id=account_id,
            client_order_id=client_order_id,
            symbol=request.symbol,
            side=request.side,
            type=request.type,
            amount=request.amount,
            price=request.price,
            filled=Decimal(0),
            locked=locked,
            status=OrderStatus.OPEN,
            created_at=at,
            matched_at=at,
        )
        self._session.add(row)
        await self._session.flush()
        return _order(row)

    async def save(self, order: PaperOrder) -> None:
        """Write what changes in an order's life."""
        row = await self._session.get_one(PaperOrderRow, order.id)
        row.filled, row.locked = order.filled, order.locked
        row.status, row.matched_at = order.status, order.matched_at

    def add_trade(self, order_id: int, trade: Trade) -> None:
        """Write a trade of an order."""
        self._session.add(
            PaperTradeRow(
                order_id=order_id,
                price=trade.price,
                amount=trade.amount,
                fee=trade.fee,
                fee_currency=trade.fee_currency,
                is_maker=trade.is_maker,
                at=trade.at,
            )
        )

    async def fills(self, orders: Iterable[PaperOrder]) -> Mapping[int, tuple[Fill, ...]]:
        """Return the trades of orders by order id, oldest first; an empty tuple without any."""
        query = select(PaperTradeRow).where(
            PaperTradeRow.order_id.in_([order.id for order in orders])
        )
        fills = defaultdict[int, tuple[Fill, ...]](tuple)
        for row in await self._session.scalars(query.order_by(PaperTradeRow.id)):
            fills[row.order_id] += (_fill(row),)
        return fills

    async def moves(self) -> Sequence[Move]:
        """Return every push, oldest first."""
        rows = await self._session.scalars(select(PaperMoveRow).order_by(PaperMoveRow.id))
        return [Move(row.base, row.ratio, row.at) for row in rows]

    def add_move(self, move: Move) -> None:
        """Write a push."""
        self._session.add(PaperMoveRow(base=move.base, ratio=move.ratio, at=move.at))


def _order(row: PaperOrderRow) -> PaperOrder:
    return PaperOrder(
        id=row.id,
        account_id=AccountId(row.account_id),
        client_order_id=row.client_order_id,
        request=OrderRequest(
            symbol=row.symbol,
            side=Side(row.side),
            type=OrderType(row.type),
            amount=row.amount,
            price=row.price,
        ),
        filled=row.filled,
        locked=row.locked,
        status=OrderStatus(row.status),
        created_at=row.created_at,
        matched_at=row.matched_at,
    )


def _fill(row: PaperTradeRow) -> Fill:
    return Fill(
        trade_id=str(row.id),
        price=row.price,
        amount=row.amount,
        fee=row.fee,
        fee_currency=row.fee_currency,
        is_maker=row.is_maker,
        at=row.at,
    )
