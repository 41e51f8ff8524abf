"""Alerts in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.buttons import RemoveAlert, SetAlert
from handlers.parsing import parse_alert
from handlers.views import alerts
from services.alerts import MAX_WATCHING
from services.domain.accounts import Member
from services.domain.alerts import Condition, Direction, PercentMove, PriceCross
from tests.handlers.views.values import (
    ADA,
    AT,
    ETH,
    LI,
    PERPETUAL,
    D,
    buttons,
    hostile_market,
    parsed,
    price,
    quote,
    shown,
    t_of,
    watch,
)

EN, ZH = t_of(ADA), t_of(LI)
ABOVE, BELOW = PriceCross(Direction.UP, D(70_000)), PriceCross(Direction.DOWN, D("59999.5"))
RISE = PercentMove(Direction.UP, D("2.5"), timedelta(hours=1))
FALL = PercentMove(Direction.DOWN, D(5), timedelta(minutes=15))
LONG = PercentMove(Direction.DOWN, D(10), timedelta(hours=24))
CONDITIONS: tuple[Condition, ...] = (ABOVE, BELOW, RISE, FALL, LONG)
EVERY_KIND = [
    watch(condition, number=number) for number, condition in enumerate(CONDITIONS, start=1)
]
PAST = watch(ABOVE, fired_at=AT, fired_price=D("70001.5"))
FIRED = replace(PAST, quote=quote(last=D(70_002)))
FIRED_PERPETUAL = replace(
    watch(ABOVE, market=PERPETUAL, fired_at=AT, fired_price=D(70_001)),
    quote=quote(PERPETUAL, last=D(70_000)),
)


def test_a_new_alert() -> None:
    assert (
        shown(alerts.created(watch(ABOVE), EN))
        == """\
🔔 <b>Alert set</b>: BTC/USDT reaches 70,000.00 or more
Now 65,000.00. I will tell you here, once.
[🗑 Remove] [🔔 All alerts]"""
    )
    assert (
        shown(alerts.created(watch(ABOVE), ZH))
        == """\
🔔 <b>提醒已设置</b>：BTC/USDT 涨至 70,000.00 或以上
现价 65,000.00。触发时会在这里提醒您一次。
[🗑 删除] [🔔 全部提醒]"""
    )


def test_an_alert_that_fired() -> None:
    assert (
        shown(alerts.fired(FIRED, ADA, EN))
        == """\
🔔 <b>BTC/USDT 70,001.50</b>
Your alert: BTC/USDT reaches 70,000.00 or more
<i>Nov 22 08:05 UTC</i>
[📈 Chart] [Buy] [Sell]"""
    )
    assert (
        shown(alerts.fired(FIRED, LI, ZH))
        == """\
🔔 <b>BTC/USDT 70,001.50</b>
您的提醒：BTC/USDT 涨至 70,000.00 或以上
<i>11月22日 16:05 UTC+8</i>
[📈 K 线] [买入] [卖出]"""
    )


def test_a_level_that_was_left_again_is_told_as_such() -> None:
    assert (
        shown(alerts.fired(PAST, ADA, EN))
        == """\
🔔 <b>BTC/USDT 70,001.50</b>
Your alert: BTC/USDT reaches 70,000.00 or more
It came and went: now 65,000.00.
<i>Nov 22 08:05 UTC</i>
[📈 Chart] [Buy] [Sell]"""
    )
    assert (
        shown(alerts.fired(PAST, LI, ZH))
        == """\
🔔 <b>BTC/USDT 70,001.50</b>
您的提醒：BTC/USDT 涨至 70,000.00 或以上
触及后又离开：现价 65,000.00。
<i>11月22日 16:05 UTC+8</i>
[📈 K 线] [买入] [卖出]"""
    )


@pytest.mark.parametrize(
    ("condition", "last", "is_past"),
    [
        (ABOVE, "69999.99", True),
        (ABOVE, "70000", False),
        (BELOW, "60000", True),
        (BELOW, "59999.5", False),
        (RISE, "1", False),
    ],
)
def test_only_a_level_can_be_left_again(condition: Condition, last: str, *, is_past: bool) -> None:
    fired = watch(condition, fired_at=AT, fired_price=D(1))

    text = alerts.fired(replace(fired, quote=quote(last=D(last))), ADA, EN).text

    assert ("It came and went" in text) is is_past


def test_a_perpetuals_alert_offers_no_order() -> None:
    assert (
        shown(alerts.fired(FIRED_PERPETUAL, ADA, EN))
        == """\
🔔 <b>BTC/USDT:USDT 70,001.0</b>
Your alert: BTC/USDT:USDT reaches 70,000.0 or more
<i>Nov 22 08:05 UTC</i>
[📈 Chart]"""
    )
    assert (
        shown(alerts.fired(FIRED_PERPETUAL, LI, ZH))
        == """\
🔔 <b>BTC/USDT:USDT 70,001.0</b>
您的提醒：BTC/USDT:USDT 涨至 70,000.0 或以上
<i>11月22日 16:05 UTC+8</i>
[📈 K 线]"""
    )


def test_every_kind_of_alert() -> None:
    assert (
        shown(alerts.watching(EVERY_KIND, EN))
        == """\
🔔 <b>Alerts</b>
<b>1.</b> BTC/USDT reaches 70,000.00 or more, now 65,000.00
<b>2.</b> BTC/USDT falls to 59,999.50 or less, now 65,000.00
<b>3.</b> BTC/USDT rises 2.5% within 1 hour, now 65,000.00
<b>4.</b> BTC/USDT falls 5% within 15 minutes, now 65,000.00
<b>5.</b> BTC/USDT falls 10% within 24 hours, now 65,000.00
[🗑 1] [🗑 2] [🗑 3] [🗑 4] [🗑 5]
[➕ New alert]"""
    )
    assert (
        shown(alerts.watching(EVERY_KIND, ZH))
        == """\
🔔 <b>提醒</b>
<b>1.</b> BTC/USDT 涨至 70,000.00 或以上，现价 65,000.00
<b>2.</b> BTC/USDT 跌至 59,999.50 或以下，现价 65,000.00
<b>3.</b> BTC/USDT 在 1 小时内上涨 2.5%，现价 65,000.00
<b>4.</b> BTC/USDT 在 15 分钟内下跌 5%，现价 65,000.00
<b>5.</b> BTC/USDT 在 24 小时内下跌 10%，现价 65,000.00
[🗑 1] [🗑 2] [🗑 3] [🗑 4] [🗑 5]
[➕ 新提醒]"""
    )


def test_no_alerts() -> None:
    assert (
        shown(alerts.watching([], EN))
        == """\
🔔 No alerts.
Write <code>btc &gt; 70000</code> or <code>eth -5% 1h</code>.
[➕ New alert]"""
    )
    assert (
        shown(alerts.watching([], ZH))
        == """\
🔔 暂无提醒。
发送 <code>btc &gt; 70000</code> 或 <code>eth -5% 1h</code> 即可设置。
[➕ 新提醒]"""
    )


def test_a_removed_alert() -> None:
    assert (
        shown(alerts.removed(watch(FALL), EN))
        == """\
🗑 Alert removed: BTC/USDT falls 5% within 15 minutes
[↩️ Undo] [🔔 All alerts]"""
    )
    assert (
        shown(alerts.removed(watch(FALL), ZH))
        == """\
🗑 提醒已删除：BTC/USDT 在 15 分钟内下跌 5%
[↩️ 撤销] [🔔 全部提醒]"""
    )


def test_which_coin() -> None:
    assert (
        shown(alerts.ask_symbol([price(), price(ETH)] * 3, EN))
        == """\
🔔 <b>New alert</b>: which coin?
<i>Or write it all:</i> <code>btc &gt; 70000</code>, <code>eth -5% 1h</code>
[BTC] [ETH] [BTC]
[ETH] [BTC] [ETH]"""
    )
    assert (
        shown(alerts.ask_symbol([price(), price(ETH)] * 3, ZH))
        == """\
🔔 <b>新提醒</b>：哪个币种？
<i>也可以一句话写完：</i> <code>btc &gt; 70000</code>、<code>eth -5% 1h</code>
[BTC] [ETH] [BTC]
[ETH] [BTC] [ETH]"""
    )


def test_which_level() -> None:
    assert (
        shown(alerts.ask_level(price(), EN))
        == """\
🔔 <b>BTC/USDT</b> is at 65,000.00. Tell you at which price?
<i>Tap one, or write a price or a move like</i> <code>-5% 1h</code>
[-5% 61,750.00] [-2% 63,700.00] [-1% 64,350.00]
[+1% 65,650.00] [+2% 66,300.00] [+5% 68,250.00]"""
    )
    assert (
        shown(alerts.ask_level(price(), ZH))
        == """\
🔔 <b>BTC/USDT</b> 现价 65,000.00。到什么价格提醒您？
<i>点选一个，或发送价格、涨跌幅，如</i> <code>-5% 1h</code>
[-5% 61,750.00] [-2% 63,700.00] [-1% 64,350.00]
[+1% 65,650.00] [+2% 66,300.00] [+5% 68,250.00]"""
    )


def test_an_alert_that_fired_is_a_message_of_its_own() -> None:
    assert alerts.fired(FIRED, ADA, EN).is_new


def test_every_alert_is_listed_with_a_way_out() -> None:
    most = [watch(ABOVE, number=number) for number in range(1, MAX_WATCHING + 1)]

    reply = alerts.watching(most, EN)

    assert len(reply.text.splitlines()) == 1 + MAX_WATCHING
    assert [b.payload for b in buttons(reply)[:-1]] == [RemoveAlert(w.alert.id) for w in most]
    assert max(len(row) for row in reply.rows) == 5

    assert len(buttons(reply)) <= 100


def test_every_level_button_reads_as_an_alert_on_its_side() -> None:
    for button in buttons(alerts.ask_level(price(), EN)):
        assert isinstance(button.payload, SetAlert)
        wish = parse_alert(button.payload.text, is_command=True)
        assert wish is not None
        assert wish.coin == "BTC/USDT"
        assert wish.level is not None
        is_rise = button.label.startswith("+")
        assert wish.direction is (Direction.UP if is_rise else Direction.DOWN)
        assert (wish.level > price().quote.last) is is_rise


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_alerts_are_escaped_and_fit(reader: Member) -> None:
    t, market = t_of(reader), hostile_market()
    far = PriceCross(Direction.UP, D("999999999999.12345678"))
    value = watch(far, number=9_999, market=market)
    value = replace(value, quote=quote(market, last=D("0.00001234")))

    for reply in (
        alerts.created(value, t),
        alerts.fired(value, reader, t),
        alerts.watching([value] * MAX_WATCHING, t),
        alerts.removed(value, t),
        alerts.ask_symbol([price(market)] * 6, t),
        alerts.ask_level(price(market, last=far.level), t),
    ):
        assert len(parsed(reply)) <= 4_096
        assert all(len(button.label) <= 64 for button in buttons(reply))
    assert market.symbol in parsed(alerts.created(value, t))
