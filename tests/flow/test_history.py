"""Ended orders, page by page, and one order in detail."""

from __future__ import annotations

from tests.assistant import Person, labels, words


async def test_history_is_shown_in_pages(ann: Person) -> None:
    for _ in range(7):
        await ann.press(await ann.say("buy 0.1 ltc"), "✅")

    newest = await ann.say("/history")
    assert [f"#{n}" in words(newest) for n in (7, 6, 5, 4, 3, 2)] == [True] * 5 + [False]
    assert "filled" in words(newest)
    assert "⌀" in words(newest)
    assert labels(newest) == ["#7", "#6", "#5", "#4", "#3", "⏮ Newest", "Older ›"]

    older = await ann.press(newest, "Older")
    assert older["message_id"] == newest["message_id"]
    assert labels(older)[:2] == ["#2", "#1"]
    assert "Older ›" not in labels(older)

    assert labels(await ann.press(older, "⏮"))[0] == "#7"
    assert "#3" in words(await ann.press(await ann.say("/history"), "#3"))


async def test_an_order_shows_its_trades_and_its_id(ann: Person) -> None:
    await ann.press(await ann.say("buy 0.01 btc"), "✅")

    details = words(await ann.say("/order 1"))

    assert "Filled" in details
    assert "Status  filled" in details
    assert "Client id  qt" in details
    assert "taker" in details
    assert details == words(await ann.say("/order #1"))


async def test_an_open_order_is_cancelled_from_its_details(ann: Person) -> None:
    card = await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")
    details = await ann.say("/order 1")
    assert "Status  open" in words(details)

    assert "No open orders" in words(await ann.press(details, "⏹"))

    assert "Canceled" in words(ann.now(card))
    assert "#1 🟢 Buy 0.01 BTC @ 50,000 · canceled" in words(await ann.say("/history"))


async def test_dropped_and_expired_cards_are_not_history(ann: Person) -> None:
    await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✖️")

    assert "No ended orders" in words(await ann.say("/history"))


async def test_a_number_nobody_has_leads_to_the_open_orders(ann: Person) -> None:
    answer = await ann.say("/order 99")

    assert "no such order" in words(answer)
    assert "No open orders" in words(await ann.press(answer, "📋"))
