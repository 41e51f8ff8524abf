"""OKX's private REST paths: account, lists of orders and fills, placing and ending them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from tests.venues.accounts import Account, ApiKey, Order, Trade
from tests.venues.matching import DEFAULT_LEVERAGE
from tests.venues.okx_auth import may
from tests.venues.okx_errors import refuse
from tests.venues.okx_instruments import MAX_LEVERAGE, Row, symbol_of
from tests.venues.okx_public import PublicData, required
from tests.venues.okx_trade import Body, Trading, each
from tests.venues.okx_views import Views
from tests.venues.venue import Call, Handler, Venue

PREFIX = "/api/v5/"
_MOST = 100
_COINS_WITHOUT_CHAIN = frozenset({"EUR", "USD"})

Reader = Callable[[Account, dict[str, str]], list[Row]]
Writer = Callable[[Account, Any], list[Row]]


def reply(data: Any, *, code: str = "0", message: str = "", **extra: str) -> web.Response:
    """Return OKX's envelope."""
    return web.json_response({"code": code, "data": data, "msg": message} | extra)


class Rest:
    """Adds every REST path to the venue."""

    def __init__(self, venue: Venue, public: PublicData, views: Views, trading: Trading) -> None:
        self._venue = venue
        self._matching = venue.matching
        self._public = public
        self._views = views
        self._trading = trading

    def add_routes(self) -> None:
        """Add public and private paths."""
        public = self._public
        for path, rows in {
            "public/time": public.time,
            "public/instruments": public.instruments,
            "public/funding-rate": public.funding_rate,
            "public/funding-rate-history": public.funding_history,
            "public/mark-price": public.mark_price,
            "market/ticker": public.ticker,
            "market/tickers": public.tickers,
            "market/books": public.books,
            "market/candles": public.candles,
            "market/history-candles": public.history_candles,
            "market/trades": public.trades,
        }.items():
            self._venue.route("GET", "rest", PREFIX + path, _shown(rows))
        for path, reader in self._readers().items():
            self._private("GET", path, self._read(reader))
        self._private("GET", "account/config", self._config)
        for path, writer in self._writers().items():
            self._private("POST", path, self._write(writer))
        for path, act in self._actions().items():
            self._private("POST", path, self._acting(act))

    def _readers(self) -> dict[str, Reader]:
        views = self._views
        return {
            "account/balance": lambda who, query: [views.balance(who, query.get("ccy", ""))],
            "asset/balances": lambda who, query: views.funding(who, query.get("ccy", "")),
            "asset/currencies": lambda _, query: self._currencies(query),
            "account/positions": self._positions,
            "account/leverage-info": self._leverage_info,
            "account/trade-fee": self._trade_fee,
            "trade/order": self._order,
            "trade/order-algo": self._algo,
            "trade/orders-pending": lambda who, query: self._orders(who, query, is_open=True),
            "trade/orders-history": self._history,
            "trade/orders-history-archive": self._history,
            "trade/orders-algo-pending": self._algos_pending,
            "trade/orders-algo-history": self._algos_history,
            "trade/fills": self._fills,
            "trade/fills-history": self._fills_history,
        }

    def _writers(self) -> dict[str, Writer]:
        return {
            "account/set-leverage": self._set_leverage,
            "account/set-position-mode": self._set_position_mode,
        }

    def _actions(self) -> dict[str, Callable[[Account, Body], Row]]:
        trading = self._trading
        return {
            "trade/order": trading.place,
            "trade/batch-orders": trading.place,
            "trade/cancel-order": trading.cancel,
            "trade/cancel-batch-orders": trading.cancel,
            "trade/order-algo": trading.place_algo,
            "trade/cancel-algos": lambda who, body: trading.cancel(who, body, is_algo=True),
        }

    # How a path is answered

    def _private(self, method: str, path: str, handler: Handler) -> None:
        self._venue.route(method, "rest", PREFIX + path, handler, is_private=True)

    def _read(self, reader: Reader) -> Handler:
        async def handle(call: Call) -> web.StreamResponse:
            account, _ = _caller(call, "read_only")
            return reply(reader(account, call.query))

        return handle

    def _write(self, writer: Writer) -> Handler:
        async def handle(call: Call) -> web.StreamResponse:
            account, _ = _caller(call, "trade")
            return reply(writer(account, _body(call)))

        return handle

    def _acting(self, act: Callable[[Account, Body], Row]) -> Handler:
        async def handle(call: Call) -> web.StreamResponse:
            account, _ = _caller(call, "trade")
            body, now = _body(call), self._venue.clock.ms()
            code, message, rows = each(
                body, lambda one: act(account, one), now, expires_ms=_expiry(call)
            )
            self._witness(call, rows)
            stamp = str(now * 1000)
            return reply(rows, code=code, message=message, inTime=stamp, outTime=stamp)

        return handle

    def _witness(self, call: Call, rows: list[Row]) -> None:
        """Write the refused orders into the journal, unless all of it is a pretence."""
        if self._matching._is_pretending:
            return
        for row in rows:
            if row["sCode"] != "0":
                named = {"client_id": row["clOrdId"], "code": row["sCode"]}
                self._venue.journal.write("rejected", path=call.path, **named)

    async def _config(self, call: Call) -> web.StreamResponse:
        account, key = _caller(call, "read_only")
        return reply([self._views.config(account, key)])

    # Account

    def _currencies(self, query: dict[str, str]) -> list[Row]:
        instruments = self._matching.market.instruments.values()
        names = sorted({name for found in instruments for name in (found.base, found.quote)})
        return [
            {
                "ccy": name,
                "name": name,
                "chain": "" if name in _COINS_WITHOUT_CHAIN else f"{name}-{name}",
                "canDep": True,
                "canWd": True,
                "canInternal": True,
                "mainNet": True,
                "fee": "0.1",
                "minFee": "0.1",
                "maxFee": "0.2",
                "minWd": "1",
                "maxWd": "1000000",
                "wdTickSz": "8",
                "wdQuota": "500",
                "usedWdQuota": "0",
            }
            for name in names
            if query.get("ccy", name) == name
        ]

    def _positions(self, account: Account, query: dict[str, str]) -> list[Row]:
        wanted = {name for name in query.get("instId", "").split(",") if name}
        return [
            row for row in self._views.positions(account) if not wanted or row["instId"] in wanted
        ]

    def _leverage_info(self, account: Account, query: dict[str, str]) -> list[Row]:
        mode, name = required(query, "mgnMode"), required(query, "instId")
        symbol = self._symbol(name)
        sides = ("long", "short") if account.is_hedged else ("net",)
        lever = str(account.leverage.get(symbol, DEFAULT_LEVERAGE))
        return [
            {"instId": name, "mgnMode": mode, "posSide": side, "lever": lever} for side in sides
        ]

    def _trade_fee(self, _account: Account, query: dict[str, str]) -> list[Row]:
        rules = self._matching.rules
        maker, taker = f"-{rules.maker}", f"-{rules.taker}"
        return [
            {
                "instType": required(query, "instType"),
                "level": "Lv1",
                "maker": maker,
                "taker": taker,
                "makerU": maker,
                "takerU": taker,
                "ts": str(self._venue.clock.ms()),
            }
        ]

    def _set_leverage(self, account: Account, body: Any) -> list[Row]:
        symbol = self._symbol(str(body.get("instId", "")))
        lever = str(body.get("lever", ""))
        if not lever.isdigit() or int(lever) < 1:
            raise refuse("51000", "lever")
        if int(lever) > MAX_LEVERAGE:
            raise refuse("59102")
        if account.level == "1":
            raise refuse("51010")
        if body.get("mgnMode") not in {"cross", "isolated"}:
            raise refuse("51000", "mgnMode")
        account.leverage[symbol] = int(lever)
        account.margin_modes[symbol] = body["mgnMode"]
        names = ("instId", "mgnMode", "posSide")
        return [{name: str(body.get(name, "")) for name in names} | {"lever": lever}]

    def _set_position_mode(self, account: Account, body: Any) -> list[Row]:
        mode = body.get("posMode")
        if mode not in {"long_short_mode", "net_mode"}:
            raise refuse("51000", "posMode")
        is_busy = any(position.amount for position in account.positions.values())
        if is_busy or self._matching.orders(account, is_open=True, kind="swap"):
            raise refuse("59000")
        account.is_hedged = mode == "long_short_mode"
        return [{"posMode": mode}]

    # Orders

    def _order(self, account: Account, query: dict[str, str]) -> list[Row]:
        if not query.get("ordId") and not query.get("clOrdId"):
            raise refuse("51003")
        order = self._trading.find(account, query, "ordId", "clOrdId")
        if order is None:
            raise refuse("51603")
        return [self._views.order(order)]

    def _algo(self, account: Account, query: dict[str, str]) -> list[Row]:
        found = self._find_algo(account, query)
        if found is None:
            raise refuse("51603")
        return [self._views.algo(found)]

    def _find_algo(self, account: Account, query: dict[str, str]) -> Order | None:
        if not query.get("algoId") and not query.get("algoClOrdId"):
            raise refuse("50015", "algoId", "algoClOrdId")
        number, client_id = query.get("algoId", ""), query.get("algoClOrdId", "")
        for order in reversed(self._matching.orders(account, is_algo=True)):
            if str(order.id) == number or (not number and order.client_id == client_id):
                return order
        return None

    def _orders(self, account: Account, query: dict[str, str], *, is_open: bool) -> list[Row]:
        found = self._matching.orders(account, is_open=is_open, is_algo=False)
        rows = [self._views.order(order) for order in reversed(found)]
        return _page(rows, query, "ordId", "cTime")

    def _history(self, account: Account, query: dict[str, str]) -> list[Row]:
        required(query, "instType")
        return self._orders(account, query, is_open=False)

    def _algos_pending(self, account: Account, query: dict[str, str]) -> list[Row]:
        required(query, "ordType")
        return self._algos(account, query, is_open=True)

    def _algos_history(self, account: Account, query: dict[str, str]) -> list[Row]:
        required(query, "ordType")
        if not query.get("state") and not query.get("algoId"):
            raise refuse("50015", "state", "algoId")
        return self._algos(account, query, is_open=False)

    def _algos(self, account: Account, query: dict[str, str], *, is_open: bool) -> list[Row]:
        found = self._matching.orders(account, is_open=is_open, is_algo=True)
        rows = [self._views.algo(order) for order in reversed(found) if "oco_of" not in order.wire]
        return _page(rows, query, "algoId", "cTime")

    def _fills(self, account: Account, query: dict[str, str]) -> list[Row]:
        trades: Iterable[Trade] = reversed(self._matching.trades(account))
        rows = [self._views.fill(account, trade) for trade in trades]
        return _page(rows, query, "billId", "ts")

    def _fills_history(self, account: Account, query: dict[str, str]) -> list[Row]:
        required(query, "instType")
        return self._fills(account, query)

    def _symbol(self, name: str) -> str:
        return symbol_of(name, dict(self._matching.market.instruments))


def _shown(rows: Callable[[dict[str, str]], Any]) -> Handler:
    async def handle(call: Call) -> web.StreamResponse:
        return reply(rows(call.query))

    return handle


def _caller(call: Call, permission: str) -> tuple[Account, ApiKey]:
    assert call.account is not None
    assert call.key is not None
    if not may(call.key, permission):
        raise refuse("50120")
    return call.account, call.key


def _body(call: Call) -> Any:
    if not call.body:
        raise refuse("50000")
    if "application/json" not in call.headers.get("Content-Type", "").lower():
        raise refuse("50006")
    body = call.json()
    if not isinstance(body, list | dict):
        raise refuse("50002")
    return body


def _expiry(call: Call) -> int | None:
    value = call.headers.get("expTime", "")
    if value and not value.isdigit():
        raise refuse("51000", "expTime")
    return int(value) if value else None


def _page(rows: list[Row], query: dict[str, str], id_name: str, time_name: str) -> list[Row]:
    """Return the newest rows that fit the filters, at most a hundred."""
    kept = [row for row in rows if _fits(row, query, id_name, time_name)]
    limit = query.get("limit", "")
    return kept[: min(int(limit), _MOST) if limit.isdigit() else _MOST]


def _fits(row: Row, query: dict[str, str], id_name: str, time_name: str) -> bool:
    exact = ("instType", "instId", "ordType", "state", "ordId", "algoId", "algoClOrdId")
    for name in exact:
        wanted = [value for value in query.get(name, "").split(",") if value]
        if wanted and wanted != ["ANY"] and name in row and row[name] not in wanted:
            return False
    number, moment = int(row[id_name]), int(row[time_name])
    return (
        number < int(query.get("after") or number + 1)
        and number > int(query.get("before") or -1)
        and int(query.get("begin") or 0) <= moment <= int(query.get("end") or moment)
    )
