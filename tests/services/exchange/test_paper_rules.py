from __future__ import annotations

from decimal import Decimal

import pytest

from services.domain.orders import OrderRequest, OrderType, Side
from services.errors import InvalidInput, OrderRejected
from services.exchange.paper_markets import MARKETS
from services.exchange.paper_rules import check

LAST = Decimal(65_000)
BTC = MARKETS["BTC/USDT"]


def limit(amount: str, price: str, symbol: str = "BTC/USDT") -> OrderRequest:
    return OrderRequest(symbol, Side.BUY, OrderType.LIMIT, Decimal(amount), Decimal(price))


def market(amount: str) -> OrderRequest:
    return OrderRequest("BTC/USDT", Side.BUY, OrderType.MARKET, Decimal(amount))


@pytest.mark.parametrize(
    "request_",
    [limit("0.01", "60000.01"), limit("0.00009", "60000"), market("0.00008"), market("1000")],
)
def test_an_order_on_the_grid_and_within_the_bounds_passes(request_: OrderRequest) -> None:
    check(BTC, request_, LAST)


@pytest.mark.parametrize(
    ("request_", "code", "params"),
    [
        (
            market("0"),
            "amount_below_minimum",
            {"minimum": Decimal("0.00001"), "currency": "BTC"},
        ),
        (market("-1"), "amount_below_minimum", None),
        (
            market("1000.00001"),
            "amount_above_maximum",
            {"maximum": Decimal(1000), "currency": "BTC"},
        ),
        (market("0.010001"), "amount_off_lot", {"lot": Decimal("0.00001"), "currency": "BTC"}),
        (
            limit("0.01", "60000.001"),
            "price_off_tick",
            {"tick": Decimal("0.01"), "currency": "USDT"},
        ),
        (limit("0.01", "0"), "price_out_of_range", None),
        (limit("0.01", "-1"), "price_out_of_range", None),
        (
            limit("0.01", "6500000.01"),
            "price_out_of_range",
            {"minimum": Decimal(650), "maximum": Decimal(6_500_000), "currency": "USDT"},
        ),
        (
            limit("0.0001", "40000"),
            "cost_below_minimum",
            {"minimum": Decimal(5), "cost": Decimal(4), "currency": "USDT"},
        ),
        (market("0.00001"), "cost_below_minimum", None),
    ],
)
def test_a_broken_rule_is_named_with_its_bound(
    request_: OrderRequest, code: str, params: dict[str, object] | None
) -> None:
    with pytest.raises(OrderRejected) as refused:
        check(BTC, request_, LAST)

    assert refused.value.code == code
    assert params is None or refused.value.params == params


def test_perpetuals_are_for_watching_only() -> None:
    symbol = "BTC/USDT:USDT"

    with pytest.raises(InvalidInput) as refused:
        check(MARKETS[symbol], limit("0.01", "60000", symbol), LAST)

    assert (refused.value.code, refused.value.params) == (
        "contracts_not_tradable",
        {"symbol": symbol},
    )
