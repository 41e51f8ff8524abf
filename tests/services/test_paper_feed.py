"""Paper accounts on real prices: the venue's rules, book and trades, and never without them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.clock import utc_now
from services.domain.accounts import Account, Balance, Environment, Member, Role
from services.domain.market import Timeframe
from services.domain.orders import OrderStatus, Side
from services.domain.paper import LostPrices
from services.errors import (
    AssistantError,
    ExchangeUnavailable,
    InvalidInput,
    NotAllowed,
    NotConnected,
    NotFound,
    OrderRejected,
)
from services.persistence.database import Database
from tests import makers
from tests.eventually import eventually
from tests.services.feed_world import BTC, NOTHING, FeedWorld, feed_world
from tests.services.paper_world import limit_order, market_order
from tests.venues.client import Venue, VenueProcess

NAMES = ("binance", "okx")
LIMIT = Decimal(59_000)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, VenueProcess]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(VenueProcess(name, tmp_path_factory.mktemp(name)))
            for name in NAMES
        }


@pytest.fixture(params=NAMES)
async def venue(
    request: pytest.FixtureRequest, processes: dict[str, VenueProcess]
) -> AsyncIterator[Venue]:
    async with Venue.borrow(processes[request.param]) as borrowed:
        yield borrowed


@pytest.fixture
async def member(database: Database, venue: Venue) -> Member:
    member = await makers.open_tenant(database, now=utc_now())
    async with database.write(member.tenant_id) as data:
        await data.accounts.set_feed(member.account_id, venue.name)
    return member


@pytest.fixture
async def world(database: Database, venue: Venue, member: Member) -> AsyncIterator[FeedWorld]:
    async with feed_world(database, venue, member) as opened:
        yield opened


async def rest(world: FeedWorld, amount: str = "0.1", *, name: str = "a") -> None:
    """Place a purchase far below the market and wait until its price is listened to."""
    report = await world.gateway.submit(limit_order(Side.BUY, amount, LIMIT), client_order_id=name)
    assert (report.status, report.fills) == (OrderStatus.OPEN, ())
    before = await world.questions()

    async def is_looked_at() -> bool:
        assert await world.paper.match() == []
        return await world.questions() > before

    await eventually(is_looked_at, within=15, of="the first look at the trades")


async def lose(world: FeedWorld, mode: str, way: str) -> LostPrices:
    """Let the venue say nothing any more; return what is said of it."""
    await world.venue.listen(mode)
    await world.venue.harm(way)

    async def lost() -> LostPrices | None:
        assert await world.paper.match() == []
        return world.paper.lost_prices(world.account, BTC)

    return await eventually(lost, within=15, of="the loss to be noticed")


async def test_rules_and_fees_are_those_of_the_venue(world: FeedWorld) -> None:
    market = await world.market()

    assert (market.tick, market.lot) == {
        "binance": (Decimal("0.01"), Decimal("0.00001")),
        "okx": (Decimal("0.01"), Decimal("0.00001")),
    }[world.venue.name]
    assert market.maker > 0
    assert market.taker > 0
    for amount, price, code in [
        (market.lot / 10, LIMIT, "amount_below_minimum"),
        (market.min_amount + market.lot / 2, LIMIT, "amount_off_lot"),
        (Decimal("0.01"), LIMIT + market.tick / 2, "price_off_tick"),
    ]:
        with pytest.raises(OrderRejected) as refused:
            await world.gateway.submit(limit_order(Side.BUY, amount, price), client_order_id="a")
        assert refused.value.code == code


async def test_the_account_shows_what_the_venue_shows(world: FeedWorld) -> None:
    await world.venue.set_price(BTC, 61_000)

    quote = (await world.gateway.quotes([BTC]))[BTC]
    candles = await world.gateway.candles(BTC, Timeframe.H1, limit=5)
    trades = await world.gateway.trades(BTC, limit=5)
    book = await world.gateway.order_book(BTC, depth=5)

    assert quote.last == candles[-1].close == trades[-1].price == 61_000
    assert (book.bids[0].price, book.asks[0].price) == (quote.bid, quote.ask)
    assert Timeframe.D1 in world.gateway.timeframes()
    assert (await world.gateway.funding("BTC/USDT:USDT")).symbol == "BTC/USDT:USDT"
    assert abs((await world.gateway.time()).offset) < timedelta(seconds=2)
    assert (await world.gateway.balances())["USDT"].free == 10_000


async def test_a_market_order_takes_the_levels_of_the_book_and_its_rest_expires(
    world: FeedWorld,
) -> None:
    asks = [["60010", "0.01"], ["60020.5", "0.02"], ["60030", "0.01"]]
    await world.venue.call("set_book", symbol=BTC, bids=[["59990", "1"]], asks=asks)
    market = await world.market()

    report = await world.gateway.submit(market_order(Side.BUY, "0.05"), client_order_id="a")

    assert report.status is OrderStatus.EXPIRED
    assert [(f.price, f.amount) for f in report.fills] == [
        (Decimal(price), Decimal(amount)) for price, amount in asks
    ]
    assert [f.fee for f in report.fills] == [f.amount * market.taker for f in report.fills]
    spent = sum((f.price * f.amount for f in report.fills), NOTHING)
    bought = Decimal("0.04") * (1 - market.taker)
    assert await world.balance("USDT") == Balance("USDT", 10_000 - spent, NOTHING)
    assert await world.balance("BTC") == Balance("BTC", bought, NOTHING)


async def test_a_resting_order_is_filled_when_the_venue_trades_through_it(
    world: FeedWorld,
) -> None:
    market = await world.market()
    await rest(world, "0.05")
    await world.venue.set_price(BTC, 59_500)
    await world.trade("59500", "9")

    await world.venue.set_price(BTC, 58_900)
    await world.trade("58900", "9")
    (matched,) = await world.matched()

    assert (matched.account_id, matched.report.status) == (world.account.id, OrderStatus.CLOSED)
    (fill,) = matched.report.fills
    assert (fill.price, fill.amount, fill.is_maker) == (LIMIT, Decimal("0.05"), True)
    assert fill.fee == Decimal("0.05") * market.maker
    assert abs(utc_now() - fill.at) < timedelta(seconds=30)
    assert await world.gateway.find_order(BTC, client_order_id="a") == matched.report


async def test_an_order_gets_its_share_of_what_traded_and_no_more(world: FeedWorld) -> None:
    await rest(world)
    await world.trade("58990", "0.04")
    await world.trade("59001", "7")
    await world.offer("58990")

    (first,) = await world.matched()
    assert (first.report.status, first.report.filled) == (OrderStatus.OPEN, Decimal("0.01"))

    # What was counted once is not counted again, however often the venue shows it.
    before = await world.questions()

    async def is_asked_again() -> bool:
        assert await world.paper.match() == []
        return await world.questions() > before + 1

    await eventually(is_asked_again, within=15)
    await world.trade("59000", "1")
    (last,) = await world.matched()
    assert last.report.status is OrderStatus.CLOSED
    assert [fill.amount for fill in last.report.fills] == [Decimal("0.01"), Decimal("0.09")]
    assert (await world.balance("USDT")) == Balance("USDT", 10_000 - LIMIT / 10, NOTHING)


async def test_an_offer_that_nobody_takes_fills_nothing(world: FeedWorld) -> None:
    await rest(world)
    await world.offer("58000")
    before = await world.questions()

    async def is_asked() -> bool:
        assert await world.paper.match() == []
        return await world.questions() > before + 1

    await eventually(is_asked, within=15, of="the trades to be asked for")
    assert (await world.gateway.open_orders())[0].filled == 0


async def test_a_price_that_came_and_went_between_looks_fills(world: FeedWorld) -> None:
    await rest(world, "0.05")
    questions = await world.questions()

    async def quoted(price: int) -> None:
        await world.venue.set_price(BTC, price)

        async def is_told() -> bool:
            # Not asked for: a streamed price is told without a question.
            return (await world.gateway.quotes([BTC]))[BTC].last == price

        await eventually(is_told, within=15, of="the streamed price")

    await quoted(58_900)
    await world.trade("58900", "9")
    await quoted(61_000)
    assert await world.questions() == questions

    (matched,) = await world.matched()
    assert matched.report.status is OrderStatus.CLOSED


@pytest.mark.parametrize("skew", [-30_000, 30_000])
async def test_a_venue_whose_clock_is_wrong_fills_by_what_traded_since_the_order(
    world: FeedWorld, skew: int
) -> None:
    await world.venue.call("clock", skew_ms=skew)
    await world.trade("58000", "9")
    await rest(world)

    await world.trade("58990", "0.04")
    await world.offer("58990")
    (matched,) = await world.matched()

    assert matched.report.filled == Decimal("0.01")


@pytest.mark.parametrize(("mode", "way"), [("refuse", "cut"), ("mute", "blackhole")])
async def test_lost_prices_fill_nothing_and_are_told_until_they_are_back(
    world: FeedWorld, mode: str, way: str
) -> None:
    await rest(world)
    assert world.paper.lost_prices(world.account, BTC) is None
    assert world.accounts.lost_prices(world.account) is None

    lost = await lose(world, mode, way)
    await world.offer("58000")
    await world.trade("58000", "0.04")

    assert lost.venue == {"binance": "Binance", "okx": "OKX"}[world.venue.name]
    assert timedelta(0) < utc_now() - lost.since < timedelta(seconds=30)
    assert world.accounts.lost_prices(world.account) == lost
    assert await world.paper.match() == []
    with pytest.raises(OrderRejected, match="feed_lost"):
        await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id="b")
    assert await world.gateway.find_order(BTC, client_order_id="b") is None
    with pytest.raises(ExchangeUnavailable):
        await world.gateway.quotes([BTC])
    # What was placed before is known without any prices.
    again = await world.gateway.submit(market_order(Side.BUY, "0.01"), client_order_id="a")
    assert again.request == limit_order(Side.BUY, "0.1", LIMIT)

    await world.venue.listen("open")
    (matched,) = await world.matched()
    assert matched.report.filled == Decimal("0.01")
    assert world.paper.lost_prices(world.account, BTC) is None


async def test_an_order_can_be_canceled_while_the_prices_are_lost(world: FeedWorld) -> None:
    await rest(world)
    await lose(world, "refuse", "cut")

    report = await world.gateway.cancel(BTC, client_order_id="a")

    assert report.status is OrderStatus.CANCELED
    assert await world.balance("USDT") == Balance("USDT", Decimal(10_000), NOTHING)


async def test_a_restart_keeps_orders_and_fills_what_the_venue_still_shows(
    database: Database, venue: Venue, member: Member
) -> None:
    async with feed_world(database, venue, member) as world:
        await rest(world)
    await world.trade("58990", "0.04")

    async with feed_world(database, venue, member) as again:
        (placed,) = await again.gateway.open_orders()
        (matched,) = await again.matched()

    assert (placed.client_order_id, placed.fills) == ("a", ())
    assert matched.report.filled == Decimal("0.01")


async def test_nobody_is_listened_to_without_orders(world: FeedWorld) -> None:
    await rest(world)
    await world.gateway.cancel(BTC, client_order_id="a")

    async def is_left() -> bool:
        await world.paper.match()
        return not any(socket["topics"] for socket in await world.venue.sockets())

    await eventually(is_left, within=15, of="the stream to be left")


async def test_only_spot_that_trades_can_be_traded(world: FeedWorld) -> None:
    with pytest.raises(InvalidInput, match="contracts_not_tradable"):
        await world.gateway.submit(
            market_order(Side.BUY, "0.01", "BTC/USDT:USDT"), client_order_id="a"
        )
    with pytest.raises(NotFound, match="symbol_unknown"):
        await world.gateway.submit(market_order(Side.BUY, "1", "NO/USDT"), client_order_id="a")


async def test_an_account_is_opened_on_a_venue_under_its_name(world: FeedWorld) -> None:
    label = {"binance": "Binance", "okx": "OKX"}[world.venue.name]

    first = await world.paper_accounts.open(world.member, world.venue.name)
    second = await world.paper_accounts.open(world.member, world.venue.name)

    assert [first.name, second.name] == [f"Paper {label}", f"Paper {label} 2"]
    assert {first.feed, second.feed} == {world.venue.name}
    assert first.environment is Environment.PAPER


async def test_the_prices_of_an_account_can_be_changed_and_its_gateway_follows(
    world: FeedWorld,
) -> None:
    await world.venue.set_price(BTC, 12_345)
    invented = await world.paper_accounts.set_feed(world.member, world.account.id, None)
    assert invented.feed is None
    assert await price(world, invented) != 12_345

    real = await world.paper_accounts.set_feed(world.member, world.account.id, world.venue.name)

    assert (real.feed, real.environment) == (world.venue.name, Environment.PAPER)
    assert await price(world, real) == 12_345


async def price(world: FeedWorld, account: Account) -> Decimal:
    _, gateway = await world.accounts.open(account.tenant_id, account.id)
    return (await gateway.quotes([BTC]))[BTC].last


async def test_prices_stay_while_an_order_waits_for_them(world: FeedWorld) -> None:
    async with world.database.write(world.member.tenant_id) as data:
        await makers.opened(data, world.member, now=utc_now())

    with pytest.raises(NotAllowed, match="orders_open") as refused:
        await world.paper_accounts.set_feed(world.member, world.account.id, None)

    assert refused.value.params == {"count": 1, "name": "Paper"}
    assert await feed_of(world) == world.venue.name


async def test_prices_stay_while_an_alert_watches_what_the_venue_does_not_list(
    world: FeedWorld,
) -> None:
    async with world.database.write(world.member.tenant_id) as data:
        await data.alerts.add(
            "WIF/USDT",
            makers.ABOVE_70K,
            account_id=world.account.id,
            chat_id=makers.CHAT,
            user_id=world.member.user_id,
            request_key="request-1",
            now=utc_now(),
        )
    await world.paper_accounts.set_feed(world.member, world.account.id, None)

    with pytest.raises(InvalidInput, match="feed_lacks_symbol") as refused:
        await world.paper_accounts.set_feed(world.member, world.account.id, world.venue.name)

    assert refused.value.params["symbol"] == "WIF/USDT"
    assert await feed_of(world) is None


async def feed_of(world: FeedWorld) -> str | None:
    return (await world.accounts.get(world.member.tenant_id, world.account.id)).feed


@pytest.mark.parametrize(
    ("feed", "refusal"),
    [
        ("nowhere", NotFound("exchange_unknown")),
        # Known to ccxt, but not enabled by the operator.
        ("bitstamp", NotConnected("exchange_not_available")),
    ],
)
async def test_only_a_venue_that_may_be_used_gives_prices(
    world: FeedWorld, feed: str, refusal: AssistantError
) -> None:
    for change in (
        world.paper_accounts.set_feed(world.member, world.account.id, feed),
        world.paper_accounts.open(world.member, feed),
    ):
        with pytest.raises(type(refusal), match=refusal.code):
            await change
    assert await feed_of(world) == world.venue.name


async def test_a_venue_that_does_not_answer_gives_no_prices(world: FeedWorld) -> None:
    await world.paper_accounts.set_feed(world.member, world.account.id, None)
    await world.venue.listen("refuse")

    with pytest.raises(ExchangeUnavailable):
        await world.paper_accounts.set_feed(world.member, world.account.id, world.venue.name)

    assert await feed_of(world) is None


async def test_only_owners_choose_prices_and_only_for_practice(world: FeedWorld) -> None:
    trader = replace(world.member, role=Role.TRADER)
    async with world.database.write(world.member.tenant_id) as data:
        live = await data.accounts.add("Live", "okx", Environment.LIVE, now=utc_now())
    assert live is not None

    for change in (
        world.paper_accounts.set_feed(trader, world.account.id, None),
        world.paper_accounts.open(trader, world.venue.name),
    ):
        with pytest.raises(NotAllowed, match="owner_only"):
            await change
    with pytest.raises(InvalidInput, match="account_not_practice"):
        await world.paper_accounts.set_feed(world.member, live.id, None)


async def test_orders_are_told_with_their_feed_and_not_those_of_removed_accounts(
    any_database: Database,
) -> None:
    now, found = utc_now(), []
    member = await makers.open_tenant(any_database, now=now)
    async with any_database.write(member.tenant_id) as data:
        fed = await data.accounts.add("Fed", "paper", Environment.PAPER, now=now, feed="okx")
        gone = await data.accounts.add("Gone", "paper", Environment.PAPER, now=now, feed="okx")
        assert fed is not None
        assert gone is not None
    async with any_database.write_all() as everything:
        for account_id in (member.account_id, fed.id, gone.id):
            await everything.paper.place(account_id, "a", makers.BUY, locked=NOTHING, at=now)
    async with any_database.write(member.tenant_id) as data:
        await data.accounts.remove(gone, now=now)

    async with any_database.read_all() as everything:
        found = [(order.account_id, feed) for order, feed in await everything.paper.resting()]

    assert found == [(member.account_id, None), (fed.id, "okx")]
