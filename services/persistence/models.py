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
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.persistence.types import ExactDecimal, UtcDateTime

# SQLite numbers rows by itself only for a column whose type is exactly INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
Document = JSON().with_variant(JSONB, "postgresql")


def _own_account() -> ForeignKeyConstraint:
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
    """An exchange account."""

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


class MemberRow(Base):
    """A person within a tenant."""

    __tablename__ = "member"
    __table_args__ = (
        _own_account(),
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


class StrangerRow(Base):
    """A person refused once; silence afterwards."""

    __tablename__ = "stranger"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    refused_at: Mapped[datetime]


class OrderRow(Base):
    """The ledger: the intent and its life. One conditional UPDATE makes each step."""

    __tablename__ = "order"
    __table_args__ = (
        _own_account(),
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
    __table_args__ = (_own_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    free: Mapped[Decimal]
    used: Mapped[Decimal]
    synced_at: Mapped[datetime]


class AlertRow(Base):
    """A price alert."""

    __tablename__ = "alert"
    __table_args__ = (
        _own_account(),
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


class PaperBalanceRow(Base):
    """The paper venue's own books: holdings."""

    __tablename__ = "paper_balance"

    account_id: Mapped[int] = mapped_column(ForeignKey("exchange_account.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    free: Mapped[Decimal]
    used: Mapped[Decimal]


class PaperOrderRow(Base):
    """The paper venue's own books: orders.

    `locked` is what is still held of the quote (buy) or base (sell) for the remainder.
    """

    __tablename__ = "paper_order"
    __table_args__ = (
        UniqueConstraint("account_id", "client_order_id"),
        CheckConstraint("status IN ('open', 'closed', 'canceled', 'expired')", name="status"),
        Index("ix_paper_order_status_symbol", "status", "symbol"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("exchange_account.id"))
    client_order_id: Mapped[str]
    symbol: Mapped[str]
    side: Mapped[str]
    type: Mapped[str]
    amount: Mapped[Decimal]
    price: Mapped[Decimal | None]
    filled: Mapped[Decimal]
    locked: Mapped[Decimal]
    status: Mapped[str]
    created_at: Mapped[datetime]
    matched_at: Mapped[datetime]


class PaperTradeRow(Base):
    """The paper venue's own books: trades."""

    __tablename__ = "paper_trade"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("paper_order.id"), index=True)
    price: Mapped[Decimal]
    amount: Mapped[Decimal]
    fee: Mapped[Decimal]
    fee_currency: Mapped[str]
    is_maker: Mapped[bool]
    at: Mapped[datetime]


class PaperMoveRow(Base):
    """A push given to the synthetic market by hand: price times `ratio` from `at` on."""

    __tablename__ = "paper_move"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    base: Mapped[str]
    ratio: Mapped[Decimal]
    at: Mapped[datetime]
