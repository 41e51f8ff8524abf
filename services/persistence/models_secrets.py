"""Tables of the ways in for secrets: one-time forms, and messages that must leave the chat."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.persistence.models import Base


class WebFormRow(Base):
    """A one-time link to a form for credentials; only a digest of its secret is kept."""

    __tablename__ = "web_form"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    chat_id: Mapped[int]
    user_id: Mapped[int]
    draft: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class DeletionRow(Base):
    """A message with a secret that must leave the chat; it stays here until it has."""

    __tablename__ = "deletion"

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    user_id: Mapped[int]
    account_id: Mapped[int | None]
    attempts: Mapped[int]
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
    failed_at: Mapped[datetime | None]
