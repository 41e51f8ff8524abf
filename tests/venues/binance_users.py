"""Binance's private WebSockets: the spot user stream over ws-api, futures listen keys."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import web

from tests.venues import binance_auth
from tests.venues.accounts import Account, ApiKey, Order, Trade
from tests.venues.binance_futures import SIDE_WORDS, algo_status
from tests.venues.binance_words import eight, error, market_id, status, text
from tests.venues.matching import BalanceEvent, Event, Matching, OrderEvent, PositionEvent
from tests.venues.sockets import Socket
from tests.venues.venue import Call, VenueError

_EXECUTIONS = {
    "new": "NEW",
    "trade": "TRADE",
    "canceled": "CANCELED",
    "expired": "EXPIRED",
    "triggered": "NEW",
    "failed": "REJECTED",
}
LISTEN_KEY_MS = 3600 * 1000


class SpotUserStream:
    """`userDataStream.subscribe.signature` and the events of the spot wallet."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._sinks: dict[Socket, dict[int, Account]] = {}

    async def talk(self, socket: Socket, environment: str) -> None:
        """Serve one ws-api connection until it ends."""
        numbers = count()
        self._sinks[socket] = {}
        socket.on_close.append(lambda: self._sinks.pop(socket))
        async for request_text in socket.messages():
            try:
                request = json.loads(request_text)
                number, method = request.get("id"), request.get("method")
                result = self._run(socket, environment, numbers, method, request)
                answer = {"id": number, "status": 200, "result": result, "rateLimits": []}
            except VenueError as failure:
                words = {"code": int(failure.code), "msg": failure.message}
                answer = {"id": number, "status": failure.status, "error": words}
            except ValueError:
                words = {"code": -1135, "msg": "Invalid JSON Request"}
                answer = {"id": None, "status": 400, "error": words}
            socket.push(answer, is_event=False)

    def emit(self, account: str, event: dict[str, Any]) -> int:
        """Send any event to the streams of an account ("" for all); return to how many."""
        sent = 0
        for socket, subscriptions in self._sinks.items():
            for number, owner in subscriptions.items():
                if account in {"", owner.name}:
                    socket.push({"subscriptionId": number, "event": event})
                    sent += 1
        return sent

    def terminate(self, account: str) -> int:
        """End the subscriptions of an account with `eventStreamTerminated`."""
        now = self._matching.market.clock.ms()
        sent = self.emit(account, {"e": "eventStreamTerminated", "E": now})
        for subscriptions in self._sinks.values():
            for number, owner in list(subscriptions.items()):
                if account in {"", owner.name}:
                    del subscriptions[number]
        return sent

    def _run(
        self,
        socket: Socket,
        environment: str,
        numbers: Iterable[int],
        method: str,
        request: dict[str, Any],
    ) -> Any:
        match method:
            case "ping":
                return {}
            case "time":
                return {"serverTime": self._matching.market.clock.ms()}
            case "userDataStream.subscribe.signature":
                key = self._authenticate(socket, environment, request.get("params", {}))
                return {"subscriptionId": self._subscribe(socket, key, next(iter(numbers)))}
            case "userDataStream.unsubscribe":
                self._sinks[socket].clear()
                return {}
            case _:
                raise VenueError("-1000", "Invalid method.", 400)

    def _authenticate(self, socket: Socket, environment: str, params: dict[str, Any]) -> ApiKey:
        if "login_error" in socket.ways:
            raise error("-2015")
        clock = self._matching.market.clock
        key = binance_auth.known_key(
            self._matching.keys, str(params.get("apiKey", "")), environment, clock.ms()
        )
        binance_auth.check_time(clock, {name: str(value) for name, value in params.items()})
        signed = "&".join(
            f"{name}={params[name]}" for name in sorted(params) if name != "signature"
        )
        binance_auth.check_signature(key, signed, str(params.get("signature", "")))
        if not key.permissions.get("enableReading"):
            raise error("-2015")
        return key

    def _subscribe(self, socket: Socket, key: ApiKey, number: int) -> int:
        account = self._matching.accounts[key.account]
        socket.account = account.name

        def forward(event: Event) -> None:
            if number not in self._sinks.get(socket, {}):
                return
            for message in self._messages(account, event):
                socket.push({"subscriptionId": number, "event": message})

        self._sinks[socket][number] = account
        socket.on_close.append(self._matching.subscribe(account.name, forward))
        return number

    def _messages(self, account: Account, event: Event) -> list[dict[str, Any]]:
        now = self._matching.market.clock.ms()
        if isinstance(event, OrderEvent) and ":" not in event.order.symbol:
            return [_execution(event, now)]
        if isinstance(event, BalanceEvent) and event.wallet == "spot":
            wallet = account.wallets["spot"]
            moved = [
                {"e": "balanceUpdate", "E": now, "a": name, "d": eight(event.delta), "T": now}
                for name in event.currencies
                if event.delta is not None
            ]
            return [
                *moved,
                {
                    "e": "outboundAccountPosition",
                    "E": now,
                    "u": now,
                    "B": [
                        {
                            "a": name,
                            "f": eight(wallet[name].free),
                            "l": eight(wallet[name].locked),
                        }
                        for name in event.currencies
                    ],
                },
            ]
        return []


def _execution(event: OrderEvent, now: int) -> dict[str, Any]:
    order, trade = event.order, event.trade
    is_canceled = event.execution == "canceled"
    return {
        "e": "executionReport",
        "E": now,
        "s": market_id(order.symbol),
        "c": order.wire.get("cancel_id", order.client_id) if is_canceled else order.client_id,
        "S": order.side.upper(),
        "o": order.wire.get("type", "LIMIT"),
        "f": order.time_in_force,
        "q": eight(order.amount),
        "p": eight(order.price),
        "P": eight(order.trigger),
        "F": eight(None),
        "g": -1,
        "C": order.client_id if is_canceled and "cancel_id" in order.wire else "",
        "x": _EXECUTIONS[event.execution],
        "X": status(order),
        "r": "NONE",
        "i": order.id,
        "z": eight(order.filled),
        "Z": eight(order.cost),
        **_last_fill(trade),
        "n": eight(trade.fee if trade else None),
        "N": trade.fee_currency if trade else None,
        "T": order.updated_ms,
        "t": trade.id if trade else -1,
        "I": order.id,
        "w": order.is_open,
        "m": bool(trade and trade.is_maker),
        "M": False,
        "O": order.created_ms,
        "Q": eight(order.cost_limit),
        "W": order.created_ms,
        "V": "EXPIRE_MAKER",
    }


def _last_fill(trade: Trade | None) -> dict[str, str]:
    return {
        "l": eight(trade.amount if trade else None),
        "L": eight(trade.price if trade else None),
        "Y": eight(trade.cost if trade else None),
    }


@dataclass
class _ListenKey:
    name: str
    account: str
    kept_ms: int


class FuturesUserStream:
    """Listen keys and the events of the futures wallet."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._keys: dict[str, _ListenKey] = {}
        self._sinks: dict[Socket, str] = {}

    # Listen keys: only the API key is needed, nothing is signed.

    async def create(self, call: Call) -> web.Response:
        account = self._owner(call)
        found = next((key for key in self._keys.values() if key.account == account), None)
        now = self._matching.market.clock.ms()
        if found is None or self._is_old(found):
            found = _ListenKey(secrets.token_urlsafe(48)[:64], account, now)
            self._keys[found.name] = found
        found.kept_ms = now
        return web.json_response({"listenKey": found.name})

    async def keep(self, call: Call) -> web.Response:
        account = self._owner(call)
        found = next((key for key in self._keys.values() if key.account == account), None)
        if found is None or self._is_old(found):
            raise error("-1125")
        found.kept_ms = self._matching.market.clock.ms()
        return web.json_response({"listenKey": found.name})

    async def delete(self, call: Call) -> web.Response:
        account = self._owner(call)
        self._keys = {name: key for name, key in self._keys.items() if key.account != account}
        return web.json_response({})

    def _owner(self, call: Call) -> str:
        assert call.account
        return call.account.name

    def _is_old(self, key: _ListenKey) -> bool:
        return self._matching.market.clock.ms() - key.kept_ms > LISTEN_KEY_MS

    def expire(self, account: str) -> int:
        """End the listen keys of an account ("" for all): one event, then silence."""
        sent = 0
        for name, key in list(self._keys.items()):
            if account not in {"", key.account}:
                continue
            del self._keys[name]
            now = self._matching.market.clock.ms()
            for socket, owner in self._sinks.items():
                if owner == key.account:
                    socket.push({"e": "listenKeyExpired", "E": now, "listenKey": name})
                    sent += 1
        return sent

    def forget(self) -> None:
        """Drop every listen key."""
        self._keys.clear()

    # The stream

    async def talk(self, socket: Socket, name: str) -> None:
        """Serve one connection until it ends; a wrong key hears nothing, as at the venue."""
        key = self._keys.get(name)
        if key:
            account = self._matching.accounts[key.account]
            socket.account = account.name
            self._sinks[socket] = account.name
            socket.on_close.append(lambda: self._sinks.pop(socket))
            forward = self._forwarder(socket, account, name)
            socket.on_close.append(self._matching.subscribe(account.name, forward))
        async for _ in socket.messages():
            pass

    def emit(self, account: str, event: dict[str, Any]) -> int:
        """Send any event to the streams of an account ("" for all); return to how many."""
        found = [socket for socket, owner in self._sinks.items() if account in {"", owner}]
        for socket in found:
            socket.push(event)
        return len(found)

    def _forwarder(self, socket: Socket, account: Account, name: str) -> Callable[[Event], None]:
        def forward(event: Event) -> None:
            key = self._keys.get(name)
            if key is None:
                return
            if self._is_old(key):
                self.expire(account.name)
                return
            for message in self._messages(account, event):
                socket.push(message)

        return forward

    def _messages(self, account: Account, event: Event) -> list[dict[str, Any]]:
        now = self._matching.market.clock.ms()
        times = {"E": now, "T": now}
        if isinstance(event, OrderEvent):
            if ":" not in event.order.symbol:
                return []
            if event.order.is_algo:
                return [{"e": "ALGO_UPDATE", **times, "o": _algo(event.order)}]
            return [{"e": "ORDER_TRADE_UPDATE", **times, "o": _order(event)}]
        if isinstance(event, PositionEvent):
            return [{"e": "ACCOUNT_UPDATE", **times, "a": self._update(account, event)}]
        if event.wallet != "futures":
            return []
        balances = [self._balance(account, name) for name in event.currencies]
        reason = {"m": "ORDER", "B": balances, "P": []}
        return [{"e": "ACCOUNT_UPDATE", **times, "a": reason}]

    def _update(self, account: Account, event: PositionEvent) -> dict[str, Any]:
        position = event.position
        return {
            "m": "ORDER",
            "B": [self._balance(account, position.symbol.rpartition(":")[2])],
            "P": [
                {
                    "s": market_id(position.symbol),
                    "pa": text(position.amount),
                    "ep": text(position.entry),
                    "bep": text(position.entry),
                    "cr": text(position.realised),
                    "up": text(self._matching.profit(position)),
                    "mt": account.margin_modes.get(position.symbol, "cross"),
                    "iw": "0",
                    "ps": SIDE_WORDS[position.side],
                }
            ],
        }

    def _balance(self, account: Account, name: str) -> dict[str, str]:
        total = text(account.wallets["futures"][name].total)
        return {"a": name, "wb": total, "cw": total, "bc": "0"}


def _order(event: OrderEvent) -> dict[str, Any]:
    order, trade = event.order, event.trade
    kind = order.wire.get("type", order.kind.upper())
    return {
        "s": market_id(order.symbol),
        "c": order.client_id,
        "S": order.side.upper(),
        "o": kind,
        "f": order.wire.get("timeInForce", order.time_in_force),
        "q": text(order.amount),
        "p": text(order.price),
        "ap": text(order.average),
        "sp": text(order.trigger),
        "x": _EXECUTIONS[event.execution],
        "X": status(order),
        "i": order.id,
        "l": text(trade.amount if trade else None),
        "z": text(order.filled),
        "L": text(trade.price if trade else None),
        "N": trade.fee_currency if trade else "USDT",
        "n": text(trade.fee if trade else None),
        "T": order.updated_ms,
        "t": trade.id if trade else 0,
        "b": "0",
        "a": "0",
        "m": bool(trade and trade.is_maker),
        "R": order.is_reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": kind,
        "ps": SIDE_WORDS[order.position_side],
        "cp": bool(order.wire.get("closePosition")),
        "rp": text(trade.realised if trade else None),
        "pP": False,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
    }


def _algo(order: Order) -> dict[str, Any]:
    return {
        "caid": order.client_id,
        "aid": order.id,
        "at": "CONDITIONAL",
        "o": order.wire["type"],
        "s": market_id(order.symbol),
        "S": order.side.upper(),
        "ps": SIDE_WORDS[order.position_side],
        "f": order.wire.get("timeInForce", "GTC"),
        "q": text(order.amount),
        "X": algo_status(order),
        "ai": str(order.child_id) if order.child_id else "",
        "ap": "0",
        "aq": "0",
        "act": "",
        "tp": text(order.trigger),
        "p": text(order.price),
        "V": "EXPIRE_MAKER",
        "wt": "CONTRACT_PRICE",
        "pm": "NONE",
        "cp": bool(order.wire.get("closePosition")),
        "pP": False,
        "R": order.is_reduce_only,
        "tt": order.updated_ms if order.child_id else 0,
        "gtd": 0,
    }
