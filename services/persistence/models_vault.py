"""Tables of the vault: each tenant's data keys, wrapped by a master key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.persistence.models import Base


class TenantKeyRow(Base):
    """A tenant's data key, wrapped; `master_key_id` names the master key that opens it."""

    __tablename__ = "tenant_key"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    master_key_id: Mapped[str] = mapped_column(index=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]
