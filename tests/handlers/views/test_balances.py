"""Holdings and their changes in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.views import balances
from handlers.views.charts import DonutChart
from services.balances import Holding, Portfolio
from services.domain.accounts import Balance, Member, Wallet
from tests.handlers.views.values import (
    ACCOUNT,
    ADA,
    AT,
    HOSTILE,
    HOSTILE_ACCOUNT,
    LI,
    LIVE,
    D,
    buttons,
    parsed,
    shown,
    t_of,
)
from tests.makers import LONG, SHORT

EN, ZH = t_of(ADA), t_of(LI)
PORTFOLIO = Portfolio(
    ACCOUNT,
    (
        Holding(Balance("USDT", D("9000.5"), D(400)), D("9400.5")),
        Holding(Balance("BTC", D("0.00999"), D(0)), D("649.35")),
        Holding(Balance("MYST", D("12.5"), D("0.5")), None),
    ),
    (),
    "USDT",
    AT,
)
EMPTY = Portfolio(LIVE, (), (), "USDT", AT)
CHANGES = {"BTC": D("0.5"), "USDT": D("-250.5"), "PEPE": D("0.00000001")}


def test_holdings_with_their_worth() -> None:
    assert (
        shown(balances.portfolio(PORTFOLIO, ADA, EN))
        == """\
💼 <b>10,049.85 USDT</b> · Paper PAPER
<b>USDT</b> 9,400.5 · 400 in orders
<b>BTC</b> 0.00999 ≈ 649.35 USDT
<b>MYST</b> 13 · 0.5 in orders
[🔄 Refresh] [📋 Open orders]
[Buy] [Sell]"""
    )
    assert (
        shown(balances.portfolio(PORTFOLIO, LI, ZH))
        == """\
💼 <b>10,049.85 USDT</b> · Paper PAPER
<b>USDT</b> 9,400.5 · 挂单冻结 400
<b>BTC</b> 0.00999 ≈ 649.35 USDT
<b>MYST</b> 13 · 挂单冻结 0.5
[🔄 刷新] [📋 当前委托]
[买入] [卖出]"""
    )


def test_nothing_held_is_nothing_drawn() -> None:
    assert (
        shown(balances.portfolio(EMPTY, ADA, EN))
        == """\
💼 <b>0.00 USDT</b> · Main LIVE
[🔄 Refresh] [📋 Open orders]
[Buy] [Sell]"""
    )
    assert (
        shown(balances.portfolio(EMPTY, LI, ZH))
        == """\
💼 <b>0.00 USDT</b> · Main LIVE
[🔄 刷新] [📋 当前委托]
[买入] [卖出]"""
    )


def test_what_came_and_went() -> None:
    assert (
        shown(balances.changed(ACCOUNT, CHANGES, EN))
        == """\
💼 <b>Balance changed</b> · Paper PAPER
+0.5 BTC
-250.5 USDT
+0.00000001 PEPE
None of your orders here did this. Was it you?
[💼 Balance]"""
    )
    assert (
        shown(balances.changed(ACCOUNT, CHANGES, ZH))
        == """\
💼 <b>资产变动</b> · Paper PAPER
+0.5 BTC
-250.5 USDT
+0.00000001 PEPE
这不是这里的委托引起的。是您本人操作的吗？
[💼 资产]"""
    )


def test_the_picture_shows_what_can_be_valued() -> None:
    picture = balances.portfolio(PORTFOLIO, ADA, EN).picture

    assert isinstance(picture, DonutChart)
    assert picture.slices == (("USDT", D("9400.5")), ("BTC", D("649.35")))
    assert balances.portfolio(EMPTY, ADA, EN).picture is None


def test_wallets_positions_and_age_are_told() -> None:
    wallets = ((Wallet.SPOT, D(9000)), (Wallet.FUNDING, D("400.5")))
    held = Holding(Balance("USDT", D("9400.5"), D(0)), D("9400.5"), wallets)
    value = Portfolio(LIVE, (held,), (LONG, SHORT), "USDT", AT, is_stale=True)

    assert (
        shown(balances.portfolio(value, ADA, EN))
        == """\
💼 <b>9,400.50 USDT</b> · Main LIVE
⚠️ The exchange can't be reached. This is as of Nov 22 08:05 UTC.
<b>USDT</b> 9,400.5
<i>trading 9,000.00 USDT · funding 400.50 USDT</i>
🟢 <b>BTC/USDT:USDT</b> long 0.5 @ 60,000 · +500.00 USDT
🔴 <b>BTC/USDT:USDT</b> short 0.5 @ 60,000 · -500.00 USDT
[🔄 Refresh] [📋 Open orders]
[Buy] [Sell]"""
    )


def test_eight_holdings_are_listed_and_the_rest_counted() -> None:
    holdings = tuple(Holding(Balance(f"C{n}", D(1), D(0)), D(1)) for n in range(11))

    reply = balances.portfolio(replace(PORTFOLIO, holdings=holdings), ADA, EN)

    assert reply.text.splitlines()[-1] == "<i>and 3 more</i>"
    assert len(reply.text.splitlines()) == 10


def test_a_rain_of_coins_is_cut() -> None:
    rain = {f"C{number}": D(1) for number in range(1_000)}

    text = balances.changed(ACCOUNT, rain, EN).text

    assert "<i>and 992 more</i>" in text


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_holdings_are_escaped_and_fit(reader: Member) -> None:
    t, worst = t_of(reader), D("999999999999.123456789012345678")
    holding = Holding(Balance(HOSTILE, worst, worst), worst)
    value = Portfolio(HOSTILE_ACCOUNT, (holding,) * 99, (LONG,) * 99, "USDT", AT, is_stale=True)
    changes = {f"{HOSTILE}{number}": -worst for number in range(99)}

    for reply, limit in (
        (balances.portfolio(value, reader, t), 1_024),
        (balances.changed(HOSTILE_ACCOUNT, changes, t), 4_096),
    ):
        assert HOSTILE in parsed(reply)
        assert len(parsed(reply)) <= limit
        assert all(len(button.label) <= 64 for button in buttons(reply))
