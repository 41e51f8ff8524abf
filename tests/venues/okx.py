"""OKX v5 on loopback, as ccxt's `okx`, `myokx` and `okxus` meet it: REST and WebSockets.

    python -m tests.venues.okx --port 8444 --data DIR [--seed N] [--markets N]

Keys look like OKX's and live in one region (`www`, `eea`, `us`) and one environment (`live`,
`demo`); a new account is in futures mode (`acctLv` 2) with one-way positions. Beside the common
control commands there are `set_limit`, `set_maintenance`, `set_strict_trigger` and `notice`.
"""

from __future__ import annotations

import re
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from aiohttp import web

from tests.venues import okx_auth, okx_instruments
from tests.venues.accounts import ApiKey
from tests.venues.instruments import Instrument
from tests.venues.matching import Refused, Rules
from tests.venues.okx_errors import TEXTS, refuse
from tests.venues.okx_public import PublicData
from tests.venues.okx_rest import PREFIX, Rest, reply
from tests.venues.okx_streams import Streams
from tests.venues.okx_trade import Trading, as_refusal
from tests.venues.okx_views import Views
from tests.venues.server import run
from tests.venues.venue import Call, Venue, VenueError

_WINDOW_MS = 2000
_TWO_HOURS_MS = 2 * 3600 * 1000
# The path that is being answered: an order's refusal stands in a row, any other in the envelope.
_ANSWERED: ContextVar[str] = ContextVar("answered", default="")
# Requests in two seconds: of one customer for private paths, of one address for public ones.
LIMITS: Mapping[str, int] = {
    "public/time": 10,
    "public/instruments": 20,
    "public/funding-rate": 10,
    "public/funding-rate-history": 10,
    "public/mark-price": 10,
    "market/ticker": 20,
    "market/tickers": 20,
    "market/books": 40,
    "market/candles": 40,
    "market/history-candles": 20,
    "market/trades": 100,
    "account/balance": 10,
    "account/positions": 10,
    "account/config": 5,
    "account/leverage-info": 20,
    "account/trade-fee": 5,
    "account/set-leverage": 20,
    "account/set-position-mode": 5,
    "asset/balances": 12,
    "asset/currencies": 12,
    "trade/order": 60,
    "trade/batch-orders": 300,
    "trade/cancel-order": 60,
    "trade/cancel-batch-orders": 300,
    "trade/order-algo": 20,
    "trade/cancel-algos": 20,
    "trade/orders-pending": 60,
    "trade/orders-history": 40,
    "trade/orders-history-archive": 20,
    "trade/orders-algo-pending": 20,
    "trade/orders-algo-history": 20,
    "trade/fills": 60,
    "trade/fills-history": 10,
}


class OkxVenue(Venue):
    """OKX."""

    name = "okx"
    hosts: ClassVar[Mapping[str, str]] = {
        host: "ws" if host.startswith("ws") else "rest" for host in okx_auth.REGIONS
    }
    rules: ClassVar[Rules] = Rules(
        wallets={"spot": "trading", "swap": "trading"},
        client_id=re.compile(r"[0-9A-Za-z]{1,32}"),
        unique="open",
        post_only={"spot": "expire", "swap": "expire"},
        price_band=None,
        retention_ms=_TWO_HOURS_MS,
        maker=Decimal("0.0008"),
        taker=Decimal("0.001"),
        max_open=500,
        shrinks=True,
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        public, views = PublicData(self.market), Views(self.matching)
        self.trading = Trading(self.matching)
        self.limits = dict(LIMITS)
        self._recent: dict[tuple[str, str], deque[int]] = {}
        self._is_down = False
        Rest(self, public, views, self.trading).add_routes()
        Streams(self, public, views).add_routes()

    # What a venue says

    def instruments(self) -> Iterable[Instrument]:
        """List spot pairs and swaps; nothing here has a smallest cost."""
        return [replace(found, minimum_cost=Decimal(0)) for found in okx_instruments.listed()]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, remembering its path for `error`."""
        _ANSWERED.set(f"{request.method} {request.path}")
        return await super().answer(request)

    def error(self, code: str, message: str, status: int) -> web.Response:
        """Return a refusal: in the envelope, or of orders (51000 and above) in a row."""
        code = code or "50026"
        usual_status, usual_text = TEXTS.get(code, (200, ""))
        message = message or usual_text
        if code.startswith(("51", "54")) and _ANSWERED.get().startswith(f"POST {PREFIX}trade/"):
            row = {"clOrdId": "", "ordId": "", "tag": "", "sCode": code, "sMsg": message}
            answer = reply([row], code="1", message="All operations failed")
        else:
            answer = reply([], code=code, message=message)
        answer.set_status(status or usual_status)
        return answer

    def refusal(self, call: Call, refused: Refused) -> VenueError:
        """Return OKX's words for a refused order."""
        del call
        return as_refusal(refused, is_swap=False)

    async def authenticate(self, call: Call) -> None:
        """Check the four headers, region, environment, address and signature."""
        key = okx_auth.authenticate(call, self.matching.keys, now_ms=self.clock.ms())
        call.key, call.account = key, self.matching.accounts[key.account]

    def permissions(self) -> dict[str, Any]:
        """Return the permissions of a good key."""
        return {"perm": okx_auth.DEFAULT_PERMISSIONS}

    def balances(self) -> Mapping[str, Mapping[str, str]]:
        """Return what a new account holds."""
        return {
            "trading": {"USDT": "100000", "BTC": "1", "ETH": "10"},
            "funding": {"USDT": "500"},
        }

    def client_id(self, call: Call) -> str:
        """Return the client id of an order's request or look-up."""
        body = call.json() if call.method == "POST" else call.query
        first = body[0] if isinstance(body, list) and body else body
        if not isinstance(first, dict):
            return ""
        return str(first.get("clOrdId") or first.get("algoClOrdId") or "")

    def key_name(self, call: Call) -> str:
        """Return the key of the request."""
        return call.headers.get("OK-ACCESS-KEY", "")

    def missing(self, call: Call) -> web.StreamResponse:
        """Answer an unknown path, or a known one with another method."""
        methods = {"GET", "POST"} - {call.method}
        if any((method, call.group, call.path) in self._routes for method in methods):
            raise refuse("50115")
        words = {"code": "404", "data": {}, "msg": "Not Found", "error_code": "404"}
        return web.json_response(words, status=404)

    def before(self, call: Call) -> web.StreamResponse | None:
        """Refuse while down for maintenance (50001) or above a budget (50011)."""
        if call.group != "rest":
            return None
        if self._is_down:
            raise refuse("50001")
        path = call.path.removeprefix(PREFIX)
        limit = self.limits.get(path)
        key = self.matching.keys.get(self.key_name(call))
        recent = self._recent.setdefault((path, key.account if key else ""), deque())
        now = self.clock.ms()
        while recent and recent[0] <= now - _WINDOW_MS:
            recent.popleft()
        if limit is not None and len(recent) >= limit:
            raise refuse("50011")
        recent.append(now)
        return None

    def forget(self) -> None:
        """Set budgets, maintenance and strictness back."""
        self.limits = dict(LIMITS)
        self._recent.clear()
        self._is_down = False
        self.trading.refuses_trigger_tgt_ccy = False

    def make_key(self, **fields: Any) -> ApiKey:
        """Make a key of OKX's shape; the account of a new name starts in futures mode."""
        is_new = fields.get("account", "main") not in self.matching.accounts
        made = super().make_key(
            **{"key": str(uuid.uuid4()), "passphrase": f"Pass-{uuid.uuid4().hex[:8]}!"} | fields
        )
        if is_new:
            self.matching.accounts[made.account].level = "2"
            self.matching.subscribe(made.account, self.trading.react)
        return made

    # Commands

    def control_set_limit(self, path: str, limit: int | None) -> None:
        """Set how many requests in two seconds `trade/order` and the like take; null: any."""
        if limit is None:
            self.limits.pop(path, None)
        else:
            self.limits[path] = limit

    def control_set_maintenance(self, *, is_down: bool) -> None:
        """Answer 50001 to every request, or stop doing so."""
        self._is_down = is_down

    def control_set_strict_trigger(self, *, is_strict: bool) -> None:
        """Refuse `tgtCcy` on trigger orders (51281)."""
        self.trading.refuses_trigger_tgt_ccy = is_strict

    def control_notice(self, path: str = "", host: str = "", account: str = "") -> int:
        """Announce a service upgrade (64008) on open WebSockets; return on how many."""
        chosen = self.sockets.matching(path, host, account)
        for socket in chosen:
            told = {"event": "notice", "code": "64008", "msg": TEXTS["64008"][1]}
            socket.push(told | {"connId": f"c{socket.id:07x}"})
        return len(chosen)


if __name__ == "__main__":
    run(OkxVenue)
