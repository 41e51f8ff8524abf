"""What people type finds a market, or the nearest ones."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.domain.market import Market, MarketType
from services.domain.orders import OrderRequest, OrderType, Side
from services.errors import NotFound
from services.exchange.paper_markets import MARKETS
from services.symbols import find_market, near, past_market


@pytest.mark.parametrize(
    ("coin", "symbol"),
    [
        ("BTC", "BTC/USDT"),
        ("btc", "BTC/USDT"),
        ("BTCUSDT", "BTC/USDT"),
        ("btc/usdt", "BTC/USDT"),
        ("BTC-USDT", "BTC/USDT"),
        ("BTC/USDT:USDT", "BTC/USDT:USDT"),
        ("BTC-PERP", "BTC/USDT:USDT"),
        ("BTCPERP", "BTC/USDT:USDT"),
        ("eth-swap", "ETH/USDT:USDT"),
        ("BTCUSDT-PERP", "BTC/USDT:USDT"),
        ("BTC-USDT-SWAP", "BTC/USDT:USDT"),
    ],
)
def test_every_way_to_write_a_market(coin: str, symbol: str) -> None:
    assert find_market(coin, MARKETS).symbol == symbol


@pytest.mark.parametrize("symbol", MARKETS)
def test_every_symbol_finds_itself(symbol: str) -> None:
    market = MARKETS[symbol]

    assert find_market(symbol, MARKETS) is market
    assert find_market(market.base, MARKETS).base == market.base


def test_a_bare_ticker_means_the_most_usual_quote() -> None:
    ether = MARKETS["ETH/USDT"]
    quotes = ("EUR", "BTC", "USD", "USDC")
    venue: dict[str, Market] = {
        f"ETH/{quote}": replace(ether, symbol=f"ETH/{quote}", quote=quote) for quote in quotes
    }

    assert find_market("ETH", venue).symbol == "ETH/USDC"
    assert find_market("ETH", {**venue, "ETH/USDT": ether}).symbol == "ETH/USDT"
    assert find_market("ETH/EUR", venue).symbol == "ETH/EUR"
    assert find_market("ETH", {"ETH/EUR": venue["ETH/EUR"]}).symbol == "ETH/EUR"


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("BCT", "BTC/USDT"),
        ("SLO", "SOL/USDT"),
        ("DOEG", "DOGE/USDT"),
        ("XPR", "XRP/USDT"),
        ("AVX", "AVAX/USDT"),
        ("EHT", "ETH/USDT"),
        ("BTCC", "BTC/USDT"),
        ("PEEP", "PEPE/USDT"),
        ("BCTUSDT", "BTC/USDT"),
        ("BCT/USDT", "BTC/USDT"),
        ("BCT-PERP", "BTC/USDT"),
        ("BTC/EUR", "BTC/USDT"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(slip: str, meant: str) -> None:
    with pytest.raises(NotFound) as refused:
        find_market(slip, MARKETS)

    assert refused.value.code == "symbol_unknown"
    assert refused.value.params["coin"] == slip
    assert refused.value.params["suggestions"][0] == meant


def test_suggestions_are_few_spot_markets_and_the_most_traded_first() -> None:
    assert near("BCT", MARKETS) == ("BTC/USDT", "BCH/USDT")
    assert near("TOX", MARKETS)[0] == "TON/USDT"
    assert all(len(near(base, MARKETS)) <= 3 for base in ("AB", "TT", "XXX", "ETX"))


@pytest.mark.parametrize("nonsense", ["QWERTYUIOP", "/", "-PERP", "PERP", "USDT", "¤", "A" * 500])
def test_nonsense_is_answered_with_the_most_traded(nonsense: str) -> None:
    with pytest.raises(NotFound) as refused:
        find_market(nonsense, MARKETS)

    assert refused.value.params["suggestions"] == ("BTC/USDT", "ETH/USDT", "SOL/USDT")


def test_a_coin_without_a_perpetual_says_so_by_suggesting_its_spot_market() -> None:
    with pytest.raises(NotFound) as refused:
        find_market("ADA-PERP", MARKETS)

    assert refused.value.params["suggestions"][0] == "ADA/USDT"


def test_a_long_name_may_hold_two_slips() -> None:
    rendered = replace(MARKETS["SOL/USDT"], symbol="RENDER/USDT", base="RENDER")
    venue = {**MARKETS, "RENDER/USDT": rendered}

    assert near("RNEDRE", venue)[0] == "RENDER/USDT"


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("BTC/USDT", ("BTC", "USDT", MarketType.SPOT, None)),
        ("ETH/USDT:USDT", ("ETH", "USDT", MarketType.SWAP, "USDT")),
    ],
)
def test_an_order_tells_enough_of_its_market_to_be_shown(
    symbol: str, expected: tuple[str, str, MarketType, str | None]
) -> None:
    request = OrderRequest(symbol, Side.BUY, OrderType.LIMIT, Decimal("0.0150"), Decimal(60_000))

    market = past_market(request, Decimal("60000.5"))

    assert (market.base, market.quote, market.type, market.settle) == expected
    assert (market.tick, market.lot) == (Decimal("0.1"), Decimal("0.0001"))
    assert not market.is_active
