"""Updates are on disk before Telegram hears that they were read.

Polling and webhook feed the same inbox. Chats are drained side by side, each in order. A
process killed in between handles the update again: drafts and alerts are keyed by it, and a
confirmation is decided by its row, so nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from services.clock import Now
from services.domain.accounts import ChatId
from services.persistence.database import Database
from services.vault import Vault

Handle = Callable[[str], Awaitable[None]]

PURPOSE = "inbox"
"""What the vault seals an update's body for; its place is the update's id."""
# After a week of silence Telegram may number updates anew, so the old offset means nothing.
_OFFSET_LIFE = timedelta(days=6)


class Inbox:
    """Stores updates and hands them over in order."""

    def __init__(self, database: Database, vault: Vault, *, now: Now) -> None:
        self._database = database
        self._vault = vault
        self._now = now

    async def accept(self, updates: Sequence[tuple[int, ChatId, str]]) -> set[int]:
        """Store updates (id, chat, JSON) in one transaction; return the ids that were new."""
        fresh = set()
        async with self._database.write_all() as data:
            for update_id, chat_id, body in updates:
                sealed = self._vault.seal(body, purpose=PURPOSE, place=update_id)
                if await data.inbox.accept(update_id, chat_id, sealed, now=self._now()):
                    fresh.add(update_id)
        return fresh

    async def offset(self) -> int | None:
        """Return the first update id not yet stored, None to take what Telegram offers."""
        async with self._database.read_all() as data:
            last = await data.inbox.last_update()
        if last is None or last[1] < self._now() - _OFFSET_LIFE:
            return None
        return last[0] + 1

    async def pending_chats(self) -> Sequence[ChatId]:
        """Return the chats with updates that nobody handled yet."""
        async with self._database.read_all() as data:
            return await data.inbox.pending_chats()

    async def drain(self, chat_id: ChatId, handle: Handle) -> None:
        """Hand over a chat's updates, oldest first, and mark each as done afterwards."""
        while True:
            async with self._database.read_all() as data:
                stored = await data.inbox.next_of(chat_id)
            if stored is None:
                return
            await handle(self._vault.open(stored.body, purpose=PURPOSE, place=stored.update_id))
            async with self._database.write_all() as data:
                await data.inbox.done(stored.update_id, now=self._now())
