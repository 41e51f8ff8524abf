"""Private streams: a hint for whatever moves, whatever becomes of the line."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from services.domain.accounts import Environment
from services.domain.secrets import Credentials
from services.exchange.account_stream import AccountStream, Line, Pace, lines_of
from services.exchange.client import Client
from services.exchange.connector import Connector
from tests.eventually import eventually
from tests.venues.client import Venue, VenueProcess

BTC = "BTC/USDT"
# Short pauses, so that another dial comes soon, and never so short that a spin would not show.
PACE = Pace(
    pause=(0.1, 1.0),
    refused=(0.4, 1.6),
    silence=1.5,
    life=3_600.0,
    renewal=3_600.0,
    hints=(0.02, 0.02),
)


@dataclass
class Hints:
    """When the stream said that something moved, by the loop's clock."""

    times: list[float] = field(default_factory=list)

    def note(self) -> None:
        self.times.append(asyncio.get_running_loop().time())

    async def after(self, move: Awaitable[Any], *, within: float = 1.0) -> None:
        """Wait until something that happens at the venue is hinted at."""
        before = len(self.times)
        await move
        await eventually(lambda: len(self.times) > before, within=within, of="a hint")


@dataclass
class Scene:
    """A stream's surroundings: one private line of an account at a venue.

    Attributes:
        wallet: One whose moves come over the line.
    """

    venue: Venue
    line: Line
    wallet: str
    symbol: str
    connector: Connector
    key: dict[str, str]
    hints: Hints = field(default_factory=Hints)

    def credentials(self, **changes: str) -> Credentials:
        texts = {"apiKey": self.key["key"], "secret": self.key["secret"]}
        if self.venue.name == "okx":
            texts["password"] = self.key["passphrase"]
        return Credentials.of(texts | changes)

    def client(self, **changes: str) -> Client:
        """Return a client of the account."""
        credentials = self.credentials(**changes)
        return self.connector.private(self.venue.name, Environment.LIVE, credentials)

    @asynccontextmanager
    async def followed(self, pace: Pace = PACE, **changes: str) -> AsyncIterator[AccountStream]:
        """Keep the stream for the block."""
        client = self.client(**changes)
        stream = AccountStream(client, self.hints.note, self.line, pace=pace)
        try:
            yield stream
        finally:
            await stream.close()


PLACES = {
    "binance": ("binance", 0, "spot", BTC),
    "binance contracts": ("binance", 1, "futures", "BTC/USDT:USDT"),
    "okx": ("okx", 0, "trading", BTC),
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> tuple[str, int, str, str]:
    """Name of a venue, number of a line, a wallet and a symbol of that line."""
    return PLACES[request.param]


@pytest.fixture
async def venue(
    place: tuple[str, int, str, str], processes: dict[str, VenueProcess]
) -> AsyncIterator[Venue]:
    """A fresh venue."""
    async with Venue.borrow(processes[place[0]]) as borrowed:
        yield borrowed


@pytest.fixture
async def scene(place: tuple[str, int, str, str], venue: Venue, connector: Connector) -> Scene:
    """Each private line in turn, with a key that may do what a trader needs."""
    name, number, wallet, symbol = place
    line = lines_of(name, has_contracts=True)[number]
    passphrase = {"passphrase": "Correct-horse-7"} if name == "okx" else {}
    key = await venue.add_key(**passphrase)
    return Scene(venue, line, wallet, symbol, connector, key)


async def private(venue: Venue) -> list[dict[str, Any]]:
    """Return the lines on which somebody is logged in."""
    return [socket for socket in await venue.sockets() if socket["account"]]


async def logged_in(scene: Scene, *, besides: dict[str, Any] | None = None) -> dict[str, Any]:
    """Wait for a line that carries what happens on the account."""
    old = besides["id"] if besides else None

    async def found() -> list[dict[str, Any]]:
        lines = [line for line in await private(scene.venue) if line["id"] != old]
        return [line for line in lines if scene.venue.name != "okx" or len(line["topics"]) == 2]

    lines: list[dict[str, Any]] = await eventually(found, within=8, of="a private line")
    return lines[0]


def moved(scene: Scene) -> Awaitable[None]:
    """Let money come in at the venue."""
    return scene.venue.deposit(scene.wallet, "USDT", 1)


async def dials(venue: Venue) -> int:
    """Return how many WebSockets were asked for."""
    return sum(is_dial(entry) for entry in await venue.journal("request"))


def is_dial(entry: dict[str, Any]) -> bool:
    return any(part.startswith("ws") for part in entry["path"].split("/"))


async def test_money_that_comes_in_is_hinted_at(scene: Scene) -> None:
    async with scene.followed():
        await logged_in(scene)
        await scene.hints.after(moved(scene))
        await scene.hints.after(moved(scene))


async def test_an_order_filled_at_the_venue_is_hinted_at(scene: Scene) -> None:
    async with scene.followed():
        await logged_in(scene)
        trader = scene.client()
        await trader.load_markets()
        order, params = (scene.symbol, "limit", "buy", "1", "50000"), {"clientOrderId": "other1"}
        await scene.hints.after(trader.write("create_order", *order, params=params))
        await scene.hints.after(scene.venue.fill("other1", "0.5"))
        await scene.hints.after(scene.venue.set_price(scene.symbol, "49000"))
        await trader.close()


@pytest.mark.parametrize("way", ["cut", "reset", "close"])
async def test_a_lost_line_is_back_and_hints_at_what_was_missed(scene: Scene, way: str) -> None:
    async with scene.followed():
        await logged_in(scene)
        before = len(scene.hints.times)

        assert await scene.venue.harm(way) == 1
        await moved(scene)

        await eventually(lambda: len(scene.hints.times) > before, within=5, of="a hint at the gap")
        await logged_in(scene)
        await scene.hints.after(moved(scene))


async def test_a_line_that_died_in_silence_is_dialled_again(scene: Scene) -> None:
    async with scene.followed():
        dead = await logged_in(scene)

        await scene.venue.harm("blackhole")

        await logged_in(scene, besides=dead)
        await scene.hints.after(moved(scene))


async def test_a_line_that_stood_for_long_is_dialled_again(scene: Scene) -> None:
    async with scene.followed(replace(PACE, life=1.0)):
        old = await logged_in(scene)
        await logged_in(scene, besides=old)


async def test_the_last_words_of_a_venue_are_understood(scene: Scene) -> None:
    last_words = {
        "spot": "terminate_streams",
        "futures": "expire_listen_keys",
        "trading": "notice",
    }
    async with scene.followed():
        deaf = await logged_in(scene)
        for _ in range(2):
            await scene.venue.call(last_words[scene.wallet])
            deaf = await logged_in(scene, besides=deaf)
            await scene.hints.after(moved(scene))


async def test_a_refused_key_does_not_spin_and_recovers(scene: Scene) -> None:
    venue = scene.venue
    async with scene.followed():
        deaf = await logged_in(scene)
        await refuse(scene.venue, scene.key)
        await venue.harm("cut")
        before = await dials_and_logins(venue)

        async def is_tried_again() -> bool:
            return await dials_and_logins(venue) >= before + 3

        start = asyncio.get_running_loop().time()
        await eventually(is_tried_again, within=15, of="three more tries")
        # Pauses of 0.4, 0.8 and 1.6 s, each shortened by half at most.
        assert asyncio.get_running_loop().time() - start > 0.2 + 0.4

        await refuse(scene.venue, scene.key, is_refused=False)
        await logged_in(scene, besides=deaf)
        await scene.hints.after(moved(scene))


async def test_a_wrong_secret_is_asked_about_ever_more_rarely(scene: Scene) -> None:
    if scene.wallet == "futures":
        # A listen key is given for the name of a key alone.
        scene = replace(scene, line=lines_of("binance", has_contracts=False)[0], wallet="spot")
    async with scene.followed(secret="wrong" * 12):
        await eventually(lambda: dials(scene.venue), within=5, of="a dial")
        start = asyncio.get_running_loop().time()

        async def has_tried() -> bool:
            return await dials(scene.venue) >= 4

        await eventually(has_tried, within=15, of="three more dials")
        assert asyncio.get_running_loop().time() - start > 0.2 + 0.4 + 0.8
        assert await private(scene.venue) == []


async def test_hints_get_rarer_while_word_keeps_coming(scene: Scene) -> None:
    async with scene.followed(replace(PACE, hints=(0.2, 10.0))):
        await logged_in(scene)
        before = len(scene.hints.times)
        for _ in range(40):
            await moved(scene)

        # What came in the meantime is told at the end, never lost.
        await eventually(lambda: len(scene.hints.times) > before, within=5)
        assert len(scene.hints.times) - before < 8


async def refuse(venue: Venue, key: dict[str, str], *, is_refused: bool = True) -> None:
    """Let the venue refuse a key that it knows, or take it again."""
    await venue.set_key(key["key"], expires_ms=1 if is_refused else None)


async def dials_and_logins(venue: Venue) -> int:
    """Return how often a login was tried, over REST or WebSocket."""
    entries = await venue.journal("request")
    return sum(is_dial(entry) or "listenKey" in entry["path"] for entry in entries)


# The listen key of Binance's contracts, which ccxt lets die.

CONTRACTS = pytest.mark.parametrize("place", ["binance contracts"], indirect=True)


async def asked(venue: Venue, method: str) -> int:
    """Return how often the listen key was asked for (POST) or renewed (PUT)."""
    counts = await venue.call("counts")
    return int(counts.get(f"{method} /fapi/v1/listenKey", 0))


@CONTRACTS
async def test_the_listen_key_is_renewed_for_as_long_as_the_line_stands(scene: Scene) -> None:
    async with scene.followed(replace(PACE, renewal=0.2)):
        line = await logged_in(scene)

        async def is_renewed() -> bool:
            return await asked(scene.venue, "PUT") >= 3

        await eventually(is_renewed, of="three renewals")
        assert await asked(scene.venue, "POST") == 1
        assert await private(scene.venue) == [line]


@CONTRACTS
async def test_a_listen_key_that_ran_out_unheard_is_replaced(scene: Scene) -> None:
    async with scene.followed(replace(PACE, renewal=0.5)):
        deaf = await logged_in(scene)
        await scene.venue.harm("silence")
        await scene.venue.call("expire_listen_keys")

        await logged_in(scene, besides=deaf)
        await scene.hints.after(moved(scene))


@CONTRACTS
async def test_a_renewal_that_finds_the_venue_away_leaves_the_line_alone(scene: Scene) -> None:
    async with scene.followed(replace(PACE, renewal=0.2)):
        line = await logged_in(scene)
        await scene.venue.fault(
            "status", method="PUT", path="/fapi/v1/listenKey", status=503, times=6
        )

        async def is_renewed() -> bool:
            return (await scene.venue.fired()).get("status", 0) == 6

        await eventually(is_renewed, within=15, of="every fault")
        assert await private(scene.venue) == [line]
        await scene.hints.after(moved(scene))


# The end.


@pytest.mark.parametrize("way", ["", "blackhole", "cut"])
async def test_nothing_is_left_at_the_end(scene: Scene, way: str) -> None:
    before = asyncio.all_tasks()
    async with scene.followed():
        await logged_in(scene)
        assert sockets_to(scene.venue) != []
        if way:
            await scene.venue.harm(way)
    scene.hints.times.clear()
    await scene.connector.close()

    assert sockets_to(scene.venue) == []
    assert asyncio.all_tasks() <= before
    await eventually(lambda: closed(scene.venue), of="closed lines")
    assert scene.hints.times == []


@pytest.mark.parametrize("mode", ["mute", "refuse", "open"])
async def test_a_stream_may_end_at_any_moment(
    scene: Scene,
    caplog: pytest.LogCaptureFixture,
    mode: str,
) -> None:
    venue = scene.venue
    await scene.connector.public(venue.name, Environment.LIVE).load_markets()
    await venue.listen(mode)
    before = asyncio.all_tasks()
    for turns in range(0, 60, 6):
        async with scene.followed():
            for _ in range(turns):
                await asyncio.sleep(0.001)
    await scene.connector.close()

    await eventually(lambda: asyncio.all_tasks() <= before, of="nobody at work")
    await venue.listen("open")
    await eventually(lambda: closed(venue), of="closed lines")
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def closed(venue: Venue) -> bool:
    return await venue.sockets() == []


async def test_no_secret_and_no_noise_in_the_log(
    scene: Scene,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    async with scene.followed() as stream:
        for way in ("cut", "blackhole", "reset"):
            line = await logged_in(scene)
            await scene.venue.harm(way)
            await logged_in(scene, besides=line)
            await scene.hints.after(moved(scene))
        await refuse(scene.venue, scene.key)
        await scene.venue.harm("cut")
        tries = await dials_and_logins(scene.venue)

        async def is_refused() -> bool:
            return await dials_and_logins(scene.venue) > tries + 1

        await eventually(is_refused, within=10, of="a refused login")
        shown = repr(stream) + repr(stream.__dict__)
    await scene.connector.close()
    gc.collect()

    told = caplog.text + "".join(capsys.readouterr()) + shown
    hidden = [text for text in scene.key.values() if len(text) > 10] + ["signature", "listenKey="]
    assert [text for text in hidden if text in told] == []
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def sockets_to(venue: Venue) -> list[socket.socket]:
    """Return the open TLS sockets of this process to a venue."""
    found = [each for each in gc.get_objects() if isinstance(each, socket.socket)]
    return [each for each in found if each.fileno() >= 0 and port_of(each) == venue.process.port]


def port_of(each: socket.socket) -> int | None:
    try:
        return int(each.getpeername()[1])
    except (OSError, IndexError):
        return None
