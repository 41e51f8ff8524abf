"""What accounts share, and what they must not: markets, budgets, environments, the session."""

from __future__ import annotations

import asyncio
import gc
import logging
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from services.clock import utc_now
from services.domain.accounts import Environment
from services.domain.secrets import Credentials
from services.errors import (
    CredentialsRejected,
    ExchangeUnavailable,
    InvalidInput,
    NotConnected,
    NotFound,
)
from services.exchange.client import Client, WriteFailed
from services.exchange.connector import Connector, VenueSettings
from services.exchange.network import Network
from services.exchange.throttle import Priority
from tests.eventually import eventually
from tests.services.exchange.wires import (
    LIVE,
    SPOT,
    asked,
    connector_to,
    credentials_of,
    private_client,
    requests_of,
    venue_process,
)
from tests.venues.client import Venue, VenueProcess

SANDBOX = Environment.SANDBOX
ORDER_PATH = "/api/v3/order"
TICKER_PATH = "/api/v3/ticker/24hr"
MARKETS = "GET api.binance.com/api/v3/exchangeInfo"
OTHER = "XRP/USDT"
ORDER = (SPOT, "limit", "buy", "0.001", "30000")


@pytest.fixture(scope="module")
def binance_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with venue_process("binance", tmp_path_factory.mktemp("binance")) as running:
        yield running


@pytest.fixture(scope="module")
def okx_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with venue_process("okx", tmp_path_factory.mktemp("okx")) as running:
        yield running


@pytest.fixture
async def venue(binance_process: VenueProcess) -> AsyncIterator[Venue]:
    async with Venue.borrow(binance_process) as borrowed:
        yield borrowed


@pytest.fixture
async def okx(okx_process: VenueProcess) -> AsyncIterator[Venue]:
    async with Venue.borrow(okx_process) as borrowed:
        yield borrowed


@pytest.fixture
async def connector(venue: Venue) -> AsyncIterator[Connector]:
    async with connector_to(venue) as connector:
        yield connector


async def ticker(client: Client) -> Any:
    return await client.read("fetch_ticker", SPOT)


def offline(**settings: VenueSettings) -> Connector:
    return Connector(Network(), settings, now=utc_now)


class TestMarkets:
    async def test_they_are_loaded_once_for_everybody(
        self, venue: Venue, connector: Connector
    ) -> None:
        clients = [connector.public("binance", LIVE)]
        clients += [await private_client(connector, venue) for _ in range(4)]

        loaded = await asyncio.gather(*(client.load_markets() for client in clients))

        assert SPOT in loaded[0]
        assert all(markets is loaded[0] for markets in loaded)
        assert all(client.exchange.markets is loaded[0] for client in clients)
        assert (await requests_of(venue)).count(MARKETS) == 1

    async def test_ccxt_itself_takes_the_shared_ones_too(
        self, venue: Venue, connector: Connector
    ) -> None:
        first, second = [await private_client(connector, venue) for _ in range(2)]

        for client in (first, second):
            await client.write("create_order", *ORDER)

        assert first.exchange.markets is second.exchange.markets
        assert (await requests_of(venue)).count(MARKETS) == 1

    async def test_what_one_loads_anew_reaches_all(
        self, venue: Venue, connector: Connector
    ) -> None:
        public, private = connector.public("binance", LIVE), await private_client(connector, venue)
        await private.load_markets()
        await venue.call("set_instrument", symbol=OTHER, minimum="0.25")

        await public.load_markets(reload=True)

        changed = (await private.load_markets())[OTHER]
        assert Decimal(changed["limits"]["amount"]["min"]) == Decimal("0.25")

    async def test_no_key_is_needed_or_sent_for_them(
        self, venue: Venue, connector: Connector
    ) -> None:
        wrong = {"key": "0" * 64, "secret": "0" * 64}
        client = connector.private("binance", LIVE, credentials_of(wrong))

        await client.load_markets()

        assert {entry["key"] for entry in await venue.journal("request")} == {""}
        assert len(await requests_of(venue)) == 2

    async def test_a_load_that_failed_is_tried_again_by_the_next(
        self, venue: Venue, connector: Connector
    ) -> None:
        await venue.fault("status", status=503, path="/api/v3/exchangeInfo", times=0)
        client = connector.public("binance", LIVE)
        with pytest.raises(ExchangeUnavailable):
            await client.load_markets()

        await venue.call("clear_faults")

        assert SPOT in await client.load_markets()

    async def test_who_stops_waiting_does_not_stop_the_others(
        self, venue: Venue, connector: Connector
    ) -> None:
        await venue.fault("slow", path="/api/v3/exchangeInfo", seconds=0.2)
        client = connector.public("binance", LIVE)
        leaving = asyncio.ensure_future(client.load_markets())
        staying = asyncio.ensure_future(client.load_markets())
        await asked(venue)

        leaving.cancel()

        assert SPOT in await staying
        assert (await requests_of(venue)).count(MARKETS) == 1

    async def test_a_thousand_accounts_weigh_little(
        self, venue: Venue, connector: Connector
    ) -> None:
        await connector.public("binance", LIVE).load_markets()
        key = credentials_of(await venue.add_key())
        await connector.private("binance", LIVE, key).load_markets()
        count = 25

        gc.collect()
        tracemalloc.start()
        clients = [connector.private("binance", LIVE, key) for _ in range(count)]
        for client in clients:
            await client.load_markets()
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert size / count < 40_000


class TestEnvironments:
    async def test_a_venue_has_one_public_client_in_each(self, connector: Connector) -> None:
        live, sandbox = connector.public("binance", LIVE), connector.public("binance", SANDBOX)

        assert live is connector.public("binance", LIVE)
        assert sandbox is not live
        assert connector.public("binance", Environment.PAPER) is live

    async def test_demo_trading_has_hosts_of_its_own(
        self, venue: Venue, connector: Connector
    ) -> None:
        key = await venue.add_key(environment="demo")
        client = connector.private("binance", SANDBOX, credentials_of(key))

        await client.write("create_order", *ORDER)

        hosts = {request.split("/")[0] for request in await requests_of(venue)}
        assert hosts == {
            "GET demo-api.binance.com",
            "GET demo-fapi.binance.com",
            "POST demo-api.binance.com",
        }
        live = connector.public("binance", LIVE).exchange
        assert not client.exchange.hosts & live.hosts

    async def test_a_simulated_account_is_marked_in_every_request(self, okx: Venue) -> None:
        async with connector_to(okx) as connector:
            key = credentials_of(await okx.add_key(environment="demo"))
            sandbox = connector.private("okx", SANDBOX, key)
            live = connector.private("okx", LIVE, key)

            balance = await sandbox.read("fetch_balance", priority=Priority.PRIVATE)

            assert balance["total"]
            with pytest.raises(CredentialsRejected):
                await live.read("fetch_balance", priority=Priority.PRIVATE)

    async def test_a_venue_without_a_sandbox_is_refused_there(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            offline().public("kraken", SANDBOX)

        assert refusal.value.code == "no_sandbox"


class TestSettings:
    async def test_a_venue_that_is_switched_off_is_not_available(self) -> None:
        connector = offline(binance=VenueSettings(is_enabled=False))

        with pytest.raises(NotConnected):
            connector.public("binance", LIVE)

    async def test_a_venue_that_nobody_looked_at_must_be_switched_on(self) -> None:
        with pytest.raises(NotConnected):
            offline().public("bitstamp", LIVE)
        connector = offline(bitstamp=VenueSettings(is_enabled=True))

        assert connector.public("bitstamp", LIVE).id == "bitstamp"
        await connector.close()

    async def test_a_venue_that_ccxt_does_not_know_is_unknown(self) -> None:
        with pytest.raises(NotFound):
            await offline().prepare("no_such_exchange")

    async def test_the_operators_options_reach_ccxt_but_never_make_it_repeat(
        self, venue: Venue
    ) -> None:
        options = {"defaultTimeInForce": "IOC", "maxRetriesOnFailure": 5}
        async with connector_to(venue, settings=VenueSettings(options=options)) as connector:
            public = connector.public("binance", LIVE)
            await public.load_markets()
            await venue.fault("status", status=503, path=TICKER_PATH)
            with pytest.raises(WriteFailed):
                await public.write("fetch_ticker", SPOT)

        assert public.exchange.options["defaultTimeInForce"] == "IOC"
        assert len(await requests_of(venue, TICKER_PATH)) == 1

    async def test_a_rate_limit_of_the_operators_holds(self, venue: Venue) -> None:
        settings = VenueSettings(rate_limit_per_minute=10, timeout=timedelta(seconds=1))
        async with connector_to(venue, settings=settings) as connector:
            public = connector.public("binance", LIVE)
            await public.load_markets()
            # The list of markets weighs 4, a ticker 0.4, and three tenths are kept free.
            for _ in range(7):
                await ticker(public)
            with pytest.raises(ExchangeUnavailable) as refusal:
                await ticker(public)

        assert refusal.value.retry_after is not None
        assert refusal.value.retry_after > timedelta(seconds=50)
        assert len(await requests_of(venue, TICKER_PATH)) == 7

    @pytest.mark.parametrize("exchange", ["binance", "okx", "bybit", "kraken", "hyperliquid"])
    async def test_every_instance_is_set_up_for_exact_and_single_requests(
        self, exchange: str
    ) -> None:
        connector = offline()
        instance = connector.public(exchange, LIVE).exchange

        assert instance.number is str
        assert instance.enableRateLimit is True
        assert instance.verbose is False
        assert instance.timeout == 30_000
        assert instance.options.get("recvWindow", 5_000) == 5_000
        assert instance.options["ws"]["compress"] == 0
        assert instance.streaming["keepAlive"] == 15_000
        assert instance.hosts
        await connector.close()


class TestBudgets:
    async def test_two_accounts_share_what_their_venue_allows(
        self, venue: Venue, connector: Connector
    ) -> None:
        first, second = [await private_client(connector, venue) for _ in range(2)]
        for client in (first, second):
            await client.load_markets()
        await venue.fault("status", status=429, path=TICKER_PATH)
        await venue.call("clear_faults")
        await venue.fault(
            "error", code="-1003", status=429, path=TICKER_PATH, headers={"Retry-After": "60"}
        )
        with pytest.raises(ExchangeUnavailable):
            await ticker(first)

        with pytest.raises(ExchangeUnavailable):
            await ticker(second)
        with pytest.raises(WriteFailed) as failure:
            await second.write("create_order", *ORDER)

        assert not failure.value.trace.is_sent
        assert len(await requests_of(venue, TICKER_PATH)) == 1
        assert await requests_of(venue, ORDER_PATH) == []

    async def test_another_host_of_the_venue_has_its_own(self, connector: Connector) -> None:
        public = connector.public("binance", LIVE)
        await public.load_markets()
        public.exchange.edge.budget("api.binance.com").freeze(timedelta(hours=1))

        answer = await public.read("fetch_ticker", f"{SPOT}:USDT")

        assert answer["symbol"] == f"{SPOT}:USDT"

    async def test_a_nearly_spent_budget_is_kept_for_the_urgent(
        self, venue: Venue, connector: Connector
    ) -> None:
        client = await private_client(connector, venue)
        placed = await client.write("create_order", *ORDER, params={"clientOrderId": "a1"})
        used = {"x-mbx-used-weight-1m": "5600"}
        await venue.fault("reply", text="{}", path="/api/v3/ping", headers=used)
        await client.read("publicGetPing")

        for priority in (Priority.PUBLIC, Priority.PRIVATE, Priority.LOOKUP):
            with pytest.raises(ExchangeUnavailable):
                await client.read("fetch_order", placed.result["id"], SPOT, priority=priority)
        await client.write("create_order", *ORDER, params={"clientOrderId": "a2"})
        await client.write("cancel_order", placed.result["id"], SPOT, priority=Priority.CANCEL)

        assert [request.split()[0] for request in await requests_of(venue, ORDER_PATH)] == [
            "POST",
            "POST",
            "DELETE",
        ]

    async def test_each_account_has_its_own_budget_of_orders(
        self, venue: Venue, connector: Connector
    ) -> None:
        busy, idle = [await private_client(connector, venue) for _ in range(2)]
        full = {"x-mbx-order-count-10s": "100"}
        await venue.fault("reply", text="{}", path="/api/v3/ping", headers=full)
        await busy.read("publicGetPing")

        with pytest.raises(WriteFailed) as failure:
            await busy.write("create_order", *ORDER)
        await idle.write("create_order", *ORDER)

        assert not failure.value.trace.is_sent
        assert len(await requests_of(venue, ORDER_PATH)) == 1


class TestClosing:
    async def test_open_streams_end_without_a_sound(
        self, venue: Venue, connector: Connector, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        public, private = connector.public("binance", LIVE), await private_client(connector, venue)
        for client in (public, private):
            await client.load_markets()
        watching = [
            asyncio.ensure_future(watched)
            for watched in (
                public.exchange.watch_order_book(SPOT),
                private.exchange.watch_orders(SPOT),
            )
        ]
        sockets: list[Any] = await eventually(venue.sockets)
        assert sockets
        await eventually(lambda: len(private.exchange.clients))

        await connector.close()
        await asyncio.wait(watching)
        gc.collect()

        is_quiet: bool = await eventually(lambda: _none(venue))
        assert is_quiet
        assert [record.getMessage() for record in caplog.records] == []

    async def test_a_write_under_way_comes_to_its_end_first(
        self, venue: Venue, connector: Connector
    ) -> None:
        client = await private_client(connector, venue)
        await client.load_markets()
        await venue.fault("slow", path=ORDER_PATH, seconds=0.3)
        writing = asyncio.ensure_future(client.write("create_order", *ORDER))
        await asked(venue, ORDER_PATH)

        await connector.close()

        assert (await writing).result["id"]

    async def test_a_load_under_way_ends_too(self, venue: Venue, connector: Connector) -> None:
        await venue.fault("hang", path="/api/v3/exchangeInfo")
        loading = asyncio.ensure_future(connector.public("binance", LIVE).load_markets())
        await asked(venue)

        await connector.close()

        with pytest.raises(ExchangeUnavailable):
            await loading

    async def test_a_closed_client_forgets_its_key(
        self, venue: Venue, connector: Connector
    ) -> None:
        client = await private_client(connector, venue)

        await client.close()

        assert (client.exchange.apiKey, client.exchange.secret) == (None, None)

    async def test_nothing_is_opened_before_it_is_needed(self) -> None:
        await offline().close()


async def _none(venue: Venue) -> bool:
    return not await venue.sockets()


async def test_keys_with_foreign_line_ends_are_read() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\r\nMC4CAQ\r\n\r\n-----END PRIVATE KEY-----\r\n\r\n"
    connector = offline()

    client = connector.private("binance", LIVE, Credentials.of({"apiKey": " key ", "secret": pem}))

    assert client.exchange.apiKey == "key"
    assert client.exchange.secret.splitlines() == [
        "-----BEGIN PRIVATE KEY-----",
        "MC4CAQ",
        "-----END PRIVATE KEY-----",
    ]
    await connector.close()


def test_the_version_that_this_was_proved_on_is_installed() -> None:
    assert ccxt.__version__ == "4.5.90"
