"""The OKX test venue, met by the unmodified ccxt classes over TLS and WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from typing import Any

import ccxt
import pytest

from tests.eventually import eventually
from tests.venues.client import Venue, VenueProcess, ccxt_exchange, ccxt_session

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
TRADING: dict[str, Any] = {"options": {"fetchMarkets": {"types": ["spot", "swap"]}}}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with VenueProcess("okx", tmp_path_factory.mktemp("okx")) as running:
        yield running


@pytest.fixture
async def venue(process: VenueProcess) -> AsyncIterator[Venue]:
    async with Venue.borrow(process) as borrowed:
        await borrowed.set_price(SPOT, "60000")
        await borrowed.set_price(SWAP, "60000")
        yield borrowed


@pytest.fixture
async def key(venue: Venue) -> dict[str, str]:
    return await venue.add_key()


@pytest.fixture(scope="module")
def markets(process: VenueProcess) -> Any:
    """An exchange with the markets, which the others share instead of loading them."""

    async def load() -> Any:
        async with ccxt_exchange(process, "okx", **TRADING) as exchange:
            await exchange.load_markets()
        return exchange

    return asyncio.run(load())


@pytest.fixture
async def okx(venue: Venue, key: dict[str, str], markets: Any) -> AsyncIterator[Any]:
    async with opened(venue, key, markets=markets) as exchange:
        yield exchange


@asynccontextmanager
async def opened(
    venue: Venue,
    key: Mapping[str, str] | None,
    name: str = "okx",
    *,
    markets: Any = None,
    **config: Any,
) -> AsyncIterator[Any]:
    async with ccxt_exchange(venue, name, key, **TRADING | config) as exchange:
        if markets:
            exchange.set_markets_from_exchange(markets)
        yield exchange


async def refusal(awaitable: Any) -> tuple[str, str]:
    """Return ccxt's class and OKX's code of what must fail."""
    with pytest.raises(ccxt.BaseError) as caught:
        await awaitable
    return type(caught.value).__name__, code_of(caught.value)


def code_of(error: BaseException) -> str:
    text = str(error)
    for name in ('"sCode": "', '"code": "'):
        if name in text and not text.split(name)[1].startswith(('1"', '0"')):
            return text.split(name)[1].split('"', maxsplit=1)[0]
    return ""


async def soon(awaitable: Any, within: float = 5) -> Any:
    async with asyncio.timeout(within):
        return await awaitable


class TestWhatIsListed:
    async def test_spot_swaps_futures_and_options_by_underlying(self, venue: Venue) -> None:
        async with ccxt_exchange(venue, "okx") as okx:
            await okx.load_markets()
            kinds = [market["type"] for market in okx.markets.values()]
            assert {kind: kinds.count(kind) for kind in set(kinds)} == {
                "spot": 40,
                "swap": 8,
                "future": 16,
                "option": 20,
            }
            swap = okx.market(SWAP)
            assert (swap["id"], swap["contractSize"], swap["linear"]) == (
                "BTC-USDT-SWAP",
                "0.01",
                True,
            )
            assert swap["precision"] == {"amount": "0.01", "price": "0.1"}
            assert okx.market("LUNA/USDT")["active"] is False

    async def test_keys_add_the_private_list_of_currencies(
        self, venue: Venue, key: dict[str, str]
    ) -> None:
        async with opened(venue, key) as okx:
            await okx.load_markets()
            assert okx.currencies["USDT"]["networks"]
        assert (await venue.call("counts"))["GET /api/v5/asset/currencies"] == 1

    async def test_the_list_grows_to_the_length_asked_for(self, tmp_path: Any) -> None:
        async with (
            Venue("okx", tmp_path, "--markets", "300") as large,
            opened(large, None) as okx,
        ):
            assert len(await okx.load_markets()) == 300


class TestPublicFigures:
    async def test_ticker_book_trades_and_candles_tell_one_price(self, okx: Any) -> None:
        ticker = await okx.fetch_ticker(SPOT)
        book = await okx.fetch_order_book(SPOT, 5)
        trades = await okx.fetch_trades(SPOT, limit=3)
        candles = await okx.fetch_ohlcv(SPOT, "1m", limit=3)
        assert ticker["last"] == trades[-1]["price"] == candles[-1][4] == "60000"
        assert Decimal(ticker["bid"]) == Decimal(str(book["bids"][0][0])) < 60000
        assert Decimal(ticker["ask"]) == Decimal(str(book["asks"][0][0])) > 60000
        assert len(book["bids"]) == len(book["asks"]) == 5
        assert len(candles) == len(trades) == 3

    async def test_tickers_come_by_type(self, okx: Any) -> None:
        spot, swap = await okx.fetch_tickers(), await okx.fetch_tickers(None, {"type": "swap"})
        assert (len(spot), len(swap)) == (40, 8)

    async def test_every_bar_of_ccxt_is_served(self, okx: Any) -> None:
        for timeframe in ("1m", "15m", "1h", "4h", "6h", "1d", "1w", "1M"):
            starts = [row[0] for row in await okx.fetch_ohlcv(SPOT, timeframe, limit=5)]
            step = okx.parse_timeframe(timeframe) * 1000
            assert [later - earlier for earlier, later in pairwise(starts)] == [step] * 4

    async def test_old_candles_come_from_history(self, venue: Venue, okx: Any) -> None:
        since = okx.milliseconds() - 3 * 86_400_000
        candles = await okx.fetch_ohlcv(SPOT, "1m", since, 10)
        assert 0 <= candles[0][0] - since < 60_000
        assert len(candles) == 10
        counts = await venue.call("counts")
        assert counts["GET /api/v5/market/history-candles"] == 1

    async def test_funding_and_mark_price(self, okx: Any) -> None:
        funding = await okx.fetch_funding_rate(SWAP)
        assert (funding["fundingRate"], funding["interval"]) == ("0.0001", "8h")
        assert (await okx.fetch_mark_price(SWAP))["markPrice"] == "60000"

    async def test_the_venue_tells_its_own_time(self, venue: Venue, okx: Any) -> None:
        await venue.call("clock", skew_ms=7000)
        assert 6000 < await okx.fetch_time() - okx.milliseconds() < 8000

    async def test_unknown_names_are_refused(self, okx: Any) -> None:
        assert await refusal(okx.public_get_market_ticker({"instId": "NO-USDT"})) == (
            "BadSymbol",
            "51001",
        )
        assert await refusal(okx.public_get_public_instruments()) == ("BadRequest", "50014")


class TestBalances:
    async def test_trading_and_funding_are_two_accounts(self, okx: Any) -> None:
        trading = await okx.fetch_balance()
        funding = await okx.fetch_balance({"type": "funding"})
        assert trading["USDT"] == {"free": "100000", "used": "0", "total": "100000"}
        assert funding["USDT"] == {"free": "500", "used": "0", "total": "500"}

    async def test_an_open_order_freezes_what_it_may_spend(self, okx: Any) -> None:
        await okx.create_order(SPOT, "limit", "buy", "0.01", "50000")
        assert (await okx.fetch_balance())["USDT"] == {
            "free": "99500",
            "used": "500",
            "total": "100000",
        }

    async def test_in_spot_mode_the_free_equity_is_left_out(self, venue: Venue, okx: Any) -> None:
        await venue.call("set_account", level="1")
        balance = await okx.fetch_balance()
        assert balance["info"]["data"][0]["details"][0]["availEq"] == ""
        assert balance["USDT"]["free"] == "100000"


class TestOrders:
    async def test_a_life_by_client_id(self, venue: Venue, okx: Any) -> None:
        by_client = {"clientOrderId": "life1"}
        placed = await okx.create_order(SPOT, "limit", "buy", "0.01", "59000", by_client)
        assert (placed["clientOrderId"], placed["status"]) == ("life1", None)
        found = await okx.fetch_order(None, SPOT, dict(by_client))
        assert (found["id"], found["status"], found["filled"]) == (placed["id"], "open", "0")
        assert [order["id"] for order in await okx.fetch_open_orders()] == [placed["id"]]
        await venue.fill("life1", "0.004")
        found = await okx.fetch_order(placed["id"], SPOT)
        assert (found["status"], found["filled"], found["average"]) == ("open", "0.004", "59000")
        canceled = await okx.cancel_order(None, SPOT, dict(by_client))
        assert canceled["id"] == placed["id"]
        found = await okx.fetch_order(None, SPOT, dict(by_client))
        assert (found["status"], found["filled"]) == ("canceled", "0.004")
        assert [order["id"] for order in await okx.fetch_canceled_orders(SPOT)] == [placed["id"]]

    async def test_a_market_order_fills_and_pays_its_fee(self, okx: Any) -> None:
        placed = await okx.create_order(SPOT, "market", "buy", "0.5")
        found = await okx.fetch_order(placed["id"], SPOT)
        assert (found["status"], found["filled"]) == ("closed", "0.5")
        assert found["fee"] == {"cost": "0.0005", "currency": "BTC"}
        fills = await okx.fetch_my_trades(SPOT)
        assert sum(Decimal(fill["amount"]) for fill in fills) == Decimal("0.5")
        assert all(fill["info"]["fee"].startswith("-") for fill in fills)
        assert [order["id"] for order in await okx.fetch_closed_orders(SPOT)] == [placed["id"]]
        assert (await okx.fetch_balance())["BTC"]["total"] == "1.4995"

    async def test_a_buy_by_cost_spends_the_cost(self, okx: Any) -> None:
        placed = await okx.create_market_buy_order_with_cost(SPOT, "600.1")
        found = await okx.fetch_order(placed["id"], SPOT)
        spent = Decimal(found["filled"]) * Decimal(found["average"])
        assert Decimal(599) < spent <= Decimal("600.1")
        # What ccxt calls the cost is what was asked for.
        assert found["cost"] == "600.1"

    @pytest.mark.parametrize(
        ("params", "price", "state"),
        [
            ({"timeInForce": "IOC"}, "59000", "canceled"),
            ({"timeInForce": "FOK"}, "61000", "closed"),
            ({"postOnly": True}, "61000", "canceled"),
            ({"postOnly": True}, "59000", "open"),
        ],
    )
    async def test_times_in_force(
        self, okx: Any, params: dict[str, Any], price: str, state: str
    ) -> None:
        placed = await okx.create_order(SPOT, "limit", "buy", "0.01", price, params)
        assert (await okx.fetch_order(placed["id"], SPOT))["status"] == state

    async def test_orders_that_are_not_there(self, okx: Any) -> None:
        gone = {"clientOrderId": "nobody"}
        assert await refusal(okx.fetch_order(None, SPOT, gone)) == ("OrderNotFound", "51603")
        assert await refusal(okx.cancel_order(None, SPOT, gone)) == ("OrderNotFound", "51400")
        assert await refusal(
            okx.fetch_order(None, SPOT, {"clientOrderId": "nobody", "trigger": True})
        ) == ("OrderNotFound", "51603")

    async def test_a_client_id_is_taken_once_while_it_is_open(self, okx: Any) -> None:
        same = {"clientOrderId": "same"}
        first = await okx.create_order(SPOT, "limit", "buy", "0.01", "59000", dict(same))
        again = okx.create_order(SPOT, "limit", "buy", "0.01", "59000", dict(same))
        assert await refusal(again) == ("InvalidOrder", "51016")
        await okx.cancel_order(first["id"], SPOT)
        second = await okx.create_order(SPOT, "limit", "buy", "0.01", "59000", dict(same))
        assert (await okx.fetch_order(None, SPOT, dict(same)))["id"] == second["id"]

    async def test_a_client_id_is_32_letters_and_digits(self, okx: Any) -> None:
        for client_id in ("with-dash", "with_bar", "x" * 33, "smörgås", "a b"):
            params = {"clientOrderId": client_id}
            placing = okx.create_order(SPOT, "limit", "buy", "0.01", "59000", params)
            assert await refusal(placing) == ("BadRequest", "51000")
        await okx.create_order(SPOT, "limit", "buy", "0.01", "59000", {"clientOrderId": "x" * 32})

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"sz": "0.000013"}, ("InvalidOrder", "51121")),
            ({"sz": "0"}, ("BadRequest", "51000")),
            ({"sz": "100", "px": "60000"}, ("InsufficientFunds", "51008")),
            ({"sz": "50", "side": "sell"}, ("InsufficientFunds", "51008")),
            ({"px": "70000"}, ("InvalidOrder", "51006")),
            ({"side": "sell", "px": "50000"}, ("InvalidOrder", "51006")),
            ({"px": "59000.001"}, ("ExchangeError", "51150")),
            ({"px": ""}, ("InvalidOrder", "51204")),
            ({"instId": "NO-USDT"}, ("BadSymbol", "51001")),
            ({"instId": "LUNA-USDT", "px": "0.4"}, ("ContractUnavailable", "51022")),
            ({"tdMode": "margin"}, ("BadRequest", "51000")),
            ({"ordType": "magic"}, ("BadRequest", "51000")),
            ({"ordType": "market", "tgtCcy": "quote_ccy", "sz": "0.1"}, ("InvalidOrder", "51020")),
            (
                {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "sz": "0.001"},
                ("InvalidOrder", "51121"),
            ),
            (
                {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "posSide": "long", "sz": "1"},
                ("BadRequest", "51000"),
            ),
            (
                {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "sz": "1", "reduceOnly": True},
                ("ExchangeError", "51169"),
            ),
        ],
    )
    async def test_each_rule_has_its_code(
        self, okx: Any, venue: Venue, changes: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        order = {
            "instId": "BTC-USDT",
            "tdMode": "cash",
            "side": "buy",
            "ordType": "limit",
            "sz": "0.01",
            "px": "59000",
        }
        assert await refusal(okx.private_post_trade_order(order | changes)) == expected
        assert await venue.orders() == []

    async def test_a_batch_tells_which_orders_it_took(self, okx: Any) -> None:
        orders = [
            {"symbol": SPOT, "type": "limit", "side": "buy", "amount": amount, "price": 59000}
            for amount in (0.01, 1000)
        ]
        okx.enableLastJsonResponse = True
        statuses = [order["status"] for order in await okx.create_orders(orders)]
        assert statuses == [None, "rejected"]
        assert okx.last_json_response["code"] == "2"

    async def test_a_canceled_order_without_a_fill_is_forgotten_after_two_hours(
        self, venue: Venue, okx: Any
    ) -> None:
        for client_id in ("unfilled", "filled"):
            params = {"clientOrderId": client_id}
            await okx.create_order(SPOT, "limit", "buy", "0.01", "59000", params)
        await venue.fill("filled", "0.001")
        for client_id in ("unfilled", "filled"):
            await okx.cancel_order(None, SPOT, {"clientOrderId": client_id})
        two_hours = 2 * 3600 * 1000
        await venue.call("clock", skew_ms=two_hours)
        okx.options["timeDifference"] = -two_hours
        look_up = okx.fetch_order(None, SPOT, {"clientOrderId": "unfilled"})
        assert await refusal(look_up) == ("OrderNotFound", "51603")
        assert (await okx.fetch_order(None, SPOT, {"clientOrderId": "filled"}))[
            "filled"
        ] == "0.001"

    async def test_what_was_refused_stands_in_the_journal(self, venue: Venue, okx: Any) -> None:
        params = {"clientOrderId": "toobig"}
        await refusal(okx.create_order(SPOT, "limit", "buy", "1000", "59000", params))
        entries = await venue.journal("rejected")
        assert (entries[-1]["client_id"], entries[-1]["code"]) == ("toobig", "51008")


class TestSwaps:
    async def test_a_position_counts_contracts(self, okx: Any) -> None:
        await okx.set_leverage(5, SWAP, {"mgnMode": "cross"})
        await okx.create_order(SWAP, "market", "buy", "10")
        [position] = await okx.fetch_positions([SWAP])
        assert (position["side"], position["contracts"], position["contractSize"]) == (
            "long",
            "10",
            "0.01",
        )
        assert (position["leverage"], position["notional"]) == ("5", "6000")
        assert (position["marginMode"], position["initialMargin"]) == ("cross", "1200")

    async def test_a_reducing_order_closes_and_never_turns(self, okx: Any) -> None:
        await okx.create_order(SWAP, "market", "sell", "3")
        [position] = await okx.fetch_positions([SWAP])
        assert (position["side"], position["contracts"]) == ("short", "3")
        placed = await okx.create_order(SWAP, "market", "buy", "9", None, {"reduceOnly": True})
        assert (await okx.fetch_order(placed["id"], SWAP))["filled"] == "3"
        assert await okx.fetch_positions([SWAP]) == []

    async def test_long_and_short_side_by_side(self, okx: Any) -> None:
        await okx.set_position_mode(True)
        assert (await okx.fetch_position_mode())["hedged"] is True
        await okx.create_order(SWAP, "market", "buy", "2", None, {"hedged": True})
        await okx.create_order(SWAP, "market", "sell", "1", None, {"hedged": True})
        sides = {row["side"]: row["contracts"] for row in await okx.fetch_positions([SWAP])}
        assert sides == {"long": "2", "short": "1"}
        one_way = okx.create_order(SWAP, "market", "buy", "1")
        assert await refusal(one_way) == ("BadRequest", "51000")
        assert await refusal(okx.set_position_mode(False)) == ("ExchangeError", "59000")

    async def test_too_much_leverage_and_too_little_margin(self, okx: Any) -> None:
        assert await refusal(okx.set_leverage(125, SWAP, {"mgnMode": "cross"})) == (
            "ExchangeError",
            "59102",
        )
        await okx.set_leverage(1, SWAP, {"mgnMode": "isolated"})
        assert (await okx.fetch_leverage(SWAP, {"marginMode": "isolated"}))["longLeverage"] == 1
        order = okx.create_order(SWAP, "limit", "buy", "5000", "60000", {"tdMode": "isolated"})
        assert await refusal(order) == ("InsufficientFunds", "51008")

    @pytest.mark.parametrize(
        ("level", "order", "expected"),
        [
            ("1", (SPOT, "cash"), None),
            ("1", (SPOT, "cross"), ("AccountNotEnabled", "51010")),
            ("1", (SWAP, "cross"), ("AccountNotEnabled", "51010")),
            ("2", (SPOT, "cash"), None),
            ("2", (SWAP, "cross"), None),
            ("2", (SWAP, "isolated"), None),
            ("2", (SWAP, "cash"), ("BadRequest", "51000")),
            ("3", (SPOT, "cash"), ("BadRequest", "51000")),
            ("3", (SPOT, "cross"), None),
            ("4", (SPOT, "cash"), ("BadRequest", "51000")),
            ("4", (SWAP, "cross"), None),
        ],
    )
    async def test_the_account_mode_decides_how_to_trade(
        self, venue: Venue, okx: Any, level: str, order: tuple[str, str], expected: Any
    ) -> None:
        await venue.call("set_account", level=level)
        symbol, mode = order
        placing = okx.create_order(symbol, "limit", "buy", "1", "59000", {"tdMode": mode})
        if expected is None:
            placed = await placing
            assert (await okx.fetch_order(placed["id"], symbol))["status"] == "open"
        else:
            assert await refusal(placing) == expected


class TestAlgoOrders:
    async def test_a_trigger_places_a_child_order(self, venue: Venue, okx: Any) -> None:
        params = {"triggerPrice": "55000", "clientOrderId": "stop1"}
        placed = await okx.create_order(SPOT, "market", "sell", "0.01", None, params)
        by_client = {"clientOrderId": "stop1", "trigger": True}
        waiting = await okx.fetch_order(None, SPOT, dict(by_client))
        assert (waiting["id"], waiting["status"]) == (placed["id"], "open")
        assert (waiting["clientOrderId"], waiting["info"]["algoClOrdId"]) == (None, "stop1")
        assert await okx.fetch_open_orders(SPOT) == []
        assert len(await okx.fetch_open_orders(SPOT, params={"trigger": True})) == 1
        assert (await okx.fetch_balance())["BTC"]["used"] == "0"
        await venue.set_price(SPOT, "54990")
        done = await okx.fetch_order(None, SPOT, dict(by_client))
        assert (done["info"]["state"], done["status"]) == ("effective", "closed")
        child = await okx.fetch_order(done["info"]["ordId"], SPOT)
        assert (child["status"], child["clientOrderId"]) == ("closed", None)
        assert child["info"]["algoId"] == placed["id"]

    async def test_a_child_that_cannot_be_placed_is_told(self, venue: Venue, okx: Any) -> None:
        params = {"triggerPrice": "55000", "clientOrderId": "stop2"}
        await okx.create_order(SPOT, "market", "sell", "1", None, params)
        await venue.deposit("trading", "BTC", "-1")
        await venue.set_price(SPOT, "54990")
        found = await okx.fetch_order(None, SPOT, {"clientOrderId": "stop2", "trigger": True})
        assert (found["info"]["state"], found["info"]["failCode"]) == ("order_failed", "51020")
        # ccxt's word for it.
        assert found["status"] == "canceled"

    async def test_a_triggered_sale_shrinks_to_what_is_there(self, venue: Venue, okx: Any) -> None:
        params = {"triggerPrice": "55000", "clientOrderId": "stop3"}
        await okx.create_order(SPOT, "market", "sell", "1", None, params)
        await venue.deposit("trading", "BTC", "-0.4")
        await venue.set_price(SPOT, "54990")
        found = await okx.fetch_order(None, SPOT, {"clientOrderId": "stop3", "trigger": True})
        child = await okx.fetch_order(found["info"]["ordId"], SPOT)
        assert (found["filled"], child["filled"]) == ("1", "0.6")

    @pytest.mark.parametrize(
        ("params", "kind"),
        [
            ({"stopLossPrice": "55000"}, "conditional"),
            ({"takeProfitPrice": "65000"}, "conditional"),
            ({"stopLossPrice": "55000", "takeProfitPrice": "65000"}, "oco"),
        ],
    )
    async def test_protection_is_listed_by_its_type_and_can_be_canceled(
        self, venue: Venue, okx: Any, params: dict[str, str], kind: str
    ) -> None:
        await okx.create_order(SWAP, "market", "buy", "2")
        placed = await okx.create_order(SWAP, "market", "sell", "2", None, dict(params))
        listed = await okx.fetch_open_orders(SWAP, params={"ordType": kind})
        assert [order["id"] for order in listed] == [placed["id"]]
        assert await okx.fetch_open_orders(SWAP, params={"trigger": True}) == []
        await okx.cancel_order(placed["id"], SWAP, {"trigger": True})
        assert await okx.fetch_open_orders(SWAP, params={"ordType": kind}) == []
        again = okx.cancel_order(placed["id"], SWAP, {"trigger": True})
        assert await refusal(again) == ("OrderNotFound", "51400")
        assert not [order for order in await venue.orders() if order["status"] == "untriggered"]

    async def test_one_half_of_an_oco_ends_the_other(self, venue: Venue, okx: Any) -> None:
        await okx.create_order(SWAP, "market", "buy", "2")
        params = {"stopLossPrice": "55000", "takeProfitPrice": "65000"}
        placed = await okx.create_order(SWAP, "market", "sell", "2", None, params)
        await venue.set_price(SWAP, "65010")
        assert await okx.fetch_positions([SWAP]) == []
        found = await okx.fetch_order(placed["id"], SWAP, {"trigger": True})
        assert found["info"]["state"] == "effective"
        assert (await okx.fetch_order(found["info"]["ordId"], SWAP))["filled"] == "2"
        assert not [order for order in await venue.orders() if order["status"] == "untriggered"]

    async def test_what_hangs_on_an_order_waits_for_its_fill(self, venue: Venue, okx: Any) -> None:
        params = {"stopLoss": {"triggerPrice": "55000"}, "clientOrderId": "entry"}
        await okx.create_order(SWAP, "limit", "buy", "2", "59000", params)
        conditional = {"ordType": "conditional"}
        assert await okx.fetch_open_orders(SWAP, params=dict(conditional)) == []
        await venue.fill("entry", "2")
        [stop] = await okx.fetch_open_orders(SWAP, params=dict(conditional))
        assert (stop["side"], stop["stopLossPrice"], stop["amount"]) == ("sell", "55000", "2")

    async def test_prices_on_the_wrong_side_and_stray_fields_are_refused(
        self, venue: Venue, okx: Any
    ) -> None:
        wrong = okx.create_order(SWAP, "market", "sell", "1", None, {"stopLossPrice": "65000"})
        assert await refusal(wrong) == ("InvalidOrder", "51280")
        stray = {
            "instId": "BTC-USDT",
            "tdMode": "cash",
            "side": "sell",
            "ordType": "conditional",
            "sz": "0.01",
            "slTriggerPx": "55000",
            "slOrdPx": "-1",
            "tgtCcy": "base_ccy",
        }
        refused = okx.private_post_trade_order_algo(stray)
        assert await refusal(refused) == ("BadRequest", "51000")
        await venue.call("set_strict_trigger", is_strict=True)
        params = {"triggerPrice": "55000"}
        strict = okx.create_order(SPOT, "market", "sell", "0.01", None, params)
        assert await refusal(strict) == ("ExchangeError", "51281")


class TestKeys:
    async def test_the_key_doctor_reads_permissions_and_addresses(self, venue: Venue) -> None:
        key = await venue.add_key(
            permissions={"perm": "read_only,trade,withdraw"}, ips=["127.0.0.0/8", "9.9.9.9"]
        )
        async with opened(venue, key) as okx:
            [config] = (await okx.private_get_account_config())["data"]
        assert config["perm"] == "read_only,trade,withdraw"
        assert config["ip"] == "127.0.0.0/8,9.9.9.9"
        assert (config["acctLv"], config["posMode"]) == ("2", "net_mode")
        assert config["uid"].isdigit()

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"passphrase": "wrong"}, ("AuthenticationError", "50105")),
            ({"secret": "wrong"}, ("AuthenticationError", "50113")),
            ({"key": "rubbish"}, ("AuthenticationError", "50111")),
            (
                {"key": "00000000-0000-4000-8000-000000000000"},
                ("ExchangeError", "50119"),
            ),
        ],
    )
    async def test_wrong_credentials(
        self, venue: Venue, key: dict[str, str], changes: dict[str, str], expected: Any
    ) -> None:
        async with opened(venue, key | changes) as okx:
            assert await refusal(okx.private_get_account_config()) == expected

    @pytest.mark.parametrize(
        ("fields", "exchange", "is_sandbox", "expected"),
        [
            ({"region": "eea"}, "okx", False, ("ExchangeError", "50119")),
            ({"region": "us"}, "okx", False, ("ExchangeError", "50119")),
            ({"region": "www"}, "myokx", False, ("ExchangeError", "50119")),
            ({"region": "www"}, "okxus", False, ("ExchangeError", "50119")),
            ({"environment": "demo"}, "okx", False, ("AuthenticationError", "50101")),
            ({"environment": "live"}, "okx", True, ("AuthenticationError", "50101")),
            ({"ips": ["9.9.9.9"]}, "okx", False, ("PermissionDenied", "50110")),
            ({"expires_ms": 1}, "okx", False, ("ExchangeError", "50119")),
            ({"region": "eea"}, "myokx", False, None),
            ({"region": "us"}, "okxus", False, None),
            ({"environment": "demo"}, "okx", True, None),
            ({"environment": "demo", "region": "eea"}, "myokx", True, None),
        ],
    )
    async def test_a_key_lives_in_one_region_and_one_environment(
        self,
        venue: Venue,
        fields: dict[str, Any],
        exchange: str,
        *,
        is_sandbox: bool,
        expected: Any,
    ) -> None:
        key = await venue.add_key(account="elsewhere", **fields)
        async with opened(venue, key, exchange) as okx:
            okx.set_sandbox_mode(is_sandbox)
            if expected is None:
                assert (await okx.private_get_account_config())["code"] == "0"
                assert (await okx.fetch_balance())["USDT"]["total"] == "100000"
            else:
                assert await refusal(okx.private_get_account_config()) == expected

    async def test_refusals_have_the_status_and_words_of_okx(
        self, venue: Venue, key: dict[str, str]
    ) -> None:
        url = "https://www.okx.com/api/v5/account/config"
        headers = {
            "OK-ACCESS-KEY": key["key"],
            "OK-ACCESS-PASSPHRASE": key["passphrase"],
            "OK-ACCESS-SIGN": "c2lnbg==",
            "OK-ACCESS-TIMESTAMP": "yesterday",
        }
        told = []
        async with ccxt_session(venue) as session:
            for name in reversed(list(headers)):
                async with session.get(url, headers=headers) as answer:
                    told.append((answer.status, (await answer.json())["msg"]))
                del headers[name]
            async with session.post(url) as answer:
                told.append((answer.status, (await answer.json())["msg"]))
        assert told == [
            (401, "Invalid OK-ACCESS-TIMESTAMP."),
            (401, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
            (401, 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
            (401, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
            (405, "Invalid request method."),
        ]

    async def test_a_key_that_only_reads_places_nothing(self, venue: Venue) -> None:
        key = await venue.add_key(permissions={"perm": "read_only"})
        async with opened(venue, key) as okx:
            assert await okx.fetch_open_orders() == []
            placing = okx.create_order(SPOT, "limit", "buy", "0.01", "59000")
            assert await refusal(placing) == ("ExchangeError", "50120")

    @pytest.mark.parametrize("skew_ms", [-31_000, 31_000])
    async def test_a_request_is_good_for_thirty_seconds(
        self, venue: Venue, okx: Any, skew_ms: int
    ) -> None:
        await venue.call("clock", skew_ms=skew_ms)
        assert await refusal(okx.fetch_balance()) == ("InvalidNonce", "50102")
        await venue.call("clock", skew_ms=29_000)
        await okx.fetch_balance()

    async def test_an_order_that_ran_out_is_not_placed(self, venue: Venue, okx: Any) -> None:
        okx.headers["expTime"] = str(okx.milliseconds() - 1)
        placing = okx.create_order(SPOT, "limit", "buy", "0.01", "59000")
        assert await refusal(placing) == ("ExchangeError", "50036")
        okx.headers["expTime"] = str(okx.milliseconds() + 5000)
        await okx.create_order(SPOT, "limit", "buy", "0.01", "59000")
        assert len(await venue.orders()) == 1


class TestBudgets:
    async def test_a_budget_belongs_to_a_path_and_a_customer(self, venue: Venue, okx: Any) -> None:
        await venue.call("set_limit", path="trade/batch-orders", limit=1)
        other = await venue.add_key(account="other")
        placed = [SPOT, "limit", "buy", "0.01", "59000"]
        await okx.create_order(*placed)
        assert await refusal(okx.create_order(*placed)) == ("RateLimitExceeded", "50011")
        assert await okx.fetch_open_orders()
        async with opened(venue, other) as neighbour:
            await neighbour.create_order(*placed)
        assert len(await venue.orders()) == 2

    async def test_maintenance(self, venue: Venue, okx: Any) -> None:
        await venue.call("set_maintenance", is_down=True)
        assert await refusal(okx.fetch_ticker(SPOT)) == ("OnMaintenance", "50001")
        assert await refusal(okx.fetch_balance()) == ("OnMaintenance", "50001")


class TestPublicStreams:
    async def test_ticker_trades_and_best_prices_follow_the_price(
        self, venue: Venue, okx: Any
    ) -> None:
        assert (await soon(okx.watch_ticker(SPOT)))["last"] == "60000"
        assert await soon(okx.watch_bids_asks([SPOT]))
        assert await soon(okx.watch_trades(SPOT))
        waiting = asyncio.gather(okx.watch_ticker(SPOT), okx.watch_trades(SPOT))
        await asyncio.sleep(0)
        await venue.set_price(SPOT, "60100")
        ticker, trades = await soon(waiting)
        assert (ticker["last"], trades[-1]["price"]) == ("60100", "60100")

    async def test_the_book_is_a_snapshot_and_then_its_changes(
        self, venue: Venue, okx: Any
    ) -> None:
        await soon(okx.watch_order_book(SPOT))
        waiting = asyncio.ensure_future(okx.watch_order_book(SPOT))
        await asyncio.sleep(0)
        await venue.set_price(SPOT, "60050")
        streamed = await soon(waiting)
        fetched = await okx.fetch_order_book(SPOT, 100)
        for side in ("bids", "asks"):
            assert [level[:2] for level in streamed[side]][:100] == [
                level[:2] for level in fetched[side]
            ]

    async def test_a_gap_in_the_book_is_noticed_and_healed(self, venue: Venue, okx: Any) -> None:
        await soon(okx.watch_order_book(SPOT))
        await venue.harm("gap", path="*/public")
        await venue.set_price(SPOT, "60010")
        waiting = asyncio.ensure_future(okx.watch_order_book(SPOT))
        await asyncio.sleep(0)
        await venue.set_price(SPOT, "60020")
        with pytest.raises(ccxt.InvalidNonce):
            await soon(waiting)
        healed = await soon(okx.watch_order_book(SPOT))
        fetched = await okx.fetch_order_book(SPOT, 1)
        assert healed["bids"][0][:2] == fetched["bids"][0][:2]

    @pytest.mark.parametrize("limit", [1, 5])
    async def test_short_books_are_whole_each_time(
        self, venue: Venue, okx: Any, limit: int
    ) -> None:
        await soon(okx.watch_order_book(SPOT, limit))
        waiting = asyncio.ensure_future(okx.watch_order_book(SPOT, limit))
        await asyncio.sleep(0)
        await venue.set_price(SPOT, "60100")
        streamed, fetched = await soon(waiting), await okx.fetch_order_book(SPOT, limit)
        assert [level[:2] for level in streamed["asks"]] == [
            level[:2] for level in fetched["asks"]
        ]

    async def test_candles_stream_from_the_business_path(self, venue: Venue, okx: Any) -> None:
        candles = await soon(okx.watch_ohlcv(SPOT, "1m"))
        assert candles[-1][4] == "60000"
        assert [row["path"] for row in await venue.sockets()] == ["/ws/v5/business"]

    async def test_a_channel_belongs_to_its_path(self, okx: Any) -> None:
        url = okx.get_url("tickers", "business")
        request = {"op": "subscribe", "args": [{"channel": "tickers", "instId": "BTC-USDT"}]}
        with pytest.raises(ccxt.BadRequest, match="64002"):
            await soon(okx.watch(url, "x", request, "x"))
        url = okx.get_url("tickers", "public")
        request = {"op": "subscribe", "args": [{"channel": "candle1m", "instId": "BTC-USDT"}]}
        with pytest.raises(ccxt.BadRequest, match="64001"):
            await soon(okx.watch(url, "y", request, "y"))
        request = {"op": "subscribe", "args": [{"channel": "tickers", "instId": "NO-USDT"}]}
        with pytest.raises(ccxt.BadRequest, match="60018"):
            await soon(okx.watch(url, "z", request, "z"))

    async def test_nothing_more_comes_after_unsubscribing(self, venue: Venue, okx: Any) -> None:
        await soon(okx.watch_ticker(SPOT))
        await soon(okx.un_watch_ticker(SPOT))
        [socket] = await venue.sockets()
        await venue.set_price(SPOT, "60001")
        assert await venue.sockets() == [socket | {"topics": []}]


class TestPrivateStreams:
    async def test_an_order_is_followed_through_its_fills(self, venue: Venue, okx: Any) -> None:
        orders = asyncio.ensure_future(okx.watch_orders())
        trades = asyncio.ensure_future(okx.watch_my_trades())
        await _subscribed(venue, "orders:ANY")
        params = {"clientOrderId": "seen"}
        await okx.create_order(SPOT, "limit", "buy", "0.02", "59000", params)
        [order] = await soon(orders)
        assert (order["clientOrderId"], order["status"]) == ("seen", "open")
        orders = asyncio.ensure_future(okx.watch_orders())
        await asyncio.sleep(0)
        await venue.fill("seen", "0.005")
        [order] = await soon(orders)
        [trade] = await soon(trades)
        assert (order["filled"], order["status"]) == ("0.005", "open")
        assert (trade["amount"], trade["price"]) == ("0.005", "59000")

    async def test_balances_and_positions_begin_with_what_is(self, venue: Venue, okx: Any) -> None:
        balance = await soon(okx.watch_balance())
        assert balance["USDT"]["total"] == "100000"
        assert await soon(okx.watch_positions()) == []
        balances = asyncio.ensure_future(okx.watch_balance())
        positions = asyncio.ensure_future(okx.watch_positions())
        await asyncio.sleep(0)
        await okx.create_order(SWAP, "market", "buy", "1")
        [position] = await soon(positions)
        assert (position["symbol"], position["contracts"]) == (SWAP, "1")
        assert Decimal((await soon(balances))["USDT"]["total"]) < 100000
        assert [row["account"] for row in await venue.sockets()] == ["main"]

    async def test_algo_orders_stream_from_the_business_path(self, venue: Venue, okx: Any) -> None:
        orders = asyncio.ensure_future(okx.watch_orders(None, None, None, {"trigger": True}))
        await _subscribed(venue, "orders-algo:ANY")
        params = {"triggerPrice": "55000"}
        placed = await okx.create_order(SPOT, "market", "sell", "0.01", None, params)
        [order] = await soon(orders)
        assert (order["id"], order["info"]["state"]) == (placed["id"], "live")

    async def test_demo_streams_have_a_host_of_their_own(self, venue: Venue) -> None:
        key = await venue.add_key(account="demo", environment="demo")
        async with opened(venue, key) as okx:
            okx.set_sandbox_mode(True)
            assert (await soon(okx.watch_balance()))["USDT"]["total"] == "100000"
        hosts = {row["host"] for row in await venue.journal("request")}
        assert "wspap.okx.com" in hosts

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"passphrase": "wrong"}, "60024"),
            ({"secret": "wrong"}, "60007"),
            ({"key": "rubbish"}, "60005"),
            ({"key": "00000000-0000-4000-8000-000000000000"}, "60032"),
        ],
    )
    async def test_a_wrong_login(
        self, venue: Venue, key: dict[str, str], markets: Any, changes: dict[str, str], code: str
    ) -> None:
        async with opened(venue, key | changes, markets=markets) as okx:
            with pytest.raises(ccxt.AuthenticationError, match=code):
                await soon(okx.watch_balance())


class TestStreamFaults:
    async def test_a_refused_login(self, venue: Venue, okx: Any) -> None:
        await venue.fault("ws_login_error", path="*/private")
        with pytest.raises(ccxt.AuthenticationError, match="60009"):
            await soon(okx.watch_orders())
        # What ccxt does on that connection from then on.
        with pytest.raises(TimeoutError):
            await soon(okx.watch_orders(), within=0.3)

    async def test_a_notice_fails_what_waits_and_keeps_the_line(
        self, venue: Venue, okx: Any
    ) -> None:
        await soon(okx.watch_ticker(SPOT))
        waiting = asyncio.ensure_future(okx.watch_ticker(SPOT))
        await asyncio.sleep(0)
        assert await venue.call("notice", path="*/public") == 1
        with pytest.raises(ccxt.NetworkError, match="64008"):
            await soon(waiting)
        waiting = asyncio.ensure_future(okx.watch_ticker(SPOT))
        await asyncio.sleep(0)
        await venue.set_price(SPOT, "60001")
        assert (await soon(waiting))["last"] == "60001"
        assert len(await venue.sockets()) == 1

    async def test_after_a_notice_ccxt_never_hears_its_private_line_again(
        self, venue: Venue, okx: Any
    ) -> None:
        await soon(okx.watch_balance())
        await venue.call("notice", path="*/private")
        await eventually(lambda: not next(iter(okx.clients.values())).futures)
        waiting = asyncio.ensure_future(okx.watch_balance())
        await asyncio.sleep(0)
        await venue.deposit("trading", "USDT", "1")
        with pytest.raises(TimeoutError):
            await soon(waiting, within=0.3)

    @pytest.mark.parametrize("way", ["close", "cut", "reset"])
    async def test_a_dropped_line_is_dialled_again(self, venue: Venue, okx: Any, way: str) -> None:
        await soon(okx.watch_balance())
        waiting = asyncio.ensure_future(okx.watch_balance())
        await asyncio.sleep(0)
        await venue.harm(way, path="*/private")
        with pytest.raises(ccxt.NetworkError):
            await soon(waiting)
        await venue.deposit("trading", "USDT", "5")
        assert (await soon(okx.watch_balance()))["USDT"]["total"] == "100005"

    async def test_a_subscription_that_is_never_acknowledged_still_delivers(
        self, venue: Venue, okx: Any
    ) -> None:
        await venue.fault("ws_no_ack", path="*/public")
        assert (await soon(okx.watch_ticker(SPOT)))["last"] == "60000"

    async def test_a_black_hole_is_found_by_the_missing_pong(self, venue: Venue, okx: Any) -> None:
        okx.streaming["keepAlive"] = 100
        await soon(okx.watch_ticker(SPOT))
        client = next(iter(okx.clients.values()))
        before = client.lastPong
        await eventually(lambda: client.lastPong not in {None, before}, of="a pong")
        await venue.harm("blackhole", path="*/public")
        with pytest.raises(ccxt.RequestTimeout):
            await soon(okx.watch_ticker(SPOT))


# A fault of an order's request: what ccxt makes of it, alike for both twins. `order` is an order
# that was returned, with its id or without.
Outcome = tuple[str, str | None]
ORDER_FAULTS: Mapping[str, tuple[dict[str, Any], Outcome]] = {
    "hang": ({"kind": "hang"}, ("RequestTimeout", None)),
    "slow": ({"kind": "slow", "seconds": 1}, ("RequestTimeout", None)),
    "drip": ({"kind": "drip", "seconds": 1}, ("RequestTimeout", None)),
    "close": ({"kind": "close"}, ("ExchangeNotAvailable", None)),
    "reset": ({"kind": "reset"}, ("ExchangeNotAvailable", None)),
    "headers cut": ({"kind": "headers_cut"}, ("ExchangeNotAvailable", None)),
    "body cut": ({"kind": "body_cut"}, ("ExchangeError", None)),
    "chunk cut": ({"kind": "chunk_cut"}, ("ExchangeError", None)),
    "bad gzip": ({"kind": "bad_gzip"}, ("ExchangeError", None)),
    "garbage": ({"kind": "garbage"}, ("ExchangeError", None)),
    "200 html": ({"kind": "reply", "reply": "html"}, ("order", None)),
    "200 empty": ({"kind": "reply", "reply": "empty"}, ("order", None)),
    "200 malformed": ({"kind": "reply", "reply": "malformed"}, ("order", None)),
    "200 list": ({"kind": "reply", "reply": "list"}, ("ExchangeError", None)),
    "200 object": ({"kind": "reply", "reply": "object"}, ("ExchangeError", None)),
    "200 null": ({"kind": "reply", "reply": "null"}, ("order", None)),
    "200 no data": ({"kind": "reply", "text": '{"code":"0","data":[]}'}, ("order", None)),
    "204": ({"kind": "status", "status": 204}, ("order", None)),
    "400": ({"kind": "status", "status": 400}, ("ExchangeNotAvailable", None)),
    "401": ({"kind": "status", "status": 401}, ("AuthenticationError", None)),
    "403": ({"kind": "status", "status": 403}, ("ExchangeNotAvailable", None)),
    "429": ({"kind": "status", "status": 429}, ("ExchangeNotAvailable", None)),
    "500": ({"kind": "status", "status": 500}, ("ExchangeNotAvailable", None)),
    "503": ({"kind": "status", "status": 503}, ("ExchangeNotAvailable", None)),
    "504": ({"kind": "status", "status": 504}, ("RequestTimeout", None)),
    "520": ({"kind": "status", "status": 520}, ("ExchangeNotAvailable", None)),
    "50001": ({"kind": "error", "code": "50001"}, ("OnMaintenance", "50001")),
    "50004": ({"kind": "error", "code": "50004"}, ("RequestTimeout", "50004")),
    "50013": ({"kind": "error", "code": "50013"}, ("ExchangeNotAvailable", "50013")),
    "50026": ({"kind": "error", "code": "50026"}, ("ExchangeNotAvailable", "50026")),
    "51054": ({"kind": "error", "code": "51054"}, ("ExchangeError", "51054")),
    "51149": ({"kind": "error", "code": "51149"}, ("ExchangeError", "51149")),
    "unknown code": ({"kind": "error", "code": "59999"}, ("ExchangeError", "59999")),
    "another client id": (
        {"kind": "fields", "changes": {"clOrdId": "stranger"}},
        ("order", "10000001"),
    ),
    "row refused in a good envelope": (
        {"kind": "fields", "changes": {"sCode": "51008", "ordId": ""}},
        ("rejected", None),
    ),
}


class TestOrderFaults:
    @pytest.mark.parametrize("name", ORDER_FAULTS)
    async def test_both_twins_look_alike_and_only_one_leaves_an_order(
        self, venue: Venue, key: dict[str, str], markets: Any, name: str
    ) -> None:
        fault, expected = ORDER_FAULTS[name]
        path = "*/trade/batch-orders"
        async with opened(venue, key, timeout=250, markets=markets) as okx:
            for is_accepted in (True, False):
                await venue.fault(**fault, path=path, accepted=is_accepted)
                client_id = f"twin{is_accepted}"
                outcome = await _outcome(okx, client_id)
                if expected[0] == "order" and expected[1] is not None:
                    assert outcome[0] == "order"
                    assert outcome[1] is not None
                else:
                    assert outcome == expected
        taken = [order["client_id"] for order in await venue.orders()]
        assert taken == ["twinTrue"]
        assert sum((await venue.fired()).values()) == 2

    async def test_an_order_taken_after_the_answer(self, venue: Venue, okx: Any) -> None:
        await venue.fault("late", path="*/trade/batch-orders", seconds=0.2)
        assert await _outcome(okx, "late1") == ("RequestTimeout", None)
        assert await venue.orders() == []
        late: list[Any] = await eventually(venue.orders, of="the late order")
        assert [order["client_id"] for order in late] == ["late1"]

    async def test_an_order_delivered_twice_is_taken_once(self, venue: Venue, okx: Any) -> None:
        await venue.fault("twice", path="*/trade/batch-orders")
        assert (await _outcome(okx, "twice1"))[0] == "order"
        assert len(await venue.orders()) == 1
        assert [row["code"] for row in await venue.journal("rejected")][-1] == "51016"

    async def test_an_order_that_look_ups_do_not_see_yet(self, venue: Venue, okx: Any) -> None:
        await venue.fault("invisible", path="*/trade/batch-orders", seconds=0.3)
        await _outcome(okx, "hidden1")
        by_client = {"clientOrderId": "hidden1"}
        look_up = okx.fetch_order(None, SPOT, dict(by_client))
        assert await refusal(look_up) == ("OrderNotFound", "51603")
        assert await okx.fetch_open_orders(SPOT) == []
        seen: list[Any] = await eventually(lambda: okx.fetch_open_orders(SPOT))
        assert [order["clientOrderId"] for order in seen] == ["hidden1"]

    async def test_nobody_answers(self, venue: Venue, okx: Any) -> None:
        for mode in ("refuse", "untrusted"):
            await venue.listen(mode)
            assert (await _outcome(okx, "never"))[0] == "ExchangeNotAvailable"
        await venue.listen("open")
        assert await venue.orders() == []

    async def test_a_cancel_that_breaks_may_have_worked(self, venue: Venue, okx: Any) -> None:
        await _outcome(okx, "open1")
        for is_accepted, state in ((False, "open"), (True, "canceled")):
            await venue.fault("body_cut", path="*/trade/cancel-order", accepted=is_accepted)
            canceling = okx.cancel_order(None, SPOT, {"clientOrderId": "open1"})
            assert (await refusal(canceling))[0] == "ExchangeError"
            found = await okx.fetch_order(None, SPOT, {"clientOrderId": "open1"})
            assert found["status"] == state


async def _outcome(okx: Any, client_id: str) -> Outcome:
    params = {"clientOrderId": client_id}
    try:
        order = await okx.create_order(SPOT, "limit", "buy", "0.01", "59000", params)
    except ccxt.BaseError as error:
        return type(error).__name__, code_of(error) or None
    if order["status"] == "rejected":
        return "rejected", None
    return "order", order["id"]


async def _subscribed(venue: Venue, topic: str) -> None:
    async def found() -> bool:
        return any(topic in row["topics"] for row in await venue.sockets())

    is_found: bool = await eventually(found, of=topic)
    assert is_found
