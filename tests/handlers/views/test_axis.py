from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from handlers.views.charts.axis import round_ticks, spread, time_ticks
from tests.handlers.views.samples import END, HOUR, candles


def test_times_are_round_on_the_viewers_clock() -> None:
    times = [candle.at for candle in candles(100, each=timedelta(minutes=15))]

    ticks = dict(time_ticks(times, "Asia/Shanghai", "en", 5))

    assert list(ticks.values()) == ["12:00", "18:00", "Sep 30", "06:00"]
    assert times[next(iter(ticks))] == datetime(2026, 9, 29, 4, tzinfo=UTC)


def test_days_begin_at_the_viewers_midnight() -> None:
    times = [END - HOUR * index for index in reversed(range(60))]

    ticks = dict(time_ticks(times, "Asia/Shanghai", "zh_Hans", 5))

    assert ticks == {12: "12:00", 24: "9月29日", 36: "12:00", 48: "9月30日"}
    assert times[48] == datetime(2026, 9, 29, 16, tzinfo=UTC)


def test_years_of_weeks_are_told_by_month_and_year() -> None:
    times = [END - timedelta(weeks=index) for index in reversed(range(100))]

    english = [text for _, text in time_ticks(times, "UTC", "en", 5)]
    chinese = [text for _, text in time_ticks(times, "UTC", "zh_Hans", 5)]

    assert english == ["Jan 2025", "Jul 2025", "Jan 2026", "Jul 2026"]
    assert chinese == ["2025年1月", "2025年7月", "2026年1月", "2026年7月"]


@given(
    low=st.decimals("0", "1e6", places=6), span=st.decimals("1e-6", "1e6"), parts=st.integers(1, 9)
)
def test_price_ticks_are_round_few_and_inside(low: Decimal, span: Decimal, parts: int) -> None:
    step, ticks = round_ticks(low, low + span, parts)

    assert len(ticks) <= parts + 1
    assert all(low <= tick <= low + span and tick % step == 0 for tick in ticks)
    assert step.normalize().as_tuple().digits in {(1,), (2,), (2, 5), (5,)}


@given(
    wanted=st.lists(st.floats(-500, 1500), max_size=40),
    size=st.floats(1, 200),
    low=st.floats(0, 500),
    height=st.floats(-100, 600),
)
def test_spread_labels_keep_their_distance_and_the_important_ones(
    wanted: list[float], size: float, low: float, height: float
) -> None:
    placed = spread(wanted, size, low, low + height)

    kept = [centre for centre in placed if centre is not None]
    assert placed[: len(kept)] == kept
    assert all(low - 1e-6 <= centre <= low + height + 1e-6 for centre in kept)
    assert all(above + size <= below + 1e-6 for above, below in pairwise(sorted(kept)))
