"""The way to the venues: one session, one TLS context, one resolver, for REST and WebSocket.

The session refuses redirects, keeps no cookie, holds no limit of connections (a WebSocket would
hold a place for ever) and drops answers that outgrow the limit of their call.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from weakref import WeakSet

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from services.exchange.addresses import split_address
from services.exchange.trace import CALL_LIMIT, AnswerTooLarge, current, trace_config

USER_AGENT = "quanttrade"

_ANY = "*"
# How long a looked-up address is used again.
_NAMES_KEPT_S = 60
# A peer that does not say goodbye is not waited for.
_FAREWELL_S = 2.0
_GLANCE_S = 0.005


@dataclass(frozen=True, slots=True)
class Network:
    """How venues are reached.

    Attributes:
        ca_file: PEM file of roots trusted besides the system's.
        resolve: Host name, or ``*`` for every other one, to "address:port"; as with curl's
            ``--resolve``, but that port is dialled whatever the URL says.
        proxy: ``http://[user:password@]host:port``, for everything. It looks names up itself;
            ``*`` does not apply to its own name.
    """

    ca_file: Path | None = None
    resolve: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Wire:
    """What every client of this process sends through; `close` it at the end."""

    session: aiohttp.ClientSession
    tls: ssl.SSLContext
    sockets: WeakSet[socket.socket] = field(default_factory=WeakSet)

    async def close(self) -> None:
        """Close every connection and wait, for a moment, until the sockets are closed too."""
        await self.session.close()
        # TLS says goodbye over several turns of the loop, which may end right after this.
        deadline = asyncio.get_running_loop().time() + _FAREWELL_S
        while any(each.fileno() >= 0 for each in self.sockets):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(_GLANCE_S)


def open_session(network: Network) -> Wire:
    """Open the shared session; needs a running event loop.

    Raises:
        OSError: `ca_file` can't be read, or holds no certificate (`ssl.SSLError`).
        ValueError: An address of `resolve` is not "address:port".
    """
    tls = tls_context(network.ca_file)
    resolver = Resolver(network.resolve, own_host=urlsplit(network.proxy or "").hostname)
    sockets = WeakSet[socket.socket]()

    def opened(address: aiohttp.AddrInfoType) -> socket.socket:
        made = socket.socket(*address[:3])
        sockets.add(made)
        return made

    connector = aiohttp.TCPConnector(
        ssl=tls,
        limit=0,
        resolver=resolver,
        ttl_dns_cache=_NAMES_KEPT_S,
        family=socket.AF_UNSPEC,
        socket_factory=opened,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        proxy=network.proxy,
        response_class=_CappedResponse,
        trace_configs=[trace_config()],
    )
    return Wire(session, tls, sockets)


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a client context that trusts the system's roots and those of a file.

    Raises:
        OSError: The file can't be read, or holds no certificate (`ssl.SSLError`).
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class Resolver(AbstractResolver):
    """Looks names up in a table first, then as the system does."""

    def __init__(self, resolve: Mapping[str, str], *, own_host: str | None = None) -> None:
        """Take the table.

        Args:
            resolve: As `Network.resolve`.
            own_host: The proxy's name, to which ``*`` does not apply.

        Raises:
            ValueError: An address is not "address:port".
        """
        self._table = {name.lower(): split_address(text) for name, text in resolve.items()}
        self._own_host = own_host
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host, with the port to dial."""
        name = host.lower()
        found = self._table.get(name)
        if found is None and name != self._own_host:
            found = self._table.get(_ANY)
        if found is None:
            return await self._system.resolve(host, port, family)
        address, dialled = found
        is_v6 = ipaddress.ip_address(address).version == 6  # noqa: PLR2004
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=dialled,
                family=socket.AF_INET6 if is_v6 else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


class _CappedResponse(aiohttp.ClientResponse):
    """An answer that is read piece by piece, so that a bomb bursts at its limit."""

    async def read(self) -> bytes:
        """Return the body, decompressed.

        Raises:
            AnswerTooLarge: It outgrew the limit of the call.
        """
        if self._body is None and self.content is not None:
            trace = current()
            limit = CALL_LIMIT if trace is None else trace.limit
            pieces, size = [], 0
            async for piece in self.content.iter_any():
                size += len(piece)
                if size > limit:
                    self.close()
                    if trace is not None:
                        trace.is_oversized = True
                    raise AnswerTooLarge(f"more than {limit} bytes")
                pieces.append(piece)
            self._body = b"".join(pieces)
        return await super().read()
