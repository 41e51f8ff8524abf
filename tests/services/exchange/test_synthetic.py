from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.market import Candle, Market, MarketType, TakerSide, Timeframe
from services.domain.orders import Side
from services.domain.paper import Move
from services.errors import InvalidInput, NotFound
from services.exchange.paper_markets import COINS, MARKETS
from services.exchange.synthetic import SyntheticMarket

SEED = 7
NOW = datetime(2026, 11, 22, 8, 36, 12, 345678, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
BTC = "BTC/USDT"

symbols = st.sampled_from(sorted(MARKETS))
moments = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
longer = st.sampled_from([frame for frame in Timeframe if frame is not Timeframe.M1])
every_market = pytest.mark.parametrize("market", MARKETS.values(), ids=lambda each: each.symbol)


@st.composite
def pushed(draw: st.DrawFn) -> tuple[datetime, list[Move]]:
    """A moment and a few pushes of bitcoin in the two hours before it."""
    at = draw(moments)
    times = draw(st.lists(st.timedeltas(timedelta(0), timedelta(hours=2)), max_size=3))
    ratios = [draw(st.sampled_from(["0.97", "1.03", "1.5"])) for _ in times]
    return at, [Move("BTC", Decimal(r), at - ago) for r, ago in zip(ratios, times, strict=True)]


@pytest.fixture(scope="module")
def synthetic() -> SyntheticMarket:
    return SyntheticMarket(SEED)


def returns(candles: Sequence[Candle]) -> list[float]:
    return [float(candle.close / candle.open) - 1 for candle in candles]


def joined(parts: Sequence[Candle]) -> Candle:
    return Candle(
        at=parts[0].at,
        open=parts[0].open,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=parts[-1].close,
        volume=sum((part.volume for part in parts), Decimal(0)),
    )


@every_market
def test_prices_are_positive_on_tick_and_near_the_usual_price_for_ninety_days(
    synthetic: SyntheticMarket, market: Market
) -> None:
    usual = COINS[market.base].price

    days = synthetic.candles(market.symbol, Timeframe.D1, limit=90, at=NOW)

    assert len(days) == 90
    for day in days:
        assert all(market.is_on_tick(p) for p in (day.open, day.high, day.low, day.close))
        assert usual / 3 < day.low <= min(day.open, day.close)
        assert max(day.open, day.close) <= day.high < usual * 3
        assert day.volume > 0


@given(symbols, moments, st.sampled_from(list(Timeframe)))
@settings(max_examples=60, deadline=None)
def test_each_candle_opens_where_the_one_before_closed(
    symbol: str, at: datetime, timeframe: Timeframe
) -> None:
    candles = SyntheticMarket(SEED).candles(symbol, timeframe, limit=50, at=at)

    assert all(b.open == a.close for a, b in pairwise(candles))
    assert all(b.at - a.at == timeframe.length for a, b in pairwise(candles))
    assert candles[-1].at <= at < candles[-1].at + timeframe.length


@given(pushed(), longer)
@settings(max_examples=30, deadline=None)
def test_a_longer_candle_is_exactly_the_sum_of_its_minutes(
    world: tuple[datetime, list[Move]], timeframe: Timeframe
) -> None:
    at, moves = world
    synthetic = SyntheticMarket(SEED, moves=moves)
    *_, before, current = synthetic.candles(BTC, timeframe, limit=2, at=at)

    count = 2 * (timeframe.length // MINUTE)
    minutes = synthetic.candles(BTC, Timeframe.M1, limit=count, at=at)

    assert before == joined([m for m in minutes if before.at <= m.at < current.at])
    assert current == joined([m for m in minutes if current.at <= m.at])


@given(symbols, moments)
@settings(max_examples=30, deadline=None)
def test_a_minute_is_what_somebody_looking_every_second_saw(symbol: str, at: datetime) -> None:
    synthetic = SyntheticMarket(SEED)
    minute = at.replace(second=0, microsecond=0)
    seen = [synthetic.last(symbol, minute + SECOND * number) for number in range(61)]

    candle = synthetic.candles(symbol, Timeframe.M1, limit=2, at=minute + MINUTE)[0]

    assert candle.at == minute
    assert (candle.open, candle.close) == (seen[0], seen[-1])
    assert (candle.high, candle.low) == (max(seen), min(seen))


@given(pushed(), st.sampled_from(list(Timeframe)))
@settings(max_examples=60, deadline=None)
def test_the_unfinished_candle_holds_the_path_so_far(
    world: tuple[datetime, list[Move]], timeframe: Timeframe
) -> None:
    at, moves = world
    synthetic = SyntheticMarket(SEED, moves=moves)

    candle = synthetic.candles(BTC, timeframe, limit=1, at=at)[-1]

    low, high = synthetic.span(BTC, candle.at, at)
    assert candle.close == synthetic.last(BTC, at)
    assert (candle.low, candle.high) == (low, high)


def test_the_price_moves_second_by_second(synthetic: SyntheticMarket) -> None:
    prices = [synthetic.last(BTC, NOW + SECOND * number) for number in range(60)]

    assert len(set(prices)) > 55


def test_any_moment_can_be_asked_for_in_any_order(synthetic: SyntheticMarket) -> None:
    times = [NOW + number * timedelta(minutes=7, seconds=13) for number in range(50)]
    forwards = [synthetic.quote("SOL/USDT", at) for at in times]

    backwards = [SyntheticMarket(SEED).quote("SOL/USDT", at) for at in reversed(times)]

    assert backwards[::-1] == forwards


def test_another_process_sees_the_same_market(synthetic: SyntheticMarket) -> None:
    program = (
        "from datetime import datetime\n"
        "from services.exchange.synthetic import SyntheticMarket\n"
        f"at = datetime.fromisoformat({NOW.isoformat()!r})\n"
        f"market = SyntheticMarket({SEED})\n"
        f"print(market.quote({BTC!r}, at), market.order_book({BTC!r}, at=at))"
    )

    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
        env={"PYTHONPATH": ".", "PYTHONHASHSEED": "99"},
    )

    here = f"{synthetic.quote(BTC, NOW)} {synthetic.order_book(BTC, at=NOW)}"
    assert run.stdout.strip() == here


def test_another_seed_is_another_market(synthetic: SyntheticMarket) -> None:
    assert SyntheticMarket(SEED + 1).last(BTC, NOW) != synthetic.last(BTC, NOW)


def test_a_minute_of_bitcoin_moves_like_a_minute_of_bitcoin(synthetic: SyntheticMarket) -> None:
    minutes = synthetic.candles(BTC, Timeframe.M1, limit=14 * 1440, at=NOW)

    assert 0.0003 < statistics.pstdev(returns(minutes)) < 0.0008


def test_volatility_clusters(synthetic: SyntheticMarket) -> None:
    sizes = [abs(r) for r in returns(synthetic.candles(BTC, Timeframe.M5, limit=4000, at=NOW))]

    assert statistics.correlation(sizes[:-1], sizes[1:]) > 0.1


def test_volume_comes_with_movement(synthetic: SyntheticMarket) -> None:
    candles = synthetic.candles(BTC, Timeframe.M15, limit=2000, at=NOW)
    ranges = [float(candle.high - candle.low) for candle in candles]

    assert statistics.correlation(ranges, [float(candle.volume) for candle in candles]) > 0.4


def test_coins_move_together_a_little(synthetic: SyntheticMarket) -> None:
    bitcoin = returns(synthetic.candles(BTC, Timeframe.H1, limit=2000, at=NOW))
    solana = returns(synthetic.candles("SOL/USDT", Timeframe.H1, limit=2000, at=NOW))

    assert 0.1 < statistics.correlation(bitcoin, solana) < 0.8


@every_market
def test_a_quote_agrees_with_itself(synthetic: SyntheticMarket, market: Market) -> None:
    quote = synthetic.quote(market.symbol, NOW)

    before = synthetic.last(market.symbol, NOW.replace(second=0, microsecond=0) - DAY)
    assert quote.bid <= quote.last <= quote.ask
    assert quote.bid < quote.ask
    assert quote.low is not None
    assert quote.high is not None
    assert quote.base_volume is not None
    assert quote.quote_volume is not None
    assert quote.low <= quote.last <= quote.high
    assert quote.percentage == round((quote.last / before - 1) * 100, 3)
    assert quote.low * quote.base_volume <= quote.quote_volume + 1
    assert quote.quote_volume <= quote.high * quote.base_volume + 1


def test_a_perpetual_follows_its_coin(synthetic: SyntheticMarket) -> None:
    spot, perpetual = synthetic.last(BTC, NOW), synthetic.last("BTC/USDT:USDT", NOW)

    assert abs(perpetual / spot - 1) < Decimal("0.001")


def test_a_push_moves_spot_and_perpetual_from_its_moment_on(synthetic: SyntheticMarket) -> None:
    moved = SyntheticMarket(SEED, moves=[Move("BTC", Decimal("1.03"), NOW)])

    for symbol in (BTC, "BTC/USDT:USDT"):
        for at in (NOW, NOW + DAY):
            ratio = moved.last(symbol, at) / synthetic.last(symbol, at)
            assert abs(ratio - Decimal("1.03")) < Decimal("0.00001")
    before = NOW - timedelta(microseconds=1)
    assert moved.quote(BTC, before) == synthetic.quote(BTC, before)


def test_a_push_leaves_other_coins_alone(synthetic: SyntheticMarket) -> None:
    moved = SyntheticMarket(SEED, moves=[Move("BTC", Decimal("1.03"), NOW)])

    assert moved.quote("ETH/USDT", NOW) == synthetic.quote("ETH/USDT", NOW)


@pytest.mark.parametrize("timeframe", Timeframe)
def test_the_candle_of_a_push_shows_the_jump(
    synthetic: SyntheticMarket, timeframe: Timeframe
) -> None:
    before = synthetic.last(BTC, NOW)
    moved = SyntheticMarket(SEED, moves=[Move("BTC", Decimal("1.1"), NOW)])

    still, now = moved.candles(BTC, timeframe, limit=2, at=NOW)

    assert still == synthetic.candles(BTC, timeframe, limit=2, at=NOW)[0]
    assert now.low <= before
    assert now.close == moved.last(BTC, NOW)
    assert now.high == max(now.close, moved.span(BTC, now.at, NOW - SECOND)[1])


def test_pushes_multiply(synthetic: SyntheticMarket) -> None:
    twice = [Move("BTC", Decimal("1.1"), NOW), Move("BTC", Decimal("1.1"), NOW + SECOND)]
    moved = SyntheticMarket(SEED)

    moved.set_moves(twice)

    at = NOW + MINUTE
    ratio = moved.last(BTC, at) / synthetic.last(BTC, at)
    assert abs(ratio - Decimal("1.21")) < Decimal("0.00001")


@given(pushed(), st.integers(1, 7200), st.integers(1, 7200), st.sampled_from(Side))
@settings(max_examples=60, deadline=None)
def test_neighbouring_stretches_share_no_volume(
    world: tuple[datetime, list[Move]], first: int, second: int, side: Side
) -> None:
    at, moves = world
    synthetic = SyntheticMarket(SEED, moves=moves)
    start, middle = at - SECOND * (first + second), at - SECOND * second
    price = synthetic.last(BTC, middle)

    parts = [
        synthetic.traded(BTC, side, price, start, middle),
        synthetic.traded(BTC, side, price, middle, at),
    ]

    assert sum(parts) == synthetic.traded(BTC, side, price, start, at)


@given(moments, st.integers(1, 5000), st.sampled_from(Side))
@settings(max_examples=60, deadline=None)
def test_volume_passes_an_order_only_where_the_price_went(
    at: datetime, length: int, side: Side
) -> None:
    synthetic = SyntheticMarket(SEED)
    since = at - SECOND * length
    low, high = synthetic.span(BTC, since, at)
    tick = MARKETS[BTC].tick
    nowhere, everywhere = (low - tick, high) if side is Side.BUY else (high + tick, low)

    assert synthetic.traded(BTC, side, nowhere, since, at) == 0
    assert synthetic.traded(BTC, side, everywhere, since, at) > 0
    assert synthetic.traded(BTC, side, everywhere, at, since) == 0


def test_weeks_begin_on_mondays_and_hold_seven_days(synthetic: SyntheticMarket) -> None:
    *_, week, _ = synthetic.candles(BTC, Timeframe.W1, limit=3, at=NOW)

    days = synthetic.candles(BTC, Timeframe.D1, limit=20, at=NOW)

    assert week.at == datetime(2026, 11, 9, tzinfo=UTC)
    assert week.at.weekday() == 0
    assert week == joined([day for day in days if week.at <= day.at < week.at + 7 * DAY])


@given(pushed(), st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_the_tape_holds_the_last_trades_oldest_first(
    world: tuple[datetime, list[Move]], limit: int
) -> None:
    at, moves = world
    synthetic = SyntheticMarket(SEED, moves=moves)

    trades = synthetic.trades(BTC, limit=limit, at=at)

    assert len(trades) == limit
    assert all(a.at <= b.at and int(a.id) < int(b.id) for a, b in pairwise(trades))
    assert trades[-1].at <= at
    assert all(trade.amount > 0 for trade in trades)
    assert synthetic.trades(BTC, limit=limit + 5, at=at)[-limit:] == trades
    assert all(trade.price == synthetic.last(BTC, trade.at) for trade in trades)


@given(symbols, moments)
@settings(max_examples=20, deadline=None)
def test_the_trades_of_a_minute_add_up_to_its_candle(symbol: str, at: datetime) -> None:
    synthetic, market = SyntheticMarket(SEED), MARKETS[symbol]
    minute = at.replace(second=0, microsecond=0)
    candle = synthetic.candles(symbol, Timeframe.M1, limit=2, at=minute + MINUTE)[0]

    trades = synthetic.trades(symbol, limit=1_000, at=minute + MINUTE)

    inside = [trade for trade in trades if minute <= trade.at < minute + MINUTE]
    traded = sum((trade.amount for trade in inside), Decimal(0))
    # The lots of a perpetual are coarser than those that volume counts in.
    lost = market.lot * len(inside) if market.type is MarketType.SWAP else 0
    assert candle.volume - lost <= traded <= candle.volume
    assert all(candle.low <= trade.price <= candle.high for trade in inside)


def test_buyers_and_sellers_both_take(synthetic: SyntheticMarket) -> None:
    trades = synthetic.trades(BTC, limit=500, at=NOW)

    bought = sum(trade.side is TakerSide.BUY for trade in trades)

    assert 100 < bought < 400


def test_perpetuals_pay_every_eight_hours_and_spot_never(synthetic: SyntheticMarket) -> None:
    swaps = [market.symbol for market in MARKETS.values() if market.type is MarketType.SWAP]

    fundings = [synthetic.funding(symbol, NOW) for symbol in swaps]

    assert len(swaps) == 8
    assert {funding.next_at for funding in fundings} == {MIDNIGHT + timedelta(hours=16)}
    assert {funding.period for funding in fundings} == {timedelta(hours=8)}
    assert len({funding.rate for funding in fundings}) == 8
    assert all(funding.mark == synthetic.last(funding.symbol, NOW) for funding in fundings)
    with pytest.raises(InvalidInput) as refused:
        synthetic.funding(BTC, NOW)
    assert (refused.value.code, refused.value.params) == ("no_funding", {"symbol": BTC})


def test_funding_holds_for_its_period_and_has_both_signs(synthetic: SyntheticMarket) -> None:
    symbol, period = "BTC/USDT:USDT", timedelta(hours=8)

    rates = [synthetic.funding(symbol, MIDNIGHT + period * number).rate for number in range(200)]

    assert synthetic.funding(symbol, MIDNIGHT + period - SECOND).rate == rates[0]
    assert min(rates) < 0 < sum(rates)
    assert all(abs(rate) <= Decimal("0.0075") for rate in rates)


def test_a_symbol_that_is_not_listed_is_unknown(synthetic: SyntheticMarket) -> None:
    with pytest.raises(NotFound) as refused:
        synthetic.quote("NOPE/USDT", NOW)

    assert (refused.value.code, refused.value.params) == ("symbol_unknown", {"coin": "NOPE/USDT"})


@given(pushed(), st.lists(st.integers(0, 150_000), min_size=2, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_quote_does_not_depend_on_the_questions_before_it(
    world: tuple[datetime, list[Move]], milliseconds: list[int]
) -> None:
    at, moves = world
    asked = SyntheticMarket(SEED, moves=moves)
    times = [at - timedelta(milliseconds=number) for number in milliseconds]

    quotes = [asked.quote(BTC, time) for time in times]

    assert quotes == [SyntheticMarket(SEED, moves=moves).quote(BTC, time) for time in times]
