"""Holdings with their worth, and a word when they change without an order of ours."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from services.balances import totals
from services.domain.accounts import AccountId, Balance, Environment
from services.domain.messages import REST
from services.domain.orders import OrderStatus
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT, open_tenant
from tests.services.office import MINUTE, SECOND, Office, open_office, sell
from tests.services.situations import D


@pytest.fixture
async def office(database: Database, clock: Clock) -> Office:
    """A tenant whose holdings were seen once."""
    return await seen_once(database, clock)


@pytest.fixture
async def any_office(any_database: Database, clock: Clock) -> Office:
    """The same on both databases."""
    return await seen_once(any_database, clock)


async def seen_once(database: Database, clock: Clock) -> Office:
    office = await open_office(database, clock)
    await office.balances.sync(await office.account())
    return office


async def deposit(office: Office, currency: str, change: str) -> None:
    """Money comes or goes behind the assistant's back."""
    office.clock.advance(MINUTE)
    account_id = office.member.account_id
    async with office.database.write_all() as data:
        held = await data.paper.balances(account_id)
        empty = Balance(currency, D(0), D(0))
        before = held.get(currency, empty)
        after = Balance(currency, before.free + D(change), before.used)
        await data.paper.save_balances(account_id, [after])


async def sync(office: Office) -> bool:
    return await office.balances.sync(await office.account())


# What is held.


async def test_a_new_account_holds_practice_money(office: Office) -> None:
    portfolio = await office.balances.portfolio(office.member)

    assert portfolio.account.environment is Environment.PAPER
    assert [holding.balance for holding in portfolio.holdings] == [
        Balance("USDT", D(10_000), D(0))
    ]
    assert portfolio.total == 10_000


async def test_every_coin_is_valued_and_the_most_valuable_leads(office: Office) -> None:
    await office.bought("0.01")
    await deposit(office, "MYST", "5")

    portfolio = await office.balances.portfolio(office.member)

    worth = {holding.balance.currency: holding.value for holding in portfolio.holdings}
    assert list(worth) == ["USDT", "BTC", "MYST"]
    assert worth["BTC"] == D("0.00999") * await office.last()
    assert worth["USDT"] == portfolio.holdings[0].balance.total
    assert worth["MYST"] is None
    assert portfolio.total == (worth["BTC"] or 0) + (worth["USDT"] or 0)


async def test_what_orders_hold_counts_too(office: Office) -> None:
    await office.bought("0.01", at="0.9")

    [dollars] = (await office.balances.portfolio(office.member)).holdings

    assert dollars.balance.used == D("0.01") * await office.near("0.9")
    assert dollars.balance.total == dollars.value == 10_000


# What changed.


async def test_the_first_look_is_silent(database: Database, clock: Clock) -> None:
    office = await open_office(database, clock)

    assert not await sync(office)
    assert await office.messages() == []


async def test_nothing_new_is_silent(office: Office) -> None:
    office.clock.advance(MINUTE)

    assert not await sync(office)
    assert await office.messages() == []


@pytest.mark.parametrize(
    ("currency", "change"), [("USDT", "250.5"), ("USDT", "-250.5"), ("ETH", "0.00000001")]
)
async def test_what_came_or_went_is_told_once(office: Office, currency: str, change: str) -> None:
    await deposit(office, currency, change)

    assert await sync(office)
    assert not await sync(office)

    [message] = await office.messages()
    assert (message.kind, message.priority) == ("balance", REST)
    assert message.subject_id == office.member.account_id
    assert (message.chat_id, message.user_id) == (CHAT, office.member.user_id)
    assert {name: D(text) for name, text in message.payload.items()} == {currency: D(change)}
    assert "E" not in message.payload[currency]


async def test_several_changes_are_one_message(any_office: Office) -> None:
    await deposit(any_office, "ETH", "1")
    await deposit(any_office, "USDT", "-1")

    await sync(any_office)

    [message] = await any_office.messages()
    assert message.payload == {"ETH": "1", "USDT": "-1"}


async def test_our_own_fills_are_expected(any_office: Office) -> None:
    await any_office.bought("0.01")
    await any_office.confirmed(await any_office.card(sell("0.005"), "2"))
    any_office.clock.advance(MINUTE)

    await sync(any_office)

    assert {message.kind for message in await any_office.messages()} <= {"order"}
    async with any_office.database.read(any_office.member.tenant_id) as data:
        snapshot = totals((await data.assets.snapshot(any_office.member.account_id)).wallets)
    portfolio = await any_office.balances.portfolio(any_office.member)
    assert {name: balance.total for name, balance in snapshot.items()} == {
        holding.balance.currency: holding.balance.total for holding in portfolio.holdings
    }


async def test_locking_and_freeing_money_is_no_change(office: Office) -> None:
    order = await office.bought("0.01", at="0.9")
    first = await sync(office)
    await office.orders.cancel(office.member, order.id)
    office.clock.advance(MINUTE)

    assert (first, await sync(office)) == (False, False)
    assert {message.kind for message in await office.messages()} == {"order"}


async def test_a_fill_of_everything_that_was_locked_is_expected(office: Office) -> None:
    price = await office.near("0.95")
    amount = str((Decimal(9_990) / price).quantize(D("0.00001")))
    await office.bought(amount, at="0.95")
    await sync(office)
    await office.push("0.9")
    office.clock.advance(timedelta(minutes=30))
    await office.venue.match()

    assert not await sync(office)
    assert {message.kind for message in await office.messages()} == {"order"}


async def test_a_fill_that_nobody_followed_yet_is_not_told_as_a_change(office: Office) -> None:
    order = await office.bought("0.01", at="0.99")
    await office.push("0.95")
    office.clock.advance(timedelta(minutes=30))
    await office.venue.match()

    await sync(office)
    office.clock.advance(MINUTE)
    await sync(office)

    assert (await office.orders.by_id(office.member, order.id)).order.status in (
        OrderStatus.CLOSED,
        OrderStatus.OPEN,
    )
    assert {message.kind for message in await office.messages()} == {"order"}


async def test_a_deposit_beside_a_fill_is_told_exactly(any_office: Office) -> None:
    await any_office.bought("0.01")
    await deposit(any_office, "BTC", "0.5")

    await sync(any_office)

    [change] = [message for message in await any_office.messages() if message.kind == "balance"]
    assert change.payload == {"BTC": "0.5"}


async def test_expected_changes_before_the_first_look_are_left_to_it(
    database: Database, clock: Clock
) -> None:
    office = await open_office(database, clock)
    await office.bought("0.01")

    assert not await sync(office)
    async with database.read(office.member.tenant_id) as data:
        snapshot = totals((await data.assets.snapshot(office.member.account_id)).wallets)
    assert snapshot["BTC"].total == D("0.00999")


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({"USDT": "-600"}, {"USDT": "9400"}),
        ({"BTC": "0.01", "USDT": "-600"}, {"BTC": "0.01", "USDT": "9400"}),
        ({}, {"USDT": "10000"}),
    ],
    ids=["known", "new", "none"],
)
async def test_expected_changes_move_the_snapshot(
    office: Office, changes: dict[str, str], held: dict[str, str]
) -> None:
    async with office.database.write(office.member.tenant_id) as data:
        await data.assets.expect(
            office.member.account_id, {name: D(change) for name, change in changes.items()}
        )

    async with office.database.read(office.member.tenant_id) as data:
        snapshot = totals((await data.assets.snapshot(office.member.account_id)).wallets)
    assert {name: balance.total for name, balance in snapshot.items()} == {
        name: D(total) for name, total in held.items()
    }


async def test_every_account_is_looked_at_and_told_to_its_own_chat(office: Office) -> None:
    other = await open_tenant(office.database, now=office.clock(), chat_id=OTHER_CHAT, user_id=8)
    assert await office.balances.sync_all() == 0
    await deposit(office, "ETH", "1")

    assert await office.balances.sync_all() == 1

    assert await office.messages(OTHER_CHAT) == []
    assert [message.kind for message in await office.messages()] == ["balance"]
    assert other.account_id != AccountId(0)
    office.clock.advance(SECOND)
    assert await office.balances.sync_all() == 0
