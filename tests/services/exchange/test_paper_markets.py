from __future__ import annotations

from decimal import Decimal

import pytest

from services.domain.market import Market, MarketType
from services.exchange.matching import LEDGER
from services.exchange.paper_markets import COINS, MARKETS

SPOT = [market for market in MARKETS.values() if market.type is MarketType.SPOT]
PERPETUALS = [market for market in MARKETS.values() if market.type is MarketType.SWAP]


def test_there_is_something_to_choose_from() -> None:
    assert len(SPOT) >= 30
    assert len(PERPETUALS) >= 6


def test_bitcoin_and_ether_come_first() -> None:
    assert [market.symbol for market in SPOT[:2]] == ["BTC/USDT", "ETH/USDT"]


@pytest.mark.parametrize("market", MARKETS.values(), ids=lambda market: market.symbol)
def test_price_times_amount_is_exact_on_the_ledger_grid(market: Market) -> None:
    assert market.tick * market.lot % LEDGER == 0
    assert market.lot % LEDGER == 0


@pytest.mark.parametrize("market", SPOT, ids=lambda market: market.symbol)
def test_the_smallest_order_is_affordable_and_the_largest_is_not_small(market: Market) -> None:
    price = COINS[market.base].price

    assert market.is_on_tick(price)
    assert market.min_amount * price < market.min_cost
    assert market.max_amount is not None
    assert market.max_amount * price > Decimal(100_000)
    assert market.amount_down(market.max_amount) == market.max_amount
