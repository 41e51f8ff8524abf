"""Venues that ask to be left alone."""

from __future__ import annotations

import pytest

from tests.contract.fault_matrix import FREEZING, READS, REQUESTS, WRITES, column
from tests.contract.faulty import scene, truth
from tests.venues.client import VenueProcess


@pytest.fixture(params=REQUESTS)
def process(request: pytest.FixtureRequest) -> VenueProcess:
    found: VenueProcess = request.getfixturevalue(f"{request.param}_process")
    return found


@pytest.mark.parametrize("operation", READS)
async def test_a_read_that_the_venue_asks_to_put_off(
    process: VenueProcess, operation: str
) -> None:
    found, expected = {}, {}
    for cell in column(process.name, operation):
        if cell.fault in FREEZING:
            async with scene(process) as world:
                await world.plan(cell)
                found[cell.fault] = await world.read(operation)
                expected[cell.fault] = cell.expected
                # Who is asked to stay away does not try again.
                assert await world.clear() == 1 or operation == "markets", cell
    assert len(found) >= 3
    assert found == expected


@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_that_the_venue_asks_to_put_off(
    process: VenueProcess, operation: str
) -> None:
    found, expected = {}, {}
    for cell in column(process.name, operation):
        if cell.fault in FREEZING:
            async with scene(process) as world:
                name = await world.named(operation)
                await world.plan(cell)
                found[cell] = await world.write(operation, name)
                expected[cell] = cell.expected
                assert await world.clear() == 1, cell
                await truth(world, cell, name)
    assert len(found) >= 3
    assert found == expected
