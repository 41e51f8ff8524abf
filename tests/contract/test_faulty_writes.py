"""Orders and cancels at a faulty venue: every cell of the matrix, done and not done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.contract.fault_matrix import REQUESTS, WRITES, Cell, cells
from tests.contract.faulty import Scene, scene, seen, truth
from tests.contract.worlds import BTC
from tests.venues.client import VenueProcess

# Below the number of orders that a venue takes from an account in a burst.
BATCH = 25


@pytest.fixture(params=REQUESTS)
def process(request: pytest.FixtureRequest) -> VenueProcess:
    found: VenueProcess = request.getfixturevalue(f"{request.param}_process")
    return found


def batches(venue: str, operation: str) -> Iterator[Sequence[Cell]]:
    column = cells(venue, operation)
    for start in range(0, len(column), BATCH):
        yield column[start : start + BATCH]


def name_of(cell: Cell) -> str:
    return f"{cell.fault} ({'done' if cell.is_done else 'not done'})"


@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_at_a_faulty_venue(process: VenueProcess, operation: str) -> None:
    found, expected = {}, {}
    for batch in batches(process.name, operation):
        async with scene(process) as world:
            for cell in batch:
                name = await world.named(operation)
                await world.plan(cell)
                found[name_of(cell)] = await world.write(operation, name)
                expected[name_of(cell)] = cell.expected
                # Sent once and never again, whatever came back.
                assert await world.clear() == 1, cell
                await truth(world, cell, name)
                await comes_to_light(world, name, cell)
    assert found == expected


async def comes_to_light(world: Scene, name: str, cell: Cell) -> None:
    """Whatever the answer was, the next look tells what is true."""
    states = {"submit": ("none", "open"), "cancel": ("open", "canceled")}
    if cell.fault != "invisible":
        told = await seen(world.gateway.find_order(BTC, client_order_id=name))
        assert told == states[cell.operation][bool(cell.is_done)], cell
