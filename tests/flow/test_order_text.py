"""Orders in one's own words: read strictly, corrected by buttons, rounded aloud."""

from __future__ import annotations

import pytest

from tests.assistant import Person, labels, words

ENGLISH = {
    "buy 0.01 btc @ 60k": "✅ Buy 0.01 BTC @ 60,000",
    "Buy 0.01 BTC at 60,000 please": "✅ Buy 0.01 BTC @ 60,000",
    "buy 0.1 eth": "✅ Buy 0.1 ETH at market",
    "buy $200 of SOL": "✅ Buy 1.",
    "buy sol with 200 usdt": "✅ Buy 1.",
    "sell half my eth": "✅ Sell 0.",
    "sell all eth": "✅ Sell 0.",
    "sell 0.5 eth @ 4000": "✅ Sell 0.5 ETH @ 4,000",
}
CHINESE = {
    "买 0.1 BTC 限价 60000": "✅ 限价买入 0.1 BTC",
    "买入0.01个比特币，6万": "✅ 限价买入 0.01 BTC",
    "用200u买sol": "✅ 市价买入 1.",
    "市价买 ０．１ eth": "✅ 市价买入 0.1 ETH",
    "卖一半ETH": "✅ 市价卖出 0.",
    "清仓 eth": "✅ 市价卖出 0.",
}
QUESTIONS = {
    "buy btc": "How much?",
    "buy 0.01": "Which coin?",
    "0.01 btc": "Buy or sell?",
    "buy limit 0.01 btc": "At which price?",
    "buy half btc": "share or a number",
    "buy 0.01 btc stop 50k": "orders are not offered yet",
    "long btc 0.01": "Long and short need contracts",
    "buy 0.01 btc tomorrow": "I stopped at tomorrow",
    "buy 101% of sol": "A share goes from above 0% to 100%",
    "buy 200 eur of btc": "is not what BTC is priced in",
    "buy 0.01 BTC-PERP": "is a perpetual",
}


async def test_english_orders_become_cards(ann: Person) -> None:
    await ann.press(await ann.say("buy 1 eth"), "✅")

    for text, label in ENGLISH.items():
        assert labels(await ann.say(text))[0].startswith(label), text


async def test_chinese_orders_become_cards(bo: Person) -> None:
    await bo.press(await bo.say("buy 1 eth"), "✅")

    for text, label in CHINESE.items():
        assert labels(await bo.say(text))[0].startswith(label), text


async def test_what_is_not_clear_is_asked_and_nothing_is_placed(ann: Person) -> None:
    for text, question in QUESTIONS.items():
        assert question in words(await ann.say(text)), text

    assert "No open orders" in words(await ann.say("/orders"))


async def test_a_slip_in_the_coin_is_put_right_by_a_button(ann: Person) -> None:
    question = await ann.say("buy 0.01 bct @ 60k")
    assert "I don't know BCT. Nothing was placed." in words(question)
    assert "Did you mean:" in words(question)
    assert "BTC/USDT" in labels(question)

    card = await ann.press(question, "BTC/USDT")

    assert labels(card)[0] == "✅ Buy 0.01 BTC @ 60,000"


async def test_a_slip_in_a_command_is_put_right_by_a_button(ann: Person) -> None:
    chart = await ann.press(await ann.say("/chart ehh 4h"), "ETH/USDT")
    assert "4h candles" in words(chart)

    price = await ann.press(await ann.say("/price slo"), "SOL/USDT")
    assert "SOL/USDT" in words(price)


async def test_too_small_an_order_offers_the_smallest_legal_one(ann: Person) -> None:
    refusal = await ann.say("buy 0.00001 btc @ 60k")
    assert "Too small" in words(refusal)
    assert "Nothing was placed" in words(refusal)

    card = await ann.press(refusal, "Use 0.0000")

    assert labels(card)[0].endswith("BTC @ 60,000")
    assert "Placed" in words(await ann.press(card, "✅"))


async def test_too_large_an_order_offers_what_the_money_buys(ann: Person) -> None:
    refusal = await ann.say("buy 0.5 btc @ 60k")
    assert "Not enough USDT: this needs 30,000, free are 10,000." in words(refusal)

    card = await ann.press(refusal, "Use 0.16666 BTC")

    assert labels(card)[0] == "✅ Buy 0.16666 BTC @ 60,000"


async def test_max_at_market_is_filled(ann: Person) -> None:
    card = await ann.press(await ann.say("buy 5 eth"), "Use")

    assert "Filled" in words(await ann.press(card, "✅"))


async def test_all_of_the_money_buys_what_it_can(ann: Person) -> None:
    card = await ann.say("buy 100% of sol")

    assert "Filled" in words(await ann.press(card, "✅"))


async def test_an_order_above_the_operators_limit_offers_what_is_possible(ann: Person) -> None:
    refusal = await ann.say("buy 1 btc @ 60k")

    assert "the limit per order is 50,000 USDT" in words(refusal)
    assert labels(refusal) == ["Use 0.16666 BTC"]


async def test_rounding_to_the_venues_grid_is_said(ann: Person) -> None:
    card = await ann.say("buy 0.0123456789 btc @ 60000.129")

    assert labels(card)[0] == "✅ Buy 0.01234 BTC @ 60,000.12"
    assert "Price 60,000.129 was rounded to 60,000.12" in words(card)
    assert "Amount 0.0123456789 was rounded to 0.01234" in words(card)


async def test_nothing_held_is_nothing_to_sell(ann: Person) -> None:
    assert "You hold no free SOL" in words(await ann.say("sell all sol"))
    assert "Not enough SOL" in words(await ann.say("sell 1 sol"))


@pytest.mark.parametrize("said", ["$100", "0.02", "25%", "0.02 @ 3,000"])
async def test_a_size_may_be_written_where_buttons_offer_some(ann: Person, said: str) -> None:
    how_much = await ann.press(await ann.say("/buy"), "ETH")
    assert labels(how_much) == ["$50", "$100", "$500", "25%", "50%", "100%"]

    card = await ann.say(said)

    assert "✅ Buy 0." in labels(card)[0]
    assert "ETH" in labels(card)[0]


async def test_a_question_ends_with_cancel_or_with_another_command(ann: Person) -> None:
    await ann.say("/buy eth")
    assert "OK, dropped" in words(await ann.say("/cancel"))
    assert "did not understand" in words(await ann.say("0.5"))

    await ann.say("/buy eth")
    await ann.say("/price")
    assert "did not understand" in words(await ann.say("0.5"))


async def test_an_order_in_place_of_an_answer_is_an_order(ann: Person) -> None:
    await ann.say("/buy eth")
    assert labels(await ann.say("buy 0.01 btc @ 60k"))[0] == "✅ Buy 0.01 BTC @ 60,000"

    await ann.say("/buy eth")
    assert "Alert set" in words(await ann.say("btc > 70000"))


async def test_chinese_slips_are_answered_in_chinese(bo: Person) -> None:
    question = await bo.say("买 0.01 bct 限价 60000")

    assert "不认识 BCT" in words(question)
    assert labels(await bo.press(question, "BTC/USDT"))[0].startswith("✅ 限价买入 0.01 BTC")
