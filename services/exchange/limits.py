"""What venues allow, and what their answers say of it: hosts' budgets and accounts' orders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from services.exchange.throttle import Window
from services.exchange.trace import read_retry_after

# ccxt's costs are shares of a pause between calls; most venues count over about two seconds.
_BURST_S = 2.0
_MINUTE_S = 60.0
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

# Hosts that count weight by the minute, with the weight that they allow.
_WEIGHTS: Mapping[str, int] = {
    "api.binance.com": 6_000,
    "demo-api.binance.com": 6_000,
    "testnet.binance.vision": 6_000,
    "fapi.binance.com": 2_400,
    "demo-fapi.binance.com": 2_400,
    "testnet.binancefuture.com": 2_400,
    "dapi.binance.com": 2_400,
    "demo-dapi.binance.com": 2_400,
    "api.binance.us": 1_200,
}
_SPOT_ORDERS = (Window(100, 10),)
_FUTURES_ORDERS = (Window(300, 10), Window(1_200, 60))
_OKX_ORDERS = (Window(60, 2),)
_ORDERS: Mapping[str, tuple[Window, ...]] = {
    "api.binance.com": _SPOT_ORDERS,
    "demo-api.binance.com": _SPOT_ORDERS,
    "testnet.binance.vision": _SPOT_ORDERS,
    "fapi.binance.com": _FUTURES_ORDERS,
    "demo-fapi.binance.com": _FUTURES_ORDERS,
    "testnet.binancefuture.com": _FUTURES_ORDERS,
    "www.okx.com": _OKX_ORDERS,
    "eea.okx.com": _OKX_ORDERS,
    "us.okx.com": _OKX_ORDERS,
}
_COUNTED = re.compile(r"x-mbx-(used-weight|order-count)-(\d+)([smhd])", re.IGNORECASE)
_PREFIX = "x-mbx-"
_PREFIX_LENGTH = len(_PREFIX)
# Where a venue says "too many" without saying for how long.
_TOO_MANY = {
    HTTPStatus.TOO_MANY_REQUESTS: timedelta(seconds=2),
    HTTPStatus.IM_A_TEAPOT: timedelta(minutes=2),
}


@dataclass(frozen=True, slots=True)
class Used:
    """How full a window is, as a venue says.

    Attributes:
        share: From 0 to 1 and above.
        seconds: The length of the window.
        is_of_orders: It is the account's window of orders, not the host's of requests.
    """

    share: float
    seconds: float
    is_of_orders: bool = False


def host_windows(host: str, *, pause: timedelta) -> tuple[Window, ...]:
    """Return the windows of a host's budget.

    Args:
        host: Its name.
        pause: Between two calls of cost one, in the long run; above zero.
    """
    span = _MINUTE_S if host in _WEIGHTS else max(_BURST_S, pause.total_seconds())
    return (Window(span / pause.total_seconds(), span),)


def order_windows(host: str) -> tuple[Window, ...]:
    """Return the windows of one account's orders at a host; empty where none is known."""
    return _ORDERS.get(host, ())


def used(host: str, headers: Mapping[str, str]) -> Iterator[Used]:
    """Yield what an answer says about the budget of its host and of the account's orders."""
    if host not in _WEIGHTS:
        return
    for name, value in headers.items():
        match = _COUNTED.fullmatch(name) if name[:_PREFIX_LENGTH].lower() == _PREFIX else None
        if match and value.isascii() and value.isdigit():
            is_of_orders = match[1].lower() == "order-count"
            seconds = float(int(match[2]) * _SECONDS[match[3].lower()])
            capacity = _capacity(host, seconds, is_of_orders=is_of_orders)
            if capacity is not None:
                yield Used(int(value) / capacity, seconds, is_of_orders)


def pause_asked(status: int, headers: Mapping[str, str]) -> timedelta | None:
    """Return for how long nothing may be sent after an answer; None: go on."""
    if status not in _TOO_MANY:
        return None
    return read_retry_after(headers) or _TOO_MANY[HTTPStatus(status)]


def _capacity(host: str, seconds: float, *, is_of_orders: bool) -> float | None:
    if is_of_orders:
        windows = (window for window in order_windows(host) if window.seconds == seconds)
        return next((window.capacity for window in windows), None)
    return _WEIGHTS[host] if seconds == _MINUTE_S else None
