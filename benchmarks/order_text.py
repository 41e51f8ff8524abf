"""What reading an order strictly costs, against picking its words out with regular expressions."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

from handlers.parsing import parse_order
from tests.handlers.parsing.phrases import DESIGN_READ

ROUNDS = 60

_SIDE = re.compile(r"buy|sell|买入?|卖出?", re.IGNORECASE)
_PRICE = re.compile(r"(?:@|at|limit|限价|价格)\s*([\d,.]+)([km万])?", re.IGNORECASE)
_AMOUNT = re.compile(r"\$?([\d,.]+)\s*(usdt|u|%|[km万])?", re.IGNORECASE)
_COIN = re.compile(r"btc|eth|sol|doge|pepe|bct|比特币|大饼|以太坊", re.IGNORECASE)


def figures() -> Iterator[dict[str, object]]:
    """Yield the median of the design's phrases; `baseline` guesses, so it may well be faster."""
    strict, slots = median_us(parse_order), median_us(slot_filler)
    yield {
        "name": "order_text_us",
        "value": round(strict, 1),
        "unit": "us",
        "baseline": round(slots, 1),
        "ratio": round(strict / slots, 2),
    }


def slot_filler(text: str) -> object:
    """Pick whatever looks like a side, an amount, a coin and a price; ignore the rest."""
    side, coin, price = _SIDE.search(text), _COIN.search(text), _PRICE.search(text)
    amount = _AMOUNT.search(_PRICE.sub("", text))
    values = [
        Decimal(found[1].replace(",", "").strip(".") or 0) if found else None
        for found in (amount, price)
    ]
    return side and side[0], coin and coin[0], *values


def median_us(read: Callable[[str], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        for text in DESIGN_READ:
            start = time.perf_counter()
            read(text)
            times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)
