"""What real venues said of the symbols that paper orders wait for, and since when they are silent.

Prices come from the streams as they are heard, so a price that came and went between two looks
is not missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.clock import Now
from services.domain.accounts import Environment
from services.domain.market import Quote
from services.exchange.feed import SILENCE

# A venue lists a trade a little later than its ticker shows it: what was reached is looked at
# again for as long as this.
_LINGER = timedelta(seconds=3)
# For how long a question that was not answered counts.
_RECALLED = timedelta(minutes=1)


class Place(NamedTuple):
    """A symbol at a venue."""

    exchange: str
    symbol: str


class Reach(NamedTuple):
    """How far prices may have gone, in quote: the lowest offer and the highest bid."""

    low: Decimal
    high: Decimal


_ANYWHERE = Reach(Decimal(0), Decimal("Infinity"))


@dataclass(slots=True)
class _Ear:
    """A symbol that is listened to.

    Attributes:
        heard_at: When it was last heard of; at first when listening began.
        turned_at: When `now` began; `before` is the stretch before it.
        is_behind: Trades may have passed unheard since the last look at them.
    """

    heard_at: datetime
    turned_at: datetime
    now: Reach | None = None
    before: Reach | None = None
    is_behind: bool = True
    is_heard: bool = False


class FeedPrices:
    """Listens to streamed quotes.

    Args:
        now: The clock.
        silence: As `services.exchange.feed.SILENCE`; tests shorten it.
    """

    def __init__(self, *, now: Now, silence: timedelta = SILENCE) -> None:
        self._now = now
        self._silence = silence
        # A silent stream is made up by a question, which takes its time.
        self._lost_after = silence + silence / 3
        self._ears: dict[Place, _Ear] = {}
        self._missed: dict[str, tuple[datetime, datetime]] = {}

    def listen(self, places: Iterable[Place]) -> None:
        """Listen to these places from now on, and to no others."""
        now = self._now()
        self._ears = {place: self._ears.get(place) or _Ear(now, now) for place in places}

    def heard(self, exchange: str, environment: Environment, quote: Quote) -> None:
        """Take a quote; an `OnQuote`."""
        if environment is not Environment.LIVE:
            return
        self.answered(exchange)
        ear = self._ears.get(Place(exchange, quote.symbol))
        if ear is None:
            return
        now = self._now()
        ear.is_behind = ear.is_behind or now - ear.heard_at > self._silence
        ear.heard_at, ear.is_heard = now, True
        told = Reach(min(quote.last, quote.ask), max(quote.last, quote.bid))
        ear.now = _joined(ear.now, told)

    def missed(self, exchange: str) -> None:
        """Note that a venue did not answer a question."""
        now = self._now()
        self._missed[exchange] = (self._missed.get(exchange, (now, now))[0], now)

    def answered(self, exchange: str) -> None:
        """Note that a venue did."""
        self._missed.pop(exchange, None)

    def reach(self, place: Place) -> Reach | None:
        """Return where prices may have been since the last looks; None while they are not told."""
        ear, now = self._ears.get(place), self._now()
        if ear is None or not ear.is_heard or now - ear.heard_at > self._silence:
            return None
        found = _ANYWHERE if ear.is_behind else _joined(ear.before, ear.now)
        if now - ear.turned_at >= _LINGER:
            ear.before, ear.now, ear.turned_at = ear.now, None, now
        return found

    def caught_up(self, place: Place) -> None:
        """Note that the trades of a place were looked at, up to the newest one."""
        ear = self._ears.get(place)
        if ear is not None:
            ear.is_behind = False

    def lost_since(self, exchange: str, symbol: str | None = None) -> datetime | None:
        """Return when a venue was last heard of; None while it is.

        Args:
            exchange: ccxt id.
            symbol: Whose price matters; None: any that is listened to.
        """
        now = self._now()
        ears = list(self._ears_of(exchange, symbol))
        silent = [ear.heard_at for ear in ears if now - ear.heard_at > self._lost_after]
        if silent or (ears and symbol is not None):
            return min(silent, default=None)
        first, last = self._missed.get(exchange, (None, now))
        return first if now - last <= _RECALLED else None

    def _ears_of(self, exchange: str, symbol: str | None) -> Iterator[_Ear]:
        for place, ear in self._ears.items():
            if place.exchange == exchange and symbol in {None, place.symbol}:
                yield ear


def _joined(one: Reach | None, other: Reach | None) -> Reach | None:
    if one is None or other is None:
        return one or other
    return Reach(min(one.low, other.low), max(one.high, other.high))
