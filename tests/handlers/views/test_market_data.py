"""Trades and funding in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from handlers.buttons import ShowFunding, ShowTrades
from handlers.views import market_data
from handlers.views.charts import TapeChart
from services.domain.accounts import Member, Position, PositionSide
from services.domain.market import Funding
from services.quotes import FundingNow, Tape
from tests.handlers.views.samples import tape
from tests.handlers.views.values import (
    ADA,
    AT,
    BTC,
    HOSTILE_ACCOUNT,
    LI,
    PERPETUAL,
    D,
    buttons,
    hostile_market,
    parsed,
    price,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
TAPE = Tape(price(), tape())
RATE = Funding(
    PERPETUAL.symbol,
    D("0.0001"),
    AT + timedelta(hours=7, minutes=55),
    timedelta(hours=8),
    D(65_000),
    AT,
)
FUNDING = FundingNow(price(PERPETUAL), RATE, D("10.95"))


def position(side: PositionSide) -> Position:
    return Position(PERPETUAL.symbol, side, D("0.5"), D(60_000), None, None, None, None)


def test_trades() -> None:
    assert (
        shown(market_data.trades(TAPE, ADA, EN))
        == """\
🟢 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
100 trades in 2 minutes: 2,293 BTC, 63% taken by buyers
Largest  <b>49.5 BTC</b> at 65,000.00, 02:58 UTC
<i>Paper PAPER · 08:05 UTC</i>
[📈 Chart] [📖 Book] [🔄 Refresh]
[Buy] [Sell] [🔔 Alert]"""
    )
    assert (
        shown(market_data.trades(TAPE, LI, ZH))
        == """\
🔴 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
2分钟内 100 笔成交：2,293 BTC，买方主动占 63%
最大一笔  <b>49.5 BTC</b>，价格 65,000.00，10:58 UTC+8
<i>Paper PAPER · 16:05 UTC+8</i>
[📈 K 线] [📖 盘口] [🔄 刷新]
[买入] [卖出] [🔔 提醒]"""
    )


def test_trades_are_a_picture() -> None:
    reply = market_data.trades(TAPE, ADA, EN)

    assert isinstance(reply.picture, TapeChart)
    assert buttons(reply)[2].payload == ShowTrades(BTC.symbol)


def test_one_trade_has_no_shares() -> None:
    text = market_data.trades(replace(TAPE, trades=tape(1)), ADA, EN).text

    assert "taken by buyers" not in text
    assert "Largest  <b>40 BTC</b>" in text


def test_without_trades_there_are_words_only() -> None:
    reply = market_data.trades(replace(TAPE, trades=()), ADA, EN)

    assert (reply.text, reply.picture) == ("Nobody has traded BTC/USDT lately.", None)


def test_funding() -> None:
    assert (
        shown(market_data.funding(FUNDING, ADA, EN))
        == """\
🟢 <b>BTC/USDT:USDT</b>  <b>65,000.0</b>  ▲ +2.50%
Funding rate  <b>+0.0100%</b> every 8 hours
▲ Whoever is long pays whoever is short.
A year at this rate  <b>+10.95%</b>
Next payment  <b>in 8 hours</b>, Nov 22 16:00 UTC
On a position of 1,000.00 USDT that is <b>0.10 USDT</b> each time.
<i>Paper PAPER · 08:05 UTC</i>
[📈 Chart] [🔔 Alert] [🔄 Refresh]"""
    )
    assert (
        shown(market_data.funding(FUNDING, LI, ZH))
        == """\
🔴 <b>BTC/USDT:USDT</b>  <b>65,000.0</b>  ▲ +2.50%
资金费率  <b>+0.0100%</b>，每8小时一次
▲ 多头付给空头。
按此费率折合年化  <b>+10.95%</b>
下次结算  <b>8小时后</b>，11月23日 00:00 UTC+8
对 1,000.00 USDT 的仓位，每次为 <b>0.10 USDT</b>。
<i>Paper PAPER · 16:05 UTC+8</i>
[📈 K 线] [🔔 提醒] [🔄 刷新]"""
    )


@pytest.mark.parametrize(
    ("side", "payment", "english", "chinese"),
    [
        (PositionSide.LONG, D("-3.25"), "long of 0.5 BTC pays", "多头 0.5 BTC 将支付"),
        (PositionSide.LONG, D("3.25"), "long of 0.5 BTC receives", "多头 0.5 BTC 将收取"),
        (PositionSide.SHORT, D("-3.25"), "short of 0.5 BTC pays", "空头 0.5 BTC 将支付"),
        (PositionSide.SHORT, D("3.25"), "short of 0.5 BTC receives", "空头 0.5 BTC 将收取"),
    ],
)
def test_the_own_position_is_told_in_money(
    side: PositionSide, payment: Decimal, english: str, chinese: str
) -> None:
    value = replace(FUNDING, position=position(side), payment=payment)

    assert f"Your {english} <b>≈ 3.25 USDT</b>." in market_data.funding(value, ADA, EN).text
    assert f"您的{chinese} <b>≈ 3.25 USDT</b>。" in market_data.funding(value, LI, ZH).text


@pytest.mark.parametrize(
    ("rate", "says"),
    [("-0.0001", "▼ Whoever is short pays whoever is long."), ("0", "▬ Nobody pays anybody")],
)
def test_who_pays_whom(rate: str, says: str) -> None:
    value = replace(FUNDING, funding=replace(RATE, rate=D(rate)))

    assert says in market_data.funding(value, ADA, EN).text


def test_what_the_venue_does_not_say_is_left_out() -> None:
    silent = replace(RATE, next_at=None, period=None, mark=None, rate=D(0))

    assert (
        shown(market_data.funding(FundingNow(price(PERPETUAL), silent, None), ADA, EN))
        == """\
🟢 <b>BTC/USDT:USDT</b>  <b>65,000.0</b>  ▲ +2.50%
Funding rate  <b>0.0000%</b>
▬ Nobody pays anybody this time.
<i>Paper PAPER · 08:05 UTC</i>
[📈 Chart] [🔔 Alert] [🔄 Refresh]"""
    )


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_coins_are_escaped_and_fit(reader: Member) -> None:
    t, market = t_of(reader), hostile_market()
    value = price(market, HOSTILE_ACCOUNT, last=D("999999999999.12345678"))
    rate = replace(RATE, symbol=market.symbol)
    held = replace(FUNDING, price=value, funding=rate, position=position(PositionSide.LONG))

    for reply, limit in (
        (market_data.trades(Tape(value, tape()), reader, t), 1_024),
        (market_data.funding(replace(held, payment=D(-1)), reader, t), 4_096),
    ):
        assert market.base in parsed(reply)
        assert len(parsed(reply)) <= limit
    assert buttons(market_data.funding(held, reader, t))[-1].payload == ShowFunding(market.symbol)
