"""The candle chart: prices, volume, moving averages and the viewer's own orders and alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from handlers.views import numbers
from handlers.views.charts.axis import round_ticks, time_ticks
from handlers.views.charts.canvas import MARGIN, WIDTH, Box, Canvas, Label, shorten, text_width
from handlers.views.charts.header import Part, change, draw_header
from handlers.views.charts.lines import (
    PADDING,
    TAG_HEIGHT,
    TEXT,
    Plot,
    PriceLine,
    Tag,
    draw_tags,
    place_tags,
    tag_text,
)
from handlers.views.charts.theme import SHADES, Look, Palette
from services.domain.market import Candle

SHOWN = 100
"""Candles in a picture: more would be narrower than a phone's pixels allow."""
WANTED = SHOWN + 98
"""How many candles a caller asks for, so that MA99 exists from the first one shown."""

_PERIODS = (7, 25, 99)
_TOP, _PRICE_BOTTOM, _VOLUME_TOP, _BOTTOM = 152, 738, 758, 902
_LEGEND, _TIMES = 116, 932
_WIDEST = 32
_BODY = 0.7
_GAP = 28
# How far the price range grows for a line, as a part of the candles' own range.
_REACH = Decimal("0.6")
# Beyond that only a tag with an arrow is drawn, which needs this much room of its own.
_ROOM = Decimal("0.12")
_AIR = Decimal("0.05")
# A market that does not move still gets a range of this many ticks.
_FLAT = 8


@dataclass(frozen=True, slots=True)
class CandleChart:
    """A candle chart as a value: equal charts render to equal bytes.

    Attributes:
        timeframe_label: As the viewer reads it, ``1h`` or ``1小时``.
        candles: Oldest first, at least one; the last `SHOWN` are drawn, those before them
            serve the moving averages.
        tick: Smallest price step of the market, in quote.
        change_percent: Change to show next to the price (1 = 1 %); None shows nothing.
        lines: Most important first; what finds no room on the axis is left out from the end.
        note: A few plain words such as ``PAPER``, or none.
    """

    symbol: str
    timeframe_label: str
    candles: tuple[Candle, ...]
    tick: Decimal
    change_percent: Decimal | None
    look: Look
    lines: tuple[PriceLine, ...] = ()
    note: str = ""

    def render(self) -> bytes:
        """Return the chart as a PNG of 1280 x 960 pixels."""
        return self.draw().png()

    def layout(self) -> tuple[Label, ...]:
        """Return every text of the picture with its box."""
        return tuple(self.draw().labels)

    def draw(self) -> Canvas:
        """Return the finished canvas."""
        canvas, plot = Canvas(self.look.palette), self._plot()
        last = self.candles[-1]
        y = plot.y(last.close)
        tag = Tag(numbers.price(last.close, self.tick), "", _colour(last, canvas.palette), y, y)
        tags = place_tags(plot, tag, self.lines, self.tick, canvas.palette)
        _draw_price_axis(canvas, plot, tags)
        _draw_time_axis(canvas, plot, self._visible, self.look)
        _draw_candles(canvas, plot, self._visible)
        averages = self._averages(canvas.palette)
        for average in averages:
            _draw_average(canvas, plot, average)
        draw_tags(canvas, plot, tags)
        self._draw_legend(canvas, averages)
        self._draw_header(canvas)
        return canvas

    @property
    def _visible(self) -> tuple[Candle, ...]:
        return self.candles[-SHOWN:]

    def _plot(self) -> Plot:
        low, high = self._range()
        prices = [self.candles[-1].close, low, high, *(line.price for line in self.lines)]
        texts = [tag_text(price, self.tick, low, high) for price in prices]
        widest = max(text_width(text, TEXT, bold=True) for text in texts)
        right = WIDTH - round(widest) - 2 * PADDING
        count = len(self._visible)
        pitch = min(right / (count + 1), _WIDEST)
        return Plot(Box(0, _TOP, right, _PRICE_BOTTOM), low, high, count, pitch)

    def _range(self) -> tuple[Decimal, Decimal]:
        low = min(candle.low for candle in self._visible)
        high = max(candle.high for candle in self._visible)
        missing = max(_FLAT * self.tick - (high - low), Decimal(0))
        low, high = low - missing / 2, high + missing / 2
        reach = (high - low) * _REACH
        near = [line.price for line in self.lines if low - reach <= line.price <= high + reach]
        room = (high - low) * _ROOM
        far_below = any(line.price < low - reach for line in self.lines)
        far_above = any(line.price > high + reach for line in self.lines)
        low = min(low, *near, low) - (room if far_below else 0)
        high = max(high, *near, high) + (room if far_above else 0)
        air = (high - low) * _AIR
        return low - air, high + air

    def _averages(self, palette: Palette) -> list[_Average]:
        sums = list(accumulate((candle.close for candle in self.candles), initial=Decimal(0)))
        before = len(self.candles) - len(self._visible)
        averages = []
        for period, colour in zip(_PERIODS, palette.averages, strict=True):
            means = [(new - old) / period for old, new in zip(sums, sums[period:], strict=False)]
            start = period - 1 - before
            if means:
                kept = means[max(-start, 0) :]
                text = f"MA{period} {numbers.price(means[-1], self.tick)}"
                averages.append(_Average(text, colour, max(start, 0), kept))
        return averages

    def _draw_header(self, canvas: Canvas) -> None:
        palette, last = canvas.palette, numbers.price(self.candles[-1].close, self.tick)
        parts = [Part(self.symbol, palette.text), Part(last, palette.text)]
        if self.change_percent is not None:
            moved = change(self.change_percent, palette)
            parts[1:] = [Part(last, moved.colour), moved]
        zone = numbers.offset(self.candles[-1].at, self.look.time_zone)
        draw_header(canvas, tuple(parts), f"{self.timeframe_label} · {zone}")

    def _draw_legend(self, canvas: Canvas, averages: list[_Average]) -> None:
        palette = canvas.palette
        note = shorten(self.note, WIDTH / 2, TEXT, bold=True)
        canvas.text(
            WIDTH - MARGIN,
            _LEGEND,
            note,
            size=TEXT,
            colour=palette.alert,
            bold=True,
            align="right",
        )
        volume = numbers.compact(self.candles[-1].volume, self.look.language)
        items = [(average.text, average.colour) for average in averages]
        items.append((self.look.t("Vol {volume}", volume=volume), palette.muted))
        x, end = float(MARGIN), WIDTH - MARGIN - text_width(note, TEXT, bold=True)
        for text, colour in items:
            width = text_width(text, TEXT)
            if x + width < end - _GAP:
                canvas.text(x, _LEGEND, text, size=TEXT, colour=colour)
                x += width + _GAP


@dataclass(frozen=True, slots=True)
class _Average:
    text: str
    colour: str
    start: int
    means: list[Decimal]


def _colour(candle: Candle, palette: Palette) -> str:
    return palette.up if candle.close >= candle.open else palette.down


def _draw_price_axis(canvas: Canvas, plot: Plot, tags: list[Tag]) -> None:
    step, ticks = round_ticks(plot.low, plot.high, 5)
    for price in ticks:
        y = round(plot.y(price))
        canvas.rect(Box(0, y, plot.box.right, y + 1), canvas.palette.grid)
        if all(abs(tag.y - y) > TAG_HEIGHT for tag in tags):
            text = numbers.price(price, step)
            x = plot.box.right + PADDING
            canvas.text(x, y, text, size=TEXT, colour=canvas.palette.muted)


def _draw_time_axis(canvas: Canvas, plot: Plot, candles: Sequence[Candle], look: Look) -> None:
    times = [candle.at for candle in candles]
    free = float(MARGIN)
    for index, text in time_ticks(times, look.time_zone, look.language, 5):
        x, half = round(plot.x(index)), text_width(text, TEXT) / 2
        canvas.rect(Box(x, _TOP, x + 1, _BOTTOM), canvas.palette.grid)
        if free <= x - half and x + half <= WIDTH - MARGIN:
            canvas.text(x, _TIMES, text, size=TEXT, colour=canvas.palette.muted, align="middle")
            free = x + half + _GAP


def _draw_candles(canvas: Canvas, plot: Plot, candles: Sequence[Candle]) -> None:
    palette, half = canvas.palette, max(round(plot.pitch * _BODY / 2), 1)
    most = max(candle.volume for candle in candles)
    for index, candle in enumerate(candles):
        x, colour = round(plot.x(index)), _colour(candle, palette)
        if most:
            height = float(candle.volume / most) * (_BOTTOM - _VOLUME_TOP)
            bar = Box(x - half, _BOTTOM - height, x + half, _BOTTOM)
            canvas.rect(bar, palette.tint(colour, 5 / SHADES))
        top, bottom = sorted((plot.y(candle.open), plot.y(candle.close)))
        canvas.rect(Box(x - 1, plot.y(candle.high), x + 1, plot.y(candle.low)), colour)
        # Two pixels are the least that survives Telegram's JPEG.
        canvas.rect(Box(x - half, top, x + half, max(bottom, top + 2)), colour)


def _draw_average(canvas: Canvas, plot: Plot, average: _Average) -> None:
    points = [(plot.x(average.start + i), plot.y(mean)) for i, mean in enumerate(average.means)]
    if len(points) > 1:
        canvas.curve(points, average.colour, width=3, within=plot.box)
