"""Which prices are streamed: those that an alert or a live message looks at, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from services.domain.accounts import Account, Environment
from services.domain.market import PriceRange
from services.errors import AssistantError
from services.exchange.feed import Channel, Feed
from services.exchange.live import PublicData


class Sight(NamedTuple):
    """A symbol at a venue, on a channel of its stream."""

    exchange: str
    environment: Environment
    symbol: str
    channel: Channel = Channel.QUOTE


def sight_of(account: Account, symbol: str) -> Sight | None:
    """Return where an account's price of a symbol is streamed; None for an invented market."""
    if account.environment is not Environment.PAPER:
        return Sight(account.exchange, account.environment, symbol)
    return None if account.feed is None else Sight(account.feed, Environment.LIVE, symbol)


class Looks:
    """Holds the streams that somebody looks at, each looker by its own name."""

    def __init__(self, public: PublicData) -> None:
        self._public = public
        self._held: dict[str, frozenset[Sight]] = {}

    def keep(self, looker: str, sights: Iterable[Sight]) -> None:
        """Make these the sights of a looker; none at all ends its look."""
        before = self._held.get(looker, frozenset())
        after = frozenset(sight for sight in sights if sight in before or self._holds(sight))
        for sight in before - after:
            self._feed(sight).release(sight.channel, sight.symbol)
        if after:
            self._held[looker] = after
        else:
            self._held.pop(looker, None)

    def seen(self, sight: Sight, since: datetime) -> PriceRange | None:
        """Return the range of what a stream told from a moment on; None where it told nothing."""
        feed = self._feed_or_none(sight)
        return None if feed is None else feed.seen(sight.symbol, since)

    def is_whole(self, sight: Sight, since: datetime) -> bool:
        """Tell whether a stream has stood since a moment, as far as is known."""
        feed = self._feed_or_none(sight)
        return feed is not None and feed.is_whole(sight.symbol, since)

    def _holds(self, sight: Sight) -> bool:
        feed = self._feed_or_none(sight)
        if feed is not None:
            feed.hold(sight.channel, sight.symbol)
        return feed is not None

    def _feed_or_none(self, sight: Sight) -> Feed | None:
        # The operator may have switched the venue off: there is nothing to look at.
        try:
            return self._feed(sight)
        except AssistantError:
            return None

    def _feed(self, sight: Sight) -> Feed:
        return self._public.of(sight.exchange, sight.environment).feed
