"""The inbox (updates from Telegram) and the outbox (messages that somebody must get)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import ChatId, TenantId, UserId
from services.domain.messages import Delivery, Message
from services.persistence.models_chat import InboxRow, OutboxRow


def insert_of(session: AsyncSession) -> Any:
    """Return the dialect's INSERT, the one that knows ON CONFLICT."""
    dialect = session.get_bind().dialect.name
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update that waits to be handled; `body` is sealed."""

    update_id: int
    body: bytes


class Inbox:
    """Updates in the order in which Telegram numbered them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def accept(self, update_id: int, chat_id: ChatId, body: bytes, *, now: datetime) -> bool:
        """Store an update; return False for one that was stored before."""
        insert = insert_of(self._session)
        result = await self._session.execute(
            insert(InboxRow)
            .values(update_id=update_id, chat_id=chat_id, body=body, received_at=now)
            .on_conflict_do_nothing(index_elements=["update_id"])
            .returning(InboxRow.update_id)
        )
        return result.scalar_one_or_none() is not None

    async def last_update(self) -> tuple[int, datetime] | None:
        """Return the newest update's id and when it came, None for an empty inbox."""
        row = await self._session.scalar(
            select(InboxRow)
            .order_by(InboxRow.received_at.desc(), InboxRow.update_id.desc())
            .limit(1)
        )
        return None if row is None else (row.update_id, row.received_at)

    async def pending_chats(self) -> Sequence[ChatId]:
        """Return the chats with unhandled updates."""
        rows = await self._session.scalars(
            select(InboxRow.chat_id).where(InboxRow.done_at.is_(None)).distinct()
        )
        return [ChatId(row) for row in rows]

    async def next_of(self, chat_id: ChatId) -> StoredUpdate | None:
        """Return the oldest unhandled update of a chat."""
        row = await self._session.scalar(
            select(InboxRow)
            .where(InboxRow.done_at.is_(None), InboxRow.chat_id == chat_id)
            .order_by(InboxRow.update_id)
            .limit(1)
        )
        return None if row is None else StoredUpdate(row.update_id, row.body)

    async def done(self, update_id: int, *, now: datetime) -> None:
        """Mark an update as handled and wipe its body."""
        await self._session.execute(
            update(InboxRow).where(InboxRow.update_id == update_id).values(done_at=now, body=b"")
        )


class Outbox:
    """Where a tenant's changes leave their messages, in the same transaction."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def put(self, message: Message, *, now: datetime) -> None:
        """Store a message unless its `dedupe` key is there already."""
        insert = insert_of(self._session)
        await self._session.execute(
            insert(OutboxRow)
            .values(
                tenant_id=self._tenant_id,
                chat_id=message.chat_id,
                user_id=message.user_id,
                kind=message.kind,
                subject_id=message.subject_id,
                payload=message.payload,
                dedupe=message.dedupe,
                priority=message.priority,
                state="ready",
                attempts=0,
                not_before=now,
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "dedupe"])
        )


class Deliveries:
    """The sender's side of the outbox, across tenants."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def due_chats(self, *, now: datetime) -> Sequence[ChatId]:
        """Return the chats that somebody waits in."""
        rows = await self._session.scalars(
            select(OutboxRow.chat_id)
            .where(OutboxRow.state == "ready", OutboxRow.not_before <= now)
            .distinct()
        )
        return [ChatId(row) for row in rows]

    async def next_of(self, chat_id: ChatId, *, now: datetime) -> Delivery | None:
        """Return the first due message of a chat by priority, then age."""
        row = await self._session.scalar(
            select(OutboxRow)
            .where(
                OutboxRow.state == "ready",
                OutboxRow.chat_id == chat_id,
                OutboxRow.not_before <= now,
            )
            .order_by(OutboxRow.priority, OutboxRow.id)
            .limit(1)
        )
        return None if row is None else _delivery_of(row)

    async def sent(self, delivery_id: int) -> None:
        """Mark a message as delivered."""
        await self._settle(delivery_id, state="sent")

    async def dead(self, delivery_id: int) -> None:
        """Mark a message as never to be delivered."""
        await self._settle(delivery_id, state="dead")

    async def retry(self, delivery_id: int, *, attempts: int, not_before: datetime) -> None:
        """Put a message back for later."""
        await self._settle(delivery_id, attempts=attempts, not_before=not_before)

    async def _settle(self, delivery_id: int, **values: Any) -> None:
        await self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == delivery_id, OutboxRow.state == "ready")
            .values(**values)
        )


def _delivery_of(row: OutboxRow) -> Delivery:
    return Delivery(
        id=row.id,
        tenant_id=TenantId(row.tenant_id),
        message=Message(
            chat_id=ChatId(row.chat_id),
            user_id=UserId(row.user_id),
            kind=row.kind,
            subject_id=row.subject_id,
            dedupe=row.dedupe,
            priority=row.priority,
            payload=row.payload,
        ),
        attempts=row.attempts,
    )
