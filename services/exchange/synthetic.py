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
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from services.domain.market import (
    EXACT,
    Candle,
    Funding,
    Level,
    Market,
    MarketType,
    OrderBook,
    PublicTrade,
    Quote,
    TakerSide,
    Timeframe,
)
from services.domain.orders import Side
from services.domain.paper import Move
from services.errors import InvalidInput, NotFound
from services.exchange.paper_markets import COINS, MARKETS, Coin
from services.exchange.synthetic_book import DEPTH, best, ladder
from services.exchange.synthetic_path import seeded
from services.exchange.synthetic_tape import (
    FUNDING_PERIOD,
    funding_rate,
    is_bought,
    period_of,
    prints,
)
from services.exchange.synthetic_walk import Piece, Walk, whole

_DAY = 86_400
_MINUTE = 60
# How far back the tape is read, in seconds.
_TAPE = 3_600
# The first Monday after the epoch: weeks begin there, as on the large venues.
_MONDAY = 4 * _DAY
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
    """Prices, candles, order books and trades of every market that the paper venue lists.

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

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        """Every candle length that `candles` knows, shortest first."""
        return tuple(Timeframe)

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
        origin = _MONDAY if timeframe is Timeframe.W1 else 0
        current = origin + int((moment - origin) // length) * length
        first = current - (limit - 1) * length
        closed = (view.walk.stretch(start, length) for start in range(first, current, length))
        pieces = [*closed, whole(view.walk.pieces(current, moment))]
        opened = datetime.fromtimestamp(first, UTC)
        return tuple(
            view.candle(opened + number * timeframe.length, piece)
            for number, piece in enumerate(pieces)
        )

    def order_book(self, symbol: str, *, depth: int = DEPTH, at: datetime) -> OrderBook:
        """Return at most `depth` levels a side, and never more than `DEPTH`."""
        view, rng = self._view(symbol), self._noise(symbol, at)
        bid, ask = best(rng, view.coin, view.ticks(view.walk.price(at.timestamp())))
        bids = tuple(view.levels(rng, bid, step=-1))
        asks = tuple(view.levels(rng, ask, step=1))
        return OrderBook(symbol, bids[:depth], asks[:depth], at)

    def trades(self, symbol: str, *, limit: int, at: datetime) -> Sequence[PublicTrade]:
        """Return the last `limit` trades up to `at`, oldest first; fewer in an idle hour."""
        view, newest = self._view(symbol), int(at.timestamp())
        found: list[PublicTrade] = []
        for second in range(newest, newest - _TAPE, -1):
            if len(found) >= limit:
                break
            traded = (trade for trade in self._second(view, second) if trade.at <= at)
            found += reversed(tuple(traded))
        return tuple(reversed(found[:limit]))

    def funding(self, symbol: str, at: datetime) -> Funding:
        """Return the funding of a perpetual.

        Raises:
            InvalidInput: ``no_funding`` for a spot market.
        """
        view = self._view(symbol)
        if view.market.type is not MarketType.SWAP:
            raise InvalidInput("no_funding", symbol=symbol)
        number, next_at = period_of(at)
        return Funding(
            symbol=symbol,
            rate=funding_rate(seeded(self._seed, symbol, "funding", number)),
            next_at=next_at,
            period=FUNDING_PERIOD,
            mark=self.last(symbol, at),
            at=at,
        )

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

    def _second(self, view: _View, second: int) -> Iterator[PublicTrade]:
        walk, symbol = view.walk, view.market.symbol
        rng, before = seeded(self._seed, symbol, "tape", second), walk.price(second - 1)
        lots = whole(walk.pieces(second, second + 1)).volume
        start = datetime.fromtimestamp(second, UTC)
        for number, (moment, size) in enumerate(prints(rng, view.coin, lots)):
            at = start + timedelta(microseconds=int(moment * 1_000_000))
            price = walk.price(at.timestamp())
            side = TakerSide.BUY if is_bought(rng, before, price) else TakerSide.SELL
            amount = view.market.amount_down(size * view.coin.lot)
            if amount:
                yield PublicTrade(f"{second}{number:02}", view.decimal(price), amount, side, at)

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
