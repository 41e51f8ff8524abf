"""What becomes of an order that is sent: the same on paper and on each wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest

from services.domain.accounts import Balance
from services.domain.orders import OrderReport, OrderStatus, OrderType, Side, holdings_effect
from services.errors import InsufficientFunds, InvalidInput, NotFound, OrderRejected
from tests.contract.worlds import BTC, PERPETUAL, THIN, ZERO, World, limit_order, market_order

FIRST, SECOND = "qtaaaaaaaaaaaaaaaa", "qtbbbbbbbbbbbbbbbb"


def moved(before: Mapping[str, Balance], after: Mapping[str, Balance]) -> dict[str, Decimal]:
    """What changed of the totals, by currency."""
    none = Balance("", ZERO, ZERO)
    changes = {
        currency: after.get(currency, none).total - before.get(currency, none).total
        for currency in before.keys() | after.keys()
    }
    return {currency: change for currency, change in changes.items() if change}


def effect(report: OrderReport) -> dict[str, Decimal]:
    """What an order's trades, fees included, must have done to the totals."""
    total: dict[str, Decimal] = {}
    for fill in report.fills:
        cost = fill.price * fill.amount
        one = holdings_effect(report.request, fill.amount, cost, fill.fee, fill.fee_currency)
        for currency, change in one.items():
            total[currency] = total.get(currency, ZERO) + change
    return {currency: change for currency, change in total.items() if change}


async def test_a_limit_order_away_from_the_market_rests_and_holds_its_cost(world: World) -> None:
    request = limit_order(Side.BUY, "0.01", await world.near("0.9"))
    before = await world.balance("USDT")

    report = await world.gateway.submit(request, client_order_id=FIRST)

    assert (report.status, report.fills, report.request) == (OrderStatus.OPEN, (), request)
    assert report.client_order_id == FIRST
    assert report.exchange_order_id
    assert abs(world.now() - report.at) < timedelta(minutes=1)
    held = request.amount * (request.price or ZERO)
    assert await world.balance("USDT") == Balance("USDT", before.free - held, held)
    assert await world.gateway.open_orders() == [report]
    assert await world.gateway.find_order(BTC, client_order_id=FIRST) == report


async def test_a_market_purchase_is_filled_and_moves_exactly_its_trades(world: World) -> None:
    before = await world.gateway.balances()
    ask = (await world.gateway.order_book(BTC, depth=1)).asks[0].price

    report = await world.gateway.submit(market_order(Side.BUY, "0.02"), client_order_id=FIRST)

    assert (report.status, report.filled) == (OrderStatus.CLOSED, Decimal("0.02"))
    assert (report.request.type, report.request.price) == (OrderType.MARKET, None)
    assert report.fills[0].price == ask
    assert sum(fill.fee for fill in report.fills) > 0
    assert {fill.fee_currency for fill in report.fills} == {"BTC"}
    assert not any(fill.is_maker for fill in report.fills)
    assert moved(before, await world.gateway.balances()) == effect(report)
    found = await world.gateway.find_order(BTC, client_order_id=FIRST)
    assert found is not None
    assert (found.status, found.filled) == (report.status, report.filled)
    assert [fill.trade_id for fill in found.fills] == [fill.trade_id for fill in report.fills]
    assert list(await world.gateway.open_orders()) == []


async def test_a_market_sale_brings_the_quote_less_the_fee(world: World) -> None:
    await world.gateway.submit(market_order(Side.BUY, "0.05"), client_order_id=FIRST)
    before = await world.gateway.balances()

    report = await world.gateway.submit(market_order(Side.SELL, "0.03"), client_order_id=SECOND)

    assert (report.status, report.filled) == (OrderStatus.CLOSED, Decimal("0.03"))
    assert {fill.fee_currency for fill in report.fills} == {"USDT"}
    assert moved(before, await world.gateway.balances()) == effect(report)


async def test_a_limit_order_that_crosses_takes_the_better_price(world: World) -> None:
    before = await world.gateway.balances()
    ask = (await world.gateway.order_book(BTC, depth=1)).asks[0].price

    report = await world.gateway.submit(
        limit_order(Side.BUY, "0.01", await world.near("1.05")), client_order_id=FIRST
    )

    assert (report.status, report.filled) == (OrderStatus.CLOSED, Decimal("0.01"))
    assert report.fills[0].price == ask
    assert moved(before, await world.gateway.balances()) == effect(report)
    assert (await world.balance("USDT")).used == 0


async def test_a_market_order_beyond_the_book_keeps_what_it_got_and_expires(
    world: World,
) -> None:
    await world.outside.trade_at(THIN, await world.near("0.01", THIN))
    before = await world.gateway.balances()
    market = await world.market(THIN)
    price = await world.near("1.5", THIN)
    everything = market.amount_down(before["USDT"].free / price)

    report = await world.gateway.submit(
        market_order(Side.BUY, everything, THIN), client_order_id=FIRST
    )

    assert report.status is OrderStatus.EXPIRED
    assert 0 < report.filled < everything
    assert moved(before, await world.gateway.balances()) == effect(report)
    assert (await world.balance("USDT")).used == 0


async def test_a_resting_order_is_filled_when_the_market_comes(world: World) -> None:
    price = await world.near("0.97")
    await world.gateway.submit(limit_order(Side.BUY, "0.001", price), client_order_id=FIRST)
    before = await world.gateway.balances()

    await world.outside.trade_at(BTC, await world.near("0.96"))

    report = await world.gateway.find_order(BTC, client_order_id=FIRST)
    assert report is not None
    assert (report.status, report.filled) == (OrderStatus.CLOSED, Decimal("0.001"))
    assert {fill.price for fill in report.fills} == {price}
    assert all(fill.is_maker for fill in report.fills)
    assert moved(before, await world.gateway.balances()) == effect(report)
    assert list(await world.gateway.open_orders()) == []


async def test_a_partial_fill_is_told_and_stays_after_the_cancel(world: World) -> None:
    price = await world.near("0.99", THIN)
    request = limit_order(Side.BUY, "3000", price, THIN)
    await world.gateway.submit(request, client_order_id=FIRST)
    before = await world.gateway.balances()

    await world.outside.fill_in_part(FIRST, THIN, price)

    report = await world.gateway.find_order(THIN, client_order_id=FIRST)
    assert report is not None
    assert report.status is OrderStatus.OPEN
    assert 0 < report.filled < request.amount
    assert moved(before, await world.gateway.balances()) == effect(report)
    rest = (request.amount - report.filled) * price
    assert (await world.balance("USDT")).used == rest
    assert await world.gateway.open_orders() == [report]

    canceled = await world.gateway.cancel(THIN, client_order_id=FIRST)

    assert (canceled.status, canceled.fills) == (OrderStatus.CANCELED, report.fills)
    assert (await world.balance("USDT")).used == 0


async def test_an_order_beyond_the_funds_is_refused_and_leaves_nothing(world: World) -> None:
    before = await world.gateway.balances()
    price = await world.near("0.9")
    market = await world.market()
    too_much = market.amount_up(before["USDT"].free / price * 2)

    with pytest.raises(InsufficientFunds, match=world.traits.refuses_funds_as):
        await world.gateway.submit(limit_order(Side.BUY, too_much, price), client_order_id=FIRST)

    assert await world.gateway.balances() == before
    assert await world.gateway.find_order(BTC, client_order_id=FIRST) is None


@pytest.mark.parametrize("side", Side)
async def test_an_order_below_the_minimum_is_refused_with_the_minimum(
    world: World, side: Side
) -> None:
    market = await world.market()
    for request in (
        market_order(side, market.lot / 10),
        limit_order(side, market.lot / 10, await world.near("0.9")),
    ):
        with pytest.raises(OrderRejected, match="amount_below_minimum") as refusal:
            await world.gateway.submit(request, client_order_id=FIRST)
        assert refusal.value.params == {"minimum": market.min_amount, "currency": "BTC"}


async def test_an_order_worth_too_little_is_refused_where_there_is_a_minimum(
    world: World,
) -> None:
    market, price = await world.market(), await world.near("0.9")
    request = limit_order(Side.BUY, market.min_amount, price)

    if not world.traits.has_cost_minimum:
        report = await world.gateway.submit(request, client_order_id=FIRST)
        assert report.status is OrderStatus.OPEN
        return
    with pytest.raises(OrderRejected, match="cost_below_minimum") as refusal:
        await world.gateway.submit(request, client_order_id=FIRST)
    assert refusal.value.params["minimum"] == market.min_cost


async def test_steps_that_the_venue_does_not_have_are_refused(world: World) -> None:
    market, price = await world.market(), await world.near("0.9")

    with pytest.raises(OrderRejected, match="amount_off_lot"):
        await world.gateway.submit(
            limit_order(Side.BUY, Decimal("0.01") + market.lot / 2, price), client_order_id=FIRST
        )
    with pytest.raises(OrderRejected, match="price_off_tick"):
        await world.gateway.submit(
            limit_order(Side.BUY, "0.01", price + market.tick / 2), client_order_id=FIRST
        )

    assert list(await world.gateway.open_orders()) == []


async def test_a_price_far_from_the_market_is_refused(world: World) -> None:
    price = (await world.market()).nearest_price(await world.near("1") * 1000)

    with pytest.raises(OrderRejected, match="price_out_of_range"):
        await world.gateway.submit(limit_order(Side.BUY, "0.0001", price), client_order_id=FIRST)


async def test_what_the_venue_does_not_list_or_trade_is_refused(world: World) -> None:
    with pytest.raises(NotFound, match="symbol_unknown"):
        await world.gateway.submit(
            market_order(Side.BUY, "1", "NOBODY/USDT"), client_order_id=FIRST
        )
    with pytest.raises(InvalidInput, match="contracts_not_tradable"):
        await world.gateway.submit(market_order(Side.BUY, "1", PERPETUAL), client_order_id=FIRST)
