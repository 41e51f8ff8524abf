"""One ccxt call to its end: tries, deadlines, what was sent, whereto, no secret left behind."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from services.errors import CredentialsRejected, ExchangeUnavailable
from services.exchange.client import Client, HostRefused, WriteFailed
from services.exchange.connector import Connector, VenueSettings
from services.exchange.throttle import Priority
from tests.eventually import eventually
from tests.services.exchange.wires import (
    LIVE,
    SPOT,
    Pauses,
    asked,
    connector_to,
    credentials_of,
    private_client,
    requests_of,
    venue_process,
)
from tests.venues.client import Venue, VenueProcess

ORDER_PATH = "/api/v3/order"
TICKER_PATH = "/api/v3/ticker/24hr"
SHORT = VenueSettings(timeout=timedelta(milliseconds=800))
ORDER = (SPOT, "limit", "buy", "0.001", "30000")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with venue_process("binance", tmp_path_factory.mktemp("venue")) as running:
        yield running


@pytest.fixture
async def venue(process: VenueProcess) -> AsyncIterator[Venue]:
    async with Venue.borrow(process) as borrowed:
        yield borrowed


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def connector(venue: Venue, pauses: Pauses) -> AsyncIterator[Connector]:
    async with connector_to(venue, pauses=pauses) as connector:
        yield connector


@pytest.fixture
async def public(connector: Connector) -> Client:
    client = connector.public("binance", LIVE)
    await client.load_markets()
    return client


@pytest.fixture
async def private(connector: Connector, venue: Venue) -> Client:
    client = await private_client(connector, venue)
    await client.load_markets()
    await client.time()
    return client


async def ticker(client: Client) -> Any:
    return await client.read("fetch_ticker", SPOT)


async def place(client: Client, client_order_id: str = "a1") -> Any:
    params = {"clientOrderId": client_order_id}
    return await client.write("create_order", *ORDER, params=params)


class TestReads:
    async def test_texts_come_back_as_the_venue_wrote_them(
        self, venue: Venue, public: Client
    ) -> None:
        await venue.set_price(SPOT, "61000.10")

        assert (await ticker(public))["last"] == "61000.10000000"

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "close"},
            {"kind": "reset"},
            {"kind": "body_cut"},
            {"kind": "bad_gzip"},
            {"kind": "garbage"},
            {"kind": "huge", "megabytes": 3},
            {"kind": "bomb", "megabytes": 50},
            {"kind": "redirect", "status": 307},
            {"kind": "status", "status": 503},
            {"kind": "status", "status": 507},
            {"kind": "reply", "reply": "html"},
            {"kind": "reply", "reply": "malformed"},
            {"kind": "reply", "reply": "empty"},
        ],
        ids=lambda fault: "-".join(str(value) for value in fault.values()),
    )
    async def test_a_read_is_tried_three_times(
        self, venue: Venue, public: Client, pauses: Pauses, fault: dict[str, Any]
    ) -> None:
        await venue.fault(path=TICKER_PATH, times=0, **fault)

        with pytest.raises(ExchangeUnavailable):
            await ticker(public)

        first, second = pauses.seconds
        assert 1.0 <= first <= 1.25
        assert 2.0 <= second <= 2.5
        # The HTTP client itself repeats a GET whose kept connection died under it.
        assert 3 <= len(await requests_of(venue, TICKER_PATH)) <= 6

    async def test_the_second_answer_is_as_good(
        self, venue: Venue, public: Client, pauses: Pauses
    ) -> None:
        await venue.fault("status", status=502, path=TICKER_PATH)

        assert (await ticker(public))["symbol"] == SPOT
        assert len(pauses.seconds) == 1

    async def test_what_the_venue_refuses_is_asked_once(
        self, venue: Venue, connector: Connector, pauses: Pauses
    ) -> None:
        key = await venue.add_key()
        wrong = connector.private("binance", LIVE, credentials_of(key | {"secret": "0" * 64}))

        with pytest.raises(CredentialsRejected):
            await wrong.read("fetch_balance", priority=Priority.PRIVATE)

        assert pauses.seconds == []
        assert len(await requests_of(venue, "/api/v3/account")) == 1

    async def test_a_short_wait_that_the_venue_asks_for_is_kept(
        self, venue: Venue, public: Client, pauses: Pauses
    ) -> None:
        await venue.fault("status", status=429, path=TICKER_PATH, headers={"Retry-After": "1"})
        await venue.fault(
            "error", code="-1003", status=429, path=TICKER_PATH, headers={"Retry-After": "1"}
        )

        assert (await ticker(public))["symbol"] == SPOT

        assert all(seconds >= 1 for seconds in pauses.seconds)

    async def test_a_long_wait_is_told_instead(
        self, venue: Venue, public: Client, pauses: Pauses
    ) -> None:
        await venue.fault(
            "error", code="-1003", status=418, path=TICKER_PATH, headers={"Retry-After": "90"}
        )

        for _ in range(2):
            with pytest.raises(ExchangeUnavailable) as refusal:
                await ticker(public)
            assert refusal.value.retry_after is not None
            assert 80 < refusal.value.retry_after.total_seconds() <= 90

        assert pauses.seconds == []
        assert len(await requests_of(venue, TICKER_PATH)) == 1

    async def test_a_venue_that_hangs_is_left_after_the_time_that_was_set(
        self, venue: Venue
    ) -> None:
        async with connector_to(venue, settings=SHORT) as connector:
            public = connector.public("binance", LIVE)
            await public.load_markets()
            await venue.fault("hang", path=TICKER_PATH, times=0)

            with pytest.raises(ExchangeUnavailable):
                await ticker(public)

        assert len(await requests_of(venue, TICKER_PATH)) == 3

    async def test_a_venue_that_drips_is_left_too(self, venue: Venue) -> None:
        async with connector_to(venue, settings=SHORT) as connector:
            public = connector.public("binance", LIVE)
            await public.load_markets()
            await venue.fault("drip", path=TICKER_PATH, times=0, seconds=0.1)

            with pytest.raises(ExchangeUnavailable):
                await ticker(public)

    @pytest.mark.parametrize(
        "value",
        [Decimal(1), 1.5, {"a": [Decimal(1)]}, [{"b": 1.0}], {Decimal(1): "a"}, b"1", object()],
        ids=lambda value: type(value).__name__,
    )
    async def test_what_ccxt_would_drop_in_silence_is_refused(
        self, venue: Venue, public: Client, value: Any
    ) -> None:
        for call in (public.read, public.write):
            with pytest.raises(TypeError):
                await call("create_order", *ORDER, params={"triggerPrice": value})
            with pytest.raises(TypeError):
                await call("create_order", SPOT, "limit", "buy", value)

        assert await requests_of(venue, ORDER_PATH) == []

    async def test_params_are_not_changed_by_ccxt(self, public: Client) -> None:
        params = {"limit": 5, "deep": {"list": [1]}}

        await public.read("fetch_trades", SPOT, params=params)

        assert params == {"limit": 5, "deep": {"list": [1]}}


FAULTS: dict[str, dict[str, Any]] = {
    "close": {"kind": "close"},
    "reset": {"kind": "reset"},
    "cut head": {"kind": "headers_cut"},
    "cut body": {"kind": "body_cut"},
    "cut chunk": {"kind": "chunk_cut"},
    "bad gzip": {"kind": "bad_gzip"},
    "garbage": {"kind": "garbage"},
    "bomb": {"kind": "bomb", "megabytes": 50},
    "hang": {"kind": "hang"},
    "redirect": {"kind": "redirect", "status": 307},
    "redirect to another": {
        "kind": "redirect",
        "status": 308,
        "text": "https://fapi.binance.com/fapi/v1/order",
    },
    "400": {"kind": "status", "status": 400},
    "403": {"kind": "status", "status": 403},
    "418": {"kind": "status", "status": 418},
    "429": {"kind": "status", "status": 429},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "504": {"kind": "status", "status": 504},
    "its code": {"kind": "error", "code": "-1006", "status": 400},
}


class TestWrites:
    @pytest.mark.parametrize("accepted", [True, False])
    @pytest.mark.parametrize("name", FAULTS)
    async def test_an_order_is_sent_once_whatever_comes_of_it(
        self, venue: Venue, name: str, *, accepted: bool
    ) -> None:
        options = {"maxRetriesOnFailure": 3, "createOrder": {"maxRetriesOnFailure": 3}}
        settings = VenueSettings(timeout=SHORT.timeout, options=options)
        async with connector_to(venue, settings=settings) as connector:
            client = await private_client(connector, venue)
            await client.load_markets()
            await venue.fault(path=ORDER_PATH, accepted=accepted, times=0, **FAULTS[name])

            with pytest.raises(WriteFailed) as failure:
                await place(client)

        assert failure.value.trace.is_sent
        assert failure.value.trace.status == FAULTS[name].get("status", failure.value.trace.status)
        assert failure.value.trace.is_redirected == (FAULTS[name]["kind"] == "redirect")
        assert await requests_of(venue, ORDER_PATH) == [f"POST api.binance.com{ORDER_PATH}"]
        assert len(await venue.orders()) == accepted

    @pytest.mark.parametrize("mode", ["refuse", "reset", "garbage", "mute", "untrusted"])
    async def test_what_never_reached_a_connection_was_not_sent(
        self, venue: Venue, mode: str
    ) -> None:
        async with connector_to(venue, settings=SHORT) as connector:
            client = await private_client(connector, venue)
            await client.load_markets()
            await client.time()
            await venue.listen(mode)

            with pytest.raises(WriteFailed) as failure:
                await place(client)

            assert not failure.value.trace.is_sent
            assert failure.value.trace.status is None

    async def test_what_ccxt_refuses_by_itself_was_not_sent(
        self, venue: Venue, private: Client
    ) -> None:
        for order in (("NO/SUCH", *ORDER[1:]), (*ORDER[:3], "0.000000000001", "30000")):
            with pytest.raises(WriteFailed) as failure:
                await private.write("create_order", *order)
            assert not failure.value.trace.is_sent

        assert await requests_of(venue, ORDER_PATH) == []

    async def test_an_order_whose_markets_cannot_be_read_was_not_sent(
        self, venue: Venue, connector: Connector
    ) -> None:
        client = await private_client(connector, venue)
        await venue.fault("status", status=503, path="/api/v3/exchangeInfo", times=0)

        with pytest.raises(WriteFailed) as failure:
            await place(client)

        assert not failure.value.trace.is_sent
        assert await requests_of(venue, ORDER_PATH) == []

    async def test_what_ccxt_made_of_the_answer_is_returned_unjudged(
        self, venue: Venue, private: Client
    ) -> None:
        good = await place(private)
        await venue.fault("reply", reply="empty", path=ORDER_PATH)
        empty = await place(private, "a2")

        assert (good.result["clientOrderId"], good.trace.status) == ("a1", 200)
        assert empty.result["id"] is None
        assert empty.trace.is_sent

    async def test_a_caller_that_leaves_does_not_take_a_sent_order_back(
        self, venue: Venue, private: Client
    ) -> None:
        await venue.fault("slow", path=ORDER_PATH, seconds=0.3)
        caller = asyncio.ensure_future(place(private))
        await asked(venue, ORDER_PATH)

        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await private.close()

        (order,) = await venue.orders()
        assert order["client_id"] == "a1"

    async def test_an_order_that_still_waits_is_taken_back(
        self, venue: Venue, private: Client
    ) -> None:
        await venue.fault("status", status=429, path=TICKER_PATH, headers={"Retry-After": "1"})
        with pytest.raises(WriteFailed):
            await private.write("fetch_ticker", SPOT)
        caller = asyncio.ensure_future(place(private))
        budget = private.exchange.edge.budget("api.binance.com")
        await eventually(lambda: budget.waiting)

        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await ticker(private)

        assert budget.waiting == 0
        assert await requests_of(venue, ORDER_PATH) == []

    @pytest.mark.parametrize("kind", ["close", "reset"])
    async def test_a_cancellation_is_sent_once_too(
        self, venue: Venue, private: Client, kind: str
    ) -> None:
        placed = await place(private)
        await venue.fault(kind, method="DELETE", times=0)

        with pytest.raises(WriteFailed) as failure:
            await private.write(
                "cancel_order", placed.result["id"], SPOT, priority=Priority.CANCEL
            )

        assert failure.value.trace.is_sent
        assert (await requests_of(venue, ORDER_PATH))[1:] == [
            f"DELETE api.binance.com{ORDER_PATH}"
        ]


class TestClocks:
    async def test_the_offset_is_ours_minus_the_venues(self, venue: Venue, public: Client) -> None:
        await venue.call("clock", skew_ms=90_000)

        measured = await public.time()

        assert abs(measured.offset + timedelta(seconds=90)) < timedelta(seconds=1)
        assert timedelta() < measured.round_trip < timedelta(seconds=1)

    async def test_signatures_follow_the_venues_clock(
        self, venue: Venue, connector: Connector
    ) -> None:
        await venue.call("clock", skew_ms=-90_000)
        client = await private_client(connector, venue)

        await client.read("fetch_balance", priority=Priority.PRIVATE)
        await place(client)

        assert len(await requests_of(venue, "/api/v3/time")) == 1

    async def test_a_clock_that_jumped_is_measured_again(
        self, venue: Venue, private: Client, pauses: Pauses
    ) -> None:
        await venue.call("clock", skew_ms=90_000)

        balance = await private.read("fetch_balance", priority=Priority.PRIVATE)

        assert balance["total"]
        assert len(pauses.seconds) == 1

    async def test_an_order_refused_for_its_time_makes_the_next_one_right(
        self, venue: Venue, private: Client
    ) -> None:
        await venue.call("clock", skew_ms=90_000)

        with pytest.raises(WriteFailed):
            await place(private)
        await place(private)

        assert len(await requests_of(venue, ORDER_PATH)) == 2
        assert len(await venue.orders()) == 1

    async def test_a_venue_without_the_time_still_takes_orders(
        self, venue: Venue, connector: Connector
    ) -> None:
        client = await private_client(connector, venue)
        await venue.fault("status", status=503, path="/api/v3/time", times=0)

        await place(client)

        assert len(await venue.orders()) == 1


class TestHosts:
    async def test_a_request_for_a_strange_host_is_not_sent(
        self, venue: Venue, private: Client
    ) -> None:
        private.exchange.urls["api"]["private"] = "https://fapi.example.com/api/v3"

        with pytest.raises(HostRefused, match=r"fapi\.example\.com"):
            await private.read("fetch_balance", priority=Priority.PRIVATE)
        with pytest.raises(WriteFailed) as failure:
            await place(private)

        assert isinstance(failure.value.error, HostRefused)
        assert not failure.value.trace.is_sent
        assert await requests_of(venue, ORDER_PATH) == []

    async def test_a_request_in_the_clear_is_not_sent(self, private: Client) -> None:
        private.exchange.urls["api"]["private"] = "http://api.binance.com/api/v3"

        with pytest.raises(HostRefused):
            await private.read("fetch_balance", priority=Priority.PRIVATE)

    @pytest.mark.parametrize("url", ["wss://stream.example.com/ws", "wss://binance.com.evil/ws"])
    async def test_a_stream_goes_to_the_venue_only(self, private: Client, url: str) -> None:
        with pytest.raises(HostRefused):
            private.exchange.client(url)


class TestSecrets:
    @pytest.mark.parametrize(
        "fault",
        [
            None,
            {"kind": "close"},
            {"kind": "body_cut"},
            {"kind": "hang"},
            {"kind": "redirect", "status": 307},
            {"kind": "status", "status": 503},
            {"kind": "error", "code": "-1022", "status": 400},
            {"kind": "reply", "reply": "html"},
        ],
        ids=lambda fault: fault["kind"] if fault else "none",
    )
    async def test_nothing_secret_is_left_in_logs_errors_or_the_instance(
        self, venue: Venue, caplog: pytest.LogCaptureFixture, fault: dict[str, Any] | None
    ) -> None:
        caplog.set_level(logging.DEBUG)
        asyncio.get_running_loop().set_debug(True)
        key = await venue.add_key()
        texts: list[str] = []
        async with connector_to(venue, settings=SHORT) as connector:
            client = connector.private("binance", LIVE, credentials_of(key))
            await client.load_markets()
            if fault:
                for path in (ORDER_PATH, "/api/v3/account"):
                    await venue.fault(path=path, times=0, **fault)
            for act in (
                client.read("fetch_balance", priority=Priority.PRIVATE),
                place(client),
                client.write("cancel_order", "1", SPOT, priority=Priority.CANCEL),
            ):
                try:
                    await act
                except (ExchangeUnavailable, CredentialsRejected, WriteFailed) as error:
                    texts += _told(error)
            state = {
                name: value
                for name, value in vars(client.exchange).items()
                if name not in {"apiKey", "secret"}
            }
            texts += [repr(client), repr(client.exchange), repr(connector), repr(state)]
        texts += [caplog.text, repr(vars(client.exchange))]

        for word in (key["key"], key["secret"], "signature"):
            assert [text for text in texts if word in text] == []

    async def test_the_key_of_a_stream_is_in_no_error(self, venue: Venue, private: Client) -> None:
        await venue.fault("status", status=403, path="/private/*", times=0)

        with pytest.raises(ccxt.NetworkError, match=r"fstream\.binance\.com") as refusal:
            await private.exchange.watch_orders(f"{SPOT}:USDT")

        assert [text for text in _told(refusal.value) if "listenKey=" in text] == []


def _told(error: BaseException) -> list[str]:
    inner = getattr(error, "error", None)
    found = [repr(error), "".join(traceback.format_exception(error))]
    return found if inner is None else found + _told(inner)
