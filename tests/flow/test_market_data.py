"""Prices, charts of every length, trades and funding, as people ask for them."""

from __future__ import annotations

import pytest

from services.domain.market import Timeframe
from tests.assistant import Person, labels, words
from tests.flow.world import World

FRAMES = [frame.value for frame in Timeframe]


async def test_the_last_trades_are_a_picture_that_is_renewed_in_place(
    world: World, ann: Person
) -> None:
    shown = await ann.say("/trades eth")
    assert shown["photo"]
    assert "ETH/USDT" in words(shown)
    assert "100 trades in" in words(shown)
    assert "taken by buyers" in words(shown)

    world.clock.advance(Timeframe.M1.length)
    renewed = await ann.press(shown, "🔄 Refresh")

    assert renewed["message_id"] == shown["message_id"]
    assert words(renewed) != words(shown)


async def test_a_price_leads_to_trades_funding_and_the_pair(ann: Person) -> None:
    price = await ann.say("btc")
    assert labels(price)[-4:] == ["🟢 Live", "🧾 Trades", "💸 Funding", "🧭 Pair"]

    assert "Funding rate" in words(await ann.press(price, "💸 Funding"))
    assert "taken by buyers" in words(await ann.press(await ann.say("btc"), "🧾 Trades"))
    assert "may be traded" in words(await ann.press(await ann.say("btc"), "🧭 Pair"))
    assert labels(await ann.say("algo"))[-3:] == ["🟢 Live", "🧾 Trades", "🧭 Pair"]


async def test_a_book_leads_to_trades_and_back(ann: Person) -> None:
    trades = await ann.press(await ann.say("/book sol"), "🧾 Trades")
    assert "taken by buyers" in words(trades)

    assert "Best bid" in words(await ann.press(trades, "📖 Book"))


async def test_funding_is_told_in_words_a_year_and_money(ann: Person) -> None:
    said = words(await ann.say("/funding btc"))

    assert "BTC/USDT:USDT" in said
    assert "every 8 hours" in said
    assert "Whoever is" in said
    assert "A year at this rate" in said
    assert "Next payment  in 8 hours, Nov 22 16:00 UTC" in said
    assert "On a position of 1,000.00 USDT that is" in said


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/funding", "BTC/USDT:USDT"),
        ("/funding doge-perp", "DOGE/USDT:USDT"),
        ("/funding algo", "ALGO/USDT has no perpetual on this exchange"),
        ("/funding bct", "I don't know BCT"),
        ("/trades", "BTC/USDT"),
        ("/trades btc-perp", "BTC/USDT:USDT"),
        ("/trades bct", "I don't know BCT"),
    ],
)
async def test_what_is_asked_for_is_found_or_explained(
    ann: Person, text: str, answer: str
) -> None:
    assert answer in words(await ann.say(text))


async def test_it_is_asked_for_in_chinese(bo: Person) -> None:
    assert "BTC/USDT" in words(await bo.say("成交"))
    assert "BTC/USDT:USDT" in words(await bo.say("资金费率"))
    assert "4小时" in words(await bo.say("/chart eth 4小时"))
    assert "1周" in words(await bo.say("/chart eth 周线"))
    assert "30分" in words(await bo.say("/chart eth 30分钟"))


@pytest.mark.parametrize("frame", FRAMES)
async def test_every_timeframe_of_the_venue_is_a_chart(ann: Person, frame: str) -> None:
    chart = await ann.say(f"/chart eth {frame}")

    assert f"{frame} candles" in words(chart)
    assert chart["photo"]
    assert f"{frame} ●" in labels(chart)
    assert [label.removesuffix(" ●") for label in labels(chart)][: len(FRAMES)] == FRAMES


async def test_another_timeframe_takes_the_place_of_the_one_before(ann: Person) -> None:
    chart = await ann.say("/chart eth")

    weekly = await ann.press(chart, "1w")

    assert weekly["message_id"] == chart["message_id"]
    assert "1w candles" in words(weekly)


async def test_an_unknown_timeframe_lists_what_there_is(ann: Person) -> None:
    unknown = await ann.say("/chart eth 8h")
    assert "8h is no timeframe of this exchange" in words(unknown)
    assert f"It has: {' '.join(FRAMES)}." in words(unknown)

    chart = await ann.press(unknown, "4h")

    assert "ETH/USDT" in words(chart)
    assert "4h candles" in words(chart)


async def test_paper_alone_has_no_table_of_venues(ann: Person) -> None:
    assert "Venue, best bid" not in words(await ann.say("/price btc"))
