"""The venue's grid: ticks and lots, exact for any size."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.market import EXACT, Timeframe
from tests.services.situations import D, market, situation

STEPS = ("0.00000001", "0.0025", "0.01", "0.5", "1", "10")
VALUES = st.decimals(0, D(10) ** 15, allow_nan=False, places=12)


@pytest.mark.parametrize(
    ("price", "down", "nearest", "up"),
    [
        ("100.5", "100.5", "100.5", "100.5"),
        ("100.6", "100.5", "100.5", "101"),
        ("100.9", "100.5", "101", "101"),
        ("0.1", "0", "0.5", "0.5"),
        ("0", "0", "0.5", "0"),
    ],
)
def test_prices_on_ticks(price: str, down: str, nearest: str, up: str) -> None:
    of = market(tick="0.5")

    assert of.price_down(D(price)) == D(down)
    assert of.nearest_price(D(price)) == D(nearest)
    assert of.price_up(D(price)) == D(up)


@pytest.mark.parametrize(
    ("amount", "down", "up"),
    [("0.03", "0.03", "0.03"), ("0.0399", "0.03", "0.04"), ("0.001", "0", "0.01")],
)
def test_amounts_in_lots(amount: str, down: str, up: str) -> None:
    of = market(lot="0.01")

    assert of.amount_down(D(amount)) == D(down)
    assert of.amount_up(D(amount)) == D(up)


@pytest.mark.parametrize("step", STEPS)
@given(value=VALUES)
def test_the_grid_is_exact_and_less_than_a_step_away(step: str, value: Decimal) -> None:
    of, unit = market(tick=step, lot=step), D(step)

    for low, high in (
        (of.price_down(value), of.price_up(value)),
        (of.amount_down(value), of.amount_up(value)),
    ):
        assert low <= value <= high
        assert high - low in (0, unit)
        assert EXACT.remainder(low, unit) == 0
        assert of.is_on_tick(low)
    assert of.is_on_tick(value) == (of.price_down(value) == value)
    assert abs(of.nearest_price(value) - value) <= max(unit / 2, unit - value)


def test_the_middle_lies_between_bid_and_ask() -> None:
    quote = replace(situation().quote, bid=D(99), ask=D(102))

    assert quote.mid == D("100.5")


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("1m", timedelta(minutes=1)),
        ("5m", timedelta(minutes=5)),
        ("15m", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        ("4h", timedelta(hours=4)),
        ("1d", timedelta(days=1)),
    ],
)
def test_timeframes_are_called_as_in_ccxt(name: str, length: timedelta) -> None:
    assert Timeframe(name).length == length
