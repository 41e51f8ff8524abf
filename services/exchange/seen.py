"""What a stream told of one symbol of late, and since when it told everything."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal

from services.domain.market import PriceRange

# Who looks at prices does so far more often than this.
_KEPT = timedelta(minutes=3)
_MOST = 2_000


class SeenPrices:
    """The prices of the last minutes, each change with its time."""

    __slots__ = ("_prices", "_whole_from")

    def __init__(self) -> None:
        self._prices = deque[tuple[datetime, Decimal]]()
        self._whole_from: datetime | None = None

    def note(self, price: Decimal, at: datetime) -> None:
        """Take a price that the stream told."""
        if self._whole_from is None:
            self._whole_from = at
        if not self._prices or self._prices[-1][1] != price:
            self._prices.append((at, price))
        while len(self._prices) > 1 and (
            self._prices[1][0] < at - _KEPT or len(self._prices) > _MOST
        ):
            self._prices.popleft()
            self._whole_from = max(self._whole_from, self._prices[0][0])

    def lose(self) -> None:
        """Note that the stream ended: what it told holds, what passes from now on is unknown."""
        self._whole_from = None

    def is_whole(self, since: datetime) -> bool:
        """Tell whether the stream has stood since a moment."""
        return self._whole_from is not None and self._whole_from <= since

    def since(self, since: datetime) -> PriceRange | None:
        """Return the range of what was told from a moment on; None without a word since then."""
        prices = [price for at, price in self._prices if at >= since]
        return PriceRange(min(prices), max(prices)) if prices else None
