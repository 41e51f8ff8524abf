"""Prices, charts and books in both languages and both colour conventions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handlers.buttons import Nothing, ShowChart, ShowFunding, ShowPair, ShowTrades, WatchPrice
from handlers.views import quotes
from handlers.views.charts import CandleChart, DepthChart
from services.domain.accounts import AccountId, Environment, Member
from services.domain.market import Market, MarketType, Timeframe
from services.domain.orders import OrderStatus
from services.exchange.paper_markets import MARKETS
from services.quotes import Chart, Comparison, Depth, VenuePrice
from tests.handlers.views.values import (
    ADA,
    BOOK,
    BTC,
    ETH,
    HOSTILE_ACCOUNT,
    LI,
    LIVE,
    PERPETUAL,
    D,
    buttons,
    candles,
    hostile_market,
    order,
    parsed,
    price,
    quote,
    request,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
OVERVIEW = [
    price(),
    price(ETH, last=D("3400.5"), percentage=D(0)),
    price(MARKETS["PEPE/USDT"], last=D("0.00001234"), percentage=D("-3.2")),
]
CHART = Chart(price(), Timeframe.H1, candles(), (order(OrderStatus.OPEN),))


def alone(market: Market = BTC, **changes: Any) -> Comparison:
    return Comparison(price(market, **changes))


OKX = replace(LIVE, id=AccountId(3), name="Okx", exchange="okx")
TESTNET = replace(LIVE, id=AccountId(4), exchange="bybit", environment=Environment.SANDBOX)
ACROSS = Comparison(
    price(account=LIVE),
    (
        VenuePrice(LIVE, quote()),
        VenuePrice(OKX, quote(bid=D(64_995), ask=D("65012.5"))),
        VenuePrice(TESTNET, quote(bid=D(70_000), ask=D(1))),
        VenuePrice(replace(OKX, exchange="kraken"), None),
    ),
)


def test_a_price_across_venues_has_a_table_and_the_best_in_words() -> None:
    assert (
        shown(quotes.price(ACROSS, ADA, EN))
        == """\
🟢 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
Bid 64,990.00 · Ask 65,010.00
24h high 65,500.50 · low 63,200.00
24h volume 25.01B USDT
Venue, best bid, best ask:
<pre>binance       64,990.00 65,010.00
okx           64,995.00 65,012.50
bybit SANDBOX 70,000.00      1.00
kraken                -         -</pre>
Best bid <b>64,995.00</b> on okx, best ask <b>65,010.00</b> on binance
<i>Main LIVE · 08:05 UTC</i>
[📈 Chart] [📖 Book] [🔄 Refresh]
[Buy] [Sell] [🔔 Alert]
[🟢 Live] [🧾 Trades] [🧭 Pair]"""
    )
    assert (
        "最高买价 <b>64,995.00</b>（okx），最低卖价 <b>65,010.00</b>（binance）"
        in quotes.price(ACROSS, LI, ZH).text
    )


def test_one_venue_beside_paper_has_no_best() -> None:
    beside = Comparison(price(), (VenuePrice(LIVE, quote()),))

    text = quotes.price(beside, ADA, EN).text

    assert "<pre>binance 64,990.00 65,010.00</pre>" in text
    assert "Best bid" not in text


def test_sandboxes_are_compared_where_nothing_is_real() -> None:
    other = replace(TESTNET, exchange="okx")
    both = (VenuePrice(TESTNET, quote()), VenuePrice(other, quote(bid=D(64_995))))

    text = quotes.price(Comparison(price(), both), ADA, EN).text

    assert "Best bid <b>64,995.00</b> on okx SANDBOX" in text


def test_the_price_of_a_coin_with_a_perpetual_leads_to_its_funding() -> None:
    reply = quotes.price(replace(alone(), perpetual=PERPETUAL.symbol), ADA, EN)

    assert [[button.payload for button in row] for row in reply.rows[2:]] == [
        [WatchPrice(BTC.symbol), ShowTrades(BTC.symbol)],
        [ShowFunding(PERPETUAL.symbol), ShowPair(BTC.symbol)],
    ]


def test_a_chart_offers_what_the_venue_has() -> None:
    few = (Timeframe.M1, Timeframe.H1, Timeframe.D1)

    rows = quotes.chart(replace(CHART, timeframes=few), ADA, EN).rows

    assert [button.label for button in rows[0]] == ["1m", "1h ●", "1d"]
    assert len(rows) == 2


def test_a_price() -> None:
    assert (
        shown(quotes.price(alone(), ADA, EN))
        == """\
🟢 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
Bid 64,990.00 · Ask 65,010.00
24h high 65,500.50 · low 63,200.00
24h volume 25.01B USDT
<i>Paper PAPER · 08:05 UTC</i>
[📈 Chart] [📖 Book] [🔄 Refresh]
[Buy] [Sell] [🔔 Alert]
[🟢 Live] [🧾 Trades] [🧭 Pair]"""
    )
    assert (
        shown(quotes.price(alone(), LI, ZH))
        == """\
🔴 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
买一 64,990.00 · 卖一 65,010.00
24h 最高 65,500.50 · 最低 63,200.00
24h 成交额 250.12亿 USDT
<i>Paper PAPER · 16:05 UTC+8</i>
[📈 K 线] [📖 盘口] [🔄 刷新]
[买入] [卖出] [🔔 提醒]
[🟢 实时] [🧾 成交] [🧭 交易对]"""
    )


def test_a_falling_perpetual_can_only_be_watched() -> None:
    assert (
        shown(quotes.price(alone(PERPETUAL, percentage=D(-1)), ADA, EN))
        == """\
🔴 <b>BTC/USDT:USDT</b>  <b>65,000.0</b>  ▼ -1.00%
Bid 64,990.0 · Ask 65,010.0
24h high 65,500.5 · low 63,200.0
24h volume 25.01B USDT
<i>Paper PAPER · 08:05 UTC</i>
[📈 Chart] [📖 Book] [🔄 Refresh]
[💸 Funding] [🔔 Alert]
[🟢 Live] [🧾 Trades] [🧭 Pair]"""
    )
    assert (
        shown(quotes.price(alone(PERPETUAL, percentage=D(-1)), LI, ZH))
        == """\
🟢 <b>BTC/USDT:USDT</b>  <b>65,000.0</b>  ▼ -1.00%
买一 64,990.0 · 卖一 65,010.0
24h 最高 65,500.5 · 最低 63,200.0
24h 成交额 250.12亿 USDT
<i>Paper PAPER · 16:05 UTC+8</i>
[📈 K 线] [📖 盘口] [🔄 刷新]
[💸 资金费率] [🔔 提醒]
[🟢 实时] [🧾 成交] [🧭 交易对]"""
    )


def test_the_overview() -> None:
    assert (
        shown(quotes.overview(OVERVIEW, ADA, EN))
        == """\
<b>Prices</b> · change over 24h
🟢 <b>BTC</b> 65,000.00  <b>+2.50%</b>
🟢 <b>ETH</b> 3,400.50  <b>0.00%</b>
🔴 <b>PEPE</b> 0.00001234  <b>-3.20%</b>
<i>Any coin: just write its ticker, like</i> <code>sol</code>
[BTC] [ETH]
[PEPE]
[🔄 Refresh]"""
    )
    assert (
        shown(quotes.overview(OVERVIEW, LI, ZH))
        == """\
<b>行情</b> · 24h 涨跌
🔴 <b>BTC</b> 65,000.00  <b>+2.50%</b>
🔴 <b>ETH</b> 3,400.50  <b>0.00%</b>
🟢 <b>PEPE</b> 0.00001234  <b>-3.20%</b>
<i>查其他币种，直接发代码，如</i> <code>sol</code>
[BTC] [ETH]
[PEPE]
[🔄 刷新]"""
    )


def test_a_chart() -> None:
    assert (
        shown(quotes.chart(CHART, ADA, EN))
        == """\
🟢 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
1h candles: 63,900.00 to 65,100.00, +1.56% since Nov 18 05:00 UTC
Your open orders are on the chart.
[1m] [3m] [5m] [15m]
[30m] [1h ●] [2h] [4h]
[6h] [12h] [1d] [1w]
[Buy] [Sell] [🔔 Alert]"""
    )
    assert (
        shown(quotes.chart(CHART, LI, ZH))
        == """\
🔴 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
1小时 K 线：63,900.00 至 65,100.00，自 11月18日 13:00 UTC+8 起 +1.56%
图中已标出您的当前委托。
[1分] [3分] [5分] [15分]
[30分] [1小时 ●] [2小时] [4小时]
[6小时] [12小时] [1日] [1周]
[买入] [卖出] [🔔 提醒]"""
    )


def test_a_book() -> None:
    assert (
        shown(quotes.book(Depth(price(), BOOK), ADA, EN))
        == """\
🟢 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
Best bid <b>64,990.00</b> for 0.5 BTC
Best ask <b>65,010.00</b> for 0.4 BTC
Spread 0.031% · shown depth 2.5 / 3.4 BTC
[📈 Chart] [🧾 Trades] [🔄 Refresh]
[Buy] [Sell] [🔔 Alert]"""
    )
    assert (
        shown(quotes.book(Depth(price(), BOOK), LI, ZH))
        == """\
🔴 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
买一 <b>64,990.00</b>，数量 0.5 BTC
卖一 <b>65,010.00</b>，数量 0.4 BTC
价差 0.031% · 图示深度 2.5 / 3.4 BTC
[📈 K 线] [🧾 成交] [🔄 刷新]
[买入] [卖出] [🔔 提醒]"""
    )


def test_a_one_sided_book() -> None:
    assert (
        shown(quotes.book(Depth(price(), replace(BOOK, asks=())), ADA, EN))
        == """\
The order book of BTC/USDT is empty right now."""
    )
    assert (
        shown(quotes.book(Depth(price(), replace(BOOK, asks=())), LI, ZH))
        == """\
BTC/USDT 盘口目前没有挂单。"""
    )


@pytest.mark.parametrize("timeframe", Timeframe)
def test_the_present_timeframe_is_marked_and_the_others_lead_on(timeframe: Timeframe) -> None:
    frames = buttons(quotes.chart(replace(CHART, timeframe=timeframe), ADA, EN))[:12]

    for frame, button in zip(Timeframe, frames, strict=True):
        is_present = frame is timeframe
        assert button.label == f"{frame.value} ●" if is_present else frame.value
        expected = Nothing() if is_present else ShowChart(BTC.symbol, frame.value)
        assert button.payload == expected


def test_own_limit_orders_are_drawn_and_said() -> None:
    market_order = order(OrderStatus.OPEN, request(limit=None))

    own = quotes.chart(CHART, ADA, EN)
    none = quotes.chart(replace(CHART, orders=(market_order,)), ADA, EN)

    assert isinstance(own.picture, CandleChart)
    assert [(line.price, line.label) for line in own.picture.lines] == [(D(60_000), "Buy")]
    assert isinstance(none.picture, CandleChart)
    assert none.picture.lines == ()
    assert "on the chart" not in none.text


def test_a_chart_with_one_candle_has_its_words() -> None:
    reply = quotes.chart(replace(CHART, candles=candles()[-1:]), ADA, EN)

    assert "63,900.00 to 65,100.00, +1.56% since Nov 22 08:00 UTC" in reply.text


def test_a_book_is_a_picture() -> None:
    assert isinstance(quotes.book(Depth(price(), BOOK), ADA, EN).picture, DepthChart)


@pytest.mark.parametrize("reader", [ADA, LI])
@pytest.mark.parametrize("kind", MarketType)
def test_hostile_coins_are_escaped_and_fit(reader: Member, kind: MarketType) -> None:
    t, market = t_of(reader), hostile_market(kind)
    value = price(market, HOSTILE_ACCOUNT, last=D("999999999999.12345678"))
    crowd = tuple(VenuePrice(HOSTILE_ACCOUNT, value.quote) for _ in range(12))
    chart = Chart(value, Timeframe.D1, candles(), (order(OrderStatus.OPEN),))

    for reply, limit in (
        (quotes.price(Comparison(value, crowd, "X/Y:Y"), reader, t), 4_096),
        (quotes.overview([value] * 6, reader, t), 4_096),
        (quotes.chart(chart, reader, t), 1_024),
        (quotes.book(Depth(value, BOOK), reader, t), 1_024),
    ):
        assert market.base in parsed(reply)
        assert len(parsed(reply)) <= limit
        assert all(len(button.label) <= 64 for button in buttons(reply))
