"""Messages with a secret that must leave their chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import AccountId, ChatId, TenantId, UserId
from services.domain.deletions import Deletion
from services.persistence.messages import insert_of
from services.persistence.models import AccountRow
from services.persistence.models_secrets import DeletionRow


class Deletions:
    """The messages of one tenant's people."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def add(
        self,
        chat_id: ChatId,
        message_id: int,
        user_id: UserId,
        *,
        now: datetime,
        not_before: datetime,
    ) -> None:
        """Note a message; one that is noted already stays as it is."""
        insert = insert_of(self._session)
        await self._session.execute(
            insert(DeletionRow)
            .values(
                chat_id=chat_id,
                message_id=message_id,
                tenant_id=self._tenant_id,
                user_id=user_id,
                account_id=None,
                attempts=0,
                not_before=not_before,
                created_at=now,
                failed_at=None,
            )
            .on_conflict_do_nothing(index_elements=["chat_id", "message_id"])
        )

    async def bind(
        self, chat_id: ChatId, message_ids: Sequence[int], account_id: AccountId
    ) -> None:
        """Say to which account the secrets of messages belong."""
        await self._session.execute(
            update(DeletionRow)
            .where(
                DeletionRow.tenant_id == self._tenant_id,
                DeletionRow.chat_id == chat_id,
                DeletionRow.message_id.in_(message_ids),
            )
            .values(account_id=account_id)
        )

    async def has_failed(self, chat_id: ChatId, message_ids: Sequence[int]) -> bool:
        """Tell whether one of these messages will stay."""
        query = (
            select(DeletionRow.message_id)
            .where(
                DeletionRow.tenant_id == self._tenant_id,
                DeletionRow.chat_id == chat_id,
                DeletionRow.message_id.in_(message_ids),
                DeletionRow.failed_at.is_not(None),
            )
            .limit(1)
        )
        return await self._session.scalar(query) is not None

    async def fail(self, chat_id: ChatId, message_id: int, *, now: datetime) -> Deletion | None:
        """Note that a message will stay; None when that was known, or it is gone."""
        row = await self._session.scalar(
            update(DeletionRow)
            .where(
                DeletionRow.tenant_id == self._tenant_id,
                DeletionRow.chat_id == chat_id,
                DeletionRow.message_id == message_id,
                DeletionRow.failed_at.is_(None),
            )
            .values(failed_at=now)
            .returning(DeletionRow)
        )
        return None if row is None else deletion_of(row)

    async def forget(self, account_id: AccountId) -> None:
        """Drop what is noted of an account whose secrets mean nothing any more."""
        await self._session.execute(
            delete(DeletionRow).where(
                DeletionRow.tenant_id == self._tenant_id,
                DeletionRow.account_id == account_id,
                DeletionRow.failed_at.is_not(None),
            )
        )


class DeletionQueue:
    """The deleter's side, across tenants."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def due_chats(self, *, now: datetime) -> Sequence[ChatId]:
        """Return the chats with a message whose turn has come."""
        rows = await self._session.scalars(
            select(DeletionRow.chat_id)
            .where(DeletionRow.failed_at.is_(None), DeletionRow.not_before <= now)
            .distinct()
        )
        return [ChatId(row) for row in rows]

    async def due(self, chat_id: ChatId, *, now: datetime) -> Sequence[Deletion]:
        """Return the messages of a chat whose turn has come, oldest first."""
        rows = await self._session.scalars(
            select(DeletionRow)
            .where(
                DeletionRow.chat_id == chat_id,
                DeletionRow.failed_at.is_(None),
                DeletionRow.not_before <= now,
            )
            .order_by(DeletionRow.message_id)
        )
        return [deletion_of(row) for row in rows]

    async def done(self, chat_id: ChatId, message_id: int) -> None:
        """Note that a message is gone."""
        await self._session.execute(
            delete(DeletionRow).where(
                DeletionRow.chat_id == chat_id, DeletionRow.message_id == message_id
            )
        )

    async def retry(
        self, chat_id: ChatId, message_id: int, *, attempts: int, not_before: datetime
    ) -> None:
        """Put a message back for later."""
        await self._session.execute(
            update(DeletionRow)
            .where(DeletionRow.chat_id == chat_id, DeletionRow.message_id == message_id)
            .values(attempts=attempts, not_before=not_before)
        )

    async def exposed(self, *, before: datetime) -> Sequence[tuple[TenantId, AccountId]]:
        """Return the accounts that were exposed before a moment and still are."""
        told_since = exists().where(
            DeletionRow.account_id == AccountRow.id, DeletionRow.failed_at >= before
        )
        rows = await self._session.execute(
            select(AccountRow.tenant_id, AccountRow.id).where(
                AccountRow.is_exposed, AccountRow.removed_at.is_(None), ~told_since
            )
        )
        return [(TenantId(tenant_id), AccountId(account_id)) for tenant_id, account_id in rows]

    async def forget_failed(self, *, before: datetime) -> None:
        """Drop old failures that belong to no account."""
        await self._session.execute(
            delete(DeletionRow).where(
                DeletionRow.account_id.is_(None), DeletionRow.failed_at < before
            )
        )


def deletion_of(row: DeletionRow) -> Deletion:
    """Return the domain value of a row."""
    return Deletion(
        tenant_id=TenantId(row.tenant_id),
        chat_id=ChatId(row.chat_id),
        message_id=row.message_id,
        user_id=UserId(row.user_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        attempts=row.attempts,
        created_at=row.created_at,
        failed_at=row.failed_at,
    )
