"""Public streams: one connection a venue, nothing stale, nothing left behind."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from services.clock import utc_now
from services.domain.accounts import Environment
from services.domain.market import Quote
from services.exchange.connector import Connector
from services.exchange.feed import Channel
from services.exchange.live import LiveMarketData, PublicData
from tests.eventually import eventually
from tests.venues.client import Venue

BTC, ETH, PERPETUAL = "BTC/USDT", "ETH/USDT", "BTC/USDT:USDT"
# Short, so that a test of silence takes a moment; venues here tick more often.
SILENCE = timedelta(seconds=1.5)


class Tape:
    """Every quote that was told, in order."""

    def __init__(self) -> None:
        self.quotes: list[Quote] = []

    def note(self, _exchange: str, _environment: Environment, quote: Quote) -> None:
        self.quotes.append(quote)


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
async def live(venue: Venue, connector: Connector, tape: Tape) -> AsyncIterator[LiveMarketData]:
    """The venue's public data with its streams."""
    public = PublicData(connector, now=utc_now, on_quote=tape.note, silence=SILENCE)
    yield public.of(venue.name, Environment.LIVE)
    await public.close()


async def streamed(live: LiveMarketData, symbol: str, price: str) -> Quote:
    """Wait until the stream shows a price."""

    def found() -> Quote | None:
        quote = live.feed.quote(symbol)
        return quote if quote is not None and quote.last == Decimal(price) else None

    return await eventually(found, within=10, of=f"{symbol} at {price}")


async def topics(venue: Venue) -> set[str]:
    """Return what is subscribed at the venue."""
    return {topic for socket in await venue.sockets() for topic in socket["topics"]}


async def reads(venue: Venue) -> int:
    """Return how many tickers were asked for by REST."""
    return sum("ticker" in entry.get("path", "") for entry in await venue.journal("request"))


async def test_what_is_looked_at_follows_the_market_without_asking(
    venue: Venue, live: LiveMarketData
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        quote = await streamed(live, BTC, "61000")
        before = await reads(venue)
        asked = await live.quotes([BTC])

        assert asked[BTC].last == quote.last
        assert quote.bid < quote.last < quote.ask
        assert await reads(venue) == before


async def test_what_nobody_looks_at_is_asked_for(venue: Venue, live: LiveMarketData) -> None:
    await venue.set_price(BTC, 62_000)

    quotes = await live.quotes([BTC])

    assert quotes[BTC].last == 62_000
    assert await venue.sockets() == []


async def test_many_symbols_share_one_connection(venue: Venue, live: LiveMarketData) -> None:
    symbols = [BTC, ETH, "SOL/USDT", "ETH/BTC", "XRP/USDT"]
    for symbol in symbols:
        live.feed.hold(Channel.QUOTE, symbol)

    async def has_all() -> bool:
        return len(await topics(venue)) == len(symbols)

    await eventually(has_all, within=10, of="all subscriptions")
    assert len(await venue.sockets()) == 1


async def test_the_last_one_who_looks_away_ends_the_subscription(
    venue: Venue, live: LiveMarketData
) -> None:
    async with live.feed.look(Channel.QUOTE, ETH), live.feed.look(Channel.BOOK, ETH):
        live.feed.hold(Channel.QUOTE, BTC)
        live.feed.hold(Channel.QUOTE, BTC)
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")
        await eventually(lambda: live.feed.book(ETH), within=10)
        live.feed.release(Channel.QUOTE, BTC)
        assert live.feed.symbols == {BTC, ETH}
        live.feed.release(Channel.QUOTE, BTC)
        assert live.feed.symbols == {ETH}
        assert live.feed.quote(BTC) is None

        async def is_left() -> bool:
            return not any("btc" in topic.lower() for topic in await topics(venue))

        await eventually(is_left, within=10, of="BTC to be left")
        assert await topics(venue)


async def test_the_book_follows_the_market(venue: Venue, live: LiveMarketData) -> None:
    async with live.feed.look(Channel.BOOK, BTC):
        await eventually(lambda: live.feed.book(BTC), within=10)
        await venue.set_price(BTC, 65_000)

        def is_near() -> bool:
            book = live.feed.book(BTC)
            return book is not None and book.bids[0].price > 64_000

        await eventually(is_near, within=10, of="the book at the new price")
        book = live.feed.book(BTC)
        assert book is not None
        assert book.bids[0].price < book.asks[0].price


@pytest.mark.parametrize("way", ["cut", "reset", "close"])
async def test_a_lost_connection_is_back_within_five_seconds(
    venue: Venue, live: LiveMarketData, way: str
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")

        assert await venue.harm(way) == 1
        await venue.set_price(BTC, 61_500)

        async with asyncio.timeout(5):
            await streamed(live, BTC, "61500")
            await eventually(venue.sockets)


async def test_a_connection_that_died_in_silence_is_dialled_again(
    venue: Venue, live: LiveMarketData
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")
        [dead] = await venue.sockets()

        await venue.harm("blackhole")

        async def is_new() -> bool:
            return any(socket["id"] != dead["id"] for socket in await venue.sockets())

        await eventually(is_new, within=10, of="another connection")
        await venue.set_price(BTC, 61_500)
        await streamed(live, BTC, "61500")


async def test_while_a_stream_is_silent_the_price_is_asked_for(
    venue: Venue, live: LiveMarketData, tape: Tape
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")
        before = await reads(venue)

        await venue.harm("silence")
        await venue.set_price(BTC, 61_500)

        await streamed(live, BTC, "61500")
        assert await reads(venue) > before
        assert tape.quotes[-1].last == 61_500


async def test_a_price_that_nobody_can_confirm_is_no_price(
    venue: Venue, live: LiveMarketData
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")

        await venue.listen("refuse")
        await venue.harm("cut")

        await eventually(lambda: live.feed.quote(BTC) is None, within=10, of="no price")
        await venue.listen("open")
        await venue.set_price(BTC, 61_700)
        await streamed(live, BTC, "61700")


async def test_a_gap_in_the_book_heals(venue: Venue, live: LiveMarketData) -> None:
    async with live.feed.look(Channel.BOOK, BTC):
        await eventually(lambda: live.feed.book(BTC), within=10)

        await venue.harm("gap")
        prices = itertools.count(66_000, 10)

        async def is_near() -> bool:
            await venue.set_price(BTC, next(prices))
            book = live.feed.book(BTC)
            return book is not None and book.bids[0].price > 65_000

        await eventually(is_near, within=15, of="the book after the gap")


async def test_nothing_is_left_at_the_end(venue: Venue, connector: Connector) -> None:
    before = asyncio.all_tasks()
    public = PublicData(connector, now=utc_now, silence=SILENCE)
    live = public.of(venue.name, Environment.LIVE)
    live.feed.hold(Channel.QUOTE, BTC)
    live.feed.hold(Channel.BOOK, BTC)
    await eventually(lambda: live.feed.quote(BTC), within=10)

    await public.close()
    await connector.close()

    async def is_quiet() -> bool:
        return asyncio.all_tasks() <= before and not await venue.sockets()

    await eventually(is_quiet, of="nobody at work")


async def test_of_a_burst_the_last_price_stays_and_every_price_is_told(
    venue: Venue, live: LiveMarketData, tape: Tape
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")
        since, burst = utc_now(), [Decimal(61_000 + 10 * step) for step in range(1, 60)]

        await asyncio.gather(*(venue.set_price(BTC, price) for price in burst))
        last = await venue.call("price", symbol=BTC)

        await streamed(live, BTC, last)
        assert {quote.last for quote in tape.quotes} >= set(burst)
        seen = live.feed.seen(BTC, since)
        assert seen is not None
        assert (seen.low, seen.high) == (min(burst), max(burst))


async def test_a_stream_that_stood_knows_every_price_since(
    venue: Venue, live: LiveMarketData
) -> None:
    assert not live.feed.is_whole(BTC, utc_now())
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")
        start = utc_now()
        assert live.feed.is_whole(BTC, start)

        await venue.harm("cut")
        await eventually(lambda: not live.feed.is_whole(BTC, start), of="the gap to be known")
        await venue.set_price(BTC, 61_500)
        await eventually(lambda: live.feed.is_whole(BTC, utc_now()), of="a stream that stands")

        assert not live.feed.is_whole(BTC, start)


async def test_contracts_have_bid_and_ask_and_leave_nothing_behind(
    venue: Venue, live: LiveMarketData
) -> None:
    async with live.feed.look(Channel.QUOTE, PERPETUAL):
        await venue.set_price(PERPETUAL, 61_000)
        quote = await streamed(live, PERPETUAL, "61000")
        assert quote.bid < quote.ask

    async def is_left() -> bool:
        return not await topics(venue)

    await eventually(is_left, of="every subscription to be left")


async def test_a_book_that_cannot_be_had_leaves_prices_alone(
    venue: Venue, live: LiveMarketData
) -> None:
    for path in ("/api/v3/depth", "/api/v5/market/books"):
        await venue.fault("status", path=path, status=503, times=4)
    async with live.feed.look(Channel.QUOTE, BTC), live.feed.look(Channel.BOOK, BTC):
        prices = itertools.count(61_000, 10)
        for _ in range(3):
            await asyncio.gather(*(venue.set_price(BTC, next(prices)) for _ in range(5)))
            before = await reads(venue)
            price = next(prices)
            await venue.set_price(BTC, price)
            await streamed(live, BTC, str(price))
        await eventually(lambda: live.feed.book(BTC), within=15, of="a book")
        start = utc_now()
        await venue.set_price(BTC, next(prices))
        assert live.feed.is_whole(BTC, start)
        assert await reads(venue) - before <= 3


@pytest.mark.parametrize(
    "text", ['{"e":"24hrTicker","s":7,"c":[]}', '{"arg":{"channel":"tickers"},"data":[7]}', "{]"]
)
async def test_a_message_that_makes_no_sense_ends_no_stream(
    venue: Venue, live: LiveMarketData, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")

        await venue.harm("send", text=text)
        await venue.harm("send", text='{"event":"notice","code":"64008","msg":"upgrade"}')

        await venue.set_price(BTC, 61_200)
        await streamed(live, BTC, "61200")
        await eventually(venue.sockets)
        await venue.set_price(BTC, 61_400)
        await streamed(live, BTC, "61400")
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_a_symbol_that_is_listed_no_more_spoils_no_other(
    venue: Venue, live: LiveMarketData
) -> None:
    async with live.feed.look(Channel.QUOTE, BTC), live.feed.look(Channel.QUOTE, "GONE/USDT"):
        await venue.set_price(BTC, 61_000)
        await streamed(live, BTC, "61000")

        await venue.harm("silence")
        await venue.set_price(BTC, 61_500)

        await streamed(live, BTC, "61500")
        assert live.feed.quote("GONE/USDT") is None
