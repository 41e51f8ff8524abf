"""How a ccxt instance is set up, and how a thousand of them share what never changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from services.domain.accounts import Environment
from services.domain.secrets import Credentials
from services.domain.venues import Venue
from services.exchange.network import USER_AGENT, Wire

# A signed order that arrives later than this is refused by venues that know such a limit.
_RECEIVE_WINDOW_MS = 5_000
# How soon a dead WebSocket is noticed: after three periods without a pong.
_KEEP_ALIVE_MS = 15_000
_MS = timedelta(milliseconds=1)

_SPOT_AND_SWAP = {"fetchMarkets": {"types": ["spot", "swap"]}}
_BINANCE = {
    # Lists of coins and margin pairs come by signed calls only, and nothing here needs them.
    "fetchCurrencies": False,
    "fetchMargins": False,
    "fetchMarkets": {"types": ["spot", "linear"]},
    # Refuses to list the orders of all symbols at once unless told that we know its weight.
    "fetchOpenOrders": {"warnWithoutSymbol": False},
}
_OPTIONS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "binance": _BINANCE,
        "binanceus": _BINANCE | {"fetchMarkets": {"types": ["spot"]}},
        "okx": _SPOT_AND_SWAP,
        "myokx": _SPOT_AND_SWAP,
        "okxus": {"fetchMarkets": {"types": ["spot"]}},
    }
)
# Read by ccxt, never written after construction; together most of what an instance weighs.
_SHARED = (
    "api",
    "commonCurrencies",
    "exceptions",
    "features",
    "fees",
    "has",
    "httpExceptions",
    "limits",
    "loadedFees",
    "requiredCredentials",
    "status",
    "timeframes",
    "urls",
)


def configuration(
    wire: Wire,
    *,
    exchange: str,
    timeout: timedelta,
    options: Mapping[str, Any],
    credentials: Credentials | None = None,
) -> dict[str, Any]:
    """Return what a ccxt class is constructed with.

    Args:
        wire: What it sends through.
        exchange: ccxt's id.
        timeout: Of a request.
        options: The operator's; they go before ours, but never make ccxt repeat a request.
        credentials: None for public data.
    """
    secrets = {} if credentials is None else credentials.reveal()
    return {
        **{name: _one_form(text) for name, text in secrets.items()},
        "asyncio_loop": asyncio.get_running_loop(),
        "enableLastHttpResponse": False,
        "enableLastJsonResponse": False,
        "enableLastResponseHeaders": False,
        "enableRateLimit": True,
        "newUpdates": True,
        "number": str,
        "options": {"ws": {"compress": 0}, **_OPTIONS.get(exchange, {}), **options},
        "session": wire.session,
        "ssl_context": wire.tls,
        "streaming": {"keepAlive": _KEEP_ALIVE_MS},
        "timeout": timeout // _MS,
        "userAgent": USER_AGENT,
        "verbose": False,
    }


def switch(exchange: Any, row: Venue, environment: Environment) -> None:
    """Point a new instance at its environment, and shorten its receive window."""
    if environment is Environment.SANDBOX and row.sandbox_call is not None:
        getattr(exchange, row.sandbox_call)(True)
    window = exchange.options.get("recvWindow")
    if isinstance(window, int):
        exchange.options["recvWindow"] = min(window, _RECEIVE_WINDOW_MS)


def slim(exchange: Any, model: Any) -> None:
    """Let an instance use the tables of another one of its class and environment."""
    for name in _SHARED:
        if hasattr(model, name):
            setattr(exchange, name, getattr(model, name))
    for name, value in model.options.items():
        # Only what is equal: an instance keeps its own state among the options too.
        if isinstance(value, dict | list) and exchange.options.get(name) == value and value:
            exchange.options[name] = value


def _one_form(text: str) -> str:
    """Return a key as ccxt reads it: blank or Windows line ends make it take a key for RSA."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
