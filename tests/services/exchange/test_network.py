"""The way to the venues: names, roots, proxy, and answers that are refused unread."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import pytest

from services.exchange.addresses import split_address
from services.exchange.network import Network, Resolver, Wire, open_session, tls_context
from services.exchange.trace import AnswerTooLarge, RedirectRefused, Trace, following
from tests.services.exchange.wires import requests_of, venue_process
from tests.venues.client import Venue, VenueProcess

TIME = "https://api.binance.com/api/v3/time"
ORDER = "https://api.binance.com/api/v3/order"
STREAM = "wss://stream.binance.com:9443/ws/0"
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with venue_process("binance", tmp_path_factory.mktemp("venue")) as running:
        yield running


@pytest.fixture
async def venue(process: VenueProcess) -> AsyncIterator[Venue]:
    async with Venue.borrow(process) as borrowed:
        yield borrowed


@asynccontextmanager
async def opened(network: Network) -> AsyncIterator[Wire]:
    wire = open_session(network)
    try:
        yield wire
    finally:
        await wire.close()


@pytest.fixture
async def wire(venue: Venue) -> AsyncIterator[Wire]:
    async with opened(network_of(venue)) as wire:
        yield wire


def network_of(venue: Venue) -> Network:
    return Network(ca_file=venue.ca_file, resolve=venue.resolve)


async def get(wire: Wire, url: str = TIME, method: str = "GET") -> tuple[int, str]:
    async with wire.session.request(method, url, headers={"X-Ours": "canary"}) as answer:
        return answer.status, await answer.text()


class TestNames:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("127.0.0.1:443", ("127.0.0.1", 443)),
            ("[::1]:8443", ("::1", 8443)),
            ("::1:8443", ("::1", 8443)),
        ],
    )
    def test_an_address_is_split_from_its_port(self, text: str, address: tuple[str, int]) -> None:
        assert split_address(text) == address

    @pytest.mark.parametrize(
        "text", ["", "localhost:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:１"]
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            split_address(text)

    async def test_a_named_host_goes_before_any_host(self) -> None:
        resolver = Resolver({"API.binance.com": "127.0.0.2:1", "*": "[::1]:2"})

        (named,) = await resolver.resolve("api.Binance.com", 443)
        (other,) = await resolver.resolve("www.okx.com", 443)

        assert (named["host"], named["port"], named["family"]) == ("127.0.0.2", 1, socket.AF_INET)
        assert (other["host"], other["port"], other["family"]) == ("::1", 2, socket.AF_INET6)

    async def test_what_the_table_does_not_know_is_asked_of_the_system(self) -> None:
        found = await Resolver({"api.binance.com": "127.0.0.2:1"}).resolve("localhost", 443)

        assert {(one["host"], one["port"]) for one in found} & {("127.0.0.1", 443), ("::1", 443)}

    async def test_any_host_does_not_mean_the_proxy(self) -> None:
        resolver = Resolver({"*": "127.0.0.2:1"}, own_host="localhost")

        assert {one["port"] for one in await resolver.resolve("localhost", 3128)} == {3128}


class TestRoots:
    async def test_a_venue_is_trusted_by_its_file_only(self, venue: Venue) -> None:
        network = network_of(venue)
        async with opened(network) as wire:
            assert (await get(wire))[0] == 200
        async with opened(replace(network, ca_file=None)) as wire:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await get(wire)

    async def test_another_authority_is_not_trusted(self, venue: Venue, wire: Wire) -> None:
        await venue.listen("untrusted")

        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await get(wire)

    def test_the_file_comes_besides_the_roots_of_the_system(self, process: VenueProcess) -> None:
        before = tls_context(None).cert_store_stats()["x509_ca"]

        assert tls_context(process.ca_file).cert_store_stats()["x509_ca"] == before + 1

    async def test_a_file_that_is_no_certificate_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("none")

        with pytest.raises(ssl.SSLError):
            open_session(Network(ca_file=tmp_path / "ca.pem"))
        with pytest.raises(FileNotFoundError):
            open_session(Network(ca_file=tmp_path / "other.pem"))


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("target", ["/api/v3/ping", "https://fapi.binance.com/fapi/v1/time"])
    async def test_a_redirect_is_refused_and_leads_nowhere(
        self, venue: Venue, wire: Wire, status: int, target: str
    ) -> None:
        await venue.fault("redirect", status=status, text=target)

        with following(Trace()) as trace, pytest.raises(RedirectRefused):
            await get(wire, ORDER, "POST")

        assert await requests_of(venue) == ["POST api.binance.com/api/v3/order"]
        assert (trace.is_sent, trace.is_redirected, trace.status) == (True, True, status)

    async def test_a_websocket_is_not_led_elsewhere(self, venue: Venue, wire: Wire) -> None:
        await venue.fault("redirect", status=307, text="https://fapi.binance.com/fapi/v1/time")

        with pytest.raises(RedirectRefused):
            await wire.session.ws_connect(STREAM)

        assert await requests_of(venue) == ["GET stream.binance.com/ws/0"]


class TestSizes:
    @pytest.mark.parametrize("kind", ["huge", "bomb"])
    async def test_an_answer_beyond_its_limit_is_dropped_on_the_way(
        self, venue: Venue, wire: Wire, kind: str
    ) -> None:
        await get(wire)
        await venue.fault(kind, megabytes=100)

        tracemalloc.start()
        with following(Trace()) as trace, pytest.raises(AnswerTooLarge):
            await get(wire)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert trace.is_oversized
        assert peak < 8 * MEBIBYTE

    async def test_a_call_may_allow_more(self, venue: Venue, wire: Wire) -> None:
        await venue.fault("bomb", megabytes=5)

        with following(Trace(limit=8 * MEBIBYTE)):
            status, text = await get(wire)

        assert (status, len(text) // MEBIBYTE) == (200, 5)

    async def test_the_connection_is_fit_for_the_next_call(self, venue: Venue, wire: Wire) -> None:
        await venue.fault("huge", megabytes=5)
        with pytest.raises(AnswerTooLarge):
            await get(wire)

        assert (await get(wire))[0] == 200


async def test_cookies_of_a_venue_are_not_kept(venue: Venue, wire: Wire) -> None:
    await venue.fault("reply", text="{}", headers={"Set-Cookie": "account=canary"})

    await get(wire)

    assert list(wire.session.cookie_jar) == []


@dataclass
class Proxy:
    """A proxy on loopback that leads everything to one address."""

    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        host, port = split_address(address)
        there, back = await asyncio.open_connection(host, port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def proxy_to(address: str) -> AsyncIterator[Proxy]:
    proxy = Proxy()
    server = await asyncio.start_server(
        lambda reader, writer: proxy.serve(reader, writer, address), "127.0.0.1", 0
    )
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy


async def test_a_proxy_is_used_for_http_and_websockets_alike(venue: Venue) -> None:
    async with proxy_to(venue.address) as proxy:
        network = Network(
            ca_file=venue.ca_file,
            resolve={"*": "127.0.0.1:9"},
            proxy=f"http://me:canary@127.0.0.1:{proxy.port}",
        )
        async with opened(network) as wire:
            assert (await get(wire))[0] == 200
            async with wire.session.ws_connect(STREAM) as socket_there:
                await socket_there.send_str('{"method":"LIST_SUBSCRIPTIONS","id":1}')
                await socket_there.receive()

    lines = [head.splitlines()[0] for head in proxy.asked]
    assert lines == [
        "CONNECT api.binance.com:443 HTTP/1.1",
        "CONNECT stream.binance.com:9443 HTTP/1.1",
    ]
    assert all("Proxy-Authorization: Basic" in head for head in proxy.asked)
    assert "canary" not in repr(network)
