"""The order ledger of one tenant: every step is one conditional UPDATE."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import AccountId, ChatId, TenantId, UserId
from services.domain.orders import (
    TRANSITIONS,
    Fill,
    Order,
    OrderId,
    OrderRequest,
    OrderStatus,
    OrderType,
    Side,
)
from services.persistence.messages import insert_of
from services.persistence.models import FillRow, OrderRow, TenantRow


def order_of(row: OrderRow) -> Order:
    """Return the domain value of a row."""
    return Order(
        id=OrderId(row.id),
        tenant_id=TenantId(row.tenant_id),
        account_id=AccountId(row.account_id),
        chat_id=ChatId(row.chat_id),
        user_id=UserId(row.user_id),
        message_id=row.message_id,
        number=row.number,
        client_order_id=row.client_order_id,
        exchange_order_id=row.exchange_order_id,
        request=OrderRequest(
            symbol=row.symbol,
            side=Side(row.side),
            type=OrderType(row.type),
            amount=row.amount,
            price=row.price,
        ),
        status=OrderStatus(row.status),
        quote_price=row.quote_price,
        worst_cost=row.worst_cost,
        filled=row.filled,
        average=row.average,
        cost=row.cost,
        fee=row.fee,
        fee_currency=row.fee_currency,
        reason=row.reason,
        created_at=row.created_at,
        expires_at=row.expires_at,
        confirmed_at=row.confirmed_at,
        sent_at=row.sent_at,
        updated_at=row.updated_at,
    )


class Orders:
    """A tenant's orders."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def add(
        self,
        request: OrderRequest,
        *,
        account_id: AccountId,
        chat_id: ChatId,
        user_id: UserId,
        client_order_id: str,
        request_key: str,
        quote_price: Decimal,
        worst_cost: Decimal,
        now: datetime,
        expires_at: datetime,
    ) -> Order:
        """Write a draft down; a `request_key` seen before returns the order it made then."""
        insert = insert_of(self._session)
        zero = Decimal(0)
        await self._session.execute(
            insert(OrderRow)
            .values(
                tenant_id=self._tenant_id,
                account_id=account_id,
                chat_id=chat_id,
                user_id=user_id,
                request_key=request_key,
                client_order_id=client_order_id,
                symbol=request.symbol,
                side=request.side.value,
                type=request.type.value,
                amount=request.amount,
                price=request.price,
                status=OrderStatus.DRAFT.value,
                quote_price=quote_price,
                worst_cost=worst_cost,
                filled=zero,
                cost=zero,
                fee=zero,
                created_at=now,
                expires_at=expires_at,
                updated_at=now,
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "request_key"])
        )
        return order_of(await self._one(OrderRow.request_key == request_key))

    async def get(self, order_id: OrderId) -> Order | None:
        """Return an order of this tenant, or None."""
        row = await self._maybe(OrderRow.id == order_id)
        return None if row is None else order_of(row)

    async def by_number(self, number: int) -> Order | None:
        """Return the order that people call `number`, or None."""
        row = await self._maybe(OrderRow.number == number)
        return None if row is None else order_of(row)

    async def open(self) -> Sequence[Order]:
        """Return the confirmed orders that have not ended, newest first."""
        return await self._list(
            OrderRow.status.in_(
                [
                    status.value
                    for status, onward in TRANSITIONS.items()
                    if onward and status is not OrderStatus.DRAFT
                ]
            )
        )

    async def ended(self, *, before: int | None, limit: int) -> Sequence[Order]:
        """Return ended orders with a number below `before` (None: from the newest on)."""
        ends = [
            status.value
            for status in OrderStatus
            if status.is_final and status.value != "declined"
        ]
        criteria: list[Any] = [OrderRow.status.in_(ends)]
        if before is not None:
            criteria.append(OrderRow.number < before)
        return await self._list(*criteria, limit=limit)

    async def fills(self, order_id: OrderId) -> Sequence[Fill]:
        """Return an order's trades, oldest first."""
        rows = await self._session.scalars(
            select(FillRow)
            .where(FillRow.order_id == order_id, FillRow.tenant_id == self._tenant_id)
            .order_by(FillRow.at, FillRow.trade_id)
        )
        return [
            Fill(
                trade_id=row.trade_id,
                price=row.price,
                amount=row.amount,
                fee=row.fee,
                fee_currency=row.fee_currency,
                is_maker=row.is_maker,
                at=row.at,
            )
            for row in rows
        ]

    async def confirm(self, order_id: OrderId, *, message_id: int, now: datetime) -> Order | None:
        """Take draft to confirmed and number it: the one UPDATE that decides.

        Returns None when the draft is gone, settled or too old; nothing changed then.
        """
        taken = await self._update(
            OrderRow.id == order_id,
            OrderRow.status == OrderStatus.DRAFT.value,
            OrderRow.expires_at > now,
            status=OrderStatus.CONFIRMED.value,
            confirmed_at=now,
            message_id=message_id,
            updated_at=now,
        )
        if not taken:
            return None
        number = await self._session.scalar(
            update(TenantRow)
            .where(TenantRow.id == self._tenant_id)
            .values(orders_counted=TenantRow.orders_counted + 1)
            .returning(TenantRow.orders_counted)
        )
        await self._update(OrderRow.id == order_id, number=number)
        return await self.get(order_id)

    async def claim(self, order_id: OrderId, *, now: datetime, oldest: datetime) -> bool:
        """Take confirmed to sending; the only door to the wire, open once.

        An order confirmed before `oldest` is too old to send and stays as it is.
        """
        return await self._update(
            OrderRow.id == order_id,
            OrderRow.status == OrderStatus.CONFIRMED.value,
            OrderRow.confirmed_at >= oldest,
            status=OrderStatus.SENDING.value,
            sent_at=now,
            updated_at=now,
        )

    async def advance(
        self, order: Order, status: OrderStatus, *, now: datetime, **values: Any
    ) -> bool:
        """Take an order from the status it was read with to `status`.

        Returns False when another hand was faster; nothing changed then.

        Raises:
            ValueError: The edge is not in `TRANSITIONS`.
        """
        if status is not order.status and status not in TRANSITIONS[order.status]:
            raise ValueError(f"no edge from {order.status} to {status}")
        # `updated_at` is the version too: it must move on even where the clock has not.
        return await self._update(
            OrderRow.id == order.id,
            OrderRow.status == order.status.value,
            OrderRow.updated_at == order.updated_at,
            status=status.value,
            updated_at=max(now, order.updated_at + timedelta(microseconds=1)),
            **values,
        )

    async def requote(
        self,
        order_id: OrderId,
        *,
        quote_price: Decimal,
        worst_cost: Decimal,
        now: datetime,
        expires_at: datetime,
    ) -> Order | None:
        """Give a draft a fresh price and expiry; None when it is no draft any more."""
        taken = await self._update(
            OrderRow.id == order_id,
            OrderRow.status == OrderStatus.DRAFT.value,
            quote_price=quote_price,
            worst_cost=worst_cost,
            expires_at=expires_at,
            updated_at=now,
        )
        return await self.get(order_id) if taken else None

    async def set_message(self, order_id: OrderId, message_id: int) -> None:
        """Remember which message shows the order."""
        await self._update(OrderRow.id == order_id, message_id=message_id)

    async def add_fills(self, order_id: OrderId, fills: Sequence[Fill]) -> int:
        """Store trades not seen before; return how many were new."""
        insert = insert_of(self._session)
        added = 0
        for fill in fills:
            result = await self._session.execute(
                insert(FillRow)
                .values(
                    order_id=order_id,
                    trade_id=fill.trade_id,
                    tenant_id=self._tenant_id,
                    price=fill.price,
                    amount=fill.amount,
                    fee=fill.fee,
                    fee_currency=fill.fee_currency,
                    is_maker=fill.is_maker,
                    at=fill.at,
                )
                .on_conflict_do_nothing(index_elements=["order_id", "trade_id"])
                .returning(FillRow.trade_id)
            )
            added += result.scalar_one_or_none() is not None
        return added

    async def _update(self, *criteria: Any, **values: Any) -> bool:
        result = await self._session.execute(
            update(OrderRow)
            .where(OrderRow.tenant_id == self._tenant_id, *criteria)
            .values(**values)
            .returning(OrderRow.id)
            .execution_options(synchronize_session=False)
        )
        return len(result.all()) == 1

    async def _list(self, *criteria: Any, limit: int = 100) -> Sequence[Order]:
        rows = await self._session.scalars(
            select(OrderRow)
            .where(OrderRow.tenant_id == self._tenant_id, OrderRow.number.is_not(None), *criteria)
            .order_by(OrderRow.number.desc())
            .limit(limit)
        )
        return [order_of(row) for row in rows]

    async def _maybe(self, *criteria: Any) -> OrderRow | None:
        row: OrderRow | None = await self._session.scalar(
            select(OrderRow)
            .where(OrderRow.tenant_id == self._tenant_id, *criteria)
            .execution_options(populate_existing=True)
        )
        return row

    async def _one(self, *criteria: Any) -> OrderRow:
        row = await self._maybe(*criteria)
        if row is None:
            raise LookupError("the order was just written and is not there")
        return row
