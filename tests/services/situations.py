"""Moments before an order: a market, its book and what the account holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

from services.domain.accounts import Balance
from services.domain.market import Level, Market, MarketType, OrderBook, Quote
from services.domain.orders import OrderType, OrderWish, Quantity, QuantityKind, Side
from services.risk import Limits, Situation

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
D = Decimal
LIMITS = Limits(max_order_cost=D(50_000), guard_ratio=D("0.005"))
BIDS = (("99", "1"), ("98", "2"), ("95", "10"))
ASKS = (("101", "1"), ("102", "2"), ("110", "10"))


def market(
    *,
    tick: str = "0.5",
    lot: str = "0.01",
    min_amount: str = "0.01",
    max_amount: str = "1000",
    min_cost: str = "5",
    kind: MarketType = MarketType.SPOT,
) -> Market:
    """An invented coin, ABC, at about 100 USDT; takers pay 0.2 %, makers 0.1 %."""
    return Market(
        symbol="ABC/USDT" if kind is MarketType.SPOT else "ABC/USDT:USDT",
        base="ABC",
        quote="USDT",
        type=kind,
        tick=D(tick),
        lot=D(lot),
        min_amount=D(min_amount),
        max_amount=D(max_amount),
        min_cost=D(min_cost),
        maker=D("0.001"),
        taker=D("0.002"),
    )


def situation(
    of: Market | None = None,
    *,
    bids: Sequence[tuple[str, str]] = BIDS,
    asks: Sequence[tuple[str, str]] = ASKS,
    base: str = "10",
    quote: str = "1000",
) -> Situation:
    """The coin with `bids` 99, 98, 95 and `asks` 101, 102, 110, and what is free."""
    of = of or market()
    return _situation(of, _levels(bids), _levels(asks), base=D(base), quote=D(quote))


def _levels(pairs: Sequence[tuple[str, str]]) -> tuple[Level, ...]:
    return tuple(Level(D(price), D(amount)) for price, amount in pairs)


def _situation(
    of: Market,
    bids: tuple[Level, ...],
    asks: tuple[Level, ...],
    *,
    base: Decimal,
    quote: Decimal,
) -> Situation:
    bid = bids[0].price if bids else D(99)
    ask = asks[0].price if asks else D(101)
    quoted = Quote(of.symbol, bid, bid, ask, ask, bid, D(0), D(1), D(100), AT)
    held = {"ABC": Balance("ABC", base, D(0)), "USDT": Balance("USDT", quote, D(0))}
    balances = {name: balance for name, balance in held.items() if balance.total}
    return Situation(of, quoted, OrderBook(of.symbol, bids, asks, AT), balances)


def wish(
    side: Side, value: str, kind: QuantityKind = QuantityKind.BASE, *, price: str | None = None
) -> OrderWish:
    """A wish for the coin."""
    order_type = OrderType.MARKET if price is None else OrderType.LIMIT
    limit = None if price is None else D(price)
    return OrderWish(side, "ABC", Quantity(kind, D(value)), order_type, limit)


def decimals(low: str, high: str, *, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(D(low), D(high), allow_nan=False, places=places)


STEPS = st.sampled_from(["0.00000001", "0.00001", "0.0025", "0.01", "0.5", "1", "10"])


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Rules as venues have them; the smallest amount need not be a whole number of lots."""
    return market(
        tick=draw(STEPS),
        lot=draw(STEPS),
        min_amount=str(draw(decimals("0.00000001", "3", places=8))),
        max_amount=str(draw(decimals("5", "100000", places=2))),
        min_cost=str(draw(decimals("0", "25", places=1))),
    )


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """A market with up to six levels a side, also thin ones, also with empty pockets."""
    of = draw(markets())
    amounts = st.lists(decimals("0.00000001", "500", places=8), max_size=6)
    middle = draw(st.integers(10, 10_000))

    def side(sign: int) -> tuple[Level, ...]:
        levels = enumerate(draw(amounts), start=1)
        return tuple(Level((middle + sign * step) * of.tick, amount) for step, amount in levels)

    held = decimals("0", "100000", places=8)
    return _situation(of, side(-1), side(1), base=draw(held), quote=draw(held))


@st.composite
def wishes(draw: st.DrawFn) -> OrderWish:
    """Any order that the grammar can say."""
    kind = draw(st.sampled_from(QuantityKind))
    value = decimals("0.01", "1", places=2)
    if kind is not QuantityKind.FRACTION:
        value = decimals("0.00000001", "100000", places=8)
    price = draw(st.none() | decimals("0.00000001", "100000", places=8))
    side = draw(st.sampled_from(Side))
    return wish(side, str(draw(value)), kind, price=None if price is None else str(price))
