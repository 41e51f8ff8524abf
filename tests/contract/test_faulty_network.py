"""Venues that answer too late, or cannot be reached at all."""

from __future__ import annotations

import pytest

from tests.contract.fault_matrix import (
    LISTENERS,
    NOTHING_THROUGH,
    READS,
    REQUESTS,
    SLOW,
    WRITES,
    column,
)
from tests.contract.faulty import scene, truth
from tests.venues.client import VenueProcess


@pytest.fixture(params=REQUESTS)
def process(request: pytest.FixtureRequest) -> VenueProcess:
    found: VenueProcess = request.getfixturevalue(f"{request.param}_process")
    return found


@pytest.mark.parametrize("operation", READS)
async def test_a_read_that_takes_too_long(process: VenueProcess, operation: str) -> None:
    found, expected = {}, {}
    async with scene(process) as world:
        world.hurry()
        for cell in column(process.name, operation):
            if cell.fault in SLOW:
                await world.plan(cell)
                found[cell.fault] = await world.read(operation)
                expected[cell.fault] = cell.expected
                assert await world.clear() >= 1, cell
    assert len(found) == len(SLOW)
    assert found == expected


@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_that_takes_too_long(process: VenueProcess, operation: str) -> None:
    found, expected = {}, {}
    async with scene(process) as world:
        for cell in column(process.name, operation):
            if cell.fault in SLOW:
                name = await world.named(operation)
                world.hurry()
                await world.plan(cell)
                found[cell] = await world.write(operation, name)
                expected[cell] = cell.expected
                assert await world.clear() == 1, cell
                await truth(world, cell, name)
    assert len(found) == 2 * len(SLOW)
    assert found == expected


@pytest.mark.parametrize("mode", LISTENERS)
async def test_a_venue_that_cannot_be_reached(process: VenueProcess, mode: str) -> None:
    async with scene(process) as world:
        names = {operation: await world.named(operation) for operation in WRITES}
        world.hurry()
        await world.venue.listen(mode)

        reads = {operation: await world.read(operation) for operation in READS}
        writes = {
            operation: await world.write(operation, names[operation]) for operation in WRITES
        }

        assert set(reads.values()) == {NOTHING_THROUGH["read"]}, reads
        assert set(writes.values()) == {NOTHING_THROUGH["write"]}, writes
        assert await world.at_venue(names["submit"]) is None
        canceled = await world.at_venue(names["cancel"])
        assert canceled is not None
        assert canceled["status"] == "open"
        await world.venue.listen("open")
