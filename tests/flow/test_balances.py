"""Balances, and the message about a change that no order here made."""

from __future__ import annotations

from decimal import Decimal

from services.domain.accounts import Balance, ChatId
from tests.assistant import Person, labels, words
from tests.databases import opened
from tests.flow.world import World


async def test_a_change_from_outside_is_told_once(world: World, ann: Person) -> None:
    before = await ann.say("/balance")
    await world.pass_time()

    await give(world, ann, Balance("DOGE", Decimal(500), Decimal(0)))
    await world.pass_time()
    await world.pass_time()

    (told,) = ann.heard(before)
    assert "Balance changed · Paper PAPER" in words(told)
    assert "+500 DOGE" in words(told)
    assert "None of your orders here did this" in words(told)
    assert "DOGE 500" in words(await ann.press(told, "💼"))


async def test_money_that_left_is_told_too(world: World, ann: Person) -> None:
    before = await ann.say("/balance")
    await world.pass_time()

    await give(world, ann, Balance("USDT", Decimal("9000.5"), Decimal(0)))
    await world.pass_time()

    (told,) = ann.heard(before)
    assert "-999.5 USDT" in words(told)


async def test_own_orders_cause_no_message(world: World, ann: Person) -> None:
    await ann.say("/balance")
    await world.pass_time()

    receipt = await ann.press(await ann.say("buy 0.01 btc"), "✅")
    for _ in range(3):
        await world.pass_time()
    assert ann.heard(receipt) == []

    receipt = await ann.press(await ann.say("sell all btc"), "✅")
    for _ in range(3):
        await world.pass_time()
    assert ann.heard(receipt) == []


async def test_a_resting_order_and_its_fills_cause_no_message(world: World, ann: Person) -> None:
    await world.pass_time()
    card = await ann.press(await ann.say("buy 20000 xlm @ 0.08"), "✅")
    await world.pass_time()
    assert ann.heard(card) == []

    await world.push("XLM", "0.7")
    for _ in range(4):
        await world.pass_time()

    assert ann.heard(card)
    assert [words(m) for m in ann.heard(card) if "Balance changed" in words(m)] == []
    await ann.say("/cancel 1")
    await world.pass_time()
    assert "Balance changed" not in words(ann.last)


async def test_holdings_are_drawn_valued_and_sorted(ann: Person) -> None:
    await ann.press(await ann.say("buy $6,000 of btc"), "✅")

    shown = await ann.say("/balance")

    assert shown["photo"]
    lines = words(shown).splitlines()
    assert lines[0].startswith("💼 9,99")
    assert lines[1].startswith("BTC 0.09")
    assert "≈ 5,99" in lines[1]
    assert lines[2].startswith("USDT 4,00")
    assert labels(shown) == ["🔄 Refresh", "📋 Open orders", "Buy", "Sell"]


async def give(world: World, person: Person, balance: Balance) -> None:
    """Change the venue's books behind the assistant's back."""
    services = world.assistant.services
    async with opened(world.assistant.database_url) as database:
        async with database.read_all() as data:
            accounts = await data.sweeps.active_accounts()
            tenant_id = await data.directory.tenant_of(ChatId(person.chat))
        (account,) = [each for each in accounts if each.tenant_id == tenant_id]
        await services.paper.open_account(account.id)
        async with database.write_all() as data:
            await data.paper.save_balances(account.id, [balance])
