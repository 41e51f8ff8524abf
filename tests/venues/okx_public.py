"""OKX's public figures out of the feed, as rows of its REST replies and stream frames."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from tests.venues import okx_instruments
from tests.venues.instruments import Instrument
from tests.venues.market import Candle, Level, Market, PublicTrade
from tests.venues.okx_errors import refuse
from tests.venues.okx_instruments import Row, inst_id, inst_type, text

Query = Mapping[str, str]

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
# A month is thirty days here; nobody compares candles of that length with a calendar.
BARS = {
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1H": _HOUR,
    "2H": 2 * _HOUR,
    "4H": 4 * _HOUR,
    "6H": 6 * _HOUR,
    "12H": 12 * _HOUR,
    "1D": _DAY,
    "1W": 7 * _DAY,
    "1M": 30 * _DAY,
    "3M": 90 * _DAY,
}
FUNDING_MS = 8 * _HOUR
# `market/candles` reaches this many bars back; older ones are in `history-candles`.
RECENT_BARS = 1440
_TYPES = frozenset({"SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"})
_MOST_LEVELS = 400
_MOST_CANDLES = 300
_MOST_TRADES = 500
_RATE = Decimal("0.0001")


class PublicData:
    """Every public figure, as lists of rows ready to be sent."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def find(self, query: Query) -> Instrument:
        """Return the instrument that `instId` names.

        Raises:
            Refusal: 50014 without one, 51001 for an unknown one.
        """
        name = required(query, "instId")
        known = dict(self.market.instruments)
        return known[okx_instruments.symbol_of(name, known)]

    def time(self, _query: Query) -> list[Row]:
        """Answer `public/time`."""
        return [{"ts": self._now()}]

    def instruments(self, query: Query) -> list[Row]:
        """Answer `public/instruments`; options only by underlying."""
        kind = _type(query)
        if kind == "OPTION":
            underlying = query.get("uly") or query.get("instFamily") or ""
            return okx_instruments.options(underlying, self.market.clock.ms())
        if kind == "FUTURES":
            rows = okx_instruments.futures(self.market.clock.ms())
        else:
            rows = [okx_instruments.row(found) for found in self._of_type(kind)]
        return [row for row in rows if query.get("instId", row["instId"]) == row["instId"]]

    def funding_rate(self, query: Query) -> list[Row]:
        """Answer `public/funding-rate`, `ANY` included."""
        if query.get("instId") == "ANY":
            return [self._funding(found) for found in self._of_type("SWAP")]
        return [self._funding(self._swap(query))]

    def funding_history(self, query: Query) -> list[Row]:
        """Answer `public/funding-rate-history`, newest first."""
        name = inst_id(self._swap(query).symbol)
        last = self.market.clock.ms() // FUNDING_MS * FUNDING_MS
        rate = text(_RATE)
        return [
            {
                "instType": "SWAP",
                "instId": name,
                "fundingRate": rate,
                "realizedRate": rate,
                "fundingTime": str(last - number * FUNDING_MS),
                "method": "current_period",
                "formulaType": "withRate",
            }
            for number in range(_limit(query, 100))
        ]

    def mark_price(self, query: Query) -> list[Row]:
        """Answer `public/mark-price`, of one instrument or of a type."""
        if query.get("instId"):
            return [self.mark_row(self.find(query).symbol)]
        kind = _type(query)
        chosen = self._of_type("SPOT" if kind == "MARGIN" else kind)
        return [self.mark_row(found.symbol) for found in chosen]

    def mark_row(self, symbol: str) -> Row:
        """Return one mark price; that of a spot pair belongs to its margin trading."""
        return {
            "instType": inst_type(self.market.instrument(symbol)).replace("SPOT", "MARGIN"),
            "instId": inst_id(symbol),
            "markPx": text(self.market.price(symbol)),
            "ts": self._now(),
        }

    def ticker(self, query: Query) -> list[Row]:
        """Answer `market/ticker`."""
        return [self.ticker_row(self.find(query).symbol)]

    def tickers(self, query: Query) -> list[Row]:
        """Answer `market/tickers`: always the whole type."""
        kind = _type(query)
        return [self.ticker_row(found.symbol) for found in self._of_type(kind)]

    def ticker_row(self, symbol: str) -> Row:
        """Return one ticker; volumes of a swap count contracts."""
        found, day = self.market.instrument(symbol), self.market.day(symbol)
        book = self.market.book(symbol, 1)
        last = self.market.trades(symbol, 1)[-1]
        bid, ask = book.bids[:1], book.asks[:1]
        return {
            "instType": inst_type(found),
            "instId": inst_id(symbol),
            "last": text(day.last),
            "lastSz": text(last.amount),
            "askPx": text(ask[0].price) if ask else "",
            "askSz": text(ask[0].amount) if ask else "",
            "bidPx": text(bid[0].price) if bid else "",
            "bidSz": text(bid[0].amount) if bid else "",
            "open24h": text(day.open),
            "high24h": text(day.high),
            "low24h": text(day.low),
            "volCcy24h": text(day.base_volume if found.kind == "swap" else day.quote_volume),
            "vol24h": text(_sized(found, day.base_volume)),
            "sodUtc0": text(day.open),
            "sodUtc8": text(day.open),
            "ts": self._now(),
        }

    def books(self, query: Query) -> list[Row]:
        """Answer `market/books`, one level a side unless `sz` asks for more."""
        levels = _number(query, "sz", 1)
        return [self.book_row(self.find(query).symbol, min(levels, _MOST_LEVELS))]

    def book_row(self, symbol: str, levels: int) -> Row:
        """Return the book with its number, `seqId`."""
        book = self.market.book(symbol, levels)
        return {
            "asks": level_rows(book.asks),
            "bids": level_rows(book.bids),
            "ts": self._now(),
            "seqId": book.sequence,
        }

    def candles(self, query: Query) -> list[Row] | list[list[str]]:
        """Answer `market/candles`: the newest 1440 bars and no more."""
        found, step = self.find(query), bar_ms(query.get("bar", "1m"))
        oldest = self.market.clock.ms() - RECENT_BARS * step
        return [
            candle_row(found, candle, step, self.market.clock.ms())
            for candle in self._window(found, step, query)
            if candle.start_ms > oldest
        ]

    def history_candles(self, query: Query) -> list[list[str]]:
        """Answer `market/history-candles`."""
        found, step = self.find(query), bar_ms(query.get("bar", "1m"))
        return [
            candle_row(found, candle, step, self.market.clock.ms())
            for candle in self._window(found, step, query)
        ]

    def trades(self, query: Query) -> list[Row]:
        """Answer `market/trades`, newest first."""
        found = self.find(query)
        limit = min(_number(query, "limit", 100), _MOST_TRADES)
        return [
            trade_row(found.symbol, trade)
            for trade in reversed(self.market.trades(found.symbol, limit))
        ]

    def _window(self, found: Instrument, step: int, query: Query) -> list[Candle]:
        """Return the bars between `before` and `after`, newest first."""
        after = _number(query, "after", self.market.clock.ms() + 1)
        before = _number(query, "before", -1)
        limit = min(_number(query, "limit", 100), _MOST_CANDLES)
        bars = self.market.candles(found.symbol, step_ms=step, limit=limit, until_ms=after)
        return [bar for bar in reversed(bars) if before < bar.start_ms < after]

    def _funding(self, found: Instrument) -> Row:
        upcoming = self.market.clock.ms() // FUNDING_MS * FUNDING_MS + FUNDING_MS
        return {
            "formulaType": "withRate",
            "fundingRate": text(_RATE),
            "fundingTime": str(upcoming),
            "impactValue": "20000",
            "instId": inst_id(found.symbol),
            "instType": "SWAP",
            "interestRate": "0.0001",
            "maxFundingRate": "0.00375",
            "method": "current_period",
            "minFundingRate": "-0.00375",
            "nextFundingRate": "",
            "nextFundingTime": str(upcoming + FUNDING_MS),
            "premium": "0",
            "settFundingRate": text(_RATE),
            "settState": "settled",
            "ts": self._now(),
        }

    def _swap(self, query: Query) -> Instrument:
        found = self.find(query)
        if found.kind != "swap":
            raise refuse("51000", "instId")
        return found

    def _of_type(self, kind: str) -> list[Instrument]:
        return [found for found in self.market.instruments.values() if inst_type(found) == kind]

    def _now(self) -> str:
        return str(self.market.clock.ms())


def required(query: Query, name: str) -> str:
    """Return a parameter.

    Raises:
        Refusal: 50014, it is missing.
    """
    value = query.get(name, "")
    if not value:
        raise refuse("50014", name)
    return value


def bar_ms(bar: str) -> int:
    """Return the length of OKX's bar; those of six hours and more may end in `utc`.

    Raises:
        Refusal: 51000, there is no such bar.
    """
    step = BARS.get(bar.removesuffix("utc"))
    if step is None or (bar.endswith("utc") and step < BARS["6H"]):
        raise refuse("51000", "bar")
    return step


def level_rows(levels: list[Level]) -> list[list[str]]:
    """Return levels as OKX sends them: price, size, a zero, the number of orders."""
    return [[text(level.price), text(level.amount), "0", "1"] for level in levels]


def candle_row(found: Instrument, candle: Candle, step: int, now_ms: int) -> list[str]:
    """Return a bar with its three volumes and whether it is complete."""
    middle = (candle.high + candle.low) / 2
    is_complete = candle.start_ms + step <= now_ms
    return [
        str(candle.start_ms),
        text(candle.open),
        text(candle.high),
        text(candle.low),
        text(candle.close),
        text(_sized(found, candle.volume)),
        text(candle.volume if found.kind == "swap" else candle.volume * middle),
        text(candle.volume * middle),
        str(int(is_complete)),
    ]


def trade_row(symbol: str, trade: PublicTrade) -> Row:
    """Return one trade of the tape."""
    return {
        "instId": inst_id(symbol),
        "side": trade.side,
        "sz": text(trade.amount),
        "px": text(trade.price),
        "source": "0",
        "tradeId": str(trade.id),
        "ts": str(trade.ms),
    }


def _sized(found: Instrument, base: Decimal) -> Decimal:
    """Return an amount of base currency in contracts, for a swap."""
    contracts = base / found.contract_size
    return contracts if found.kind == "spot" else contracts.quantize(found.lot, ROUND_DOWN)


def _type(query: Query) -> str:
    kind = required(query, "instType")
    if kind not in _TYPES:
        raise refuse("51000", "instType")
    return kind


def _limit(query: Query, most: int) -> int:
    return min(_number(query, "limit", most), most)


def _number(query: Query, name: str, default: int) -> int:
    value = query.get(name, "")
    if value and not value.isdigit():
        raise refuse("51000", name)
    return int(value) if value else default
