"""The line on top of a chart: what it shows at the left, its terms at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.views import numbers
from handlers.views.charts.canvas import MARGIN, SMALLEST_TEXT, WIDTH, Canvas, shorten, text_width
from handlers.views.charts.theme import Palette

MIDDLE = 56
"""Height of the line's middle on the canvas."""
_SIZES = range(46, SMALLEST_TEXT - 1, -2)
_TERMS = 30
_GAP = 26


@dataclass(frozen=True, slots=True)
class Part:
    """A bold piece of the line."""

    text: str
    colour: str


def draw_header(canvas: Canvas, parts: Sequence[Part], terms: str) -> None:
    """Draw the line as large as it fits; if nothing helps, the first part is cut."""
    room = WIDTH - 2 * MARGIN - text_width(terms, _TERMS) - _GAP * len(parts)
    size = next((size for size in _SIZES if _length(parts, size) <= room), _SIZES[-1])
    rest = _length(parts[1:], size)
    first = Part(shorten(parts[0].text, room - rest, size, bold=True), parts[0].colour)
    x = float(MARGIN)
    for part in (first, *parts[1:]):
        canvas.text(x, MIDDLE, part.text, size=size, colour=part.colour, bold=True)
        x += text_width(part.text, size, bold=True) + _GAP
    canvas.text(
        WIDTH - MARGIN, MIDDLE, terms, size=_TERMS, colour=canvas.palette.muted, align="right"
    )


def change(percent: Decimal, palette: Palette) -> Part:
    """Return a change (1 = 1 %) with its arrow, so that the direction is not colour alone."""
    text = numbers.percent(percent)
    match text[0]:
        case "+":
            return Part(f"▲ {text}", palette.up)
        case "-":
            return Part(f"▼ {text}", palette.down)
        case _:
            return Part(text, palette.muted)


def _length(parts: Sequence[Part], size: int) -> float:
    return sum(text_width(part.text, size, bold=True) for part in parts)
