"""The synthetic market's tape and funding: the same in every process, nothing is stored.

The trades of a second share out its volume, so those of a minute add up to its candle.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from services.exchange.paper_markets import Coin

FUNDING_PERIOD = timedelta(hours=8)
"""Perpetuals pay at 0:00, 8:00 and 16:00 UTC, as on the large venues."""

# Where funding rests on the large venues, and how far it wanders from there, as ratios.
_USUAL_RATE, _RATE_SPREAD, _RATE_BOUND = 1e-4, 7e-5, 75e-4
_RATE_PLACES = 8
# How much more likely buyers take while the price rises, sellers while it falls.
_MOMENTUM = 0.25


class Print(NamedTuple):
    """A trade within its second: when, as a part of the second, and its volume in lots."""

    moment: float
    lots: int


def prints(rng: random.Random, coin: Coin, lots: int) -> Iterator[Print]:
    """Yield the trades that share out the volume of a second, oldest first.

    Args:
        rng: Source of this second's noise.
        coin: Whose turnover says how many there are.
        lots: Volume of the second.
    """
    most = max(round(math.log10(coin.turnover)) - 6, 1)
    count = rng.randint(1, most)
    moments = sorted(rng.random() for _ in range(count))
    cuts = sorted(rng.randint(0, lots) for _ in range(count - 1))
    for moment, (start, end) in zip(moments, pairwise((0, *cuts, lots)), strict=True):
        if end > start:
            yield Print(moment, end - start)


def is_bought(rng: random.Random, before: float, price: float) -> bool:
    """Tell whether a buyer took, more often so while the price rises."""
    direction = (price > before) - (price < before)
    return rng.random() < 0.5 + _MOMENTUM * direction


def period_of(at: datetime) -> tuple[int, datetime]:
    """Return the number of the funding period and when it is paid."""
    length = round(FUNDING_PERIOD.total_seconds())
    number = int(at.timestamp() // length)
    return number, datetime.fromtimestamp((number + 1) * length, UTC)


def funding_rate(rng: random.Random) -> Decimal:
    """Return the rate of a period as a ratio; positive: longs pay shorts."""
    rate = min(max(rng.gauss(_USUAL_RATE, _RATE_SPREAD), -_RATE_BOUND), _RATE_BOUND)
    return Decimal(round(rate * 10**_RATE_PLACES)).scaleb(-_RATE_PLACES)
