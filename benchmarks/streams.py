"""What streams cost: a tick from the socket to the table of prices, a private line, a hint.

The ticks come from a process of its own that sends as fast as it is read; beside each figure
stands a bare WebSocket client that throws the same frames away, or plain ccxt.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp
import ccxt.pro
from aiohttp import web

from services.clock import utc_now
from services.domain.accounts import Environment
from services.domain.market import Quote
from services.domain.secrets import Credentials
from services.exchange.account_stream import AccountStream, Pace, lines_of
from services.exchange.connector import Connector
from services.exchange.feed import Channel
from services.exchange.live import PublicData
from services.exchange.network import Network, open_session
from tests.eventually import eventually
from tests.venues import tls
from tests.venues.client import Venue

Figure = dict[str, object]

LIVE = Environment.LIVE
STREAM = "stream.binance.com"
SYMBOLS = 50
SECONDS = 4.0
LINES = 100
LINE_MB = 0.4
HINTS = 60
_PAGE = os.sysconf("SC_PAGE_SIZE")


def figures() -> Iterator[Figure]:
    """Yield the figures, each measured in a process of its own."""
    for what in ("ticks", "lines", "hints"):
        program = f"from benchmarks import streams; streams.measure({what!r})"
        answer = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        )
        for line in answer.stdout.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def measure(what: str) -> None:
    """Print the figures of one kind."""
    kinds = {"ticks": ticks, "lines": lines, "hints": hints}
    for found in asyncio.run(kinds[what]()):
        print(json.dumps(found))


def figure(name: str, value: float, unit: str, baseline: float) -> Figure:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 3),
    }


# Ticks, from the socket to the table of last prices.


async def ticks() -> list[Figure]:
    """Count the ticks of one connection, ours against those that a bare client throws away."""
    with tempfile.TemporaryDirectory() as folder:
        ca = Path(folder) / "ca"
        async with Venue("binance", Path(folder) / "venue", "--markets", "400", ca=ca) as venue:
            with flood(ca) as address:
                network = Network(venue.ca_file, {**venue.resolve, STREAM: address})
                bare, bare_cpu = await _bare(network)
                theirs, their_cpu = await _plain(network)
                ours, our_cpu = await _ours(network)
    return [
        figure("stream_sent_to_a_bare_client_per_s", bare, "1/s", bare),
        figure("stream_ticks_per_s", ours, "1/s", theirs),
        figure("stream_cpu_per_tick_us", our_cpu, "us", their_cpu),
        figure("stream_cpu_per_bare_frame_us", bare_cpu, "us", bare_cpu),
    ]


async def _bare(network: Network) -> tuple[float, float]:
    wire = open_session(network)
    count = 0
    async with wire.session.ws_connect(f"wss://{STREAM}:9443/ws/0", compress=0) as socket:
        params = [f"{name.lower()}@ticker" for name in _ids(SYMBOLS)]
        await socket.send_json({"method": "SUBSCRIBE", "params": params, "id": 1})
        await socket.receive()
        start, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - start < SECONDS:
            await socket.receive()
            count += 1
        took, used = time.perf_counter() - start, time.process_time() - cpu
    await wire.close()
    return count / took, used / count * 1e6


async def _plain(network: Network) -> tuple[float, float]:
    """Let plain ccxt watch the same symbols, each in a loop, as its manual does."""
    wire = open_session(network)
    exchange = ccxt.pro.binance(
        {
            "session": wire.session,
            "ssl_context": wire.tls,
            "options": {
                "ws": {"compress": 0},
                "fetchMarkets": {"types": ["spot"]},
                "fetchCurrencies": False,
                "streamLimits": {"spot": 1},
                "subscriptionLimitByStream": {"spot": 1_000},
            },
        }
    )
    count = 0
    handle = exchange.handle_message

    def counted(client: Any, message: Any) -> Any:
        nonlocal count
        count += "e" in message
        return handle(client, message)

    exchange.handle_message = counted
    await exchange.load_markets()
    symbols = _symbols(exchange.markets)

    async def watch(symbol: str) -> None:
        while True:
            await exchange.watch_ticker(symbol, {"name": "ticker"})

    tasks = [asyncio.ensure_future(watch(symbol)) for symbol in symbols]
    found = await _rate(lambda: count)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await exchange.close()
    await wire.close()
    return found


async def _ours(network: Network) -> tuple[float, float]:
    count = 0

    def note(_exchange: str, _environment: Environment, _quote: Quote) -> None:
        nonlocal count
        count += 1

    connector = Connector(network, {}, now=utc_now)
    public = PublicData(connector, now=utc_now, on_quote=note)
    live = public.of("binance", LIVE)
    symbols = _symbols(await live.markets())
    for symbol in symbols:
        live.feed.hold(Channel.QUOTE, symbol)
    found = await _rate(lambda: count)
    assert all(live.feed.quote(symbol) for symbol in symbols)
    await public.close()
    await connector.close()
    return found


async def _rate(count: Callable[[], int]) -> tuple[float, float]:
    """Return ticks a second and microseconds of processor a tick, once they come."""
    await eventually(lambda: count() > 10 * SYMBOLS, within=30, of="ticks")
    before, start, cpu = count(), time.perf_counter(), time.process_time()
    await asyncio.sleep(SECONDS)
    came, took = count() - before, time.perf_counter() - start
    return came / took, (time.process_time() - cpu) / came * 1e6


def _symbols(markets: Any) -> list[str]:
    return sorted(symbol for symbol in markets if symbol.endswith("/USDT"))[:SYMBOLS]


def _ids(count: int) -> list[str]:
    return [f"COIN{number}USDT" for number in range(count)]


# Private lines.


async def lines() -> list[Figure]:
    """Measure the memory of a followed account, instance and tasks included."""
    async with _venue("okx") as (venue, connector):
        keys = [
            await venue.add_key(account=f"a{number}", passphrase="Phrase-1")
            for number in range(LINES + 1)
        ]
        line = lines_of("okx", has_contracts=True)[0]
        streams = []

        def follow(key: dict[str, str]) -> None:
            texts = {"apiKey": key["key"], "secret": key["secret"], "password": key["passphrase"]}
            client = connector.private("okx", LIVE, Credentials.of(texts))
            streams.append(AccountStream(client, lambda: None, line))

        async def are_up(count: int) -> None:
            async def found() -> bool:
                return sum(len(each["topics"]) == 2 for each in await venue.sockets()) == count

            await eventually(found, within=60, of="every line")

        follow(keys[0])
        await are_up(1)
        before = _megabytes()
        for key in keys[1:]:
            follow(key)
        await are_up(LINES + 1)
        await asyncio.sleep(1)
        each = (_megabytes() - before) / LINES
        cpu, start = time.process_time(), time.perf_counter()
        await asyncio.sleep(SECONDS)
        idle = (time.process_time() - cpu) / (time.perf_counter() - start) * 100
        await asyncio.gather(*(stream.close() for stream in streams))
    return [
        figure("stream_private_line_mb", each, "MB", LINE_MB),
        figure(f"stream_idle_cpu_of_{LINES}_lines_percent", idle, "%", 1.0),
    ]


def _megabytes() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


# Hints.


async def hints() -> list[Figure]:
    """Measure from a command to the venue to the hint, beside the command alone."""
    async with _venue("okx") as (venue, connector):
        key = await venue.add_key(passphrase="Phrase-1")
        texts = {"apiKey": key["key"], "secret": key["secret"], "password": key["passphrase"]}
        client = connector.private("okx", LIVE, Credentials.of(texts))
        heard = asyncio.Event()
        pace = Pace(hints=(0.01, 0.01))
        line = lines_of("okx", has_contracts=True)[0]
        stream = AccountStream(client, heard.set, line, pace=pace)
        await eventually(lambda: _is_up(venue), within=20, of="a line")
        latencies, calls = [], []
        for _ in range(HINTS):
            # Longer than the pause between two hints, so that each is told at once.
            await asyncio.sleep(0.05)
            heard.clear()
            start = time.perf_counter()
            command = asyncio.ensure_future(venue.deposit("trading", "USDT", 1))
            await heard.wait()
            latencies.append((time.perf_counter() - start) * 1e3)
            await command
            start = time.perf_counter()
            await venue.call("price", symbol="BTC/USDT")
            calls.append((time.perf_counter() - start) * 1e3)
        await stream.close()
    return [figure("stream_hint_ms", statistics.median(latencies), "ms", statistics.median(calls))]


async def _is_up(venue: Venue) -> bool:
    return any(len(each["topics"]) == 2 for each in await venue.sockets())


@asynccontextmanager
async def _venue(name: str) -> AsyncIterator[tuple[Venue, Connector]]:
    with tempfile.TemporaryDirectory() as folder:
        async with Venue(name, Path(folder)) as venue:
            connector = Connector(Network(venue.ca_file, venue.resolve), {}, now=utc_now)
            await connector.public(name, LIVE).load_markets()
            yield venue, connector
            await connector.close()


# The process that sends ticks.


@contextmanager
def flood(ca: Path) -> Iterator[str]:
    """Run the sender; yield where it listens."""
    program = f"from benchmarks import streams; streams.serve({str(ca)!r})"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def serve(ca: str) -> None:
    """Send tickers of whatever was subscribed, as fast as they are read."""
    with suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(Path(ca)))


async def _serve(ca: Path) -> None:
    async with AsyncExitStack() as stack:
        server = web.Server(_talk)
        runner = web.ServerRunner(server)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.server_context(ca, [STREAM]))
        await site.start()
        print(f"127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()


async def _talk(request: web.BaseRequest) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(autoping=True, compress=False)
    await socket.prepare(request)
    topics: list[str] = []
    sending: asyncio.Task[None] | None = None
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            asked = json.loads(message.data)
            topics += asked["params"]
            await socket.send_json({"result": None, "id": asked["id"]})
            if len(topics) >= SYMBOLS and sending is None:
                sending = asyncio.ensure_future(_send(socket, topics))
    if sending is not None:
        sending.cancel()
    return socket


async def _send(socket: web.WebSocketResponse, topics: list[str]) -> None:
    frames = [_frame(topic, step) for step in range(20) for topic in topics]
    with suppress(ConnectionError):
        for frame in cycle(frames):
            await socket.send_str(frame)


def _frame(topic: str, step: int) -> str:
    now, price = int(time.time() * 1000), 100 + step / 100
    numbers = {"p": "1.50", "P": "1.5", "w": "101.2", "x": "99.9", "Q": "0.1", "n": 7}
    book = {"b": f"{price - 0.01:.2f}", "B": "3", "a": f"{price + 0.01:.2f}", "A": "2"}
    day = {"o": "98.5", "h": "105.0", "l": "97.1", "v": "12345.6", "q": "1234567.8"}
    times = {"O": now - 86_400_000, "C": now, "F": 1, "L": 8}
    head = {"e": "24hrTicker", "E": now, "s": topic.partition("@")[0].upper()}
    return json.dumps({**head, "c": f"{price:.2f}", **numbers, **book, **day, **times})
