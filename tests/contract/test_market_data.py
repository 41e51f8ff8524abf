"""What every venue tells everybody: the same promises on paper and on each wire."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from services.domain.market import MarketType, Timeframe
from services.errors import InvalidInput, NotFound
from tests.contract.worlds import BTC, PERPETUAL, THIN, World

NOWHERE = "NOBODY/USDT"


async def test_markets_are_stated_exactly(world: World) -> None:
    markets = await world.gateway.markets()

    for symbol, market in markets.items():
        assert symbol == market.symbol
        for step in (market.tick, market.lot, market.contract_size):
            assert step > 0
            assert len(step.normalize().as_tuple().digits) <= 2
        assert market.min_amount >= market.lot
        assert market.amount_down(market.min_amount) == market.min_amount
        assert market.max_amount is None or market.max_amount > market.min_amount
        assert market.min_cost >= 0
        assert -1 < market.maker <= market.taker < 1
        assert (market.settle is None) is (market.type is MarketType.SPOT)
    assert {BTC, THIN, PERPETUAL} <= set(markets)
    assert (markets[BTC].base, markets[BTC].quote, markets[BTC].type) == (
        "BTC",
        "USDT",
        MarketType.SPOT,
    )
    assert markets[PERPETUAL].type is MarketType.SWAP
    assert (markets[BTC].min_cost > 0) is world.traits.has_cost_minimum


async def test_a_quote_stands_between_bid_and_ask(world: World) -> None:
    quotes = await world.gateway.quotes([BTC, PERPETUAL, THIN])

    assert list(quotes) == [BTC, PERPETUAL, THIN]
    for symbol, quote in quotes.items():
        market = await world.market(symbol)
        assert quote.symbol == symbol
        assert 0 < quote.bid < quote.ask
        assert market.is_on_tick(quote.bid)
        assert market.is_on_tick(quote.ask)
        assert quote.bid * Decimal("0.99") < quote.last < quote.ask * Decimal("1.01")
        assert quote.low is not None
        assert quote.high is not None
        assert quote.low <= quote.last <= quote.high
        assert abs(world.now() - quote.at) < timedelta(minutes=1)


async def test_one_quote_is_as_good_as_many(world: World) -> None:
    alone = (await world.gateway.quotes([BTC]))[BTC]
    among = (await world.gateway.quotes([THIN, BTC]))[BTC]

    assert (alone.bid, alone.ask, alone.last) == (among.bid, among.ask, among.last)


async def test_no_symbols_no_quotes(world: World) -> None:
    assert await world.gateway.quotes([]) == {}


async def test_a_symbol_that_nobody_lists_is_unknown(world: World) -> None:
    for asked in (
        world.gateway.quotes([NOWHERE]),
        world.gateway.order_book(NOWHERE),
        world.gateway.candles(NOWHERE, Timeframe.H1, limit=5),
        world.gateway.trades(NOWHERE, limit=5),
        world.gateway.funding(NOWHERE),
    ):
        with pytest.raises(NotFound, match="symbol_unknown"):
            await asked


@pytest.mark.parametrize("symbol", [BTC, PERPETUAL])
async def test_a_book_is_sorted_and_not_crossed(world: World, symbol: str) -> None:
    book = await world.gateway.order_book(symbol, depth=7)
    market = await world.market(symbol)

    assert (book.symbol, len(book.bids), len(book.asks)) == (symbol, 7, 7)
    assert all(upper.price > lower.price for upper, lower in pairwise(book.bids))
    assert all(lower.price < upper.price for lower, upper in pairwise(book.asks))
    assert book.bids[0].price < book.asks[0].price
    for level in (*book.bids, *book.asks):
        assert market.is_on_tick(level.price)
        assert level.amount == market.amount_down(level.amount) > 0


async def test_the_top_of_the_book_is_the_quote(world: World) -> None:
    quote = (await world.gateway.quotes([BTC]))[BTC]
    book = await world.gateway.order_book(BTC, depth=1)

    assert (book.bids[0].price, book.asks[0].price) == (quote.bid, quote.ask)


async def test_candles_follow_each_other_and_the_last_is_unfinished(world: World) -> None:
    await world.outside.trade_at(BTC, await world.near("1.001"))

    candles = await world.gateway.candles(BTC, Timeframe.M5, limit=50)

    assert len(candles) == 50
    assert {after.at - before.at for before, after in pairwise(candles)} == {timedelta(minutes=5)}
    assert candles[-1].at <= world.now() < candles[-1].at + timedelta(minutes=6)
    for candle in candles:
        assert candle.low <= min(candle.open, candle.close)
        assert candle.high >= max(candle.open, candle.close)
        assert candle.volume >= 0
    assert candles[-1].close == (await world.gateway.quotes([BTC]))[BTC].last


async def test_every_timeframe_that_is_offered_has_candles(world: World) -> None:
    timeframes = world.gateway.timeframes()

    assert list(timeframes) == [frame for frame in Timeframe if frame in timeframes]
    assert {Timeframe.M1, Timeframe.H1, Timeframe.D1} <= set(timeframes)
    for timeframe in timeframes:
        candles = await world.gateway.candles(BTC, timeframe, limit=3)
        assert len(candles) == 3
        assert candles[1].at - candles[0].at == timeframe.length


async def test_trades_come_oldest_first(world: World) -> None:
    for symbol in (BTC, PERPETUAL):
        market = await world.market(symbol)
        trades = await world.gateway.trades(symbol, limit=20)

        assert 0 < len(trades) <= 20
        assert all(before.at <= after.at for before, after in pairwise(trades))
        assert len({trade.id for trade in trades}) == len(trades)
        for trade in trades:
            assert market.is_on_tick(trade.price)
            assert trade.amount == market.amount_down(trade.amount) > 0


async def test_a_perpetual_has_funding_and_a_coin_has_none(world: World) -> None:
    funding = await world.gateway.funding(PERPETUAL)

    assert funding.symbol == PERPETUAL
    assert abs(funding.rate) < 1
    assert funding.next_at is not None
    assert timedelta(0) < funding.next_at - world.now() <= timedelta(days=1)
    with pytest.raises(InvalidInput, match="no_funding"):
        await world.gateway.funding(BTC)


async def test_the_clocks_agree(world: World) -> None:
    time = await world.gateway.time()

    assert abs(time.offset) < timedelta(seconds=2)
    assert timedelta(0) <= time.round_trip < timedelta(seconds=5)
