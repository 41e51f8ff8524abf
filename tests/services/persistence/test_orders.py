"""The ledger: each step happens once, whoever tries, and only along the edges."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError

from services.domain.accounts import Member
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
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import BUY, DRAFT_LIFE, confirmed, draft, opened

FILL = Fill(
    trade_id="t-1",
    price=Decimal(60_000),
    amount=Decimal("0.004"),
    fee=Decimal("0.24"),
    fee_currency="USDT",
    is_maker=True,
    at=Clock()(),
)


async def _get(database: Database, member: Member, order_id: OrderId) -> Order | None:
    async with database.read(member.tenant_id) as data:
        return await data.orders.get(order_id)


async def test_a_draft_is_stored_as_it_was_asked(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())

    assert await _get(any_database, member, card.id) == card
    assert card.request == BUY
    assert (card.status, card.number, card.message_id) == (OrderStatus.DRAFT, None, None)
    assert (card.filled, card.cost, card.fee) == (Decimal(0), Decimal(0), Decimal(0))
    assert (card.created_at, card.expires_at) == (clock(), clock() + DRAFT_LIFE)
    assert card.remaining == BUY.amount


async def test_the_same_request_makes_one_order(
    any_database: Database, member: Member, clock: Clock
) -> None:
    sell = OrderRequest("ETH/USDT", Side.SELL, OrderType.MARKET, Decimal(1))
    async with any_database.write(member.tenant_id) as data:
        first = await draft(data, member, now=clock())

    async with any_database.write(member.tenant_id) as data:
        again = await draft(data, member, now=clock(), request=sell)

    assert again == first


async def test_the_same_request_at_the_same_time_makes_one_order(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async def ask(number: int) -> OrderId:
        async with any_database.write(member.tenant_id) as data:
            # Each try draws a client order id of its own, as the use case does.
            card = await draft(data, member, now=clock(), client_order_id=f"qt-try-{number}")
            return card.id

    assert len(set(await asyncio.gather(*(ask(number) for number in range(8))))) == 1


async def test_one_client_order_id_names_one_order(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())

    with pytest.raises(DBAPIError):
        async with any_database.write(member.tenant_id) as data:
            await data.orders.add(
                BUY,
                account_id=member.account_id,
                chat_id=card.chat_id,
                user_id=card.user_id,
                client_order_id=card.client_order_id,
                request_key="another request",
                quote_price=Decimal(1),
                worst_cost=Decimal(1),
                now=clock(),
                expires_at=clock(),
            )


async def test_of_fifty_taps_on_confirm_one_wins(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())

    async def tap(message_id: int) -> Order | None:
        async with any_database.write(member.tenant_id) as data:
            return await data.orders.confirm(card.id, message_id=message_id, now=clock())

    answers = await asyncio.gather(*(tap(message_id) for message_id in range(50)))

    [winner] = [answer for answer in answers if answer is not None]
    assert winner == await _get(any_database, member, card.id)
    assert winner.status is OrderStatus.CONFIRMED
    assert (winner.number, winner.confirmed_at) == (1, clock())


async def test_an_expired_draft_cannot_be_confirmed(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())
    clock.advance(DRAFT_LIFE)

    async with any_database.write(member.tenant_id) as data:
        assert await data.orders.confirm(card.id, message_id=1, now=clock()) is None

    assert await _get(any_database, member, card.id) == card


async def test_numbers_count_per_tenant_without_gaps(
    any_database: Database, member: Member, other: Member, clock: Clock
) -> None:
    async def order(owner: Member, key: str) -> int | None:
        async with any_database.write(owner.tenant_id) as data:
            return (await confirmed(data, owner, now=clock(), key=key)).number

    async with any_database.write(member.tenant_id) as data:
        await draft(data, member, now=clock(), key="never confirmed")
    mine = await asyncio.gather(*(order(member, f"request {i}") for i in range(6)))
    theirs = await asyncio.gather(*(order(other, f"request {i}") for i in range(3)))

    assert sorted(number for number in mine if number) == [1, 2, 3, 4, 5, 6]
    assert sorted(number for number in theirs if number) == [1, 2, 3]


async def test_the_door_to_the_wire_opens_once(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        order = await confirmed(data, member, now=clock())

    async def claim() -> bool:
        async with any_database.write(member.tenant_id) as data:
            return await data.orders.claim(order.id, now=clock(), oldest=clock())

    claims = await asyncio.gather(*(claim() for _ in range(20)))

    assert sum(claims) == 1
    sending = await _get(any_database, member, order.id)
    assert sending is not None
    assert (sending.status, sending.sent_at) == (OrderStatus.SENDING, clock())


async def test_an_order_confirmed_too_long_ago_is_not_sent(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        order = await confirmed(data, member, now=clock())
    clock.advance(timedelta(seconds=31))

    async with any_database.write(member.tenant_id) as data:
        oldest = clock() - timedelta(seconds=30)
        assert not await data.orders.claim(order.id, now=clock(), oldest=oldest)

    assert await _get(any_database, member, order.id) == order


async def test_a_draft_cannot_reach_the_wire_unconfirmed(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())

        assert not await data.orders.claim(card.id, now=clock(), oldest=clock())


async def test_an_edge_that_does_not_exist_is_refused(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        resting = await opened(data, member, now=clock())
        illegal = set(OrderStatus) - TRANSITIONS[OrderStatus.OPEN] - {OrderStatus.OPEN}

        for status in illegal:
            with pytest.raises(ValueError, match="no edge"):
                await data.orders.advance(resting, status, now=clock())

    assert await _get(any_database, member, resting.id) == resting


async def test_an_ended_order_stays_ended(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        resting = await opened(data, member, now=clock())
        assert await data.orders.advance(resting, OrderStatus.CANCELED, now=clock())

        assert not await data.orders.advance(resting, OrderStatus.CLOSED, now=clock())

    ended = await _get(any_database, member, resting.id)
    assert ended is not None
    assert ended.status is OrderStatus.CANCELED


async def test_two_hands_with_the_same_reading_do_not_overwrite_each_other(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        resting = await opened(data, member, now=clock())

        first = await data.orders.advance(
            resting, OrderStatus.OPEN, now=clock(), filled=Decimal("0.002")
        )
        second = await data.orders.advance(
            resting, OrderStatus.OPEN, now=clock(), filled=Decimal("0.001")
        )

    assert (first, second) == (True, False)
    partial = await _get(any_database, member, resting.id)
    assert partial is not None
    assert partial.filled == Decimal("0.002")


async def test_a_draft_takes_a_fresh_quote_and_time(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())
    clock.advance(DRAFT_LIFE)

    async with any_database.write(member.tenant_id) as data:
        fresh = await data.orders.requote(
            card.id,
            quote_price=Decimal(62_000),
            worst_cost=Decimal(620),
            now=clock(),
            expires_at=clock() + DRAFT_LIFE,
        )
        taken = await data.orders.confirm(card.id, message_id=1, now=clock())

    assert fresh is not None
    assert (fresh.quote_price, fresh.worst_cost) == (Decimal(62_000), Decimal(620))
    assert taken is not None


async def test_a_confirmed_order_takes_no_fresh_quote(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        order = await confirmed(data, member, now=clock())

        fresh = await data.orders.requote(
            order.id,
            quote_price=Decimal(1),
            worst_cost=Decimal(1),
            now=clock(),
            expires_at=clock(),
        )

    assert fresh is None
    assert await _get(any_database, member, order.id) == order


async def test_a_trade_is_applied_once(
    any_database: Database, member: Member, clock: Clock
) -> None:
    later = replace(FILL, trade_id="t-2", at=FILL.at + timedelta(seconds=1))
    async with any_database.write(member.tenant_id) as data:
        resting = await opened(data, member, now=clock())

        assert await data.orders.add_fills(resting.id, [FILL]) == 1
        assert await data.orders.add_fills(resting.id, [later, FILL]) == 1

    async with any_database.read(member.tenant_id) as data:
        assert await data.orders.fills(resting.id) == [FILL, later]


async def test_lists_show_confirmed_orders_newest_first(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        await draft(data, member, now=clock(), key="draft")
        one = await opened(data, member, now=clock(), key="one")
        two = await confirmed(data, member, now=clock(), key="two")
        three = await opened(data, member, now=clock(), key="three")
        await data.orders.advance(one, OrderStatus.CLOSED, now=clock())
        await data.orders.advance(two, OrderStatus.NOT_PLACED, now=clock())

    async with any_database.read(member.tenant_id) as data:
        assert [order.number for order in await data.orders.open()] == [3]
        assert [order.number for order in await data.orders.ended(before=None, limit=9)] == [2, 1]
        assert [order.number for order in await data.orders.ended(before=2, limit=9)] == [1]
        assert [order.number for order in await data.orders.ended(before=None, limit=1)] == [2]
        assert await data.orders.by_number(3) == three
        assert await data.orders.by_number(4) is None


async def test_the_message_of_an_order_can_be_remembered(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())
        await data.orders.set_message(card.id, 42)

    assert await _get(any_database, member, card.id) == replace(card, message_id=42)
