"""Small worlds for tests: a tenant with its paper account, drafts, orders on their way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from services.domain.accounts import ChatId, Member, Position, PositionSide, UserId
from services.domain.alerts import Alert, Condition, Direction, PriceCross
from services.domain.orders import Order, OrderRequest, OrderStatus, OrderType, Side
from services.persistence.database import Database, TenantData
from services.persistence.system import Newcomer

CHAT = ChatId(-100_123)
OTHER_CHAT = ChatId(-100_456)
BUY = OrderRequest("BTC/USDT", Side.BUY, OrderType.LIMIT, Decimal("0.01"), Decimal(60_000))
LONG = Position(
    "BTC/USDT:USDT",
    PositionSide.LONG,
    amount=Decimal("0.5"),
    entry_price=Decimal(60_000),
    mark_price=Decimal(61_000),
    liquidation_price=None,
    unrealized=Decimal(500),
    leverage=Decimal(3),
)
SHORT = replace(LONG, side=PositionSide.SHORT, unrealized=Decimal(-500))
ABOVE_70K = PriceCross(Direction.UP, Decimal(70_000))
DRAFT_LIFE = timedelta(seconds=60)


async def open_tenant(
    database: Database, *, now: datetime, chat_id: ChatId = CHAT, user_id: int = 7
) -> Member:
    """Make a tenant of a chat; its owner holds the new paper account."""
    person = Newcomer(UserId(user_id), "Ada", "en", "UTC")
    async with database.write_all() as data:
        return await data.directory.open_tenant(chat_id, person, now=now)


async def draft(
    data: TenantData,
    member: Member,
    *,
    now: datetime,
    key: str = "request-1",
    request: OrderRequest = BUY,
    chat_id: ChatId = CHAT,
    client_order_id: str | None = None,
) -> Order:
    """Write a draft down, named after its request key unless it has a name of its own."""
    return await data.orders.add(
        request,
        account_id=member.account_id,
        chat_id=chat_id,
        user_id=member.user_id,
        client_order_id=client_order_id or f"qt-{member.tenant_id}-{key}",
        request_key=key,
        quote_price=Decimal(61_000),
        worst_cost=Decimal(600),
        now=now,
        expires_at=now + DRAFT_LIFE,
    )


async def confirmed(
    data: TenantData, member: Member, *, now: datetime, key: str = "request-1"
) -> Order:
    """Write a draft down and confirm it."""
    card = await draft(data, member, now=now, key=key)
    order = await data.orders.confirm(card.id, message_id=1, now=now)
    assert order is not None
    return order


async def opened(
    data: TenantData, member: Member, *, now: datetime, key: str = "request-1"
) -> Order:
    """Bring an order to the venue's book."""
    order = await confirmed(data, member, now=now, key=key)
    assert await data.orders.claim(order.id, now=now, oldest=now)
    sending = await data.orders.get(order.id)
    assert sending is not None
    assert await data.orders.advance(sending, OrderStatus.OPEN, now=now)
    resting = await data.orders.get(order.id)
    assert resting is not None
    return resting


async def alert(
    data: TenantData,
    member: Member,
    *,
    now: datetime,
    key: str = "request-1",
    condition: Condition = ABOVE_70K,
) -> Alert:
    """Store an alert on bitcoin."""
    return await data.alerts.add(
        "BTC/USDT",
        condition,
        account_id=member.account_id,
        chat_id=CHAT,
        user_id=member.user_id,
        request_key=key,
        now=now,
    )
