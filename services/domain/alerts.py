"""Price alerts: a level to cross, or a move within a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from services.domain.accounts import AccountId, ChatId, TenantId, UserId

AlertId = NewType("AlertId", int)


class Direction(StrEnum):
    """Which way the price must go."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class PriceCross:
    """Fires when the price, having been on the other side, reaches `level` (in quote)."""

    direction: Direction
    level: Decimal


@dataclass(frozen=True, slots=True)
class PercentMove:
    """Fires when the price moves by `percent` (> 0; 5 = 5 %) or more within `window`."""

    direction: Direction
    percent: Decimal
    window: timedelta


Condition = PriceCross | PercentMove


@dataclass(frozen=True, slots=True)
class AlertWish:
    """An alert in the user's words.

    Attributes:
        coin: As `OrderWish.coin`.
        direction: None for "btc 70000": the side follows from where the price is now.
        level: Price in quote, or None when `percent` stands.
        percent: Positive, or None when `level` stands.
        window: For `percent`.
    """

    coin: str
    direction: Direction | None
    level: Decimal | None = None
    percent: Decimal | None = None
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A stored alert.

    Attributes:
        number: What the user calls it, counted per tenant.
        fired_at: None while it watches.
        fired_price: Price in quote that fired it, else None.
    """

    id: AlertId
    tenant_id: TenantId
    account_id: AccountId
    chat_id: ChatId
    user_id: UserId
    number: int
    symbol: str
    condition: Condition
    created_at: datetime
    fired_at: datetime | None
    fired_price: Decimal | None
