"""Charts as pure values: a frozen description in, PNG bytes out; safe in any thread."""

from __future__ import annotations

from handlers.views.charts.candles import SHOWN, WANTED, CandleChart
from handlers.views.charts.depth import DepthChart
from handlers.views.charts.donut import DonutChart
from handlers.views.charts.lines import LineKind, PriceLine
from handlers.views.charts.tape import TapeChart
from handlers.views.charts.theme import Look, Theme

__all__ = [
    "SHOWN",
    "WANTED",
    "CandleChart",
    "DepthChart",
    "DonutChart",
    "LineKind",
    "Look",
    "PriceLine",
    "TapeChart",
    "Theme",
]
