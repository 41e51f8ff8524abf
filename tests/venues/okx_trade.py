"""Placing and ending orders as OKX does: account modes, contracts, algo orders, batches."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.venues.accounts import Account, Order, OrderKind
from tests.venues.instruments import Instrument
from tests.venues.matching import Event, Matching, OrderEvent, Reason, Refused
from tests.venues.okx_errors import Refusal, refuse
from tests.venues.okx_instruments import Row, symbol_of, text

Body = Mapping[str, Any]

BATCH = 20
# A buy may not be priced further above the last price than this, a sell not further below.
PRICE_BAND = Decimal("0.05")
_SIDES = frozenset({"buy", "sell"})
_TYPES: Mapping[str, dict[str, Any]] = {
    "market": {"kind": "market"},
    "limit": {"kind": "limit"},
    "post_only": {"kind": "limit", "is_post_only": True},
    "fok": {"kind": "limit", "time_in_force": "FOK"},
    "ioc": {"kind": "limit", "time_in_force": "IOC"},
    "optimal_limit_ioc": {"kind": "market", "time_in_force": "IOC"},
}
_ALGO_TYPES = frozenset({"trigger", "conditional", "oco"})
_REASONS: Mapping[Reason, tuple[str, ...]] = {
    Reason.SYMBOL: ("51001",),
    Reason.HALTED: ("51022",),
    Reason.AMOUNT_MIN: ("51020",),
    Reason.AMOUNT_MAX: ("51005",),
    Reason.AMOUNT_STEP: ("51121",),
    Reason.PRICE_TICK: ("51150",),
    Reason.COST_MIN: ("51020",),
    Reason.CLIENT_ID: ("51000", "clOrdId"),
    Reason.DUPLICATE: ("51016",),
    Reason.WOULD_TRIGGER: ("51280",),
    Reason.POSITION_SIDE: ("51000", "posSide"),
    Reason.REDUCE_ONLY: ("51169",),
    Reason.UNKNOWN_ORDER: ("51400",),
}


def as_refusal(refused: Refused, *, is_swap: bool) -> Refusal:
    """Return OKX's code and words for what the matching core does not take."""
    if refused.reason is Reason.BALANCE:
        return refuse("51008", refused.detail, "margin" if is_swap else "balance")
    if refused.reason is Reason.TOO_MANY:
        return refuse("51174", "this instrument", "500")
    return refuse(*_REASONS[refused.reason])


def fail_code(order: Order) -> str:
    """Return why the child of an algo order could not be placed, empty when it was."""
    failure = str(order.wire.get("failure", ""))
    if not failure:
        return ""
    reason, _, detail = failure.partition(": ")
    return as_refusal(Refused(Reason(reason), detail), is_swap=":" in order.symbol).code


class Trading:
    """Everything that changes orders.

    Attributes:
        refuses_trigger_tgt_ccy: True refuses `tgtCcy` on trigger orders (51281), the strict
            reading of the reference; ccxt sends it on spot.
    """

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.refuses_trigger_tgt_ccy = False

    # Orders

    def place(self, account: Account, body: Body) -> Row:
        """Place one order and return its row; there is no state in it.

        Raises:
            Refusal: OKX's code for the order.
        """
        found = self._instrument(body)
        _check_mode(account, found, body)
        style = _TYPES.get(str(body.get("ordType", "")))
        if style is None:
            raise refuse("51000", "ordType")
        fields = self._common(account, found, body) | style | {"client_id": _client_id(body)}
        fields["price"] = None if style["kind"] == "market" else self._price(found, body)
        if _counts_quote(found, body, style["kind"]):
            fields["cost_limit"], fields["amount"] = fields["amount"], Decimal(0)
        self._check_size(found, fields)
        order = self._placed(account, found, fields, body)
        return _row(body) | {"ordId": str(order.id), "sCode": "0", "sMsg": "Order placed"}

    def cancel(self, account: Account, body: Body, *, is_algo: bool = False) -> Row:
        """Cancel one order by `ordId`/`clOrdId`, or an algo order by `algoId`/`algoClOrdId`.

        Raises:
            Refusal: 51400, 51407 or 51416.
        """
        names = ("algoId", "algoClOrdId") if is_algo else ("ordId", "clOrdId")
        order = self.find(account, body, *names)
        if order is None:
            raise refuse("51400")
        if is_algo and order.status in {"triggered", "failed"}:
            raise refuse("51416")
        try:
            self.matching.cancel(account, order)
        except Refused as refused:
            raise as_refusal(refused, is_swap=False) from None
        shown = "" if order.client_id.startswith(_ANONYMOUS) else order.client_id
        identity = {names[0]: str(order.id), names[1]: shown}
        return {"clOrdId": "", "tag": ""} | identity | {"sCode": "0", "sMsg": ""}

    def find(self, account: Account, query: Body, id_name: str, client_name: str) -> Order | None:
        """Return the order that an id or a client id names, the latest of several.

        Raises:
            Refusal: 51407, neither is given.
        """
        number, client_id = str(query.get(id_name, "")), str(query.get(client_name, ""))
        if not number and not client_id:
            raise refuse("51407")
        return self.matching.find(
            account,
            symbol=self._instrument(query).symbol,
            order_id=int(number) if number.isdigit() else (-1 if number else None),
            client_id=None if number else client_id,
            is_algo=id_name == "algoId",
        )

    # Algo orders

    def place_algo(self, account: Account, body: Body) -> Row:
        """Place a trigger, conditional or oco order; nothing is frozen for it.

        Raises:
            Refusal: OKX's code for the order.
        """
        found = self._instrument(body)
        _check_mode(account, found, body)
        kind = str(body.get("ordType", ""))
        if kind not in _ALGO_TYPES:
            raise refuse("51000", "ordType")
        self._check_target(found, body, kind)
        fields = self._common(account, found, body) | {"is_algo": True}
        fields["client_id"] = _algo_client_id(body)
        legs = self._legs(found, body, kind)
        self._check_size(found, fields)
        order = self._placed(account, found, fields | legs[0], body)
        for leg in legs[1:]:
            self._pair(account, order, fields | leg, body)
        named = body.get("algoClOrdId") or body.get("clOrdId", "")
        row = {"algoId": str(order.id), "algoClOrdId": named, "sCode": "0", "sMsg": ""}
        return _row(body) | row

    def react(self, event: Event) -> None:
        """Place what hangs on a filled order and end the other half of an oco."""
        if isinstance(event, OrderEvent) and event.order.status != "open":
            asyncio.get_running_loop().call_soon(self._follow, event.order)

    def _follow(self, seen: Order) -> None:
        account = self.matching.accounts.get(seen.account)
        if account is None or seen.id not in account.orders:
            return
        order = account.orders[seen.id]
        if order.status == "filled" and "has_attached" not in order.wire:
            order.wire["has_attached"] = True
            self._attach(account, order)
        other = account.orders.get(order.wire.get("oco", 0))
        if other is None or order.is_open or not other.is_open:
            return
        if "oco_of" in order.wire and order.status in {"triggered", "failed"}:
            other.child_id = order.child_id
            self.matching._end(account, other, order.status)
        else:
            self.matching.cancel(account, other)

    def _attach(self, account: Account, order: Order) -> None:
        side = "sell" if order.side == "buy" else "buy"
        for attached in order.wire.get("attachAlgoOrds", []):
            is_both = {"slTriggerPx", "tpTriggerPx"} <= attached.keys()
            body = attached | {
                "instId": order.wire["instId"],
                "tdMode": order.wire["tdMode"],
                "side": side,
                "posSide": order.wire.get("posSide", ""),
                "sz": text(order.filled),
                "ordType": "oco" if is_both else "conditional",
                "algoClOrdId": attached.get("attachAlgoClOrdId", ""),
            }
            try:
                self.place_algo(account, body)
            except Refusal as refusal:
                self.matching.journal.write("rejected", code=refusal.code, of=order.id)

    def _pair(self, account: Account, first: Order, fields: dict[str, Any], body: Body) -> None:
        fields["client_id"] = f"oco{first.id}"
        half = {**body, "oco": first.id, "oco_of": first.id}
        first.wire["oco"] = self._placed(account, self._instrument(body), fields, half).id

    def _legs(self, found: Instrument, body: Body, kind: str) -> list[dict[str, Any]]:
        """Return what waits: a stop below or above, a take-profit, or both."""
        side = str(body.get("side"))
        last = self.matching.market.price(found.symbol)
        if kind == "trigger":
            trigger = _number(body, "triggerPx")
            name = "stop" if (trigger > last) == (side == "buy") else "take_profit"
            return [_leg(body, name, trigger, "orderPx")]
        legs = []
        for short, name, code in (("sl", "stop", "51278"), ("tp", "take_profit", "51277")):
            if not body.get(f"{short}TriggerPx"):
                continue
            trigger = _number(body, f"{short}TriggerPx")
            waits_above = (side == "buy") == (name == "stop")
            if (trigger <= last) if waits_above else (trigger >= last):
                raise refuse(code if side == "buy" else str(int(code) + 2))
            legs.append(_leg(body, name, trigger, f"{short}OrdPx"))
        if not legs or (kind == "oco" and len(legs) < 2):
            raise refuse("50015", "slTriggerPx", "tpTriggerPx")
        return legs[:2] if kind == "oco" else legs[:1]

    def _check_target(self, found: Instrument, body: Body, kind: str) -> None:
        target = body.get("tgtCcy")
        if not target or found.kind == "swap":
            return
        if kind == "trigger" and (self.refuses_trigger_tgt_ccy or target != "base_ccy"):
            raise refuse("51281")
        if kind != "trigger" and body.get("side") == "sell":
            raise refuse("51000", "tgtCcy")

    # Reading a request

    def _instrument(self, body: Body) -> Instrument:
        known = dict(self.matching.market.instruments)
        if not body.get("instId"):
            raise refuse("50014", "instId")
        return known[symbol_of(str(body["instId"]), known)]

    def _common(self, account: Account, found: Instrument, body: Body) -> dict[str, Any]:
        side = str(body.get("side", ""))
        if side not in _SIDES:
            raise refuse("51000", "side")
        position_side = str(body.get("posSide") or "net")
        closes = (position_side, side) in {("long", "sell"), ("short", "buy")}
        is_reduce_only = str(body.get("reduceOnly", "")).lower() == "true"
        is_swap = found.kind == "swap"
        return {
            "side": side,
            "amount": _number(body, "sz"),
            "position_side": position_side if is_swap else "net",
            "margin_mode": str(body["tdMode"]),
            # With long and short side by side, an order against its side can only close.
            "is_reduce_only": is_swap and (is_reduce_only or (account.is_hedged and closes)),
        }

    def _price(self, found: Instrument, body: Body) -> Decimal:
        if not body.get("px"):
            raise refuse("51204")
        price, last = _number(body, "px"), self.matching.market.price(found.symbol)
        highest, lowest = last * (1 + PRICE_BAND), last * (1 - PRICE_BAND)
        if price > highest if body.get("side") == "buy" else price < lowest:
            raise refuse("51006", text(highest), text(lowest))
        return price

    def _check_size(self, found: Instrument, fields: Mapping[str, Any]) -> None:
        if fields.get("cost_limit"):
            price = self.matching.market.price(found.symbol)
            if fields["cost_limit"] / price < found.minimum:
                raise refuse("51020")
        elif fields["amount"] % found.lot:
            raise refuse("51121")

    def _placed(
        self, account: Account, found: Instrument, fields: Mapping[str, Any], body: Body
    ) -> Order:
        wire = {name: _plain(value) for name, value in body.items()}
        if fields["client_id"].startswith(_ANONYMOUS):
            wire["is_anonymous"] = True
        if found.kind == "swap":
            account.margin_modes[found.symbol] = fields["margin_mode"]
        order = self.matching.draft(account, found.symbol, wire=wire, **fields)
        try:
            return self.matching.place(account, order)
        except Refused as refused:
            raise as_refusal(refused, is_swap=found.kind == "swap") from None


# Orders without a client id get one that is never shown.
_ANONYMOUS = "anonymous"


def each(
    bodies: Any, act: Callable[[Body], Row], now_ms: int, *, expires_ms: int | None = None
) -> tuple[str, str, list[Row]]:
    """Do one thing to several orders; return code, message and a row for each.

    Args:
        bodies: The request: an object or a list of them.
        act: Raises `Refusal` for an order that is not taken.
        now_ms: The time that the rows carry.
        expires_ms: The `expTime` header; past it nothing is done (50036).

    Raises:
        Refusal: 50002 for another shape, 51111 for too many.
    """
    listed = bodies if isinstance(bodies, list) else [bodies]
    if not listed or not all(isinstance(body, dict) for body in listed):
        raise refuse("50002")
    if len(listed) > BATCH:
        raise refuse("51111", str(BATCH))
    rows = []
    for body in listed:
        try:
            if expires_ms is not None and expires_ms < now_ms:
                raise refuse("50036")
            row = act(body)
        except Refusal as refusal:
            row = _refused_row(body, refusal)
        rows.append(row | {"ts": str(now_ms)})
    failed = sum(row["sCode"] != "0" for row in rows)
    if not failed:
        return "0", "", rows
    if failed == len(rows):
        return "1", "All operations failed", rows
    return "2", "Bulk operation partially succeeded.", rows


def _refused_row(body: Body, refusal: Refusal) -> Row:
    names = ("ordId", "algoId", "algoClOrdId")
    named = {"ordId": ""} | {name: str(body[name]) for name in names if name in body}
    words = {"sCode": refusal.code, "sMsg": refusal.message, "subCode": refusal.sub_code}
    return _row(body) | named | words


def _row(body: Body) -> Row:
    return {"clOrdId": str(body.get("clOrdId", "")), "tag": str(body.get("tag", ""))}


def _check_mode(account: Account, found: Instrument, body: Body) -> None:
    """Refuse a trade mode that the account's level does not have."""
    mode, level = body.get("tdMode"), account.level
    if mode not in {"cash", "cross", "isolated"}:
        raise refuse("51000", "tdMode")
    if found.kind == "swap":
        if level == "1":
            raise refuse("51010")
        if mode == "cash":
            raise refuse("51000", "tdMode")
    elif level == "1" and mode != "cash":
        raise refuse("51010")
    elif level in {"3", "4"} and mode != "cross":
        raise refuse("51000", "tdMode")


def _counts_quote(found: Instrument, body: Body, kind: OrderKind) -> bool:
    """Say whether `sz` is money: the default of a market buy that names no `tgtCcy`."""
    target = str(body.get("tgtCcy") or "")
    if target not in {"", "base_ccy", "quote_ccy"}:
        raise refuse("51000", "tgtCcy")
    if found.kind == "swap" or kind != "market":
        return False
    return target == "quote_ccy" or (not target and body.get("side") == "buy")


def _leg(body: Body, name: str, trigger: Decimal, price_name: str) -> dict[str, Any]:
    price = str(body.get(price_name) or "-1")
    if price == "-1":
        return {"kind": name, "trigger": trigger}
    return {"kind": f"{name}_limit", "trigger": trigger, "price": _number(body, price_name)}


def _client_id(body: Body) -> str:
    if "clOrdId" in body and body["clOrdId"] != "":
        return str(body["clOrdId"])
    return _ANONYMOUS + uuid.uuid4().hex[:20]


def _algo_client_id(body: Body) -> str:
    return str(body.get("algoClOrdId") or "") or _client_id(body)


def _number(body: Body, name: str) -> Decimal:
    try:
        value = Decimal(str(body.get(name, "")))
    except InvalidOperation:
        raise refuse("51000", name) from None
    if not value.is_finite() or value <= 0:
        raise refuse("51000", name)
    return value


def _plain(value: Any) -> Any:
    return text(value) if isinstance(value, Decimal) else value
