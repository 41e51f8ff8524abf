"""Practice money on the prices of a real exchange, from the first tap to a fill in the chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.localchat import Json
from handlers.jobs import Jobs
from tests.assistant import Person, labels, words
from tests.eventually import eventually
from tests.flow.exchanges.venues import Exchanges, accounts_of
from tests.flow.world import World

BTC = "BTC/USDT"


@pytest.fixture(autouse=True)
def at_sixty_thousand(exchanges: Exchanges) -> None:
    """Each test begins at the same price."""
    exchanges.binance.call("listen", mode="open")
    exchanges.binance.call("set_price", symbol=BTC, price="60000")


async def practise(person: Person, exchange: str = "Binance") -> Json:
    """Open a practice account on an exchange's prices and use it; return the list."""
    question = await person.press(await person.say("/accounts"), "🧪")
    return await person.press(await person.press(question, exchange), "⭐")


async def until_told(world: World, person: Person, text: str) -> Json:
    """Let the practice venue pass over its orders until a text has come."""

    async def told() -> Json | None:
        await Jobs(world.assistant.services).match_paper("")
        await world.assistant.settled()
        return person.last if text in words(person.last) else None

    return await eventually(told, within=20, of=text)


async def test_an_account_is_opened_on_the_prices_of_an_exchange(
    ann: Person, exchanges: Exchanges
) -> None:
    question = await ann.press(await ann.say("/accounts"), "🧪")
    assert "New paper account: whose prices does it take?" in words(question)
    assert {"🎲 Invented", "Binance", "OKX"} <= set(labels(question))

    card = await ann.press(question, "Binance")

    assert "Paper Binance · PAPER · prices of Binance" in words(card)
    await ann.press(card, "⭐")
    exchanges.binance.call("set_price", symbol=BTC, price="61234.5")
    shown = words(await ann.say("btc"))
    assert "61,234.50" in shown
    assert "Paper Binance PAPER · Binance · " in shown


async def test_any_other_exchange_is_chosen_by_its_name(world: World, ann: Person) -> None:
    await ann.press(await ann.say("/accounts"), "🧪")

    assert "I know no exchange called" in words(await ann.say("nowhere at all"))
    card = await ann.say("okx")

    assert "Paper OKX · PAPER · prices of OKX" in words(card)
    assert [account.feed for account in await accounts_of(world, ann)] == [None, "okx"]


async def test_orders_are_filled_by_the_book_and_the_trades_of_the_exchange(
    world: World, ann: Person, exchanges: Exchanges
) -> None:
    await practise(ann)
    bought = await ann.press(await ann.say("buy 0.01 btc"), "✅")
    assert "Filled" in words(bought)
    assert "Paper Binance · PAPER" in words(bought)
    resting = await ann.press(await ann.say("buy 0.01 btc @ 59000"), "✅")
    assert "Placed, waiting in the book" in words(resting)

    exchanges.binance.call("set_price", symbol=BTC, price="58900")
    exchanges.binance.call("print_trade", symbol=BTC, price="58900", amount="5")

    filled = await until_told(world, ann, "Filled")
    assert "Average price  59,000.00 USDT" in words(filled)
    assert "BTC 0.01998" in words(await ann.say("/balance"))


async def test_the_prices_stay_while_an_order_waits(ann: Person) -> None:
    listed = await practise(ann)
    await ann.press(await ann.say("buy 0.01 btc @ 50000"), "✅")

    question = await ann.press(await ann.press(listed, "Paper Binance"), "📡")
    refused = await ann.toast(question, "🎲")

    assert "This account has open orders" in refused
    await ann.say("/cancel 1")
    assert "built-in practice venue" in words(await ann.press(question, "🎲"))


async def test_lost_prices_are_told_wherever_the_order_is_shown(
    world: World, ann: Person, exchanges: Exchanges
) -> None:
    await practise(ann)
    receipt = await ann.press(await ann.say("buy 0.01 btc @ 50000"), "✅")
    await Jobs(world.assistant.services).match_paper("")
    assert "No prices" not in words(await ann.press(receipt, "🔄"))

    exchanges.binance.call("listen", mode="refuse")
    exchanges.binance.call("harm", way="cut")
    world.clock.advance(timedelta(seconds=30))

    async def is_told() -> bool:
        await Jobs(world.assistant.services).match_paper("")
        return "No prices from Binance since" in words(await ann.press(receipt, "🔄"))

    await eventually(is_told, within=30, of="the loss in the receipt")
    assert "No prices from Binance since" in words(await ann.say("/orders"))
    assert "No prices from Binance since" in words(await ann.say("/balance"))
    assert "Canceled, nothing was filled" in words(await ann.press(receipt, "⏹"))
