"""The synthetic market's order book: renewed every second, the same in every process.

Prices are whole ticks and amounts whole lots, so nothing is rounded twice.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

from services.exchange.paper_markets import Coin

DEPTH = 60
"""Levels a side; beyond them there is nothing to trade with."""

_BASIS_POINT = 1e-4
# One level's worth as a share of a day's turnover: BTC shows about a thousand coins a side.
_LEVEL = 3.2e-6
_GROWTH = 0.35
_GAP = 0.25 * _BASIS_POINT


class Rung(NamedTuple):
    """A level in ticks and lots."""

    ticks: int
    lots: int


def best(rng: random.Random, coin: Coin, last: int) -> tuple[int, int]:
    """Return the best bid and ask in ticks around the last price, which is one of the two.

    Large coins are quoted within a tenth of a basis point, small ones within a few.
    """
    widest = last * _BASIS_POINT * min(max(2e9 / coin.turnover, 0.15), 3)
    spread = 1 + math.floor(widest * rng.random())
    is_sale = rng.random() < 0.5  # noqa: PLR2004 - a coin toss
    if is_sale and last > spread:
        return last - spread, last
    return last, last + spread


def ladder(rng: random.Random, coin: Coin, start: int, *, step: int, lot: float) -> Iterator[Rung]:
    """Yield the levels of a side from the best one outwards; `step` is -1 for bids, 1 for asks.

    Args:
        rng: Source of this second's noise.
        coin: Whose turnover sets the depth.
        start: Best price in ticks.
        step: Direction away from the middle.
        lot: Amount step of the market, in base.
    """
    unit = coin.turnover * _LEVEL / float(coin.price) / lot
    ticks = start
    for number in range(DEPTH):
        lots = unit * (0.4 + 0.8 * rng.random()) * (1 + _GROWTH * number)
        yield Rung(ticks, max(round(lots), 1))
        gap = start * _GAP * math.sqrt(number + 1) * (0.3 + 1.4 * rng.random())
        ticks += step * max(round(gap), 1)
        if ticks < 1:
            return
