"""A synthetic market for the paper venue: seeded, continuous, the same in every process.

Any moment can be asked for, in any order; nothing is stored but the pushes given by hand. The
walk beneath is made of floats, since an invented price has no exact value; what leaves here is
Decimal, on the tick and on the lot. Rounding to the tick keeps order, so candles of different
timeframes stay exact aggregates of each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from services.domain.market import (
    EXACT,
    Candle,
    Level,
    Market,
    MarketType,
    OrderBook,
    Quote,
    Timeframe,
)
from services.domain.orders import Side
from services.domain.paper import Move
from services.errors import NotFound
from services.exchange.paper_markets import COINS, MARKETS, Coin
from services.exchange.synthetic_book import DEPTH, best, ladder
from services.exchange.synthetic_path import LENGTHS, seeded
from services.exchange.synthetic_walk import Piece, Walk, whole

_DAY = 86_400
_MINUTE = 60
# Perpetuals trade this far above spot.
_PREMIUM = 1.0003
_PERCENT = Decimal("0.001")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _View:
    """A symbol's look at the walk of its coin."""

    market: Market
    coin: Coin
    walk: Walk

    def ticks(self, price: float) -> int:
        premium = 1.0 if self.market.type is MarketType.SPOT else _PREMIUM
        return max(round(price * premium / float(self.market.tick)), 1)

    def decimal(self, price: float) -> Decimal:
        return self.ticks(price) * self.market.tick

    def candle(self, at: datetime, piece: Piece) -> Candle:
        return Candle(
            at=at,
            open=self.decimal(piece.open),
            high=self.decimal(piece.high),
            low=self.decimal(piece.low),
            close=self.decimal(piece.close),
            volume=piece.volume * self.coin.lot,
        )

    def levels(self, rng: random.Random, start: int, *, step: int) -> Iterator[Level]:
        lot = self.market.lot
        for rung in ladder(rng, self.coin, start, step=step, lot=float(lot)):
            yield Level(rung.ticks * self.market.tick, rung.lots * lot)


class SyntheticMarket:
    """Prices, candles and order books of every market that the paper venue lists.

    Every question carries its moment, so that one step of a caller sees one market.
    Each method raises NotFound ``symbol_unknown`` for what is not listed.
    """

    def __init__(self, seed: int, *, moves: Iterable[Move] = ()) -> None:
        self._seed = seed
        self._walks = {base: Walk(seed, coin, ()) for base, coin in COINS.items()}
        self._views = {
            symbol: _View(market, COINS[market.base], self._walks[market.base])
            for symbol, market in MARKETS.items()
        }
        self._moves: tuple[Move, ...] = ()
        self._days: dict[str, tuple[float, Piece]] = {}
        self.set_moves(moves)

    @property
    def markets(self) -> Mapping[str, Market]:
        """Every market by unified symbol."""
        return MARKETS

    def market(self, symbol: str) -> Market:
        """Return the rules of a symbol."""
        return self._view(symbol).market

    def set_moves(self, moves: Iterable[Move]) -> None:
        """Replace the pushes; those of coins that are not listed are ignored."""
        moves = tuple(moves)
        if moves == self._moves:
            return
        self._moves = moves
        self._days.clear()
        for base, walk in self._walks.items():
            walk.set_moves(move for move in moves if move.base == base)

    def last(self, symbol: str, at: datetime) -> Decimal:
        """Return the last price."""
        view = self._view(symbol)
        return view.decimal(view.walk.price(at.timestamp()))

    def quote(self, symbol: str, at: datetime) -> Quote:
        """Return the state of a symbol; high, low, change and volume cover 24 hours."""
        view, moment = self._view(symbol), at.timestamp()
        day = self._day(view, moment)
        bid, ask = best(self._noise(symbol, at), view.coin, view.ticks(day.close))
        tick, last, first = view.market.tick, view.decimal(day.close), view.decimal(day.open)
        volume = day.volume * view.coin.lot
        return Quote(
            symbol=symbol,
            last=last,
            bid=bid * tick,
            ask=ask * tick,
            high=view.decimal(day.high),
            low=view.decimal(day.low),
            percentage=((last / first - 1) * 100).quantize(_PERCENT, ROUND_HALF_EVEN),
            base_volume=volume,
            quote_volume=(volume * (view.decimal(day.high) + view.decimal(day.low)) / 2).quantize(
                _CENT, ROUND_HALF_EVEN, EXACT
            ),
            at=at,
        )

    def candles(
        self, symbol: str, timeframe: Timeframe, *, limit: int, at: datetime
    ) -> Sequence[Candle]:
        """Return the last `limit` (at least 1) candles, oldest first, the unfinished one last."""
        view, moment = self._view(symbol), at.timestamp()
        length = round(timeframe.length.total_seconds())
        level, current = LENGTHS.index(length), int(moment // length)
        closed = (view.walk.bar(level, index) for index in range(current - limit + 1, current))
        pieces = [*closed, whole(view.walk.pieces(current * length, moment))]
        start = datetime.fromtimestamp((current - limit + 1) * length, UTC)
        return tuple(
            view.candle(start + number * timeframe.length, piece)
            for number, piece in enumerate(pieces)
        )

    def order_book(self, symbol: str, *, depth: int = DEPTH, at: datetime) -> OrderBook:
        """Return at most `depth` levels a side, and never more than `DEPTH`."""
        view, rng = self._view(symbol), self._noise(symbol, at)
        bid, ask = best(rng, view.coin, view.ticks(view.walk.price(at.timestamp())))
        bids = tuple(view.levels(rng, bid, step=-1))
        asks = tuple(view.levels(rng, ask, step=1))
        return OrderBook(symbol, bids[:depth], asks[:depth], at)

    def span(self, symbol: str, since: datetime, until: datetime) -> tuple[Decimal, Decimal]:
        """Return the lowest and the highest price from `since` to `until`, both included."""
        view = self._view(symbol)
        piece = whole(view.walk.pieces(since.timestamp(), until.timestamp()))
        return view.decimal(piece.low), view.decimal(piece.high)

    def traded(
        self, symbol: str, side: Side, price: Decimal, since: datetime, until: datetime
    ) -> Decimal:
        """Return the volume, in base, that an order resting at `price` saw pass.

        It is what traded at or below the price of a purchase, at or above that of a sale, after
        `since` and up to `until`; neighbouring stretches share none of it.
        """
        view = self._view(symbol)
        limit = int(price / view.market.tick)

        def reaches(ticks: int) -> bool:
            return ticks <= limit if side is Side.BUY else ticks >= limit

        def straddles(piece: Piece) -> bool:
            return reaches(view.ticks(piece.low)) != reaches(view.ticks(piece.high))

        pieces = view.walk.pieces(since.timestamp(), until.timestamp(), straddles)
        lots = sum(piece.volume for piece in pieces if reaches(view.ticks(piece.close)))
        return lots * view.coin.lot

    def _view(self, symbol: str) -> _View:
        try:
            return self._views[symbol]
        except KeyError:
            raise NotFound("symbol_unknown", coin=symbol) from None

    def _noise(self, symbol: str, at: datetime) -> random.Random:
        return seeded(self._seed, symbol, int(at.timestamp()))

    def _day(self, view: _View, moment: float) -> Piece:
        # Within a minute only what came since the last question is added.
        start, base = moment // _MINUTE * _MINUTE, view.market.base
        known = self._days.get(base)
        if known is None or not start <= known[0] <= moment:
            known = start, whole(view.walk.pieces(start - _DAY, start))
        piece = whole((known[1], *view.walk.pieces(known[0], moment)))
        self._days[base] = moment, piece
        return piece
