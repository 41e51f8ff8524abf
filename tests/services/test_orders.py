"""Order cards: one draft a request, one order a card, and nothing without its asker."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.domain.accounts import Member, Role, UserId
from services.domain.orders import (
    Order,
    OrderId,
    OrderStatus,
    OrderType,
    OrderWish,
    Quantity,
    QuantityKind,
    Side,
)
from services.errors import (
    AssistantError,
    Expired,
    InsufficientFunds,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from services.orders import CARD_LIFE, PAGE, Card, Place, new_client_order_id
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT, open_tenant
from tests.services.office import BTC, SECOND, Office, buy, open_office, reopened, sell
from tests.services.situations import D

DRAFT, CLOSED, OPEN = OrderStatus.DRAFT, OrderStatus.CLOSED, OrderStatus.OPEN
NEXT = Place(CHAT, "the next update")


@pytest.fixture
async def office(database: Database, clock: Clock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
async def any_office(any_database: Database, clock: Clock) -> Office:
    """The same on both databases."""
    return await open_office(any_database, clock)


async def friend_of(office: Office) -> Member:
    """Somebody else who may trade in the same chat."""
    friend = replace(office.member, user_id=UserId(9), name="Bob", role=Role.TRADER)
    async with office.database.write(friend.tenant_id) as data:
        await data.members.add(friend)
    return friend


async def dollars(office: Office) -> Decimal:
    portfolio = await office.balances.portfolio(office.member)
    return {h.balance.currency: h.balance.total for h in portfolio.holdings}["USDT"]


async def status_of(office: Office, card: Card) -> OrderStatus:
    return (await office.orders.by_id(office.member, card.order.id)).order.status


# Drafts.


async def test_a_card_shows_what_was_asked_and_sends_nothing(office: Office) -> None:
    card = await office.card(buy("0.01", D(60_000)))

    assert card.order.status is DRAFT
    assert card.order.number is None
    assert card.order.request.amount == D("0.01")
    assert card.order.request.price == 60_000
    assert card.order.quote_price == card.quote.mid
    assert card.order.worst_cost == card.preview.worst_cost == 600
    assert card.order.expires_at == office.clock() + CARD_LIFE
    assert (card.account.name, card.market.symbol) == ("Paper", BTC)
    assert not card.is_requoted
    assert len(card.candles) > 80
    assert await dollars(office) == 10_000
    assert await office.orders.open(office.member) == []


async def test_the_same_request_makes_one_draft(office: Office) -> None:
    first = await office.card(buy("0.01"), "update-1")
    again = await office.card(buy("0.01"), "update-1")
    other = await office.card(buy("0.01"), "update-2")

    assert again.order == first.order
    assert other.order.id != first.order.id


async def test_one_request_seen_by_many_makes_one_draft(any_office: Office) -> None:
    wish = buy("0.01", D(60_000))

    cards = await asyncio.gather(*(any_office.card(wish, "update-1") for _ in range(5)))

    assert len({card.order.client_order_id for card in cards}) == 1


def test_client_order_ids_fit_every_venue_and_never_repeat() -> None:
    drawn = {new_client_order_id() for _ in range(10_000)}

    assert len(drawn) == 10_000
    assert all(re.fullmatch(r"qt[a-z2-7]{16}", client_order_id) for client_order_id in drawn)


@pytest.mark.parametrize(
    ("wish", "error", "code"),
    [
        (replace(buy("1"), coin="BCT"), NotFound, "symbol_unknown"),
        (replace(buy("1"), coin="BTC-PERP"), InvalidInput, "contracts_not_tradable"),
        (buy("0.00001"), InvalidInput, "cost_below_minimum"),
        (buy("0.2", D(60_000)), InsufficientFunds, "insufficient_funds"),
        (sell("0.1"), InsufficientFunds, "insufficient_funds"),
    ],
)
async def test_what_cannot_be_placed_leaves_no_draft(
    office: Office, wish: OrderWish, error: type[AssistantError], code: str
) -> None:
    with pytest.raises(error, match=code):
        await office.card(wish)

    with pytest.raises(NotFound):
        await office.orders.by_id(office.member, OrderId(1))


# Changing a card.


async def test_another_size_replaces_the_card(office: Office) -> None:
    old = await office.card(buy("0.01", D(60_000)))

    new = await office.orders.redraft(
        office.member, old.order.id, NEXT, quantity=Quantity(QuantityKind.QUOTE, D(300))
    )

    assert new.order.request == replace(old.order.request, amount=D("0.005"))
    assert await status_of(office, old) is OrderStatus.DECLINED
    assert await status_of(office, new) is DRAFT


async def test_a_price_makes_a_limit_order_of_a_market_order(office: Office) -> None:
    old = await office.card(buy("0.01"))

    new = await office.orders.redraft(office.member, old.order.id, NEXT, price=D(60_000))

    assert new.order.request.type is OrderType.LIMIT
    assert (new.order.request.amount, new.order.request.price) == (D("0.01"), D(60_000))


@pytest.mark.parametrize(
    ("amount", "half", "is_rounded"), [("0.01", "0.005", False), ("0.01001", "0.005", True)]
)
async def test_half_the_size(office: Office, amount: str, half: str, *, is_rounded: bool) -> None:
    old = await office.card(buy(amount, D(60_000)))

    new = await office.orders.halve(office.member, old.order.id, NEXT)

    assert new.order.request == replace(old.order.request, amount=D(half))
    assert bool(new.roundings) is is_rounded


async def test_a_half_that_is_too_small_leaves_the_card_as_it_is(office: Office) -> None:
    card = await office.card(buy("0.0001", D(60_000)))

    with pytest.raises(InvalidInput, match="cost_below_minimum"):
        await office.orders.halve(office.member, card.order.id, NEXT)

    assert await status_of(office, card) is DRAFT
    assert (await office.confirmed(card)).status is OPEN


async def test_a_dropped_card_is_settled(office: Office) -> None:
    card = await office.card(buy("0.01"))

    dropped = await office.orders.decline(office.member, card.order.id)

    assert dropped.id == card.order.id
    with pytest.raises(Expired) as refused:
        await office.confirmed(card)
    assert refused.value.code == "card_settled"
    assert refused.value.params == {"status": OrderStatus.DECLINED}
    with pytest.raises(Expired, match="card_settled"):
        await office.orders.decline(office.member, card.order.id)


async def test_an_old_card_can_still_be_dropped(office: Office) -> None:
    card = await office.card(buy("0.01"))
    office.clock.advance(CARD_LIFE)

    await office.orders.decline(office.member, card.order.id)

    assert await status_of(office, card) is OrderStatus.DECLINED


async def test_asking_again_draws_a_fresh_card_for_the_same_order(office: Office) -> None:
    old = await office.card(buy("0.01", D(60_000)))
    office.clock.advance(CARD_LIFE)
    await office.orders.expire_drafts()

    new = await office.orders.again(office.member, old.order.id, NEXT)

    assert new.order.request == old.order.request
    assert new.order.id != old.order.id
    assert new.order.client_order_id != old.order.client_order_id
    assert (await office.confirmed(new)).status is OPEN


# Confirming.


async def test_a_confirmed_market_order_is_filled(any_office: Office) -> None:
    card = await any_office.card(buy("0.01"))

    order = await any_office.confirmed(card)

    assert (order.status, order.number, order.filled) == (CLOSED, 1, D("0.01"))
    assert order.client_order_id == card.order.client_order_id
    assert order.message_id == 1
    assert order.cost == card.preview.worst_cost
    assert (order.fee, order.fee_currency) == (card.preview.fee, "BTC")
    assert await dollars(any_office) == card.preview.quote_after
    [message] = await any_office.messages()
    assert (message.kind, message.subject_id) == ("order", order.id)
    assert not message.payload["is_push"]


async def test_a_confirmed_limit_order_rests(office: Office) -> None:
    order = await office.bought("0.01", at="0.9")

    [receipt] = await office.orders.open(office.member)
    assert (receipt.order, receipt.fills) == (order, ())
    assert (order.status, order.remaining) == (OPEN, D("0.01"))


async def test_a_second_confirmation_changes_nothing(office: Office) -> None:
    card = await office.card(buy("0.01"))
    await office.confirmed(card)
    after_one = await dollars(office)

    with pytest.raises(Expired) as refused:
        await office.confirmed(card)

    assert refused.value.code == "card_settled"
    assert refused.value.params == {"status": CLOSED}
    assert await dollars(office) == after_one


async def test_many_confirmations_at_once_place_one_order(any_office: Office) -> None:
    card = await any_office.card(buy("0.01"))
    other = await reopened(any_office.database, any_office.clock, any_office.member)

    outcomes = await asyncio.gather(
        *(
            each.orders.confirm(any_office.member, card.order.id, 1)
            for each in (any_office, other) * 4
        ),
        return_exceptions=True,
    )

    placed = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Expired)]
    assert (len(placed), len(refused)) == (1, 7)
    assert await dollars(any_office) == card.preview.quote_after


async def test_a_card_expires_after_sixty_seconds(office: Office) -> None:
    card = await office.card(buy("0.01"))
    office.clock.advance(CARD_LIFE)

    for act in (office.confirmed(card), office.orders.halve(office.member, card.order.id, NEXT)):
        with pytest.raises(Expired) as refused:
            await act
        assert refused.value.code == "card_expired"
        assert refused.value.params == {"order_id": card.order.id}
    assert await dollars(office) == 10_000


async def test_an_expired_card_says_so_once(any_office: Office) -> None:
    card = await any_office.card(buy("0.01"))
    another = await any_office.card(buy("0.02"), "2")
    any_office.clock.advance(CARD_LIFE - SECOND)
    assert await any_office.orders.expire_drafts() == 0
    any_office.clock.advance(SECOND)

    assert await any_office.orders.expire_drafts() == 2
    assert await any_office.orders.expire_drafts() == 0

    assert await status_of(any_office, card) is OrderStatus.EXPIRED
    told = await any_office.messages()
    assert {message.subject_id for message in told} == {card.order.id, another.order.id}
    assert len(told) == 2
    with pytest.raises(Expired, match="card_expired"):
        await any_office.confirmed(card)


async def test_only_the_asker_decides(office: Office) -> None:
    card, friend = await office.card(buy("0.01")), await friend_of(office)

    for act in (
        office.orders.confirm(friend, card.order.id, 1),
        office.orders.decline(friend, card.order.id),
        office.orders.halve(friend, card.order.id, NEXT),
        office.orders.redraft(friend, card.order.id, NEXT, price=D(1)),
    ):
        with pytest.raises(NotAllowed, match="card_of_another"):
            await act

    assert await status_of(office, card) is DRAFT
    assert await dollars(office) == 10_000


async def test_cards_of_another_tenant_do_not_exist(office: Office, clock: Clock) -> None:
    card = await office.card(buy("0.01"))
    stranger = await open_tenant(office.database, now=clock(), chat_id=OTHER_CHAT, user_id=8)

    for act in (
        office.orders.confirm(stranger, card.order.id, 1),
        office.orders.decline(stranger, card.order.id),
        office.orders.again(stranger, card.order.id, NEXT),
        office.orders.cancel(stranger, card.order.id),
        office.orders.by_id(stranger, card.order.id),
    ):
        with pytest.raises(NotFound, match="order_unknown"):
            await act
    assert await status_of(office, card) is DRAFT


# The guard.


async def test_a_price_that_ran_away_is_quoted_anew_instead_of_traded(any_office: Office) -> None:
    card = await any_office.card(buy("0.01"))
    await any_office.push("1.03")

    fresh = await any_office.orders.confirm(any_office.member, card.order.id, 1)

    assert isinstance(fresh, Card)
    assert fresh.is_requoted
    assert fresh.order.id == card.order.id
    assert fresh.order.status is DRAFT
    assert fresh.order.worst_cost == fresh.preview.worst_cost > card.order.worst_cost
    assert fresh.order.expires_at == any_office.clock() + CARD_LIFE
    assert await dollars(any_office) == 10_000
    assert (await any_office.confirmed(fresh)).status is CLOSED


async def test_a_sale_is_guarded_against_a_fall(office: Office) -> None:
    await office.bought("0.01")
    card = await office.card(sell("0.009"), "2")
    await office.push("0.97")

    fresh = await office.orders.confirm(office.member, card.order.id, 1)

    assert isinstance(fresh, Card)
    assert fresh.order.worst_cost < card.order.worst_cost


async def test_a_better_price_and_a_small_move_are_taken(office: Office) -> None:
    cheaper = await office.card(buy("0.01"), "1")
    await office.push("0.97")
    assert (await office.confirmed(cheaper)).status is CLOSED
    slightly = await office.card(buy("0.01"), "2")
    await office.push("1.002")
    assert (await office.confirmed(slightly)).status is CLOSED


async def test_a_limit_order_keeps_its_price_whatever_the_market_does(office: Office) -> None:
    card = await office.card(buy("0.01", await office.near("0.99")))
    await office.push("1.03")

    assert (await office.confirmed(card)).request.price == card.order.request.price


async def test_money_that_left_meanwhile_refuses_the_confirmation(office: Office) -> None:
    first = await office.card(buy("0.1", await office.near("0.9")), "1")
    second = await office.card(buy("0.1", await office.near("0.9")), "2")
    await office.confirmed(first)

    with pytest.raises(InsufficientFunds) as refused:
        await office.confirmed(second)

    assert refused.value.code == "insufficient_funds"
    assert await status_of(office, second) is DRAFT


# Afterwards.


async def test_an_open_order_can_be_canceled_once(office: Office) -> None:
    order = await office.bought("0.01", at="0.9")

    canceled = await office.orders.cancel(office.member, order.id)

    assert canceled.status is OrderStatus.CANCELED
    with pytest.raises(Expired) as refused:
        await office.orders.cancel(office.member, order.id)
    assert refused.value.code == "order_ended"
    assert refused.value.params == {"status": OrderStatus.CANCELED, "number": 1}
    assert not any(message.payload["is_push"] for message in await office.messages())


async def test_an_order_is_canceled_by_its_number(office: Office) -> None:
    await office.bought("0.01", at="0.9")

    receipt = await office.orders.cancel_number(office.member, 1)

    assert receipt.order.status is OrderStatus.CANCELED
    for number in (2, -1, 0, 999_999_999):
        with pytest.raises(NotFound) as refused:
            await office.orders.cancel_number(office.member, number)
        assert refused.value.params == {"number": str(number)}


async def test_a_fill_that_came_by_itself_rings(office: Office) -> None:
    order = await office.bought("0.01", at="0.99")
    await office.messages()
    await office.push("0.95")
    office.clock.advance(timedelta(minutes=30))
    await office.venue.match()

    assert await office.execution.follow_all() == 1

    [message] = await office.messages()
    assert message.payload["is_push"]
    receipt = await office.orders.by_number(office.member, 1)
    assert receipt.order.id == order.id
    assert sum((fill.amount for fill in receipt.fills), D(0)) == receipt.order.filled


async def test_history_is_read_page_by_page_newest_first(any_office: Office) -> None:
    for number in range(1, PAGE + 3):
        await any_office.bought("0.001", str(number))
    await any_office.bought("0.001", "open", at="0.9")
    await any_office.card(buy("0.001"), "draft")

    first = await any_office.orders.history(any_office.member)
    last = first[PAGE - 1].order.number
    second = await any_office.orders.history(any_office.member, before=last)

    # A page, and one more that says that there is a next page.
    assert [receipt.order.number for receipt in first] == [7, 6, 5, 4, 3, 2]
    assert [receipt.order.number for receipt in second] == [2, 1]
    assert await any_office.orders.history(any_office.member, before=1) == []
    assert all(receipt.fills for receipt in (*first, *second))


async def test_orders_are_numbered_when_confirmed_not_when_drawn(office: Office) -> None:
    never = await office.card(buy("0.01"), "1")
    first = await office.confirmed(await office.card(buy("0.01"), "2"))
    second = await office.confirmed(await office.card(buy("0.01"), "3"))

    assert (never.order.number, first.number, second.number) == (None, 1, 2)


async def test_the_message_of_a_card_is_remembered(office: Office) -> None:
    card = await office.card(buy("0.01"))

    await office.orders.attach(office.member, card.order.id, 42)

    receipt = await office.orders.by_id(office.member, card.order.id)
    assert receipt.order.message_id == 42
    assert receipt.order.request.side is Side.BUY
