"""Tables of the chat side: buttons, conversations, messages in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.persistence.models import Base, RowId


class StrangerRow(Base):
    """A person refused once; silence afterwards."""

    __tablename__ = "stranger"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    refused_at: Mapped[datetime]


class ButtonRow(Base):
    """What a button under a message means; the button itself carries only the token."""

    __tablename__ = "button"

    token: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    chat_id: Mapped[int]
    user_id: Mapped[int]
    action: Mapped[str]
    payload: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ConversationRow(Base):
    """Where a person is in a conversation: the step and its typed draft, never a secret."""

    __tablename__ = "conversation"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    step: Mapped[str]
    draft: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]


class InboxRow(Base):
    """A Telegram update, stored before Telegram is told that it was read.

    The body is sealed by the vault and wiped when done.
    """

    __tablename__ = "inbox"
    __table_args__ = (Index("ix_inbox_done_at_chat_id", "done_at", "chat_id", "update_id"),)

    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    chat_id: Mapped[int]
    body: Mapped[bytes]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class OutboxRow(Base):
    """A message that somebody must get, written with the change that causes it."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("tenant_id", "dedupe"),
        CheckConstraint("state IN ('ready', 'sent', 'dead')", name="state"),
        Index("ix_outbox_state_chat_id", "state", "chat_id", "priority", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    chat_id: Mapped[int]
    user_id: Mapped[int]
    kind: Mapped[str]
    subject_id: Mapped[int]
    payload: Mapped[dict[str, Any]]
    dedupe: Mapped[str]
    priority: Mapped[int]
    state: Mapped[str]
    attempts: Mapped[int]
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]


class SealRow(Base):
    """A known text under the master key: a wrong key is noticed before it does harm."""

    __tablename__ = "seal"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    body: Mapped[bytes]
