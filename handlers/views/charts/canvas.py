"""A picture under construction: shapes, text and where the text stands.

Rectangles fall on whole pixels and are crisp as they are. Curves and round corners are drawn
several times as large into a mask, which is reduced and used as a stencil: the smooth edges of a
supersampled picture at a tenth of its memory. Text is drawn at its final size, which is sharper
than reduced text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, floor
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from handlers.views.charts.theme import Palette, channels

WIDTH = 1280
"""The longest side that Telegram keeps. Source: tdesktop#6520."""
HEIGHT = 960
MARGIN = 24
SMALLEST_TEXT = 28
"""Font size: seven points in a 320-point wide bubble, the least that reads."""

_FONTS = Path(__file__).parent.parent / "fonts"
_SCALE = 4
# Height of a capital and of a digit over the font size in Noto Sans SC.
_CAPITAL = 0.733
# Level 6 takes twice the time for a tenth less (measured on candles).
_COMPRESSION = 3
# The font's own ellipsis is a Chinese one: wide, and in the middle of the line.
_ELLIPSIS = "..."

Point = tuple[float, float]
Align = Literal["left", "middle", "right"]
_ANCHORS: dict[Align, str] = {"left": "ls", "middle": "ms", "right": "rs"}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Tell whether two boxes share ground."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True, slots=True)
class Label:
    """A drawn text, its font size and the box of its ink."""

    text: str
    size: int
    box: Box


class Canvas:
    """A picture of 1280 x 960 pixels on which later strokes cover earlier ones.

    Attributes:
        labels: Every text drawn so far, for whoever wants to know that nothing collides.
    """

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.labels: list[Label] = []
        self._image = Image.new("RGB", (WIDTH, HEIGHT), palette.background)
        self._draw = ImageDraw.Draw(self._image)

    def rect(self, box: Box, colour: str) -> None:
        """Fill a rectangle, at least one pixel wide and high."""
        left, top = round(box.left), round(box.top)
        right, bottom = max(round(box.right), left + 1), max(round(box.bottom), top + 1)
        self._draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)

    def dashes(self, box: Box, colour: str) -> None:
        """Fill a rectangle with dashes along its longer side."""
        is_lying = box.right - box.left > box.bottom - box.top
        start, end = (box.left, box.right) if is_lying else (box.top, box.bottom)
        for at in range(round(start), round(end), 16):
            to = min(at + 9, end)
            dash = (at, box.top, to, box.bottom) if is_lying else (box.left, at, box.right, to)
            self.rect(Box(*dash), colour)

    def pill(self, box: Box, colour: str, *, radius: float = 9) -> None:
        """Fill a rectangle with round corners."""

        def paint(mask: ImageDraw.ImageDraw) -> None:
            size = ((box.right - box.left) * _SCALE - 1, (box.bottom - box.top) * _SCALE - 1)
            mask.rounded_rectangle((0, 0, *size), radius * _SCALE, fill=255)

        self._stencil(box, colour, paint)

    def curve(self, points: Sequence[Point], colour: str, *, width: float, within: Box) -> None:
        """Draw a line through points; what lies outside of `within` is cut off."""
        area = _around(points, width, within)
        if area.left >= area.right or area.top >= area.bottom:
            return
        scaled, radius = _scaled(points, area), width * _SCALE / 2

        def paint(mask: ImageDraw.ImageDraw) -> None:
            mask.line(scaled, fill=255, width=round(width * _SCALE))
            # Discs at the corners cost a third of what Pillow's own round joints do.
            for x, y in scaled:
                mask.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

        self._stencil(area, colour, paint)

    def ring(self, within: Box, *, hole: float, cuts: Sequence[Point], gap: float) -> None:
        """Turn what is in a square into a ring by covering the rest with the background.

        Args:
            within: The square; the ring keeps a little off its sides, where shapes are rough.
            hole: Diameter of the hole over that of the ring.
            cuts: Points on the sides of the square or inside; a gap leads from each to the centre.
            gap: Width of a gap in pixels.
        """
        middle = (within.right - within.left) * _SCALE / 2
        outer = middle - 2 * _SCALE

        def disc(radius: float) -> tuple[float, float, float, float]:
            return middle - radius, middle - radius, middle + radius, middle + radius

        def paint(mask: ImageDraw.ImageDraw) -> None:
            mask.rectangle(disc(middle), fill=255)
            mask.ellipse(disc(outer), fill=0)
            for point in _scaled(cuts, within):
                mask.line(((middle, middle), point), fill=255, width=round(gap * _SCALE))
            mask.ellipse(disc(outer * hole), fill=255)

        self._stencil(within, self.palette.background, paint)

    def slice(self, within: Box, start: float, end: float, colour: str) -> None:
        """Fill a slice of a disc between two angles in degrees, clockwise from three o'clock."""
        corners = (within.left, within.top, within.right - 1, within.bottom - 1)
        self._draw.pieslice(corners, start, end, fill=colour)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int,
        colour: str,
        bold: bool = False,
        align: Align = "left",
    ) -> None:
        """Draw text of which the digits are centred on `y`; an empty one leaves no trace."""
        if not text:
            return
        typeface, anchor = font(size, bold=bold), _ANCHORS[align]
        at = (round(x), round(y + size * _CAPITAL / 2))
        self._draw.text(at, text, fill=colour, font=typeface, anchor=anchor)
        left, top, right, bottom = typeface.getbbox(text, anchor=anchor)
        box = Box(at[0] + left, at[1] + top, at[0] + right, at[1] + bottom)
        self.labels.append(Label(text, size, box))

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        file = io.BytesIO()
        # With a palette the encoder has a third of the bytes and no filters to try.
        flat = self._image.quantize(palette=_swatch(self.palette), dither=Image.Dither.NONE)
        flat.save(file, "PNG", compress_level=_COMPRESSION)
        return file.getvalue()

    def _stencil(
        self, box: Box, colour: str, paint: Callable[[ImageDraw.ImageDraw], None]
    ) -> None:
        left, top = round(box.left), round(box.top)
        size = (round(box.right) - left, round(box.bottom) - top)
        mask = Image.new("L", (size[0] * _SCALE, size[1] * _SCALE))
        paint(ImageDraw.Draw(mask))
        self._image.paste(colour, (left, top), mask.reduce(_SCALE))


def text_width(text: str, size: int, *, bold: bool = False) -> float:
    """Return how far a text reaches, in pixels."""
    return font(size, bold=bold).getlength(text)


def shorten(text: str, width: float, size: int, *, bold: bool = False) -> str:
    """Return the text, cut with an ellipsis where it is wider than `width` pixels."""
    if text_width(text, size, bold=bold) <= width:
        return text
    kept = text
    while kept and text_width(kept + _ELLIPSIS, size, bold=bold) > width:
        kept = kept[:-1]
    return kept.rstrip() + _ELLIPSIS


@cache
def _swatch(palette: Palette) -> Image.Image:
    swatch = Image.new("P", (1, 1))
    swatch.putpalette(b"".join(map(channels, palette.shades())))
    return swatch


@cache
def font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """Return the charts' font; threads share it."""
    path = _FONTS / f"NotoSansSC-{'Bold' if bold else 'Regular'}.otf"
    # Raqm depends on what else is installed; basic layout gives the same picture everywhere.
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _around(points: Sequence[Point], width: float, within: Box) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(
        floor(max(min(xs) - width, within.left)),
        floor(max(min(ys) - width, within.top)),
        ceil(min(max(xs) + width, within.right)),
        ceil(min(max(ys) + width, within.bottom)),
    )


def _scaled(points: Iterable[Point], within: Box) -> list[Point]:
    left, top = within.left, within.top
    return [((x - left) * _SCALE, (y - top) * _SCALE) for x, y in points]
