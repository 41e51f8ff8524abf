"""Starting a test venue, steering it, and pointing clients at it.

`VenueProcess` owns the process and works without an event loop, so a module-wide fixture can
hold it; `Venue` is the same for one asynchronous test, with a process of its own or a borrowed
one::

    async with Venue("binance", tmp_path) as venue:
        key = await venue.add_key()
        await venue.set_price("BTC/USDT", "61000")
        async with ccxt_exchange(venue, "binance", key) as exchange:
            ...
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import ccxt.pro
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.eventually import eventually
from tests.venues.journal import Journal

ROOT = Path(__file__).parent.parent.parent
_PATIENCE_SECONDS = 15


class ControlError(RuntimeError):
    """A venue did not take a command."""


class VenueProcess:
    """The process of one venue, alive inside `with`.

    Args:
        name: The module, `binance` or `okx`.
        data: Folder for the journal; with `ca=None` for the certificates too.
        ca: Folder of an authority that several venues share, so one file serves a client.
        options: Further options of the command, e.g. `"--markets", "3000"`.
    """

    def __init__(
        self, name: str, data: Path, *options: str, ca: Path | None = None, port: int = 0
    ) -> None:
        self.name = name
        self.data = data
        self._options = [*options, *(["--ca", str(ca)] if ca else []), "--port", str(port)]
        self._process: subprocess.Popen[str] | None = None
        self._ready: dict[str, Any] = {}

    def start(self) -> None:
        """Start the process and wait until it listens.

        Raises:
            RuntimeError: It ended instead.
        """
        command = [sys.executable, "-m", f"tests.venues.{self.name}", "--data", str(self.data)]
        self._process = subprocess.Popen(
            command + self._options, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the venue {self.name} did not start")
        self._ready = json.loads(line)

    def stop(self) -> None:
        """End the process politely and wait for it."""
        self._end(is_kill=False)

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self._end(is_kill=True)

    def wait(self) -> int:
        """Wait for a process that was told to end; return its exit status."""
        assert self._process
        return self._process.wait(_PATIENCE_SECONDS)

    def _end(self, *, is_kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if is_kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process
        return self._process.pid

    @property
    def address(self) -> str:
        """Where the venue listens, `127.0.0.1:port`."""
        return str(self._ready["address"])

    @property
    def port(self) -> int:
        """The TLS port."""
        return int(self._ready["port"])

    @property
    def control_url(self) -> str:
        """Where it takes commands."""
        return str(self._ready["control"])

    @property
    def ca_file(self) -> Path:
        """The root certificate that clients must trust."""
        return Path(self._ready["ca_file"])

    @property
    def hosts(self) -> list[str]:
        """The real host names that it answers for."""
        return list(self._ready["hosts"])

    @property
    def resolve(self) -> dict[str, str]:
        """Each host name to the address, as `[network] resolve` wants it."""
        return dict.fromkeys(self.hosts, self.address)

    @property
    def journal_file(self) -> Path:
        """The journal; it stays readable when the process is dead."""
        return self.data / "journal.jsonl"

    def read_journal(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the journal from the file."""
        return Journal.read(self.journal_file, event)

    def call(self, command: str, **arguments: Any) -> Any:
        """Run a control command and wait for its result, without an event loop.

        Raises:
            ControlError: The venue did not take it.
        """
        request = urllib.request.Request(
            f"{self.control_url}/{command}",
            data=json.dumps(arguments, default=str).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(f"{command}: {error.read().decode()}") from None


class Venue:
    """A venue inside an asynchronous test.

    Args:
        name: The module, `binance` or `okx`.
        data: Folder for journal and certificates.
        process: A running process to borrow; it is reset at the start and left running.
        options: Further options of the command.
    """

    def __init__(
        self,
        name: str,
        data: Path,
        *options: str,
        ca: Path | None = None,
        process: VenueProcess | None = None,
    ) -> None:
        self.process = process or VenueProcess(name, data, *options, ca=ca)
        self._is_borrowed = process is not None
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def borrow(cls, process: VenueProcess) -> Self:
        """Return a venue that uses a running process."""
        return cls(process.name, process.data, process=process)

    async def __aenter__(self) -> Self:
        if not self._is_borrowed:
            await asyncio.to_thread(self.process.start)
        self._session = aiohttp.ClientSession()
        if self._is_borrowed:
            await self.call("listen", mode="open")
            await self.call("reset")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session:
            await self._session.close()
        if not self._is_borrowed:
            await asyncio.to_thread(self.process.stop)

    @property
    def name(self) -> str:
        """Which venue it is."""
        return self.process.name

    @property
    def address(self) -> str:
        """Where it listens, `127.0.0.1:port`."""
        return self.process.address

    @property
    def ca_file(self) -> Path:
        """The root certificate that clients must trust."""
        return self.process.ca_file

    @property
    def hosts(self) -> list[str]:
        """The real host names that it answers for."""
        return self.process.hosts

    @property
    def resolve(self) -> dict[str, str]:
        """Each host name to the address, as `[network] resolve` wants it."""
        return self.process.resolve

    async def call(self, command: str, **arguments: Any) -> Any:
        """Run any control command, see `tests.venues.control`.

        Raises:
            ControlError: The venue did not take it.
        """
        assert self._session
        body = json.dumps(arguments, default=str)
        url = f"{self.process.control_url}/{command}"
        async with self._session.post(url, data=body) as answer:
            if answer.status != 200:
                raise ControlError(f"{command}: {await answer.text()}")
            return (await answer.json())["result"]

    async def add_key(self, **values: Any) -> dict[str, str]:
        """Make an API key: `key`, `secret`, `passphrase`, `account`.

        Args:
            values: account="main", environment="live"|"demo"|"testnet", permissions={...},
                ips=[...], expires_ms=..., balances={wallet: {currency: amount}},
                public_key=PEM.
        """
        made: dict[str, str] = await self.call("add_key", **values)
        return made

    async def set_key(self, key: str, **changes: Any) -> None:
        """Change a key; a permission of None is removed from the answer."""
        await self.call("set_key", key=key, **changes)

    async def fault(self, kind: str, **values: Any) -> int:
        """Plan a fault, see `tests.venues.faults.Fault`."""
        made: int = await self.call("fault", kind=kind, **values)
        return made

    async def fired(self) -> dict[str, int]:
        """Return how often each kind of fault really fired."""
        fired: dict[str, int] = await self.call("fired")
        return fired

    async def set_price(self, symbol: str, price: object) -> None:
        """Move a price."""
        await self.call("set_price", symbol=symbol, price=str(price))

    async def deposit(
        self, wallet: str, currency: str, amount: object, account: str = "main"
    ) -> None:
        """Add to a wallet; a negative amount takes away."""
        await self.call(
            "deposit", wallet=wallet, currency=currency, amount=str(amount), account=account
        )

    async def fill(self, client_id: str, amount: object, price: object = None) -> Any:
        """Fill part of an open order."""
        at = None if price is None else str(price)
        return await self.call("fill", client_id=client_id, amount=str(amount), price=at)

    async def orders(self, account: str | None = None) -> list[dict[str, Any]]:
        """Return every order that the venue ever took."""
        found: list[dict[str, Any]] = await self.call("orders", account=account)
        return found

    async def journal(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the journal since this venue was opened."""
        entries = await asyncio.to_thread(self.process.read_journal)
        starts = [number for number, entry in enumerate(entries, 1) if entry["event"] == "reset"]
        entries = entries[starts[-1] if starts else 0 :]
        return [entry for entry in entries if event in {None, entry["event"]}]

    async def sockets(self) -> list[dict[str, Any]]:
        """Return the open WebSockets."""
        found: list[dict[str, Any]] = await self.call("sockets")
        return found

    async def harm(self, way: str, **values: Any) -> int:
        """Do harm to open WebSockets, see `Socket.harm`; return to how many."""
        count: int = await self.call("harm", way=way, **values)
        return count

    async def listen(self, mode: str) -> None:
        """Change how the port answers: open, refuse, reset, garbage, mute, untrusted."""
        await self.call("listen", mode=mode)


class Loopback(AbstractResolver):
    """Sends every host name to venues on loopback, and any unknown one to nobody."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the loopback address; the port of the URL is replaced.

        Raises:
            OSError: No venue answers for the host.
        """
        del port, family
        if host not in self._addresses:
            raise OSError(f"no venue answers for {host}")
        address, _, own = self._addresses[host].partition(":")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=int(own),
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


@cache
def trusting(ca_file: Path) -> ssl.SSLContext:
    """Return the client context that trusts a venue; making one takes twenty milliseconds."""
    return ssl.create_default_context(cafile=str(ca_file))


@asynccontextmanager
async def ccxt_session(*venues: Venue | VenueProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session that reaches the venues under their real names."""
    addresses = {host: to for venue in venues for host, to in venue.resolve.items()}
    sockets: list[socket.socket] = []

    def opened(address: aiohttp.AddrInfoType) -> socket.socket:
        sockets.append(socket.socket(*address[:3]))
        return sockets[-1]

    connector = aiohttp.TCPConnector(
        resolver=Loopback(addresses),
        ssl=trusting(venues[0].ca_file),
        use_dns_cache=False,
        limit=0,
        socket_factory=opened,
    )
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session
    # TLS says goodbye over several turns of the loop; one that ends before leaves sockets open.
    await eventually(lambda: all(one.fileno() < 0 for one in sockets), of="closed sockets")


@asynccontextmanager
async def ccxt_exchange(
    venue: Venue | VenueProcess,
    exchange_id: str,
    key: Mapping[str, str] | None = None,
    **config: Any,
) -> AsyncIterator[Any]:
    """Open an unmodified ccxt.pro exchange on a venue.

    Args:
        exchange_id: ccxt's id, e.g. `binance`, `okx`, `myokx`.
        key: What `add_key` gave; None for public data only.
        config: Further ccxt configuration, e.g. `timeout=500`, `options={...}`.
    """
    async with ccxt_session(venue) as session:
        credentials = {}
        if key:
            credentials = {
                "apiKey": key["key"],
                "secret": key["secret"],
                "password": key.get("passphrase", ""),
            }
        exchange = getattr(ccxt.pro, exchange_id)(
            {
                "session": session,
                "ssl_context": trusting(venue.ca_file),
                "asyncio_loop": asyncio.get_running_loop(),
                "number": str,
                "enableRateLimit": False,
                **credentials,
                **config,
            }
        )
        exchange.timeout_on_exit = 0
        try:
            yield exchange
        finally:
            await exchange.close()
