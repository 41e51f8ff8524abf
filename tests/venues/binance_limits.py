"""Binance's rate limits: request weights per address, order counts per account, bans."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

from tests.venues.venue import Call, VenueError

Weight = int | Callable[[Mapping[str, str]], int]

_MINUTE, _ORDER_WINDOW = 60, 10
# Requests sent during a 429 before the address is banned, and for how long.
_PATIENCE, _BAN_SECONDS = 10, 120


def _by_depth(*steps: tuple[int, int]) -> Weight:
    def weigh(query: Mapping[str, str]) -> int:
        limit = int(query.get("limit", "100"))
        return next((weight for most, weight in steps if limit <= most), steps[-1][1])

    return weigh


def _by_symbol(one: int, every: int) -> Weight:
    def weigh(query: Mapping[str, str]) -> int:
        return one if {"symbol", "symbols"} & set(query) else every

    return weigh


def _day_weight(query: Mapping[str, str]) -> int:
    count = query.get("symbols", "").count(",") + 1
    if "symbol" in query or ("symbols" in query and count <= 20):
        return 2
    return 40 if "symbols" in query and count <= 100 else 80


# Weight of `METHOD path`; anything else weighs 1.
WEIGHTS: Mapping[str, Weight] = {
    "GET /api/v3/exchangeInfo": 20,
    "GET /api/v3/depth": _by_depth((100, 5), (500, 25), (1000, 50), (5000, 250)),
    "GET /api/v3/trades": 25,
    "GET /api/v3/aggTrades": 4,
    "GET /api/v3/klines": 2,
    "GET /api/v3/ticker/24hr": _day_weight,
    "GET /api/v3/ticker/price": _by_symbol(2, 4),
    "GET /api/v3/ticker/bookTicker": _by_symbol(2, 4),
    "GET /api/v3/account": 20,
    "GET /api/v3/order": 4,
    "GET /api/v3/openOrders": _by_symbol(6, 80),
    "GET /api/v3/allOrders": 20,
    "GET /api/v3/myTrades": 20,
    "GET /fapi/v1/depth": _by_depth((50, 2), (100, 5), (500, 10), (1000, 20)),
    "GET /fapi/v1/klines": _by_depth((99, 1), (499, 2), (1000, 5), (1500, 10)),
    "GET /fapi/v1/aggTrades": 20,
    "GET /fapi/v1/trades": 5,
    "GET /fapi/v1/ticker/24hr": _by_symbol(1, 40),
    "GET /fapi/v1/ticker/bookTicker": _by_symbol(2, 5),
    "GET /fapi/v1/ticker/price": _by_symbol(1, 2),
    "GET /fapi/v1/premiumIndex": _by_symbol(1, 10),
    "GET /fapi/v2/account": 5,
    "GET /fapi/v3/account": 5,
    "GET /fapi/v2/balance": 5,
    "GET /fapi/v3/balance": 5,
    "POST /fapi/v1/order": 0,
    "GET /fapi/v1/openOrders": _by_symbol(1, 40),
    "GET /fapi/v1/openAlgoOrders": _by_symbol(1, 40),
    "GET /fapi/v1/allOrders": 5,
    "GET /fapi/v1/userTrades": 5,
    "GET /fapi/v2/positionRisk": 5,
    "GET /fapi/v3/positionRisk": 5,
    "GET /fapi/v1/positionSide/dual": 30,
    "GET /fapi/v1/symbolConfig": 5,
}
ORDER_CALLS = {
    "POST /api/v3/order",
    "POST /fapi/v1/order",
    "POST /fapi/v1/algoOrder",
}


class Limits:
    """What one address and each account have used.

    Attributes:
        weight: Budget of a minute by host group; 0 for none.
        orders: Orders that an account may send in ten seconds; 0 for any number.
    """

    def __init__(self) -> None:
        self.weight: dict[str, int] = {}
        self.orders = 0
        self._used: Counter[tuple[str, int]] = Counter()
        self._ordered: Counter[tuple[str, str, int]] = Counter()
        self._days: Counter[tuple[str, str]] = Counter()
        self._overrun = 0
        self._banned_until = 0.0
        self.reset()

    def reset(self) -> None:
        """Back to the venue's own figures, with nothing used."""
        self.weight = {"spot": 6000, "futures": 2400, "inverse": 2400}
        self.orders = 100
        for counter in (self._used, self._ordered, self._days):
            counter.clear()
        self._overrun, self._banned_until = 0, 0.0

    def use(self, call: Call) -> None:
        """Count a request.

        Raises:
            VenueError: -1003 with 429 or 418, -1015; `seconds` of it is for Retry-After.
        """
        budget = self.weight.get(call.group, 0)
        if not budget:
            return
        now = time.time()
        if now < self._banned_until:
            raise self._banned()
        name = f"{call.method} {call.path}"
        weight = WEIGHTS.get(name, 1)
        key = (call.group, int(now) // _MINUTE)
        self._used[key] += weight(call.query) if callable(weight) else weight
        if self._used[key] > budget:
            self._overrun += 1
            if self._overrun > _PATIENCE:
                self._banned_until = now + _BAN_SECONDS
                raise self._banned()
            raise VenueError(
                "-1003",
                f"Too much request weight used; current limit is {budget} request weight per 1"
                " MINUTE. Please use WebSocket Streams for live updates to avoid polling the"
                " API.",
                429,
            )
        if name in ORDER_CALLS:
            self._use_order(call, now)

    def ban(self, seconds: float) -> None:
        """Ban the address from now on."""
        self._banned_until = time.time() + seconds

    def retry_after(self) -> int:
        """Return the seconds after which a refused client may come back."""
        now = time.time()
        if now < self._banned_until:
            return int(self._banned_until - now) + 1
        return _MINUTE - int(now) % _MINUTE

    def headers(self, call: Call, key: str) -> dict[str, str]:
        """Return the headers that tell a client what it has used."""
        used = str(self._used[call.group, int(time.time()) // _MINUTE])
        if call.path.startswith("/sapi"):
            return {"x-sapi-used-ip-weight-1m": used}
        found = {"x-mbx-used-weight": used, "x-mbx-used-weight-1m": used}
        if f"{call.method} {call.path}" in ORDER_CALLS:
            window = int(time.time()) // _ORDER_WINDOW
            found["x-mbx-order-count-10s"] = str(self._ordered[call.group, key, window])
            day = "1d" if call.group == "spot" else "1m"
            found[f"x-mbx-order-count-{day}"] = str(self._days[call.group, key])
        return found

    def _use_order(self, call: Call, now: float) -> None:
        key = call.headers.get("X-MBX-APIKEY", "")
        self._ordered[call.group, key, int(now) // _ORDER_WINDOW] += 1
        self._days[call.group, key] += 1
        count = self._ordered[call.group, key, int(now) // _ORDER_WINDOW]
        if self.orders and count > self.orders:
            raise VenueError(
                "-1015",
                f"Too many new orders; current limit is {self.orders} orders per 10 SECOND.",
                429,
            )

    def _banned(self) -> VenueError:
        until = int(self._banned_until * 1000)
        return VenueError(
            "-1003",
            f"Way too much request weight used; IP banned until {until}. Please use WebSocket"
            " Streams for live updates to avoid bans.",
            418,
        )
