"""An invented price path with random access in time: nothing is stored, all is derived.

The path of a coin is a tree. A day is a bar whose open and close come from fractal noise around
the coin's usual price; a bar splits into the bars of the next shorter timeframe, down to the
minute, and a minute into 61 points, a second apart. A split keeps what the bar has already
promised: the first open, the last close, the extremes and the volume. So any stretch of the path
costs its own size only, and a longer candle is the exact aggregate of the shorter ones.

Values are logarithms relative to the coin's usual price, in binary floats: the walk is invented,
so there is nothing to be exact about. Money becomes Decimal in `services.exchange.synthetic`.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from services.exchange.paper_markets import Coin

LENGTHS = (86_400, 14_400, 3_600, 900, 300, 60)
"""Seconds of a bar on each level of the tree, the day first."""

_MINUTE = len(LENGTHS) - 1
_PERIODS = (1, 2, 4, 8, 16, 32, 64)
# Daily changes of the noise below have this standard deviation at amplitude one.
_NOISE_STEP = 1.16
_NOISE_SPREAD = 6.5
_VOLATILITY_SWING = 0.8
_CLUSTERING = 0.35
_SHARED = 0.6
_TRIES = 3
_RAREST = 1e-6


class Bar(NamedTuple):
    """A stretch of the path: logs relative to the usual price, and volume in lots.

    `variance` is how much the path wanders between open and close.
    """

    open: float
    high: float
    low: float
    close: float
    variance: float
    volume: int


class Path:
    """The path of one coin; equal seeds give equal paths in every process."""

    def __init__(self, seed: int, coin: Coin) -> None:
        self._seed = seed
        self._coin = coin
        self._own = math.sqrt(1 - _SHARED**2)
        # Closed and open stretches alike never change, so they are kept while there is room: the
        # days of a chart of weeks, with its averages.
        self._day = lru_cache(maxsize=1_536)(self._make_day)
        self._parts = lru_cache(maxsize=384)(self._split)
        self._seconds = lru_cache(maxsize=16)(self._make_seconds)

    def bar(self, level: int, index: int) -> Bar:
        """Return the bar that begins `index * LENGTHS[level]` seconds after 1970."""
        if level == 0:
            return self._day(index)
        parent, part = divmod(index, LENGTHS[level - 1] // LENGTHS[level])
        return self._parts(level - 1, parent)[part]

    def seconds(self, minute: int) -> tuple[float, ...]:
        """Return the 61 points of a minute: its open, one a second, its close."""
        return self._seconds(minute)

    def _anchor(self, day: int) -> float:
        own = _noise((self._seed, self._coin.base), day)
        shared = _noise((self._seed, "market"), day)
        return self._coin.volatility / _NOISE_STEP * (self._own * own + _SHARED * shared)

    def _make_day(self, day: int) -> Bar:
        rng = seeded(self._seed, self._coin.base, "day", day)
        usual = self._coin.volatility
        unrest = _noise((self._seed, self._coin.base, "unrest"), day) / _NOISE_SPREAD
        variance = usual**2 * math.exp(_VOLATILITY_SWING * unrest)
        first, last = self._anchor(day), self._anchor(day + 1)
        high, low = _extremes(first, last, variance, rng)
        busy = (0.4 + (high - low) / (2 * usual)) * math.exp(rng.gauss(0, 0.2))
        amount = self._coin.turnover * busy / float(self._coin.price) / math.exp(first)
        return Bar(first, high, low, last, variance, max(round(amount / float(self._coin.lot)), 1))

    def _split(self, level: int, index: int) -> tuple[Bar, ...]:
        parent = self.bar(level, index)
        count = LENGTHS[level] // LENGTHS[level + 1]
        shared = seeded(self._seed, "market", level, index)
        pulls = [_SHARED * shared.gauss(0, 1) for _ in range(count)]
        rng = seeded(self._seed, self._coin.base, level, index)
        drafts = [self._draft(parent, pulls, rng) for _ in range(_TRIES)]
        draft = min(drafts, key=lambda bars: _misfit(bars, parent))
        return _with_volume(_fit(draft, parent), parent.volume, rng)

    def _draft(self, parent: Bar, pulls: Sequence[float], rng: random.Random) -> list[Bar]:
        weights = [math.exp(rng.gauss(0, _CLUSTERING)) for _ in pulls]
        scale = parent.variance / sum(weights)
        rest, here, bars = parent.variance, parent.open, list[Bar]()
        for pull, weight in zip(pulls, weights, strict=True):
            variance = weight * scale
            there = parent.close
            if len(bars) < len(pulls) - 1:
                pull_here = pull + self._own * rng.gauss(0, 1)
                there = here + (parent.close - here) * variance / rest
                there += pull_here * math.sqrt(variance * (rest - variance) / rest)
            bars.append(Bar(here, *_extremes(here, there, variance, rng), there, variance, 0))
            rest, here = rest - variance, there
        return bars

    def _make_seconds(self, minute: int) -> tuple[float, ...]:
        bar = self.bar(_MINUTE, minute)
        rng = seeded(self._seed, self._coin.base, "seconds", minute)
        step = math.sqrt(bar.variance / 60)
        first, second = sorted(rng.sample(range(1, 60), 2))
        extremes = (bar.high, bar.low) if rng.random() < 0.5 else (bar.low, bar.high)  # noqa: PLR2004 - a coin toss
        points = [bar.open]
        for end, target in ((first, extremes[0]), (second, extremes[1]), (60, bar.close)):
            _bridge(points, end, target, step, rng)
        return tuple(_folded(point, bar.low, bar.high) for point in points)


def seeded(*key: object) -> random.Random:
    """Return a source of noise that depends on the key alone, in any process."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(digest))  # noqa: S311 - a market needs repeatability, not secrecy


@lru_cache(maxsize=65_536)
def _lattice(key: tuple[object, ...], period: int, cell: int) -> float:
    digest = hashlib.blake2b(repr((key, period, cell)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**63 - 1


def _noise(key: tuple[object, ...], day: int) -> float:
    """Bounded noise that wanders like prices do over days and returns to zero over months."""
    total = 0.0
    for period in _PERIODS:
        cell, phase = divmod(day, period)
        here, there = _lattice(key, period, cell), _lattice(key, period, cell + 1)
        blend = (1 - math.cos(math.pi * phase / period)) / 2
        total += math.sqrt(period) * (here + (there - here) * blend)
    return total


def _extremes(
    first: float, last: float, variance: float, rng: random.Random
) -> tuple[float, float]:
    # The exact law of the maximum of a Brownian bridge; the rarest draws are cut to keep a band.
    change = (last - first) ** 2
    up, down = (max(1 - rng.random(), _RAREST) for _ in range(2))
    middle = (first + last) / 2
    return (
        max(middle + math.sqrt(change - 2 * variance * math.log(up)) / 2, first, last),
        min(middle - math.sqrt(change - 2 * variance * math.log(down)) / 2, first, last),
    )


def _bridge(points: list[float], end: int, target: float, step: float, rng: random.Random) -> None:
    for left in range(end - len(points) + 1, 1, -1):
        here = points[-1]
        noise = rng.gauss(0, step) * math.sqrt((left - 1) / left)
        points.append(here + (target - here) / left + noise)
    points.append(target)


def _folded(value: float, low: float, high: float) -> float:
    # What would leave the range is mirrored back: cut off, it would lie flat on the edge.
    if low <= value <= high or low == high:
        return min(max(value, low), high)
    beyond = (value - low) % (2 * (high - low))
    return min(low + min(beyond, 2 * (high - low) - beyond), high)


def _misfit(bars: Sequence[Bar], parent: Bar) -> float:
    top, bottom = max(parent.open, parent.close), min(parent.open, parent.close)
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    return abs(high - parent.high) / (parent.high - top + 1e-12) + abs(low - parent.low) / (
        bottom - parent.low + 1e-12
    )


def _fit(bars: Sequence[Bar], parent: Bar) -> list[Bar]:
    """Stretch what lies beyond open and close so that the extremes are the parent's, exactly."""
    top, bottom = max(parent.open, parent.close), min(parent.open, parent.close)
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    up = (parent.high - top) / (high - top) if high > top else 0.0
    down = (bottom - parent.low) / (bottom - low) if low < bottom else 0.0

    def place(value: float) -> float:
        if value > top:
            return parent.high if value == high else min(top + (value - top) * up, parent.high)
        if value < bottom:
            return (
                parent.low if value == low else max(bottom - (bottom - value) * down, parent.low)
            )
        return value

    return [
        bar._replace(
            open=place(bar.open),
            high=place(bar.high),
            low=place(bar.low),
            close=place(bar.close),
        )
        for bar in bars
    ]


def _with_volume(bars: Iterable[Bar], volume: int, rng: random.Random) -> tuple[Bar, ...]:
    bars = tuple(bars)
    weights = [(bar.high - bar.low + 1e-9) * math.exp(rng.gauss(0, 0.3)) for bar in bars]
    total, passed, done, parts = sum(weights), 0.0, 0, []
    for weight in weights[:-1]:
        passed += weight
        upto = min(int(volume * (passed / total)), volume)
        parts.append(upto - done)
        done = upto
    parts.append(volume - done)
    return tuple(bar._replace(volume=part) for bar, part in zip(bars, parts, strict=True))
