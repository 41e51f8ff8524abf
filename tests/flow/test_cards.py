"""The order card: what it says, and that only one tap of one person in time does anything."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bot.localchat import Json
from tests.assistant import Person, labels, words
from tests.flow.world import SECOND, World

EXPIRY = timedelta(seconds=61)


async def test_a_limit_card_says_all_that_matters(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")

    said = words(card)
    assert "🟢 Buy 0.01 BTC @ 60,000" in said
    assert "BTC/USDT · Paper · PAPER" in said
    assert "Limit price  60,000.00 USDT" in said
    assert "vs market  -" in said
    assert "rests in the book" in said
    assert "Costs at most  600.00 USDT" in said
    assert "Fee  ≈ 0.00001 BTC" in said
    assert "Free after  0.00999 BTC · 9,400.00 USDT" in said
    assert "Valid for 60 s. Nothing is sent until you confirm." in said
    assert labels(card) == ["✅ Buy 0.01 BTC @ 60,000", "Half size", "✏️ Edit", "✖️ Cancel"]


async def test_a_market_card_says_the_worst_cost_by_the_book(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc")

    assert "Price  market, now ≈" in words(card)
    assert "Worst cost by the book  ≈ 6" in words(card)
    assert labels(card)[0] == "✅ Buy 0.01 BTC at market"


async def test_a_sale_says_what_it_brings(ann: Person) -> None:
    await ann.press(await ann.say("buy 0.02 btc"), "✅")

    card = await ann.say("sell 0.01 btc @ 70k")

    assert "🔴 Sell 0.01 BTC @ 70,000" in words(card)
    assert "Brings at least  700.00 USDT" in words(card)
    assert "Fee  ≈ 0.70 USDT" in words(card)
    assert labels(card)[0] == "✅ Sell 0.01 BTC @ 70,000"


async def test_a_price_far_from_the_market_is_questioned(ann: Person) -> None:
    away = await ann.say("buy 0.01 btc @ 30k")
    assert "More than 10% away from the market" in words(away)

    worse = await ann.say("buy 0.01 btc @ 90k")
    assert "More than 10% worse than the market" in words(worse)


async def test_half_size_takes_the_cards_place(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")

    half = await ann.press(card, "Half size")

    assert half["message_id"] == card["message_id"]
    assert labels(half)[0] == "✅ Buy 0.005 BTC @ 60,000"
    assert "Costs at most  300.00 USDT" in words(half)


async def test_half_of_the_smallest_size_is_refused_with_the_card_intact(ann: Person) -> None:
    card = await ann.say("buy 0.0001 btc @ 60k")

    answer = await ann.press(card, "Half size")

    assert "Too small" in words(answer)
    assert labels(ann.now(card))[0] == "✅ Buy 0.0001 BTC @ 60,000"


async def test_the_amount_can_be_edited(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")
    choice = await ann.press(card, "✏️")
    assert labels(choice) == ["Amount", "Limit price", "✖️ Cancel"]
    assert "Write the new amount" in words(await ann.press(choice, "Amount"))

    edited = await ann.say("0.02")

    assert labels(edited)[0] == "✅ Buy 0.02 BTC @ 60,000"
    assert "Replaced by a new card" in words(ann.now(card))
    assert labels(ann.now(card)) == []


async def test_the_price_can_be_edited_and_makes_a_market_order_a_limit_order(
    ann: Person,
) -> None:
    card = await ann.say("buy 0.01 btc")
    question = await ann.press(await ann.press(card, "✏️"), "Limit price")
    assert "Write the new limit price" in words(question)

    edited = await ann.say("59.5k")

    assert labels(edited)[0] == "✅ Buy 0.01 BTC @ 59,500"


async def test_an_unreadable_edit_is_asked_again(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")
    await ann.press(await ann.press(card, "✏️"), "Amount")

    assert "I can't read 1,5" in words(await ann.say("1,5"))
    assert labels(await ann.say("0.03"))[0] == "✅ Buy 0.03 BTC @ 60,000"


async def test_a_whole_order_in_place_of_an_edit_is_a_new_order(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")
    await ann.press(await ann.press(card, "✏️"), "Amount")

    other = await ann.say("sell 0.5 eth @ 4000")

    assert "Not enough ETH" in words(other)
    assert "BTC/USDT" in words(await ann.say("btc"))
    assert labels(ann.now(card))[0] == "✅ Buy 0.01 BTC @ 60,000"


async def test_an_edit_of_an_expired_card_ends_the_question(world: World, ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")
    await ann.press(await ann.press(card, "✏️"), "Amount")
    await world.pass_time(EXPIRY)

    assert "This card has expired" in words(await ann.say("0.02"))
    assert "did not understand" in words(await ann.say("0.02"))


async def test_cancel_drops_the_card_and_the_way_back_is_a_button(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")

    dropped = await ann.press(card, "✖️")
    assert "Cancelled. Nothing was sent." in words(dropped)
    assert labels(dropped) == ["🔁 Ask again"]

    again = await ann.press(dropped, "🔁")
    assert labels(again)[0] == "✅ Buy 0.01 BTC @ 60,000"
    assert "No open orders" in words(await ann.say("/orders"))


async def test_after_a_minute_the_card_expires_by_itself(world: World, ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")

    world.clock.advance(EXPIRY)

    expired = await ann.assistant.changed(card, "Expired. Nothing was sent.")
    assert labels(expired) == ["🔁 Ask again"]


async def test_ask_again_draws_a_fresh_card_that_works(world: World, ann: Person) -> None:
    card = await ann.say("buy 0.01 btc")
    await world.pass_time(EXPIRY)

    fresh = await ann.press(ann.now(card), "🔁")
    assert labels(fresh)[0] == "✅ Buy 0.01 BTC at market"

    assert "Filled" in words(await ann.press(fresh, "✅"))


async def test_a_tap_at_the_last_second_counts_and_one_later_does_not(
    world: World, ann: Person
) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")
    world.clock.advance(59 * SECOND)
    assert "Placed" in words(await ann.press(card, "✅"))

    late = await ann.say("buy 0.02 btc @ 60k")
    world.clock.advance(EXPIRY)
    assert "This card has expired" in await ann.toast(late, "✅")
    assert "Expired. Nothing was sent." in words(await ann.assistant.changed(late, "Expired"))


async def test_a_price_beyond_the_guard_brings_a_new_quote(world: World, ann: Person) -> None:
    card = await ann.say("buy 0.01 eth")
    cost = worst_cost(card)
    await world.push("ETH", "1.02")
    world.clock.advance(SECOND)

    quote = await ann.press(card, "✅")

    assert quote["message_id"] == card["message_id"]
    assert "The price moved: here is a new quote. Nothing was sent." in words(quote)
    assert worst_cost(quote) > cost
    assert "No ended orders" in words(await ann.say("/history"))

    assert "Filled" in words(await ann.press(quote, "✅"))


async def test_a_better_price_is_simply_taken(world: World, ann: Person) -> None:
    card = await ann.say("buy 0.01 eth")
    await world.push("ETH", "0.98")
    world.clock.advance(SECOND)

    assert "Filled" in words(await ann.press(card, "✅"))


async def test_a_second_tap_says_so_and_does_nothing(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")

    first = await ann.tap(card, "✅")
    second = await ann.tap(card, "✅")
    await ann.assistant.settled()

    assert await ann.assistant.toast(first) == ""
    # On the press itself, or in a message where the press had to be answered sooner.
    told = await ann.assistant.toast(second) or words(ann.last)
    assert "Already done" in told
    assert labels(await ann.say("/orders")) == [
        "#1 details",
        "⏹ Cancel #1",
        "🔄 Refresh",
        "🗂 History",
    ]


async def test_confirm_and_cancel_at_once_have_one_outcome(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")

    await ann.tap(card, "✅")
    late = await ann.tap(card, "✖️")
    await ann.assistant.settled()

    assert "Already done" in await ann.assistant.toast(late)
    assert "Placed" in words(ann.now(card))


async def test_an_order_the_account_can_no_longer_pay_is_not_sent(ann: Person) -> None:
    first = await ann.say("buy $9,000 of btc")
    second = await ann.say("buy $9,000 of eth")
    await ann.press(first, "✅")

    answer = await ann.press(second, "✅")

    assert "Not enough USDT" in words(answer)
    assert "ETH" not in words(await ann.say("/balance"))


def worst_cost(card: Json) -> Decimal:
    return Decimal(words(card).partition("≈ ")[2].partition("≈ ")[2].split()[0])
