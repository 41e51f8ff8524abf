"""What is said of practice accounts on real prices, in both languages."""

from __future__ import annotations

from dataclasses import replace

from handlers.views import balances, orders, quotes
from services.balances import Portfolio
from services.domain.orders import OrderStatus
from services.domain.paper import LostPrices
from tests.handlers.views.values import (
    ACCOUNT,
    ADA,
    AT,
    HOSTILE,
    LI,
    parsed,
    price,
    receipt,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
LOST = LostPrices("OKX", AT)
WAITING = replace(receipt(OrderStatus.OPEN), lost=LOST)
SAID = "⚠️ No prices from OKX since Nov 22 08:05 UTC: nothing is filled until they are back."
SAID_ZH = "⚠️ 自 11月22日 16:05 UTC+8 起收不到 OKX 的行情：恢复之前不会成交。"


def test_an_order_that_waits_for_lost_prices_says_so() -> None:
    for view in (orders.receipt, orders.details):
        assert SAID in shown(view(WAITING, ADA, EN)).splitlines()
        assert SAID_ZH in shown(view(WAITING, LI, ZH)).splitlines()
        assert "⚠️" not in shown(view(replace(WAITING, lost=None), ADA, EN))


def test_the_open_orders_say_once_whose_prices_are_lost() -> None:
    other = replace(WAITING, lost=LostPrices("Binance", AT))

    lines = shown(orders.open_orders([WAITING, WAITING, other], ADA, EN)).splitlines()

    assert [line for line in lines if line.startswith("⚠️")] == [
        SAID,
        SAID.replace("OKX", "Binance"),
    ]
    assert SAID_ZH in shown(orders.open_orders([WAITING], LI, ZH)).splitlines()


def test_the_holdings_say_whose_prices_are_lost() -> None:
    value = Portfolio(ACCOUNT, (), (), "USDT", AT, lost=LOST)

    assert SAID in shown(balances.portfolio(value, ADA, EN)).splitlines()
    assert SAID_ZH in shown(balances.portfolio(value, LI, ZH)).splitlines()


def test_a_price_names_the_venue_that_it_comes_from() -> None:
    fed = replace(price(), feed="OKX")

    assert quotes.source(EN, fed, ADA) == "<i>Paper PAPER · OKX · 08:05 UTC</i>"
    assert quotes.source(ZH, fed, LI) == "<i>Paper PAPER · OKX · 16:05 UTC+8</i>"


def test_a_venue_with_an_ill_name_stays_text() -> None:
    lost = replace(WAITING, lost=LostPrices(HOSTILE, AT))

    assert HOSTILE in parsed(orders.receipt(lost, ADA, EN))
    assert "<code>" not in quotes.source(EN, replace(price(), feed=HOSTILE), ADA)
