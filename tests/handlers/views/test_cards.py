"""Order cards in both languages: everything that one decides by, and the deed on the button."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.buttons import ConfirmOrder, DeclineOrder, EditOrder, HalveOrder
from handlers.views import cards
from handlers.views.charts import CandleChart
from services.domain.accounts import Member
from services.domain.market import OrderBook
from services.domain.orders import Side
from services.risk import Rounding
from tests.handlers.views.values import (
    ADA,
    BOOK,
    ETH,
    HOSTILE_ACCOUNT,
    LI,
    LIVE,
    D,
    buttons,
    card,
    hostile_market,
    order,
    parsed,
    price,
    request,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
MARKET_BUY, MARKET_SALE = request(limit=None), request(Side.SELL, limit=None)
ROUNDED = (
    Rounding("price", D("60000.004"), D(60_000)),
    Rounding("amount", D("0.0100005"), D("0.01")),
)
COINS = [price(), price(ETH), price(), price(ETH)]


def test_a_limit_order() -> None:
    assert (
        shown(cards.card(card(), ADA, EN))
        == """\
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
Limit price  <b>60,000.00 USDT</b>
vs market  <b>-7.69%</b>, rests in the book
Costs at most  <b>600.00 USDT</b>
Fee  ≈ 0.00001 BTC
Free after  0.50999 BTC · 9,400.00 USDT
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Buy 0.01 BTC @ 60,000]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(), LI, ZH))
        == """\
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
限价  <b>60,000.00 USDT</b>
较市价  <b>-7.69%</b>，将挂单等待
最多支付  <b>600.00 USDT</b>
手续费  ≈ 0.00001 BTC
成交后可用  0.50999 BTC · 9,400.00 USDT
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 限价买入 0.01 BTC @ 60,000]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


def test_a_market_purchase() -> None:
    assert (
        shown(cards.card(card(MARKET_BUY), ADA, EN))
        == """\
🟢 <b>Buy 0.01 BTC at market</b>
BTC/USDT · Paper · <b>PAPER</b>
Price  <b>market</b>, now ≈ 65,000.00 USDT
Worst cost by the book  <b>≈ 650.10 USDT</b>
Fee  ≈ 0.00001 BTC
Free after  0.50999 BTC · 9,349.90 USDT
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Buy 0.01 BTC at market]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(MARKET_BUY), LI, ZH))
        == """\
🔴 <b>市价买入 0.01 BTC</b>
BTC/USDT · Paper · <b>PAPER</b>
价格  <b>市价</b>，现约 65,000.00 USDT
按盘口最差支出  <b>≈ 650.10 USDT</b>
手续费  ≈ 0.00001 BTC
成交后可用  0.50999 BTC · 9,349.90 USDT
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 市价买入 0.01 BTC]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


def test_a_sale_on_a_live_account() -> None:
    assert (
        shown(cards.card(card(MARKET_SALE, account=LIVE), ADA, EN))
        == """\
🔴 <b>Sell 0.01 BTC at market</b>
BTC/USDT · Main · <b>LIVE</b>
Price  <b>market</b>, now ≈ 65,000.00 USDT
At worst by the book  <b>≈ 649.90 USDT</b>, less the fee
Fee  ≈ 0.65 USDT
Free after  0.49 BTC · 10,649.25 USDT
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Sell 0.01 BTC at market]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(MARKET_SALE, account=LIVE), LI, ZH))
        == """\
🟢 <b>市价卖出 0.01 BTC</b>
BTC/USDT · Main · <b>LIVE</b>
价格  <b>市价</b>，现约 65,000.00 USDT
按盘口最差收入  <b>≈ 649.90 USDT</b>，未扣手续费
手续费  ≈ 0.65 USDT
成交后可用  0.49 BTC · 10,649.25 USDT
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 市价卖出 0.01 BTC]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


def test_a_new_quote_after_the_price_moved() -> None:
    assert (
        shown(cards.card(card(MARKET_BUY, is_requoted=True), ADA, EN))
        == """\
🔁 <b>The price moved: here is a new quote. Nothing was sent.</b>
🟢 <b>Buy 0.01 BTC at market</b>
BTC/USDT · Paper · <b>PAPER</b>
Price  <b>market</b>, now ≈ 65,000.00 USDT
Worst cost by the book  <b>≈ 650.10 USDT</b>
Fee  ≈ 0.00001 BTC
Free after  0.50999 BTC · 9,349.90 USDT
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Buy 0.01 BTC at market]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(MARKET_BUY, is_requoted=True), LI, ZH))
        == """\
🔁 <b>价格已变动，这是新报价。未提交任何委托。</b>
🔴 <b>市价买入 0.01 BTC</b>
BTC/USDT · Paper · <b>PAPER</b>
价格  <b>市价</b>，现约 65,000.00 USDT
按盘口最差支出  <b>≈ 650.10 USDT</b>
手续费  ≈ 0.00001 BTC
成交后可用  0.50999 BTC · 9,349.90 USDT
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 市价买入 0.01 BTC]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


def test_what_was_rounded_is_said() -> None:
    assert (
        shown(cards.card(card(roundings=ROUNDED), ADA, EN))
        == """\
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
Limit price  <b>60,000.00 USDT</b>
vs market  <b>-7.69%</b>, rests in the book
Costs at most  <b>600.00 USDT</b>
Fee  ≈ 0.00001 BTC
Free after  0.50999 BTC · 9,400.00 USDT
ℹ️ Price 60,000.004 was rounded to 60,000: the venue's step is 0.01.
ℹ️ Amount 0.0100005 was rounded to 0.01: the venue's step is 0.00001.
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Buy 0.01 BTC @ 60,000]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(roundings=ROUNDED), LI, ZH))
        == """\
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
限价  <b>60,000.00 USDT</b>
较市价  <b>-7.69%</b>，将挂单等待
最多支付  <b>600.00 USDT</b>
手续费  ≈ 0.00001 BTC
成交后可用  0.50999 BTC · 9,400.00 USDT
ℹ️ 价格 60,000.004 已取整为 60,000：交易所的价格步长为 0.01。
ℹ️ 数量 0.0100005 已取整为 0.01：交易所的数量步长为 0.00001。
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 限价买入 0.01 BTC @ 60,000]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


def test_a_price_far_below_the_market_is_asked_about() -> None:
    assert (
        shown(cards.card(card(request(limit="50000")), ADA, EN))
        == """\
🟢 <b>Buy 0.01 BTC @ 50,000</b>
BTC/USDT · Paper · <b>PAPER</b>
Limit price  <b>50,000.00 USDT</b>
vs market  <b>-23.08%</b>, rests in the book
Costs at most  <b>500.00 USDT</b>
Fee  ≈ 0.00001 BTC
Free after  0.50999 BTC · 9,500.00 USDT
⚠️ More than 10% away from the market. Is the price right?
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Buy 0.01 BTC @ 50,000]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(request(limit="50000")), LI, ZH))
        == """\
🔴 <b>限价买入 0.01 BTC @ 50,000</b>
BTC/USDT · Paper · <b>PAPER</b>
限价  <b>50,000.00 USDT</b>
较市价  <b>-23.08%</b>，将挂单等待
最多支付  <b>500.00 USDT</b>
手续费  ≈ 0.00001 BTC
成交后可用  0.50999 BTC · 9,500.00 USDT
⚠️ 偏离市价超过 10%。价格对吗？
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 限价买入 0.01 BTC @ 50,000]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


def test_a_sale_far_below_the_market_is_warned_of() -> None:
    assert (
        shown(cards.card(card(request(Side.SELL, "0.5", "50000")), ADA, EN))
        == """\
🔴 <b>Sell 0.5 BTC @ 50,000</b>
BTC/USDT · Paper · <b>PAPER</b>
Limit price  <b>50,000.00 USDT</b>
vs market  <b>-23.08%</b>, trades at once
Brings at least  <b>25,000.00 USDT</b>, less the fee
Fee  ≈ 25.00 USDT
Free after  0 BTC · 34,975.00 USDT
⚠️ More than 10% worse than the market. Is the price right?
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Sell 0.5 BTC @ 50,000]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(request(Side.SELL, "0.5", "50000")), LI, ZH))
        == """\
🟢 <b>限价卖出 0.5 BTC @ 50,000</b>
BTC/USDT · Paper · <b>PAPER</b>
限价  <b>50,000.00 USDT</b>
较市价  <b>-23.08%</b>，将立即成交
至少收入  <b>25,000.00 USDT</b>，未扣手续费
手续费  ≈ 25.00 USDT
成交后可用  0 BTC · 34,975.00 USDT
⚠️ 比市价不利超过 10%。价格对吗？
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 限价卖出 0.5 BTC @ 50,000]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


def test_a_book_that_is_too_thin_is_warned_of() -> None:
    assert (
        shown(cards.card(card(request(Side.SELL, "5", None)), ADA, EN))
        == """\
🔴 <b>Sell 5 BTC at market</b>
BTC/USDT · Paper · <b>PAPER</b>
Price  <b>market</b>, now ≈ 65,000.00 USDT
At worst by the book  <b>≈ 162,295.00 USDT</b>, less the fee
Fee  ≈ 162.30 USDT
Free after  0 BTC · 172,132.70 USDT
⚠️ The order book is too thin: only a part would be filled.
<i>Valid for 60 s. Nothing is sent until you confirm.</i>
[✅ Sell 5 BTC at market]
[Half size] [✏️ Edit] [✖️ Cancel]"""
    )
    assert (
        shown(cards.card(card(request(Side.SELL, "5", None)), LI, ZH))
        == """\
🟢 <b>市价卖出 5 BTC</b>
BTC/USDT · Paper · <b>PAPER</b>
价格  <b>市价</b>，现约 65,000.00 USDT
按盘口最差收入  <b>≈ 162,295.00 USDT</b>，未扣手续费
手续费  ≈ 162.30 USDT
成交后可用  0 BTC · 172,132.70 USDT
⚠️ 盘口深度不足，只能成交一部分。
<i>60 秒内有效。您确认之前不会提交任何委托。</i>
[✅ 市价卖出 5 BTC]
[减半] [✏️ 修改] [✖️ 取消]"""
    )


# Around the card.


def test_what_to_change() -> None:
    assert (
        shown(cards.edit_choice(11, EN))
        == """\
✏️ What should change?
[Amount] [Limit price]
[✖️ Cancel]"""
    )
    assert (
        shown(cards.edit_choice(11, ZH))
        == """\
✏️ 要修改哪一项？
[数量] [限价]
[✖️ 取消]"""
    )


def test_the_new_price() -> None:
    assert (
        shown(cards.ask_value("price", EN))
        == """\
Write the new limit price, like <code>60,000</code> or <code>60k</code>."""
    )
    assert (
        shown(cards.ask_value("price", ZH))
        == """\
请发送新的限价，如 <code>60,000</code> 或 <code>6万</code>。"""
    )


def test_the_new_amount() -> None:
    assert (
        shown(cards.ask_value("amount", EN))
        == """\
Write the new amount, like <code>0.01</code>, <code>$200</code> or <code>50%</code>."""
    )
    assert (
        shown(cards.ask_value("amount", ZH))
        == """\
请发送新的数量，如 <code>0.01</code>、<code>$200</code> 或 <code>50%</code>。"""
    )


def test_which_coin_to_buy() -> None:
    assert (
        shown(cards.ask_symbol(Side.BUY, COINS, EN))
        == """\
🟢 <b>Buy</b>: which coin?
<i>Or write it all:</i> <code>buy 0.01 btc @ 60k</code>
[BTC] [ETH] [BTC]
[ETH]"""
    )
    assert (
        shown(cards.ask_symbol(Side.BUY, COINS, ZH))
        == """\
🟢 <b>买入</b>：哪个币种？
<i>也可以一句话写完：</i> <code>买 0.01 BTC 限价 60000</code>
[BTC] [ETH] [BTC]
[ETH]"""
    )


def test_which_coin_to_sell() -> None:
    assert (
        shown(cards.ask_symbol(Side.SELL, COINS, EN))
        == """\
🔴 <b>Sell</b>: which coin?
<i>Or write it all:</i> <code>sell half my eth</code>
[BTC] [ETH] [BTC]
[ETH]"""
    )
    assert (
        shown(cards.ask_symbol(Side.SELL, COINS, ZH))
        == """\
🔴 <b>卖出</b>：哪个币种？
<i>也可以一句话写完：</i> <code>卖一半 ETH</code>
[BTC] [ETH] [BTC]
[ETH]"""
    )


def test_how_much_to_buy() -> None:
    assert (
        shown(cards.ask_size(Side.BUY, price(), EN))
        == """\
🟢 <b>Buy BTC</b>: how much? It costs 65,000.00 now.
<i>Or write an amount, also with a price:</i> <code>0.01 @ 65,000.00</code>
[$50] [$100] [$500]
[25%] [50%] [100%]"""
    )
    assert (
        shown(cards.ask_size(Side.BUY, price(), ZH))
        == """\
🟢 <b>买入 BTC</b>：买多少？现价 65,000.00。
<i>也可以发送数量，或带上价格：</i> <code>0.01 @ 65,000.00</code>
[$50] [$100] [$500]
[25%] [50%] [100%]"""
    )


def test_how_much_to_sell() -> None:
    assert (
        shown(cards.ask_size(Side.SELL, price(), EN))
        == """\
🔴 <b>Sell BTC</b>: how much? It brings 65,000.00 now.
<i>Or write an amount, also with a price:</i> <code>0.01 @ 65,000.00</code>
[$50] [$100] [$500]
[25%] [50%] [100%]"""
    )
    assert (
        shown(cards.ask_size(Side.SELL, price(), ZH))
        == """\
🔴 <b>卖出 BTC</b>：卖多少？现价 65,000.00。
<i>也可以发送数量，或带上价格：</i> <code>0.01 @ 65,000.00</code>
[$50] [$100] [$500]
[25%] [50%] [100%]"""
    )


def test_a_dropped_card() -> None:
    assert (
        shown(cards.declined(order(), EN))
        == """\
✖️ Cancelled. Nothing was sent.
[🔁 Ask again]"""
    )
    assert (
        shown(cards.declined(order(), ZH))
        == """\
✖️ 已取消，未提交任何委托。
[🔁 重新报价]"""
    )


def test_a_replaced_card() -> None:
    assert (
        shown(cards.replaced(EN))
        == """\
✏️ Replaced by a new card. Nothing was sent."""
    )
    assert (
        shown(cards.replaced(ZH))
        == """\
✏️ 已由新卡片取代，未提交任何委托。"""
    )


# Beyond the words.


def test_the_first_button_confirms_and_has_the_colour_of_the_side() -> None:
    purchase, sale = (cards.card(card(of), ADA, EN) for of in (MARKET_BUY, MARKET_SALE))

    assert [button.payload for button in buttons(purchase)] == [
        ConfirmOrder(11),
        HalveOrder(11),
        EditOrder(11),
        DeclineOrder(11),
    ]
    assert (purchase.rows[0][0].style, sale.rows[0][0].style) == ("success", "danger")


def test_the_chart_shows_where_the_limit_lies() -> None:
    limit = cards.card(card(), ADA, EN).picture
    market = cards.card(card(MARKET_BUY), ADA, EN).picture

    assert isinstance(limit, CandleChart)
    assert [line.price for line in limit.lines] == [D(60_000)]
    assert isinstance(market, CandleChart)
    assert market.lines == ()


def test_nothing_after_is_never_less_than_nothing() -> None:
    everything = cards.card(card(request(amount="1", limit="60000")), ADA, EN)

    assert "0.00 USDT" in everything.text
    assert "-" not in everything.text.splitlines()[6]


@pytest.mark.parametrize("reader", [ADA, LI])
def test_a_hostile_card_is_escaped_and_fits(reader: Member) -> None:
    market = hostile_market()
    worst = request(amount="999999999999.12345678", limit="999999999999.12345678")
    value = card(worst, account=HOSTILE_ACCOUNT, book=OrderBook("", (), (), BOOK.at))
    value = replace(
        value, market=market, roundings=(Rounding("amount", D(10**18), D(10**18)),) * 2
    )

    reply = cards.card(replace(value, is_requoted=True), reader, t_of(reader))

    assert HOSTILE_ACCOUNT.name in parsed(reply)
    assert market.symbol in parsed(reply)
    assert len(parsed(reply)) <= 1_024
    assert all(len(button.label) <= 64 for button in buttons(reply))
