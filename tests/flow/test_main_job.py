"""From a price to a fill, a balance and an alert: what the product is for."""

from __future__ import annotations

from decimal import Decimal

from tests.assistant import Person, labels, words
from tests.flow.world import World


async def test_a_person_trades_and_is_told(world: World, ann: Person) -> None:
    price = await ann.say("btc")
    assert "BTC/USDT" in words(price)

    card = await ann.say("buy 0.01 btc")
    assert card["photo"]
    assert "PAPER" in words(card)

    receipt = await ann.press(card, "✅ Buy 0.01 BTC at market")
    assert receipt["message_id"] == card["message_id"]
    assert "Filled" in words(receipt)
    assert "Average price" in words(receipt)
    assert "#1 ·" in words(receipt)

    balance = await ann.press(receipt, "💼 Balance")
    assert "BTC 0.00999" in words(balance)

    alert = await ann.say("btc > 65000")
    assert "Alert set: BTC/USDT reaches 65,000.00 or more" in words(alert)

    await world.push("BTC", "1.1")
    await world.pass_time()
    fired = ann.last
    assert "🔔 BTC/USDT 67," in words(fired)
    assert "Your alert: BTC/USDT reaches 65,000.00 or more" in words(fired)
    assert labels(fired) == ["📈 Chart", "Buy", "Sell"]


async def test_the_same_in_chinese_and_by_buttons(bo: Person) -> None:
    which = await bo.say("买")
    how_much = await bo.press(which, "BTC")
    card = await bo.press(how_much, "$100")
    assert "模拟" in words(card) or "PAPER" in words(card)

    receipt = await bo.press(card, "✅ 市价买入")

    assert "已成交" in words(receipt)
    assert "BTC" in words(await bo.say("余额"))


async def test_what_a_purchase_costs_leaves_the_balance(ann: Person) -> None:
    receipt = await ann.press(await ann.say("buy $1,000 of eth"), "✅")

    spent = Decimal(words(receipt).partition("Total  ")[2].split()[0].replace(",", ""))
    left = words(await ann.say("/balance")).partition("USDT 9")[2].split()[0].replace(",", "")
    assert spent <= 1_000
    assert abs(Decimal("9" + left) + spent - 10_000) < Decimal("0.01")


async def test_a_sale_brings_the_money_back(ann: Person) -> None:
    await ann.press(await ann.say("buy 1 eth"), "✅")

    receipt = await ann.press(await ann.say("sell all my eth"), "✅ Sell")

    assert "Filled" in words(receipt)
    assert "ETH" not in words(await ann.say("/balance"))
