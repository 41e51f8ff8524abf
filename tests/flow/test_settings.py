"""Language, colours, time zone and account: each choice changes what it should, at once."""

from __future__ import annotations

import pytest

from handlers.i18n import ENGLISH, translator
from handlers.views.settings import home_keyboard
from tests.assistant import Person, labels, words
from tests.flow.world import ZH


async def test_the_language_changes_everything_that_follows(ann: Person) -> None:
    settings = await ann.say("/settings")
    await ann.press(settings, "中文")

    assert words(ann.now(settings)).startswith("⚙️ 设置")
    assert ann.keyboard == [list(row) for row in home_keyboard(ZH)]
    assert labels(await ann.say("buy 0.01 btc @ 60k"))[0] == "✅ 限价买入 0.01 BTC @ 60,000"
    assert words(await ann.say("/orders")) == ZH("📋 No open orders.")

    await ann.press(ann.now(settings), "English")
    assert words(ann.now(settings)).startswith("⚙️ Settings")
    assert ann.keyboard == [list(row) for row in home_keyboard(translator(ENGLISH))]


async def test_the_present_choice_is_marked_and_pressing_it_changes_nothing(ann: Person) -> None:
    settings = await ann.say("/settings")
    assert [label for label in labels(settings) if label.endswith("●")] == [
        "English ●",
        "Green is up ●",
        "Dark charts ●",
        "USDT ●",
    ]

    assert await ann.press(settings, "English ●") == settings


async def test_holdings_are_worth_something_in_the_chosen_currency(ann: Person) -> None:
    settings = await ann.press(await ann.say("/settings"), "BTC")

    assert "Worth in  BTC" in words(settings)
    assert words(await ann.say("/balance")).split(" · ")[0].endswith("BTC")


async def test_red_may_be_the_colour_of_a_rise(ann: Person) -> None:
    assert "🟢 Buy 0.01 BTC" in words(await ann.say("buy 0.01 btc @ 60k"))

    settings = await ann.press(await ann.say("/settings"), "Red is up")

    assert "Rising prices  red" in words(settings)
    assert "🔴 Buy 0.01 BTC" in words(await ann.say("buy 0.01 btc @ 60k"))


async def test_charts_may_be_light(ann: Person) -> None:
    dark = await ann.say("/chart btc")

    settings = await ann.press(await ann.say("/settings"), "Light charts")

    assert "Charts  light" in words(settings)
    light = await ann.say("/chart btc")
    assert light["photo"][0]["file_unique_id"] != dark["photo"][0]["file_unique_id"]


async def test_the_time_zone_is_chosen_by_button(ann: Person) -> None:
    zones = await ann.press(await ann.say("/settings"), "🕒")
    assert "Your time zone is UTC" in words(zones)

    settings = await ann.press(zones, "Asia/Shanghai")

    assert "Time zone  Asia/Shanghai" in words(settings)
    assert "UTC+8" in words(await ann.say("btc"))


@pytest.mark.parametrize("said", ["Asia/Singapore", "asia/singapore", " Asia/singapore "])
async def test_the_time_zone_may_be_written(ann: Person, said: str) -> None:
    await ann.press(await ann.say("/settings"), "🕒")

    assert "Time zone  Asia/Singapore" in words(await ann.say(said))


@pytest.mark.parametrize("said", ["Berlin time", "<b>Mars</b>", "../../etc/passwd", "x" * 4_000])
async def test_a_zone_that_is_none_is_asked_for_again(ann: Person, said: str) -> None:
    await ann.press(await ann.say("/settings"), "🕒")

    assert "I don't know the time zone" in words(await ann.say(said))
    assert "Time zone  Europe/Berlin" in words(await ann.say("Europe/Berlin"))


async def test_back_drops_the_question(ann: Person) -> None:
    zones = await ann.press(await ann.say("/settings"), "🕒")

    assert words(await ann.press(zones, "‹")).startswith("⚙️ Settings")
    assert "BTC/USDT" in words(await ann.say("btc"))


async def test_a_coin_or_an_order_leaves_the_question(ann: Person) -> None:
    await ann.press(await ann.say("/settings"), "🕒")
    assert "SOL/USDT" in words(await ann.say("sol"))

    await ann.press(await ann.say("/settings"), "🕒")
    assert labels(await ann.say("buy 0.01 btc @ 60k"))[0] == "✅ Buy 0.01 BTC @ 60,000"


async def test_settings_outlive_the_card_that_was_drawn_before(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc @ 50k")
    await ann.press(await ann.say("/settings"), "中文")

    assert words(await ann.press(card, "✅")).startswith("🟡")
    assert labels(ann.now(card))[0] == ZH("⏹ Cancel order")


async def test_the_default_account_is_shown_with_its_badge(ann: Person) -> None:
    accounts = await ann.press(await ann.say("/settings"), "🏦")

    assert "● Paper · PAPER · built-in practice venue" in words(accounts)
    assert labels(accounts)[-2:] == ["💼 Balance", "⚙️ Settings"]
