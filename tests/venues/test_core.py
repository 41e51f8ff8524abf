"""What the test venues share: certificates, prices, matching, faults, sockets, the process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509

from tests.eventually import eventually
from tests.venues import instruments, tls
from tests.venues.accounts import Account, Order
from tests.venues.client import ControlError, Venue, VenueProcess, ccxt_session
from tests.venues.clock import VenueClock
from tests.venues.faults import FaultPlan
from tests.venues.journal import Journal
from tests.venues.market import Level, Market
from tests.venues.matching import (
    BalanceEvent,
    Event,
    Matching,
    OrderEvent,
    Reason,
    Refused,
    Rules,
)

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
D = Decimal


# Certificates


def test_an_authority_is_made_once_and_signs_what_clients_accept(tmp_path: Path) -> None:
    first = tls.authority(tmp_path).read_bytes()
    assert tls.authority(tmp_path).read_bytes() == first
    assert stat.S_IMODE((tmp_path / "ca.key").stat().st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate(first)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature) == (True, True)
    server = tls.server_context(tmp_path, ["api.binance.com"])
    assert _handshake(server, tmp_path, "api.binance.com") is None
    assert "Hostname mismatch" in str(_handshake(server, tmp_path, "example.com"))
    stranger = tls.server_context(tmp_path, ["api.binance.com"], is_trusted=False)
    assert "signature failure" in str(_handshake(stranger, tmp_path, "api.binance.com"))


def _handshake(server: ssl.SSLContext, folder: Path, host: str) -> ssl.SSLError | None:
    """Shake hands in memory; return what the client has against it."""
    client = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there, server_hostname=host),
        server.wrap_bio(there, back, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                return error
    return None


# Prices


@pytest.fixture
def market() -> Market:
    listed = [*instruments.spot().values(), *instruments.swaps().values()]
    return Market(listed, seed=7, clock=VenueClock())


def test_every_instrument_has_a_book_on_its_grid(market: Market) -> None:
    for symbol, item in market.instruments.items():
        book = market.book(symbol)
        assert len(book.bids) == len(book.asks) == 100
        assert book.bids[0].price < market.price(symbol) < book.asks[0].price
        for level in (*book.bids, *book.asks):
            assert level.price % item.tick == level.amount % item.lot == 0
            assert level.amount >= item.minimum


def test_candles_of_all_lengths_agree(market: Market) -> None:
    for price in ("60100", "59900", "60050"):
        market.set_price(SPOT, D(price))
    minutes = market.candles(SPOT, step_ms=60000, limit=120)
    for before, after in pairwise(minutes):
        assert before.close == after.open
        assert before.low <= min(before.open, before.close)
        assert before.high >= max(before.open, before.close)
    assert minutes[-1].close == 60050
    assert min(minute.low for minute in minutes[-2:]) <= 59900
    hour = market.candles(SPOT, step_ms=3600000, limit=1)[0]
    assert hour.close == 60050
    assert market.day(SPOT).last == 60050


def test_the_same_seed_gives_the_same_market() -> None:
    def sample() -> list[Any]:
        fresh = Market(instruments.spot().values(), seed=3, clock=VenueClock())
        fresh.set_price(SPOT, D(61000))
        return [fresh.book(SPOT), fresh.trades(SPOT, 1)[0].amount]

    assert sample() == sample()


def test_a_small_move_leaves_most_of_the_book(market: Market) -> None:
    before = set(market.book(SPOT).bids)
    market.set_price(SPOT, D(60010))
    assert len(before & set(market.book(SPOT).bids)) > 95


async def test_prices_drift_only_when_told(market: Market) -> None:
    market.drift(interval=0.001)
    await eventually(lambda: market.price(SPOT) != 60000, of="a move")
    market.stop_drift()
    price = market.price(SPOT)
    assert abs(price - 60000) < 600
    market.reset()
    assert market.price(SPOT) == 60000


# Matching


RULES = Rules(wallets={"spot": "spot", "swap": "futures"})


@pytest.fixture
def matching(market: Market, tmp_path: Path) -> Iterator[Matching]:
    journal = Journal(tmp_path / "journal.jsonl")
    core = Matching(market, RULES, journal)
    account = core.add_account("main")
    core.deposit(account, "spot", "USDT", D(100000))
    core.deposit(account, "spot", "BTC", D(1))
    core.deposit(account, "futures", "USDT", D(10000))
    yield core
    journal.close()


def placed(matching: Matching, symbol: str, side: str, amount: str, **fields: Any) -> Order:
    account = matching.accounts["main"]
    values: dict[str, Any] = {"kind": "market", "client_id": "one"} | fields
    order = matching.draft(account, symbol, side=side, amount=D(amount), **values)
    return matching.place(account, order)


def holdings(account: Account) -> dict[str, tuple[Decimal, Decimal]]:
    return {name: (item.free, item.locked) for name, item in account.wallets["spot"].items()}


def test_money_is_neither_made_nor_lost(matching: Matching) -> None:
    account = matching.accounts["main"]
    buy = placed(matching, SPOT, "buy", "0.5", kind="limit", price=D(61000))
    assert buy.status == "filled"
    assert holdings(account) == {
        "USDT": (100000 - buy.cost, D(0)),
        "BTC": (D("1.5") - buy.fees()["BTC"], D(0)),
    }
    assert buy.fees()["BTC"] == D("0.5") * D("0.001")
    sell = placed(matching, SPOT, "sell", "0.3", kind="limit", price=D(65000), client_id="two")
    assert holdings(account)["BTC"][1] == D("0.3")
    matching.cancel(account, sell)
    assert holdings(account)["BTC"][1] == 0


def test_a_part_fills_at_once_and_the_rest_waits(matching: Matching) -> None:
    best = matching.market.book(SPOT, 1).asks[0]
    order = placed(matching, SPOT, "buy", str(best.amount + 1), kind="limit", price=best.price)
    assert (order.status, order.filled) == ("partially_filled", best.amount)
    matching.fill_share = D("0.5")
    matching.market.set_price(SPOT, D(59000))
    assert (order.status, order.remaining) == ("partially_filled", D("0.5"))
    matching.fill_share = D(1)
    matching.market.set_price(SPOT, D(59001))
    assert order.status == "filled"
    assert order.locked == 0
    assert {trade.is_maker for trade in order.trades} == {True, False}


def test_a_position_turns_around_and_its_profit_is_paid(matching: Matching) -> None:
    account = matching.accounts["main"]
    matching.market.set_book(SWAP, [Level(D(60000), D(9))], [Level(D(60000), D(9))])
    placed(matching, SWAP, "buy", "0.1")
    matching.market.set_book(SWAP, [Level(D(61000), D(9))], [Level(D(61000), D(9))])
    placed(matching, SWAP, "sell", "0.3")
    position = account.positions[SWAP, "net"]
    assert (position.amount, position.entry) == (D("-0.2"), D(61000))
    assert position.realised == 100
    fees = (D("0.1") * 60000 + D("0.3") * 61000) * D("0.001")
    assert account.wallets["futures"]["USDT"].free == 10000 + 100 - fees


@pytest.mark.parametrize(
    ("amount", "fields", "reason"),
    [
        ("0.000001", {}, Reason.AMOUNT_MIN),
        ("0.0000111", {}, Reason.AMOUNT_STEP),
        ("0.00002", {}, Reason.COST_MIN),
        ("9", {}, Reason.BALANCE),
        ("0.01", {"kind": "limit", "price": D("1.001")}, Reason.PRICE_TICK),
        ("0.01", {"kind": "limit", "price": D("1")}, Reason.PRICE_RANGE),
        ("0.01", {"client_id": "bad id"}, Reason.CLIENT_ID),
        ("0.01", {"client_id": "taken"}, Reason.DUPLICATE),
        ("0.01", {"kind": "limit", "price": D(60100), "is_post_only": True}, Reason.WOULD_TAKE),
        ("0.01", {"kind": "stop", "trigger": D(59000)}, Reason.WOULD_TRIGGER),
    ],
)
def test_a_refused_order_leaves_no_trace(
    matching: Matching, amount: str, fields: dict[str, Any], reason: Reason
) -> None:
    placed(matching, SPOT, "buy", "0.01", kind="limit", price=D(50000), client_id="taken")
    before = (holdings(matching.accounts["main"]), len(matching.journal.entries()))
    with pytest.raises(Refused) as refused:
        placed(matching, SPOT, "buy", amount, **fields)
    assert refused.value.reason is reason
    assert before == (holdings(matching.accounts["main"]), len(matching.journal.entries()))


def test_a_pretence_changes_nothing_and_tells_nobody(matching: Matching) -> None:
    told: list[Event] = []
    matching.subscribe("main", told.append)
    before = holdings(matching.accounts["main"])
    with matching.pretending():
        assert placed(matching, SPOT, "buy", "0.1").status == "filled"
        assert matching.accounts["main"].orders
    assert not matching.accounts["main"].orders
    assert (holdings(matching.accounts["main"]), told) == (before, [])
    assert matching.journal.entries() == []


def test_subscribers_hear_orders_and_balances_in_order(matching: Matching) -> None:
    told: list[Event] = []
    end = matching.subscribe("main", told.append)
    order = placed(matching, SPOT, "buy", "0.01", kind="limit", price=D(50000))
    matching.cancel(matching.accounts["main"], order)
    end()
    placed(matching, SPOT, "buy", "0.01")
    kinds = [event.execution if isinstance(event, OrderEvent) else type(event) for event in told]
    assert kinds == [BalanceEvent, "new", BalanceEvent, "canceled"]
    assert told[1].order.status == "open"  # type: ignore[union-attr]


def test_an_algo_order_shrinks_to_what_is_left_or_fails(matching: Matching) -> None:
    matching.rules = Rules(wallets=RULES.wallets, shrinks=True)
    first = placed(
        matching, SPOT, "sell", "3", kind="stop", trigger=D(59000), is_algo=True, client_id="a"
    )
    second = placed(
        matching, SPOT, "sell", "1", kind="stop", trigger=D(58900), is_algo=True, client_id="b"
    )
    assert holdings(matching.accounts["main"])["BTC"] == (D(1), D(0))
    matching.market.set_price(SPOT, D(58999))
    matching.market.set_price(SPOT, D(58000))
    child = matching.accounts["main"].orders[first.child_id]
    assert (first.status, second.status) == ("triggered", "failed")
    assert child.amount == 1


def test_canceled_orders_without_a_fill_are_forgotten(matching: Matching) -> None:
    matching.rules = Rules(wallets=RULES.wallets, retention_ms=1000)
    account = matching.accounts["main"]
    matching.cancel(account, placed(matching, SPOT, "buy", "0.01", kind="limit", price=D(50000)))
    assert matching.find(account, client_id="one")
    matching.market.clock.skew_ms = 2000
    assert matching.find(account, client_id="one") is None


# Faults


def test_a_plan_counts_and_refuses_what_it_does_not_know() -> None:
    plan = FaultPlan()
    plan.add(kind="close", path="/api/*", nth=2, times=2)

    def hits(path: str) -> bool:
        return plan.pick(method="GET", host="api.binance.com", path=path) is not None

    assert [hits("/api/v3/time") for _ in range(5)] == [False, True, True, False, False]
    assert not hits("/other")
    assert plan.fired == {"close": 2}
    for values in ({"kind": "vanish"}, {"kind": "close", "colour": "red"}):
        with pytest.raises(ValueError, match="no such fault"):
            plan.add(**values)


# The process


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with VenueProcess("binance", tmp_path_factory.mktemp("core")) as running:
        yield running


@pytest.fixture
async def venue(process: VenueProcess) -> AsyncIterator[Venue]:
    async with Venue.borrow(process) as borrowed:
        yield borrowed


@asynccontextmanager
async def stream(venue: Venue) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Follow the best prices of BTC."""
    url = "wss://stream.binance.com:9443/ws/btcusdt@bookTicker"
    async with ccxt_session(venue) as session, session.ws_connect(url, autoping=False) as ws:
        opened: object = await eventually(venue.sockets, of="the socket")
        assert opened
        yield ws


async def updates(ws: aiohttp.ClientWebSocketResponse, count: int) -> list[int]:
    return [json.loads(await ws.receive_str(timeout=5))["u"] for _ in range(count)]


@pytest.mark.parametrize(
    ("way", "expected"),
    [("gap", [2, 3]), ("double", [1, 1]), ("swap", [2, 1]), ("heal", [1, 2])],
)
async def test_a_stream_can_lose_repeat_and_reorder(
    venue: Venue, way: str, expected: list[int]
) -> None:
    async with stream(venue) as ws:
        await venue.harm(way)
        for price in (60001, 60002, 60003):
            await venue.set_price(SPOT, price)
        first = (await venue.call("book", symbol=SPOT))["sequence"] - 3
        assert [number - first for number in await updates(ws, 2)] == expected


async def test_a_black_hole_answers_no_ping_and_silence_does(venue: Venue) -> None:
    async with stream(venue) as ws:
        await venue.harm("silence")
        await ws.ping(b"1")
        await venue.set_price(SPOT, 60001)
        assert (await ws.receive(timeout=5)).type is aiohttp.WSMsgType.PONG
        await venue.harm("blackhole")
        await ws.ping(b"2")
        await venue.set_price(SPOT, 60002)
        with pytest.raises(TimeoutError):
            await ws.receive(timeout=0.2)
        await venue.harm("send", text="after all")
        await venue.harm("heal")
        await ws.ping(b"3")
        while (await ws.receive(timeout=5)).type is not aiohttp.WSMsgType.PONG:
            pass


async def test_a_socket_is_refused_by_a_fault_of_its_upgrade(venue: Venue) -> None:
    await venue.fault("status", status=403, host="stream.binance.com")
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        async with stream(venue):
            pass


async def test_commands_that_make_no_sense_are_refused(venue: Venue) -> None:
    for command, arguments in (
        ("dance", {}),
        ("set_price", {"symbol": "NO/SUCH", "price": "1"}),
        ("set_price", {"symbol": SPOT}),
        ("fault", {"kind": "vanish"}),
        ("listen", {"mode": "upside-down"}),
        ("fill", {"amount": "1", "client_id": "unknown"}),
    ):
        with pytest.raises(ControlError, match=command):
            await venue.call(command, **arguments)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_with_sockets_open(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with Venue("binance", tmp_path) as venue, stream(venue) as ws:
        os.kill(venue.process.pid, number)
        assert (await ws.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert await asyncio.to_thread(venue.process.wait) == 0


async def test_the_journal_survives_a_kill(tmp_path: Path) -> None:
    with VenueProcess("binance", tmp_path) as process:
        process.call("add_key")
        async with (
            ccxt_session(process) as session,
            session.get("https://api.binance.com/api/v3/time") as answer,
        ):
            assert answer.status == 200
        process.kill()
        [request] = process.read_journal("request")
    assert (request["path"], request["host"]) == ("/api/v3/time", "api.binance.com")
    assert re.fullmatch(r"127\.0\.0\.1:\d+", process.address)
    process.journal_file.write_bytes(process.journal_file.read_bytes() + b'{"n": 9, "cut')
    assert len(process.read_journal("request")) == 1


async def test_two_venues_can_share_an_authority(tmp_path: Path) -> None:
    shared = tmp_path / "ca"
    with VenueProcess("binance", tmp_path / "one", ca=shared) as one:
        assert one.ca_file == shared / "ca.pem"
        assert set(one.resolve.values()) == {one.address}
