"""The fault matrix itself: whole, and true to its two laws."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.contract.fault_matrix import FAULTS, READS, REQUESTS, WRITES, column

VENUES = tuple(REQUESTS)


@pytest.mark.parametrize("venue", VENUES)
def test_what_was_done_is_never_called_refused_nor_what_was_not_done_called_done(
    venue: str,
) -> None:
    for operation in WRITES:
        for cell in column(venue, operation):
            done = {"open", "canceled"}
            allowed = {*done, "unknown"} if cell.is_done else None
            assert allowed is None or cell.expected in allowed, cell
            assert cell.is_done or cell.expected not in done, cell


@pytest.mark.parametrize("venue", VENUES)
def test_every_fault_has_its_cells_and_every_cell_its_fault(venue: str) -> None:
    named = Counter(
        (cell.operation, cell.fault, cell.is_done)
        for operation in (*READS, *WRITES)
        for cell in column(venue, operation)
    )
    assert {fault for _, fault, _ in named} == set(FAULTS[venue])
    assert max(named.values()) == 1
    assert sum(named.values()) > 300
