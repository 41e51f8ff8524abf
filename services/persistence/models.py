"""The tables, one class each; rows never leave this package.

What a model must respect so that the same code runs on SQLite and PostgreSQL stands in
ARCHITECTURE.md (exact decimals, aware times, BigInteger keys with a SQLite variant).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.persistence.types import ExactDecimal, UtcDateTime

# SQLite numbers rows by itself only for a column whose type is exactly INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
Document = JSON().with_variant(JSONB, "postgresql")


def own_account() -> ForeignKeyConstraint:
    """Return the reference of a row to an account of its own tenant."""
    # The pair, not the id alone: no row can point at another tenant's account.
    return ForeignKeyConstraint(
        ["tenant_id", "account_id"], ["exchange_account.tenant_id", "exchange_account.id"]
    )


class Base(DeclarativeBase):
    """Names every constraint and maps the exact types."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        Decimal: ExactDecimal,
        datetime: UtcDateTime,
        int: BigInteger,
        str: String,
        dict[str, Any]: Document,
        bytes: LargeBinary,
    }


class TenantRow(Base):
    """Who shares accounts, orders and alerts; the counters number them for people."""

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    orders_counted: Mapped[int] = mapped_column(default=0)
    alerts_counted: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class ChatRow(Base):
    """A Telegram chat and the tenant that it belongs to."""

    __tablename__ = "chat"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    is_reachable: Mapped[bool] = mapped_column(default=True)


class AccountRow(Base):
    """An exchange account; the credentials are sealed, `credentials_version` counts changes.

    `feed` names the venue whose public prices a paper account takes, None for the synthetic
    market.
    """

    __tablename__ = "exchange_account"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("environment IN ('live', 'sandbox', 'paper')", name="environment"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    name: Mapped[str]
    exchange: Mapped[str]
    environment: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    credentials: Mapped[bytes | None]
    credentials_version: Mapped[int] = mapped_column(default=0, server_default="0")
    data_key_version: Mapped[int | None]
    key_hint: Mapped[str | None]
    is_exposed: Mapped[bool] = mapped_column(default=False, server_default=false())
    permissions: Mapped[dict[str, Any] | None]
    key_expires_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    feed: Mapped[str | None]


class MemberRow(Base):
    """A person within a tenant."""

    __tablename__ = "member"
    __table_args__ = (
        own_account(),
        CheckConstraint("role IN ('owner', 'trader', 'viewer')", name="role"),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    is_red_up: Mapped[bool]
    is_dark: Mapped[bool]
    account_id: Mapped[int]
    valued_in: Mapped[str] = mapped_column(default="USDT", server_default="USDT")


class OrderRow(Base):
    """The ledger: the intent and its life. One conditional UPDATE makes each step."""

    __tablename__ = "order"
    __table_args__ = (
        own_account(),
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("account_id", "client_order_id"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "request_key"),
        CheckConstraint("side IN ('buy', 'sell')", name="side"),
        CheckConstraint("type IN ('market', 'limit')", name="type"),
        CheckConstraint(
            "status IN ('draft', 'declined', 'confirmed', 'sending', 'unknown', 'open',"
            " 'closed', 'canceled', 'expired', 'rejected', 'not_placed')",
            name="status",
        ),
        CheckConstraint(
            "status NOT IN ('sending', 'unknown', 'open', 'closed', 'canceled')"
            " OR sent_at IS NOT NULL",
            name="sent",
        ),
        Index("ix_order_status_expires_at", "status", "expires_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    account_id: Mapped[int]
    chat_id: Mapped[int]
    user_id: Mapped[int]
    message_id: Mapped[int | None]
    number: Mapped[int | None]
    request_key: Mapped[str | None]
    client_order_id: Mapped[str]
    exchange_order_id: Mapped[str | None]
    symbol: Mapped[str]
    side: Mapped[str]
    type: Mapped[str]
    amount: Mapped[Decimal]
    price: Mapped[Decimal | None]
    status: Mapped[str]
    quote_price: Mapped[Decimal]
    worst_cost: Mapped[Decimal]
    filled: Mapped[Decimal]
    average: Mapped[Decimal | None]
    cost: Mapped[Decimal]
    fee: Mapped[Decimal]
    fee_currency: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class FillRow(Base):
    """One venue trade of an order, applied once."""

    __tablename__ = "fill"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "order_id"], ["order.tenant_id", "order.id"]),
    )

    order_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    trade_id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    price: Mapped[Decimal]
    amount: Mapped[Decimal]
    fee: Mapped[Decimal]
    fee_currency: Mapped[str]
    is_maker: Mapped[bool]
    at: Mapped[datetime]


class AssetRow(Base):
    """Holdings as last told to the tenant."""

    __tablename__ = "asset"
    __table_args__ = (own_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wallet: Mapped[str] = mapped_column(primary_key=True, default="spot", server_default="spot")
    currency: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    free: Mapped[Decimal]
    used: Mapped[Decimal]
    synced_at: Mapped[datetime]


class AlertRow(Base):
    """A price alert."""

    __tablename__ = "alert"
    __table_args__ = (
        own_account(),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "request_key"),
        CheckConstraint("direction IN ('up', 'down')", name="direction"),
        CheckConstraint("(level IS NULL) <> (percent IS NULL)", name="one_condition"),
        Index("ix_alert_fired_at_symbol", "fired_at", "symbol"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    account_id: Mapped[int]
    chat_id: Mapped[int]
    user_id: Mapped[int]
    number: Mapped[int]
    request_key: Mapped[str | None]
    symbol: Mapped[str]
    direction: Mapped[str]
    level: Mapped[Decimal | None]
    percent: Mapped[Decimal | None]
    window_s: Mapped[int | None]
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    fired_price: Mapped[Decimal | None]
    removed_at: Mapped[datetime | None]
