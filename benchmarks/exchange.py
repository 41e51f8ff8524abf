"""What the connection layer costs beside plain ccxt: imports, markets, accounts, sockets, quotes.

Everything is measured in processes of its own against test venues that are processes too.
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
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from services.clock import utc_now
from services.domain.accounts import Environment
from services.domain.secrets import Credentials
from services.exchange.client import Client
from services.exchange.connector import Connector, VenueSettings
from services.exchange.network import Network
from tests.eventually import eventually
from tests.venues.client import Venue, ccxt_exchange

Figure = dict[str, object]

LIVE = Environment.LIVE
SYMBOL = "BTC/USDT"
MARKETS = 3_000
ACCOUNTS = 1_000
NAIVE_ACCOUNTS = 2
SOCKETS = 100
ROUNDS = 300
IMPORTS = 5
STALL_MS, SOCKET_KB = 100.0, 400.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LIGHT = "from services.exchange.imports import exchange_class as e; e('binance'), e('okx')"
_FULL = "import ccxt.pro"


def figures() -> Iterator[Figure]:
    """Yield the figures; `baseline` is plain ccxt, or a budget for stalls and sockets."""
    yield from _imports()
    for exchange in ("binance", "okx"):
        yield from _in_process("markets", exchange, str(MARKETS))
        yield from _in_process("accounts", exchange, str(MARKETS))
    # The other venue's limit of requests is too low to repeat one often.
    yield from _in_process("quotes", "binance", "0")
    yield from _in_process("sockets", "okx", "0")


def figure(name: str, value: float, unit: str, baseline: float) -> Figure:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 4),
    }


def _imports() -> Iterator[Figure]:
    for name, keep in (("cold", False), ("warm", True)):
        runs = 2 if name == "cold" else IMPORTS
        light, full = (
            statistics.median(_import(code, keep=keep)[0] for _ in range(runs))
            for code in (_LIGHT, _FULL)
        )
        yield figure(f"exchange_import_{name}_ms", light, "ms", full)
    light, full = (_import(code, keep=True)[1] for code in (_LIGHT, _FULL))
    yield figure("exchange_import_rss_mb", light, "MB", full)


def _import(code: str, *, keep: bool) -> tuple[float, float]:
    """Return milliseconds and megabytes; without `keep` nothing is compiled beforehand."""
    program = f"""
import time; start = time.perf_counter(); {code}
took = (time.perf_counter() - start) * 1e3
pages = int(open('/proc/self/statm').read().split()[1])
print(took, pages * {_PAGE} / 1e6)
"""
    with tempfile.TemporaryDirectory() as empty:
        environment = dict(os.environ) if keep else os.environ | {"PYTHONPYCACHEPREFIX": empty}
        answer = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
    took, megabytes = answer.stdout.split()
    return float(took), float(megabytes)


def _in_process(*arguments: str) -> list[Figure]:
    """Measure in a process of its own, whose memory nobody else has touched."""
    program = f"from benchmarks import exchange; exchange.measure(*{arguments!r})"
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return [json.loads(line) for line in answer.stdout.splitlines()]


def measure(what: str, exchange: str, padding: str) -> None:
    """Print the figures of one kind; `padding` is how long the venue's list of markets is."""
    for found in asyncio.run(_measured(_KINDS[what], exchange, padding)):
        print(json.dumps(found))


async def _measured(
    kind: Callable[[Bench], Awaitable[list[Figure]]], exchange: str, padding: str
) -> list[Figure]:
    async with bench(exchange, padding) as at:
        return await kind(at)


class Bench:
    """A venue, a key of it, our way there and plain ccxt's."""

    def __init__(
        self, exchange: str, venue: Venue, key: dict[str, str], connector: Connector
    ) -> None:
        self.exchange = exchange
        self.venue = venue
        self.connector = connector
        names = {"apiKey": "key", "secret": "secret", "password": "passphrase"}
        self.key = {name: key[part] for name, part in names.items() if key.get(part)}

    @property
    def public(self) -> Client:
        return self.connector.public(self.exchange, LIVE)

    def private(self) -> Client:
        return self.connector.private(self.exchange, LIVE, Credentials.of(self.key))


@asynccontextmanager
async def bench(exchange: str, padding: str) -> AsyncIterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        async with Venue(exchange, Path(folder), "--markets", padding) as venue:
            connector = Connector(
                Network(ca_file=venue.ca_file, resolve=venue.resolve),
                {exchange: VenueSettings(rate_limit_per_minute=1_000_000)},
                now=utc_now,
            )
            try:
                yield Bench(exchange, venue, await venue.add_key(), connector)
            finally:
                await connector.close()


async def markets(at: Bench) -> list[Figure]:
    """Our load keeps the loop free; ccxt's own is one long stall."""
    ours, stalls = [], []
    async with ccxt_exchange(at.venue, at.exchange) as plain:
        plain_ms, plain_stall = await _watched(plain.load_markets)
    for _ in range(3):
        took, stall = await _watched(lambda: at.public.load_markets(reload=True))
        ours.append(took)
        stalls.append(stall)
    name = f"exchange_markets_{MARKETS}_{at.exchange}"
    return [
        figure(f"{name}_ms", statistics.median(ours), "ms", plain_ms),
        figure(f"{name}_stall_ms", statistics.median(stalls), "ms", STALL_MS),
        figure(f"{name}_stall_beside_ccxt_ms", statistics.median(stalls), "ms", plain_stall),
    ]


async def accounts(at: Bench) -> list[Figure]:
    """Every account has its own client and key, and all of them one list of markets."""
    await at.private().load_markets()
    ours = await _weight_kb(ACCOUNTS, lambda _: _opened(at))
    async with AsyncExitStack() as stack:

        async def naive(_: int) -> Any:
            plain = await stack.enter_async_context(ccxt_exchange(at.venue, at.exchange))
            await plain.load_markets()
            return plain

        plain = await _weight_kb(NAIVE_ACCOUNTS, naive)
    return [figure(f"exchange_account_of_{ACCOUNTS}_{at.exchange}_kb", ours, "KB", plain)]


async def _opened(at: Bench) -> Client:
    client = at.private()
    await client.load_markets()
    return client


async def quotes(at: Bench) -> list[Figure]:
    """The same call in turn, so that whatever else the machine does meets both."""
    await at.public.load_markets()
    ours, theirs = [], []
    async with ccxt_exchange(at.venue, at.exchange) as plain:
        await plain.load_markets()
        for _ in range(ROUNDS):
            theirs.append(await _timed(lambda: plain.fetch_ticker(SYMBOL)))
            ours.append(await _timed(lambda: at.public.read("fetch_ticker", SYMBOL)))
    return [
        figure(
            f"exchange_quote_{at.exchange}_ms",
            statistics.median(ours),
            "ms",
            statistics.median(theirs),
        )
    ]


async def sockets(at: Bench) -> list[Figure]:
    """Private streams of as many accounts, TLS included."""
    clients = [await _opened(at) for _ in range(SOCKETS)]
    gc.collect()
    before = _resident()
    watching = [asyncio.ensure_future(client.exchange.watch_orders()) for client in clients]

    async def all_there() -> bool:
        return len(await at.venue.sockets()) == SOCKETS

    is_done: bool = await eventually(all_there, within=60)
    assert is_done
    gc.collect()
    weight = (_resident() - before) / SOCKETS / 1e3
    for client in clients:
        await client.close()
    await asyncio.wait(watching)
    return [figure(f"exchange_private_socket_{at.exchange}_kb", weight, "KB", SOCKET_KB)]


async def _weight_kb(count: int, make: Callable[[int], Awaitable[Any]]) -> float:
    """Return what one of them holds in Python's memory."""
    gc.collect()
    tracemalloc.start()
    kept = [await make(number) for number in range(count)]
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept) / 1e3


async def _watched(act: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Return how long it took and the longest time that the loop did nothing else, in ms."""
    loop, longest = asyncio.get_running_loop(), 0.0

    async def beat() -> None:
        nonlocal longest
        last = loop.time()
        while True:
            await asyncio.sleep(0.001)
            longest, last = max(longest, loop.time() - last), loop.time()

    beating = asyncio.ensure_future(beat())
    took = await _timed(act)
    await asyncio.sleep(0.01)
    beating.cancel()
    return took, longest * 1e3


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await act()
    return (time.perf_counter() - start) * 1e3


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


_KINDS: dict[str, Callable[[Bench], Awaitable[list[Figure]]]] = {
    "markets": markets,
    "accounts": accounts,
    "quotes": quotes,
    "sockets": sockets,
}
