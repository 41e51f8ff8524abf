"""The donut chart: how a whole is shared out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from math import cos, radians, sin

from handlers.views.charts.canvas import (
    MARGIN,
    SMALLEST_TEXT,
    WIDTH,
    Box,
    Canvas,
    Label,
    shorten,
    text_width,
)
from handlers.views.charts.header import Part, change, draw_header
from handlers.views.charts.theme import Look

NAMED = 6
"""Slices with a name of their own; the rest becomes Other."""

_RING = Box(48, 170, 748, 870)
_HOLE, _CUT = 0.62, 5.0
_MIDDLE = (_RING.top + _RING.bottom) / 2
_LEGEND, _ROW, _MARK, _TEXT = 812, 88, 34, 38
_TOTAL_SIZES = range(54, SMALLEST_TEXT - 1, -2)
_LEAST = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class DonutChart:
    """A donut chart as a value: equal charts render to equal bytes.

    Attributes:
        title: Plain text in the viewer's language.
        slices: Name and size of each, all in one unit and in any order; what is not positive is
            left out.
        total: The whole as text, for the hole; it may count what the slices leave out.
        subtitle: Plain text for the top right such as the time, or none.
        change_percent: Shown under the total (1 = 1 %); None shows nothing.
    """

    title: str
    slices: tuple[tuple[str, Decimal], ...]
    total: str
    subtitle: str
    look: Look
    change_percent: Decimal | None = None

    def render(self) -> bytes:
        """Return the chart as a PNG of 1280 x 960 pixels."""
        return self.draw().png()

    def layout(self) -> tuple[Label, ...]:
        """Return every text of the picture with its box."""
        return tuple(self.draw().labels)

    def draw(self) -> Canvas:
        """Return the finished canvas."""
        canvas = Canvas(self.look.palette)
        slices = self._slices()
        _draw_ring(canvas, [share for _, share in slices])
        self._draw_hole(canvas)
        _draw_legend(canvas, slices)
        draw_header(canvas, (Part(self.title, canvas.palette.text),), self.subtitle)
        return canvas

    def _slices(self) -> list[tuple[str, Decimal]]:
        slices = sorted((item for item in self.slices if item[1] > 0), key=lambda item: -item[1])
        whole = sum((size for _, size in slices), Decimal(0))
        named = slices[:NAMED]
        rest = whole - sum(size for _, size in named)
        if rest > 0:
            named.append((self.look.t("Other"), rest))
        return [(name, size / whole) for name, size in named]

    def _draw_hole(self, canvas: Canvas) -> None:
        palette, x = canvas.palette, (_RING.left + _RING.right) / 2
        room = (_RING.right - _RING.left) * _HOLE - 2 * MARGIN
        widths = {size: text_width(self.total, size, bold=True) for size in _TOTAL_SIZES}
        size = next((size for size, width in widths.items() if width <= room), _TOTAL_SIZES[-1])
        total = shorten(self.total, room, size, bold=True)
        label = shorten(self.look.t("Total"), room, 32)
        canvas.text(x, _MIDDLE - 62, label, size=32, colour=palette.muted, align="middle")
        canvas.text(x, _MIDDLE, total, size=size, colour=palette.text, bold=True, align="middle")
        if self.change_percent is not None:
            part = change(self.change_percent, palette)
            canvas.text(
                x, _MIDDLE + 62, part.text, size=34, colour=part.colour, bold=True, align="middle"
            )


def _draw_ring(canvas: Canvas, shares: Sequence[Decimal]) -> None:
    palette = canvas.palette
    # Floats only say where a pixel goes; the legend's figures stay Decimal. Twelve o'clock first.
    ends = [-90 + 360 * float(end) for end in accumulate(shares, initial=Decimal(0))]
    if not shares:
        canvas.slice(_RING, 0, 360, palette.grid)
    for start, end, colour in zip(ends, ends[1:], palette.slices, strict=False):
        canvas.slice(_RING, start, end, colour)
    cuts = [_rim(angle) for angle in ends[1:]] if len(shares) > 1 else []
    canvas.ring(_RING, hole=_HOLE, cuts=cuts, gap=_CUT)


def _rim(angle: float) -> tuple[float, float]:
    radius = (_RING.right - _RING.left) / 2
    x, y = cos(radians(angle)), sin(radians(angle))
    return _RING.left + radius * (1 + x), _RING.top + radius * (1 + y)


def _draw_legend(canvas: Canvas, slices: Sequence[tuple[str, Decimal]]) -> None:
    palette, right = canvas.palette, WIDTH - MARGIN
    top = _MIDDLE - (len(slices) - 1) * _ROW / 2
    for row, ((name, share), colour) in enumerate(zip(slices, palette.slices, strict=False)):
        y, x = top + row * _ROW, _LEGEND + _MARK + 18
        percent = _percent(share)
        room = right - text_width(percent, _TEXT) - 20 - x
        mark = Box(_LEGEND, y - _MARK / 2, _LEGEND + _MARK, y + _MARK / 2)
        canvas.pill(mark, colour)
        fitting = shorten(name, room, _TEXT, bold=True)
        canvas.text(x, y, fitting, size=_TEXT, colour=palette.text, bold=True)
        canvas.text(right, y, percent, size=_TEXT, colour=palette.text, align="right")


def _percent(share: Decimal) -> str:
    percent = share * 100
    return f"{percent:.1f}%" if percent >= _LEAST else f"<{_LEAST}%"
