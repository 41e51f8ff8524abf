"""Whatever people do and wherever the market goes, the venue's books add up."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.domain.accounts import ChatId
from services.domain.market import Market
from services.domain.orders import OrderReport, OrderRequest, OrderStatus, OrderType, Side
from services.errors import InsufficientFunds, NotFound, OrderRejected
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import open_tenant
from tests.services.paper_world import (
    BTC,
    NOTHING,
    World,
    build,
    limit_order,
    market_order,
    restarted,
)

SYMBOLS = (BTC, "ALGO/USDT")
ENDS = {OrderStatus.CLOSED, OrderStatus.CANCELED, OrderStatus.EXPIRED}

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Trading:
    """Place an order worth `share` of the opening balance at `ratio` of the price."""

    symbol: str
    side: Side
    share: int
    ratio: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Canceling:
    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class Pushing:
    symbol: str
    ratio: str


@dataclass(frozen=True, slots=True)
class Waiting:
    seconds: int


Step = Trading | Canceling | Pushing | Waiting

_symbols = st.sampled_from(SYMBOLS)
_names = st.sampled_from("abcdefgh")
steps = st.lists(
    st.builds(
        Trading,
        _symbols,
        st.sampled_from(Side),
        st.integers(1, 120),
        st.sampled_from([None, "0.95", "0.99", "1", "1.01", "1.05"]),
        _names,
    )
    | st.builds(Canceling, _symbols, _names)
    | st.builds(Pushing, _symbols, st.sampled_from(["0.9", "0.98", "1.02", "1.1"]))
    | st.builds(Waiting, st.sampled_from([1, 1, 7, 600])),
    max_size=25,
)


async def request_of(world: World, step: Trading) -> OrderRequest:
    market = (await world.gateway.markets())[step.symbol]
    price = await world.near(step.ratio or "1", step.symbol)
    amount = market.amount_down(100 * Decimal(step.share) / price)
    kind = OrderType.LIMIT if step.ratio else OrderType.MARKET
    return OrderRequest(step.symbol, step.side, kind, amount, price if step.ratio else None)


async def take(world: World, step: Step) -> None:
    match step:
        case Trading():
            with contextlib.suppress(InsufficientFunds, OrderRejected):
                await world.gateway.submit(
                    await request_of(world, step), client_order_id=step.name
                )
        case Canceling():
            with contextlib.suppress(NotFound):
                await world.gateway.cancel(step.symbol, client_order_id=step.name)
        case Pushing():
            await world.venue.push(step.symbol.partition("/")[0], Decimal(step.ratio))
        case Waiting():
            await world.pass_time(timedelta(seconds=step.seconds))


async def known_orders(world: World) -> Sequence[OrderReport]:
    found = [
        await world.gateway.find_order(symbol, client_order_id=name)
        for symbol in SYMBOLS
        for name in "abcdefgh"
    ]
    return [report for report in found if report is not None]


def holdings(reports: Sequence[OrderReport], market: Market) -> dict[str, Decimal]:
    """What the fills of one market's orders did to each currency."""
    changes: dict[str, Decimal] = defaultdict(Decimal)
    for report in reports:
        sign = 1 if report.request.side is Side.BUY else -1
        for fill in report.fills:
            changes[market.base] += sign * fill.amount
            changes[market.quote] -= sign * fill.price * fill.amount
            changes[fill.fee_currency] -= fill.fee
    return changes


def held(report: OrderReport) -> Decimal:
    rest = report.request.amount - report.filled
    if report.status in ENDS:
        return NOTHING
    return rest if report.request.side is Side.SELL else rest * (report.request.price or 0)


async def assert_books_add_up(world: World) -> None:
    reports, markets = await known_orders(world), await world.gateway.markets()
    totals, used = (
        defaultdict(Decimal, {"USDT": Decimal(10_000)}),
        defaultdict[str, Decimal](Decimal),
    )
    for symbol in SYMBOLS:
        own = [report for report in reports if report.request.symbol == symbol]
        for currency, change in holdings(own, markets[symbol]).items():
            totals[currency] += change
        for report in own:
            is_buy = report.request.side is Side.BUY
            used[markets[symbol].quote if is_buy else markets[symbol].base] += held(report)
            assert report.filled <= report.request.amount
            assert (report.status is OrderStatus.CLOSED) == (
                report.filled == report.request.amount
            )
    for currency in ("USDT", "BTC", "ALGO"):
        balance = await world.balance(currency)
        assert balance.free >= 0
        assert balance.used == used[currency]
        assert balance.total == totals[currency]


@given(steps)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_books_add_up_after_every_step(
    database: Database, clock: Clock, plan: list[Step]
) -> None:
    number = next(_numbers)
    member = await open_tenant(database, now=clock(), chat_id=ChatId(-number), user_id=number)
    world = await restarted(database, clock, member.account_id)

    for step in plan:
        await take(world, step)
        await assert_books_add_up(world)

    for report in await world.gateway.open_orders():
        await world.gateway.cancel(report.request.symbol, client_order_id=report.client_order_id)
    await assert_books_add_up(world)
    assert all(balance.used == 0 for balance in (await world.gateway.balances()).values())


async def test_fifty_submits_at_once_of_one_client_order_id_place_one_order(
    any_database: Database, clock: Clock
) -> None:
    world = await build(any_database, clock)
    request = limit_order(Side.BUY, "0.001", await world.near("0.9"))

    reports = await asyncio.gather(
        *(world.gateway.submit(request, client_order_id="a") for _ in range(50))
    )

    assert len({report.exchange_order_id for report in reports}) == 1
    assert len(await world.gateway.open_orders()) == 1
    await assert_books_add_up(world)


async def test_orders_placed_at_once_never_spend_more_than_there_is(
    any_database: Database, clock: Clock
) -> None:
    world = await build(any_database, clock)
    price = await world.near("0.9")
    amount = (Decimal(3_000) / price).quantize(Decimal("0.00001"), ROUND_DOWN)

    outcomes = await asyncio.gather(
        *(
            world.gateway.submit(limit_order(Side.BUY, amount, price), client_order_id=name)
            for name in "abcdefgh"
        ),
        return_exceptions=True,
    )

    placed = [outcome for outcome in outcomes if isinstance(outcome, OrderReport)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, InsufficientFunds)]
    assert (len(placed), len(refused)) == (3, 5)
    await assert_books_add_up(world)


async def test_an_account_touched_first_by_many_at_once_opens_once(
    any_database: Database, clock: Clock
) -> None:
    world = await build(any_database, clock)

    await asyncio.gather(
        *(world.gateway.balances() for _ in range(10)),
        *(world.venue.open_account(world.account_id) for _ in range(10)),
        world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id="a"),
    )

    await assert_books_add_up(world)


async def test_a_cancel_and_a_fill_at_once_leave_books_that_add_up(
    any_database: Database, clock: Clock
) -> None:
    world = await build(any_database, clock)
    price = await world.near("0.97")
    for name in "abcdefgh":
        request = limit_order(Side.BUY, "0.001", price)
        await world.gateway.submit(request, client_order_id=name)
    await world.venue.push("BTC", Decimal("0.9"))
    clock.advance(timedelta(seconds=5))
    second = await restarted(any_database, clock, world.account_id)

    await asyncio.gather(
        world.venue.match(),
        second.venue.match(),
        *(world.gateway.cancel(BTC, client_order_id=name) for name in "abcdefgh"),
    )

    assert await world.gateway.open_orders() == []
    await assert_books_add_up(world)
