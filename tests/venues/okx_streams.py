"""OKX's WebSockets: `/public`, `/business` and `/private`, their channels and their words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.venues.accounts import Account, ApiKey
from tests.venues.market import Level
from tests.venues.matching import (
    BalanceEvent,
    Event,
    Matching,
    OrderEvent,
    PositionEvent,
)
from tests.venues.okx_auth import login
from tests.venues.okx_errors import Refusal, refuse
from tests.venues.okx_instruments import Row, inst_id, symbol_of
from tests.venues.okx_public import PublicData, bar_ms, candle_row, level_rows, trade_row
from tests.venues.okx_views import Views, uid
from tests.venues.sockets import Socket
from tests.venues.venue import Call, Venue

PATH = "/ws/v5/"
Argument = Mapping[str, str]
Update = Callable[[], None]

_PUBLIC = frozenset(
    {"tickers", "trades", "books", "books5", "bbo-tbt", "mark-price", "funding-rate"}
)
_PRIVATE = frozenset({"orders", "account", "positions"})
_PAID = frozenset({"books-l2-tbt", "books50-l2-tbt"})
_DEPTHS = {"books5": 5, "bbo-tbt": 1}
_BOOK_LEVELS = 400


@dataclass
class _Talk:
    """One connection: who it is and what ends each of its subscriptions."""

    socket: Socket
    kind: str  # public, business, private
    key: ApiKey | None = None

    @property
    def id(self) -> str:
        """OKX's name of the connection."""
        return f"c{self.socket.id:07x}"


class Streams:
    """Serves the three WebSocket paths."""

    def __init__(self, venue: Venue, public: PublicData, views: Views) -> None:
        self._venue = venue
        self._public = public
        self._views = views
        self._ends: dict[int, dict[str, Update]] = {}

    def add_routes(self) -> None:
        """Add the paths."""
        for kind in ("public", "business", "private"):
            self._venue.route("GET", "ws", PATH + kind, self._handle)

    async def _handle(self, call: Call) -> web.StreamResponse:
        return await self._venue.sockets.serve(call.request, self._talk)

    async def _talk(self, socket: Socket) -> None:
        talk = _Talk(socket, socket.path.rpartition("/")[2])
        self._ends[socket.id] = {}
        socket.on_close.append(lambda: self._hang_up(socket.id))
        async for message in socket.messages():
            if message == "ping":
                await socket.harm("send", text="pong")
                continue
            try:
                self._hear(talk, message)
            except Refusal as refusal:
                self._complain(talk, refusal)

    def _hang_up(self, number: int) -> None:
        for end in self._ends.pop(number, {}).values():
            end()

    def _complain(self, talk: _Talk, refusal: Refusal) -> None:
        told = {"event": "error", "msg": refusal.message, "code": refusal.code}
        talk.socket.push(told | {"connId": talk.id}, is_event=False)

    def _hear(self, talk: _Talk, message: str) -> None:
        request: Any = None
        with suppress(ValueError):
            request = json.loads(message)
        if not isinstance(request, dict) or not isinstance(request.get("args"), list):
            raise refuse("60012")
        match request.get("op"):
            case "login":
                self._login(talk, request["args"])
            case "subscribe":
                self._each(talk, request["args"], self._subscribe)
            case "unsubscribe":
                self._each(talk, request["args"], self._unsubscribe)
            case other:
                raise refuse("60019", str(other))

    def _each(
        self, talk: _Talk, arguments: list[Any], act: Callable[[_Talk, dict[str, str]], None]
    ) -> None:
        """Do something with every argument; one that is wrong does not spoil the others."""
        for argument in arguments:
            try:
                if not isinstance(argument, dict):
                    raise refuse("60013")
                act(talk, argument)
            except Refusal as refusal:
                self._complain(talk, refusal)

    # Who it is

    def _login(self, talk: _Talk, arguments: list[Any]) -> None:
        socket = talk.socket
        if "login_error" in socket.ways:
            raise refuse("60009")
        if talk.key:
            raise refuse("60031")
        matching = self._venue.matching
        talk.key = login(socket.host, arguments[0], matching.keys, now_ms=self._venue.clock.ms())
        socket.account = talk.key.account
        answer = {"event": "login", "msg": "", "code": "0", "connId": talk.id}
        socket.push(answer, is_event=False)

    # What it wants

    def _subscribe(self, talk: _Talk, argument: dict[str, str]) -> None:
        name = _name(argument)
        start = self._opened(talk, argument)
        ends = self._ends.get(talk.socket.id)
        if ends is None:
            return
        earlier = ends.pop(name, None)
        if earlier:
            earlier()
        answer = {"event": "subscribe", "arg": argument, "connId": talk.id}
        talk.socket.push(answer, is_event=False)
        talk.socket.topics.add(name)
        ends[name] = start()

    def _unsubscribe(self, talk: _Talk, argument: dict[str, str]) -> None:
        name = _name(argument)
        end = self._ends.get(talk.socket.id, {}).pop(name, None)
        if end:
            end()
        talk.socket.topics.discard(name)
        answer = {"event": "unsubscribe", "arg": argument, "connId": talk.id}
        talk.socket.push(answer, is_event=False)

    def _opened(self, talk: _Talk, argument: dict[str, str]) -> Callable[[], Update]:
        """Return what begins a channel, once the place and the person are right."""
        channel = argument.get("channel", "")
        is_business = channel.startswith("candle") or channel == "orders-algo"
        if channel in _PAID:
            raise refuse("64003")
        if is_business and talk.kind != "business":
            raise refuse("64001")
        if talk.kind == "business" and channel in _PUBLIC | _PRIVATE:
            raise refuse("64002")
        if channel in _PRIVATE | {"orders-algo"}:
            return self._opened_private(talk, argument)
        if channel in _PUBLIC and talk.kind != "public":
            raise _unknown(argument)
        if channel not in _PUBLIC and not channel.startswith("candle"):
            raise _unknown(argument)
        symbol = self._symbol(argument)
        return lambda: self._follow(talk.socket, argument, symbol)

    def _symbol(self, argument: Argument) -> str:
        try:
            known = dict(self._venue.market.instruments)
            symbol = symbol_of(argument.get("instId", ""), known)
            if argument["channel"].startswith("candle"):
                bar_ms(argument["channel"].removeprefix("candle"))
        except Refusal:
            raise _unknown(argument) from None
        return symbol

    # Public channels

    def _follow(self, socket: Socket, argument: Argument, symbol: str) -> Update:
        """Push what is, then every change."""
        channel = argument["channel"]
        feed: _Feed
        if channel == "books":
            feed = _BookFeed(self._public, symbol)
        elif channel == "trades":
            feed = _TradeFeed(self._public, symbol)
        else:
            feed = _RowFeed(self._public, symbol, channel)

        def push(changed: str) -> None:
            if changed != symbol:
                return
            for frame in feed.frames():
                socket.push({"arg": argument} | frame)

        push(symbol)
        return self._venue.market.subscribe(push)

    # Private channels

    def _opened_private(self, talk: _Talk, argument: dict[str, str]) -> Callable[[], Update]:
        if argument["channel"] in _PRIVATE and talk.kind != "private":
            raise _unknown(argument)
        if talk.key is None:
            raise refuse("60011")
        account = self._venue.matching.accounts[talk.key.account]
        return lambda: self._listen(talk.socket, account, argument)

    def _listen(self, socket: Socket, account: Account, argument: Argument) -> Update:
        told = dict(argument) | {"uid": uid(account.name)}
        channel = argument["channel"]
        teller = _TELLERS[channel](self._views, self._venue.matching, account)

        def push(rows: list[Row], **extra: Any) -> None:
            wanted = [row for row in rows if _is_wanted(row, argument)]
            if wanted or extra.get("eventType") == "snapshot":
                socket.push({"arg": told} | extra | {"data": wanted})

        first = teller.first()
        if first is not None:
            push(first, eventType="snapshot", curPage=1, lastPage=True)
        kind = {} if first is None else {"eventType": "event_update"}
        return self._venue.matching.subscribe(
            account.name, lambda event: push(teller.rows(event), **kind)
        )


# What each channel pushes


class _Feed:
    def __init__(self, public: PublicData, symbol: str) -> None:
        self.public = public
        self.symbol = symbol

    def frames(self) -> list[dict[str, Any]]:
        """Return the frames that a change is worth, without `arg`."""
        raise NotImplementedError


class _RowFeed(_Feed):
    """A channel whose every frame stands alone."""

    def __init__(self, public: PublicData, symbol: str, channel: str) -> None:
        super().__init__(public, symbol)
        self.channel = channel

    def frames(self) -> list[dict[str, Any]]:
        return [{"data": [self._row()]}]

    def _row(self) -> Row | list[str]:
        public, symbol, channel = self.public, self.symbol, self.channel
        found, name = public.market.instrument(symbol), {"instId": inst_id(symbol)}
        if channel == "tickers":
            return public.ticker_row(symbol)
        if channel in _DEPTHS:
            return public.book_row(symbol, _DEPTHS[channel]) | name
        if channel == "mark-price":
            return public.mark_row(symbol)
        if channel == "funding-rate":
            return public.funding_rate(name)[0]
        step = bar_ms(channel.removeprefix("candle"))
        candle = public.market.candles(symbol, step_ms=step, limit=1)[-1]
        return candle_row(found, candle, step, public.market.clock.ms())


class _TradeFeed(_Feed):
    """The tape from now on, after the latest trade there was."""

    last = -1

    def frames(self) -> list[dict[str, Any]]:
        trades = self.public.market.trades(self.symbol, 1 if self.last < 0 else 100)
        fresh = [trade for trade in trades if trade.id > self.last]
        self.last = max([self.last, *(trade.id for trade in fresh)])
        return [{"data": [trade_row(self.symbol, trade)]} for trade in fresh]


class _BookFeed(_Feed):
    """A snapshot, then what changed; each frame names the number of the one before."""

    sequence = -1
    sides: tuple[list[Level], list[Level]] = ([], [])

    def frames(self) -> list[dict[str, Any]]:
        book = self.public.market.book(self.symbol, _BOOK_LEVELS)
        is_first = self.sequence < 0
        bids, asks = (
            (book.bids, book.asks)
            if is_first
            else (_changes(self.sides[0], book.bids), _changes(self.sides[1], book.asks))
        )
        row = {
            "asks": level_rows(asks),
            "bids": level_rows(bids),
            "ts": str(self.public.market.clock.ms()),
            "checksum": 0,
            "seqId": book.sequence,
            "prevSeqId": self.sequence,
        }
        self.sequence, self.sides = book.sequence, (book.bids, book.asks)
        return [{"action": "snapshot" if is_first else "update", "data": [row]}]


class _OrderTeller:
    """`orders`: nothing at first, then every event of an ordinary order."""

    is_algo = False

    def __init__(self, views: Views, matching: Matching, account: Account) -> None:
        self.views = views
        self.matching = matching
        self.account = account

    def first(self) -> list[Row] | None:
        return None

    def rows(self, event: Event) -> list[Row]:
        if not isinstance(event, OrderEvent) or event.order.is_algo:
            return []
        return [self.views.order_push(event.order, event.trade)]


class _AlgoTeller(_OrderTeller):
    """`orders-algo`: the same for algo orders; an oco is one of them."""

    def rows(self, event: Event) -> list[Row]:
        if not isinstance(event, OrderEvent) or not event.order.is_algo:
            return []
        if "oco_of" in event.order.wire:
            return []
        return [self.views.algo(event.order)]


class _BalanceTeller(_OrderTeller):
    """`account`: all of it at first, then the currencies that changed."""

    def first(self) -> list[Row] | None:
        return [self.views.balance(self.account)]

    def rows(self, event: Event) -> list[Row]:
        if not isinstance(event, BalanceEvent) or event.wallet != "trading":
            return []
        return [self.views.balance(self.account, ",".join(event.currencies))]


class _PositionTeller(_OrderTeller):
    """`positions`: the open ones at first, then each that changed, down to zero."""

    def first(self) -> list[Row] | None:
        return self.views.positions(self.account)

    def rows(self, event: Event) -> list[Row]:
        if not isinstance(event, PositionEvent):
            return []
        return [self.views.position(self.account, event.position)]


_TELLERS: Mapping[str, type[_OrderTeller]] = {
    "orders": _OrderTeller,
    "orders-algo": _AlgoTeller,
    "account": _BalanceTeller,
    "positions": _PositionTeller,
}


def _changes(before: list[Level], now: list[Level]) -> list[Level]:
    """Return the levels to overwrite; one that is gone has an amount of zero."""
    old, new = dict(before), dict(now)
    gone = [Level(price, Decimal(0)) for price in old if price not in new]
    return gone + [level for level in now if old.get(level.price) != level.amount]


def _is_wanted(row: Row, argument: Argument) -> bool:
    kind, name = argument.get("instType", "ANY"), argument.get("instId")
    return kind in {"ANY", row.get("instType", kind)} and name in {None, row.get("instId")}


def _name(argument: Argument) -> str:
    return ":".join(str(value) for value in argument.values())


def _unknown(argument: Argument) -> Refusal:
    named = ",".join(f"{name}:{value}" for name, value in argument.items())
    return refuse("60018", named)
