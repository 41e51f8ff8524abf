"""Both wire venues, a process each for the whole folder, and our side of the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from services.clock import utc_now
from services.exchange.connector import Connector
from services.exchange.network import Network
from tests.venues.client import Venue, VenueProcess

NAMES = ("binance", "okx")


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, VenueProcess]]:
    """Both venues, running, with one authority."""
    folder = tmp_path_factory.mktemp("venues")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(VenueProcess(name, folder / name, ca=folder / "ca"))
            for name in NAMES
        }


@pytest.fixture(params=NAMES)
async def venue(
    request: pytest.FixtureRequest, processes: dict[str, VenueProcess]
) -> AsyncIterator[Venue]:
    """Each venue in turn, fresh."""
    async with Venue.borrow(processes[request.param]) as borrowed:
        yield borrowed


@pytest.fixture
async def connector(venue: Venue) -> AsyncIterator[Connector]:
    """What connects to the venue."""
    network = Network(ca_file=venue.ca_file, resolve={"*": venue.address})
    connector = Connector(network, {}, now=utc_now)
    yield connector
    await connector.close()
