"""How long a chart takes on one core, against the budget of a chat that feels instant."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from tests.handlers.views.samples import candle_chart, depth_chart, donut_chart

BUDGET_MS = 60.0
ROUNDS = 30


def figures() -> Iterator[dict[str, object]]:
    """Yield the median of each chart; `baseline` is the budget, a ratio below 1 is within it."""
    renders = {
        "candles": candle_chart().render,
        "depth": depth_chart().render,
        "donut": donut_chart().render,
    }
    for name, render in renders.items():
        median = median_ms(render)
        yield {
            "name": f"chart_{name}_ms",
            "value": round(median, 1),
            "unit": "ms",
            "baseline": BUDGET_MS,
            "ratio": round(median / BUDGET_MS, 3),
        }


def median_ms(render: Callable[[], bytes]) -> float:
    render()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        render()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)
