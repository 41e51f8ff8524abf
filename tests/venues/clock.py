"""The venue's own clock, which a test can set wrong."""

from __future__ import annotations

import time


class VenueClock:
    """Real time plus `skew_ms`; what the venue reports and what it checks requests against."""

    def __init__(self) -> None:
        self.skew_ms = 0

    def ms(self) -> int:
        """Return milliseconds since 1970."""
        return int(time.time() * 1000) + self.skew_ms
