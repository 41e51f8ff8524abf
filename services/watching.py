"""Live messages: one price per chat kept up to date for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.accounts import Accounts
from services.clock import Now
from services.domain.accounts import Account, ChatId, Member
from services.domain.market import Market, OrderBook, Quote
from services.errors import AssistantError
from services.exchange.feed import Channel
from services.exchange.live import PublicData
from services.looks import Looks, Sight, sight_of
from services.symbols import find_market

LIFE = timedelta(minutes=10)
EVERY = timedelta(seconds=3)
"""A live message changes no more often than this."""

# A venue that does not answer by then is out of reach for this look.
_PATIENCE_S = 4.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A price that a chat looks at until a time."""

    member: Member
    chat_id: ChatId
    account: Account
    market: Market
    until: datetime

    @property
    def sight(self) -> Sight | None:
        """Where the price is streamed; None for an invented market."""
        return sight_of(self.account, self.market.symbol)


@dataclass(frozen=True, slots=True)
class LivePrice:
    """What a live message shows.

    Attributes:
        quote: The last one known; None before the first.
        book: The book as streamed; None where it is not.
        is_stale: The venue is out of reach: the quote is what it told last.
        is_over: Nobody keeps it up to date any more.
    """

    watched: Watched
    quote: Quote | None = None
    book: OrderBook | None = None
    is_stale: bool = False
    is_over: bool = False


class Watching:
    """Begins, reads and ends live prices; one a chat."""

    def __init__(self, accounts: Accounts, public: PublicData, looks: Looks, *, now: Now) -> None:
        self._accounts = accounts
        self._public = public
        self._looks = looks
        self._now = now
        self._live: dict[ChatId, LivePrice] = {}
        self._shown_at: dict[ChatId, datetime] = {}

    def due(self) -> Sequence[ChatId]:
        """Return the chats whose message may change now."""
        now = self._now()
        return [
            chat for chat in self._live if now - self._shown_at.get(chat, now - EVERY) >= EVERY
        ]

    async def begin(self, member: Member, chat_id: ChatId, coin: str) -> LivePrice:
        """Look at a coin in a chat, instead of what it looked at before.

        Raises:
            ExchangeUnavailable: The venue does not say what it lists.
            NotFound: ``symbol_unknown`` with suggestions.
        """
        account, gateway = await self._accounts.of(member)
        market = find_market(coin, await gateway.markets())
        watched = Watched(member, chat_id, account, market, self._now() + LIFE)
        sight = watched.sight
        sights = [] if sight is None else [sight, sight._replace(channel=Channel.BOOK)]
        self._looks.keep(_looker(chat_id), sights)
        begun = self._live[chat_id] = LivePrice(watched)
        self._shown_at.pop(chat_id, None)
        return await self.look(chat_id) or begun

    async def look(self, chat_id: ChatId) -> LivePrice | None:
        """Return what there is to show now; None where the chat looks at nothing."""
        before = self._live.get(chat_id)
        if before is None:
            return None
        if self._now() >= before.watched.until:
            return replace(before, is_over=True)
        quote = await self._quote(before.watched)
        if quote is None:
            found = replace(before, book=None, is_stale=before.quote is not None)
        else:
            found = replace(before, quote=quote, book=self._book(before.watched), is_stale=False)
        if self._live.get(chat_id) is before:
            self._live[chat_id] = found
        return found

    def shown(self, chat_id: ChatId) -> None:
        """Note that a chat's message has just changed."""
        if chat_id in self._live:
            self._shown_at[chat_id] = self._now()

    def end(self, chat_id: ChatId) -> LivePrice | None:
        """Look no longer; return what was known last, nothing if the chat did not look."""
        self._looks.keep(_looker(chat_id), ())
        self._shown_at.pop(chat_id, None)
        last = self._live.pop(chat_id, None)
        return None if last is None else replace(last, is_over=True)

    async def _quote(self, watched: Watched) -> Quote | None:
        account, symbol = watched.account, watched.market.symbol
        try:
            async with asyncio.timeout(_PATIENCE_S):
                _, gateway = await self._accounts.open(account.tenant_id, account.id)
                return (await gateway.quotes([symbol])).get(symbol)
        except (AssistantError, TimeoutError):
            # Out of reach, or the account was switched off meanwhile: it ends by itself.
            return None

    def _book(self, watched: Watched) -> OrderBook | None:
        sight = watched.sight
        if sight is None:
            return None
        feed = self._public.of(sight.exchange, sight.environment).feed
        return feed.book(watched.market.symbol)


def _looker(chat_id: ChatId) -> str:
    return f"chat {chat_id}"
