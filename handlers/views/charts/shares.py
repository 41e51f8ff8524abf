"""Two shares of one whole: words, percent and a bar in two colours."""

from __future__ import annotations

from decimal import Decimal

from handlers.views.charts.canvas import MARGIN, WIDTH, Box, Canvas

BOTTOM = 182
"""Where the bar ends on the canvas."""

_TEXTS, _SIZE = 128, 46
_BAR, _THINNEST = Box(MARGIN, 166, WIDTH - MARGIN, BOTTOM), 24


def percents(share: Decimal) -> tuple[str, str]:
    """Return a share from 0 to 1 and the rest of the whole, as whole percents."""
    percent = round(share * 100)
    return f"{percent}%", f"{100 - percent}%"


def draw_shares(canvas: Canvas, share: Decimal, left: str, right: str) -> None:
    """Draw both shares below the header; the left one has the colour of a rise.

    Args:
        canvas: Where to draw.
        share: Of the left one, from 0 to 1.
        left: Words of the left share.
        right: Words of the right share.
    """
    palette = canvas.palette
    canvas.text(_BAR.left, _TEXTS, left, size=_SIZE, colour=palette.up, bold=True)
    canvas.text(
        _BAR.right, _TEXTS, right, size=_SIZE, colour=palette.down, bold=True, align="right"
    )
    split = _BAR.left + round(float(share) * (_BAR.right - _BAR.left))
    if split - _BAR.left >= _THINNEST:
        canvas.pill(Box(_BAR.left, _BAR.top, split - 3, _BAR.bottom), palette.up, radius=8)
    if _BAR.right - split >= _THINNEST:
        canvas.pill(Box(split + 3, _BAR.top, _BAR.right, _BAR.bottom), palette.down, radius=8)
