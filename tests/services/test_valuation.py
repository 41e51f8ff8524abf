"""Worth through the cheapest path of pairs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from services.domain.market import Market, MarketType, Quote
from services.valuation import rates, symbols_for

D = Decimal
_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _market(symbol: str, *, taker: str = "0.001", is_active: bool = True) -> Market:
    base, quote = symbol.split("/")
    return Market(
        symbol=symbol,
        base=base,
        quote=quote,
        type=MarketType.SPOT,
        tick=D("0.01"),
        lot=D("0.0001"),
        min_amount=D("0.0001"),
        max_amount=None,
        min_cost=D(0),
        maker=D(taker),
        taker=D(taker),
        is_active=is_active,
    )


def _quote(symbol: str, bid: str, last: str, ask: str) -> Quote:
    return Quote(symbol, D(last), D(bid), D(ask), None, None, None, None, None, _NOW)


def _rates(held: str, target: str, *quotes: Quote) -> dict[str, Decimal]:
    markets = {quote.symbol: _market(quote.symbol) for quote in quotes}
    return rates([held], target, markets, {quote.symbol: quote for quote in quotes})


def test_a_pair_with_the_target_gives_its_last_price() -> None:
    assert _rates("BTC", "USDT", _quote("BTC/USDT", "99", "100", "101")) == {"BTC": D(100)}


def test_the_target_is_worth_itself() -> None:
    assert _rates("USDT", "USDT") == {"USDT": D(1)}


def test_a_pair_can_be_walked_backwards() -> None:
    assert _rates("USDT", "BTC", _quote("BTC/USDT", "99", "100", "101")) == {"USDT": D("0.01")}


def test_a_coin_without_a_direct_pair_is_worth_something_over_two() -> None:
    quotes = (_quote("ABC/BTC", "0.9", "1", "1.1"), _quote("BTC/USDT", "99", "100", "101"))

    assert _rates("ABC", "USDT", *quotes) == {"ABC": D(100)}


def test_the_path_that_costs_least_decides() -> None:
    wide = _quote("ABC/USDT", "40", "90", "140")
    narrow = (_quote("ABC/BTC", "0.99", "1", "1.01"), _quote("BTC/USDT", "99", "100", "101"))

    assert _rates("ABC", "USDT", wide, *narrow) == {"ABC": D(100)}


def test_a_fee_more_makes_the_longer_way_dearer() -> None:
    direct = _quote("ABC/USDT", "99.95", "100", "100.05")
    around = (_quote("ABC/BTC", "1", "1", "1"), _quote("BTC/USDT", "100", "101", "102"))

    assert _rates("ABC", "USDT", direct, *around) == {"ABC": D(100)}


def test_what_no_pair_leads_from_has_no_worth() -> None:
    assert _rates("MYST", "USDT", _quote("BTC/USDT", "99", "100", "101")) == {}


def test_a_side_without_orders_is_no_way_out() -> None:
    assert _rates("BTC", "USDT", _quote("BTC/USDT", "0", "100", "101")) == {}


def test_only_quotes_that_may_help_are_asked_for() -> None:
    markets = {
        m.symbol: m
        for m in (
            _market("ABC/USDT"),
            _market("ABC/BTC"),
            _market("BTC/USDT"),
            _market("DEF/USDT"),
            _market("ABC/DEF"),
            _market("ABC/EUR", is_active=False),
        )
    }

    assert set(symbols_for(["ABC", "USDT"], "USDT", markets)) == {
        "ABC/USDT",
        "ABC/BTC",
        "BTC/USDT",
    }
    assert symbols_for(["USDT"], "USDT", markets) == ()
