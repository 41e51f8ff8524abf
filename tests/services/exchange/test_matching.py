from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.market import Level
from services.domain.orders import Side
from services.domain.paper import Trade
from services.exchange import matching
from services.exchange.paper_markets import MARKETS

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
BTC = MARKETS["BTC/USDT"]
ASKS = (
    Level(Decimal(100), Decimal(1)),
    Level(Decimal(101), Decimal(2)),
    Level(Decimal(103), Decimal(4)),
)
BIDS = (Level(Decimal(99), Decimal(1)), Level(Decimal(98), Decimal(2)))


def made(side: Side, price: str, amount: str) -> Trade:
    level = Level(Decimal(price), Decimal(amount))
    return matching.trade(BTC, side, level, is_maker=True, at=NOW)


levels = st.lists(
    st.tuples(st.integers(1, 500), st.integers(1, 50)), max_size=8, unique_by=lambda rung: rung[0]
).map(lambda rungs: [Level(Decimal(p) / 100, Decimal(a) / 1000) for p, a in sorted(rungs)])
amounts = st.integers(1, 400).map(lambda lots: Decimal(lots) / 1000)


def test_a_small_order_takes_part_of_the_best_level() -> None:
    taken = matching.take(ASKS, Side.BUY, Decimal("0.25"))

    assert taken == (Level(Decimal(100), Decimal("0.25")),)


def test_a_larger_order_walks_the_book() -> None:
    taken = matching.take(ASKS, Side.BUY, Decimal(4))

    assert taken == (*ASKS[:2], Level(Decimal(103), Decimal(1)))


def test_an_order_beyond_the_book_takes_all_of_it() -> None:
    assert matching.take(ASKS, Side.BUY, Decimal(100)) == ASKS


@pytest.mark.parametrize(
    ("side", "book", "limit", "expected"),
    [
        (Side.BUY, ASKS, Decimal(101), ASKS[:2]),
        (Side.BUY, ASKS, Decimal("99.99"), ()),
        (Side.SELL, BIDS, Decimal(99), BIDS[:1]),
        (Side.SELL, BIDS, Decimal("99.01"), ()),
    ],
)
def test_a_limit_order_takes_no_worse_price_than_its_own(
    side: Side, book: tuple[Level, ...], limit: Decimal, expected: tuple[Level, ...]
) -> None:
    assert matching.take(book, side, Decimal(100), limit=limit) == expected


@given(levels, amounts, st.none() | st.integers(1, 500).map(lambda ticks: Decimal(ticks) / 100))
def test_what_is_taken_is_in_the_book_and_no_more_than_asked(
    asks: list[Level], amount: Decimal, limit: Decimal | None
) -> None:
    taken = matching.take(asks, Side.BUY, amount, limit=limit)
    within = [level for level in asks if limit is None or level.price <= limit]

    assert sum(level.amount for level in taken) == min(amount, sum(lv.amount for lv in within))
    assert all(a.price < b.price for a, b in pairwise(taken))
    assert all(part.amount <= level.amount for part, level in zip(taken, asks, strict=False))


def test_a_resting_order_gets_a_share_of_what_trades_at_its_own_price() -> None:
    level = matching.make(BTC, Decimal(60_000), Decimal(5), traded=Decimal(8))

    assert level == Level(Decimal(60_000), Decimal(2))


def test_a_resting_order_gets_no_more_than_it_wants() -> None:
    level = matching.make(BTC, Decimal(60_000), Decimal("0.5"), traded=Decimal(8))

    assert level == Level(Decimal(60_000), Decimal("0.5"))


def test_a_share_below_one_lot_is_nothing() -> None:
    assert matching.make(BTC, Decimal(60_000), Decimal(1), traded=Decimal("0.00003")) is None


def test_a_purchase_pays_its_fee_in_the_coin_bought() -> None:
    trade = made(Side.BUY, "60000", "0.5")

    assert (trade.fee, trade.fee_currency) == (Decimal("0.0005"), "BTC")


def test_a_sale_pays_its_fee_in_the_quote_received() -> None:
    trade = made(Side.SELL, "60000", "0.5")

    assert (trade.fee, trade.fee_currency) == (Decimal(30), "USDT")


def test_a_fee_is_rounded_up_to_the_ledger_grid() -> None:
    trade = made(Side.SELL, "60000.01", "0.00001")

    assert trade.cost == Decimal("0.6000001")
    assert trade.fee == Decimal("0.00060001")
