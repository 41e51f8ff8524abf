from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from services.domain.accounts import Balance, Wallet
from services.domain.market import MarketType, Timeframe
from services.domain.orders import OrderStatus, Side
from services.errors import InsufficientFunds, InvalidInput, NotFound, OrderRejected
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import OTHER_CHAT, open_tenant
from tests.services.paper_world import (
    BTC,
    NOTHING,
    SECOND,
    World,
    build,
    limit_order,
    market_order,
    restarted,
)

OPENING = Balance("USDT", Decimal(10_000), NOTHING)
ALGO = "ALGO/USDT"


@pytest.fixture
async def world(database: Database, clock: Clock) -> World:
    return await build(database, clock)


async def test_a_new_account_opens_with_ten_thousand_once(world: World) -> None:
    await world.venue.open_account(world.account_id)
    await world.venue.open_account(world.account_id)

    assert await world.gateway.balances() == {"USDT": OPENING}


async def test_the_first_look_at_the_holdings_opens_the_account(world: World) -> None:
    assert await world.gateway.balances() == {"USDT": OPENING}
    assert await world.gateway.balances() == {"USDT": OPENING}


async def test_an_emptied_account_is_not_filled_up_again(world: World) -> None:
    price = await world.near("1.01")
    everything = (Decimal(10_000) / price).quantize(Decimal("0.00001"), "ROUND_DOWN")
    await world.gateway.submit(limit_order(Side.BUY, everything, price), client_order_id="a")

    again = await restarted(world.database, world.clock, world.account_id)

    assert (await again.balance("USDT")).total < Decimal(200)


async def test_the_venue_shows_its_market(world: World) -> None:
    markets = await world.gateway.markets()

    quotes = await world.gateway.quotes(list(markets))
    book = await world.gateway.order_book(BTC, depth=5)
    candles = await world.gateway.candles(BTC, Timeframe.H1, limit=24)

    assert set(quotes) == set(markets)
    assert (book.bids[0].price, book.asks[0].price) == (quotes[BTC].bid, quotes[BTC].ask)
    assert (len(candles), candles[-1].close) == (24, quotes[BTC].last)


async def test_the_venue_shows_its_tape_its_funding_and_every_timeframe(world: World) -> None:
    trades = await world.gateway.trades(BTC, limit=20)
    funding = await world.gateway.funding("BTC/USDT:USDT")

    assert (len(trades), trades[-1].at <= world.clock()) == (20, True)
    assert funding.next_at is not None
    assert timedelta(0) < funding.next_at - world.clock() <= timedelta(hours=8)
    assert list(world.gateway.timeframes()) == list(Timeframe)
    assert (await world.gateway.time()).offset == timedelta(0)
    with pytest.raises(InvalidInput) as refused:
        await world.gateway.funding(BTC)
    assert refused.value.code == "no_funding"


@pytest.mark.parametrize("timeframe", Timeframe)
async def test_a_chart_of_every_timeframe_ends_at_the_price(
    world: World, timeframe: Timeframe
) -> None:
    candles = await world.gateway.candles(BTC, timeframe, limit=199)

    assert (len(candles), candles[-1].close) == (199, await world.last())
    assert candles[-1].at <= world.clock() < candles[-1].at + timeframe.length


async def test_an_account_has_one_wallet_no_positions_and_no_key_that_could_do_harm(
    world: World,
) -> None:
    assert await world.gateway.wallets() == {Wallet.SPOT: {"USDT": OPENING}}
    assert await world.gateway.positions() == ()
    assert (await world.gateway.permissions()).is_safe


async def test_ended_orders_and_trades_are_listed_oldest_first(world: World) -> None:
    low = await world.near("0.9")
    for name in ("a", "b"):
        await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id=name)
        world.clock.advance(SECOND)
    await world.gateway.submit(limit_order(Side.BUY, "0.01", low), client_order_id="open")
    await world.gateway.submit(limit_order(Side.BUY, "0.02", low), client_order_id="c")
    await world.gateway.cancel(BTC, client_order_id="c")

    ended = await world.gateway.closed_orders(BTC, limit=10)
    trades = await world.gateway.my_trades(BTC, since=None)

    assert [report.client_order_id for report in ended] == ["a", "b", "c"]
    assert ended[-1].status is OrderStatus.CANCELED
    assert [r.client_order_id for r in await world.gateway.closed_orders(BTC, limit=2)] == [
        "b",
        "c",
    ]
    assert [trade.exchange_order_id for trade in trades] == [
        report.exchange_order_id for report in ended[:2]
    ]
    assert [trade.fill for trade in trades] == [f for report in ended for f in report.fills]
    since = trades[-1].fill.at
    assert await world.gateway.my_trades(BTC, since=since) == trades[-1:]
    assert await world.gateway.closed_orders(ALGO, limit=10) == []
    assert await world.gateway.my_trades(ALGO, since=None) == []


async def test_another_accounts_ended_orders_and_trades_are_not_shown(world: World) -> None:
    other = await open_tenant(world.database, now=world.clock(), chat_id=OTHER_CHAT, user_id=8)
    await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id="a")

    gateway = world.venue.gateway(other.account_id)

    assert await gateway.closed_orders(BTC, limit=10) == []
    assert await gateway.my_trades(BTC, since=None) == []


async def test_a_market_purchase_is_filled_by_the_book(world: World) -> None:
    ask = (await world.gateway.order_book(BTC)).asks[0].price

    report = await world.gateway.submit(market_order(Side.BUY, "0.05"), client_order_id="a")

    (fill,) = report.fills
    assert (report.status, report.filled) == (OrderStatus.CLOSED, Decimal("0.05"))
    assert (fill.price, fill.fee, fill.fee_currency) == (ask, Decimal("0.00005"), "BTC")
    assert not fill.is_maker
    assert await world.balance("USDT") == Balance("USDT", 10_000 - ask * Decimal("0.05"), NOTHING)
    assert await world.balance("BTC") == Balance("BTC", Decimal("0.04995"), NOTHING)


async def test_a_market_sale_brings_the_quote_less_the_fee(world: World) -> None:
    await world.gateway.submit(market_order(Side.BUY, "0.05"), client_order_id="a")
    before = (await world.balance("USDT")).free
    bid = (await world.gateway.order_book(BTC)).bids[0].price

    await world.gateway.submit(market_order(Side.SELL, "0.04"), client_order_id="b")

    cost = bid * Decimal("0.04")
    assert (await world.balance("USDT")).free == before + cost - cost / 1000
    assert await world.balance("BTC") == Balance("BTC", Decimal("0.00995"), NOTHING)


async def test_market_orders_beyond_the_book_keep_their_fills_and_expire(world: World) -> None:
    await world.venue.push("ALGO", Decimal("0.01"))
    bought = NOTHING
    for name in ("a", "b"):
        book = await world.gateway.order_book(ALGO, depth=60)
        offered = sum(level.amount for level in book.asks)
        wish = market_order(Side.BUY, str(offered + 1), ALGO)
        report = await world.gateway.submit(wish, client_order_id=name)
        assert (report.status, report.filled) == (OrderStatus.EXPIRED, offered)
        assert (await world.balance("USDT")).used == NOTHING
        bought += report.filled - sum(fill.fee for fill in report.fills)
        world.clock.advance(SECOND)

    wanted = sum(level.amount for level in (await world.gateway.order_book(ALGO, depth=60)).bids)
    wish = market_order(Side.SELL, str(wanted + 1), ALGO)
    report = await world.gateway.submit(wish, client_order_id="c")

    assert (report.status, report.filled) == (OrderStatus.EXPIRED, wanted)
    assert await world.balance("ALGO") == Balance("ALGO", bought - wanted, NOTHING)


async def test_a_resting_purchase_locks_its_cost(world: World) -> None:
    price = await world.near("0.9")

    report = await world.gateway.submit(limit_order(Side.BUY, "0.1", price), client_order_id="a")

    locked = price * Decimal("0.1")
    assert (report.status, report.fills) == (OrderStatus.OPEN, ())
    assert await world.balance("USDT") == Balance("USDT", 10_000 - locked, locked)
    assert await world.gateway.open_orders() == [report]
    assert await world.gateway.find_order(BTC, client_order_id="a") == report


async def test_a_resting_sale_locks_the_coin(world: World) -> None:
    await world.gateway.submit(market_order(Side.BUY, "0.1"), client_order_id="a")

    await world.gateway.submit(
        limit_order(Side.SELL, "0.06", await world.near("1.1")), client_order_id="b"
    )

    assert await world.balance("BTC") == Balance("BTC", Decimal("0.0399"), Decimal("0.06"))


async def test_a_limit_purchase_above_the_market_fills_at_the_better_price(world: World) -> None:
    ask = (await world.gateway.order_book(BTC)).asks[0].price
    price = await world.near("1.05")

    report = await world.gateway.submit(limit_order(Side.BUY, "0.1", price), client_order_id="a")

    assert report.status is OrderStatus.CLOSED
    assert report.fills[0].price == ask
    assert await world.balance("USDT") == Balance("USDT", 10_000 - ask * Decimal("0.1"), NOTHING)


async def test_nothing_happens_to_an_order_that_the_market_does_not_reach(world: World) -> None:
    await world.gateway.submit(
        limit_order(Side.BUY, "0.1", await world.near("0.9")), client_order_id="a"
    )

    assert await world.pass_time() == []
    assert await world.pass_time(timedelta(minutes=10)) == []


@pytest.mark.parametrize(
    ("side", "ratio", "push"), [("buy", "0.97", "0.95"), ("sell", "1.03", "1.05")]
)
async def test_the_market_reaches_a_resting_order(
    world: World, side: str, ratio: str, push: str
) -> None:
    await world.gateway.submit(market_order(Side.BUY, "0.1"), client_order_id="coins")
    price = await world.near(ratio)
    await world.gateway.submit(limit_order(Side(side), "0.05", price), client_order_id="a")

    await world.venue.push("BTC", Decimal(push))
    (matched,) = await world.pass_time()

    assert (matched.account_id, matched.report.client_order_id) == (world.account_id, "a")
    assert matched.report.status is OrderStatus.CLOSED
    (fill,) = matched.report.fills
    assert (fill.price, fill.amount, fill.is_maker) == (price, Decimal("0.05"), True)
    assert await world.gateway.find_order(BTC, client_order_id="a") == matched.report
    assert await world.pass_time() == []


async def test_an_order_is_filled_though_the_price_came_and_went_between_looks(
    world: World,
) -> None:
    price = await world.near("0.97")
    await world.gateway.submit(limit_order(Side.BUY, "0.05", price), client_order_id="a")

    await world.venue.push("BTC", Decimal("0.95"))
    world.clock.advance(timedelta(seconds=5))
    await world.venue.push("BTC", 1 / Decimal("0.95"))
    (matched,) = await world.pass_time(timedelta(hours=1))

    assert matched.report.status is OrderStatus.CLOSED
    assert await world.last() > price


async def test_a_large_order_fills_partly_and_then_fully(world: World) -> None:
    price = await world.near("0.95", ALGO)
    await world.gateway.submit(limit_order(Side.BUY, "60000", price, ALGO), client_order_id="a")
    await world.venue.push("ALGO", Decimal("0.8"))

    (first,) = await world.pass_time()
    assert first.report.status is OrderStatus.OPEN
    assert NOTHING < first.report.filled < 60_000
    assert (await world.balance("USDT")).used == price * (60_000 - first.report.filled)

    (last,) = await world.pass_time(timedelta(minutes=10))
    assert last.report.status is OrderStatus.CLOSED
    assert last.report.fills[0] == first.report.fills[0]
    assert last.report.filled == 60_000
    assert await world.balance("USDT") == Balance("USDT", 10_000 - price * 60_000, NOTHING)
    assert (await world.balance("ALGO")).free == Decimal(60_000) * Decimal("0.999")


async def test_cancel_returns_exactly_what_the_remainder_held(world: World) -> None:
    price = await world.near("0.95", ALGO)
    await world.gateway.submit(limit_order(Side.BUY, "60000", price, ALGO), client_order_id="a")
    await world.venue.push("ALGO", Decimal("0.8"))
    (matched,) = await world.pass_time()

    report = await world.gateway.cancel(ALGO, client_order_id="a")

    assert (report.status, report.fills) == (OrderStatus.CANCELED, matched.report.fills)
    spent = price * report.filled
    assert await world.balance("USDT") == Balance("USDT", 10_000 - spent, NOTHING)
    assert await world.gateway.open_orders() == []


async def test_cancelling_twice_returns_the_last_report(world: World) -> None:
    price = await world.near("0.9")
    await world.gateway.submit(limit_order(Side.BUY, "0.1", price), client_order_id="a")

    first = await world.gateway.cancel(BTC, client_order_id="a")
    world.clock.advance(SECOND)
    second = await world.gateway.cancel(BTC, client_order_id="a")

    assert first == second
    assert await world.balance("USDT") == OPENING


async def test_cancelling_a_filled_order_returns_its_fills(world: World) -> None:
    filled = await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id="a")

    assert await world.gateway.cancel(BTC, client_order_id="a") == filled


@pytest.mark.parametrize("symbol", [BTC, "ETH/USDT"])
async def test_an_unknown_order_is_not_there(world: World, symbol: str) -> None:
    await world.gateway.submit(market_order(Side.BUY, "0.1", "ETH/USDT"), client_order_id="b")

    assert await world.gateway.find_order(symbol, client_order_id="a") is None
    assert await world.gateway.find_order(BTC, client_order_id="b") is None
    with pytest.raises(NotFound) as refused:
        await world.gateway.cancel(symbol, client_order_id="a")
    assert refused.value.code == "order_unknown"


async def test_an_account_does_not_see_the_orders_of_another(
    world: World, database: Database, clock: Clock
) -> None:
    stranger = await open_tenant(database, now=clock(), chat_id=OTHER_CHAT, user_id=8)
    other = world.venue.gateway(stranger.account_id)
    await world.gateway.submit(
        limit_order(Side.BUY, "0.1", await world.near("0.9")), client_order_id="a"
    )

    assert await other.open_orders() == []
    assert await other.find_order(BTC, client_order_id="a") is None
    assert await other.balances() == {"USDT": OPENING}
    with pytest.raises(NotFound):
        await other.cancel(BTC, client_order_id="a")


async def test_a_second_submit_of_a_client_order_id_places_nothing(world: World) -> None:
    first = await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id="a")
    world.clock.advance(SECOND)

    second = await world.gateway.submit(market_order(Side.BUY, "0.02"), client_order_id="a")

    assert second == first
    assert (await world.balance("BTC")).total == Decimal("0.00999")


async def test_a_purchase_beyond_the_free_funds_is_refused_with_what_it_needs(
    world: World,
) -> None:
    price = await world.near("0.9")
    await world.gateway.submit(limit_order(Side.BUY, "0.1", price), client_order_id="a")
    free = (await world.balance("USDT")).free

    with pytest.raises(InsufficientFunds) as refused:
        await world.gateway.submit(limit_order(Side.BUY, "0.1", price), client_order_id="b")

    assert refused.value.code == "insufficient_funds"
    assert refused.value.params == {
        "currency": "USDT",
        "free": free,
        "needed": price * Decimal("0.1"),
    }
    assert await world.gateway.find_order(BTC, client_order_id="b") is None


async def test_a_sale_of_coins_that_are_not_there_is_refused(world: World) -> None:
    with pytest.raises(InsufficientFunds) as refused:
        await world.gateway.submit(market_order(Side.SELL, "0.01"), client_order_id="a")

    assert refused.value.params == {
        "currency": "BTC",
        "free": NOTHING,
        "needed": Decimal("0.01"),
    }


async def test_a_refused_request_leaves_no_order_and_its_id_free(world: World) -> None:
    with pytest.raises(OrderRejected):
        await world.gateway.submit(market_order(Side.BUY, "0.00001"), client_order_id="a")

    assert await world.gateway.find_order(BTC, client_order_id="a") is None
    report = await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id="a")
    assert report.status is OrderStatus.CLOSED


async def test_perpetuals_cannot_be_traded(world: World) -> None:
    symbol = "BTC/USDT:USDT"
    assert (await world.gateway.markets())[symbol].type is MarketType.SWAP

    with pytest.raises(InvalidInput) as refused:
        await world.gateway.submit(market_order(Side.BUY, "0.01", symbol), client_order_id="a")

    assert refused.value.code == "contracts_not_tradable"


async def test_unknown_symbols_and_coins_are_refused(world: World) -> None:
    with pytest.raises(NotFound):
        await world.gateway.submit(market_order(Side.BUY, "1", "NO/USDT"), client_order_id="a")
    with pytest.raises(NotFound):
        await world.gateway.quotes(["NO/USDT"])
    with pytest.raises(NotFound):
        await world.venue.push("NO", Decimal(2))


async def test_a_push_moves_the_price_at_once(world: World) -> None:
    before = await world.last()

    await world.venue.push("BTC", Decimal("1.03"))

    assert abs(await world.last() / before - Decimal("1.03")) < Decimal("0.00001")


async def test_a_push_to_zero_is_a_mistake(world: World) -> None:
    with pytest.raises(ValueError, match="zero"):
        await world.venue.push("BTC", NOTHING)


async def test_a_push_reaches_other_processes_with_their_next_look(world: World) -> None:
    other = await restarted(world.database, world.clock, world.account_id)
    await world.venue.push("BTC", Decimal("1.03"))
    assert await other.last() != await world.last()

    await other.venue.match()

    assert await other.last() == await world.last()


async def test_a_restart_loses_nothing(world: World) -> None:
    await world.gateway.submit(market_order(Side.BUY, "0.05"), client_order_id="a")
    price = await world.near("0.97")
    await world.gateway.submit(limit_order(Side.BUY, "0.02", price), client_order_id="b")
    await world.venue.push("BTC", Decimal("1.01"))

    again = await restarted(world.database, world.clock, world.account_id)

    assert await again.gateway.balances() == await world.gateway.balances()
    assert await again.gateway.open_orders() == await world.gateway.open_orders()
    for name in ("a", "b"):
        found = await again.gateway.find_order(BTC, client_order_id=name)
        assert found == await world.gateway.find_order(BTC, client_order_id=name)
    assert await again.gateway.quotes([BTC]) == await world.gateway.quotes([BTC])


async def test_what_the_market_reached_while_the_process_was_down_is_filled(
    world: World,
) -> None:
    price = await world.near("0.97")
    await world.gateway.submit(limit_order(Side.BUY, "0.05", price), client_order_id="a")
    await world.venue.push("BTC", Decimal("0.95"))

    again = await restarted(world.database, world.clock, world.account_id)
    (matched,) = await again.pass_time(timedelta(hours=3))

    assert matched.report.status is OrderStatus.CLOSED


async def test_two_processes_that_match_side_by_side_share_the_volume(world: World) -> None:
    price = await world.near("0.95", ALGO)
    await world.gateway.submit(limit_order(Side.BUY, "60000", price, ALGO), client_order_id="a")
    other = await restarted(world.database, world.clock, world.account_id)
    await world.venue.push("ALGO", Decimal("0.8"))

    (mine,) = await world.pass_time()

    assert await other.venue.match() == []
    assert await world.gateway.find_order(ALGO, client_order_id="a") == mine.report
