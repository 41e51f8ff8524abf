"""The one network call that moves money: sent once, judged by proof, followed to its end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain.accounts import Environment
from services.domain.orders import Order, OrderStatus
from services.errors import (
    ExchangeUnavailable,
    InsufficientFunds,
    InvalidInput,
    NotFound,
    OrderRejected,
    OutcomeUnknown,
)
from services.execution import LIVE_PROOF_AFTER, PROOF_AFTER, SENDABLE
from services.persistence.database import Database
from tests.clock import Clock
from tests.robustness.gateways import Desk, desk_of

DOUBTS = {
    "no answer": OutcomeUnknown("qt"),
    "out of reach": ExchangeUnavailable(),
}
REFUSALS = {
    "order_refused": OrderRejected("order_refused"),
    "insufficient_funds": InsufficientFunds("insufficient_funds"),
    "amount_below_minimum": InvalidInput("amount_below_minimum"),
    "symbol_unknown": NotFound("symbol_unknown"),
}
ABSENT_S = PROOF_AFTER.total_seconds() + 1


@pytest.fixture
async def desk(database: Database, clock: Clock) -> Desk:
    return await desk_of(database, clock)


async def test_an_order_is_sent_once_however_many_try(desk: Desk) -> None:
    order = await desk.confirmed()

    await asyncio.gather(*(desk.execution.send(order) for _ in range(50)))

    assert desk.venue.submitted == [order.client_order_id]
    assert (await desk.now(order)).status is OrderStatus.OPEN


@pytest.mark.parametrize("doubt", DOUBTS)
async def test_a_doubtful_outcome_is_unknown_and_is_never_sent_again(
    desk: Desk, doubt: str
) -> None:
    desk.venue.on_submit = DOUBTS[doubt]

    order = await desk.sent()
    await desk.execution.send(order)
    await desk.later(1)

    assert (await desk.now(order)).status is OrderStatus.UNKNOWN
    assert len(desk.venue.submitted) == 1
    assert await desk.messages() == [("unknown", "0")]


async def test_an_unknown_order_that_the_venue_has_is_adopted(desk: Desk) -> None:
    desk.venue.on_submit = OutcomeUnknown("qt")
    order = await desk.sent()
    desk.venue.on_find = desk.venue.report(order.request, order.client_order_id, "0.004")

    await desk.later(1)

    adopted = await desk.now(order)
    assert (adopted.status, str(adopted.filled)) == (OrderStatus.OPEN, "0.004")
    assert adopted.exchange_order_id == "v1"
    assert await desk.messages() == [("unknown", "0"), ("open", "0.004")]


async def test_an_unknown_order_is_given_up_only_on_proof_that_is_late_enough(desk: Desk) -> None:
    desk.venue.on_submit = OutcomeUnknown("qt")
    order = await desk.sent()

    await desk.later(PROOF_AFTER.total_seconds() - 1)
    assert (await desk.now(order)).status is OrderStatus.UNKNOWN

    desk.venue.on_find = ExchangeUnavailable()
    await desk.later(60)
    assert (await desk.now(order)).status is OrderStatus.UNKNOWN, "an error is not a no"

    desk.venue.on_find = None
    await desk.later(1)
    assert (await desk.now(order)).status is OrderStatus.NOT_PLACED
    assert len(desk.venue.submitted) == 1


async def test_an_order_that_only_the_list_of_open_ones_shows_is_found(desk: Desk) -> None:
    desk.venue.on_submit = OutcomeUnknown("qt")
    order = await desk.sent()
    desk.venue.listed = [desk.venue.report(order.request, order.client_order_id)]

    await desk.later(LIVE_PROOF_AFTER.total_seconds() + 1)

    assert (await desk.now(order)).status is OrderStatus.OPEN


async def test_a_real_venue_is_given_longer_to_show_an_order(
    desk: Desk, database: Database
) -> None:
    async with database.write(desk.member.tenant_id) as data:
        real = await data.accounts.add("Main", "binance", Environment.SANDBOX, now=desk.clock())
    assert real is not None
    desk.member = replace(desk.member, account_id=real.id)
    desk.venue.on_submit = OutcomeUnknown("qt")
    order = await desk.sent()

    await desk.later(LIVE_PROOF_AFTER.total_seconds() - 1)
    assert (await desk.now(order)).status is OrderStatus.UNKNOWN

    await desk.later(2)
    assert (await desk.now(order)).status is OrderStatus.NOT_PLACED


async def test_an_unknown_order_that_the_venue_refused_ends_as_rejected(desk: Desk) -> None:
    desk.venue.on_submit = OutcomeUnknown("qt")
    order = await desk.sent()
    desk.venue.on_find = desk.venue.report(
        order.request, order.client_order_id, status=OrderStatus.REJECTED
    )

    await desk.later(1)

    assert (await desk.now(order)).status is OrderStatus.REJECTED


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_proven_refusal_is_kept_with_its_reason(desk: Desk, code: str) -> None:
    desk.venue.on_submit = REFUSALS[code]

    order = await desk.sent()

    assert (order.status, order.reason) == (OrderStatus.REJECTED, code)
    assert await desk.fills(order) == []
    assert await desk.messages() == [("rejected", "0")]


async def test_a_bug_on_the_way_leaves_an_order_to_look_up(desk: Desk) -> None:
    desk.venue.on_submit = ZeroDivisionError()
    order = await desk.confirmed()

    with pytest.raises(ZeroDivisionError):
        await desk.execution.send(order)

    assert (await desk.now(order)).status is OrderStatus.UNKNOWN
    desk.venue.on_find = desk.venue.report(order.request, order.client_order_id)
    await desk.later(1)
    assert (await desk.now(order)).status is OrderStatus.OPEN
    assert len(desk.venue.submitted) == 1


async def test_a_confirmation_that_waited_too_long_is_dropped_without_being_sent(
    desk: Desk,
) -> None:
    order = await desk.confirmed()
    desk.clock.advance(SENDABLE * 2)

    await desk.execution.send(order)
    await desk.execution.recover()

    dropped = await desk.now(order)
    assert (dropped.status, dropped.reason) == (OrderStatus.NOT_PLACED, "confirmed_too_long_ago")
    assert desk.venue.submitted == []
    assert await desk.messages() == [("not_placed", "0")]


@pytest.mark.parametrize("is_there", [True, False])
async def test_after_a_crash_on_the_way_the_venue_is_asked(desk: Desk, *, is_there: bool) -> None:
    order = await desk.confirmed()
    await _crash_while_sending(desk, order)
    assert (await desk.now(order)).status is OrderStatus.SENDING
    if is_there:
        desk.venue.on_find = desk.venue.report(order.request, order.client_order_id)

    await desk.execution.recover()
    await desk.later(ABSENT_S)

    found = OrderStatus.OPEN if is_there else OrderStatus.NOT_PLACED
    assert (await desk.now(order)).status is found
    assert len(desk.venue.submitted) == 1


async def _crash_while_sending(desk: Desk, order: Order) -> None:
    on_its_way = asyncio.Event()

    async def hang() -> None:
        on_its_way.set()
        await asyncio.Event().wait()

    desk.venue.meanwhile = hang
    sending = asyncio.ensure_future(desk.execution.send(order))
    await on_its_way.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    desk.venue.meanwhile = None


async def test_an_order_on_its_way_is_left_to_its_sender(desk: Desk) -> None:
    desk.venue.meanwhile = desk.execution.follow_all

    order = await desk.sent()

    assert order.status is OrderStatus.OPEN
    assert desk.venue.found == []


async def test_the_same_news_counts_once_and_fills_only_grow(desk: Desk) -> None:
    order = await desk.sent()
    report = desk.venue.report
    partly = report(order.request, order.client_order_id, "0.004")
    filled = report(
        order.request, order.client_order_id, "0.004", "0.006", status=OrderStatus.CLOSED
    )

    for news in (partly, partly, report(order.request, order.client_order_id), filled, filled):
        desk.venue.on_find = news
        await desk.later(1)

    done = await desk.now(order)
    assert (done.status, str(done.filled)) == (OrderStatus.CLOSED, "0.01")
    assert [str(fill.amount) for fill in await desk.fills(order)] == ["0.004", "0.006"]
    assert await desk.messages() == [("open", "0"), ("open", "0.004"), ("closed", "0.010")]


async def test_a_fill_that_beats_the_cancellation_is_what_counts(desk: Desk) -> None:
    order = await desk.sent()
    desk.venue.on_cancel = desk.venue.report(
        order.request, order.client_order_id, "0.01", status=OrderStatus.CLOSED
    )

    after = await desk.execution.cancel(order)

    assert after.status is OrderStatus.CLOSED
    assert len(await desk.fills(order)) == 1


async def test_a_cancellation_and_a_fill_seen_at_the_same_time_are_both_told_once(
    desk: Desk,
) -> None:
    order = await desk.sent()
    ended = desk.venue.report(
        order.request, order.client_order_id, "0.004", status=OrderStatus.CANCELED
    )
    desk.venue.on_cancel = desk.venue.on_find = ended

    await asyncio.gather(
        desk.execution.cancel(order), *(desk.execution.follow_all() for _ in range(5))
    )

    done = await desk.now(order)
    assert (done.status, str(done.filled)) == (OrderStatus.CANCELED, "0.004")
    assert await desk.messages() == [("open", "0"), ("canceled", "0.004")]


async def test_one_order_that_can_not_be_followed_does_not_stop_the_others(desk: Desk) -> None:
    first, second = await desk.sent(), await desk.sent()
    first_id = first.client_order_id
    filled = desk.venue.report(
        second.request, second.client_order_id, "0.01", status=OrderStatus.CLOSED
    )
    desk.venue.on_find_of = {first_id: KeyError("a bug"), second.client_order_id: filled}

    await desk.later(1)

    assert (await desk.now(second)).status is OrderStatus.CLOSED
