"""What an order gets from the market: pure arithmetic on exact decimals.

Prices are whole ticks and amounts whole lots, so price times amount is exact on the ledger grid
of eight decimals (see `services.exchange.paper_markets`); only fees are ever rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_UP, Decimal

from services.domain.market import Level, Market
from services.domain.orders import Side
from services.domain.paper import Trade

LEDGER = Decimal("0.00000001")
"""The smallest unit that the venue keeps of any currency."""

# Half of what trades hits the other side of the book, and others queue there too.
_SHARE = Decimal("0.25")


def take(
    levels: Iterable[Level], side: Side, amount: Decimal, *, limit: Decimal | None = None
) -> tuple[Level, ...]:
    """Return what an arriving order takes from the opposite side of the book, best first.

    Args:
        levels: Asks for a purchase, bids for a sale, best first.
        side: Of the order.
        amount: Wanted, in base; the result sums to it or, in a thin book, to less.
        limit: Worst price accepted, None for a market order.
    """
    taken, rest = [], amount
    for level in levels:
        if rest == 0 or (limit is not None and not _reaches(side, level.price, limit)):
            break
        part = min(level.amount, rest)
        taken.append(Level(level.price, part))
        rest -= part
    return tuple(taken)


def make(market: Market, price: Decimal, remaining: Decimal, *, traded: Decimal) -> Level | None:
    """Return what a resting order gets, at its own price, or None for less than a lot.

    Args:
        market: Whose lot applies.
        price: Of the order.
        remaining: Still to trade, in base.
        traded: What passed at the price or better since the last look, in base; the order gets
            a share of it, so a large one fills over several looks.
    """
    amount = min(remaining, market.amount_down(traded * _SHARE))
    return Level(price, amount) if amount > 0 else None


def trade(market: Market, side: Side, level: Level, *, is_maker: bool, at: datetime) -> Trade:
    """Return the trade of an order at a level with its fee.

    As on real spot venues the fee is taken from what is received, base for a purchase and quote
    for a sale, and rounded up to the ledger grid.
    """
    rate = market.maker if is_maker else market.taker
    is_buy = side is Side.BUY
    received = level.amount if is_buy else level.price * level.amount
    return Trade(
        price=level.price,
        amount=level.amount,
        fee=(received * rate).quantize(LEDGER, ROUND_UP),
        fee_currency=market.base if is_buy else market.quote,
        is_maker=is_maker,
        at=at,
    )


def _reaches(side: Side, price: Decimal, limit: Decimal) -> bool:
    return price <= limit if side is Side.BUY else price >= limit
