"""Binance spot: account, orders and fills over REST."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from aiohttp import web

from tests.venues.accounts import Account, Order, Trade
from tests.venues.binance_public import PublicData
from tests.venues.binance_words import SPOT_TYPES, eight, error, figure, market_id, status
from tests.venues.matching import Matching
from tests.venues.venue import Call, VenueError

# What each order type must have, and what it must not have.
_DEMANDS: Mapping[str, tuple[str, ...]] = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "MARKET": (),
    "STOP_LOSS": ("quantity", "stopPrice"),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
    "TAKE_PROFIT": ("quantity", "stopPrice"),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
}
_CHECKED = ("timeInForce", "price", "stopPrice")
_SIGNING = {"timestamp", "recvWindow", "signature"}
_KNOWN = _SIGNING | {
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "quoteOrderQty",
    "price",
    "stopPrice",
    "newClientOrderId",
    "newOrderRespType",
    "strategyId",
    "strategyType",
    "trailingDelta",
    "icebergQty",
    "selfTradePreventionMode",
}


class SpotTrading:
    """The signed endpoints of the spot host."""

    def __init__(self, matching: Matching, data: PublicData) -> None:
        self._matching = matching
        self._data = data

    # The account

    async def account(self, call: Call) -> web.Response:
        account = _account(call)
        is_short = call.query.get("omitZeroBalances") == "true"
        rules = self._matching.rules
        return web.json_response(
            {
                "makerCommission": 10,
                "takerCommission": 10,
                "buyerCommission": 0,
                "sellerCommission": 0,
                "commissionRates": {
                    "maker": eight(rules.maker),
                    "taker": eight(rules.taker),
                    "buyer": eight(None),
                    "seller": eight(None),
                },
                "canTrade": True,
                "canWithdraw": True,
                "canDeposit": True,
                "brokered": False,
                "requireSelfTradePrevention": False,
                "preventSor": False,
                "updateTime": self._matching.market.clock.ms(),
                "accountType": "SPOT",
                "balances": [
                    {"asset": name, "free": eight(held.free), "locked": eight(held.locked)}
                    for name, held in account.wallets["spot"].items()
                    if held.total or not is_short
                ],
                "permissions": ["SPOT"],
                "uid": 354937868,
            }
        )

    # Placing

    async def create(self, call: Call) -> web.Response:
        form = call.form | call.query
        order = self._placed(call, form)
        return web.json_response(_created(order, form.get("newOrderRespType", "")))

    async def test(self, call: Call) -> web.Response:
        form = call.form | call.query
        with self._matching.pretending():
            account = self._matching.accounts[_account(call).name]
            self._matching.place(account, self._draft(account, form))
        return web.json_response({})

    def _placed(self, call: Call, form: Mapping[str, str]) -> Order:
        # Looked up by name: a pretence works on copies of the accounts.
        account = self._matching.accounts[_account(call).name]
        return self._matching.place(account, self._draft(account, form))

    def _draft(self, account: Account, form: Mapping[str, str]) -> Order:
        for name in ("symbol", "side", "type"):
            if not form.get(name):
                raise error("-1102", name)
        symbol = self._data.symbol(form["symbol"])
        kind = form["type"]
        if kind not in SPOT_TYPES:
            raise error("-1116")
        if form["side"] not in {"BUY", "SELL"}:
            raise error("-1117")
        _check_parameters(kind, form)
        price = _maybe(form, "price")
        trigger = _maybe(form, "stopPrice")
        amount = _maybe(form, "quantity") or Decimal(0)
        for name, value in (("quantity", amount), ("price", price), ("stopPrice", trigger)):
            if value is not None and _too_fine(value):
                raise error("-1111", name)
        time_in_force = form.get("timeInForce", "GTC")
        if time_in_force not in {"GTC", "IOC", "FOK"}:
            raise error("-1115")
        return self._matching.draft(
            account,
            symbol,
            side=form["side"].lower(),
            kind=SPOT_TYPES[kind],
            amount=amount,
            price=price,
            cost_limit=_maybe(form, "quoteOrderQty"),
            trigger=trigger,
            time_in_force=time_in_force,
            is_post_only=kind == "LIMIT_MAKER",
            client_id=form.get("newClientOrderId") or secrets.token_urlsafe(16)[:22],
            wire={"type": kind},
        )

    # Looking up and canceling

    async def get(self, call: Call) -> web.Response:
        order = self._find(call, call.query)
        if order is None:
            raise error("-2013")
        return web.json_response(described(order))

    async def cancel(self, call: Call) -> web.Response:
        query = call.query | call.form
        order = self._find(call, query)
        if order is None:
            raise error("-2011")
        return web.json_response(self._canceled(call, order, query.get("newClientOrderId")))

    async def cancel_all(self, call: Call) -> web.Response:
        symbol = self._symbol(call.query)
        orders = self._matching.orders(self._account(call), symbol=symbol, is_open=True)
        if not orders:
            raise error("-2011")
        return web.json_response([self._canceled(call, order, None) for order in orders])

    def _canceled(self, call: Call, order: Order, new_id: str | None) -> dict[str, Any]:
        cancel_id = new_id or secrets.token_urlsafe(16)[:22]
        if order.is_open:
            order.wire["cancel_id"] = cancel_id
        self._matching.cancel(self._account(call), order)
        answer = _created(order, "RESULT")
        return answer | {"origClientOrderId": order.client_id, "clientOrderId": cancel_id}

    async def open(self, call: Call) -> web.Response:
        symbol = self._symbol(call.query) if "symbol" in call.query else None
        orders = self._matching.orders(
            self._account(call), symbol=symbol, is_open=True, kind="spot"
        )
        return web.json_response([described(order) for order in orders])

    async def all(self, call: Call) -> web.Response:
        query = call.query
        orders = self._matching.orders(self._account(call), symbol=self._symbol(query))
        first = int(query.get("orderId", "0"))
        found = [
            order for order in orders if order.id >= first and _is_within(query, order.created_ms)
        ]
        return web.json_response([described(order) for order in _page(query, found)])

    async def trades(self, call: Call) -> web.Response:
        query = call.query
        first = int(query.get("fromId", "0"))
        found = [
            trade
            for trade in self._matching.trades(self._account(call), symbol=self._symbol(query))
            if trade.id >= first
            and query.get("orderId") in {None, str(trade.order_id)}
            and _is_within(query, trade.ms)
        ]
        return web.json_response([_trade(trade) for trade in _page(query, found)])

    def _account(self, call: Call) -> Account:
        return self._matching.accounts[_account(call).name]

    def _symbol(self, query: Mapping[str, str]) -> str:
        if not query.get("symbol"):
            raise error("-1102", "symbol")
        return self._data.symbol(query["symbol"])

    def _find(self, call: Call, query: Mapping[str, str]) -> Order | None:
        symbol = self._symbol(query)
        order_id, client_id = query.get("orderId"), query.get("origClientOrderId")
        if not order_id and not client_id:
            raise VenueError(
                "-1102",
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            )
        return self._matching.find(
            self._account(call),
            symbol=symbol,
            order_id=_whole("orderId", order_id),
            client_id=client_id,
        )


def _account(call: Call) -> Account:
    assert call.account
    return call.account


def _whole(name: str, value: str | None) -> int | None:
    if not value:
        return None
    if not value.isdigit():
        raise error("-1100", name, "^[0-9]{1,20}$")
    return int(value)


def _maybe(form: Mapping[str, str], name: str) -> Decimal | None:
    return figure(name, form[name]) if form.get(name) else None


def _too_fine(value: Decimal) -> bool:
    return -cast("int", value.normalize().as_tuple().exponent) > 8


def _check_parameters(kind: str, form: Mapping[str, str]) -> None:
    for name in _DEMANDS[kind]:
        if not form.get(name):
            raise error("-1102", name)
    if kind == "MARKET" and bool(form.get("quantity")) == bool(form.get("quoteOrderQty")):
        if form.get("quantity"):
            raise error("-1128")
        raise error("-1102", "quantity")
    for name in _CHECKED:
        if name in form and name not in _DEMANDS[kind]:
            raise error("-1106", name)
    unread = set(form) - _KNOWN
    if unread:
        raise error("-1104", len(form) - len(unread), len(form))


def _is_within(query: Mapping[str, str], ms: int) -> bool:
    return int(query.get("startTime", "0")) <= ms <= int(query.get("endTime", str(1 << 62)))


def _page(query: Mapping[str, str], found: list[Any]) -> list[Any]:
    """Return the newest of a page, or the oldest when the request says where to start."""
    limit = int(query.get("limit", "500"))
    is_from = {"startTime", "fromId", "orderId"} & set(query)
    return found[:limit] if is_from else found[-limit:]


def _core(order: Order) -> dict[str, Any]:
    return {
        "symbol": market_id(order.symbol),
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "price": eight(order.price),
        "origQty": eight(order.amount),
        "executedQty": eight(order.filled),
        "origQuoteOrderQty": eight(order.cost_limit),
        "cummulativeQuoteQty": eight(order.cost),
        "status": status(order),
        "timeInForce": order.time_in_force,
        "type": order.wire.get("type", order.kind.upper()),
        "side": order.side.upper(),
        "selfTradePreventionMode": "EXPIRE_MAKER",
        **({} if order.trigger is None else {"stopPrice": eight(order.trigger)}),
    }


def _created(order: Order, kind: str) -> dict[str, Any]:
    """Return the answer to a new order: ACK, RESULT or FULL."""
    answer = _core(order) | {"transactTime": order.updated_ms, "workingTime": order.created_ms}
    if kind == "ACK":
        names = ("symbol", "orderId", "orderListId", "clientOrderId", "transactTime")
        return {name: answer[name] for name in names}
    if kind == "RESULT":
        return answer
    return answer | {
        "fills": [
            {
                "price": eight(trade.price),
                "qty": eight(trade.amount),
                "commission": eight(trade.fee),
                "commissionAsset": trade.fee_currency,
                "tradeId": trade.id,
            }
            for trade in order.trades
        ]
    }


def described(order: Order) -> dict[str, Any]:
    """Return an order as look-ups and lists show it."""
    return _core(order) | {
        "stopPrice": eight(order.trigger),
        "icebergQty": eight(None),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": order.status != "untriggered",
        "workingTime": order.created_ms,
    }


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "symbol": market_id(trade.symbol),
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": -1,
        "price": eight(trade.price),
        "qty": eight(trade.amount),
        "quoteQty": eight(trade.cost),
        "commission": eight(trade.fee),
        "commissionAsset": trade.fee_currency,
        "time": trade.ms,
        "isBuyer": trade.side == "buy",
        "isMaker": trade.is_maker,
        "isBestMatch": True,
    }
