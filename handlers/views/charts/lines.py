"""Price lines of a candle chart and the tags that name them on the price axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from handlers.views import numbers
from handlers.views.charts.axis import spread
from handlers.views.charts.canvas import MARGIN, WIDTH, Box, Canvas, shorten, text_width
from handlers.views.charts.theme import Palette

TEXT = 30
"""Font size on the price axis."""
PADDING = 14
"""Pixels between the plot, a text on the axis and the picture's edge."""
TAG_HEIGHT = 46

_DISTANCE = TAG_HEIGHT + 4
# A label may take this part of the plot's width before it is cut.
_LONGEST = 0.45
_BEND = 18
_INSET = 10


class LineKind(StrEnum):
    """What a price line stands for."""

    BUY = "buy"
    SELL = "sell"
    ALERT = "alert"
    ENTRY = "entry"

    def colour(self, palette: Palette) -> str:
        """Return the colour of lines of this kind."""
        match self:
            case LineKind.BUY:
                return palette.up
            case LineKind.SELL:
                return palette.down
            case LineKind.ALERT:
                return palette.alert
            case LineKind.ENTRY:
                return palette.entry
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A price to point out, with a short plain-text label such as ``Buy 0.01``, or none."""

    price: Decimal
    label: str
    kind: LineKind


@dataclass(frozen=True, slots=True)
class Plot:
    """The part of the picture where prices are drawn, with its price range.

    Attributes:
        count: Candles from left to right.
        pitch: Pixels from one candle to the next.
    """

    box: Box
    low: Decimal
    high: Decimal
    count: int
    pitch: float

    def x(self, index: int) -> float:
        """Return the middle of a candle on the canvas."""
        return self.box.right - (self.count - index) * self.pitch

    def y(self, price: Decimal) -> float:
        """Return the height of a price on the canvas, which may lie outside of the box."""
        # Only where a pixel goes; no text is made of this float.
        share = float((self.high - price) / (self.high - self.low))
        return self.box.top + share * (self.box.bottom - self.box.top)


@dataclass(frozen=True, slots=True)
class Tag:
    """A price on the axis.

    Attributes:
        line_y: Height of the price itself.
        y: Height of the tag, which makes room for more important ones.
    """

    text: str
    label: str
    colour: str
    line_y: float
    y: float


def tag_text(price: Decimal, tick: Decimal, low: Decimal, high: Decimal) -> str:
    """Return the text of a tag; an arrow tells that the price lies outside of the range."""
    arrow = "↑ " if price > high else "↓ " if price < low else ""
    return f"{arrow}{numbers.price(price, tick)}"


def place_tags(
    plot: Plot, last: Tag, lines: Iterable[PriceLine], tick: Decimal, palette: Palette
) -> list[Tag]:
    """Return the tags that find room, the last price's first and where it belongs."""
    top, bottom = plot.box.top + TAG_HEIGHT / 2, plot.box.bottom - TAG_HEIGHT / 2
    above, below = list[Tag](), list[Tag]()
    for line in lines:
        y = plot.y(line.price)
        text = tag_text(line.price, tick, plot.low, plot.high)
        tag = Tag(text, line.label, line.kind.colour(palette), y, y)
        (above if y < last.y else below).append(tag)
    return [
        last,
        *_placed(above, top, last.y - _DISTANCE),
        *_placed(below, last.y + _DISTANCE, bottom),
    ]


def draw_tags(canvas: Canvas, plot: Plot, tags: list[Tag]) -> None:
    """Draw dashed lines at the prices, tags on the axis and labels at the left."""
    for tag in reversed(tags):
        if plot.box.top <= tag.line_y <= plot.box.bottom:
            _draw_line(canvas, plot, tag)
    left = plot.box.right + PADDING
    for tag in tags:
        _draw_pill(canvas, Box(left, tag.y, WIDTH - PADDING, tag.y), tag.text, tag.colour)
        if label := _label(plot, tag):
            _draw_pill(canvas, _label_box(label, tag), label, tag.colour)


def _label(plot: Plot, tag: Tag) -> str:
    longest = (plot.box.right - plot.box.left) * _LONGEST
    return shorten(tag.label, longest, TEXT, bold=True)


def _label_box(label: str, tag: Tag) -> Box:
    left = MARGIN + _INSET
    return Box(left, tag.y, left + round(text_width(label, TEXT, bold=True)), tag.y)


def _draw_line(canvas: Canvas, plot: Plot, tag: Tag) -> None:
    left, right = plot.box.left, plot.box.right - _BEND
    if label := _label(plot, tag):
        start = _label_box(label, tag).right
        left = start + _INSET + _BEND
        canvas.curve(((start, tag.y), (left, tag.line_y)), tag.colour, width=2, within=plot.box)
    canvas.dashes(Box(left, tag.line_y - 1, right, tag.line_y + 1), tag.colour)
    end = Box(right, plot.box.top, WIDTH, plot.box.bottom)
    bend = ((right, tag.line_y), (plot.box.right + PADDING, tag.y))
    canvas.curve(bend, tag.colour, width=2, within=end)


def _draw_pill(canvas: Canvas, text_box: Box, text: str, colour: str) -> None:
    left, right, y = text_box.left, text_box.right, text_box.top
    half = TAG_HEIGHT / 2
    canvas.pill(Box(left - _INSET, y - half, right + _INSET, y + half), colour)
    canvas.text(left, y, text, size=TEXT, colour=canvas.palette.ink(colour), bold=True)


def _placed(tags: list[Tag], low: float, high: float) -> list[Tag]:
    centres = spread([tag.y for tag in tags], _DISTANCE, low, high)
    return [
        Tag(tag.text, tag.label, tag.colour, tag.line_y, y)
        for tag, y in zip(tags, centres, strict=True)
        if y is not None
    ]
