"""Resting orders of paper accounts on real prices: filled by what really traded there.

The streamed quotes say which orders the market may have reached; only then is the venue asked
for its trades. A quote alone fills nothing, and nothing is filled while there is none.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services import paper_desk
from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import AccountId, Environment
from services.domain.market import Market, PublicTrade
from services.domain.orders import Side
from services.domain.paper import Matched, PaperOrder, Resting
from services.errors import AssistantError, ExchangeUnavailable
from services.exchange import matching
from services.exchange.live import LiveMarketData
from services.looks import Looks, Sight
from services.paper_desk import Due
from services.paper_feed import Feeds
from services.paper_prices import Place, Reach
from services.persistence.database import Database

_LOOKER = "paper"
# What the families give in one answer; the others are asked for what all of them give.
_TRADES_ASKED = {"binance": 1000, "okx": 500}
_USUAL_TRADES_ASKED = 100
# How long a pass waits for venues; what takes longer is for a later pass.
_PATIENCE_S = 0.5
_CLOCK_TRUSTED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Tape:
    """The last trades of a market, oldest first, in the venue's time.

    Attributes:
        offset: Our clock minus the venue's.
    """

    market: Market
    trades: Sequence[PublicTrade]
    offset: timedelta

    @property
    def newest(self) -> datetime:
        """When the venue last traded, by its own clock."""
        return self.trades[-1].at

    def traded(self, order: PaperOrder, since: datetime) -> Decimal:
        """Return the volume, in base, at the price of an order or beyond it after `since`."""
        is_buy, limit = order.request.side is Side.BUY, order.limit
        reached = (
            trade.amount
            for trade in self.trades
            if trade.at > since and (trade.price <= limit if is_buy else trade.price >= limit)
        )
        return sum(reached, Decimal(0))


class FeedMatching:
    """Passes over the resting orders; one for the whole process."""

    def __init__(self, database: Database, feeds: Feeds, *, now: Now) -> None:
        self._database = database
        self._feeds = feeds
        self._now = now
        self._looks = Looks(feeds.public)
        # Up to when trades were looked at for an order, in the venue's time.
        self._seen: dict[int, datetime] = {}
        self._offsets: dict[str, tuple[datetime, timedelta]] = {}
        self._asked: dict[Place, asyncio.Task[Sequence[Matched]]] = {}

    async def match(self, resting: Iterable[Resting]) -> Sequence[Matched]:
        """Look at every order that is filled by a feed; return those that were filled.

        A venue that is slow holds nothing up: what it fills is returned by a later pass.
        """
        places = defaultdict[Place, list[PaperOrder]](list)
        for order, feed in resting:
            if feed is not None:
                places[Place(feed, order.request.symbol)].append(order)
        await self._listen(places)
        for place, orders in places.items():
            reached = self._reached(place, orders)
            if reached and place not in self._asked:
                filling = attempt(
                    self._fill(place, reached), otherwise=(), event="paper_not_matched"
                )
                self._asked[place] = asyncio.ensure_future(filling)
        return await self._answers()

    async def close(self) -> None:
        """Ask nobody any more and look at nothing."""
        tasks = list(self._asked.values())
        self._asked.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._looks.keep(_LOOKER, ())

    async def _listen(self, places: Mapping[Place, Sequence[PaperOrder]]) -> None:
        self._feeds.prices.listen(places)
        open_ids = {order.id for orders in places.values() for order in orders}
        self._seen = {key: at for key, at in self._seen.items() if key in open_ids}
        there = {place.exchange for place in places if await self._is_there(place.exchange)}
        self._looks.keep(
            _LOOKER,
            [
                Sight(place.exchange, Environment.LIVE, place.symbol)
                for place in places
                if place.exchange in there
            ],
        )

    async def _is_there(self, exchange: str) -> bool:
        try:
            await self._feeds.data(exchange)
        except AssistantError:
            # Switched off by the operator: its orders wait, and their prices count as lost.
            return False
        return True

    def _reached(self, place: Place, orders: Iterable[PaperOrder]) -> list[PaperOrder]:
        reach = self._feeds.prices.reach(place)
        return [] if reach is None else [order for order in orders if _is_reached(order, reach)]

    async def _answers(self) -> Sequence[Matched]:
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=_PATIENCE_S)
        done = [place for place, task in self._asked.items() if task.done()]
        return [matched for place in done for matched in self._asked.pop(place).result()]

    async def _fill(self, place: Place, orders: Collection[PaperOrder]) -> Sequence[Matched]:
        tape = await self._tape(place)
        if tape is None:
            return ()
        accounts = defaultdict[AccountId, list[PaperOrder]](list)
        for order in orders:
            if self._due(order, tape) is not None:
                accounts[order.account_id].append(order)
        matched: list[Matched] = []
        for account_id, due in accounts.items():
            matched += await paper_desk.fill_due(
                self._database, account_id, due, lambda order: self._due(order, tape)
            )
        for order in orders:
            self._seen[order.id] = max(self._since(order, tape), tape.newest)
        self._feeds.prices.caught_up(place)
        return matched

    def _due(self, order: PaperOrder, tape: _Tape) -> Due | None:
        traded = tape.traded(order, self._since(order, tape))
        level = matching.make(tape.market, order.limit, order.remaining, traded=traded)
        return None if level is None else Due(level, tape.market, tape.newest + tape.offset)

    def _since(self, order: PaperOrder, tape: _Tape) -> datetime:
        changed = order.matched_at - tape.offset
        return max(changed, self._seen.get(order.id, changed))

    async def _tape(self, place: Place) -> _Tape | None:
        """Return the last trades of a place; None where there are none to be had."""
        try:
            data = await self._feeds.data(place.exchange)
            market = await data.market(place.symbol)
            offset = await self._offset(place.exchange, data)
            asked = _TRADES_ASKED.get(data.family, _USUAL_TRADES_ASKED)
            trades = await data.trades(place.symbol, limit=asked)
        except ExchangeUnavailable:
            self._feeds.prices.missed(place.exchange)
            return None
        return _Tape(market, trades, offset) if trades else None

    async def _offset(self, exchange: str, data: LiveMarketData) -> timedelta:
        now = self._now()
        measured_at, offset = self._offsets.get(exchange, (None, timedelta(0)))
        if measured_at is None or now - measured_at > _CLOCK_TRUSTED:
            # Some venues have no clock to ask: theirs is taken for right.
            with suppress(ExchangeUnavailable):
                offset = (await data.time()).offset
            self._offsets[exchange] = (now, offset)
        return offset


def _is_reached(order: PaperOrder, reach: Reach) -> bool:
    if order.request.side is Side.BUY:
        return reach.low <= order.limit
    return reach.high >= order.limit
