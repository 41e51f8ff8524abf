"""Tables of what trades: markets as the venues state them, and a tenant's choice of pairs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.persistence.models import Base, own_account


class MarketRow(Base):
    """A market with the venue's rules, as last synchronised; shared by all tenants."""

    __tablename__ = "market"
    __table_args__ = (
        CheckConstraint("type IN ('spot', 'swap', 'future', 'option')", name="type"),
    )

    exchange: Mapped[str] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    base: Mapped[str]
    quote: Mapped[str]
    settle: Mapped[str | None]
    contract_size: Mapped[Decimal]
    tick: Mapped[Decimal]
    lot: Mapped[Decimal]
    min_amount: Mapped[Decimal]
    max_amount: Mapped[Decimal | None]
    min_cost: Mapped[Decimal]
    maker: Mapped[Decimal]
    taker: Mapped[Decimal]
    is_active: Mapped[bool]
    synced_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class PairPolicyRow(Base):
    """Which pairs of an account may be traded at all."""

    __tablename__ = "pair_policy"
    __table_args__ = (own_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    is_listed_only: Mapped[bool]
    min_quote_volume: Mapped[Decimal | None]
    max_spread_percent: Mapped[Decimal | None]


class TradingPairRow(Base):
    """A tenant's view of one market on one account, with the rules it was last shown."""

    __tablename__ = "trading_pair"
    __table_args__ = (own_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    is_allowed: Mapped[bool]
    is_active: Mapped[bool]
    tick: Mapped[Decimal]
    lot: Mapped[Decimal]
    min_amount: Mapped[Decimal]
    max_amount: Mapped[Decimal | None]
    min_cost: Mapped[Decimal]
    updated_at: Mapped[datetime]


class PositionRow(Base):
    """An open position of an account as last synchronised; amounts in base, positive."""

    __tablename__ = "position"
    __table_args__ = (
        own_account(),
        CheckConstraint("side IN ('long', 'short')", name="side"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    amount: Mapped[Decimal]
    entry_price: Mapped[Decimal]
    mark_price: Mapped[Decimal | None]
    unrealized: Mapped[Decimal | None]
    liquidation_price: Mapped[Decimal | None]
    leverage: Mapped[Decimal | None]
    synced_at: Mapped[datetime]
