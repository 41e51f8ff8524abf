"""A coin's path with the pushes applied, measured over any stretch of time.

Times are seconds since 1970; prices are floats in quote (see `services.exchange.synthetic_path`).
The price is a step function: it changes at each whole second and at each push.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from operator import mul
from typing import NamedTuple

from services.domain.paper import Move
from services.exchange.paper_markets import Coin
from services.exchange.synthetic_path import LENGTHS, Path

_MINUTE = len(LENGTHS) - 1
_DAY = LENGTHS[0]


class Piece(NamedTuple):
    """What happened over a stretch: prices in quote, volume in lots."""

    open: float
    high: float
    low: float
    close: float
    volume: int


Straddles = Callable[[Piece], bool]
"""Whether a piece must be looked at in smaller parts."""


def _never(_piece: Piece) -> bool:
    return False


class Walk:
    """The path of one coin as the market shows it."""

    def __init__(self, seed: int, coin: Coin, moves: Iterable[Move]) -> None:
        self._path = Path(seed, coin)
        self._base = float(coin.price)
        self.set_moves(moves)

    def set_moves(self, moves: Iterable[Move]) -> None:
        """Replace every push."""
        ordered = sorted(moves, key=lambda move: move.at)
        self._times = [move.at.timestamp() for move in ordered]
        ratios = (float(move.ratio) for move in ordered)
        self._ratios: list[float] = list(accumulate(ratios, mul, initial=1.0))

    def price(self, at: float) -> float:
        """Return the price at one moment."""
        minute, second = divmod(math.floor(at), LENGTHS[_MINUTE])
        return self._scaled(self._path.seconds(minute)[second], at)

    def bar(self, level: int, index: int) -> Piece:
        """Return a whole bar of a level of the tree."""
        start, end = index * LENGTHS[level], (index + 1) * LENGTHS[level]
        if self._is_pushed(start, end):
            return whole(self.pieces(start, end, level=level, last=index))
        bar = self._path.bar(level, index)
        return Piece(
            self._scaled(bar.open, start),
            self._scaled(bar.high, start),
            self._scaled(bar.low, start),
            self._scaled(bar.close, start),
            bar.volume,
        )

    def stretch(self, start: int, length: int) -> Piece:
        """Return a whole candle of any length: bars of the tree, joined where it has none.

        Args:
            start: Seconds since 1970, a multiple of the longest bar that divides `length`.
            length: Seconds, a multiple of a minute.
        """
        level = next(level for level, bar in enumerate(LENGTHS) if length % bar == 0)
        first, count = start // LENGTHS[level], length // LENGTHS[level]
        if count == 1:
            return self.bar(level, first)
        last = first + count - 1
        return whole(self.pieces(start, start + length, level=level, last=last))

    def pieces(
        self,
        since: float,
        until: float,
        straddles: Straddles = _never,
        *,
        level: int = 0,
        last: int | None = None,
    ) -> Iterator[Piece]:
        """Cut the stretch into the largest bars that fit and do not straddle, oldest first.

        The price at `since` and at `until` are part of it; the volume is that of the seconds
        that ended after `since`, so neighbouring stretches share none. Empty if until < since.
        """
        if until < since:
            return
        length = LENGTHS[level]
        final = math.floor(until / length) if last is None else last
        for index in range(math.floor(since / length), final + 1):
            yield from self._cut(level, index, since, until, straddles)

    def _cut(
        self, level: int, index: int, since: float, until: float, straddles: Straddles
    ) -> Iterator[Piece]:
        start, end = index * LENGTHS[level], (index + 1) * LENGTHS[level]
        if since <= start and end <= until and not self._is_pushed(start, end):
            piece = self.bar(level, index)
            if not straddles(piece):
                yield piece
                return
        if level == _MINUTE:
            yield from self._points(index, since, until)
            return
        length = LENGTHS[level + 1]
        first = max(math.floor(since / length), start // length)
        last = min(math.floor(until / length), end // length - 1)
        for part in range(first, last + 1):
            yield from self._cut(level + 1, part, since, until, straddles)

    def _points(self, minute: int, since: float, until: float) -> Iterator[Piece]:
        start, length = minute * LENGTHS[_MINUTE], LENGTHS[_MINUTE]
        points, volume = self._path.seconds(minute), self._path.bar(_MINUTE, minute).volume
        first = max(math.floor(since) - start, 0)
        for second in range(first, min(math.floor(until) - start, length - 1) + 1):
            begin = max(start + second, since)
            end = start + second + 1
            counted = volume * (second + 1) // length - volume * second // length
            yield self._point(points[second], begin, counted if since < end <= until else 0)
            for push in self._pushes(begin, until):
                if push < end:
                    yield self._point(points[second], push, 0)
        if start + length <= until:
            yield self._point(points[length], start + length, 0)

    def _point(self, value: float, at: float, volume: int) -> Piece:
        price = self._scaled(value, at)
        return Piece(price, price, price, price, volume)

    def _scaled(self, value: float, at: float) -> float:
        return self._base * math.exp(value) * self._ratios[bisect_right(self._times, at)]

    def _is_pushed(self, start: float, end: float) -> bool:
        return bisect_right(self._times, start) < bisect_right(self._times, end)

    def _pushes(self, start: float, end: float) -> list[float]:
        return self._times[bisect_right(self._times, start) : bisect_right(self._times, end)]


def whole(pieces: Iterable[Piece]) -> Piece:
    """Join neighbouring pieces, oldest first; at least one."""
    parts = list(pieces)
    return Piece(
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        sum(part.volume for part in parts),
    )
