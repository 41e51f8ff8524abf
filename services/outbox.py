"""Messages that somebody must get: delivered at least once, in order of priority per chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from services.clock import Now
from services.domain.accounts import ChatId, Member
from services.domain.messages import Delivery
from services.persistence.database import Database

MAX_ATTEMPTS = 12
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


class Undeliverable(Exception):
    """The chat will never take this message (blocked, deleted, refused)."""


class Later(Exception):
    """The message was not delivered; try again.

    Attributes:
        wait: How long Telegram asked to wait, None to back off.
    """

    def __init__(self, wait: timedelta | None = None) -> None:
        super().__init__(wait)
        self.wait = wait


Send = Callable[[Member, Delivery], Awaitable[None]]


class Outbox:
    """Hands messages to the sender until they are delivered or proved undeliverable."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    async def due_chats(self) -> Sequence[ChatId]:
        """Return the chats with messages whose time has come."""
        async with self._database.read_all() as data:
            return await data.deliveries.due_chats(now=self._now())

    async def drain(self, chat_id: ChatId, send: Send) -> None:
        """Send a chat's due messages one after another."""
        while True:
            async with self._database.read_all() as data:
                delivery = await data.deliveries.next_of(chat_id, now=self._now())
                if delivery is None:
                    return
                member = await data.directory.member(delivery.tenant_id, delivery.message.user_id)
                is_reachable = await data.directory.is_reachable(chat_id)
            if member is None or not is_reachable:
                await self._bury(delivery)
                continue
            if not await self._attempt(member, delivery, send):
                return

    async def _attempt(self, member: Member, delivery: Delivery, send: Send) -> bool:
        try:
            await send(member, delivery)
        except Undeliverable:
            await self._bury(delivery)
        except Later as later:
            await self._put_back(delivery, later)
            return False
        except Exception:  # a bug in one message; the chat's next one must not wait for its cure
            await self._put_back(delivery, Later())
            raise
        else:
            async with self._database.write_all() as data:
                await data.deliveries.sent(delivery.id)
        return True

    async def _bury(self, delivery: Delivery) -> None:
        _log.warning("message_undeliverable", outbox_id=delivery.id, kind=delivery.message.kind)
        async with self._database.write_all() as data:
            await data.deliveries.dead(delivery.id)

    async def _put_back(self, delivery: Delivery, later: Later) -> None:
        attempts = delivery.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            await self._bury(delivery)
            return
        wait = later.wait or min(_FIRST_WAIT * 2**delivery.attempts, _LONGEST_WAIT)
        async with self._database.write_all() as data:
            await data.deliveries.retry(
                delivery.id, attempts=attempts, not_before=self._now() + wait
            )
