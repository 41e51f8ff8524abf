"""A limit order that waits: seen, drawn, cancelled, filled while nobody looks."""

from __future__ import annotations

from tests.assistant import Person, labels, words
from tests.flow.world import World

GONE = "400 Bad Request: message to edit not found"


async def test_a_placed_order_stands_in_its_card_the_list_and_the_chart(ann: Person) -> None:
    receipt = await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")
    assert "Placed, waiting in the book" in words(receipt)
    assert labels(receipt) == ["⏹ Cancel order", "🔄 Refresh"]

    assert "#1 🟢 Buy 0.01 BTC @ 50,000 · open" in words(await ann.say("/orders"))
    assert "Your open orders are on the chart" in words(await ann.say("/chart btc"))
    assert "Your open orders" not in words(await ann.say("/chart eth"))
    assert "500 in orders" in words(await ann.say("/balance"))


async def test_the_button_under_the_card_cancels(ann: Person) -> None:
    receipt = await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")

    canceled = await ann.press(receipt, "⏹")

    assert canceled["message_id"] == receipt["message_id"]
    assert "Canceled, nothing was filled" in words(canceled)
    assert "No open orders" in words(await ann.say("/orders"))
    assert "in orders" not in words(await ann.say("/balance"))


async def test_the_button_in_the_list_cancels_and_the_list_follows(ann: Person) -> None:
    first = await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")
    await ann.press(await ann.say("buy 0.02 btc @ 49k"), "✅")
    listed = await ann.say("/orders")

    listed = await ann.press(listed, "⏹ Cancel #1")

    assert "#1" not in words(listed)
    assert "#2" in words(listed)
    assert "Canceled" in words(ann.now(first))


async def test_the_command_cancels_by_number(ann: Person) -> None:
    card = await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")

    assert "Canceled" in words(await ann.say("/cancel #1"))
    assert "Canceled" in words(ann.now(card))
    assert "ended already" in words(await ann.say("/cancel 1"))


async def test_cancelling_what_has_ended_says_so(ann: Person) -> None:
    await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")
    listed = await ann.say("/orders")
    await ann.say("/cancel 1")

    assert "ended already" in await ann.toast(listed, "⏹ Cancel #1")


async def test_a_fill_rings_and_changes_the_card(world: World, ann: Person) -> None:
    card = await ann.press(await ann.say("buy 0.5 sol @ 100"), "✅")
    assert "Placed" in words(card)

    await world.push("SOL", "0.4")
    await world.pass_time()
    await world.pass_time()

    push = ann.last
    assert "Filled" in words(push)
    assert push["reply_to_message"]["message_id"] == card["message_id"]
    assert "Average price  100.00 USDT" in words(push)
    assert "Filled" in words(ann.now(card))
    assert len(ann.heard(card)) == 1
    assert "SOL 0.49" in words(await ann.say("/balance"))


async def test_a_large_order_fills_in_parts(world: World, ann: Person) -> None:
    card = await ann.press(await ann.say("buy 50000 algo @ 0.12"), "✅")

    await world.push("ALGO", "0.7")
    await world.pass_time()
    part = ann.now(card)
    assert "Partly filled, the rest is in the book" in words(part)
    assert "of 50,000 ALGO" in words(part)
    assert "Partly filled" in words(ann.last)
    assert "%" in words(await ann.say("/orders"))

    canceled = await ann.press(part, "⏹")
    assert "Canceled after a part was filled" in words(canceled)
    assert "ALGO" in words(await ann.say("/balance"))


async def test_the_card_can_be_refreshed_without_harm(ann: Person) -> None:
    card = await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")

    assert words(await ann.press(card, "🔄")) == words(card)


async def test_a_deleted_card_is_made_up_for_by_a_message(world: World, ann: Person) -> None:
    card = await ann.press(await ann.say("buy 0.5 ltc @ 60"), "✅")
    await ann.assistant.chat.delete(ann.user, ann.chat, card["message_id"])

    await world.push("LTC", "0.7")
    await world.pass_time()
    await world.pass_time()

    assert "Filled" in words(ann.last)
    journal = ann.assistant.chat.journal
    assert [call.refusal for call in journal.refused] == [GONE]
    journal.clear()
