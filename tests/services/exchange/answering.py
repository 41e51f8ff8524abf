"""A server on loopback that answers under any venue's host name with what a test wrote down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from services.domain.secrets import Credentials
from services.exchange.network import Network
from tests.venues import tls

HOSTS = (
    "api.binance.com",
    "www.okx.com",
    "api.bybit.com",
    "api.bitget.com",
    "api.gateio.ws",
    "api.kucoin.com",
    "api.kraken.com",
    "api.coinbase.com",
    "api.mexc.com",
    "api.huobi.pro",
    "api.hyperliquid.xyz",
)

MEXC: Mapping[tuple[str, str], Any] = {
    ("GET", "/api/v3/time"): {"serverTime": 1_700_000_000_000},
    ("GET", "/api/v3/exchangeInfo"): {"symbols": []},
    ("GET", "/api/v1/contract/detail"): {"success": True, "code": 0, "data": []},
    ("GET", "/api/v3/account"): {"balances": [], "canTrade": True},
}
"""A venue that takes a key and does not say what it may do."""
MEXC_KEY = Credentials.of({"apiKey": "mx0abc", "secret": "0" * 32})


@dataclass
class Answering:
    """What is answered, and what was asked.

    Attributes:
        answers: By method and path: a JSON document, or a function of the JSON body.
        asked: Host, method and path of every request, in their order.
    """

    network: Network
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.host, request.method, request.path))
        answer = self.answers.get((request.method, request.path))
        if answer is None:
            return web.json_response({"error": "nothing is written down for this"}, status=404)
        if callable(answer):
            answer = answer(await request.json())
        return web.json_response(answer)


@asynccontextmanager
async def answering(
    folder: Path, answers: Mapping[tuple[str, str], Any]
) -> AsyncIterator[Answering]:
    """Listen on loopback, with TLS under every name of `HOSTS`."""
    application = web.Application()
    runner = web.AppRunner(application, access_log=None)
    server = Answering(Network(), dict(answers))
    application.router.add_route("*", "/{path:.*}", server._answer)
    await runner.setup()
    context = tls.server_context(folder, HOSTS)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    server.network = Network(tls.authority(folder), {"*": f"127.0.0.1:{port}"})
    try:
        yield server
    finally:
        await runner.cleanup()
