"""The live price in both languages: how it looks, what it says when nobody knows better."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.buttons import ShowChart, StopWatching, WatchPrice
from handlers.views import watch as views
from services.domain.accounts import Account, AccountId, ChatId, Environment, Member, TenantId
from services.domain.market import Level, OrderBook
from services.watching import LivePrice, Watched
from tests.handlers.views.values import (
    ADA,
    AT,
    BTC,
    LI,
    D,
    buttons,
    hostile_market,
    parsed,
    quote,
    shown,
    t_of,
)

ACCOUNT = Account(AccountId(1), TenantId(1), "Main", "binance", Environment.LIVE)
EN, ZH = t_of(ADA), t_of(LI)
BOOK = OrderBook(BTC.symbol, (Level(D(64_990), D(3)),), (Level(D(65_010), D(1)),), AT)


def live(member: Member = ADA, **changes: Any) -> LivePrice:
    watched = Watched(member, ChatId(1), ACCOUNT, BTC, AT + timedelta(minutes=10))
    return replace(LivePrice(watched, quote(), BOOK), **changes)


def test_a_live_price() -> None:
    assert (
        shown(views.live(live(), ADA, EN))
        == """\
🟢 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
Bid 64,990.00 · Ask 65,010.00
▰▰▰▰▰▰▰▱▱▱ buyers 75% of the near book
<i>Main LIVE · 08:05:00 UTC</i>
🟢 Live until 08:15 UTC
[⏹ Stop] [📈 Chart]"""
    )
    assert (
        shown(views.live(live(LI), LI, ZH))
        == """\
🔴 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
买一 64,990.00 · 卖一 65,010.00
▰▰▰▰▰▰▰▱▱▱ 近端盘口买方占 75%
<i>Main LIVE · 16:05:00 UTC+8</i>
🟢 实时更新至 16:15 UTC+8
[⏹ 停止] [📈 K 线]"""
    )


def test_a_live_price_that_is_over() -> None:
    reply = views.live(live(is_over=True), ADA, EN)

    assert "⏹ No longer live" in reply.text
    assert [button.payload for button in buttons(reply)] == [
        WatchPrice(BTC.symbol),
        ShowChart(BTC.symbol, "1h"),
    ]


def test_a_silent_exchange_is_told() -> None:
    reply = views.live(live(is_stale=True, book=None), ADA, EN)

    assert "⚠️ The exchange is silent: this is the last price that it told." in reply.text
    assert "08:05:00 UTC" in reply.text
    assert "buyers" not in reply.text


def test_before_the_first_price() -> None:
    reply = views.live(live(quote=None, book=None), ADA, EN)

    assert "waiting for the first price" in reply.text
    assert buttons(reply)[0].payload == StopWatching()


@pytest.mark.parametrize("book", [replace(BOOK, bids=()), replace(BOOK, asks=())])
def test_a_book_without_a_side_is_not_weighed(book: OrderBook) -> None:
    reply = views.live(live(book=book), ADA, EN)

    assert "▰" not in reply.text


def test_it_rings_nobody() -> None:
    assert views.live(live(), ADA, EN).is_quiet


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_names_are_escaped_and_fit(reader: Member) -> None:
    market = hostile_market()
    account = replace(ACCOUNT, name="<b>&" * 8)
    watched = Watched(reader, ChatId(1), account, market, AT)
    value = LivePrice(watched, quote(market), BOOK, is_stale=True)

    for reply in (
        views.live(replace(value, is_over=over), reader, t_of(reader)) for over in (False, True)
    ):
        assert len(parsed(reply)) <= 4_096
        assert account.name in parsed(reply)
        assert all(len(button.label) <= 64 for button in buttons(reply))
