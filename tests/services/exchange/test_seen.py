"""What a stream told of late: every price since a moment, and whether that is all there was."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from services.domain.market import PriceRange
from services.exchange.seen import SeenPrices
from tests.clock import Clock

SECOND = timedelta(seconds=1)


def told(clock: Clock, *prices: int) -> SeenPrices:
    """Let a stream tell a price a second."""
    seen = SeenPrices()
    for price in prices:
        seen.note(Decimal(price), clock())
        clock.advance(SECOND)
    return seen


def test_the_range_of_what_was_told_from_a_moment_on(clock: Clock) -> None:
    start = clock()
    seen = told(clock, 100, 90, 120, 110)

    assert seen.since(start) == PriceRange(Decimal(90), Decimal(120))
    assert seen.since(start + 2 * SECOND) == PriceRange(Decimal(110), Decimal(120))
    assert seen.since(start + 3 * SECOND) == PriceRange(Decimal(110), Decimal(110))
    assert seen.since(clock()) is None


def test_nothing_is_known_before_the_first_word(clock: Clock) -> None:
    seen = SeenPrices()

    assert seen.since(clock()) is None
    assert not seen.is_whole(clock())


def test_a_stream_is_whole_from_its_first_word_on(clock: Clock) -> None:
    start = clock()
    clock.advance(SECOND)
    seen = told(clock, 100, 100, 100)

    assert not seen.is_whole(start)
    assert seen.is_whole(start + SECOND)
    assert seen.is_whole(clock() + SECOND)


def test_a_gap_is_remembered_and_what_was_told_before_holds(clock: Clock) -> None:
    start = clock()
    seen = told(clock, 100, 130)
    seen.lose()
    lost = clock()
    assert not seen.is_whole(clock())

    clock.advance(SECOND)
    seen.note(Decimal(110), clock())

    assert not seen.is_whole(lost)
    assert seen.is_whole(clock())
    assert seen.since(start) == PriceRange(Decimal(100), Decimal(130))


@pytest.mark.parametrize("count", [10, 10_000])
def test_what_is_long_past_is_forgotten_and_not_vouched_for(clock: Clock, count: int) -> None:
    start = clock()
    seen = SeenPrices()
    seen.note(Decimal(500), clock())
    step = timedelta(minutes=10) / count
    for number in range(count):
        clock.advance(step)
        seen.note(Decimal(number + 1), clock())

    assert not seen.is_whole(start)
    assert seen.is_whole(clock() - step)
    found = seen.since(start)
    assert found is not None
    assert found.high == count
