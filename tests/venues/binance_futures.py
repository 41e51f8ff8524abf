"""Binance USD-M futures: account, positions, orders and algo orders over REST."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.venues.accounts import ZERO, Account, Order, Position, PositionSide, Trade
from tests.venues.binance_public import PublicData
from tests.venues.binance_words import (
    ALGO_TYPES,
    FUTURES_TYPES,
    error,
    figure,
    market_id,
    status,
    text,
)
from tests.venues.matching import DEFAULT_LEVERAGE, MAINTENANCE, Matching
from tests.venues.venue import Call, VenueError

_SIDES: Mapping[str, PositionSide] = {"BOTH": "net", "LONG": "long", "SHORT": "short"}
SIDE_WORDS = {side: word for word, side in _SIDES.items()}
_ALGO_STATUS = {
    "untriggered": "NEW",
    "canceled": "CANCELED",
    "expired": "EXPIRED",
    "failed": "REJECTED",
}


class FuturesTrading:
    """The signed endpoints of a futures host."""

    def __init__(self, matching: Matching, data: PublicData) -> None:
        self._matching = matching
        self._data = data

    def _account(self, call: Call) -> Account:
        assert call.account
        return self._matching.accounts[call.account.name]

    # The account

    async def account(self, call: Call) -> web.Response:
        account = self._account(call)
        assets = [self._asset(account, name) for name in account.wallets["futures"]]
        positions = [
            self._position(account, position)
            for position in account.positions.values()
            if position.amount
        ]
        return web.json_response(
            {
                "feeTier": 0,
                "canTrade": True,
                "canDeposit": True,
                "canWithdraw": True,
                "multiAssetsMargin": False,
                "updateTime": 0,
                **_totals(assets),
                "assets": assets,
                "positions": positions,
            }
        )

    async def balance(self, call: Call) -> web.Response:
        account = self._account(call)
        return web.json_response(
            [
                {
                    "accountAlias": "SgsR",
                    "asset": asset["asset"],
                    "balance": asset["walletBalance"],
                    "crossWalletBalance": asset["crossWalletBalance"],
                    "crossUnPnl": asset["crossUnPnl"],
                    "availableBalance": asset["availableBalance"],
                    "maxWithdrawAmount": asset["maxWithdrawAmount"],
                    "marginAvailable": True,
                    "updateTime": asset["updateTime"],
                }
                for name in account.wallets["futures"]
                for asset in [self._asset(account, name)]
            ]
        )

    def _asset(self, account: Account, name: str) -> dict[str, Any]:
        wallet = account.wallets["futures"][name].total
        mine = [item for item in account.positions.values() if item.symbol.endswith(f":{name}")]
        profit = sum((self._matching.profit(item) for item in mine), ZERO)
        margin = sum((self._matching.margin(account, item) for item in mine), ZERO)
        free = text(max(ZERO, self._matching.available(account, name)))
        upkeep = sum((self._notional(item) * MAINTENANCE for item in mine), ZERO)
        return {
            "asset": name,
            "walletBalance": text(wallet),
            "unrealizedProfit": text(profit),
            "marginBalance": text(wallet + profit),
            "maintMargin": text(upkeep),
            "initialMargin": text(margin),
            "positionInitialMargin": text(margin),
            "openOrderInitialMargin": "0.00000000",
            "crossWalletBalance": text(wallet),
            "crossUnPnl": text(profit),
            "availableBalance": free,
            "maxWithdrawAmount": free,
            "updateTime": self._matching.market.clock.ms(),
        }

    def _notional(self, position: Position) -> Decimal:
        return abs(position.amount) * self._matching.market.price(position.symbol)

    async def positions(self, call: Call) -> web.Response:
        account = self._account(call)
        symbol = self._data.symbol(call.query["symbol"]) if "symbol" in call.query else None
        return web.json_response(
            [
                self._position(account, position)
                for position in account.positions.values()
                if position.amount and symbol in {None, position.symbol}
            ]
        )

    def _position(self, account: Account, position: Position) -> dict[str, Any]:
        price = self._matching.market.price(position.symbol)
        margin = text(self._matching.margin(account, position))
        is_isolated = account.margin_modes.get(position.symbol) == "isolated"
        return {
            "symbol": market_id(position.symbol),
            "positionSide": SIDE_WORDS[position.side],
            "positionAmt": text(position.amount),
            "entryPrice": text(position.entry),
            "breakEvenPrice": text(position.entry),
            "markPrice": text(price),
            "unRealizedProfit": text(self._matching.profit(position)),
            "unrealizedProfit": text(self._matching.profit(position)),
            "liquidationPrice": text(self._matching.liquidation(account, position)),
            "isolatedMargin": margin if is_isolated else "0",
            "isolatedWallet": margin if is_isolated else "0",
            "notional": text(position.amount * price),
            "marginAsset": position.symbol.rpartition(":")[2],
            "initialMargin": margin,
            "maintMargin": text(self._notional(position) * MAINTENANCE),
            "positionInitialMargin": margin,
            "openOrderInitialMargin": "0",
            "adl": 2,
            "bidNotional": "0",
            "askNotional": "0",
            "updateTime": position.updated_ms,
        }

    # Settings

    async def brackets(self, call: Call) -> web.Response:
        symbols = (
            [self._data.symbol(call.query["symbol"])]
            if "symbol" in call.query
            else [item.symbol for item in self._data.instruments()]
        )
        return web.json_response(
            [
                {
                    "symbol": market_id(symbol),
                    "brackets": [
                        _bracket(1, 125, 0, 50000, "0.004"),
                        _bracket(2, 100, 50000, 500000, "0.005"),
                        _bracket(3, 50, 500000, 10000000, "0.01"),
                    ],
                }
                for symbol in symbols
            ]
        )

    async def symbol_config(self, call: Call) -> web.Response:
        account = self._account(call)
        return web.json_response(
            [
                {
                    "symbol": market_id(item.symbol),
                    "marginType": (
                        "ISOLATED"
                        if account.margin_modes.get(item.symbol) == "isolated"
                        else "CROSSED"
                    ),
                    "isAutoAddMargin": False,
                    "leverage": account.leverage.get(item.symbol, DEFAULT_LEVERAGE),
                    "maxNotionalValue": "1000000",
                }
                for item in self._data.instruments()
            ]
        )

    async def account_config(self, call: Call) -> web.Response:
        account = self._account(call)
        return web.json_response(
            {
                "feeTier": 0,
                "canTrade": True,
                "canDeposit": True,
                "canWithdraw": True,
                "dualSidePosition": account.is_hedged,
                "updateTime": 0,
                "multiAssetsMargin": False,
                "tradeGroupId": -1,
            }
        )

    async def set_leverage(self, call: Call) -> web.Response:
        form = call.form | call.query
        symbol = self._symbol(form)
        leverage = int(figure("leverage", form.get("leverage", "0")))
        if not 1 <= leverage <= 125:
            raise error("-4028", leverage)
        self._account(call).leverage[symbol] = leverage
        return web.json_response(
            {
                "leverage": leverage,
                "maxNotionalValue": "1000000",
                "symbol": form["symbol"],
            }
        )

    async def set_margin_type(self, call: Call) -> web.Response:
        form, account = call.form | call.query, self._account(call)
        symbol = self._symbol(form)
        mode = {"ISOLATED": "isolated", "CROSSED": "cross"}.get(form.get("marginType", ""))
        if mode is None:
            raise error("-1102", "marginType")
        if account.margin_modes.get(symbol, "cross") == mode:
            raise error("-4046")
        if self._matching.orders(account, symbol=symbol, is_open=True):
            raise error("-4047")
        if any(item.amount for item in account.positions.values() if item.symbol == symbol):
            raise error("-4048")
        account.margin_modes[symbol] = mode
        return web.json_response({"code": 200, "msg": "success"})

    async def dual(self, call: Call) -> web.Response:
        return web.json_response({"dualSidePosition": self._account(call).is_hedged})

    async def set_dual(self, call: Call) -> web.Response:
        account = self._account(call)
        is_hedged = (call.form | call.query).get("dualSidePosition", "").lower() == "true"
        if account.is_hedged == is_hedged:
            raise error("-4059")
        if self._matching.orders(account, is_open=True, kind="swap"):
            raise error("-4067")
        if any(position.amount for position in account.positions.values()):
            raise error("-4068")
        account.is_hedged = is_hedged
        return web.json_response({"code": 200, "msg": "success"})

    # Orders

    async def create(self, call: Call) -> web.Response:
        form = call.form | call.query
        kind = form.get("type", "")
        if kind in ALGO_TYPES or kind == "TRAILING_STOP_MARKET":
            raise error("-4120")
        if kind not in FUTURES_TYPES:
            raise error("-1116")
        demands = ("quantity",) if kind == "MARKET" else ("timeInForce", "quantity", "price")
        account = self._account(call)
        order = self._draft(
            account,
            form,
            demands,
            kind=FUTURES_TYPES[kind],
            client_id=form.get("newClientOrderId") or secrets.token_urlsafe(16)[:22],
        )
        return web.json_response(described(self._matching.place(account, order)))

    async def create_algo(self, call: Call) -> web.Response:
        form = call.form | call.query
        kind = form.get("type", "")
        if form.get("algoType") != "CONDITIONAL":
            raise error("-1102", "algoType")
        if kind not in ALGO_TYPES:
            raise error("-1116")
        demands = ["triggerPrice"]
        if form.get("closePosition", "").lower() != "true":
            demands.append("quantity")
        if kind in {"STOP", "TAKE_PROFIT"}:
            demands.append("price")
        account = self._account(call)
        order = self._draft(
            account,
            form,
            tuple(demands),
            kind=ALGO_TYPES[kind],
            trigger=figure("triggerPrice", form.get("triggerPrice", "0")),
            is_algo=True,
            client_id=form.get("clientAlgoId") or secrets.token_urlsafe(16)[:22],
        )
        return web.json_response(algo_described(self._matching.place(account, order)))

    def _draft(
        self,
        account: Account,
        form: Mapping[str, str],
        demands: tuple[str, ...],
        **fields: Any,
    ) -> Order:
        symbol = self._symbol(form)
        for name in ("side", *demands):
            if not form.get(name):
                raise error("-1102", name)
        if form["side"] not in {"BUY", "SELL"}:
            raise error("-1117")
        time_in_force = form.get("timeInForce", "GTC")
        if time_in_force not in {"GTC", "IOC", "FOK", "GTX"}:
            raise error("-1115")
        side = _SIDES.get(form.get("positionSide", "BOTH"))
        if side is None:
            raise error("-4061")
        is_closing = form.get("closePosition", "").lower() == "true"
        position = account.positions.get((symbol, side))
        amount = figure("quantity", form.get("quantity", "0"))
        if is_closing:
            amount = abs(position.amount) if position else ZERO
        if not amount:
            raise error("-4003")
        return self._matching.draft(
            account,
            symbol,
            side=form["side"].lower(),
            amount=amount,
            price=figure("price", form["price"]) if form.get("price") else None,
            time_in_force="GTC" if time_in_force == "GTX" else time_in_force,
            is_post_only=time_in_force == "GTX",
            is_reduce_only=is_closing or form.get("reduceOnly", "").lower() == "true",
            position_side=side,
            margin_mode=account.margin_modes.get(symbol, "cross"),
            wire={
                "type": form["type"],
                "timeInForce": time_in_force,
                "closePosition": is_closing,
            },
            **fields,
        )

    # Looking up and canceling

    async def get(self, call: Call) -> web.Response:
        order = self._find(call, call.query)
        if order is None:
            raise error("-2013")
        return web.json_response(described(order))

    async def cancel(self, call: Call) -> web.Response:
        order = self._find(call, call.query | call.form)
        if order is None:
            raise error("-2011")
        return web.json_response(described(self._matching.cancel(self._account(call), order)))

    async def cancel_all(self, call: Call) -> web.Response:
        return self._cancel_each(call, is_algo=False)

    async def cancel_all_algos(self, call: Call) -> web.Response:
        return self._cancel_each(call, is_algo=True)

    def _cancel_each(self, call: Call, *, is_algo: bool) -> web.Response:
        account, symbol = self._account(call), self._symbol(call.query | call.form)
        for order in self._matching.orders(account, symbol=symbol, is_open=True, is_algo=is_algo):
            self._matching.cancel(account, order)
        text_ = "The operation of cancel all open order is done."
        return web.json_response({"code": 200, "msg": text_})

    async def open(self, call: Call) -> web.Response:
        return web.json_response([described(order) for order in self._listed(call, False)])

    async def open_algos(self, call: Call) -> web.Response:
        return web.json_response([algo_described(order) for order in self._listed(call, True)])

    def _listed(self, call: Call, is_algo: bool) -> list[Order]:  # noqa: FBT001
        query = call.query
        symbol = self._symbol(query) if "symbol" in query else None
        return self._matching.orders(
            self._account(call), symbol=symbol, is_open=True, is_algo=is_algo, kind="swap"
        )

    async def all(self, call: Call) -> web.Response:
        return web.json_response([described(order) for order in self._paged(call, False)])

    async def all_algos(self, call: Call) -> web.Response:
        return web.json_response([algo_described(order) for order in self._paged(call, True)])

    def _paged(self, call: Call, is_algo: bool) -> list[Order]:  # noqa: FBT001
        query = call.query
        orders = self._matching.orders(
            self._account(call), symbol=self._symbol(query), is_algo=is_algo
        )
        start = int(query.get("startTime", "0"))
        end = int(query.get("endTime", str(1 << 62)))
        found = [order for order in orders if start <= order.created_ms <= end]
        return found[-int(query.get("limit", "500")) :]

    async def get_algo(self, call: Call) -> web.Response:
        order = self._find_algo(call, call.query)
        if order is None:
            raise error("-2013")
        return web.json_response(algo_described(order))

    async def cancel_algo(self, call: Call) -> web.Response:
        order = self._find_algo(call, call.query | call.form)
        if order is None:
            raise error("-2011")
        self._matching.cancel(self._account(call), order)
        return web.json_response(
            {
                "algoId": order.id,
                "clientAlgoId": order.client_id,
                "code": "200",
                "msg": "success",
            }
        )

    async def trades(self, call: Call) -> web.Response:
        query, account = call.query, self._account(call)
        start = int(query.get("startTime", "0"))
        first = int(query.get("fromId", "0"))
        found = [
            _trade(account, trade)
            for trade in self._matching.trades(account, symbol=self._symbol(query))
            if trade.ms >= start
            and trade.id >= first
            and query.get("orderId") in {None, str(trade.order_id)}
        ]
        return web.json_response(found[-int(query.get("limit", "500")) :])

    def _symbol(self, query: Mapping[str, str]) -> str:
        if not query.get("symbol"):
            raise error("-1102", "symbol")
        return self._data.symbol(query["symbol"])

    def _find(self, call: Call, query: Mapping[str, str]) -> Order | None:
        order_id, client_id = query.get("orderId"), query.get("origClientOrderId")
        if not order_id and not client_id:
            raise VenueError(
                "-1102",
                "Either the origClientOrderId or the orderId must be sent.",
            )
        return self._matching.find(
            self._account(call),
            symbol=self._symbol(query),
            order_id=int(order_id) if order_id else None,
            client_id=client_id,
            is_algo=False,
        )

    def _find_algo(self, call: Call, query: Mapping[str, str]) -> Order | None:
        order_id, client_id = query.get("algoId"), query.get("clientAlgoId")
        if not order_id and not client_id:
            raise error("-1102", "algoId")
        return self._matching.find(
            self._account(call),
            order_id=int(order_id) if order_id else None,
            client_id=client_id,
            is_algo=True,
        )


def _totals(assets: list[dict[str, Any]]) -> dict[str, str]:
    """Return the sums over the assets; they are all worth a dollar here."""
    names = {
        "totalInitialMargin": "initialMargin",
        "totalMaintMargin": "maintMargin",
        "totalWalletBalance": "walletBalance",
        "totalUnrealizedProfit": "unrealizedProfit",
        "totalMarginBalance": "marginBalance",
        "totalPositionInitialMargin": "positionInitialMargin",
        "totalOpenOrderInitialMargin": "openOrderInitialMargin",
        "totalCrossWalletBalance": "crossWalletBalance",
        "totalCrossUnPnl": "crossUnPnl",
        "availableBalance": "availableBalance",
        "maxWithdrawAmount": "maxWithdrawAmount",
    }
    return {
        total: text(sum((Decimal(asset[name]) for asset in assets), ZERO))
        for total, name in names.items()
    }


def _bracket(number: int, leverage: int, floor: int, cap: int, ratio: str) -> dict[str, Any]:
    return {
        "bracket": number,
        "initialLeverage": leverage,
        "notionalCap": cap,
        "notionalFloor": floor,
        "maintMarginRatio": float(ratio),
        "cum": 0.0,
    }


def described(order: Order) -> dict[str, Any]:
    """Return an order as every answer shows it."""
    return {
        "orderId": order.id,
        "symbol": market_id(order.symbol),
        "status": status(order),
        "clientOrderId": order.client_id,
        "price": text(order.price),
        "avgPrice": text(order.average),
        "origQty": text(order.amount),
        "executedQty": text(order.filled),
        "cumQty": text(order.filled),
        "cumQuote": text(order.cost),
        "timeInForce": order.wire.get("timeInForce", order.time_in_force),
        "type": order.wire.get("type", order.kind.upper()),
        "origType": order.wire.get("type", order.kind.upper()),
        "reduceOnly": order.is_reduce_only,
        "closePosition": order.wire.get("closePosition", False),
        "side": order.side.upper(),
        "positionSide": SIDE_WORDS[order.position_side],
        "stopPrice": text(order.trigger),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def algo_described(order: Order) -> dict[str, Any]:
    """Return an algo order as every answer shows it."""
    return {
        "algoId": order.id,
        "clientAlgoId": order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": order.wire["type"],
        "symbol": market_id(order.symbol),
        "side": order.side.upper(),
        "positionSide": SIDE_WORDS[order.position_side],
        "timeInForce": order.wire.get("timeInForce", "GTC"),
        "quantity": text(order.amount),
        "algoStatus": algo_status(order),
        "triggerPrice": text(order.trigger),
        "price": text(order.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": order.wire.get("closePosition", False),
        "priceProtect": False,
        "reduceOnly": order.is_reduce_only,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "triggerTime": order.updated_ms if order.child_id else 0,
        "goodTillDate": 0,
        "actualOrderId": str(order.child_id) if order.child_id else "",
        "actualPrice": "0.0",
    }


def algo_status(order: Order) -> str:
    """Return the state of an algo order in Binance's words."""
    return str(order.wire.get("status") or _ALGO_STATUS.get(order.status, "TRIGGERED"))


def _trade(account: Account, trade: Trade) -> dict[str, Any]:
    order = account.orders[trade.order_id]
    return {
        "symbol": market_id(trade.symbol),
        "id": trade.id,
        "orderId": trade.order_id,
        "side": trade.side.upper(),
        "price": text(trade.price),
        "qty": text(trade.amount),
        "realizedPnl": text(trade.realised),
        "quoteQty": text(trade.cost),
        "commission": text(trade.fee),
        "commissionAsset": trade.fee_currency,
        "time": trade.ms,
        "positionSide": SIDE_WORDS[order.position_side],
        "buyer": trade.side == "buy",
        "maker": trade.is_maker,
    }
