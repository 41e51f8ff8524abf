"""What buttons mean and where conversations stand, for one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import ChatId, TenantId, UserId
from services.persistence.models_chat import ButtonRow, ConversationRow


@dataclass(frozen=True, slots=True)
class StoredButton:
    """A button as written down before it was shown.

    Attributes:
        user_id: The only person who may press it.
        action: Name of the payload's class.
        payload: The payload's fields in JSON.
    """

    token: str
    chat_id: ChatId
    user_id: UserId
    action: str
    payload: dict[str, Any]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """Where a person is in a conversation, with the typed draft as JSON."""

    name: str
    draft: dict[str, Any]
    expires_at: datetime


class Buttons:
    """The buttons shown to a tenant."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def add(self, buttons: Sequence[StoredButton]) -> None:
        """Write buttons down; call before they are shown."""
        self._session.add_all(
            ButtonRow(
                token=button.token,
                tenant_id=self._tenant_id,
                chat_id=button.chat_id,
                user_id=button.user_id,
                action=button.action,
                payload=button.payload,
                expires_at=button.expires_at,
            )
            for button in buttons
        )
        await self._session.flush()

    async def get(self, token: str, chat_id: ChatId) -> StoredButton | None:
        """Return the button shown in this chat under `token`, or None."""
        row = await self._session.scalar(
            select(ButtonRow).where(
                ButtonRow.token == token,
                ButtonRow.tenant_id == self._tenant_id,
                ButtonRow.chat_id == chat_id,
            )
        )
        if row is None:
            return None
        return StoredButton(
            token=row.token,
            chat_id=ChatId(row.chat_id),
            user_id=UserId(row.user_id),
            action=row.action,
            payload=row.payload,
            expires_at=row.expires_at,
        )


class Conversations:
    """Steps of running conversations, one per chat and person."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def get(self, chat_id: ChatId, user_id: UserId, *, now: datetime) -> Step | None:
        """Return the running step, or None when there is none or it has expired."""
        row = await self._session.get(ConversationRow, (self._tenant_id, chat_id, user_id))
        if row is None or row.expires_at <= now:
            return None
        return Step(row.step, row.draft, row.expires_at)

    async def put(self, chat_id: ChatId, user_id: UserId, step: Step) -> None:
        """Make `step` the running one."""
        await self.clear(chat_id, user_id)
        self._session.add(
            ConversationRow(
                tenant_id=self._tenant_id,
                chat_id=chat_id,
                user_id=user_id,
                step=step.name,
                draft=step.draft,
                expires_at=step.expires_at,
            )
        )
        await self._session.flush()

    async def clear(self, chat_id: ChatId, user_id: UserId) -> None:
        """End the conversation, if one runs."""
        await self._session.execute(
            delete(ConversationRow).where(
                ConversationRow.tenant_id == self._tenant_id,
                ConversationRow.chat_id == chat_id,
                ConversationRow.user_id == user_id,
            )
        )
