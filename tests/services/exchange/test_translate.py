"""Venues' own JSON, through ccxt's own parsers, into our words: exact or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.accounts import Balance, PositionSide
from services.domain.market import Level, Market, MarketType
from services.domain.orders import OrderStatus, OrderType, Side
from services.errors import ExchangeUnavailable
from services.exchange import translate, translate_markets, translate_orders, translate_prices
from tests.services.exchange.ccxt_answers import exchange

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MS = translate.milliseconds(NOW)

BINANCE_SPOT = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "baseAssetPrecision": 8,
    "quotePrecision": 8,
    "isMarginTradingAllowed": True,
    "orderTypes": ["LIMIT", "MARKET"],
    "filters": [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01",
            "maxPrice": "1000000.00",
            "tickSize": "0.01000000",
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": "0.00001000",
            "maxQty": "9000.00000000",
            "stepSize": "0.00001000",
        },
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "maxNotional": "9000000.00"},
    ],
}
BINANCE_SWAP = {
    "symbol": "BTCUSDT",
    "contractType": "PERPETUAL",
    "onboardDate": 1569398400000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "baseAssetPrecision": 8,
    "quotePrecision": 8,
    "orderTypes": ["LIMIT", "MARKET"],
    "filters": [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.1",
            "maxPrice": "1000000",
            "tickSize": "0.10",
        },
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
    ],
}
OKX_SPOT = {
    "instType": "SPOT",
    "instId": "BTC-USDT",
    "baseCcy": "BTC",
    "quoteCcy": "USDT",
    "lotSz": "0.00000001",
    "minSz": "0.00001",
    "maxLmtSz": "9999999999",
    "maxMktSz": "1000000",
    "tickSz": "0.1",
    "lever": "10",
    "state": "live",
    "listTime": "1548133413000",
    "ctVal": "",
    "ctValCcy": "",
    "settleCcy": "",
    "uly": "",
}
OKX_SWAP = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "settleCcy": "USDT",
    "uly": "BTC-USDT",
    "ctVal": "0.01",
    "ctValCcy": "BTC",
    "ctType": "linear",
    "lotSz": "0.01",
    "minSz": "0.01",
    "maxLmtSz": "100000000",
    "maxMktSz": "85000",
    "tickSz": "0.1",
    "lever": "100",
    "state": "live",
    "listTime": "1573557408000",
}
OKX_INVERSE = OKX_SWAP | {
    "instId": "BTC-USD-SWAP",
    "settleCcy": "BTC",
    "uly": "BTC-USD",
    "ctVal": "100",
    "ctValCcy": "USD",
    "ctType": "inverse",
}


def listed(name: str, *raw: dict[str, Any]) -> dict[str, Any]:
    instance = exchange(name)
    instance.set_markets(instance.parse_markets(list(raw)))
    return dict(instance.markets)


def market_of(name: str, raw: dict[str, Any]) -> Market:
    instance = exchange(name)
    found = translate_markets.markets(listed(name, raw), instance.precisionMode, name)
    (market,) = found.values()
    return market


def test_binance_spot_is_stated_exactly() -> None:
    assert market_of("binance", BINANCE_SPOT) == Market(
        symbol="BTC/USDT",
        base="BTC",
        quote="USDT",
        type=MarketType.SPOT,
        tick=Decimal("0.01"),
        lot=Decimal("0.00001"),
        min_amount=Decimal("0.00001"),
        max_amount=Decimal(9000),
        min_cost=Decimal(5),
        maker=Decimal("0.001"),
        taker=Decimal("0.001"),
    )


def test_binance_contracts_count_base() -> None:
    market = market_of("binance", BINANCE_SWAP)

    assert (market.symbol, market.type, market.settle) == (
        "BTC/USDT:USDT",
        MarketType.SWAP,
        "USDT",
    )
    assert (market.contract_size, market.lot) == (Decimal(1), Decimal("0.001"))
    assert (market.tick, market.min_cost) == (Decimal("0.1"), Decimal(100))


def test_okx_spot_has_no_smallest_cost() -> None:
    market = market_of("okx", OKX_SPOT)

    assert (market.lot, market.min_amount) == (Decimal("0.00000001"), Decimal("0.00001"))
    assert (market.tick, market.min_cost, market.contract_size) == (
        Decimal("0.1"),
        Decimal(0),
        Decimal(1),
    )


def test_okx_contracts_are_turned_into_base() -> None:
    market = market_of("okx", OKX_SWAP)

    assert market.contract_size == Decimal("0.01")
    assert (market.lot, market.min_amount) == (Decimal("0.0001"), Decimal("0.0001"))
    assert market.max_amount == Decimal(1_000_000)


def test_contracts_counted_in_quote_and_options_are_left_out() -> None:
    found = translate_markets.markets(
        listed("okx", OKX_SPOT, OKX_INVERSE), exchange("okx").precisionMode, "okx"
    )

    assert set(found) == {"BTC/USDT"}


def test_a_suspended_market_is_listed_as_inactive() -> None:
    assert not market_of("okx", OKX_SPOT | {"state": "suspend"}).is_active
    assert market_of("okx", OKX_SPOT).is_active


@pytest.mark.parametrize("tick", ["0", "-0.1", "NaN", "Infinity", "1e400", None, ""])
def test_a_market_with_a_nonsense_step_is_left_out(tick: str | None) -> None:
    broken = listed("okx", OKX_SPOT)
    entry = broken["BTC/USDT"]
    broken["BTC/USDT"] = {**entry, "precision": {**entry["precision"], "price": tick}}

    assert translate_markets.markets(broken, ccxt.TICK_SIZE, "okx") == {}


def test_precisions_in_decimal_places_are_steps() -> None:
    entry = listed("okx", OKX_SPOT)["BTC/USDT"]
    places = {**entry, "precision": {"price": "2", "amount": "0"}}

    market = translate_markets.market(places, ccxt.DECIMAL_PLACES)

    assert market is not None
    assert (market.tick, market.lot) == (Decimal("0.01"), Decimal(1))


def test_prices_on_significant_digits_have_no_step() -> None:
    entry = listed("okx", OKX_SPOT)["BTC/USDT"]
    digits = {**entry, "precision": {"price": "5", "amount": "8"}}

    assert translate_markets.market(digits, ccxt.SIGNIFICANT_DIGITS) is None


def test_an_unknown_fee_is_assumed_high_rather_than_none() -> None:
    entry = listed("okx", OKX_SPOT)["BTC/USDT"]

    market = translate_markets.market({**entry, "maker": None, "taker": None}, ccxt.TICK_SIZE)

    assert market is not None
    assert market.taker == Decimal("0.002")


# Figures


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e400",
        "1e-400",
        "",
        "x",
        "1" * 41,
        None,
        True,
        [],
        {},
        b"1",
    ],
)
def test_a_figure_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(ExchangeUnavailable, match="answer_unusable"):
        translate.exact(value)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=12
    )
)
def test_a_figure_is_taken_digit_by_digit(value: Decimal) -> None:
    assert translate.exact(format(value, "f")) == value
    assert translate.exact(translate.text(value)) == value
    assert "e" not in translate.text(value).lower()


@pytest.mark.parametrize("told", [0.1, 0.00001, 60000.01, 1e-08, 123456.789])
def test_a_float_is_taken_as_its_shortest_text(told: float) -> None:
    assert translate.exact(told) == Decimal(repr(told))


@pytest.mark.parametrize("told", [0, -1, 10**15, 1.5, "1700000000000", None, True])
def test_a_time_that_is_none_is_refused(told: object) -> None:
    with pytest.raises(ExchangeUnavailable):
        translate.instant(told)


def test_times_are_exact_to_the_millisecond() -> None:
    assert translate.instant(1700000000123) == datetime(2023, 11, 14, 22, 13, 20, 123000, UTC)
    assert translate.milliseconds(translate.instant(1700000000123)) == 1700000000123


# Prices

TICKER = {
    "symbol": "BTCUSDT",
    "priceChange": "-600.00",
    "priceChangePercent": "-0.990",
    "lastPrice": "60000.00",
    "openPrice": "60600.00",
    "highPrice": "61000.00",
    "lowPrice": "59000.00",
    "volume": "12345.67890000",
    "quoteVolume": "740740740.12",
    "closeTime": MS,
    "bidPrice": "59999.99",
    "bidQty": "1",
    "askPrice": "60000.01",
    "askQty": "2",
}


def quoted(**changes: Any) -> Any:
    market = market_of("binance", BINANCE_SPOT)
    ticker = exchange("binance").parse_ticker(TICKER | changes)
    return translate_prices.quote(ticker, market, now=NOW, counts_contracts=False)


def test_a_ticker_becomes_a_quote() -> None:
    quote = quoted()

    assert (quote.bid, quote.ask, quote.last) == (
        Decimal("59999.99"),
        Decimal("60000.01"),
        Decimal(60000),
    )
    assert (quote.high, quote.low, quote.percentage) == (61000, 59000, Decimal("-0.99"))
    assert (quote.base_volume, quote.quote_volume) == (
        Decimal("12345.6789"),
        Decimal("740740740.12"),
    )
    assert quote.at == NOW


@pytest.mark.parametrize("gone", [["bidPrice"], ["askPrice"], ["lastPrice", "openPrice"]])
def test_without_bid_ask_or_last_there_is_no_quote(gone: list[str]) -> None:
    assert quoted(**dict.fromkeys(gone, "0.00000000")) is None


@pytest.mark.parametrize("nonsense", ["-1", "NaN", "Infinity", "1e400"])
def test_a_nonsense_price_is_refused(nonsense: str) -> None:
    with pytest.raises(ExchangeUnavailable, match="answer_unusable"):
        quoted(bidPrice=nonsense)


def test_what_a_venue_does_not_say_of_the_day_is_none() -> None:
    market = market_of("okx", OKX_SPOT)
    bare = exchange("okx").parse_ticker(
        {"instId": "BTC-USDT", "last": "1", "bidPx": "1", "askPx": "2", "ts": str(MS)}
    )

    quote = translate_prices.quote(bare, market, now=NOW, counts_contracts=True)

    assert quote is not None
    assert (quote.high, quote.low, quote.percentage, quote.base_volume) == (None,) * 4


def test_okx_counts_the_volume_of_contracts_in_contracts() -> None:
    market = market_of("okx", OKX_SWAP)
    ticker = exchange("okx").parse_ticker(
        {
            "instId": "BTC-USDT-SWAP",
            "last": "1",
            "bidPx": "1",
            "askPx": "2",
            "vol24h": "500",
            "ts": str(MS),
        }
    )

    quote = translate_prices.quote(ticker, market, now=NOW, counts_contracts=True)

    assert quote is not None
    assert quote.base_volume == 5


def test_a_book_is_sorted_and_counted_in_base() -> None:
    market = market_of("okx", OKX_SWAP)
    raw = {"bids": [["99", "1"], ["100", "2"]], "asks": [["102", "3"], ["101", "0"], ["103", "4"]]}
    parsed = exchange("okx").parse_order_book(raw, market.symbol, MS)

    book = translate_prices.order_book(parsed, market, depth=1, now=NOW)

    assert book.bids == (Level(Decimal(100), Decimal("0.02")),)
    assert book.asks == (Level(Decimal(102), Decimal("0.03")),)
    assert book.at == NOW


@pytest.mark.parametrize(
    "raw",
    [
        {"bids": [["100", "1"]], "asks": [["100", "1"]]},
        {"bids": [["100", "-1"]], "asks": []},
        {"bids": [["-100", "1"]], "asks": []},
        {"bids": [["NaN", "1"]], "asks": []},
        {"bids": [["100"]], "asks": []},
        {"bids": None, "asks": []},
        {"bids": "x", "asks": []},
        {},
    ],
)
def test_a_book_that_makes_no_sense_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ExchangeUnavailable, match="answer_unusable"):
        translate_prices.order_book(raw, market_of("okx", OKX_SPOT), depth=5, now=NOW)


def test_candles_are_ordered_and_come_once() -> None:
    raw = [[MS + 60_000, "2", "3", "1", "2", "5"], [MS, "1", "2", "1", "2", None]]

    found = translate_prices.candles([*raw, raw[1]], limit=5)

    assert [candle.at for candle in found] == [NOW, NOW + timedelta(minutes=1)]
    assert found[0].volume == 0
    assert translate_prices.candles(raw, limit=1) == found[-1:]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        [[MS, "1", "2", "3", "1", "1"]],
        [[MS, "1", "NaN", "1", "1", "1"]],
        [[None, "1", "2", "1", "1", "1"]],
        [[MS, "1"]],
        ["x"],
    ],
)
def test_candles_that_make_no_sense_are_refused(raw: object) -> None:
    with pytest.raises(ExchangeUnavailable, match="answer_unusable"):
        translate_prices.candles(raw, limit=5)


def test_public_trades_are_ordered_with_the_side_of_the_taker() -> None:
    market = market_of("okx", OKX_SWAP)
    raw = [
        {
            "instId": "BTC-USDT-SWAP",
            "tradeId": "2",
            "px": "2",
            "sz": "3",
            "side": "sell",
            "ts": str(MS + 1),
        },
        {
            "instId": "BTC-USDT-SWAP",
            "tradeId": "1",
            "px": "1",
            "sz": "2",
            "side": "buy",
            "ts": str(MS),
        },
    ]
    parsed = exchange("okx").parse_trades(raw, exchange("okx").market(market.symbol))

    trades = translate_prices.public_trades([*parsed, {"side": None}], market, limit=5)

    assert [(trade.id, trade.side.value, trade.amount) for trade in trades] == [
        ("1", "buy", Decimal("0.02")),
        ("2", "sell", Decimal("0.03")),
    ]


def test_funding_names_the_next_payment() -> None:
    hours = 8 * 3_600_000
    raw = {
        "instId": "BTC-USDT-SWAP",
        "fundingRate": "0.0001",
        "fundingTime": str(MS + 1000),
        "nextFundingTime": str(MS + 1000 + hours),
        "nextFundingRate": "",
        "ts": str(MS),
    }
    parsed = exchange("okx").parse_funding_rate(raw, None)

    found = translate_prices.funding(parsed, symbol="BTC/USDT:USDT", now=NOW)

    assert (found.rate, found.mark) == (Decimal("0.0001"), None)
    assert (found.next_at, found.period) == (NOW + timedelta(seconds=1), timedelta(hours=8))


# The account


def test_holdings_above_zero_are_told_exactly() -> None:
    raw = {
        "balances": [
            {"asset": "BTC", "free": "0.10000001", "locked": "0.2"},
            {"asset": "USDT", "free": "0.00000000", "locked": "0.00000000"},
        ]
    }
    parsed = exchange("binance").parse_balance_custom(raw, "spot")

    assert translate_orders.balances(parsed) == {
        "BTC": Balance("BTC", Decimal("0.10000001"), Decimal("0.2"))
    }


def test_what_is_owed_is_no_holding_and_none_is_negative() -> None:
    found = translate_orders.balances(
        {"free": {"A": "-5", "B": "-1", "C": "3"}, "used": {"A": "1", "B": "3", "C": "-1"}}
    )

    assert found == {
        "B": Balance("B", Decimal(0), Decimal(2)),
        "C": Balance("C", Decimal(2), Decimal(0)),
    }


@pytest.mark.parametrize(
    "answer", [None, [], "x", {"free": {"A": "NaN"}, "used": {}}, {"free": []}]
)
def test_balances_that_make_no_sense_are_refused(answer: object) -> None:
    with pytest.raises(ExchangeUnavailable, match="answer_unusable"):
        translate_orders.balances(answer)


def test_positions_are_counted_in_base() -> None:
    market = market_of("okx", OKX_SWAP)
    raw = {
        "instId": "BTC-USDT-SWAP",
        "instType": "SWAP",
        "mgnMode": "cross",
        "posId": "1",
        "posSide": "net",
        "pos": "-250",
        "avgPx": "60000.1",
        "markPx": "59000",
        "upl": "2500.25",
        "uplRatio": "0.1",
        "lever": "5",
        "liqPx": "",
        "imr": "1",
        "mmr": "1",
        "notionalUsd": "1",
        "margin": "",
        "cTime": str(MS),
        "uTime": str(MS),
    }
    position = translate_orders.position(exchange("okx").parse_position(raw), market)

    assert position is not None
    assert (position.side, position.amount) == (PositionSide.SHORT, Decimal("2.5"))
    assert (position.entry_price, position.unrealized) == (Decimal("60000.1"), Decimal("2500.25"))
    assert (position.leverage, position.liquidation_price) == (Decimal(5), None)
    empty = exchange("okx").parse_position(raw | {"pos": "0"})
    assert translate_orders.position(empty, market) is None


ORDER = {
    "symbol": "BTCUSDT",
    "orderId": 28,
    "clientOrderId": "qtabc",
    "price": "60000.00000000",
    "origQty": "0.30000000",
    "executedQty": "0.10000000",
    "cummulativeQuoteQty": "5999.90000000",
    "status": "PARTIALLY_FILLED",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "side": "BUY",
    "stopPrice": "0.0",
    "transactTime": MS,
    "fills": [
        {
            "price": "59999.00",
            "qty": "0.10000000",
            "commission": "0.00010000",
            "commissionAsset": "BTC",
            "tradeId": 7,
        }
    ],
}


def binance_report(**changes: Any) -> Any:
    market = market_of("binance", BINANCE_SPOT)
    order = exchange("binance").parse_order(
        ORDER | changes, exchange("binance").market("BTC/USDT")
    )
    fills = translate_orders.inner_fills(order, market, now=NOW)
    return translate_orders.report(order, market, fills, client_order_id="qtabc", now=NOW)


def test_an_order_brings_its_fills_and_fees() -> None:
    report = binance_report()

    assert (report.exchange_order_id, report.client_order_id) == ("28", "qtabc")
    assert (report.status, report.filled) == (OrderStatus.OPEN, Decimal("0.1"))
    assert (report.request.type, report.request.side) == (OrderType.LIMIT, Side.BUY)
    assert (report.request.amount, report.request.price) == (Decimal("0.3"), 60000)
    (fill,) = report.fills
    assert (fill.trade_id, fill.price, fill.amount) == ("7", 59999, Decimal("0.1"))
    assert (fill.fee, fill.fee_currency, fill.is_maker) == (Decimal("0.0001"), "BTC", False)
    assert (fill.at, report.at) == (NOW, NOW)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("NEW", OrderStatus.OPEN),
        ("FILLED", OrderStatus.CLOSED),
        ("CANCELED", OrderStatus.CANCELED),
        ("EXPIRED", OrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", OrderStatus.EXPIRED),
        ("REJECTED", OrderStatus.REJECTED),
        ("PENDING_NEW", OrderStatus.OPEN),
    ],
)
def test_each_state_has_its_name(told: str, status: OrderStatus) -> None:
    assert binance_report(status=told).status is status


def test_a_market_order_has_no_price_and_its_rest_expires() -> None:
    report = binance_report(type="MARKET", price="0.00000000", status="CANCELED")

    assert (report.request.type, report.request.price) == (OrderType.MARKET, None)
    assert report.status is OrderStatus.EXPIRED


def test_a_stop_placed_elsewhere_counts_as_what_it_becomes() -> None:
    assert binance_report(type="STOP_LOSS_LIMIT").request.type is OrderType.LIMIT
    assert binance_report(type="STOP_LOSS", price="0.0").request.type is OrderType.MARKET


@pytest.mark.parametrize(
    ("raw", "fee", "is_maker"),
    [
        ({"fee": "-0.05", "execType": "T"}, "0.05", False),
        ({"fee": "0.01", "execType": "M"}, "-0.01", True),
    ],
)
def test_okx_signs_fees_the_other_way_and_pays_rebates(
    raw: dict[str, str], fee: str, *, is_maker: bool
) -> None:
    market = market_of("okx", OKX_SWAP)
    stated = {
        "instId": "BTC-USDT-SWAP",
        "tradeId": "9",
        "ordId": "3",
        "fillPx": "60000",
        "fillSz": "25",
        "side": "sell",
        "feeCcy": "USDT",
        "ts": str(MS),
    } | raw
    trade = exchange("okx").parse_trade(stated, exchange("okx").market(market.symbol))

    own = translate_orders.own_trade(trade, market)

    assert (own.exchange_order_id, own.side, own.symbol) == ("3", Side.SELL, market.symbol)
    assert (own.fill.amount, own.fill.fee, own.fill.fee_currency) == (
        Decimal("0.25"),
        Decimal(fee),
        "USDT",
    )
    assert own.fill.is_maker is is_maker


def test_a_trade_listed_twice_counts_once() -> None:
    market = market_of("okx", OKX_SPOT)
    stated = {"id": "1", "price": "2", "amount": "3", "timestamp": MS}

    assert len(translate_orders.fills([stated, dict(stated)], market)) == 1


@pytest.mark.parametrize(
    "changes",
    [{"id": None}, {"price": "-1"}, {"amount": "0"}, {"amount": "NaN"}, {"timestamp": "x"}],
)
def test_a_trade_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    stated = {"id": "1", "price": "2", "amount": "3", "timestamp": MS} | changes

    with pytest.raises(ExchangeUnavailable, match="answer_unusable"):
        translate_orders.fill(stated, market_of("okx", OKX_SPOT))


@pytest.mark.parametrize("changes", [{"orderId": None}, {"side": "HOLD"}, {"price": "-1"}])
def test_an_order_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ExchangeUnavailable, match="answer_unusable"):
        binance_report(**changes)


def test_answers_of_the_wrong_shape_are_refused() -> None:
    for answer in (None, "x", 1, [1], json.loads("{}")):
        with pytest.raises(ExchangeUnavailable):
            translate.rows(answer)
    with pytest.raises(ExchangeUnavailable):
        translate.row([])


@pytest.mark.parametrize(
    ("answer", "is_about"),
    [
        ({"info": {"symbol": "BTCUSDT"}}, True),
        ({"info": {"instId": "ETH-USDT"}}, False),
        ({"info": {}}, True),
        ({"info": "text"}, True),
        ({}, True),
    ],
)
def test_an_answer_about_another_market_is_noticed(
    answer: dict[str, Any], *, is_about: bool
) -> None:
    assert translate.is_about(answer, "BTCUSDT") is is_about
