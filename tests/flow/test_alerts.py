"""Price alerts: set in three ways, listed, removed and taken back, fired once."""

from __future__ import annotations

import pytest

from tests.assistant import Person, labels, words
from tests.flow.world import SECOND, World

SAID = {
    "/alert btc > 90000": "BTC/USDT reaches 90,000.00 or more",
    "btc < 30k": "BTC/USDT falls to 30,000.00 or less",
    "/alert btc 91000": "BTC/USDT reaches 91,000.00 or more",
    "/alert btc 20000": "BTC/USDT falls to 20,000.00 or less",
    "eth -50% 1h": "ETH/USDT falls 50% within 1 hour",
    "alert sol up 40% in 30 min": "SOL/USDT rises 40% within 30 minutes",
    "比特币涨到9万提醒我": "BTC/USDT reaches 90,000.00 or more",
}
QUESTIONS = {
    "/alert btc eth 5": "I can't read that alert",
    "/alert > 5": "For which coin?",
    "/alert btc >": "At which price?",
    "/alert btc 5%": "Up or down?",
    "/alert btc > 0": "The price must be above zero",
    "/alert btc -5% 3d": "The time span goes from 1 minute to 24 hours",
    "/alert btc -500% 1h": "at most 100%",
    "/alert bct > 5": "I don't know BCT",
    "btc > 1,5": "I can't read 1,5",
}


@pytest.mark.parametrize("text", SAID)
async def test_an_alert_is_set_in_ones_own_words(ann: Person, text: str) -> None:
    created = await ann.say(text)

    assert f"Alert set: {SAID[text]}" in words(created)
    assert "I will tell you here, once" in words(created)
    assert SAID[text] in words(await ann.press(created, "🔔 All alerts"))


async def test_what_is_not_clear_is_asked_and_nothing_is_set(ann: Person) -> None:
    for text, question in QUESTIONS.items():
        assert question in words(await ann.say(text)), text

    assert "No alerts" in words(await ann.say("/alerts"))


async def test_an_alert_is_set_by_buttons_alone(ann: Person) -> None:
    which = await ann.press(await ann.say("/alerts"), "➕")
    level = await ann.press(which, "ETH")
    assert len(labels(level)) == 6

    created = await ann.press(level, "+5%")

    assert "Alert set: ETH/USDT reaches" in words(created)


async def test_a_level_may_be_written_where_buttons_offer_some(ann: Person) -> None:
    await ann.press(await ann.say("eth"), "🔔")
    assert "falls 7% within 2 hours" in words(await ann.say("-7% 2h"))

    await ann.say("/alert eth")
    assert "ETH/USDT reaches 9,000.00 or more" in words(await ann.say("9000"))


async def test_a_level_fires_once_and_leads_on(world: World, ann: Person) -> None:
    created = await ann.say("sol > 1000")
    await world.pass_time()
    assert ann.heard(created) == []

    await world.push("SOL", "10")
    await world.pass_time()
    await world.pass_time()

    (fired,) = ann.heard(created)
    assert "🔔 SOL/USDT 1," in words(fired)
    assert "Your alert: SOL/USDT reaches 1,000.00 or more" in words(fired)
    assert "SOL: how much?" in words(await ann.press(fired, "Buy"))
    assert "No alerts" in words(await ann.say("/alerts"))


async def test_a_fired_alert_cannot_be_removed_any_more(world: World, ann: Person) -> None:
    created = await ann.say("bnb < 300")
    await world.push("BNB", "0.4")
    await world.pass_time()

    answer = await ann.press(created, "🗑")

    assert "not watching any more" in words(answer)


async def test_a_move_within_the_window_fires(world: World, ann: Person) -> None:
    fall = await ann.say("xrp -15% 1h")
    rise = await ann.say("xrp +15% 1h")

    await world.push("XRP", "0.8")
    await world.pass_time()

    (fired,) = ann.heard(rise)
    assert "Your alert: XRP/USDT falls 15% within 1 hour" in words(fired)
    assert "rises 15% within 1 hour" in words(await ann.say("/alerts"))
    assert fall["message_id"] < fired["message_id"]


async def test_the_job_looks_by_itself(world: World, ann: Person) -> None:
    await ann.say("doge < 0.1")

    await world.push("DOGE", "0.5")
    world.clock.advance(2 * SECOND)

    await ann.assistant.until("🔔 DOGE/USDT 0.0", chat=ann.chat)


async def test_remove_and_undo(ann: Person) -> None:
    await ann.say("btc > 90000")
    listed = await ann.say("/alerts")
    assert "1. BTC/USDT reaches 90,000.00 or more, now" in words(listed)

    removed = await ann.press(listed, "🗑 1")
    assert "Alert removed" in words(removed)
    assert "No alerts" in words(await ann.say("/alerts"))

    await ann.press(removed, "↩️")
    assert "BTC/USDT reaches 90,000.00" in words(await ann.say("/alerts"))


async def test_a_removed_alert_does_not_fire(world: World, ann: Person) -> None:
    created = await ann.say("ada > 2")
    removed = await ann.press(created, "🗑")

    await world.push("ADA", "10")
    await world.pass_time()

    assert ann.heard(removed) == []


async def test_every_watching_alert_is_listed_and_can_be_removed(ann: Person) -> None:
    for level in range(12):
        await ann.say(f"btc > {90_000 + level}")

    listed = await ann.say("/alerts")

    assert "12. BTC/USDT reaches 90,011.00" in words(listed)
    assert "🗑 12" in labels(listed)
