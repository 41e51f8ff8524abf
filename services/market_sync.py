"""Keeps the written-down markets equal to what the venues list, and tells who is concerned.

A venue's markets are asked for once per venue and environment, whoever trades there. What
changed is told before it is written down: a process that dies in between tells it again at the
next synchronisation, under the same key, so it is heard once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from services.accounts import Accounts
from services.clock import Now
from services.domain.accounts import Account, ChatId, TenantId
from services.domain.market import Market
from services.domain.messages import REST, Message
from services.domain.pairs import (
    ChangeKind,
    Comparison,
    Interest,
    MarketChange,
    StoredMarket,
    VenueKey,
    compare,
)
from services.errors import AssistantError, ExchangeUnavailable
from services.persistence.database import Database
from services.persistence.markets import storable
from services.persistence.types import plain

PAIR_CHANGED, PAIR_GONE = "pair_changed", "pair_gone"
"""Kinds of the messages that leave here."""

BAD_SYMBOL = frozenset({"symbol_unknown", "market_gone", "market_closed", "market_not_active"})
"""Codes with which a venue says that our list of its markets is old."""

# Small enough that neither the loop nor the writer is held longer than about 20 ms (measured).
_BATCH = 200
_TRIES = 3
# A venue that lists less than half of its markets has a fault, not a mass delisting.
_LEAST_LISTED = 2
_NOT_AGAIN_WITHIN = timedelta(minutes=1)

T = TypeVar("T")
Load = Callable[[Account], Awaitable[Mapping[str, Market]]]

_log = structlog.get_logger(__name__)


class MarketSync:
    """Synchronises the markets of every venue that somebody has an account at."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        *,
        now: Now,
        on_message: Callable[[ChatId], None],
        on_due: Callable[[str], None],
        load: Load | None = None,
    ) -> None:
        """Take what is needed.

        Args:
            database: Where markets and messages go.
            accounts: Opens the gateway that is asked.
            now: The clock.
            on_message: Called with each chat that has a new message.
            on_due: Asked to run `sync` soon, with the venue as text.
            load: Asks a venue for its markets afresh; by default the account's gateway.
        """
        self._database = database
        self._accounts = accounts
        self._now = now
        self._on_message = on_message
        self._on_due = on_due
        self._load = load or self._ask_gateway
        self._asked: dict[VenueKey, datetime] = {}

    async def sync_all(self) -> None:
        """Ask for a synchronisation of every venue in use."""
        for venue in await self._venues():
            self._on_due(str(venue))

    def on_refusal(self, account: Account, code: str) -> None:
        """Take note of a venue's refusal: one of `BAD_SYMBOL` asks for a synchronisation."""
        if code in BAD_SYMBOL:
            self.resync(account)

    def resync(self, account: Account) -> None:
        """Ask for a synchronisation of an account's venue, which said that a symbol is wrong."""
        venue, now = VenueKey.of(account), self._now()
        if now - self._asked.get(venue, now - _NOT_AGAIN_WITHIN) >= _NOT_AGAIN_WITHIN:
            self._asked[venue] = now
            self._on_due(str(venue))

    async def sync(self, name: str) -> int:
        """Synchronise one venue, given as text; return how many markets were written.

        Raises:
            ExchangeUnavailable: No account of the venue got an answer.
        """
        venue = VenueKey.parse(name)
        accounts = (await self._venues()).get(venue, [])
        listed = await self._ask(accounts[:_TRIES])
        if listed is None:
            return 0
        stored = await self._stored(venue)
        found = compare(stored, await _storable(stored, listed))
        kept = sum(not known.is_gone for known in stored.values()) - len(found.gone)
        if found.gone and kept * _LEAST_LISTED < len(found.gone) + kept:
            _log.warning("markets_missing", venue=name, gone=len(found.gone), kept=kept)
            raise ExchangeUnavailable
        await self._tell(venue, found.told)
        await self._write(venue, found)
        return len(found.written)

    async def _venues(self) -> Mapping[VenueKey, list[Account]]:
        async with self._database.read_all() as data:
            accounts = await data.sweeps.active_accounts()
        venues = defaultdict[VenueKey, list[Account]](list)
        for account in accounts:
            venues[VenueKey.of(account)].append(account)
        return venues

    async def _ask(self, accounts: Sequence[Account]) -> Mapping[str, Market] | None:
        refusal: AssistantError | None = None
        for account in accounts:
            try:
                return await self._load(account)
            except AssistantError as error:
                # Markets are public: what one account's key cannot get, another's may.
                refusal = error
        if refusal is not None:
            raise refusal
        return None

    async def _ask_gateway(self, account: Account) -> Mapping[str, Market]:
        _, gateway = await self._accounts.open(account.tenant_id, account.id)
        return await gateway.markets()

    async def _stored(self, venue: VenueKey) -> Mapping[str, StoredMarket]:
        stored: dict[str, StoredMarket] = {}
        last = ""
        while True:
            async with self._database.read_all() as data:
                page = await data.markets.page(venue, after=last, limit=_BATCH)
            stored |= {known.market.symbol: known for known in page}
            if len(page) < _BATCH:
                return stored
            last = page[-1].market.symbol

    async def _write(self, venue: VenueKey, found: Comparison) -> None:
        for markets in _batches(found.written):
            async with self._database.write_all() as data:
                await data.markets.store(venue, markets, now=self._now())
        for symbols in _batches(found.gone):
            async with self._database.write_all() as data:
                await data.markets.mark_gone(venue, symbols, now=self._now())

    async def _tell(self, venue: VenueKey, changes: Sequence[MarketChange]) -> None:
        by_symbol = {change.symbol: change for change in changes}
        for symbols in _batches(tuple(by_symbol)):
            async with self._database.read_all() as data:
                interests = await data.markets.interested(venue, symbols)
            concerned = defaultdict[TenantId, list[Interest]](list)
            for interest in interests:
                concerned[interest.tenant_id].append(interest)
            for tenant_id, own in concerned.items():
                await self._tell_tenant(tenant_id, own, by_symbol)

    async def _tell_tenant(
        self, tenant_id: TenantId, own: Sequence[Interest], changes: Mapping[str, MarketChange]
    ) -> None:
        async with self._database.read_all() as everything:
            place = await everything.sweeps.chat_of(tenant_id)
        if place is None:
            return
        chat_id, user_id = place
        now = self._now()
        async with self._database.write(tenant_id) as data:
            for interest in own:
                change = changes[interest.symbol]
                message = Message(
                    chat_id=chat_id,
                    user_id=user_id,
                    kind=PAIR_GONE if change.after is None else PAIR_CHANGED,
                    subject_id=interest.account_id,
                    dedupe=f"pair:{interest.account_id}:{change.symbol}:{_mark_of(change)}",
                    priority=REST,
                    payload=_payload(change),
                )
                await data.outbox.put(message, now=now)
                if change.after is not None:
                    await data.pairs.note_rules(interest.account_id, change.after, now=now)
        self._on_message(chat_id)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


async def _storable(
    stored: Mapping[str, StoredMarket], listed: Mapping[str, Market]
) -> Mapping[str, Market]:
    # Exact to the last digit of the column, or a finer rule would differ from its row for ever.
    fresh: dict[str, Market] = {}
    for items in _batches(tuple(listed.items())):
        for symbol, market in items:
            known = stored.get(symbol)
            is_same = known is not None and known.market == market
            fresh[symbol] = market if is_same else storable(market)
        await asyncio.sleep(0)
    return fresh


def _mark_of(change: MarketChange) -> str:
    return f"{change.kind.value}:{change.since.isoformat()}"


def _payload(change: MarketChange) -> dict[str, Any]:
    payload: dict[str, Any] = {"symbol": change.symbol, "change": change.kind.value}
    if change.after is not None and change.kind is ChangeKind.RULES:
        payload |= {"before": _rules(change.before), "after": _rules(change.after)}
    return payload


def _rules(market: Market) -> dict[str, str]:
    return {
        "tick": plain(market.tick),
        "lot": plain(market.lot),
        "min_amount": plain(market.min_amount),
        "min_cost": plain(market.min_cost),
    }
