"""Prices that come over a stream: a live message of them, and alerts that miss nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.localchat import Json, LocalChat
from handlers.jobs import LIVE, Jobs
from services.connections import NewAccount
from services.domain.accounts import Environment
from services.domain.secrets import Credentials
from services.watching import EVERY
from tests.assistant import TOKEN, Person, assistant, labels, words
from tests.eventually import eventually
from tests.flow.conftest import _groups, _users
from tests.flow.exchanges.venues import Exchanges, MovingClock, binance_parts, member_of
from tests.flow.world import World

BTC = "BTC/USDT"
# Long enough for a healthy stream, short enough to wait for.
SILENCE = timedelta(seconds=2)
TICKERS = ("GET /api/v3/ticker/24hr", "GET /api/v3/ticker/bookTicker")
PAST = ("GET /api/v3/klines", "GET /api/v3/aggTrades")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    exchanges: Exchanges, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The assistant that the tests of this module share; its streams fall silent soon."""
    clock, folder = MovingClock(), Path(tmp_path_factory.mktemp("streams"))
    with closing(LocalChat(token=TOKEN, users=_users(), groups=_groups())) as chat:
        async with assistant(
            folder, now=clock, chat=chat, network=exchanges.network, silence=SILENCE
        ) as running:
            yield World(running, clock)


@pytest.fixture(autouse=True)
def at_sixty_thousand(exchanges: Exchanges) -> Iterator[None]:
    """Each test begins at the same price, and leaves the venue as it was."""
    exchanges.binance.call("set_price", symbol=BTC, price="60000")
    yield
    if exchanges.binance.call("sockets") == []:
        exchanges.binance.call("listen", mode="open")
    exchanges.binance.call("clock", skew_ms=0)
    exchanges.binance.call("harm", way="heal")


@pytest_asyncio.fixture(loop_scope="module")
async def trader(world: World, ann: Person, key: dict[str, str]) -> Person:
    """Ann with an account at Binance that she looks at."""
    services, member = world.assistant.services, await member_of(world, ann)
    credentials = Credentials.of(binance_parts(key))
    new = NewAccount("binance", Environment.LIVE, "Main", credentials)
    account, _ = await services.connections.add(member, new)
    await services.tenants.set_account(member, account.id)
    return ann


def asked(exchanges: Exchanges, requests: tuple[str, ...]) -> int:
    """Return how often the venue was asked for something."""
    counts: dict[str, int] = exchanges.binance.call("counts")
    return sum(counts.get(request, 0) for request in requests)


def public(exchanges: Exchanges) -> list[dict[str, Any]]:
    """Return the lines that carry prices."""
    lines: list[dict[str, Any]] = exchanges.binance.call("sockets")
    return [line for line in lines if line["host"] == "stream.binance.com"]


async def streamed(world: World, symbol: str = BTC) -> None:
    """Wait until a symbol comes over the stream."""
    public = world.assistant.services.watching._public
    feed = public.of("binance", Environment.LIVE).feed

    def is_whole() -> bool:
        return feed.is_whole(symbol, world.clock())

    await eventually(is_whole, within=10, of="a stream")
    await eventually(lambda: feed.quote(symbol), of="a quote")


def touch(exchanges: Exchanges, price: str) -> None:
    """Let the price come and go, faster than anybody looks."""
    exchanges.binance.call("set_price", symbol=BTC, price=price)
    exchanges.binance.call("set_price", symbol=BTC, price="60000")


@contextmanager
def lines_harmed(exchanges: Exchanges, way: str) -> Iterator[None]:
    """Do harm to every line that carries prices before the block begins."""
    assert exchanges.binance.call("harm", way=way, host="stream.binance.com") > 0
    yield


# The live message.


async def test_a_live_price_follows_the_exchange_and_asks_it_nothing(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    live = await trader.say("/watch btc")
    assert "60,000.00" in words(live)
    assert "Main LIVE" in words(live)
    await streamed(world)
    before = asked(exchanges, TICKERS)

    for price in ("60100", "60250"):
        exchanges.binance.call("set_price", symbol=BTC, price=price)
        shown = await until(world, trader, live, f"{int(price):,}.00")

    assert "of the near book" in words(shown)
    assert shown["reply_markup"] == live["reply_markup"]
    assert asked(exchanges, TICKERS) == before
    assert trader.heard(live) == []
    await trader.press(live, "⏹ Stop")


async def test_a_live_price_says_when_the_exchange_is_silent(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    live = await trader.say("/watch btc")
    await streamed(world)

    exchanges.binance.call("listen", mode="refuse")
    exchanges.binance.call("harm", way="cut")
    silent = await until(world, trader, live, "⚠️ The exchange is silent")
    assert "60,000.00" in words(silent)

    exchanges.binance.call("listen", mode="open")
    exchanges.binance.call("set_price", symbol=BTC, price="60700")
    back = await until(world, trader, live, "60,700.00")
    assert "⚠️" not in words(back)
    await trader.press(live, "⏹ Stop")


async def test_stop_answers_while_the_exchange_hangs(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    live = await trader.say("/watch btc")
    await streamed(world)
    exchanges.binance.call("listen", mode="mute")
    exchanges.binance.call("harm", way="cut")

    start = time.monotonic()
    ended = await trader.press(live, "⏹ Stop")

    assert "⏹ No longer live" in words(ended)
    assert "60,000.00" in words(ended)
    assert time.monotonic() - start < 2


async def test_when_nobody_watches_any_more_nothing_is_streamed(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    live = await trader.say("/watch btc")
    await streamed(world)

    def topics() -> set[str]:
        return {topic for line in public(exchanges) for topic in line["topics"]}

    await eventually(lambda: len(topics()) == 2, of="prices and the book")
    await trader.press(live, "⏹ Stop")

    await eventually(lambda: not topics(), within=10, of="no subscription")


async def until(world: World, person: Person, message: Json, text: str) -> Json:
    """Let time pass until a message shows a text."""
    services = world.assistant.services

    async def shown() -> Json | None:
        now = person.now(message)
        if text in words(now):
            return now
        if not any(name == LIVE for name, _ in services.engine._lanes):
            world.clock.advance(EVERY)
            await Jobs(services).refresh_live("")
        return None

    return await eventually(shown, within=20, of=text)


# Alerts.


async def alert_at(world: World, trader: Person, level: str = "61000") -> Json:
    """Set an alert and wait until its price is streamed."""
    created = await trader.say(f"btc > {level}")
    assert "Alert set" in words(created)
    await streamed(world)
    await eventually(lambda: looked(world), within=10, of="the first sweep")
    return created


def looked(world: World, since: datetime | None = None) -> bool:
    """Tell whether candles or trades were looked at, after a moment if one is given."""
    known = world.assistant.services.alerts._history._looked
    return any(BTC in key and (since is None or at > since) for key, at in known.items())


async def fired(trader: Person, created: Json) -> Json:
    """Wait for what an alert says, and make sure that it says it once."""
    chat = trader.assistant.chat
    await eventually(lambda: trader.heard(created), within=20, of="the alert")
    [told] = trader.heard(created)
    await chat.wait_for(lambda: not chat.pending_updates())
    return told


async def once(world: World, trader: Person, created: Json) -> None:
    """Sweep some more and make sure that nothing else is said."""
    for _ in range(4):
        await world.assistant.services.alerts.sweep()
    await world.assistant.settled()
    assert len(trader.heard(created)) == 1


async def test_a_level_touched_between_two_looks_fires_and_asks_nothing(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    since, created = world.clock(), await alert_at(world, trader)
    # What passed before the stream stood is asked for.
    await eventually(lambda: looked(world, since), within=15, of="the first look")
    before = asked(exchanges, (*TICKERS, *PAST))
    for _ in range(5):
        assert await world.assistant.services.alerts.sweep() == 0

    touch(exchanges, "61500")
    told = await fired(trader, created)

    assert "🔔 BTC/USDT 61,500.00" in words(told)
    assert "It came and went: now 60,000.00." in words(told)
    assert asked(exchanges, (*TICKERS, *PAST)) == before
    await once(world, trader, created)


@pytest.mark.parametrize("way", ["cut", "reset", "close", "blackhole"])
async def test_a_level_touched_while_the_line_was_dead_is_not_missed(
    world: World, trader: Person, exchanges: Exchanges, way: str
) -> None:
    created = await alert_at(world, trader)

    with lines_harmed(exchanges, way):
        touch(exchanges, "61500")
    told = await fired(trader, created)

    assert "🔔 BTC/USDT 61,500.00" in words(told)
    assert "It came and went: now 60,000.00." in words(told)
    assert labels(told)[0] == "📈 Chart"
    await streamed(world)
    await once(world, trader, created)


async def test_a_killed_line_is_back_within_five_seconds(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    created = await alert_at(world, trader)
    old = {line["id"] for line in public(exchanges)}

    with lines_harmed(exchanges, "cut"):
        pass
    await eventually(lambda: {line["id"] for line in public(exchanges)} - old, within=5)
    exchanges.binance.call("set_price", symbol=BTC, price="61200")

    told = await fired(trader, created)
    assert "🔔 BTC/USDT 61,200.00" in words(told)
    assert "It came and went" not in words(told)


async def test_a_touch_while_the_whole_venue_was_away_is_told_when_it_is_back(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    created = await alert_at(world, trader)

    exchanges.binance.call("listen", mode="refuse")
    exchanges.binance.call("harm", way="cut")
    touch(exchanges, "61500")
    for _ in range(2):
        await world.assistant.services.alerts.sweep()
    assert trader.heard(created) == []
    exchanges.binance.call("listen", mode="open")

    assert "🔔 BTC/USDT 61,500.00" in words(await fired(trader, created))
    await once(world, trader, created)


async def test_what_happened_before_an_alert_was_set_is_none_of_its_business(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    await alert_at(world, trader, "99000")
    touch(exchanges, "61500")
    created = await trader.say("btc > 61000")
    since = world.clock()
    with lines_harmed(exchanges, "cut"):
        pass

    await eventually(lambda: looked(world, since), within=15, of="a look at the gap")
    await world.assistant.services.alerts.sweep()
    await world.assistant.settled()

    assert trader.heard(created) == []


async def test_a_move_in_percent_asks_for_candles_once_a_minute(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    created = await trader.say("btc +5% 1h")
    await streamed(world)
    alerts = world.assistant.services.alerts
    await alerts.sweep()
    await alerts.sweep()
    before = asked(exchanges, PAST)
    for _ in range(10):
        await alerts.sweep()
    assert asked(exchanges, PAST) <= before + 1

    exchanges.binance.call("set_price", symbol=BTC, price="66000")

    assert "🔔 BTC/USDT 66,000.00" in words(await fired(trader, created))


async def test_a_venue_that_hangs_holds_up_no_other_alert(
    world: World, trader: Person, bo: Person, exchanges: Exchanges
) -> None:
    waiting = await alert_at(world, trader)
    created = await bo.say("sol > 1000")
    exchanges.binance.call("listen", mode="mute")
    exchanges.binance.call("harm", way="cut")

    await world.push("SOL", "10")

    assert "🔔 SOL/USDT" in words(await fired(bo, created))
    exchanges.binance.call("listen", mode="open")
    exchanges.binance.call("set_price", symbol=BTC, price="61300")
    assert "🔔 BTC/USDT 61,300.00" in words(await fired(trader, waiting))


# The last one: it leaves trades of the future behind.
async def test_a_touch_that_the_stream_never_told_is_found_in_the_candles(
    world: World, trader: Person, exchanges: Exchanges
) -> None:
    created = await alert_at(world, trader)

    # Two minutes later at the venue; the line stands, and says nothing.
    with lines_harmed(exchanges, "silence"):
        exchanges.binance.call("clock", skew_ms=120_000)
        touch(exchanges, "61500")
    await world.assistant.services.alerts.sweep()
    assert trader.heard(created) == []
    world.clock.advance(timedelta(seconds=61))

    assert "🔔 BTC/USDT 61,500.00" in words(await fired(trader, created))
    await once(world, trader, created)
