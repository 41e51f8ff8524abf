"""Orders, fills, balances and positions in OKX's words, for REST replies and stream frames."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.venues.accounts import ZERO, Account, ApiKey, Order, Position, Status, Trade
from tests.venues.instruments import Instrument
from tests.venues.matching import DEFAULT_LEVERAGE, MAINTENANCE, Matching
from tests.venues.okx_auth import DEFAULT_PERMISSIONS
from tests.venues.okx_instruments import Row, inst_id, inst_type, text
from tests.venues.okx_trade import fail_code

STATES: Mapping[Status, str] = {
    "untriggered": "live",
    "open": "live",
    "partially_filled": "partially_filled",
    "filled": "filled",
    "canceled": "canceled",
    "expired": "canceled",
    "triggered": "effective",
    "failed": "order_failed",
}
# Fields of the request that come back as they were.
_ECHOED = ("ccy", "tag", "stpMode")
_ALGO_ECHOED = (
    "triggerPx",
    "triggerPxType",
    "slTriggerPx",
    "slTriggerPxType",
    "slOrdPx",
    "tpTriggerPx",
    "tpTriggerPxType",
    "tpOrdPx",
    "tgtCcy",
    "tag",
    "ccy",
)
# An order that an algo order placed, or one placed without, shows no client id.
_NAMELESS = {"algo_id", "is_anonymous"}
_QUOTED = frozenset({"USDT", "USDC", "USD"})


class Views:
    """What a customer sees of an account."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching

    def instrument(self, order: Order) -> Instrument:
        """Return what the order trades."""
        return self.matching.market.instrument(order.symbol)

    def order(self, order: Order) -> Row:
        """Return an order as `trade/order` tells it; no state is ever called new."""
        wire, last = order.wire, order.trades[-1] if order.trades else None
        fee, currency = self._fee(order)
        return {
            "instType": self.order_type(order),
            "instId": inst_id(order.symbol),
            "ordId": str(order.id),
            "clOrdId": "" if wire.keys() & _NAMELESS else order.client_id,
            "algoId": str(wire.get("algo_id", "")),
            "algoClOrdId": str(wire.get("algo_client_id", "")),
            "px": "" if order.price is None else text(order.price),
            "sz": str(wire.get("sz", text(order.amount))),
            "ordType": wire.get("ordType", order.kind),
            "side": order.side,
            "posSide": order.position_side if self.instrument(order).kind == "swap" else "net",
            "tdMode": order.margin_mode,
            "tgtCcy": wire.get("tgtCcy", ""),
            "accFillSz": text(order.filled),
            "avgPx": text(order.average) if order.filled else "",
            "state": STATES[order.status],
            "lever": self._leverage(order),
            "fee": text(-fee) if fee else "0",
            "feeCcy": currency,
            "pnl": text(sum((trade.realised for trade in order.trades), ZERO)),
            "fillPx": text(last.price) if last else "",
            "fillSz": text(last.amount) if last else "0",
            "fillTime": str(last.ms) if last else "",
            "tradeId": str(last.id) if last else "",
            "attachAlgoOrds": wire.get("attachAlgoOrds", []),
            "reduceOnly": "true" if order.is_reduce_only else "false",
            "cancelSource": "1" if order.status == "canceled" else "",
            "category": "normal",
            "rebate": "0",
            "rebateCcy": "",
            "source": "",
            "cTime": str(order.created_ms),
            "uTime": str(order.updated_ms),
        } | {name: wire.get(name, "") for name in _ECHOED}

    def order_push(self, order: Order, trade: Trade | None) -> Row:
        """Return the same with what the `orders` channel adds: the fill that just happened."""
        price = self.matching.market.price(order.symbol)
        size = self.instrument(order).contract_size
        row = self.order(order) | {
            "notionalUsd": text(order.amount * price * size),
            "lastPx": text(price),
            "amendResult": "",
            "reqId": "",
            "code": "0",
            "msg": "",
        }
        if trade is None:
            blank = ("fillPx", "fillTime", "tradeId", "fillFee", "fillFeeCcy", "execType")
            return row | dict.fromkeys(blank, "") | {"fillSz": "0", "fillPnl": "0"}
        return row | {
            "fillFee": text(-trade.fee),
            "fillFeeCcy": trade.fee_currency,
            "fillPnl": text(trade.realised),
            "fillNotionalUsd": text(trade.cost),
            "execType": "M" if trade.is_maker else "T",
        }

    def algo(self, order: Order) -> Row:
        """Return an algo order; its child is `ordId`, `clOrdId` stays empty."""
        wire = order.wire
        is_ended = order.status in {"triggered", "failed"}
        return {
            "instType": self.order_type(order),
            "instId": inst_id(order.symbol),
            "algoId": str(order.id),
            "algoClOrdId": "" if wire.keys() & _NAMELESS else order.client_id,
            "clOrdId": "",
            "ordId": str(order.child_id or ""),
            "ordIdList": [str(order.child_id)] if order.child_id else [],
            "sz": text(order.amount),
            "ordType": wire["ordType"],
            "side": order.side,
            "posSide": order.position_side,
            "state": STATES[order.status],
            "tdMode": order.margin_mode,
            "ordPx": wire.get("orderPx", ""),
            "lever": self._leverage(order),
            "reduceOnly": "true" if order.is_reduce_only else "false",
            "actualSz": text(order.amount) if order.child_id else "0",
            "actualPx": "",
            "actualSide": order.side if order.child_id else "",
            "failCode": fail_code(order),
            "last": text(self.matching.market.price(order.symbol)),
            "triggerTime": str(order.updated_ms) if is_ended else "",
            "cTime": str(order.created_ms),
            "uTime": str(order.updated_ms),
        } | {name: str(wire.get(name, "")) for name in _ALGO_ECHOED}

    def fill(self, account: Account, trade: Trade) -> Row:
        """Return one fill; the fee is negative when paid."""
        order = account.orders[trade.order_id]
        return {
            "instType": self.order_type(order),
            "instId": inst_id(trade.symbol),
            "tradeId": str(trade.id),
            "billId": str(trade.id),
            "ordId": str(trade.order_id),
            "clOrdId": "" if order.wire.keys() & _NAMELESS else trade.client_id,
            "fillPx": text(trade.price),
            "fillSz": text(trade.amount),
            "fillPnl": text(trade.realised),
            "side": trade.side,
            "posSide": order.position_side,
            "execType": "M" if trade.is_maker else "T",
            "fee": text(-trade.fee),
            "feeCcy": trade.fee_currency,
            "tag": order.wire.get("tag", ""),
            "ts": str(trade.ms),
            "fillTime": str(trade.ms),
        }

    def balance(self, account: Account, currencies: str = "") -> Row:
        """Return the trading account; what margin and orders hold is frozen."""
        now = str(self.matching.market.clock.ms())
        wanted = {name for name in currencies.split(",") if name}
        details = [
            self._holding(account, currency, now)
            for currency, wallet in account.wallets["trading"].items()
            if (wallet.total or currency in wanted) and (not wanted or currency in wanted)
        ]
        equity = sum((Decimal(row["eqUsd"] or 0) for row in details), ZERO)
        row = dict.fromkeys(("adjEq", "imr", "mmr", "mgnRatio", "ordFroz", "notionalUsd"), "")
        return row | {
            "uTime": now,
            "totalEq": text(equity),
            "isoEq": "0",
            "upl": text(self._profit(account)),
            "details": details,
        }

    def funding(self, account: Account, currencies: str = "") -> list[Row]:
        """Return the funding account."""
        wanted = {name for name in currencies.split(",") if name}
        return [
            {
                "ccy": currency,
                "bal": text(wallet.total),
                "availBal": text(wallet.free),
                "frozenBal": text(wallet.locked),
            }
            for currency, wallet in account.wallets["funding"].items()
            if (wallet.total and not wanted) or currency in wanted
        ]

    def positions(self, account: Account) -> list[Row]:
        """Return the open positions."""
        return [
            self.position(account, position)
            for position in account.positions.values()
            if position.amount
        ]

    def position(self, account: Account, position: Position) -> Row:
        """Return one position, its size in contracts."""
        market, matching = self.matching.market, self.matching
        price, size = market.price(position.symbol), market.instrument(position.symbol)
        notional = abs(position.amount) * price * size.contract_size
        margin, profit = matching.margin(account, position), matching.profit(position)
        mode = account.margin_modes.get(position.symbol, "cross")
        amount = position.amount if position.side == "net" else abs(position.amount)
        return {
            "instType": "SWAP",
            "instId": inst_id(position.symbol),
            "posId": str(zlib.crc32(f"{account.name} {position.symbol} {position.side}".encode())),
            "posSide": position.side,
            "pos": text(amount),
            "availPos": text(amount),
            "avgPx": text(position.entry) if position.amount else "",
            "markPx": text(price),
            "last": text(price),
            "idxPx": text(price),
            "mgnMode": mode,
            "ccy": size.quote,
            "lever": str(account.leverage.get(position.symbol, DEFAULT_LEVERAGE)),
            "liqPx": text(matching.liquidation(account, position)),
            "imr": text(margin) if mode == "cross" else "",
            "margin": text(margin) if mode == "isolated" else "",
            "mmr": text(notional * MAINTENANCE),
            "mgnRatio": "",
            "notionalUsd": text(notional),
            "upl": text(profit),
            "uplRatio": text(profit / margin) if margin else "0",
            "realizedPnl": text(position.realised),
            "adl": "1",
            "cTime": str(position.created_ms),
            "uTime": str(position.updated_ms),
            "pTime": str(market.clock.ms()),
        }

    def config(self, account: Account, key: ApiKey) -> Row:
        """Return `account/config`: what the key may do and how the account is set."""
        row: dict[str, Any] = {
            "uid": uid(account.name),
            "mainUid": uid(account.name),
            "acctLv": account.level,
            "posMode": "long_short_mode" if account.is_hedged else "net_mode",
            "perm": DEFAULT_PERMISSIONS,
            "ip": ",".join(key.ips),
            "label": "test key",
            "autoLoan": False,
            "greeksType": "PA",
            "level": "Lv1",
            "levelTmp": "",
            "ctIsoMode": "automatic",
            "mgnIsoMode": "automatic",
            "liquidationGear": "-1",
            "spotOffsetType": "",
            "roleType": "0",
            "traderInsts": [],
            "spotRoleType": "0",
            "spotTraderInsts": [],
            "opAuth": "0" if account.level == "1" else "1",
            "kycLv": "2",
            "acctStpMode": "cancel_maker",
            "enableSpotBorrow": False,
            "type": "0",
        }
        return row | key.permissions

    def order_type(self, order: Order) -> str:
        """Return SPOT, MARGIN (a spot pair not paid in cash) or SWAP."""
        kind = inst_type(self.instrument(order))
        is_margin = kind == "SPOT" and order.margin_mode != "cash"
        return "MARGIN" if is_margin else kind

    def _fee(self, order: Order) -> tuple[Decimal, str]:
        """Return the fee so far and its currency, the expected one before a fill."""
        fees = order.fees()
        if fees:
            currency = next(iter(fees))
            return fees[currency], currency
        found = self.instrument(order)
        is_bought = order.side == "buy" and found.kind == "spot"
        return ZERO, found.base if is_bought else found.quote

    def _leverage(self, order: Order) -> str:
        if self.instrument(order).kind == "spot":
            return ""
        account = self.matching.accounts[order.account]
        return str(account.leverage.get(order.symbol, DEFAULT_LEVERAGE))

    def _holding(self, account: Account, currency: str, now: str) -> Row:
        wallet = account.wallets["trading"][currency]
        profit = self._profit(account, currency)
        equity = wallet.total + profit
        available = max(ZERO, self.matching.available(account, currency))
        price = self._usd(currency)
        is_spot_mode = account.level == "1"
        return {
            "ccy": currency,
            "eq": text(equity),
            "cashBal": text(wallet.total),
            "availEq": "" if is_spot_mode else text(available),
            "availBal": text(available),
            "frozenBal": text(equity - available),
            "ordFrozen": text(wallet.locked),
            "eqUsd": text(equity * price),
            "disEq": text(equity * price),
            "upl": text(profit),
            "isoEq": "0",
            "liab": "0",
            "uplLiab": "0",
            "crossLiab": "0",
            "isoLiab": "0",
            "interest": "0",
            "uTime": now,
        }

    def _profit(self, account: Account, currency: str = "") -> Decimal:
        found = (
            self.matching.profit(position)
            for position in account.positions.values()
            if not currency or position.symbol.endswith(f":{currency}")
        )
        return sum(found, ZERO)

    def _usd(self, currency: str) -> Decimal:
        known = self.matching.market.instruments
        symbol = f"{currency}/USDT"
        if currency in _QUOTED or symbol not in known:
            return Decimal(1) if currency in _QUOTED else ZERO
        return self.matching.market.price(symbol)


def uid(account: str) -> str:
    """Return the number by which OKX knows an account."""
    digits = int.from_bytes(account.encode()[:6].ljust(6, b"\0"))
    return str(100_000_000_000_000_000 + digits)
