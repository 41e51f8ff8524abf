"""What venues do in their own ways, seen through one gateway, over their own protocols."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.clock import utc_now
from services.domain.accounts import Environment, PositionSide, Wallet
from services.domain.orders import OrderStatus, Side
from services.domain.venues import ClientIdLookup
from services.domain.venues import Venue as VenueRow
from services.errors import NotFound, OrderRejected
from services.exchange.ccxt_gateway import CcxtGateway
from services.exchange.ccxt_market_data import CcxtMarketData
from services.exchange.connector import Connector
from services.exchange.venues import venue as venue_row
from tests.contract.worlds import BTC, PERPETUAL, gateway_of, limit_order, market_order, opened
from tests.venues.client import Venue, VenueProcess
from tests.venues.instruments import DELISTED

FIRST, SECOND, THIRD = "qtaaaaaaaaaaaaaaaa", "qtbbbbbbbbbbbbbbbb", "qtcccccccccccccccc"
D = Decimal


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, VenueProcess]]:
    with (
        VenueProcess("binance", tmp_path_factory.mktemp("binance")) as binance,
        VenueProcess("okx", tmp_path_factory.mktemp("okx")) as okx,
    ):
        yield {"binance": binance, "okx": okx}


@dataclass
class Place:
    """A venue, the way to it, and an account there."""

    venue: Venue
    connector: Connector
    gateway: CcxtGateway

    async def placed(self, amount: str = "0.01", name: str = FIRST) -> None:
        await self.gateway.submit(limit_order(Side.BUY, amount, D(50_000)), client_order_id=name)

    async def contracts(self, side: str, amount: str) -> None:
        """Trade contracts past the product, which does not offer them yet."""
        client = self.gateway._client
        await client.load_markets()
        await client.write("create_order", PERPETUAL, "market", side, amount)

    async def sent(self, path: str) -> int:
        counts: dict[str, int] = await self.venue.call("counts")
        return counts.get(path, 0)


@asynccontextmanager
async def place_at(process: VenueProcess) -> AsyncIterator[Place]:
    async with Venue.borrow(process) as venue, opened(venue) as connector:
        gateway = await gateway_of(connector, venue, Environment.LIVE)
        yield Place(venue, connector, gateway)
        await gateway.close()


@pytest.fixture
async def binance(processes: dict[str, VenueProcess]) -> AsyncIterator[Place]:
    async with place_at(processes["binance"]) as place:
        yield place


@pytest.fixture
async def okx(processes: dict[str, VenueProcess]) -> AsyncIterator[Place]:
    async with place_at(processes["okx"]) as place:
        yield place


@pytest.fixture(params=["binance", "okx"])
async def either(
    request: pytest.FixtureRequest, processes: dict[str, VenueProcess]
) -> AsyncIterator[Place]:
    async with place_at(processes[request.param]) as place:
        yield place


def with_row(place: Place, row: VenueRow) -> CcxtGateway:
    """The same account at a venue that is said to be otherwise."""
    client = place.gateway._client
    data = CcxtMarketData(place.connector.public(row.id, Environment.LIVE), now=utc_now)
    return CcxtGateway(client, data, row, Environment.LIVE, now=utc_now, pauses=(0, 0))


# Fees


async def test_a_fee_in_a_third_coin_is_told_as_such(binance: Place) -> None:
    await binance.venue.call("set_account", fee_currency="BNB")
    before = (await binance.gateway.balances())["BNB"].free

    report = await binance.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id=FIRST)

    assert {fill.fee_currency for fill in report.fills} == {"BNB"}
    paid = sum(fill.fee for fill in report.fills)
    assert (await binance.gateway.balances())["BNB"].free == before - paid
    trades = await binance.gateway.my_trades(BTC, since=None)
    assert [trade.fill.fee for trade in trades] == [fill.fee for fill in report.fills]


# OKX' account modes


@pytest.mark.parametrize("level", ["1", "2", "3", "4"])
@pytest.mark.parametrize("side", Side)
async def test_the_amount_of_a_market_order_is_in_base_in_every_account_mode(
    okx: Place, level: str, side: Side
) -> None:
    await okx.venue.call("set_account", level=level)

    report = await okx.gateway.submit(market_order(side, "0.02"), client_order_id=FIRST)

    assert (report.status, report.filled) == (OrderStatus.CLOSED, D("0.02"))
    (order,) = await okx.venue.orders()
    assert order["amount"] == "0.02"


async def test_the_account_mode_is_asked_for_once(okx: Place) -> None:
    await okx.placed(name=FIRST)
    asked = await okx.sent("GET /api/v5/account/config")
    await okx.placed(name=SECOND)

    assert await okx.sent("GET /api/v5/account/config") == asked


async def test_an_account_mode_that_was_changed_is_noticed_after_one_refusal(okx: Place) -> None:
    await okx.placed(name=FIRST)
    await okx.venue.call("set_account", level="3")

    with pytest.raises(OrderRejected, match="venue_refused"):
        await okx.placed(name=SECOND)
    await okx.placed(name=THIRD)

    assert {order["client_id"] for order in await okx.venue.orders()} == {FIRST, THIRD}


async def test_without_the_account_mode_nothing_is_sent(okx: Place) -> None:
    await okx.venue.fault("status", status=503, path="/api/v5/account/config", times=0)

    with pytest.raises(OrderRejected, match="not_sent"):
        await okx.placed()

    assert await okx.venue.orders() == []


async def test_a_key_that_is_refused_before_the_send_says_why(okx: Place) -> None:
    await okx.venue.call("remove_key", key=okx.gateway._client.exchange.apiKey)

    with pytest.raises(OrderRejected, match="key_of_another_region"):
        await okx.placed()


async def test_a_market_order_that_has_not_ended_yet_is_open(okx: Place) -> None:
    await okx.venue.call("hold", is_held=True)

    report = await okx.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id=FIRST)

    assert (report.status, report.fills) == (OrderStatus.OPEN, ())
    await okx.venue.call("hold", is_held=False)
    found = await okx.gateway.find_order(BTC, client_order_id=FIRST)
    assert found is not None
    assert (found.status, found.filled) == (OrderStatus.CLOSED, D("0.01"))


# Sending


async def test_without_markets_nothing_is_sent(binance: Place) -> None:
    await binance.venue.fault("status", status=503, path="/api/v3/exchangeInfo", times=0)

    with pytest.raises(OrderRejected, match="not_sent"):
        await binance.placed()

    assert await binance.sent("POST /api/v3/order") == 0


async def test_a_market_that_the_venue_has_closed_is_refused(either: Place) -> None:
    market = (await either.gateway.markets())[DELISTED]
    assert not market.is_active

    with pytest.raises((OrderRejected, NotFound)) as refusal:
        await either.gateway.submit(
            limit_order(Side.BUY, "100", D("0.4"), DELISTED), client_order_id=FIRST
        )

    assert refusal.value.code in {"market_closed", "market_gone"}
    assert await either.venue.orders() == []


async def test_a_step_that_changed_meanwhile_is_refused_by_the_venue(binance: Place) -> None:
    await binance.gateway.markets()
    await binance.venue.call("set_instrument", symbol=BTC, lot="0.001", minimum="0.001")

    with pytest.raises(OrderRejected, match="amount_off_lot"):
        await binance.placed("0.01001")


async def test_more_orders_than_the_venue_takes_are_refused(okx: Place) -> None:
    await okx.venue.call("set_rules", max_open=1)
    await okx.placed(name=FIRST)

    with pytest.raises(OrderRejected):
        await okx.placed(name=SECOND)

    assert len(await okx.gateway.open_orders()) == 1


async def test_an_order_that_cannot_be_seen_yet_is_open_all_the_same(either: Place) -> None:
    await either.venue.fault("invisible", seconds=30, method="POST")

    report = await either.gateway.submit(
        limit_order(Side.BUY, "0.01", D(50_000)), client_order_id=FIRST
    )

    (order,) = await either.venue.orders()
    assert report.status is OrderStatus.OPEN
    assert report.exchange_order_id == str(order["id"])


# Looking up


async def test_an_order_with_more_trades_than_fit_on_a_page_is_told_whole(
    either: Place,
) -> None:
    page = {"binance": 500, "okx": 100}[either.venue.name]
    await either.placed("0.01")
    for _ in range(page + 3):
        await either.venue.fill(FIRST, "0.00001")

    report = await either.gateway.find_order(BTC, client_order_id=FIRST)
    trades = await either.gateway.my_trades(BTC, since=utc_now() - timedelta(minutes=5))

    assert report is not None
    assert len(report.fills) == len(trades) == page + 3
    assert report.filled == D("0.00001") * (page + 3)


async def test_stops_placed_elsewhere_are_listed_too(binance: Place) -> None:
    client = binance.gateway._client
    await client.load_markets()
    params = {"stopPrice": "50000", "clientOrderId": "by-hand_1"}
    await client.write("create_order", BTC, "limit", "sell", "0.01", "49000", params=params)

    (report,) = await binance.gateway.open_orders()

    assert (report.client_order_id, report.request.side) == ("by-hand_1", Side.SELL)
    assert (report.request.amount, report.request.price) == (D("0.01"), D(49_000))


async def test_a_venue_without_look_up_is_searched_by_its_lists(binance: Place) -> None:
    row = replace(
        venue_row("binance"), client_id_lookup=ClientIdLookup.LISTS, client_id_param=None
    )
    gateway = with_row(binance, row)

    placed = await gateway.submit(limit_order(Side.BUY, "0.01", D(50_000)), client_order_id=FIRST)
    assert await gateway.find_order(BTC, client_order_id=FIRST) == placed
    assert await gateway.find_order(BTC, client_order_id=SECOND) is None
    canceled = await gateway.cancel(BTC, client_order_id=FIRST)

    assert canceled.status is OrderStatus.CANCELED
    assert await gateway.find_order(BTC, client_order_id=FIRST) == canceled
    with pytest.raises(NotFound, match="order_unknown"):
        await gateway.cancel(BTC, client_order_id=SECOND)


# Positions and wallets


async def test_positions_are_told_in_base_with_their_side(binance: Place, okx: Place) -> None:
    # Half a coin short: 0.5 of a contract of one coin, or 50 of a hundredth.
    for place, contracts in ((binance, "0.5"), (okx, "50")):
        await place.contracts("sell", contracts)

        (position,) = await place.gateway.positions()

        assert (position.symbol, position.side) == (PERPETUAL, PositionSide.SHORT)
        assert position.amount == D("0.5")
        assert abs(position.entry_price - 60_000) < 600
        assert position.mark_price is not None
        assert position.unrealized is not None
        assert position.unrealized < 0


async def test_a_key_for_spot_sees_no_position_and_no_contract_wallet(binance: Place) -> None:
    key = binance.gateway._client.exchange.apiKey
    await binance.venue.set_key(key, permissions={"enableFutures": False})

    assert list(await binance.gateway.positions()) == []
    assert set(await binance.gateway.wallets()) == {Wallet.SPOT, Wallet.FUNDING}


async def test_a_wallet_that_is_closed_is_asked_for_once(binance: Place) -> None:
    path = "GET /fapi/v3/account"
    key = binance.gateway._client.exchange.apiKey
    await binance.venue.set_key(key, permissions={"enableFutures": False})

    await binance.gateway.wallets()
    asked = await binance.sent(path)
    await binance.gateway.wallets()

    assert asked == await binance.sent(path) == 1


async def test_a_wallet_that_fails_does_not_hide_the_others(okx: Place) -> None:
    await okx.venue.fault("status", status=500, path="/api/v5/asset/balances", times=0)

    wallets = await okx.gateway.wallets()

    assert set(wallets) == {Wallet.SPOT}
    assert wallets[Wallet.SPOT]["USDT"].free > 0


# Prices


async def test_many_quotes_are_asked_for_together(binance: Place) -> None:
    symbols = [
        symbol
        for symbol, market in (await binance.gateway.markets()).items()
        if market.is_active and market.settle is None
    ]

    quotes = await binance.gateway.quotes(symbols)

    assert list(quotes) == symbols
    assert await binance.sent("GET /api/v3/ticker/24hr") == 1


async def test_quotes_of_contracts_are_completed_from_the_book(binance: Place) -> None:
    quotes = await binance.gateway.quotes([PERPETUAL])

    assert quotes[PERPETUAL].bid < quotes[PERPETUAL].ask
    assert await binance.sent("GET /fapi/v1/ticker/bookTicker") == 1


async def test_a_symbol_that_nobody_asks_for_has_no_quote(okx: Place) -> None:
    await okx.venue.call("set_book", symbol=BTC, bids=[["59000", "1"]], asks=[])

    assert await okx.gateway.quotes([BTC]) == {}


async def test_volumes_of_contracts_are_in_base(okx: Place) -> None:
    quote = (await okx.gateway.quotes([PERPETUAL]))[PERPETUAL]
    ticker: dict[str, Any] = await okx.gateway._client.read("fetch_ticker", PERPETUAL)

    assert quote.base_volume == D(ticker["info"]["vol24h"]) / 100


async def test_the_markets_are_read_once_for_all(binance: Place) -> None:
    first = await binance.gateway.markets()
    await binance.gateway.quotes([BTC])

    assert await binance.gateway.markets() is first
    assert await binance.sent("GET /api/v3/exchangeInfo") == 1
