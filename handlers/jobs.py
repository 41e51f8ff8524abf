"""The timetable: what happens unasked."""

from __future__ import annotations

from datetime import timedelta

from services.container import Services

INBOX, OUTBOX = "inbox", "outbox"
"""Names of the two tasks keyed by chat."""

TIMETABLE = {
    "match_paper": timedelta(seconds=1),
    "expire_cards": timedelta(seconds=1),
    "sweep_alerts": timedelta(seconds=2),
    "follow_orders": timedelta(seconds=15),
    "sync_balances": timedelta(seconds=30),
    "sweep_messages": timedelta(seconds=2),
    "forget_old": timedelta(hours=1),
}
"""Jobs and how often they run; each is harmless when it runs twice."""


class Jobs:
    """Bodies of the jobs: each asks one use case, messages leave through the outbox."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def schedule(self) -> None:
        """Put every job on the engine's timetable."""
        for name, every in TIMETABLE.items():
            self._services.engine.periodic(name, every, getattr(self, name))

    async def match_paper(self, _key: str) -> None:
        """Let the paper venue fill what the market reached, and follow it at once."""
        if await self._services.paper.match():
            await self._services.execution.follow_all()

    async def expire_cards(self, _key: str) -> None:
        """End cards whose time is over."""
        await self._services.orders.expire_drafts()

    async def sweep_alerts(self, _key: str) -> None:
        """Fire what the market reached."""
        await self._services.alerts.sweep()

    async def follow_orders(self, _key: str) -> None:
        """Bring every open order up to what its venue says."""
        await self._services.execution.follow_all()

    async def sync_balances(self, _key: str) -> None:
        """Tell about holdings that changed without an order of ours."""
        await self._services.balances.sync_all()

    async def sweep_messages(self, _key: str) -> None:
        """Ask again for chats whose messages wait: a lost hint is made up here."""
        for chat_id in await self._services.inbox.pending_chats():
            self._services.engine.defer(INBOX, str(chat_id))
        for chat_id in await self._services.outbox.due_chats():
            self._services.engine.defer(OUTBOX, str(chat_id))

    async def forget_old(self, _key: str) -> None:
        """Delete rows that nobody can need again."""
        await self._services.upkeep.forget_old()
