"""Messages with a secret leave the chat: at once, and again by the sweep until they have."""

from __future__ import annotations

from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from handlers.context import TradingApplication
from handlers.pacing import wait_of
from services.deletions import DeletionRefused
from services.domain.accounts import ChatId, Member
from services.outbox import Later

_GONE = "message to delete not found"


class Eraser:
    """Deletes people's messages."""

    def __init__(self, application: TradingApplication) -> None:
        self._bot = application.bot
        self._deletions = application.services.deletions

    async def drain(self, chat: str) -> None:
        """Delete what is due in a chat; the engine's task."""
        await self._deletions.drain(ChatId(int(chat)), self._delete)

    async def erase(self, member: Member, chat_id: ChatId, message_id: int) -> None:
        """Note a message on disk, then try to delete it; a failure is followed up elsewhere."""
        noted = await self._deletions.note(member, chat_id, message_id)
        await self._deletions.attempt(noted, self._delete)

    async def _delete(self, chat_id: ChatId, message_id: int) -> None:
        try:
            await self._bot.delete_message(chat_id, message_id)
        except RetryAfter as busy:
            raise Later(wait_of(busy)) from None
        except (BadRequest, ChatMigrated) as refusal:
            if _GONE not in refusal.message.lower():
                raise DeletionRefused from None
        except TelegramError:
            raise Later from None
