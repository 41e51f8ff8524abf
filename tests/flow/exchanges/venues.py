"""An assistant with Binance and OKX in reach: local servers that speak their protocols."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.localchat import Json, LocalChat
from services.clock import utc_now
from services.domain.accounts import Account, ChatId, Member, UserId
from services.tenants import Visitor
from tests.assistant import Person, assistant, labels, words
from tests.clock import Clock
from tests.flow.world import World
from tests.venues.client import VenueProcess


class MovingClock(Clock):
    """The real time, which the venues share, and what a test puts on top of it."""

    def __init__(self) -> None:
        super().__init__(utc_now())
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def advance(self, step: timedelta) -> None:
        self.ahead += step


@dataclass(frozen=True, slots=True)
class Exchanges:
    """The running venues."""

    binance: VenueProcess
    okx: VenueProcess

    @property
    def network(self) -> dict[str, Any]:
        """The settings by which they are reached under their real names."""
        return {
            "ca_file": self.binance.ca_file,
            "resolve": {**self.binance.resolve, **self.okx.resolve},
        }


@contextmanager
def exchanges_running(folder: Path) -> Iterator[Exchanges]:
    """Run both venues."""
    ca = folder / "ca"
    with (
        VenueProcess("binance", folder / "binance", ca=ca) as binance,
        VenueProcess("okx", folder / "okx", ca=ca) as okx,
    ):
        yield Exchanges(binance, okx)


@asynccontextmanager
async def world_of(
    exchanges: Exchanges, chat: LocalChat, folder: Path | None = None, **settings: Any
) -> AsyncIterator[World]:
    """Run an assistant that reaches the venues."""
    with tempfile.TemporaryDirectory() as own:
        clock = MovingClock()
        place = folder or Path(own)
        async with assistant(
            place, now=clock, chat=chat, network=exchanges.network, **settings
        ) as running:
            yield World(running, clock)


async def member_of(world: World, person: Person) -> Member:
    """Return the member behind a person who is in already."""
    who = Visitor(ChatId(person.chat), UserId(person.user), "Ann", "en", is_private=True)
    member = await world.assistant.services.tenants.admit(who, start=None)
    assert isinstance(member, Member)
    return member


async def accounts_of(world: World, person: Person) -> list[Account]:
    """Return the accounts of a person, oldest first."""
    member = await member_of(world, person)
    return list(await world.assistant.services.connections.all(member))


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def ways_of(person: Person, exchange: str, environment: str = "💵") -> Json:
    """Go from /connect to the question how the key comes."""
    picker = await person.say("/connect")
    shown = await person.press(picker, exchange)
    if any(label.startswith("💵") for label in labels(shown)):
        return await person.press(shown, environment)
    return await person.press(await person.press(shown, exchange), environment)


async def handed_over(
    person: Person, exchange: str, parts: Mapping[str, str], environment: str = "💵"
) -> Json:
    """Write a key into the chat, part by part; return the doctor's answer."""
    question = await person.press(await ways_of(person, exchange, environment), "💬")
    for part in parts.values():
        question = await person.say(part)
    return question


def binance_parts(key: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of a Binance key in the order in which they are asked for."""
    return {"apiKey": key["key"], "secret": key["secret"]}


def okx_parts(key: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of an OKX key in the order in which they are asked for."""
    return {**binance_parts(key), "password": key["passphrase"]}


def everything_said(chat: LocalChat, place: int) -> str:
    """Return all that stands in a chat, by anybody."""
    return "\n".join(words(message) for message in chat.messages(place))


def bytes_on_disk(folder: Path) -> bytes:
    """Return the content of every file of a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
