"""The first screens, help and settings in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.catalog import COMMANDS
from handlers.i18n import LANGUAGES
from handlers.parsing import parse_order
from handlers.views import settings
from services.domain.accounts import Member
from services.domain.market import Timeframe
from services.quotes import Chart
from tests.handlers.views.values import (
    ACCOUNT,
    ADA,
    HOSTILE,
    HOSTILE_ACCOUNT,
    LI,
    buttons,
    candles,
    parsed,
    price,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
TWO = [("price", "prices of coins"), ("buy", "buy a coin")]
CHART = Chart(price(), Timeframe.H1, candles(), ())


def test_the_first_screen() -> None:
    assert (
        shown(settings.welcome(CHART, ADA, EN))
        == """\
👋 <b>Welcome, Ada!</b>
Your account <b>Paper</b> started with <b>10,000 USDT of practice money</b>: you can trade \
at once, nothing here is real money.
🟢 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
First, your language:
[English ●] [中文]"""
    )
    assert (
        shown(settings.welcome(CHART, LI, ZH))
        == """\
👋 <b>欢迎，李雷！</b>
您的账户 <b>Paper</b> 初始有 <b>10,000 USDT 模拟资金</b>：现在就可以交易，这里没有真钱。
🔴 <b>BTC/USDT</b>  <b>65,000.00</b>  ▲ +2.50%
请先选择语言：
[English] [中文 ●]"""
    )


def test_the_second_question() -> None:
    assert (
        shown(settings.welcome_colours(EN))
        == """\
Which colour does a rising price have for you?
[🟢 Green is up] [🔴 Red is up]"""
    )
    assert (
        shown(settings.welcome_colours(ZH))
        == """\
您习惯用哪种颜色表示上涨？
[🟢 绿涨红跌] [🔴 红涨绿跌]"""
    )


def test_the_end_of_the_first_screens() -> None:
    assert (
        shown(settings.ready(EN))
        == """\
✅ <b>Ready.</b> Try one of these, or write it in your own words:
<code>buy 0.01 btc @ 60k</code>
<code>buy $200 of sol</code>
<code>btc &gt; 70000</code>
[📈 Chart] [Buy] [💼 Balance]"""
    )
    assert (
        shown(settings.ready(ZH))
        == """\
✅ <b>准备好了。</b>试试下面的例子，或用自己的话说：
<code>买 0.01 BTC 限价 60000</code>
<code>买 200U 的 SOL</code>
<code>btc &gt; 70000</code>
[📈 K 线] [买入] [💼 资产]"""
    )


def test_the_keyboard_goes_up() -> None:
    assert (
        shown(settings.home(EN))
        == """\
👇 These buttons stay here. You can also just write what you want."""
    )
    assert (
        shown(settings.home(ZH))
        == """\
👇 按钮会一直在这里，也可以直接说想做什么。"""
    )


def test_the_help() -> None:
    assert (
        shown(settings.help_text(TWO, EN))
        == """\
❓ <b>Just write what you want</b>
<code>buy 0.01 btc @ 60k</code> · a limit order
<code>buy $200 of sol</code> · a market order
<code>sell half my eth</code>
<code>btc &gt; 70000</code> · an alert
<code>btc</code> · the price
Every order shows a card first. Nothing is sent until you confirm it.

/price · prices of coins
/buy · buy a coin
[📊 Prices] [💼 Balance] [📋 Orders]
[🔔 Alerts] [🏦 Accounts] [⚙️ Settings]"""
    )
    assert (
        shown(settings.help_text(TWO, ZH))
        == """\
❓ <b>想做什么，直接说</b>
<code>买 0.01 BTC 限价 60000</code> · 限价单
<code>买 200U 的 SOL</code> · 市价单
<code>卖一半 ETH</code>
<code>btc &gt; 70000</code> · 价格提醒
<code>btc</code> · 查价格
每笔委托都会先显示确认卡片，您确认之前不会提交任何委托。

/price · 币种行情
/buy · 买入
[📊 行情] [💼 资产] [📋 委托]
[🔔 提醒] [🏦 账户] [⚙️ 设置]"""
    )


def test_the_settings() -> None:
    assert (
        shown(settings.settings(ADA, ACCOUNT, EN))
        == """\
⚙️ <b>Settings</b>
Language  <b>English</b>
Time zone  <b>UTC</b>
Rising prices  <b>green</b>
Charts  <b>dark</b>
Worth in  <b>USDT</b>
Default account  <b>Paper</b> · PAPER
[English ●] [中文]
[Green is up ●] [Red is up]
[Dark charts ●] [Light charts]
[USDT ●] [USDC] [USD] [EUR] [BTC]
[🕒 Time zone] [🏦 Accounts] [🧭 Pairs]
[❓ Help]"""
    )
    assert (
        shown(settings.settings(LI, ACCOUNT, ZH))
        == """\
⚙️ <b>设置</b>
语言  <b>中文</b>
时区  <b>Asia/Shanghai</b>
涨跌颜色  <b>红涨绿跌</b>
图表  <b>浅色</b>
计价货币  <b>USDT</b>
默认账户  <b>Paper</b> · PAPER
[English] [中文 ●]
[绿涨红跌] [红涨绿跌 ●]
[深色图表] [浅色图表 ●]
[USDT ●] [USDC] [USD] [EUR] [BTC]
[🕒 时区] [🏦 账户] [🧭 交易对]
[❓ 帮助]"""
    )


def test_the_time_zone() -> None:
    assert (
        shown(settings.ask_time_zone(ADA, EN))
        == """\
🕒 Your time zone is <b>UTC</b>.
Tap one, or write yours, like <code>Asia/Singapore</code>.
[UTC ●] [Asia/Shanghai]
[Europe/Berlin] [America/New_York]
[‹ Back]"""
    )
    assert (
        shown(settings.ask_time_zone(LI, ZH))
        == """\
🕒 您的时区是 <b>Asia/Shanghai</b>。
点选一个，或发送您的时区，如 <code>Asia/Singapore</code>。
[UTC] [Asia/Shanghai ●]
[Europe/Berlin] [America/New_York]
[‹ 返回]"""
    )


def test_a_stranger_is_refused_politely() -> None:
    assert (
        shown(settings.refusal(EN))
        == """\
Sorry, this is a private assistant. Please ask its owner to let you in."""
    )
    assert (
        shown(settings.refusal(ZH))
        == """\
抱歉，这是私人助手。请联系所有者为您开通。"""
    )


def test_a_viewer_became_a_trader() -> None:
    assert (
        shown(settings.joined("Bob", EN))
        == """\
✅ Bob can trade in this chat now."""
    )
    assert (
        shown(settings.joined("Bob", ZH))
        == """\
✅ Bob 现在可以在这里交易了。"""
    )


def test_a_question_was_dropped() -> None:
    assert (
        shown(settings.flow_ended(EN))
        == """\
OK, dropped. Nothing was placed."""
    )
    assert (
        shown(settings.flow_ended(ZH))
        == """\
好的，已放弃，未下单。"""
    )


def test_what_was_not_understood_comes_with_every_way_on() -> None:
    assert (
        shown(settings.hint(EN("OK, dropped. Nothing was placed."), EN))
        == """\
OK, dropped. Nothing was placed.
[📊 Prices] [💼 Balance] [📋 Orders]
[🔔 Alerts] [🏦 Accounts] [⚙️ Settings]
[❓ Help]"""
    )
    assert (
        shown(settings.hint(ZH("OK, dropped. Nothing was placed."), ZH))
        == """\
好的，已放弃，未下单。
[📊 行情] [💼 资产] [📋 委托]
[🔔 提醒] [🏦 账户] [⚙️ 设置]
[❓ 帮助]"""
    )


def test_every_language_can_be_chosen() -> None:
    assert set(settings.LANGUAGE_NAMES) == set(LANGUAGES)


@pytest.mark.parametrize("reader", [ADA, LI])
def test_the_keyboard_is_two_rows_of_three_and_its_hint_is_an_order(reader: Member) -> None:
    reply = settings.home(t_of(reader))

    assert reply.home == settings.home_keyboard(t_of(reader))
    assert [len(row) for row in reply.home] == [3, 3]
    assert reply.placeholder is not None
    assert len(reply.placeholder) <= 64
    assert parse_order(reply.placeholder) is not None


@pytest.mark.parametrize("reader", [ADA, LI])
def test_every_time_zone_on_a_button_exists(reader: Member) -> None:
    labels = [button.label for button in buttons(settings.ask_time_zone(reader, EN))]

    assert sum(label.endswith(" ●") for label in labels) == 1


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_names_are_escaped_and_fit(reader: Member) -> None:
    hostile = replace(reader, name=HOSTILE * 3, time_zone="America/Argentina/ComodRivadavia")
    t = t_of(reader)
    commands = [(command.name, command.summary) for command in COMMANDS.values()]

    for reply, limit, name in (
        (settings.welcome(CHART, hostile, t), 1_024, hostile.name),
        (settings.settings(hostile, HOSTILE_ACCOUNT, t), 4_096, HOSTILE_ACCOUNT.name),
        (settings.joined(hostile.name, t), 4_096, hostile.name),
        (settings.ask_time_zone(hostile, t), 4_096, hostile.time_zone),
        (settings.help_text(commands, t), 4_096, "/buy"),
    ):
        assert name in parsed(reply)
        assert len(parsed(reply)) <= limit
        assert all(len(button.label) <= 64 for button in buttons(reply))
