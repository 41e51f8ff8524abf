"""The timetable: what happens unasked."""

from __future__ import annotations

from datetime import timedelta

from services.container import Services
from services.domain.accounts import AccountId

INBOX, OUTBOX, ERASE, LIVE = "inbox", "outbox", "erase", "live"
"""Names of the tasks keyed by chat."""

SYNC_MARKETS = "sync_markets"
"""Name of the task keyed by venue; without a key it asks for every venue in use."""

MOVED = "account_moved"
"""Name of the task keyed by account: something may have moved there."""

TIMETABLE = {
    "match_paper": timedelta(seconds=1),
    "expire_cards": timedelta(seconds=1),
    "sweep_alerts": timedelta(seconds=2),
    "follow_orders": timedelta(seconds=15),
    "sync_balances": timedelta(seconds=30),
    "follow_accounts": timedelta(seconds=30),
    "close_idle": timedelta(minutes=1),
    "refresh_live": timedelta(seconds=1),
    "sweep_messages": timedelta(seconds=2),
    SYNC_MARKETS: timedelta(hours=6),
    "check_keys": timedelta(hours=1),
    "remind_exposed": timedelta(hours=1),
    "forget_old": timedelta(hours=1),
}
"""Jobs and how often they run; each is harmless when it runs twice."""

JITTER = {
    "sync_balances": timedelta(seconds=5),
    "follow_accounts": timedelta(seconds=5),
    SYNC_MARKETS: timedelta(minutes=10),
}
"""How far a job strays from its time, so that many processes do not ask a venue at once."""


class Jobs:
    """Bodies of the jobs: each asks one use case, messages leave through the outbox."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def schedule(self) -> None:
        """Put every job on the engine's timetable."""
        for name, every in TIMETABLE.items():
            self._services.engine.periodic(
                name, every, getattr(self, name), jitter=JITTER.get(name, timedelta(0))
            )
        self._services.engine.task(MOVED, self.look_at_account)

    async def match_paper(self, _key: str) -> None:
        """Let the paper venue fill what the market reached, and follow it at once."""
        if await self._services.paper.match():
            await self._services.execution.follow_all()

    async def sync_markets(self, key: str) -> None:
        """Bring the written-down markets up to what a venue lists, or ask for every venue."""
        if key:
            await self._services.market_sync.sync(key)
        else:
            await self._services.market_sync.sync_all()

    async def check_keys(self, _key: str) -> None:
        """Examine the keys that were not looked at for a day."""
        await self._services.connections.recheck_due()

    async def expire_cards(self, _key: str) -> None:
        """End cards whose time is over."""
        await self._services.orders.expire_drafts()

    async def sweep_alerts(self, _key: str) -> None:
        """Fire what the market reached."""
        await self._services.alerts.sweep()

    async def follow_orders(self, _key: str) -> None:
        """Bring every open order up to what its venue says."""
        await self._services.execution.follow_all()

    async def follow_accounts(self, _key: str) -> None:
        """Keep the streams of the accounts that are there now."""
        await self._services.live_accounts.follow()

    async def look_at_account(self, account: str) -> None:
        """Ask what moved on an account whose venue said that something did."""
        await self._services.balances.look(AccountId(int(account)))

    async def close_idle(self, _key: str) -> None:
        """Close the clients of accounts that nobody used for a while."""
        await self._services.accounts.close_idle()

    async def refresh_live(self, _key: str) -> None:
        """Bring the live prices up to date, each chat at its own pace."""
        for chat_id in self._services.watching.due():
            self._services.engine.defer(LIVE, str(chat_id))

    async def sync_balances(self, _key: str) -> None:
        """Tell about holdings that changed without an order of ours."""
        await self._services.balances.sync_all()

    async def sweep_messages(self, _key: str) -> None:
        """Ask again for chats whose messages wait: a lost hint is made up here."""
        for chat_id in await self._services.deletions.due_chats():
            self._services.engine.defer(ERASE, str(chat_id))
        for chat_id in await self._services.inbox.pending_chats():
            self._services.engine.defer(INBOX, str(chat_id))
        for chat_id in await self._services.outbox.due_chats():
            self._services.engine.defer(OUTBOX, str(chat_id))

    async def remind_exposed(self, _key: str) -> None:
        """Tell, once a day, about keys that still stand in a chat."""
        await self._services.deletions.remind()

    async def forget_old(self, _key: str) -> None:
        """Delete rows that nobody can need again."""
        await self._services.upkeep.forget_old()
        await self._services.deletions.forget_old()
        await self._services.web_forms.forget_old()
