"""Binance's public WebSocket streams for spot and futures."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.venues.binance_public import PublicData
from tests.venues.binance_words import INTERVALS_MS, market_id
from tests.venues.instruments import Instrument
from tests.venues.market import Book, Level, Market, PublicTrade
from tests.venues.sockets import Socket
from tests.venues.venue import VenueError

# A topic of a stream host: ("spot" or "swap", "btcusdt@trade").
Topic = tuple[str, str]

_HEARTBEAT_SECONDS = 1.0
# What the futures host serves under /public; the rest is under /market.
_PUBLIC_NAMES = ("depth", "rpiDepth", "bookTicker", "trade")
# What is sent each second even without a change.
_STEADY = ("ticker", "miniTicker", "kline", "markPrice")


class PublicStreams:
    """Subscriptions of all public sockets and what they are sent."""

    def __init__(self, market: Market, data: Mapping[str, PublicData]) -> None:
        self._market = market
        self._data = data
        self._sockets: dict[Topic, set[Socket]] = defaultdict(set)
        self._by_symbol: dict[str, set[Topic]] = defaultdict(set)
        self._books: dict[str, Book] = {}
        self._last_trades: dict[Topic, int] = {}
        self._combined: set[Socket] = set()
        self._heartbeat: asyncio.Task[None] | None = None
        market.subscribe(self._changed)

    async def talk(self, socket: Socket, kind: str) -> None:
        """Serve one socket until it ends."""
        self._start()
        parts = [part for part in socket.path.split("/") if part]
        if "stream" in parts:
            self._combined.add(socket)
        category = parts[0] if parts and parts[0] in {"public", "market"} else ""
        socket.on_close.append(lambda: self._forget(socket))
        streams = socket.request.query.get("streams", "")
        self._subscribe(socket, kind, category, [*parts, *streams.split("/")])
        async for text in socket.messages():
            self._command(socket, kind, category, text)

    def stop(self) -> None:
        """End the steady messages."""
        if self._heartbeat:
            self._heartbeat.cancel()
            self._heartbeat = None

    # Subscriptions

    def _command(self, socket: Socket, kind: str, category: str, text: str) -> None:
        try:
            command = json.loads(text)
            number, method = command["id"], command["method"]
            names = [str(name) for name in command.get("params", [])]
        except (ValueError, KeyError, TypeError):
            words = "Invalid request: request is not valid JSON or lacks a field"
            socket.push({"error": {"code": 3, "msg": words}}, is_event=False)
            return
        result: Any = None
        if method == "SUBSCRIBE":
            self._subscribe(socket, kind, category, names)
        elif method == "UNSUBSCRIBE":
            for name in names:
                self._drop(socket, (kind, name))
        elif method == "LIST_SUBSCRIPTIONS":
            result = sorted(socket.topics)
        else:
            words = f"Invalid request: unknown variant `{method}`"
            socket.push({"error": {"code": 2, "msg": words}, "id": number}, is_event=False)
            return
        socket.push({"result": result, "id": number}, is_event=False)

    def _subscribe(self, socket: Socket, kind: str, category: str, names: Iterable[str]) -> None:
        for name in names:
            if "@" not in name and not name.startswith("!"):
                continue
            socket.topics.add(name)
            if category and (category == "public") != _is_public(name):
                continue
            topic = (kind, name)
            self._sockets[topic].add(socket)
            for item in self._instruments(topic):
                self._by_symbol[item.symbol].add(topic)
                self._books.setdefault(item.symbol, self._market.book(item.symbol))
            if _name(name) in {"trade", "aggTrade"}:
                self._last_trades.setdefault(topic, self._newest(topic))

    def _newest(self, topic: Topic) -> int:
        for item in self._instruments(topic):
            return self._market.trades(item.symbol, 1)[-1].id
        return 0

    def _instruments(self, topic: Topic) -> list[Instrument]:
        kind, name = topic
        if name.startswith("!"):
            return list(self._data[kind].instruments())
        try:
            symbol = self._data[kind].symbol(name.partition("@")[0].upper())
        except VenueError:
            return []
        return [self._market.instrument(symbol)]

    def _drop(self, socket: Socket, topic: Topic) -> None:
        socket.topics.discard(topic[1])
        listeners = self._sockets.get(topic)
        if listeners is None:
            return
        listeners.discard(socket)
        if not listeners:
            del self._sockets[topic]
            self._last_trades.pop(topic, None)
            for item in self._instruments(topic):
                self._by_symbol[item.symbol].discard(topic)
                if not self._by_symbol[item.symbol]:
                    del self._by_symbol[item.symbol]
                    self._books.pop(item.symbol, None)

    def _forget(self, socket: Socket) -> None:
        self._combined.discard(socket)
        for topic in [topic for topic, found in self._sockets.items() if socket in found]:
            self._drop(socket, topic)

    # Sending

    def _start(self) -> None:
        if self._heartbeat is None:
            self._heartbeat = asyncio.get_running_loop().create_task(self._beat())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            for topic in list(self._sockets):
                name = _name(topic[1])
                if name.startswith(_STEADY):
                    self._send(topic, self._steady(topic, name))
                elif name in {"trade", "aggTrade"}:
                    self._send_trades(topic)

    def _steady(self, topic: Topic, name: str) -> Any:
        items = self._instruments(topic)
        if topic[1].startswith("!"):
            return [self._message(topic[0], name, item) for item in items if item.is_trading]
        return self._message(topic[0], name, items[0]) if items else None

    def _changed(self, symbol: str) -> None:
        topics = self._by_symbol.get(symbol)
        if not topics:
            return
        item = self._market.instrument(symbol)
        has_depth = any("@depth" in name for _, name in topics)
        before = after = self._books[symbol]
        if has_depth:
            after = self._books[symbol] = self._market.book(symbol)
        for topic in list(topics):
            name = _name(topic[1])
            if name in {"trade", "aggTrade"}:
                self._send_trades(topic)
            elif name.startswith("depth"):
                self._send(topic, self._depth(topic[0], name, item, before, after))
            elif not topic[1].endswith("@arr"):
                self._send(topic, self._message(topic[0], name, item))

    def _send(self, topic: Topic, message: Any) -> None:
        if message is None:
            return
        plain = json.dumps(message)
        for socket in self._sockets.get(topic, ()):
            if socket in self._combined:
                socket.push(f'{{"stream":"{topic[1]}","data":{plain}}}')
            else:
                socket.push(plain)

    def _send_trades(self, topic: Topic) -> None:
        kind, name = topic
        for item in self._instruments(topic):
            for trade in self._market.tape(item.symbol, self._last_trades.get(topic, 0)):
                self._last_trades[topic] = trade.id
                self._send(topic, self._trade(kind, _name(name), item, trade))

    # Messages

    def _message(self, kind: str, name: str, item: Instrument) -> dict[str, Any] | None:
        makers: dict[str, Callable[[str, Instrument], dict[str, Any]]] = {
            "miniTicker": self._mini,
            "ticker": self._ticker,
            "bookTicker": self._best,
            "markPrice": self._mark,
        }
        if name.startswith("kline_"):
            return self._kline(kind, name.removeprefix("kline_"), item)
        maker = makers.get(name)
        return maker(kind, item) if maker else None

    def _head(self, event: str, item: Instrument) -> dict[str, Any]:
        return {"e": event, "E": self._market.clock.ms(), "s": market_id(item.symbol)}

    def _mini(self, kind: str, item: Instrument) -> dict[str, Any]:
        day, show = self._market.day(item.symbol), self._data[kind].figure
        return self._head("24hrMiniTicker", item) | {
            "c": show(day.last),
            "o": show(day.open),
            "h": show(day.high),
            "l": show(day.low),
            "v": show(day.base_volume),
            "q": show(day.quote_volume),
        }

    def _ticker(self, kind: str, item: Instrument) -> dict[str, Any]:
        day = self._data[kind].day_of(item)
        names = {
            "p": "priceChange",
            "P": "priceChangePercent",
            "w": "weightedAvgPrice",
            "x": "prevClosePrice",
            "c": "lastPrice",
            "Q": "lastQty",
            "b": "bidPrice",
            "B": "bidQty",
            "a": "askPrice",
            "A": "askQty",
            "o": "openPrice",
            "h": "highPrice",
            "l": "lowPrice",
            "v": "volume",
            "q": "quoteVolume",
            "O": "openTime",
            "C": "closeTime",
            "F": "firstId",
            "L": "lastId",
            "n": "count",
        }
        found = {short: day[name] for short, name in names.items() if name in day}
        return self._head("24hrTicker", item) | found

    def _best(self, kind: str, item: Instrument) -> dict[str, Any]:
        best = self._data[kind].best_of(item)
        message = {
            "u": self._market.book(item.symbol, 1).sequence,
            "s": best["symbol"],
            "b": best["bidPrice"],
            "B": best["bidQty"],
            "a": best["askPrice"],
            "A": best["askQty"],
        }
        if kind == "spot":
            return message
        return self._head("bookTicker", item) | message | {"T": self._market.clock.ms()}

    def _mark(self, kind: str, item: Instrument) -> dict[str, Any]:
        price = self._data[kind].figure(self._market.price(item.symbol))
        return self._head("markPriceUpdate", item) | {
            "p": price,
            "ap": price,
            "i": price,
            "P": price,
            "r": "0.00010000",
            "T": (self._market.clock.ms() // 28800000 + 1) * 28800000,
        }

    def _kline(self, kind: str, interval: str, item: Instrument) -> dict[str, Any] | None:
        step = INTERVALS_MS.get(interval)
        if step is None:
            return None
        candle = self._market.candles(item.symbol, step_ms=step, limit=1)[0]
        show = self._data[kind].figure
        return self._head("kline", item) | {
            "k": {
                "t": candle.start_ms,
                "T": candle.start_ms + step - 1,
                "s": market_id(item.symbol),
                "i": interval,
                "f": 100,
                "L": 200,
                "o": show(candle.open),
                "c": show(candle.close),
                "h": show(candle.high),
                "l": show(candle.low),
                "v": show(candle.volume),
                "n": 100,
                "x": False,
                "q": show(candle.volume * candle.close),
                "V": show(candle.volume / 2),
                "Q": show(candle.volume * candle.close / 2),
                "B": "0",
            }
        }

    def _trade(self, kind: str, name: str, item: Instrument, trade: PublicTrade) -> dict[str, Any]:
        show = self._data[kind].figure
        ids = (
            {"a": trade.id, "f": trade.id, "l": trade.id}
            if name == "aggTrade"
            else {"t": trade.id}
        )
        return self._head(name, item) | {
            **ids,
            "p": show(trade.price),
            "q": show(trade.amount),
            "T": trade.ms,
            "m": trade.side == "sell",
            **({"M": True} if kind == "spot" else {"X": "MARKET"}),
        }

    def _depth(
        self, kind: str, name: str, item: Instrument, before: Book, after: Book
    ) -> dict[str, Any]:
        show = self._data[kind].figure
        count = name.removeprefix("depth")
        if count and kind == "spot":
            levels = int(count)
            return {
                "lastUpdateId": after.sequence,
                "bids": [[show(p), show(q)] for p, q in after.bids[:levels]],
                "asks": [[show(p), show(q)] for p, q in after.asks[:levels]],
            }
        times = {} if kind == "spot" else {"T": self._market.clock.ms(), "pu": before.sequence}
        return self._head("depthUpdate", item) | {
            **times,
            "U": before.sequence + 1,
            "u": after.sequence,
            "b": [[show(p), show(q)] for p, q in _difference(before.bids, after.bids)],
            "a": [[show(p), show(q)] for p, q in _difference(before.asks, after.asks)],
        }


def _name(stream: str) -> str:
    """Return `depth` for `btcusdt@depth@100ms` and `ticker` for `!ticker@arr`."""
    parts = stream.split("@")
    return parts[0][1:] if stream.startswith("!") else parts[1]


def _is_public(stream: str) -> bool:
    return _name(stream).startswith(_PUBLIC_NAMES)


def _difference(before: list[Level], after: list[Level]) -> list[tuple[Any, Any]]:
    """Return the levels that changed; a level that went has the amount 0."""
    old, new = dict(before), dict(after)
    changed = [(price, amount) for price, amount in new.items() if old.get(price) != amount]
    return changed + [(price, None) for price in old if price not in new]
