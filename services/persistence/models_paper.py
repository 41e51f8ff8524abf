"""Tables of the paper venue's own books."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.persistence.models import Base, RowId


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
