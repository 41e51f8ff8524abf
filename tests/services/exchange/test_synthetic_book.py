from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.market import Level, Market
from services.domain.orders import Side
from services.domain.paper import Move
from services.exchange import matching
from services.exchange.paper_markets import MARKETS
from services.exchange.synthetic import SyntheticMarket
from services.exchange.synthetic_book import DEPTH

NOW = datetime(2026, 11, 22, 8, 36, 12, 345678, tzinfo=UTC)
SYNTHETIC = SyntheticMarket(7)
BTC = "BTC/USDT"

seconds = st.integers(0, 10_000_000).map(lambda number: NOW + timedelta(seconds=number))


def cost(levels: tuple[Level, ...]) -> Decimal:
    return sum((level.price * level.amount for level in levels), Decimal(0))


@given(st.sampled_from(sorted(MARKETS)), seconds)
@settings(max_examples=100, deadline=None)
def test_a_book_is_sorted_uncrossed_and_on_the_grid(symbol: str, at: datetime) -> None:
    market, book = MARKETS[symbol], SYNTHETIC.order_book(symbol, at=at)

    assert all(a.price > b.price for a, b in pairwise(book.bids))
    assert all(a.price < b.price for a, b in pairwise(book.asks))
    assert book.bids[0].price < book.asks[0].price
    for level in (*book.bids, *book.asks):
        assert level.price > 0
        assert market.is_on_tick(level.price)
        assert level.amount >= market.lot
        assert market.amount_down(level.amount) == level.amount


@given(st.sampled_from(sorted(MARKETS)), seconds)
@settings(max_examples=100, deadline=None)
def test_book_and_quote_agree_on_the_best_prices(symbol: str, at: datetime) -> None:
    book, quote = SYNTHETIC.order_book(symbol, at=at), SYNTHETIC.quote(symbol, at)

    assert (book.bids[0].price, book.asks[0].price) == (quote.bid, quote.ask)


@pytest.mark.parametrize("market", MARKETS.values(), ids=lambda market: market.symbol)
def test_the_spread_is_a_few_basis_points_at_most(market: Market) -> None:
    quote = SYNTHETIC.quote(market.symbol, NOW)

    spread = quote.ask - quote.bid
    assert market.tick <= spread <= market.tick + quote.mid * Decimal("0.0003")


def test_sizes_grow_away_from_the_middle() -> None:
    asks = SYNTHETIC.order_book(BTC, at=NOW).asks

    near, far = asks[: DEPTH // 2], asks[DEPTH // 2 :]
    assert sum(level.amount for level in near) < sum(level.amount for level in far)


def test_depth_limits_the_levels_from_the_best_on() -> None:
    whole, part = SYNTHETIC.order_book(BTC, at=NOW), SYNTHETIC.order_book(BTC, depth=5, at=NOW)

    assert len(whole.bids) == len(whole.asks) == DEPTH
    assert (part.bids, part.asks) == (whole.bids[:5], whole.asks[:5])


def test_the_book_changes_every_second_and_only_then() -> None:
    book = SYNTHETIC.order_book(BTC, at=NOW)

    later = SYNTHETIC.order_book(BTC, at=NOW + timedelta(milliseconds=400))
    next_second = SYNTHETIC.order_book(BTC, at=NOW + timedelta(seconds=1))

    assert (later.bids, later.asks) == (book.bids, book.asks)
    assert next_second.asks != book.asks


def test_one_bitcoin_hardly_moves_the_price_and_five_hundred_do() -> None:
    asks = SYNTHETIC.order_book(BTC, at=NOW).asks
    best = asks[0].price

    small = matching.take(asks, Side.BUY, Decimal(1))
    large = matching.take(asks, Side.BUY, Decimal(500))

    assert cost(small) / best - 1 < Decimal("0.0002")
    assert Decimal("0.002") < cost(large) / 500 / best - 1 < Decimal("0.02")


def test_the_book_has_an_end() -> None:
    asks = SYNTHETIC.order_book(BTC, at=NOW).asks

    most = MARKETS[BTC].max_amount
    assert most is not None

    taken = matching.take(asks, Side.BUY, most)

    assert sum(level.amount for level in taken) < most


def test_a_coin_pushed_to_almost_nothing_keeps_positive_prices() -> None:
    moves = [Move("PEPE", Decimal("0.002"), NOW)]

    book = SyntheticMarket(7, moves=moves).order_book("PEPE/USDT", at=NOW)

    assert all(level.price > 0 for level in (*book.bids, *book.asks))
    assert book.asks
