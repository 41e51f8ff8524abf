"""Messages with a secret leave the chat: noted before the first try, tried until they have.

A message that will stay is told of, with what to do about it; the account whose secret it holds
is marked as exposed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from services.clock import Now
from services.domain.accounts import AccountId, ChatId, Member, UserId
from services.domain.deletions import Deletion
from services.domain.messages import ALERT, Message
from services.outbox import Later
from services.persistence.database import Database

Delete = Callable[[ChatId, int], Awaitable[None]]

# Source: Bot API, deleteMessage: a message can only be deleted within 48 hours.
_LONGEST = timedelta(hours=48)
_FIRST_TRY = timedelta(seconds=30)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=10)
_MOST_DOUBLINGS = 12
_REMIND_EVERY = timedelta(days=1)
_FAILURES_KEPT = timedelta(days=7)


class DeletionRefused(Exception):
    """Telegram will never delete this message."""


class Deletions:
    """Keeps what must leave a chat, and what could not."""

    def __init__(
        self, database: Database, *, now: Now, on_message: Callable[[ChatId], None]
    ) -> None:
        self._database = database
        self._now = now
        self._on_message = on_message

    async def note(self, member: Member, chat_id: ChatId, message_id: int) -> Deletion:
        """Note a message that must go; on return that is on disk.

        The sweep leaves it alone for a while: whoever notes it tries first.
        """
        now = self._now()
        async with self._database.write(member.tenant_id) as data:
            await data.deletions.add(
                chat_id, message_id, member.user_id, now=now, not_before=now + _FIRST_TRY
            )
        return Deletion(
            tenant_id=member.tenant_id,
            chat_id=chat_id,
            message_id=message_id,
            user_id=member.user_id,
            account_id=None,
            attempts=0,
            created_at=now,
            failed_at=None,
        )

    async def due_chats(self) -> Sequence[ChatId]:
        """Return the chats with messages whose turn has come."""
        async with self._database.read_all() as data:
            return await data.deletions.due_chats(now=self._now())

    async def drain(self, chat_id: ChatId, delete: Delete) -> None:
        """Delete a chat's messages that are due, each on its own account.

        Args:
            chat_id: The chat.
            delete: Deletes one; raises `Later` when it may go another time, and
                `DeletionRefused` when it never will. A message that is gone is a success.
        """
        async with self._database.read_all() as data:
            due = await data.deletions.due(chat_id, now=self._now())
        for deletion in due:
            await self.attempt(deletion, delete)

    async def attempt(self, deletion: Deletion, delete: Delete) -> None:
        """Try to delete one message now; `delete` as in `drain`."""
        try:
            await delete(deletion.chat_id, deletion.message_id)
        except DeletionRefused:
            await self._give_up(deletion)
        except Later as later:
            await self._put_back(deletion, later)
        else:
            async with self._database.write_all() as data:
                await data.deletions.done(deletion.chat_id, deletion.message_id)

    async def _put_back(self, deletion: Deletion, later: Later) -> None:
        if self._now() - deletion.created_at >= _LONGEST:
            await self._give_up(deletion)
            return
        wait = _FIRST_WAIT * 2 ** min(deletion.attempts, _MOST_DOUBLINGS)
        async with self._database.write_all() as data:
            await data.deletions.retry(
                deletion.chat_id,
                deletion.message_id,
                attempts=deletion.attempts + 1,
                not_before=self._now() + (later.wait or min(wait, _LONGEST_WAIT)),
            )

    async def _give_up(self, deletion: Deletion) -> None:
        chat_id, message_id = deletion.chat_id, deletion.message_id
        async with self._database.write(deletion.tenant_id) as data:
            failed = await data.deletions.fail(chat_id, message_id, now=self._now())
            if failed is None:
                return
            if failed.account_id is not None:
                await data.accounts.set_exposed(failed.account_id, is_exposed=True)
            message = Message(
                chat_id=chat_id,
                user_id=failed.user_id,
                kind="secret_left",
                subject_id=failed.account_id or 0,
                dedupe=f"secret_left:{chat_id}:{message_id}",
                priority=ALERT,
                payload={"message_id": message_id},
            )
            await data.outbox.put(message, now=self._now())
        self._on_message(chat_id)

    async def have_failed(
        self, member: Member, chat_id: ChatId, message_ids: Sequence[int]
    ) -> bool:
        """Tell whether one of these messages stays in the chat for good."""
        async with self._database.read(member.tenant_id) as data:
            return await data.deletions.has_failed(chat_id, message_ids)

    async def bind(
        self,
        member: Member,
        chat_id: ChatId,
        message_ids: Sequence[int],
        account_id: AccountId,
    ) -> bool:
        """Say that messages hold the key of an account; its exposure follows from theirs.

        What is noted of the account's earlier keys is dropped: they mean nothing any more.

        Returns:
            Whether the key stands in the chat for good, so that the account is exposed.
        """
        async with self._database.write(member.tenant_id) as data:
            await data.deletions.forget(account_id)
            await data.deletions.bind(chat_id, message_ids, account_id)
            is_exposed = await data.deletions.has_failed(chat_id, message_ids)
            if is_exposed:
                await data.accounts.set_exposed(account_id, is_exposed=True)
        return is_exposed

    async def remind(self) -> None:
        """Tell the owners of exposed accounts, once a day until another key is there."""
        async with self._database.read_all() as data:
            exposed = await data.deletions.exposed(before=self._now() - _REMIND_EVERY)
            places = {tenant_id: await data.sweeps.chat_of(tenant_id) for tenant_id, _ in exposed}
        for tenant_id, account_id in exposed:
            place = places[tenant_id]
            if place is None:
                continue
            async with self._database.write(tenant_id) as data:
                await data.outbox.put(self._reminder(*place, account_id), now=self._now())
            self._on_message(place[0])

    def _reminder(self, chat_id: ChatId, user_id: UserId, account_id: AccountId) -> Message:
        day = self._now().date().isoformat()
        return Message(
            chat_id=chat_id,
            user_id=user_id,
            kind="key_exposed",
            subject_id=account_id,
            dedupe=f"key_exposed:{account_id}:{day}",
            priority=ALERT,
        )

    async def forget_old(self) -> None:
        """Drop old failures that belong to no account."""
        async with self._database.write_all() as data:
            await data.deletions.forget_failed(before=self._now() - _FAILURES_KEPT)
