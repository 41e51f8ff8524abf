"""The depth chart: how much waits on each side of the middle price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.views import numbers
from handlers.views.charts.axis import round_ticks
from handlers.views.charts.canvas import MARGIN, WIDTH, Box, Canvas, Label, text_width
from handlers.views.charts.header import Part, draw_header
from handlers.views.charts.shares import draw_shares, percents
from handlers.views.charts.theme import SHADES, Look
from services.domain.market import EXACT, Level, OrderBook

_TOP, _BOTTOM, _PRICES = 216, 896, 930
_TEXT, _PADDING, _GAP = 30, 14, 28
_HEADROOM = Decimal("1.06")
# Room beyond the last level compared, so that its step is seen.
_AIR = Decimal("1.04")


@dataclass(frozen=True, slots=True)
class DepthChart:
    """A depth chart as a value: equal charts render to equal bytes.

    Both sides are compared within the same distance from the middle, as far as the shorter side
    of the book reaches.

    Attributes:
        book: With at least one level on at least one side.
        tick: Smallest price step of the market, in quote.
    """

    symbol: str
    book: OrderBook
    tick: Decimal
    look: Look

    def render(self) -> bytes:
        """Return the chart as a PNG of 1280 x 960 pixels."""
        return self.draw().png()

    def layout(self) -> tuple[Label, ...]:
        """Return every text of the picture with its box."""
        return tuple(self.draw().labels)

    def draw(self) -> Canvas:
        """Return the finished canvas."""
        canvas, palette = Canvas(self.look.palette), self.look.palette
        window = _window(self.book, self.tick)
        bids, asks = _sums(self.book.bids, window), _sums(self.book.asks, window)
        most = max(level.amount for level in (*bids, *asks)) * _HEADROOM
        plot = self._draw_amounts(canvas, window, most)
        _draw_side(canvas, plot, bids, plot.box.left, palette.up)
        _draw_side(canvas, plot, asks, plot.box.right, palette.down)
        self._draw_prices(canvas, plot)
        self._draw_shares(canvas, _total(bids), _total(asks))
        self._draw_header(canvas, window)
        return canvas

    def _draw_amounts(self, canvas: Canvas, window: _Window, most: Decimal) -> _Plot:
        _, (_, *amounts) = round_ticks(Decimal(0), most, 5)
        texts = [numbers.compact(amount, self.look.language) for amount in amounts]
        widest = max(text_width(text, _TEXT) for text in texts)
        plot = _Plot(Box(0, _TOP, WIDTH - round(widest) - 2 * _PADDING, _BOTTOM), window, most)
        for text, amount in zip(texts, amounts, strict=True):
            y = round(plot.y(amount))
            canvas.rect(Box(plot.box.left, y, plot.box.right, y + 1), canvas.palette.grid)
            x = plot.box.right + _PADDING
            canvas.text(x, y, text, size=_TEXT, colour=canvas.palette.muted)
        return plot

    def _draw_prices(self, canvas: Canvas, plot: _Plot) -> None:
        window, muted = plot.window, canvas.palette.muted
        x = round(plot.x(window.middle))
        canvas.dashes(Box(x - 1, _TOP, x + 1, _BOTTOM), muted)
        step, prices = round_ticks(window.low, window.high, 4)
        free = float(MARGIN)
        for price in prices:
            text, x = numbers.price(price, step), round(plot.x(price))
            half = text_width(text, _TEXT) / 2
            if free <= x - half and x + half <= WIDTH - MARGIN:
                canvas.rect(Box(x - 1, _BOTTOM, x + 1, _BOTTOM + 8), muted)
                canvas.text(x, _PRICES, text, size=_TEXT, colour=muted, align="middle")
                free = x + half + _GAP

    def _draw_shares(self, canvas: Canvas, bids: Decimal, asks: Decimal) -> None:
        share = bids / (bids + asks)
        left, right = percents(share)
        draw_shares(
            canvas,
            share,
            self.look.t("Bids {share}", share=left),
            self.look.t("Asks {share}", share=right),
        )

    def _draw_header(self, canvas: Canvas, window: _Window) -> None:
        # Half a tick more shows the middle of an odd spread exactly.
        middle = numbers.price(window.middle, self.tick / 2)
        reach = numbers.percent(window.reach / window.middle * 100).replace("+", "±")
        parts = (
            Part(self.symbol, canvas.palette.text),
            Part(self.look.t("Depth"), canvas.palette.muted),
        )
        draw_header(canvas, parts, f"{self.look.t('Mid {price}', price=middle)} · {reach}")


@dataclass(frozen=True, slots=True)
class _Window:
    middle: Decimal
    reach: Decimal

    @property
    def low(self) -> Decimal:
        return self.middle - self.reach * _AIR

    @property
    def high(self) -> Decimal:
        return self.middle + self.reach * _AIR


@dataclass(frozen=True, slots=True)
class _Plot:
    box: Box
    window: _Window
    most: Decimal

    # Floats only say where a pixel goes; no text is made of them.

    def x(self, price: Decimal) -> float:
        share = float((price - self.window.low) / (self.window.high - self.window.low))
        return self.box.left + share * (self.box.right - self.box.left)

    def y(self, amount: Decimal) -> float:
        return self.box.bottom - float(amount / self.most) * (self.box.bottom - self.box.top)


def _window(book: OrderBook, tick: Decimal) -> _Window:
    best = [side[0].price for side in (book.bids, book.asks) if side]
    middle = EXACT.divide(sum(best, Decimal(0)), Decimal(len(best)))
    reaches = [abs(side[-1].price - middle) for side in (book.bids, book.asks) if side]
    return _Window(middle, max(min(*reaches, middle), tick))


def _sums(side: Sequence[Level], window: _Window) -> list[Level]:
    total, sums = Decimal(0), []
    for level in side:
        if abs(level.price - window.middle) <= window.reach:
            total += level.amount
            sums.append(Level(level.price, total))
    return sums


def _total(sums: Sequence[Level]) -> Decimal:
    return sums[-1].amount if sums else Decimal(0)


def _draw_side(
    canvas: Canvas, plot: _Plot, sums: Sequence[Level], edge: float, colour: str
) -> None:
    fill, before = canvas.palette.tint(colour, 3 / SHADES), plot.box.bottom
    ends = [plot.x(level.price) for level in sums[1:]] + [edge]
    for level, end in zip(sums, ends, strict=False):
        near, far, y = round(plot.x(level.price)), round(end), plot.y(level.amount)
        left, right = min(near, far), max(near, far)
        canvas.rect(Box(left, y, right, plot.box.bottom), fill)
        canvas.rect(Box(left, y, right, y + 3), colour)
        canvas.rect(Box(near - 1, y, near + 2, before), colour)
        before = y + 3
