"""One venue process of each kind for all tests; a new account and connector for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from services.domain.accounts import Environment
from tests import databases
from tests.clock import Clock
from tests.contract.paper_on_wire import paper_on_wire
from tests.contract.worlds import TRAITS, World, paper_world, wire_world
from tests.venues.client import VenueProcess


@pytest.fixture(scope="session")
def binance_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with VenueProcess("binance", tmp_path_factory.mktemp("binance")) as process:
        yield process


@pytest.fixture(scope="session")
def okx_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with VenueProcess("okx", tmp_path_factory.mktemp("okx")) as process:
        yield process


@pytest.fixture(params=TRAITS)
def place(request: pytest.FixtureRequest) -> str | tuple[VenueProcess, Environment]:
    """Each venue in turn: the address of a database for the practice venue, else a process."""
    name, _, environment = request.param.partition("-")
    if name == "paper":
        url: str = request.getfixturevalue("sqlite_url")
        return url
    return request.getfixturevalue(f"{name}_process"), Environment(environment)


@pytest.fixture
async def world(
    place: str | tuple[VenueProcess, Environment], clock: Clock, sqlite_url: str
) -> AsyncIterator[World]:
    """A new account at each venue in turn."""
    if isinstance(place, str):
        async with databases.opened(place) as database:
            yield await paper_world(database, clock)
        return
    if place[1] is Environment.PAPER:
        async with (
            databases.opened(sqlite_url) as database,
            paper_on_wire(place[0], database) as practice,
        ):
            yield practice
        return
    async with wire_world(*place) as opened:
        yield opened
