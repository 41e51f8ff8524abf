"""Receipts and lists of orders in both languages, in every state of an order's life."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.buttons import AskAgain, CancelOrder, ShowHistory, ShowOrder
from handlers.views import orders
from services.domain.accounts import Member
from services.domain.orders import OrderStatus, Side
from tests.handlers.views.values import (
    ADA,
    HOSTILE_ACCOUNT,
    LI,
    LIVE,
    buttons,
    fill,
    hostile_market,
    parsed,
    receipt,
    request,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
MARKET_SALE = request(Side.SELL, "0.5", None)
PARTLY = receipt(OrderStatus.OPEN, filled="0.0035", at="59999.123456")
REJECTED = receipt(OrderStatus.REJECTED, account=LIVE, reason="venue_refused")
TOO_LATE = receipt(OrderStatus.NOT_PLACED, reason="confirmed_too_long_ago")
THIN = receipt(OrderStatus.EXPIRED, MARKET_SALE, filled="0.2")
CANCELED_PARTLY = receipt(OrderStatus.CANCELED, filled="0.0035")
RESTING = [
    receipt(OrderStatus.OPEN, filled="0.0035"),
    receipt(OrderStatus.OPEN, request(Side.SELL, "0.2", "70000"), number=2),
]
ENDED = [
    receipt(OrderStatus.CLOSED, filled="0.01", number=5),
    receipt(OrderStatus.CANCELED, request(Side.SELL, "0.2", None), number=4),
]
TRADED = receipt(
    OrderStatus.CLOSED,
    filled="0.01",
    fills=(
        fill("0.004", "60000", is_maker=True),
        fill("0.006", "60000", is_maker=False, number=2),
    ),
)

# Receipts.


def test_a_card_that_waits() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.DRAFT), ADA, EN))
        == """\
⏳ <b>Not confirmed yet</b>
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
[🔄 Refresh]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.DRAFT), LI, ZH))
        == """\
⏳ <b>尚未确认</b>
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
[🔄 刷新]"""
    )


def test_a_dropped_card() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.DECLINED), ADA, EN))
        == """\
✖️ Cancelled. Nothing was sent.
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
[🔁 Ask again]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.DECLINED), LI, ZH))
        == """\
✖️ 已取消，未提交任何委托。
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
[🔁 重新报价]"""
    )


def test_an_expired_card() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.EXPIRED, number=None), ADA, EN))
        == """\
⌛ <b>Expired</b>. Nothing was sent.
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
[🔁 Ask again]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.EXPIRED, number=None), LI, ZH))
        == """\
⌛ <b>已过期</b>，未提交任何委托。
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
[🔁 重新报价]"""
    )


def test_an_order_that_was_confirmed() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.CONFIRMED), ADA, EN))
        == """\
⏳ <b>Sending…</b>
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · Nov 22 08:05 UTC</i>
[🔄 Refresh]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.CONFIRMED), LI, ZH))
        == """\
⏳ <b>提交中…</b>
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · 11月22日 16:05 UTC+8</i>
[🔄 刷新]"""
    )


def test_an_order_on_its_way() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.SENDING), ADA, EN))
        == """\
⏳ <b>Sending…</b>
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · Nov 22 08:05 UTC</i>
[🔄 Refresh]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.SENDING), LI, ZH))
        == """\
⏳ <b>提交中…</b>
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · 11月22日 16:05 UTC+8</i>
[🔄 刷新]"""
    )


def test_an_order_without_an_answer() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.UNKNOWN), ADA, EN))
        == """\
❓ <b>No answer yet</b>: checking whether it went through. Don't send it again.
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · Nov 22 08:05 UTC</i>
[🔄 Refresh]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.UNKNOWN), LI, ZH))
        == """\
❓ <b>尚无回应</b>：正在核实是否提交成功，请勿重复提交。
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · 11月22日 16:05 UTC+8</i>
[🔄 刷新]"""
    )


def test_an_open_order() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.OPEN), ADA, EN))
        == """\
🟡 <b>Placed</b>, waiting in the book
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · Nov 22 08:05 UTC</i>
[⏹ Cancel order]
[🔄 Refresh]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.OPEN), LI, ZH))
        == """\
🟡 <b>已下单</b>，挂单等待成交
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · 11月22日 16:05 UTC+8</i>
[⏹ 撤单]
[🔄 刷新]"""
    )


def test_a_partly_filled_order() -> None:
    assert (
        shown(orders.receipt(PARTLY, ADA, EN))
        == """\
🟡 <b>Partly filled</b>, the rest is in the book
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
▰▰▰▱▱▱▱▱▱▱ 35% · 0.0035 of 0.01 BTC
Average price  <b>59,999.1235 USDT</b>
Total  <b>210.00 USDT</b>
Fee  0.0000035 BTC
<i>#3 · Nov 22 08:05 UTC</i>
[⏹ Cancel order]
[🔄 Refresh]"""
    )
    assert (
        shown(orders.receipt(PARTLY, LI, ZH))
        == """\
🟡 <b>部分成交</b>，剩余挂单中
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
▰▰▰▱▱▱▱▱▱▱ 35% · 已成交 0.0035 / 0.01 BTC
成交均价  <b>59,999.1235 USDT</b>
成交额  <b>210.00 USDT</b>
手续费  0.0000035 BTC
<i>#3 · 11月22日 16:05 UTC+8</i>
[⏹ 撤单]
[🔄 刷新]"""
    )


def test_a_filled_order() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.CLOSED, filled="0.01"), ADA, EN))
        == """\
✅ <b>Filled</b>
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
Average price  <b>60,000.00 USDT</b>
Total  <b>600.00 USDT</b>
Fee  0.00001 BTC
<i>#3 · Nov 22 08:05 UTC</i>
[💼 Balance] [📈 Chart]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.CLOSED, filled="0.01"), LI, ZH))
        == """\
✅ <b>已成交</b>
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
成交均价  <b>60,000.00 USDT</b>
成交额  <b>600.00 USDT</b>
手续费  0.00001 BTC
<i>#3 · 11月22日 16:05 UTC+8</i>
[💼 资产] [📈 K 线]"""
    )


def test_a_canceled_order() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.CANCELED), ADA, EN))
        == """\
⏹ <b>Canceled</b>, nothing was filled
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · Nov 22 08:05 UTC</i>
[💼 Balance] [📈 Chart]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.CANCELED), LI, ZH))
        == """\
⏹ <b>已取消</b>，未成交
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · 11月22日 16:05 UTC+8</i>
[💼 资产] [📈 K 线]"""
    )


def test_a_partly_filled_order_that_was_canceled() -> None:
    assert (
        shown(orders.receipt(CANCELED_PARTLY, ADA, EN))
        == """\
⏹ <b>Canceled</b> after a part was filled
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
▰▰▰▱▱▱▱▱▱▱ 35% · 0.0035 of 0.01 BTC
Average price  <b>60,000.00 USDT</b>
Total  <b>210.00 USDT</b>
Fee  0.0000035 BTC
<i>#3 · Nov 22 08:05 UTC</i>
[💼 Balance] [📈 Chart]"""
    )
    assert (
        shown(orders.receipt(CANCELED_PARTLY, LI, ZH))
        == """\
⏹ <b>已取消</b>，部分已成交
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
▰▰▰▱▱▱▱▱▱▱ 35% · 已成交 0.0035 / 0.01 BTC
成交均价  <b>60,000.00 USDT</b>
成交额  <b>210.00 USDT</b>
手续费  0.0000035 BTC
<i>#3 · 11月22日 16:05 UTC+8</i>
[💼 资产] [📈 K 线]"""
    )


def test_an_order_that_ended_at_the_exchange() -> None:
    assert (
        shown(orders.receipt(receipt(OrderStatus.EXPIRED), ADA, EN))
        == """\
⌛ <b>Expired</b> at the exchange, nothing was filled
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · Nov 22 08:05 UTC</i>
[🔁 Ask again]"""
    )
    assert (
        shown(orders.receipt(receipt(OrderStatus.EXPIRED), LI, ZH))
        == """\
⌛ <b>已在交易所过期</b>，未成交
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
<i>#3 · 11月22日 16:05 UTC+8</i>
[🔁 重新报价]"""
    )


def test_a_market_order_in_a_thin_book() -> None:
    assert (
        shown(orders.receipt(THIN, ADA, EN))
        == """\
⌛ <b>Ended</b> after a part was filled: the book was too thin
🔴 <b>Sell 0.5 BTC at market</b>
BTC/USDT · Paper · <b>PAPER</b>
▰▰▰▰▱▱▱▱▱▱ 40% · 0.2 of 0.5 BTC
Average price  <b>60,000.00 USDT</b>
Total  <b>12,000.00 USDT</b>
Fee  0.0002 BTC
<i>#3 · Nov 22 08:05 UTC</i>
[🔁 Ask again]"""
    )
    assert (
        shown(orders.receipt(THIN, LI, ZH))
        == """\
⌛ <b>已结束</b>，部分成交：盘口深度不足
🟢 <b>市价卖出 0.5 BTC</b>
BTC/USDT · Paper · <b>PAPER</b>
▰▰▰▰▱▱▱▱▱▱ 40% · 已成交 0.2 / 0.5 BTC
成交均价  <b>60,000.00 USDT</b>
成交额  <b>12,000.00 USDT</b>
手续费  0.0002 BTC
<i>#3 · 11月22日 16:05 UTC+8</i>
[🔁 重新报价]"""
    )


def test_a_rejected_order_on_a_live_account() -> None:
    assert (
        shown(orders.receipt(REJECTED, ADA, EN))
        == """\
⛔ <b>Rejected</b>. Nothing was placed.
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Main · <b>LIVE</b>
The exchange refused the order.
<i>#3 · Nov 22 08:05 UTC</i>
[🔁 Ask again]"""
    )
    assert (
        shown(orders.receipt(REJECTED, LI, ZH))
        == """\
⛔ <b>已拒绝</b>，未下单。
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Main · <b>LIVE</b>
交易所拒绝了这笔委托。
<i>#3 · 11月22日 16:05 UTC+8</i>
[🔁 重新报价]"""
    )


def test_an_order_that_was_not_placed() -> None:
    assert (
        shown(orders.receipt(TOO_LATE, ADA, EN))
        == """\
⛔ <b>Not placed</b>. No money moved.
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
I was interrupted before it was sent, and prices may have moved.
<i>#3 · Nov 22 08:05 UTC</i>
[🔁 Ask again]"""
    )
    assert (
        shown(orders.receipt(TOO_LATE, LI, ZH))
        == """\
⛔ <b>未下单</b>，资金没有变动。
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
提交之前程序中断，价格可能已变动。
<i>#3 · 11月22日 16:05 UTC+8</i>
[🔁 重新报价]"""
    )


# Lists.


def test_open_orders() -> None:
    assert (
        shown(orders.open_orders(RESTING, ADA, EN))
        == """\
📋 <b>Open orders</b>
<b>#3</b> 🟢 Buy 0.01 BTC @ 60,000 · open 35%
<b>#2</b> 🔴 Sell 0.2 BTC @ 70,000 · open
[#3 details] [⏹ Cancel #3]
[#2 details] [⏹ Cancel #2]
[🔄 Refresh] [🗂 History]"""
    )
    assert (
        shown(orders.open_orders(RESTING, LI, ZH))
        == """\
📋 <b>当前委托</b>
<b>#3</b> 🔴 限价买入 0.01 BTC @ 60,000 · 待成交 35%
<b>#2</b> 🟢 限价卖出 0.2 BTC @ 70,000 · 待成交
[#3 详情] [⏹ 撤单 #3]
[#2 详情] [⏹ 撤单 #2]
[🔄 刷新] [🗂 历史委托]"""
    )


def test_no_open_orders() -> None:
    assert (
        shown(orders.open_orders([], ADA, EN))
        == """\
📋 No open orders.
[Buy] [Sell]
[🗂 History]"""
    )
    assert (
        shown(orders.open_orders([], LI, ZH))
        == """\
📋 暂无当前委托。
[买入] [卖出]
[🗂 历史委托]"""
    )


def test_ended_orders() -> None:
    assert (
        shown(orders.history(ENDED, ADA, EN))
        == """\
🗂 <b>Ended orders</b>
<b>#5</b> 🟢 Buy 0.01 BTC @ 60,000 · filled
    Nov 22 08:05 UTC · ⌀ 60,000.00 USDT
<b>#4</b> 🔴 Sell 0.2 BTC at market · canceled
    Nov 22 08:05 UTC
[#5] [#4]
[⏮ Newest]"""
    )
    assert (
        shown(orders.history(ENDED, LI, ZH))
        == """\
🗂 <b>历史委托</b>
<b>#5</b> 🔴 限价买入 0.01 BTC @ 60,000 · 已成交
    11月22日 16:05 UTC+8 · ⌀ 60,000.00 USDT
<b>#4</b> 🟢 市价卖出 0.2 BTC · 已取消
    11月22日 16:05 UTC+8
[#5] [#4]
[⏮ 最新]"""
    )


def test_no_ended_orders() -> None:
    assert (
        shown(orders.history([], ADA, EN))
        == """\
🗂 No ended orders.
[📋 Open orders]"""
    )
    assert (
        shown(orders.history([], LI, ZH))
        == """\
🗂 暂无历史委托。
[📋 当前委托]"""
    )


def test_one_order_with_its_trades() -> None:
    assert (
        shown(orders.details(TRADED, ADA, EN))
        == """\
✅ <b>Filled</b>
🟢 <b>Buy 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
Average price  <b>60,000.00 USDT</b>
Total  <b>600.00 USDT</b>
Fee  0.00001 BTC
<i>#3 · Nov 22 08:05 UTC</i>
Status  <b>filled</b>
Client id  <code>qtabcdefgh234567ab</code>
• 08:05 UTC  0.004 @ 60,000.00, maker
• 08:05 UTC  0.006 @ 60,000.00, taker
[💼 Balance] [📈 Chart]"""
    )
    assert (
        shown(orders.details(TRADED, LI, ZH))
        == """\
✅ <b>已成交</b>
🔴 <b>限价买入 0.01 BTC @ 60,000</b>
BTC/USDT · Paper · <b>PAPER</b>
成交均价  <b>60,000.00 USDT</b>
成交额  <b>600.00 USDT</b>
手续费  0.00001 BTC
<i>#3 · 11月22日 16:05 UTC+8</i>
状态  <b>已成交</b>
客户端订单号  <code>qtabcdefgh234567ab</code>
• 16:05 UTC+8  0.004 @ 60,000.00，挂单
• 16:05 UTC+8  0.006 @ 60,000.00，吃单
[💼 资产] [📈 K 线]"""
    )


# Beyond the words.


@pytest.mark.parametrize("status", OrderStatus)
def test_only_an_open_order_can_be_canceled(status: OrderStatus) -> None:
    payloads = [button.payload for button in buttons(orders.receipt(receipt(status), ADA, EN))]

    assert (CancelOrder(11) in payloads) == (status is OrderStatus.OPEN)


@pytest.mark.parametrize("status", OrderStatus)
def test_what_placed_nothing_can_be_asked_again(status: OrderStatus) -> None:
    payloads = [button.payload for button in buttons(orders.receipt(receipt(status), ADA, EN))]

    assert (AskAgain(11) in payloads) == (
        status
        in (
            OrderStatus.DECLINED,
            OrderStatus.EXPIRED,
            OrderStatus.REJECTED,
            OrderStatus.NOT_PLACED,
        )
    )


def test_a_receipt_keeps_the_chart_and_a_push_is_a_message_of_its_own() -> None:
    value = receipt(OrderStatus.CLOSED, filled="0.01")

    shown_there, pushed = orders.receipt(value, ADA, EN), orders.push(value, ADA, EN)

    assert (shown_there.keeps_picture, shown_there.is_new) == (True, False)
    assert (pushed.text, pushed.is_new, pushed.picture) == (shown_there.text, True, None)


def test_ten_open_orders_are_listed_and_the_rest_counted() -> None:
    many = [receipt(OrderStatus.OPEN, number=number) for number in range(12, 0, -1)]

    reply = orders.open_orders(many, ADA, EN)

    assert reply.text.splitlines()[-1] == "<i>and 2 more: /order with its number</i>"
    assert len(reply.rows) == 11


def test_a_page_leads_to_the_next_one_only_where_there_is_one() -> None:
    ended = [
        receipt(OrderStatus.CLOSED, filled="0.01", number=number) for number in range(9, 3, -1)
    ]

    full, last = orders.history(ended, ADA, EN), orders.history(ended[:5], ADA, EN)

    assert [button.payload for button in full.rows[1]] == [ShowHistory(), ShowHistory(5)]
    assert [button.payload for button in last.rows[1]] == [ShowHistory()]
    assert [button.label for button in full.rows[0]] == ["#9", "#8", "#7", "#6", "#5"]


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_receipts_are_escaped_and_fit(reader: Member) -> None:
    t, market = t_of(reader), hostile_market()
    worst = request(amount="999999999999.12345678", limit="999999999999.12345678")
    value = replace(
        receipt(OrderStatus.OPEN, worst, account=HOSTILE_ACCOUNT, filled="1234567.12345678"),
        market=market,
        fills=(fill("999999999999.12345678", "999999999999.12345678", is_maker=True),) * 99,
    )
    value = replace(value, order=replace(value.order, number=10**9, reason="venue_refused"))

    for reply, limit in (
        (orders.receipt(value, reader, t), 1_024),
        (orders.push(value, reader, t), 4_096),
        (orders.details(value, reader, t), 1_024),
        (orders.open_orders([value] * 50, reader, t), 4_096),
        (orders.history([value] * 5, reader, t), 4_096),
    ):
        assert market.base in parsed(reply)
        assert len(parsed(reply)) <= limit
        assert all(len(button.label) <= 64 for button in buttons(reply))
    assert ShowOrder(11) in [b.payload for b in buttons(orders.history([value], reader, t))]
