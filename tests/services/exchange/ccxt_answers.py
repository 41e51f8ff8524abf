"""What ccxt raises for a venue's answer, told by its own functions without a network."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from typing import Any

import ccxt
import ccxt.async_support as ccxt_async

from services.exchange.trace import Trace

SIGNED = "signature=5e1f00d5e1f00d5e1f00d"
_HOSTS = {"binance": "https://api.binance.com/api/v3/order", "okx": "https://www.okx.com/api/v5/x"}


@cache
def exchange(name: str) -> Any:
    """An instance that never opens a connection."""
    # What Binance's parser expects `fetch_markets` to have put there.
    options: dict[str, list[str]] = {"crossMarginPairsData": [], "isolatedMarginPairsData": []}
    return getattr(ccxt_async, name)({"number": str, "options": options})


def raised(name: str, status: int, body: str) -> ccxt.BaseError | None:
    """Return what ccxt raises for an answer, None where it lets it pass."""
    instance = exchange(name)
    url = _HOSTS.get(name, f"https://{name}.example/order") + f"?symbol=BTCUSDT&{SIGNED}"
    reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "?"
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    try:
        instance.handle_errors(status, reason, url, "POST", {}, body, answer, {}, "")
        instance.handle_http_status_code(status, reason, url, "POST", body)
    except ccxt.BaseError as error:
        return error
    return None


def answered(status: int) -> Trace:
    """A request that was sent and answered."""
    return Trace(is_sent=True, status=status)
