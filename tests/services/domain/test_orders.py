"""The life of an order, and what its fills do to the holdings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.domain.orders import (
    TRANSITIONS,
    Fill,
    OrderReport,
    OrderRequest,
    OrderStatus,
    OrderType,
    Side,
    holdings_effect,
)
from tests.services.situations import AT, D

DRAFT, CONFIRMED, SENDING = OrderStatus.DRAFT, OrderStatus.CONFIRMED, OrderStatus.SENDING
UNKNOWN, OPEN, CLOSED = OrderStatus.UNKNOWN, OrderStatus.OPEN, OrderStatus.CLOSED
CANCELED, EXPIRED = OrderStatus.CANCELED, OrderStatus.EXPIRED
DECLINED, REJECTED = OrderStatus.DECLINED, OrderStatus.REJECTED
NOT_PLACED = OrderStatus.NOT_PLACED
BUY = OrderRequest("BTC/USDT", Side.BUY, OrderType.LIMIT, D("0.5"), D(100))
SELL = OrderRequest("BTC/USDT", Side.SELL, OrderType.LIMIT, D("0.5"), D(100))


def test_every_edge_of_an_orders_life() -> None:
    edges = {(start, end) for start, ends in TRANSITIONS.items() for end in ends}

    assert edges == {
        (DRAFT, CONFIRMED),
        (DRAFT, DECLINED),
        (DRAFT, EXPIRED),
        (CONFIRMED, SENDING),
        (CONFIRMED, NOT_PLACED),
        (SENDING, OPEN),
        (SENDING, CLOSED),
        (SENDING, CANCELED),
        (SENDING, EXPIRED),
        (SENDING, REJECTED),
        (SENDING, UNKNOWN),
        (UNKNOWN, OPEN),
        (UNKNOWN, CLOSED),
        (UNKNOWN, CANCELED),
        (UNKNOWN, EXPIRED),
        (UNKNOWN, NOT_PLACED),
        (UNKNOWN, REJECTED),
        (OPEN, CLOSED),
        (OPEN, CANCELED),
        (OPEN, EXPIRED),
    }


def test_every_status_has_its_row() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)


def test_only_one_door_leads_to_the_wire() -> None:
    assert [start for start, ends in TRANSITIONS.items() if SENDING in ends] == [CONFIRMED]


def test_an_unknown_order_is_never_sent_again() -> None:
    assert not TRANSITIONS[UNKNOWN] & {CONFIRMED, SENDING}


@pytest.mark.parametrize("status", OrderStatus)
def test_an_end_leads_nowhere(status: OrderStatus) -> None:
    ends = {CLOSED, CANCELED, EXPIRED, DECLINED, REJECTED, NOT_PLACED}

    assert status.is_final == (status in ends)


@pytest.mark.parametrize(
    ("traded", "fee", "currency", "effect"),
    [
        (BUY, "0.001", "BTC", {"BTC": "0.499", "USDT": "-50"}),
        (BUY, "0.05", "USDT", {"BTC": "0.5", "USDT": "-50.05"}),
        (SELL, "0.05", "USDT", {"BTC": "-0.5", "USDT": "49.95"}),
        (SELL, "0.01", "BNB", {"BTC": "-0.5", "USDT": "50", "BNB": "-0.01"}),
        (BUY, "0", None, {"BTC": "0.5", "USDT": "-50"}),
    ],
    ids=["fee in base", "fee in quote", "sale", "fee in a third coin", "no fee"],
)
def test_what_fills_do_to_the_holdings(
    traded: OrderRequest, fee: str, currency: str | None, effect: dict[str, str]
) -> None:
    assert holdings_effect(traded, D("0.5"), D(50), D(fee), currency) == {
        name: Decimal(change) for name, change in effect.items()
    }


def test_nothing_filled_changes_nothing() -> None:
    effect = holdings_effect(BUY, D(0), D(0), D(0), None)

    assert set(effect.values()) == {Decimal(0)}


def test_a_report_sums_its_fills() -> None:
    fills = tuple(
        Fill(str(number), D(100), D(amount), D(0), "BTC", is_maker=True, at=AT)
        for number, amount in enumerate(("0.1", "0.2", "0.00000001"))
    )

    assert OrderReport("1", "qt1", BUY, OPEN, fills, AT).filled == D("0.30000001")
    assert OrderReport("1", "qt1", BUY, OPEN, (), AT).filled == 0
