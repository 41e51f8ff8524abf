"""The Binance test venue under the unmodified ccxt classes, over TLS and its real host names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.eventually import eventually
from tests.venues.binance_words import UNAVAILABLE_TEXTS
from tests.venues.client import Venue, VenueProcess, ccxt_exchange

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with VenueProcess("binance", tmp_path_factory.mktemp("binance")) as running:
        yield running


@pytest.fixture
async def venue(process: VenueProcess) -> AsyncIterator[Venue]:
    async with Venue.borrow(process) as borrowed:
        yield borrowed


@pytest.fixture
async def key(venue: Venue) -> dict[str, str]:
    return await venue.add_key()


@pytest.fixture(scope="module")
def loaded(process: VenueProcess) -> Any:
    """An exchange whose markets the others share."""

    async def load() -> Any:
        options = {"fetchMarkets": {"types": ["spot", "linear"]}}
        async with ccxt_exchange(process, "binance", options=options) as opened:
            await opened.load_markets()
            return opened

    return asyncio.run(load())


@pytest.fixture
async def exchange(venue: Venue, key: dict[str, str], loaded: Any) -> AsyncIterator[Any]:
    async with ccxt_exchange(venue, "binance", key, timeout=2000) as opened:
        opened.set_markets_from_exchange(loaded)
        yield opened


# Public data


async def test_all_markets_load_with_keys_in_every_section(
    venue: Venue, key: dict[str, str]
) -> None:
    async with ccxt_exchange(venue, "binance", key) as opened:
        markets = await opened.load_markets()
    assert (len(markets), markets["LUNA/USDT"]["active"]) == (48, False)
    spot = markets[SPOT]
    assert Decimal(spot["precision"]["price"]) == Decimal("0.01")
    assert Decimal(spot["precision"]["amount"]) == Decimal("0.00001")
    assert Decimal(spot["limits"]["cost"]["min"]) == 5
    assert markets[SWAP]["contractSize"] == "1"
    paths = {entry["path"] for entry in await venue.journal("request")}
    assert {"/dapi/v1/exchangeInfo", "/sapi/v1/capital/config/getall"} <= paths


async def test_prices_books_candles_and_trades_agree(venue: Venue, exchange: Any) -> None:
    await venue.set_price(SPOT, "61000")
    ticker = await exchange.fetch_ticker(SPOT)
    book = await exchange.fetch_order_book(SPOT, 5)
    candles = await exchange.fetch_ohlcv(SPOT, "1m", limit=3)
    trades = await exchange.fetch_trades(SPOT, limit=2)
    assert Decimal(ticker["last"]) == Decimal(candles[-1][4]) == Decimal(trades[-1]["price"])
    assert [Decimal(ticker["bid"]), Decimal(ticker["ask"])] == [
        Decimal(str(book["bids"][0][0])),
        Decimal(str(book["asks"][0][0])),
    ]
    assert (len(book["bids"]), candles[0][4]) == (5, candles[1][1])
    assert Decimal(candles[-1][2]) >= 61000 >= Decimal(candles[-1][3])


async def test_one_several_and_all_tickers(exchange: Any) -> None:
    assert set(await exchange.fetch_tickers([SPOT, "ETH/BTC"])) == {SPOT, "ETH/BTC"}
    assert len(await exchange.fetch_tickers()) == 40
    assert (await exchange.fetch_bids_asks([SPOT]))[SPOT]["bid"] is not None
    assert (await exchange.fetch_ticker(SWAP))["last"] == "60000.0"
    assert (await exchange.fetch_funding_rate(SWAP))["fundingRate"] == "0.00010000"


async def test_the_market_list_grows_to_the_size_asked_for(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with VenueProcess("binance", tmp_path_factory.mktemp("big"), "--markets", "500") as process:
        async with ccxt_exchange(process, "binance") as opened:
            assert len(await opened.load_markets()) == 500


# Keys


async def test_an_ed25519_key_signs_too(venue: Venue) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    public_key = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made = await venue.add_key(public_key=public_key.decode())
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    async with ccxt_exchange(venue, "binance", made | {"secret": secret.decode()}) as opened:
        order = await opened.create_order(SPOT, "limit", "buy", "0.01", "50000")
        assert order["status"] == "open"
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    async with ccxt_exchange(venue, "binance", made | {"secret": other.decode()}) as opened:
        with pytest.raises(ccxt.pro.AuthenticationError, match="-1022"):
            await opened.fetch_balance()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "short"}, "-2014"),
        ({"key": "0" * 64}, "-2015"),
        ({"secret": "wrong"}, "-1022"),
    ],
)
async def test_wrong_credentials_are_refused_in_the_venues_words(
    venue: Venue, key: dict[str, str], change: dict[str, str], code: str
) -> None:
    async with ccxt_exchange(venue, "binance", key | change) as opened:
        with pytest.raises(ccxt.pro.AuthenticationError, match=code):
            await opened.fetch_balance()


@pytest.mark.parametrize(("skew_ms", "words"), [(-5000, "1000ms ahead"), (15000, "recvWindow")])
async def test_a_clock_that_is_off_is_told(
    venue: Venue, exchange: Any, skew_ms: int, words: str
) -> None:
    await venue.call("clock", skew_ms=skew_ms)
    with pytest.raises(ccxt.pro.InvalidNonce, match=words):
        await exchange.fetch_balance()
    await exchange.load_time_difference()
    assert abs(exchange.options["timeDifference"] + skew_ms) < 1000
    await exchange.fetch_balance()


async def test_rights_of_a_key_are_shown_and_enforced(
    venue: Venue, key: dict[str, str], exchange: Any
) -> None:
    rights = await exchange.sapiGetAccountApiRestrictions()
    assert (rights["enableWithdrawals"], rights["ipRestrict"]) == (False, False)
    changed = {"enableWithdrawals": True, "enableInternalTransfer": None, "enableMagic": True}
    await venue.set_key(key["key"], permissions=changed, ips=["127.0.0.1"])
    rights = await exchange.sapiGetAccountApiRestrictions()
    assert (rights["enableWithdrawals"], rights["enableMagic"], rights["ipRestrict"]) == (
        True,
        True,
        True,
    )
    assert "enableInternalTransfer" not in rights
    await venue.set_key(key["key"], permissions={"enableSpotAndMarginTrading": False})
    with pytest.raises(ccxt.pro.BaseError, match="-2015"):
        await exchange.create_order(SPOT, "limit", "buy", "0.01", "50000")
    await venue.set_key(key["key"], ips=["203.0.113.7"])
    with pytest.raises(ccxt.pro.BaseError, match="-2015"):
        await exchange.fetch_balance()
    assert await venue.orders() == []


async def test_a_forbidden_country_and_maintenance_answer_as_the_venue_does(
    venue: Venue, exchange: Any
) -> None:
    await venue.call("restrict")
    with pytest.raises(ccxt.pro.ExchangeNotAvailable, match="restricted location"):
        await exchange.fetch_time()
    await venue.call("restrict", is_restricted=False)
    await venue.call("maintenance")
    with pytest.raises(ccxt.pro.ExchangeNotAvailable, match="503"):
        await exchange.fetch_time()
    assert (await exchange.fetch_status())["status"] == "maintenance"


async def test_demo_and_test_network_keys_work_only_there(venue: Venue) -> None:
    demo = await venue.add_key(account="demo", environment="demo")
    test = await venue.add_key(account="test", environment="testnet")
    async with ccxt_exchange(venue, "binance", demo) as opened:
        opened.enable_demo_trading(True)
        assert (await opened.fetch_balance())["USDT"]["free"] == "100000.00000000"
        assert (await opened.create_order(SWAP, "market", "buy", "0.1"))["status"] == "closed"
    async with ccxt_exchange(venue, "binance", test) as opened:
        opened.set_sandbox_mode(True)
        assert (await opened.create_order(SPOT, "market", "buy", "0.1"))["status"] == "closed"
    async with ccxt_exchange(venue, "binance", demo) as opened:
        with pytest.raises(ccxt.pro.AuthenticationError, match="-2015"):
            await opened.fetch_balance()


# Rate limits


async def test_used_weight_is_told_and_overdraft_is_banned(venue: Venue, exchange: Any) -> None:
    await exchange.fetch_order_book(SPOT, 5)
    used = int(exchange.last_response_headers["x-mbx-used-weight-1m"])
    await exchange.fetch_order_book(SPOT, 5)
    assert int(exchange.last_response_headers["x-mbx-used-weight-1m"]) in {used + 5, 5}
    await venue.call("set_limits", spot=1)
    with pytest.raises(ccxt.pro.DDoSProtection, match="429"):
        await exchange.fetch_order_book(SPOT, 5)
    assert 0 < int(exchange.last_response_headers["Retry-After"]) <= 60
    for _ in range(10):
        with pytest.raises(ccxt.pro.DDoSProtection):
            await exchange.fetch_order_book(SPOT, 5)
    with pytest.raises(ccxt.pro.DDoSProtection, match=r"418.*banned until"):
        await exchange.fetch_time()


async def test_too_many_orders_are_refused(venue: Venue, exchange: Any) -> None:
    await venue.call("set_limits", orders=1)
    outcomes = await asyncio.gather(
        *(exchange.create_order(SPOT, "limit", "buy", "0.01", "50000") for _ in range(4)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, ccxt.pro.DDoSProtection)]
    assert refused
    assert "-1015" in str(refused[0])
    assert len(await venue.orders()) == 4 - len(refused)


# Spot orders


async def test_a_market_order_fills_against_the_book_and_pays_its_fee(
    venue: Venue, exchange: Any
) -> None:
    await venue.call(
        "set_book", symbol=SPOT, bids=[["59990", "1"]], asks=[["60010", "0.1"], ["60020", "1"]]
    )
    order = await exchange.create_order(
        SPOT, "market", "buy", "0.3", None, {"clientOrderId": "first"}
    )
    assert (order["status"], order["filled"], len(order["trades"])) == (
        "closed",
        "0.30000000",
        2,
    )
    assert Decimal(order["cost"]) == 18005
    balance = await exchange.fetch_balance()
    assert Decimal(balance["USDT"]["free"]) == 100000 - 18005
    assert Decimal(balance["BTC"]["free"]) == Decimal("2.3") - Decimal("0.0003")
    trades = await exchange.fetch_my_trades(SPOT)
    assert [trade["takerOrMaker"] for trade in trades] == ["taker", "taker"]
    [accepted] = await venue.journal("accepted")
    assert accepted["client_id"] == "first"


async def test_an_order_by_cost_and_a_book_that_is_too_thin(venue: Venue, exchange: Any) -> None:
    order = await exchange.create_market_buy_order_with_cost(SPOT, "1000")
    assert 999 < Decimal(order["cost"]) <= 1000
    await venue.call("set_book", symbol=SPOT, bids=[["59990", "0.1"]], asks=[["60010", "0.1"]])
    order = await exchange.create_order(SPOT, "market", "sell", "0.5")
    assert (order["status"], order["filled"]) == ("expired", "0.10000000")
    order = await exchange.create_market_buy_order_with_cost(SPOT, "20000")
    assert (order["status"], order["filled"]) == ("expired", "0.10000000")


async def test_a_resting_order_is_filled_in_parts_then_canceled(
    venue: Venue, exchange: Any
) -> None:
    await exchange.create_order(SPOT, "limit", "sell", "0.5", "61000", {"clientOrderId": "rest"})
    assert Decimal((await exchange.fetch_balance())["BTC"]["used"]) == Decimal("0.5")
    await venue.fill("rest", "0.2")
    found = await exchange.fetch_order(None, SPOT, {"clientOrderId": "rest"})
    assert (found["status"], found["filled"], found["remaining"]) == ("open", "0.20000000", "0.3")
    assert [order["id"] for order in await exchange.fetch_open_orders(SPOT)] == [found["id"]]
    canceled = await exchange.cancel_order(found["id"], SPOT)
    assert canceled["status"] == "canceled"
    assert canceled["clientOrderId"] != "rest" == canceled["info"]["origClientOrderId"]
    with pytest.raises(ccxt.pro.OrderNotFound, match="-2011"):
        await exchange.cancel_order(found["id"], SPOT)
    balance = await exchange.fetch_balance()
    assert Decimal(balance["BTC"]["used"]) == 0
    assert Decimal(balance["BTC"]["total"]) == Decimal("1.8")
    [closed] = await exchange.fetch_orders(SPOT)
    assert closed["clientOrderId"] == "rest"


async def test_a_price_that_comes_fills_what_waits_for_it(venue: Venue, exchange: Any) -> None:
    await exchange.create_order(SPOT, "limit", "buy", "0.5", "59000", {"clientOrderId": "low"})
    stop = {"triggerPrice": "58000", "clientOrderId": "stop"}
    waiting = await exchange.create_order(SPOT, "market", "sell", "0.5", None, stop)
    assert waiting["status"] == "open"
    await venue.set_price(SPOT, "57900")
    bought = await exchange.fetch_order(None, SPOT, {"clientOrderId": "low"})
    sold = await exchange.fetch_order(None, SPOT, {"clientOrderId": "stop"})
    assert (bought["status"], bought["average"]) == ("closed", "59000")
    assert (sold["status"], sold["type"]) == ("closed", "market")
    assert Decimal(sold["average"]) < 57900


async def test_time_in_force_and_post_only(exchange: Any) -> None:
    book = await exchange.fetch_order_book(SPOT, 1)
    ask = str(book["asks"][0][0])
    part = await exchange.create_order(SPOT, "limit", "buy", "1", ask, {"timeInForce": "IOC"})
    assert part["status"] == "expired"
    assert Decimal(part["filled"]) == Decimal(str(book["asks"][0][1]))
    none = await exchange.create_order(SPOT, "limit", "buy", "1", ask, {"timeInForce": "FOK"})
    assert (none["status"], none["filled"]) == ("expired", "0.00000000")
    with pytest.raises(ccxt.pro.OrderImmediatelyFillable, match="immediately match"):
        await exchange.create_order(SPOT, "limit", "buy", "1", ask, {"postOnly": True})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"amount": "0.01", "price": "0.5"}, "PERCENT_PRICE_BY_SIDE"),
        ({"amount": "0.00002", "price": "50000"}, "NOTIONAL"),
        ({"amount": "5", "price": "50000"}, "insufficient balance"),
        ({"amount": "0.01", "price": "50000", "id": "dup"}, "Duplicate order sent"),
        ({"amount": "0.01", "price": "50000", "id": "no spaces"}, "-1100"),
        ({"amount": "0.01", "price": "50000", "id": "x" * 37}, "-1100"),
        ({"amount": "0.01", "price": "50000", "symbol": "LUNA/USDT"}, "Market is closed"),
        ({"amount": "-0.01", "price": "50000"}, "-1100"),
    ],
)
async def test_a_spot_order_against_the_rules_is_refused(
    venue: Venue, exchange: Any, arguments: dict[str, str], words: str
) -> None:
    await exchange.create_order(SPOT, "limit", "buy", "0.01", "50000", {"clientOrderId": "dup"})
    identity = {"clientOrderId": arguments.get("id", "other")}
    symbol = arguments.get("symbol", SPOT)
    with pytest.raises(ccxt.pro.BaseError, match=words):
        await exchange.create_order(
            symbol, "limit", "buy", arguments["amount"], arguments["price"], identity
        )
    assert len(await venue.orders()) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity": "0.000011"}, "LOT_SIZE"),
        ({"quantity": "0.0000000001"}, "-1111"),
        ({"quantity": "1e-05"}, "-1100"),
        ({"price": "50000.001"}, "PRICE_FILTER"),
        ({"timeInForce": None}, "-1102"),
        ({"stopPrice": "1"}, "-1106"),
        ({"type": "BEST"}, "-1116"),
        ({"side": "HOLD"}, "-1117"),
        ({"symbol": "NOPE"}, "-1121"),
        ({"surprise": "1"}, "-1104"),
    ],
)
async def test_a_wrong_wire_format_is_an_error(
    venue: Venue, exchange: Any, change: dict[str, Any], words: str
) -> None:
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "50000",
    } | change
    wire = {name: value for name, value in order.items() if value is not None}
    with pytest.raises(ccxt.pro.BaseError, match=words):
        await exchange.privatePostOrder(wire)
    assert await venue.orders() == []


async def test_a_client_id_is_free_again_when_its_order_has_ended(exchange: Any) -> None:
    again = {"clientOrderId": "again"}
    first = await exchange.create_order(SPOT, "market", "buy", "0.01", None, dict(again))
    second = await exchange.create_order(SPOT, "market", "buy", "0.01", None, dict(again))
    assert first["id"] != second["id"]
    latest = await exchange.fetch_order(None, SPOT, dict(again))
    assert latest["id"] == second["id"]


async def test_a_fee_in_a_third_coin_and_the_funding_wallet(venue: Venue, exchange: Any) -> None:
    await venue.call("set_account", fee_currency="BNB")
    order = await exchange.create_order(SPOT, "market", "buy", "0.01")
    assert order["fee"]["currency"] == "BNB"
    funding = await exchange.fetch_balance({"type": "funding"})
    assert Decimal(funding["USDT"]["free"]) == 2500


# Futures


async def test_a_position_opens_shows_profit_and_closes(venue: Venue, exchange: Any) -> None:
    await exchange.set_leverage(10, SWAP)
    await exchange.create_order(SWAP, "market", "buy", "0.5")
    await venue.set_price(SWAP, "61000")
    [position] = await exchange.fetch_positions()
    assert (position["side"], Decimal(position["contracts"])) == ("long", Decimal("0.5"))
    profit = (61000 - Decimal(position["entryPrice"])) / 2
    assert Decimal(position["unrealizedPnl"]) == profit
    assert Decimal(position["liquidationPrice"]) < 55000
    balance = await exchange.fetch_balance({"type": "swap"})
    assert Decimal(balance["USDT"]["used"]) == Decimal(3050)
    close = await exchange.create_order(SWAP, "market", "sell", "2", None, {"reduceOnly": True})
    assert Decimal(close["amount"]) == Decimal("0.5")
    assert await exchange.fetch_positions() == []
    trades = await exchange.fetch_my_trades(SWAP)
    assert (trades[0]["side"], trades[-1]["side"]) == ("buy", "sell")
    with pytest.raises(ccxt.pro.InvalidOrder, match="-2022"):
        await exchange.create_order(SWAP, "market", "sell", "1", None, {"reduceOnly": True})


async def test_an_algo_order_places_a_child_when_its_price_comes(
    venue: Venue, exchange: Any
) -> None:
    await exchange.create_order(SWAP, "market", "buy", "0.5")
    stop = {"triggerPrice": "59000", "reduceOnly": True, "clientOrderId": "algo"}
    placed = await exchange.create_order(SWAP, "market", "sell", "0.5", None, stop)
    assert await exchange.fetch_open_orders(SWAP) == []
    [waiting] = await exchange.fetch_open_orders(SWAP, params={"trigger": True})
    assert waiting["id"] == placed["id"]
    await venue.set_price(SWAP, "58900")
    found = await exchange.fetch_order(None, SWAP, {"clientOrderId": "algo", "trigger": True})
    child = await exchange.fetch_order(found["info"]["actualOrderId"], SWAP)
    assert (found["info"]["algoStatus"], child["status"]) == ("TRIGGERED", "closed")
    assert await exchange.fetch_positions() == []


async def test_an_algo_order_is_canceled_by_its_client_id(exchange: Any) -> None:
    stop = {"triggerPrice": "50000", "clientOrderId": "algo"}
    await exchange.create_order(SWAP, "limit", "sell", "0.5", "49000", stop)
    with pytest.raises(ccxt.pro.BadRequest, match="-20132"):
        await exchange.create_order(SWAP, "limit", "sell", "0.5", "49000", dict(stop))
    identity = {"clientOrderId": "algo", "trigger": True}
    canceled = await exchange.cancel_order(None, SWAP, dict(identity))
    assert (canceled["status"], canceled["info"]["code"]) == (None, "200")
    found = await exchange.fetch_order(None, SWAP, dict(identity))
    assert found["status"] == "canceled"


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"quantity": "0.00001"}, "BadRequest", "-4004"),
        ({"quantity": "0.0015"}, "BadRequest", "-1111"),
        ({"price": "50000.01"}, "BadRequest", "-4014"),
        ({"quantity": "0.001"}, "InvalidOrder", "-4164"),
        ({"quantity": "100"}, "InsufficientFunds", "-2019"),
        ({"positionSide": "LONG"}, "OperationRejected", "-4061"),
        ({"type": "STOP_MARKET"}, "ExchangeError", "-4120"),
        ({"newClientOrderId": "x" * 37}, "BadRequest", "-4015"),
        ({"newClientOrderId": "dup"}, "InvalidOrder", "-4116"),
        ({"timeInForce": "GTX", "price": "70000"}, "InvalidOrder", "-5022"),
    ],
)
async def test_a_futures_order_against_the_rules_is_refused(
    exchange: Any, change: dict[str, str], kind: str, words: str
) -> None:
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "50000",
    }
    await exchange.fapiPrivatePostOrder(order | {"newClientOrderId": "dup"})
    with pytest.raises(getattr(ccxt.pro, kind), match=words):
        await exchange.fapiPrivatePostOrder(order | change)


async def test_position_and_margin_modes(exchange: Any) -> None:
    await exchange.set_position_mode(True, SWAP)
    assert (await exchange.fetch_position_mode(SWAP))["hedged"] is True
    with pytest.raises(ccxt.pro.OperationRejected, match="-4061"):
        await exchange.create_order(SWAP, "market", "buy", "0.1")
    for side in ("buy", "sell"):
        await exchange.create_order(SWAP, "market", side, "0.1", None, {"hedged": True})
    assert {item["side"] for item in await exchange.fetch_positions()} == {"long", "short"}
    await exchange.set_margin_mode("isolated", "ETH/USDT:USDT")
    with pytest.raises(ccxt.pro.MarginModeAlreadySet, match="-4046"):
        await exchange.set_margin_mode("isolated", "ETH/USDT:USDT")


# Streams


async def test_tickers_books_trades_and_candles_are_streamed(venue: Venue, exchange: Any) -> None:
    watching = [
        asyncio.ensure_future(work)
        for work in (
            exchange.watch_tickers([SPOT, "ETH/USDT"]),
            exchange.watch_bids_asks([SPOT]),
            exchange.watch_trades(SPOT),
            exchange.watch_ohlcv(SPOT, "1m"),
            exchange.watch_bids_asks([SWAP]),
        )
    ]
    await _subscribed(venue, 5)
    await venue.set_price(SPOT, "60500")
    await venue.set_price(SWAP, "60400")
    tickers, best, trades, candles, swap = await asyncio.wait_for(asyncio.gather(*watching), 5)
    assert tickers[SPOT]["last"] == "60500.00000000"
    assert 60499 > Decimal(best[SPOT]["bid"]) > 60400 > Decimal(swap[SWAP]["bid"])
    assert Decimal(trades[-1]["price"]) == Decimal(str(candles[-1][4])) == 60500


@pytest.mark.parametrize("symbol", [SPOT, SWAP])
async def test_a_book_follows_every_change(venue: Venue, exchange: Any, symbol: str) -> None:
    number = (await exchange.watch_order_book(symbol))["nonce"]
    for price in ("60100", "60200", "60300"):
        await venue.set_price(symbol, price)
    await eventually(
        lambda: exchange.orderbooks[symbol]["nonce"] == number + 3, of="three changes"
    )
    followed, fresh = exchange.orderbooks[symbol], await exchange.fetch_order_book(symbol, 100)
    assert (followed["bids"], followed["asks"]) == (fresh["bids"], fresh["asks"])


async def test_a_gap_in_a_book_is_noticed(venue: Venue, exchange: Any) -> None:
    await exchange.watch_order_book(SPOT)
    waiting = asyncio.ensure_future(exchange.watch_order_book(SPOT))
    assert await venue.harm("gap", path="/ws/*") == 1
    await venue.set_price(SPOT, "60100")
    await venue.set_price(SPOT, "60200")
    with pytest.raises(ccxt.pro.ChecksumError):
        await asyncio.wait_for(waiting, 5)


async def test_spot_orders_and_balances_are_streamed(venue: Venue, exchange: Any) -> None:
    balance = asyncio.ensure_future(exchange.watch_balance())
    orders = asyncio.ensure_future(exchange.watch_orders())
    await _private(venue)
    await exchange.create_order(SPOT, "limit", "sell", "0.5", "61000", {"clientOrderId": "seen"})
    [order] = await asyncio.wait_for(orders, 5)
    assert (order["clientOrderId"], order["status"]) == ("seen", "open")
    assert Decimal((await asyncio.wait_for(balance, 5))["BTC"]["used"]) == Decimal("0.5")
    trades = asyncio.ensure_future(exchange.watch_my_trades())
    await venue.fill("seen", "0.2")
    [trade] = await asyncio.wait_for(trades, 5)
    assert (trade["amount"], trade["takerOrMaker"]) == ("0.20000000", "maker")


@pytest.mark.parametrize("is_fault", [True, False])
async def test_a_refused_user_stream_fails_once_then_hangs(
    venue: Venue, key: dict[str, str], loaded: Any, *, is_fault: bool
) -> None:
    if is_fault:
        await venue.fault("ws_login_error", host="ws-api.binance.com")
    used = key if is_fault else key | {"secret": "wrong"}
    async with ccxt_exchange(venue, "binance", used) as opened:
        opened.set_markets_from_exchange(loaded)
        with pytest.raises(KeyError, match="spot"):
            await asyncio.wait_for(opened.watch_orders(), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(opened.watch_orders(), 0.2)


async def test_futures_orders_come_over_a_listen_key_until_it_expires(
    venue: Venue, exchange: Any
) -> None:
    exchange.options["defaultType"] = "swap"
    orders = asyncio.ensure_future(exchange.watch_orders(SWAP))
    await _private(venue)
    await exchange.create_order(SWAP, "limit", "buy", "0.5", "59000", {"clientOrderId": "seen"})
    [order] = await asyncio.wait_for(orders, 5)
    assert (order["clientOrderId"], order["status"]) == ("seen", "open")
    await exchange.fapiPrivatePutListenKey()
    assert await venue.call("expire_listen_keys") == 1
    with pytest.raises(ccxt.pro.BaseError, match="-1125"):
        await exchange.fapiPrivatePutListenKey()


@pytest.mark.parametrize("way", ["close", "cut", "reset"])
async def test_a_dropped_stream_comes_back(venue: Venue, exchange: Any, way: str) -> None:
    await asyncio.wait_for(exchange.watch_ticker(SPOT), 5)
    waiting = asyncio.ensure_future(exchange.watch_ticker(SPOT))
    assert await venue.harm(way, code=1001) == 1
    with pytest.raises(ccxt.pro.NetworkError):
        await asyncio.wait_for(waiting, 5)
    await venue.call("drift", interval=0.05)
    assert await asyncio.wait_for(exchange.watch_ticker(SPOT), 5)


async def test_a_stream_can_end_by_the_venues_own_event(venue: Venue, exchange: Any) -> None:
    waiting = asyncio.ensure_future(exchange.watch_orders())
    await _private(venue)
    assert await venue.call("terminate_streams") == 1
    await exchange.create_order(SPOT, "limit", "buy", "0.01", "50000")
    assert not waiting.done()
    waiting.cancel()


async def test_an_unacknowledged_subscription_stays_silent_for_ever(
    venue: Venue, exchange: Any
) -> None:
    await venue.fault("ws_no_ack")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(exchange.watch_order_book(SPOT), 0.3)
    assert (await venue.fired())["ws_no_ack"] == 1


async def _subscribed(venue: Venue, count: int) -> None:
    async def are_all() -> bool:
        return sum(bool(socket["topics"]) for socket in await venue.sockets()) == count

    is_done: bool = await eventually(are_all, of=f"{count} subscriptions")
    assert is_done


async def _private(venue: Venue) -> None:
    async def is_open() -> bool:
        return any(socket["account"] for socket in await venue.sockets())

    is_done: bool = await eventually(is_open, of="a user stream")
    assert is_done


# Faults


# What ccxt makes of each broken answer to a new order.
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "hang"}, "RequestTimeout"),
    ({"kind": "slow", "seconds": 0.6}, "RequestTimeout"),
    ({"kind": "drip"}, "RequestTimeout"),
    ({"kind": "close"}, "ExchangeNotAvailable"),
    ({"kind": "reset"}, "ExchangeNotAvailable"),
    ({"kind": "headers_cut"}, "ExchangeNotAvailable"),
    ({"kind": "garbage"}, "ExchangeError"),
    ({"kind": "body_cut"}, "ExchangeError"),
    ({"kind": "chunk_cut"}, "ExchangeError"),
    ({"kind": "bad_gzip"}, "ExchangeError"),
    ({"kind": "huge", "megabytes": 2}, "order"),
    ({"kind": "bomb", "megabytes": 2}, "order"),
    *(
        ({"kind": "reply", "reply": reply}, "order without id")
        for reply in ("html", "empty", "list", "null", "object", "text", "malformed")
    ),
    ({"kind": "reply", "reply": "number"}, "order without id"),
    ({"kind": "reply", "text": '{"orderId": NaN, "status": 7}'}, "order without id"),
    ({"kind": "fields", "changes": {"clientOrderId": "other"}}, "order"),
    ({"kind": "fields", "changes": {"symbol": "ETHUSDT", "side": "SELL"}}, "order"),
    ({"kind": "fields", "changes": {"orderId": None}}, "order without id"),
    ({"kind": "fields", "changes": {"executedQty": "-1", "price": "1e400"}}, "order"),
    ({"kind": "duplicate_keys", "changes": {"orderId": 1}}, "order"),
    ({"kind": "status", "status": 204}, "order without id"),
    *(
        ({"kind": "status", "status": status}, "ExchangeNotAvailable")
        for status in (400, 403, 404, 409, 451, 500, 502, 503, 520, 521, 522, 525, 526)
    ),
    # A status that ccxt has never heard of is success to it.
    *(({"kind": "status", "status": status}, "order without id") for status in (507, 523)),
    ({"kind": "status", "status": 401}, "AuthenticationError"),
    ({"kind": "status", "status": 504}, "RequestTimeout"),
    ({"kind": "status", "status": 408}, "RequestTimeout"),
    ({"kind": "status", "status": 429, "headers": {"Retry-After": "60"}}, "DDoSProtection"),
    ({"kind": "status", "status": 418, "headers": {"Retry-After": "soon"}}, "DDoSProtection"),
    ({"kind": "error", "code": "-1000"}, "OperationFailed"),
    ({"kind": "error", "code": "-1006"}, "OperationFailed"),
    ({"kind": "error", "code": "-1007"}, "RequestTimeout"),
    ({"kind": "error", "code": "-9999", "message": "Never heard of"}, "ExchangeError"),
]


@pytest.mark.parametrize(
    ("fault", "expected"),
    FAULTS,
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value,
)
async def test_a_broken_answer_looks_the_same_whether_or_not_the_order_was_accepted(
    venue: Venue, exchange: Any, fault: dict[str, Any], expected: str
) -> None:
    exchange.timeout = 300 if fault["kind"] in {"hang", "slow", "drip"} else 5000
    for accepted, client_id in ((False, "lost"), (True, "placed")):
        await venue.fault(**fault, method="POST", path="/api/v3/order", accepted=accepted)
        assert await _outcome(exchange, client_id) == expected
    assert [order["client_id"] for order in await venue.orders()] == ["placed"]
    assert len(await venue.journal("accepted")) == 1
    assert await venue.fired() == {fault["kind"]: 2}


async def _outcome(exchange: Any, client_id: str = "mine") -> str:
    try:
        order = await exchange.create_order(
            SPOT, "limit", "buy", "0.01", "50000", {"clientOrderId": client_id}
        )
    except ccxt.pro.BaseError as error:
        return type(error).__name__
    return "order" if order["id"] is not None else "order without id"


@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "not-accepted"])
async def test_a_redirect_reaches_another_host_only_by_the_clients_choice(
    venue: Venue, exchange: Any, *, accepted: bool
) -> None:
    for status in (301, 302, 307, 308):
        await venue.fault(
            "redirect",
            status=status,
            text="https://fapi.binance.com/fapi/v1/time",
            method="POST",
            accepted=accepted,
        )
        await _outcome(exchange)
        await venue.call("end_order", client_id="mine") if accepted else None
    assert await venue.fired() == {"redirect": 4}
    assert len(await venue.orders()) == (4 if accepted else 0)


@pytest.mark.parametrize("text", UNAVAILABLE_TEXTS)
async def test_a_futures_503_is_all_that_is_known(venue: Venue, exchange: Any, text: str) -> None:
    body = json.dumps({"code": -1000, "msg": text})
    await venue.fault("status", status=503, text=body, path="/fapi/v1/order", accepted=True)
    with pytest.raises(ccxt.pro.BaseError) as caught:
        await exchange.create_order(SWAP, "limit", "buy", "0.01", "50000")
    assert isinstance(caught.value, ccxt.pro.OperationFailed)
    assert len(await venue.orders()) == 1


async def test_an_order_can_arrive_after_its_504_and_stay_hidden(
    venue: Venue, exchange: Any
) -> None:
    await venue.fault("late", seconds=0.2, method="POST")
    assert await _outcome(exchange) == "RequestTimeout"
    assert await venue.orders() == []
    late: list[Any] = await eventually(venue.orders, of="the late order")
    assert len(late) == 1
    await venue.call("end_order", client_id="mine")
    await venue.fault("invisible", seconds=0.3, method="POST")
    assert await _outcome(exchange) == "order"
    with pytest.raises(AssertionError, match="never"):
        await _found(exchange, 0.0)
    found = await _found(exchange, 5.0)
    assert found["status"] == "open"


async def _found(exchange: Any, within: float) -> Any:
    async def look() -> Any:
        try:
            found = await exchange.fetch_order(None, SPOT, {"clientOrderId": "mine"})
        except ccxt.pro.OrderNotFound:
            return None
        return found if found["status"] == "open" else None

    if not within:
        assert await look(), "never"
    return await eventually(look, within=within)


async def test_a_fault_hits_the_nth_call_of_its_path_and_client_id(
    venue: Venue, exchange: Any
) -> None:
    await venue.fault("status", status=502, path="/api/v3/ticker/*", nth=2)
    await venue.fault("close", client_id="mine")
    await exchange.fetch_ticker(SPOT)
    with pytest.raises(ccxt.pro.ExchangeNotAvailable):
        await exchange.fetch_ticker(SPOT)
    await exchange.fetch_ticker(SPOT)
    other = {"clientOrderId": "other"}
    await exchange.create_order(SPOT, "limit", "buy", "0.01", "50000", other)
    assert await _outcome(exchange) == "ExchangeNotAvailable"
    faults = [entry for entry in await venue.journal("request") if "fault" in entry]
    assert [(entry["fault"], entry["client_id"]) for entry in faults] == [
        ("status", ""),
        ("close", "mine"),
    ]


async def test_a_request_delivered_twice_can_fill_twice(venue: Venue, exchange: Any) -> None:
    await venue.fault("twice", method="POST")
    await exchange.create_order(SPOT, "market", "buy", "0.01", None, {"clientOrderId": "mine"})
    assert [order["client_id"] for order in await venue.orders()] == ["mine", "mine"]


@pytest.mark.parametrize("mode", ["refuse", "reset", "garbage", "mute", "untrusted"])
async def test_a_connection_that_never_was_reaches_nobody(
    venue: Venue, exchange: Any, mode: str
) -> None:
    exchange.timeout = 300 if mode == "mute" else 5000
    await venue.listen(mode)
    wanted = "RequestTimeout" if mode == "mute" else "ExchangeNotAvailable"
    assert await _outcome(exchange) == wanted
    await venue.listen("open")
    exchange.timeout = 5000
    assert await venue.orders() == []
    assert await _outcome(exchange) == "order"
