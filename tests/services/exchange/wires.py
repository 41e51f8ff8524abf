"""The connection layer on a test venue, as the product would use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from services.clock import Now, utc_now
from services.domain.accounts import Environment
from services.domain.secrets import Credentials
from services.exchange.client import Client
from services.exchange.connector import Connector, VenueSettings
from services.exchange.network import Network
from tests.eventually import eventually
from tests.venues.client import Venue, VenueProcess

SPOT = "BTC/USDT"
LIVE = Environment.LIVE


@contextmanager
def venue_process(name: str, folder: Path, *options: str) -> Iterator[VenueProcess]:
    """Run a venue for the tests of a module."""
    with VenueProcess(name, folder, *options) as process:
        yield process


class Pauses:
    """Notes how long somebody would have waited."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def connector_to(
    venue: Venue,
    *,
    settings: VenueSettings | None = None,
    pauses: Pauses | None = None,
    now: Now = utc_now,
) -> AsyncIterator[Connector]:
    """Open the connection layer on a venue; closed at the end."""
    connector = Connector(
        Network(ca_file=venue.ca_file, resolve=venue.resolve),
        {} if settings is None else {venue.name: settings},
        now=now,
        pause=pauses or Pauses(),
    )
    try:
        yield connector
    finally:
        await connector.close()


def credentials_of(key: Mapping[str, str]) -> Credentials:
    """Return what the venue's `add_key` gave in ccxt's names."""
    names = {"apiKey": "key", "secret": "secret", "password": "passphrase"}
    return Credentials.of({name: key[part] for name, part in names.items() if key.get(part)})


async def private_client(connector: Connector, venue: Venue, **values: str) -> Client:
    """Return a client with a new key of the venue."""
    key = await venue.add_key(**values)
    return connector.private(venue.name, LIVE, credentials_of(key))


async def requests_of(venue: Venue, path: str = "") -> list[str]:
    """Return method, host and path of every request since the venue was borrowed."""
    return [
        f"{entry['method']} {entry['host']}{entry['path']}"
        for entry in await venue.journal("request")
        if path in entry["path"]
    ]


async def asked(venue: Venue, path: str = "") -> list[str]:
    """Wait until the venue was asked, and return what."""
    found: list[str] = await eventually(lambda: requests_of(venue, path), of="a request")
    return found
