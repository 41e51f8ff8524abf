"""How far our clock is from a venue's; one for all accounts at the same venue."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from services.exchange.gateway import VenueTime

_FRESH_S = 900.0


class VenueClock:
    """The last measured offset.

    Attributes:
        offset_ms: Ours minus the venue's; positive: we are ahead.
        lock: Held while somebody measures, so that one is enough.
    """

    def __init__(self) -> None:
        self.offset_ms = 0
        self.lock = asyncio.Lock()
        self._is_known = False
        self._good_until = 0.0

    def is_stale(self, *, is_patient: bool = True) -> bool:
        """Tell whether it should be measured anew.

        Args:
            is_patient: False where an old measure is better than a delay.
        """
        now = asyncio.get_running_loop().time()
        return now >= self._good_until and (is_patient or not self._is_known)

    def distrust(self) -> None:
        """Have it measured before the next signature: the venue refused our time."""
        self._is_known = False
        self._good_until = 0.0

    def put_off(self) -> None:
        """Do without a measure for now: the venue does not tell."""
        self._is_known = True
        self._good_until = asyncio.get_running_loop().time() + _FRESH_S

    def compare(
        self, theirs_ms: int, ours_ms: int, *, sent: float | None, answered: float
    ) -> VenueTime:
        """Take a measure over.

        Args:
            theirs_ms: What the venue said.
            ours_ms: What our clock says now.
            sent: When the question left, in seconds of the loop's clock; None: unknown.
            answered: When the answer came.
        """
        left = answered if sent is None else sent
        since_middle = asyncio.get_running_loop().time() - (left + answered) / 2
        self.offset_ms = round(ours_ms - since_middle * 1000 - theirs_ms)
        self.put_off()
        return VenueTime(
            timedelta(milliseconds=self.offset_ms), timedelta(seconds=answered - left)
        )
