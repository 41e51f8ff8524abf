"""Reads and connects at a faulty venue: every cell of the matrix, over its own protocol."""

from __future__ import annotations

import pytest

from tests.contract.fault_matrix import READS, REQUESTS, cells
from tests.contract.faulty import scene
from tests.venues.client import VenueProcess


@pytest.fixture(params=REQUESTS)
def process(request: pytest.FixtureRequest) -> VenueProcess:
    found: VenueProcess = request.getfixturevalue(f"{request.param}_process")
    return found


@pytest.mark.parametrize("operation", READS)
async def test_a_read_at_a_faulty_venue(process: VenueProcess, operation: str) -> None:
    found, expected = {}, {}
    async with scene(process) as world:
        for cell in cells(process.name, operation):
            await world.plan(cell)
            found[cell.fault] = await world.read(operation)
            expected[cell.fault] = cell.expected
            assert await world.clear() >= 1, cell
            if operation == "markets" and cell.expected == "answer_unusable":
                # Whatever was taken over of the nonsense is gone with the next good answer.
                assert await world.read(operation) == "ok", cell
    assert found == expected
