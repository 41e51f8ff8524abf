"""The Binance test venue: spot, USD-M futures, account services and streams.

By hand::

    python -m tests.venues.binance --port 8443 --data DIR [--seed N] [--drift 0.5]
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

from aiohttp import web

from tests.venues import binance_auth, instruments
from tests.venues.binance_futures import FuturesTrading
from tests.venues.binance_limits import Limits
from tests.venues.binance_public import PublicData
from tests.venues.binance_spot import SpotTrading
from tests.venues.binance_streams import PublicStreams
from tests.venues.binance_users import FuturesUserStream, SpotUserStream
from tests.venues.binance_wallets import WalletServices, good_permissions
from tests.venues.binance_words import (
    ERRORS,
    RESTRICTED,
    error,
    futures_refusal,
    spot_refusal,
)
from tests.venues.instruments import Instrument
from tests.venues.matching import Refused, Rules
from tests.venues.server import run
from tests.venues.venue import Call, Venue, VenueError

_REST = ("spot", "futures", "inverse")
_CLIENT_ID = re.compile(r"(?:^|&)(?:newClientOrderId|origClientOrderId|clientAlgoId)=([^&]*)")
# The permission groups of a symbol at the real venue.
_REAL_GROUPS = 122
# Paths that need more than the right to read.
_TRADING = {
    "/api/v3/order": "enableSpotAndMarginTrading",
    "/api/v3/openOrders": "enableSpotAndMarginTrading",
}


class Binance(Venue):
    """One Binance with its live, demo and test network hosts."""

    name: ClassVar[str] = "binance"
    hosts: ClassVar[Mapping[str, str]] = {
        "api.binance.com": "spot",
        "fapi.binance.com": "futures",
        "dapi.binance.com": "inverse",
        "stream.binance.com": "stream",
        "fstream.binance.com": "fstream",
        "dstream.binance.com": "dstream",
        "ws-api.binance.com": "wsapi",
        "ws-fapi.binance.com": "wsfapi",
        "ws-dapi.binance.com": "wsdapi",
        "demo-api.binance.com": "spot",
        "demo-fapi.binance.com": "futures",
        "demo-dapi.binance.com": "inverse",
        "demo-stream.binance.com": "stream",
        "demo-ws-api.binance.com": "wsapi",
        "testnet.binance.vision": "spot",
        "stream.testnet.binance.vision": "stream",
        "ws-api.testnet.binance.vision": "wsapi",
        "testnet.binancefuture.com": "futures",
        "fstream.binancefuture.com": "fstream",
        "dstream.binancefuture.com": "dstream",
    }
    rules: ClassVar[Rules] = Rules(
        wallets={"spot": "spot", "swap": "futures"},
        client_id=re.compile(r"[.A-Z:/a-z0-9_-]{1,36}"),
        post_only={"spot": "refuse", "swap": "refuse"},
    )

    def __init__(self, folder: Path, *, seed: int = 1, markets: int = 0) -> None:
        super().__init__(folder, seed=seed, markets=markets)
        self.limits = Limits()
        self.is_restricted = False
        groups = _REAL_GROUPS if markets else 2
        self._spot = PublicData(self.market, "spot", groups=groups)
        self._futures = PublicData(self.market, "swap")
        self._streams = PublicStreams(self.market, {"spot": self._spot, "swap": self._futures})
        self._spot_users = SpotUserStream(self.matching)
        self._futures_users = FuturesUserStream(self.matching)
        self._wallets = WalletServices(self.matching)
        self._add_public()
        self._add_spot(SpotTrading(self.matching, self._spot))
        self._add_futures(FuturesTrading(self.matching, self._futures))
        self._add_wallets()
        self._add_sockets()

    # What the venue is

    def instruments(self) -> Iterable[Instrument]:
        return [*instruments.spot().values(), *instruments.swaps().values()]

    def permissions(self) -> dict[str, Any]:
        return good_permissions()

    def balances(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "spot": {"USDT": "100000", "BTC": "2", "ETH": "10", "BNB": "5", "USDC": "0"},
            "funding": {"USDT": "2500", "BTC": "0.25"},
            "futures": {"USDT": "50000"},
        }

    def error(self, code: str, message: str, status: int) -> web.Response:
        known_status, text = ERRORS.get(code, (400, "Unknown"))
        body = {"code": int(code or 0), "msg": message or text}
        return web.json_response(body, status=status or known_status)

    def refusal(self, call: Call, refused: Refused) -> VenueError:
        if call.group == "spot":
            return spot_refusal(refused.reason)
        form = call.form | call.query
        item = self.market.instrument(self._futures.symbol(form["symbol"]))
        if item.kind == "swap" and refused.reason == "duplicate" and "clientAlgoId" in form:
            return error("-20132")
        return futures_refusal(refused.reason, refused.detail, item)

    def client_id(self, call: Call) -> str:
        found = _CLIENT_ID.search(f"{call.raw_query}&{call.body.decode(errors='replace')}")
        return unquote(found[1]) if found else ""

    def key_name(self, call: Call) -> str:
        return call.headers.get("X-MBX-APIKEY", "")

    def missing(self, call: Call) -> web.StreamResponse:
        if call.group not in _REST:
            return web.Response(status=404)
        text = f"<html><body><h2>404 Not found</h2>{call.path}</body></html>"
        return web.Response(status=404, text=text, content_type="text/html")

    # Before and after every request

    def before(self, call: Call) -> web.StreamResponse | None:
        if self.is_restricted and call.group in _REST:
            return web.json_response({"code": 0, "msg": RESTRICTED}, status=451)
        if self._wallets.is_in_maintenance and call.path != "/sapi/v1/system/status":
            return web.Response(status=503, text="Service Unavailable")
        self.limits.use(call)
        return None

    def after(self, call: Call, answer: web.StreamResponse) -> None:
        if call.group not in _REST:
            return
        answer.headers.update(self.limits.headers(call, self.key_name(call)))
        if answer.status in {418, 429}:
            answer.headers["Retry-After"] = str(self.limits.retry_after())

    async def authenticate(self, call: Call) -> None:
        self._identify(call)
        assert call.key
        binance_auth.check_time(self.clock, call.query | call.form)
        binance_auth.check_payload(call.key, call.raw_query + call.body.decode())
        if not call.key.permissions.get(_needed(call)):
            raise error("-2015")

    async def _identified(self, call: Call) -> None:
        self._identify(call)

    def _identify(self, call: Call) -> None:
        environment = _environment(call.host)
        call.key = binance_auth.known_key(
            self.matching.keys, self.key_name(call), environment, self.clock.ms()
        )
        call.account = self.matching.accounts[call.key.account]

    def make_key(self, **values: Any) -> Any:
        """Make a key with a name of Binance's form."""
        values.setdefault("key", secrets.token_hex(32))
        return super().make_key(**values)

    def forget(self) -> None:
        self.limits.reset()
        self.is_restricted = False
        self._wallets.is_in_maintenance = False
        self._futures_users.forget()

    # Control

    def control_restrict(self, *, is_restricted: bool = True) -> None:
        """Answer every request with 451, as from a forbidden country."""
        self.is_restricted = is_restricted

    def control_maintenance(self, *, is_on: bool = True) -> None:
        """Answer 503; only the system status still speaks."""
        self._wallets.is_in_maintenance = is_on

    def control_set_limits(
        self,
        spot: int | None = None,
        futures: int | None = None,
        orders: int | None = None,
    ) -> None:
        """Set weights of a minute by host and orders of ten seconds; 0 for no limit."""
        if spot is not None:
            self.limits.weight["spot"] = spot
        if futures is not None:
            self.limits.weight["futures"] = futures
        if orders is not None:
            self.limits.orders = orders

    def control_ban(self, seconds: float) -> None:
        """Answer 418 for some seconds."""
        self.limits.ban(seconds)

    def control_terminate_streams(self, account: str = "") -> int:
        """End spot user streams with eventStreamTerminated."""
        return self._spot_users.terminate(account)

    def control_expire_listen_keys(self, account: str = "") -> int:
        """End futures user streams with listenKeyExpired and silence."""
        return self._futures_users.expire(account)

    def control_user_event(
        self, event: dict[str, Any], account: str = "", *, is_futures: bool = False
    ) -> int:
        """Send any event to user streams: an unknown order, a replay; return to how many."""
        users = self._futures_users if is_futures else self._spot_users
        return users.emit(account, event)

    # Routes

    def _add_public(self) -> None:
        shared = {
            "ping": "ping",
            "time": "time",
            "exchangeInfo": "exchange_info",
            "depth": "depth",
            "trades": "trades",
            "aggTrades": "aggregated_trades",
            "klines": "candles",
            "ticker/24hr": "day",
            "ticker/price": "last",
            "ticker/bookTicker": "best",
        }
        for path, method in shared.items():
            self.route("GET", "spot", f"/api/v3/{path}", getattr(self._spot, method))
            self.route("GET", "futures", f"/fapi/v1/{path}", getattr(self._futures, method))
        add = self.route
        add("GET", "futures", "/fapi/v2/ticker/price", self._futures.last)
        add("GET", "futures", "/fapi/v1/premiumIndex", self._futures.premium)
        add("GET", "futures", "/fapi/v1/fundingRate", self._futures.funding_rates)
        add("GET", "futures", "/fapi/v1/openInterest", self._futures.open_interest)
        # The test network serves both kinds of futures from one host.
        both = ("futures", "inverse")
        add("GET", both, "/dapi/v1/ping", self._futures.ping)
        add("GET", both, "/dapi/v1/time", self._futures.time)
        add("GET", both, "/dapi/v1/exchangeInfo", self._no_inverse)

    async def _no_inverse(self, call: Call) -> web.Response:
        del call
        return web.json_response(
            {
                "timezone": "UTC",
                "serverTime": self.clock.ms(),
                "rateLimits": [],
                "exchangeFilters": [],
                "symbols": [],
            }
        )

    def _add_spot(self, spot: SpotTrading) -> None:
        for method, path, handler in (
            ("GET", "account", spot.account),
            ("POST", "order", spot.create),
            ("POST", "order/test", spot.test),
            ("GET", "order", spot.get),
            ("DELETE", "order", spot.cancel),
            ("GET", "openOrders", spot.open),
            ("DELETE", "openOrders", spot.cancel_all),
            ("GET", "allOrders", spot.all),
            ("GET", "myTrades", spot.trades),
        ):
            self.route(method, "spot", f"/api/v3/{path}", handler, is_private=True)

    def _add_futures(self, futures: FuturesTrading) -> None:
        for method, path, handler in (
            ("GET", "v2/account", futures.account),
            ("GET", "v3/account", futures.account),
            ("GET", "v2/balance", futures.balance),
            ("GET", "v3/balance", futures.balance),
            ("GET", "v2/positionRisk", futures.positions),
            ("GET", "v3/positionRisk", futures.positions),
            ("GET", "v1/leverageBracket", futures.brackets),
            ("GET", "v1/symbolConfig", futures.symbol_config),
            ("GET", "v1/accountConfig", futures.account_config),
            ("POST", "v1/leverage", futures.set_leverage),
            ("POST", "v1/marginType", futures.set_margin_type),
            ("GET", "v1/positionSide/dual", futures.dual),
            ("POST", "v1/positionSide/dual", futures.set_dual),
            ("POST", "v1/order", futures.create),
            ("GET", "v1/order", futures.get),
            ("DELETE", "v1/order", futures.cancel),
            ("GET", "v1/openOrders", futures.open),
            ("DELETE", "v1/allOpenOrders", futures.cancel_all),
            ("GET", "v1/allOrders", futures.all),
            ("GET", "v1/userTrades", futures.trades),
            ("POST", "v1/algoOrder", futures.create_algo),
            ("GET", "v1/algoOrder", futures.get_algo),
            ("DELETE", "v1/algoOrder", futures.cancel_algo),
            ("GET", "v1/openAlgoOrders", futures.open_algos),
            ("DELETE", "v1/algoOpenOrders", futures.cancel_all_algos),
            ("GET", "v1/allAlgoOrders", futures.all_algos),
        ):
            self.route(method, "futures", f"/fapi/{path}", handler, is_private=True)

    def _add_wallets(self) -> None:
        wallets = self._wallets
        for method, path, handler in (
            ("GET", "v1/account/apiRestrictions", wallets.restrictions),
            ("GET", "v1/account/status", wallets.account_status),
            ("GET", "v1/account/apiTradingStatus", wallets.trading_status),
            ("GET", "v1/capital/config/getall", wallets.coins),
            ("GET", "v1/margin/allPairs", wallets.margin_pairs),
            ("GET", "v1/margin/isolated/allPairs", wallets.isolated_pairs),
            ("POST", "v1/asset/get-funding-asset", wallets.funding),
            ("POST", "v3/asset/getUserAsset", wallets.user_assets),
            ("GET", "v1/asset/tradeFee", wallets.fees),
        ):
            self.route(method, "spot", f"/sapi/{path}", handler, is_private=True)
        self.route("GET", "spot", "/sapi/v1/system/status", wallets.system_status)

    def _add_sockets(self) -> None:
        for method, handler in (
            ("POST", self._futures_users.create),
            ("PUT", self._futures_users.keep),
            ("DELETE", self._futures_users.delete),
        ):
            self.route(method, "futures", "/fapi/v1/listenKey", self._keyed(handler))
        self.route("GET", "wsapi", "/ws-api/v3", self._ws_api)
        for path in ("/ws*", "/stream*"):
            self.route("GET", "stream", path, self._public_socket)
        for path in ("/ws*", "/stream*", "/public/*", "/market/*", "/private/*"):
            self.route("GET", ("fstream", "dstream"), path, self._futures_socket)

    def _keyed(self, handler: Any) -> Any:
        async def keyed(call: Call) -> web.StreamResponse:
            self._identify(call)
            answer: web.StreamResponse = await handler(call)
            return answer

        return keyed

    async def _ws_api(self, call: Call) -> web.StreamResponse:
        environment = _environment(call.host)
        return await self.sockets.serve(
            call.request, lambda socket: self._spot_users.talk(socket, environment)
        )

    async def _public_socket(self, call: Call) -> web.StreamResponse:
        return await self.sockets.serve(
            call.request, lambda socket: self._streams.talk(socket, "spot")
        )

    async def _futures_socket(self, call: Call) -> web.StreamResponse:
        name = call.query.get("listenKey") or call.path.rpartition("/")[2]
        is_private = call.path.startswith("/private") or len(name) == 64
        return await self.sockets.serve(
            call.request,
            lambda socket: (
                self._futures_users.talk(socket, name)
                if is_private
                else self._streams.talk(socket, "swap")
            ),
        )


def _environment(host: str) -> str:
    if host.startswith("demo-"):
        return "demo"
    return "testnet" if "testnet" in host else "live"


def _needed(call: Call) -> str:
    """Return the permission that a request needs."""
    if call.group == "futures":
        return "enableFutures"
    if call.method != "GET" and call.path in _TRADING:
        return _TRADING[call.path]
    return "enableReading"


if __name__ == "__main__":
    run(Binance)
