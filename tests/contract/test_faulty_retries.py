"""A fault that passes is not seen: reads are tried again, and told from the second answer."""

from __future__ import annotations

import pytest

from tests.contract.fault_matrix import READS, REQUESTS, cells
from tests.contract.faulty import scene
from tests.venues.client import VenueProcess

# What a read does not take for an answer and asks for again.
PASSING = {"exchange_unavailable", "clock_off", "maintenance"}


@pytest.fixture(params=REQUESTS)
def process(request: pytest.FixtureRequest) -> VenueProcess:
    found: VenueProcess = request.getfixturevalue(f"{request.param}_process")
    return found


@pytest.mark.parametrize("operation", READS)
async def test_a_read_is_tried_again_after_a_passing_fault(
    process: VenueProcess, operation: str
) -> None:
    found = {}
    async with scene(process) as world:
        for cell in cells(process.name, operation):
            if cell.expected in PASSING:
                await world.plan(cell, times=1)
                found[cell.fault] = await world.read(operation)
                assert await world.clear() == 1, cell
    assert set(found.values()) == {"ok"}, found
