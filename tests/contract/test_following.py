"""Orders looked up, canceled and listed: the same on paper and on each wire."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from services.domain.orders import OrderStatus, Side
from services.errors import NotFound
from tests.contract.worlds import BTC, THIN, World, limit_order, market_order

FIRST, SECOND, THIRD = "qtaaaaaaaaaaaaaaaa", "qtbbbbbbbbbbbbbbbb", "qtcccccccccccccccc"
NOBODY = "qtzzzzzzzzzzzzzzzz"


async def test_the_same_id_again_gives_the_first_order(world: World) -> None:
    request = limit_order(Side.BUY, "0.01", await world.near("0.9"))
    first = await world.gateway.submit(request, client_order_id=FIRST)

    again = await world.gateway.submit(request, client_order_id=FIRST)

    assert again == first
    assert await world.gateway.open_orders() == [first]


async def test_an_id_whose_order_has_ended_is_free_again_only_where_the_venue_says_so(
    world: World,
) -> None:
    request = limit_order(Side.BUY, "0.01", await world.near("0.9"))
    first = await world.gateway.submit(request, client_order_id=FIRST)
    await world.gateway.cancel(BTC, client_order_id=FIRST)

    again = await world.gateway.submit(request, client_order_id=FIRST)

    is_new = again.exchange_order_id != first.exchange_order_id
    assert is_new is world.traits.reuses_ended_ids
    assert again.status is (OrderStatus.OPEN if is_new else OrderStatus.CANCELED)


async def test_a_canceled_order_frees_its_funds_and_stays_canceled(world: World) -> None:
    before = await world.gateway.balances()
    request = limit_order(Side.BUY, "0.01", await world.near("0.9"))
    placed = await world.gateway.submit(request, client_order_id=FIRST)

    canceled = await world.gateway.cancel(BTC, client_order_id=FIRST)

    assert (canceled.status, canceled.request) == (OrderStatus.CANCELED, request)
    assert canceled.exchange_order_id == placed.exchange_order_id
    assert canceled.client_order_id == FIRST
    assert await world.gateway.balances() == before
    assert list(await world.gateway.open_orders()) == []
    assert await world.gateway.cancel(BTC, client_order_id=FIRST) == canceled
    assert await world.gateway.find_order(BTC, client_order_id=FIRST) == canceled


async def test_a_cancel_that_comes_too_late_tells_the_fill(world: World) -> None:
    filled = await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id=FIRST)

    told = await world.gateway.cancel(BTC, client_order_id=FIRST)

    assert (told.status, told.filled) == (OrderStatus.CLOSED, Decimal("0.01"))
    assert told.exchange_order_id == filled.exchange_order_id


async def test_an_order_that_was_never_placed_is_not_found(world: World) -> None:
    await world.gateway.submit(
        limit_order(Side.BUY, "0.01", await world.near("0.9")), client_order_id=FIRST
    )

    assert await world.gateway.find_order(BTC, client_order_id=NOBODY) is None
    with pytest.raises(NotFound, match="order_unknown"):
        await world.gateway.cancel(BTC, client_order_id=NOBODY)


async def test_own_trades_are_those_of_the_orders(world: World) -> None:
    bought = await world.gateway.submit(market_order(Side.BUY, "0.05"), client_order_id=FIRST)
    sold = await world.gateway.submit(market_order(Side.SELL, "0.01"), client_order_id=SECOND)

    trades = await world.gateway.my_trades(BTC, since=None)
    recent = await world.gateway.my_trades(BTC, since=world.now() - timedelta(minutes=1))

    assert trades == recent
    assert [trade.fill.trade_id for trade in trades] == [
        fill.trade_id for report in (bought, sold) for fill in report.fills
    ]
    assert {(trade.exchange_order_id, trade.side) for trade in trades} == {
        (bought.exchange_order_id, Side.BUY),
        (sold.exchange_order_id, Side.SELL),
    }
    assert sum(trade.fill.amount for trade in trades) == Decimal("0.06")
    later = world.now() + timedelta(minutes=1)
    assert list(await world.gateway.my_trades(BTC, since=later)) == []
    assert list(await world.gateway.my_trades(THIN, since=None)) == []


async def test_ended_orders_are_listed_oldest_first_with_their_trades(world: World) -> None:
    price = await world.near("0.9")
    await world.gateway.submit(limit_order(Side.BUY, "0.01", price), client_order_id=FIRST)
    canceled = await world.gateway.cancel(BTC, client_order_id=FIRST)
    filled = await world.gateway.submit(market_order(Side.BUY, "0.02"), client_order_id=SECOND)
    await world.gateway.submit(limit_order(Side.BUY, "0.01", price), client_order_id=THIRD)

    ended = await world.gateway.closed_orders(BTC, limit=5)

    assert [report.client_order_id for report in ended] == [FIRST, SECOND]
    assert ended[0] == canceled
    assert (ended[1].status, ended[1].filled) == (OrderStatus.CLOSED, filled.filled)
    assert [
        report.client_order_id for report in await world.gateway.closed_orders(BTC, limit=1)
    ] == [SECOND]
    assert list(await world.gateway.closed_orders(THIN, limit=5)) == []


async def test_open_orders_of_every_symbol_are_listed_oldest_first(world: World) -> None:
    await world.gateway.submit(
        limit_order(Side.BUY, "0.01", await world.near("0.9")), client_order_id=FIRST
    )
    await world.gateway.submit(
        limit_order(Side.BUY, "10", await world.near("0.9", THIN), THIN), client_order_id=SECOND
    )

    found = await world.gateway.open_orders()

    assert [(report.client_order_id, report.request.symbol) for report in found] == [
        (FIRST, BTC),
        (SECOND, THIN),
    ]


async def test_orders_sent_at_the_same_time_are_all_placed_once(world: World) -> None:
    price = await world.near("0.9")
    names = [f"qt{number:016}" for number in range(4)]

    await asyncio.gather(
        *(
            world.gateway.submit(limit_order(Side.BUY, "0.001", price), client_order_id=name)
            for name in names
        )
    )

    found = await world.gateway.open_orders()
    assert sorted(report.client_order_id for report in found) == names
