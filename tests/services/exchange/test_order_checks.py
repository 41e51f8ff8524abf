"""What may leave and what may come back: the two doors around a send."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.domain.market import Market, MarketType
from services.domain.orders import OrderRequest, OrderType, Side
from services.domain.venues import ClientIdLookup
from services.errors import InvalidInput, OrderRejected
from services.exchange import client_ids, order_checks
from services.exchange.trace import Trace
from services.exchange.venues import venue

D = Decimal
MARKET = Market(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    type=MarketType.SPOT,
    tick=D("0.01"),
    lot=D("0.00001"),
    min_amount=D("0.00001"),
    max_amount=D(9000),
    min_cost=D(5),
    maker=D("0.001"),
    taker=D("0.001"),
)
LIMIT = OrderRequest("BTC/USDT", Side.BUY, OrderType.LIMIT, D("0.01000"), D("60000.00"))
SALE = OrderRequest("BTC/USDT", Side.SELL, OrderType.MARKET, D("0.00001"))
ID = "qtaaaaaaaaaaaaaaaa"
BINANCE = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "0.01",
    "price": "60000",
    "newClientOrderId": ID,
    "timeInForce": "GTC",
}
OKX = {
    "instId": "BTC-USDT",
    "side": "sell",
    "ordType": "market",
    "sz": "0.00001",
    "clOrdId": ID,
    "tdMode": "cash",
    "tgtCcy": "base_ccy",
}


def test_figures_leave_as_plain_digits() -> None:
    assert order_checks.arguments(LIMIT, MARKET) == (
        "BTC/USDT",
        "limit",
        "buy",
        "0.01",
        "60000",
    )
    assert order_checks.arguments(SALE, MARKET) == (
        "BTC/USDT",
        "market",
        "sell",
        "0.00001",
        None,
    )


def test_amounts_leave_in_contracts() -> None:
    market = replace(MARKET, contract_size=D("0.01"))

    assert order_checks.arguments(replace(SALE, amount=D("0.25")), market)[3] == "25"


def checked(request: OrderRequest, body: dict[str, Any], market_id: str, family: str) -> None:
    given = order_checks.arguments(request, MARKET)
    order_checks.check_body(body, given, market_id, ID, family)


def test_a_body_that_says_what_was_meant_may_leave() -> None:
    checked(LIMIT, BINANCE, "BTCUSDT", "binance")
    checked(LIMIT, BINANCE | {"quantity": "0.01000", "price": "60000.00"}, "BTCUSDT", "binance")
    checked(SALE, OKX, "BTC-USDT", "okx")


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "ETHUSDT"},
        {"side": "SELL"},
        {"type": "MARKET"},
        {"quantity": "0.02"},
        {"quantity": None},
        {"quantity": "1e-2"},
        {"price": "60000.01"},
        {"price": None},
        {"newClientOrderId": "x-TKT5PX2F"},
        {"quoteOrderQty": "600"},
        {"stopPrice": "59000"},
    ],
)
def test_a_body_that_says_something_else_stays_here(change: dict[str, Any]) -> None:
    with pytest.raises(OrderRejected, match="not_sent"):
        checked(LIMIT, BINANCE | change, "BTCUSDT", "binance")


@pytest.mark.parametrize(
    "change", [{"tgtCcy": "quote_ccy"}, {"tgtCcy": None}, {"px": "60000"}, {"sz": "0.6"}]
)
def test_an_amount_never_becomes_a_cost(change: dict[str, Any]) -> None:
    with pytest.raises(OrderRejected, match="not_sent"):
        checked(SALE, OKX | change, "BTC-USDT", "okx")


ANSWER = {
    "id": "28",
    "clientOrderId": ID,
    "side": "buy",
    "amount": "0.01",
    "info": {"symbol": "BTCUSDT"},
}


@pytest.mark.parametrize(
    ("change", "is_ours"),
    [
        ({}, True),
        ({"amount": None, "side": None}, True),
        ({"id": None}, False),
        ({"clientOrderId": "qtsomebodyelsesone"}, False),
        ({"clientOrderId": None}, False),
        ({"side": "sell"}, False),
        ({"amount": "0.02"}, False),
        ({"info": {"symbol": "ETHUSDT"}}, False),
    ],
)
def test_only_an_answer_about_this_order_counts(change: dict[str, Any], *, is_ours: bool) -> None:
    answer = ANSWER | change

    assert order_checks.is_ours(answer, LIMIT, MARKET, "BTCUSDT", ID) is is_ours


@pytest.mark.parametrize("answer", [None, "text", [], {}])
def test_no_order_is_nobodys_order(answer: object) -> None:
    assert not order_checks.is_ours(answer, LIMIT, MARKET, "BTCUSDT", ID)


@pytest.mark.parametrize(
    ("status", "is_answered"),
    [(200, True), (201, True), (302, False), (507, False), (None, False)],
)
def test_only_success_is_an_answer(status: int | None, *, is_answered: bool) -> None:
    assert order_checks.is_answered(Trace(is_sent=True, status=status)) is is_answered


def test_a_venue_that_cannot_find_our_orders_gets_none() -> None:
    blind = replace(venue("binance"), client_id_lookup=ClientIdLookup.NONE)

    with pytest.raises(OrderRejected, match="orders_not_supported"):
        order_checks.check_intent(LIMIT, MARKET, blind)


@pytest.mark.parametrize(
    ("name", "side", "is_taken"),
    [
        ("binance", Side.BUY, True),
        ("okx", Side.BUY, True),
        ("bybit", Side.BUY, False),
        ("bybit", Side.SELL, True),
        ("hyperliquid", Side.SELL, False),
    ],
)
def test_a_market_order_that_would_become_another_is_refused(
    name: str, side: Side, *, is_taken: bool
) -> None:
    request = OrderRequest("BTC/USDT", side, OrderType.MARKET, D("0.01"))

    if is_taken:
        order_checks.check_intent(request, MARKET, venue(name))
        return
    with pytest.raises(OrderRejected, match="market_orders_not_supported"):
        order_checks.check_intent(request, MARKET, venue(name))


def test_contracts_are_refused() -> None:
    with pytest.raises(InvalidInput, match="contracts_not_tradable"):
        order_checks.check_intent(LIMIT, replace(MARKET, type=MarketType.SWAP), venue("okx"))


@pytest.mark.parametrize(
    ("name", "outgoing"),
    [
        ("binance", ID),
        ("okx", ID),
        ("gate", f"t-{ID}"),
        ("hyperliquid", "0xb4ea7f2fa3fdf2a2f4d6bdf6f7bf9d2c"),
    ],
)
def test_each_venue_is_told_our_id_in_its_own_shape(name: str, outgoing: str) -> None:
    told = client_ids.outgoing(venue(name), ID)

    if name == "hyperliquid":
        assert told.startswith("0x")
        assert len(told) == len(outgoing)
        assert int(told, 16)
        assert told == client_ids.outgoing(venue(name), ID)
        return
    assert told == outgoing
    assert client_ids.incoming(venue(name), told) == ID
    assert client_ids.incoming(venue(name), None) == ""
