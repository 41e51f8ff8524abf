"""The tape: the last trades line by line, and who took more of all that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from handlers.views import numbers
from handlers.views.charts.canvas import (
    HEIGHT,
    MARGIN,
    SMALLEST_TEXT,
    WIDTH,
    Box,
    Canvas,
    Label,
    shorten,
    text_width,
)
from handlers.views.charts.header import Part, draw_header
from handlers.views.charts.shares import BOTTOM, draw_shares, percents
from handlers.views.charts.theme import SHADES, Look
from services.domain.market import PublicTrade, TakerSide

SHOWN = 12
"""Lines in a picture: as many as a phone shows in a readable size."""

_SIZES = range(42, SMALLEST_TEXT - 1, -2)
_GAP, _INSET = 30, 12
_ROOM = WIDTH - 2 * MARGIN - 2 * _GAP - _INSET
# The longest bar, as a part of the picture's width.
_LONGEST = 0.45
_AMOUNT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class TapeChart:
    """The tape as a value: equal tapes render to equal bytes.

    Attributes:
        trades: Oldest first, at least one; the last `SHOWN` are drawn, newest on top, all of
            them make the shares.
        tick: Smallest price step of the market, in quote.
    """

    symbol: str
    trades: tuple[PublicTrade, ...]
    tick: Decimal
    look: Look

    def render(self) -> bytes:
        """Return the tape as a PNG of 1280 x 960 pixels."""
        return self.draw().png()

    def layout(self) -> tuple[Label, ...]:
        """Return every text of the picture with its box."""
        return tuple(self.draw().labels)

    def draw(self) -> Canvas:
        """Return the finished canvas."""
        canvas = Canvas(self.look.palette)
        bought, sold = percents(bought_share(self.trades))
        draw_shares(
            canvas,
            bought_share(self.trades),
            self.look.t("Buyers {share}", share=bought),
            self.look.t("Sellers {share}", share=sold),
        )
        self._draw_lines(canvas)
        parts = (
            Part(self.symbol, canvas.palette.text),
            Part(self.look.t("Trades"), canvas.palette.muted),
        )
        draw_header(canvas, parts, numbers.offset(self.trades[-1].at, self.look.time_zone))
        return canvas

    def _draw_lines(self, canvas: Canvas) -> None:
        shown = self.trades[: -SHOWN - 1 : -1]
        lines = [self._line(trade) for trade in shown]
        size = next((size for size in _SIZES if _widest(lines, size) <= _ROOM), _SIZES[-1])
        most = max(trade.amount for trade in shown)
        pitch = (HEIGHT - MARGIN - BOTTOM - _GAP) / SHOWN
        for row, (trade, line) in enumerate(zip(shown, lines, strict=True)):
            middle = BOTTOM + _GAP + (row + 0.5) * pitch
            half = pitch / 2 - 3
            # Floats only say where a pixel goes; the figures stay Decimal.
            length = float(trade.amount / most) * WIDTH * _LONGEST
            bar = Box(WIDTH - MARGIN - length, middle - half, WIDTH - MARGIN, middle + half)
            canvas.rect(bar, canvas.palette.tint(line.colour, 3 / SHADES))
            _draw_line(canvas, line, middle, size)

    def _line(self, trade: PublicTrade) -> _Line:
        palette, is_bought = self.look.palette, trade.side is TakerSide.BUY
        return _Line(
            time=f"{trade.at.astimezone(ZoneInfo(self.look.time_zone)):%H:%M:%S}",
            price=f"{'▲' if is_bought else '▼'} {numbers.price(trade.price, self.tick)}",
            amount=numbers.significant(trade.amount, _AMOUNT_DIGITS),
            colour=palette.up if is_bought else palette.down,
        )


@dataclass(frozen=True, slots=True)
class _Line:
    time: str
    price: str
    amount: str
    colour: str


def bought_share(trades: tuple[PublicTrade, ...]) -> Decimal:
    """Return how much of the traded amount buyers took, from 0 to 1."""
    bought = sum((t.amount for t in trades if t.side is TakerSide.BUY), Decimal(0))
    return bought / sum((t.amount for t in trades), Decimal(0))


def _widest(lines: list[_Line], size: int) -> float:
    return sum(
        max(text_width(text, size, bold=is_bold) for text in texts)
        for texts, is_bold in (
            ([line.time for line in lines], False),
            ([line.price for line in lines], True),
            ([line.amount for line in lines], False),
        )
    )


def _draw_line(canvas: Canvas, line: _Line, middle: float, size: int) -> None:
    palette, x = canvas.palette, float(MARGIN)
    canvas.text(x, middle, line.time, size=size, colour=palette.muted)
    x += text_width(line.time, size) + _GAP
    canvas.text(x, middle, line.price, size=size, colour=line.colour, bold=True)
    x += text_width(line.price, size, bold=True) + _GAP
    right = WIDTH - MARGIN - _INSET
    amount = shorten(line.amount, right - x, size)
    canvas.text(right, middle, amount, size=size, colour=palette.text, align="right")
