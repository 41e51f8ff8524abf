"""Who: tenants, members, chats and the exchange accounts they trade on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

TenantId = NewType("TenantId", int)
AccountId = NewType("AccountId", int)
ChatId = NewType("ChatId", int)
UserId = NewType("UserId", int)


class Role(StrEnum):
    """What a person may do within a tenant, weakest first."""

    VIEWER = "viewer"
    TRADER = "trader"
    OWNER = "owner"


class Permission(StrEnum):
    """What a handler needs; `Role.may` is the whole table."""

    LOOK = "look"
    TRADE = "trade"
    MANAGE = "manage"


_RIGHTS = {
    Role.VIEWER: frozenset({Permission.LOOK}),
    Role.TRADER: frozenset({Permission.LOOK, Permission.TRADE}),
    Role.OWNER: frozenset(Permission),
}


def may(role: Role, permission: Permission) -> bool:
    """Tell whether a role carries a permission; deny by default."""
    return permission in _RIGHTS[role]


class Environment(StrEnum):
    """Where an account's orders end: real money, a venue's sandbox, or the built-in venue."""

    LIVE = "live"
    SANDBOX = "sandbox"
    PAPER = "paper"


class Wallet(StrEnum):
    """Where a venue keeps holdings; `SPOT` is the trading wallet that spot orders use."""

    SPOT = "spot"
    FUNDING = "funding"
    MARGIN = "margin"
    SWAP = "swap"


@dataclass(frozen=True, slots=True)
class KeyPermissions:
    """What a key may do, as its venue says.

    Attributes:
        can_read: Balances and orders may be read.
        can_trade: Spot orders may be placed.
        can_withdraw: Money may leave the account: refused.
        can_transfer: Money may move between users or sub-accounts: refused.
        is_verified: False where the venue has no way to ask; then the rest is a claim.
        ip_bound: Whether only listed addresses may use it; None where the venue does not say.
        expires_at: When the venue stops taking it; None: never, or not told.
        unknown: Names of rights that this version does not know: refused.
    """

    can_read: bool
    can_trade: bool
    can_withdraw: bool
    can_transfer: bool
    is_verified: bool = True
    ip_bound: bool | None = None
    expires_at: datetime | None = None
    unknown: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Proved that no money can leave by this key."""
        return (
            self.is_verified
            and self.can_read
            and not (self.can_withdraw or self.can_transfer or self.unknown)
        )


@dataclass(frozen=True, slots=True)
class Account:
    """An exchange account of a tenant.

    Attributes:
        name: Unique within the tenant, as the user called it.
        exchange: ccxt id of the venue, or ``paper``.
        is_active: False while its owner has switched it off.
        credentials_version: Counts the keys it has had; a client of an older one is closed.
        key_hint: Last characters of the key id; None without a key.
        is_exposed: A secret of it may still stand in the chat: no live order until it is
            replaced.
        permissions: What its key may do, as last checked; None before the first check.
        key_expires_at: When the venue will stop taking the key; None: never, or not told.
        checked_at: When the permissions were last read.
        feed: For paper: the venue whose public prices it takes; None for the synthetic market.
    """

    id: AccountId
    tenant_id: TenantId
    name: str
    exchange: str
    environment: Environment
    is_active: bool = True
    credentials_version: int = 0
    key_hint: str | None = None
    is_exposed: bool = False
    permissions: KeyPermissions | None = None
    key_expires_at: datetime | None = None
    checked_at: datetime | None = None
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person within a tenant, with the person's own preferences.

    Attributes:
        language: ``en`` or ``zh_Hans``.
        time_zone: IANA name.
        is_red_up: True paints rises red, as mainland China does.
        is_dark: True draws charts on a dark background.
        account_id: The default account for orders and balances.
        valued_in: The currency in which the worth of holdings is told.
    """

    tenant_id: TenantId
    user_id: UserId
    name: str
    role: Role
    language: str
    time_zone: str
    is_red_up: bool
    is_dark: bool
    account_id: AccountId
    valued_in: str = "USDT"


@dataclass(frozen=True, slots=True)
class Balance:
    """Holdings of one currency on one account, in units of that currency, never negative."""

    currency: str
    free: Decimal
    used: Decimal

    @property
    def total(self) -> Decimal:
        """Free plus what open orders hold."""
        return self.free + self.used


class PositionSide(StrEnum):
    """Direction of a position."""

    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Position:
    """An open contract position.

    Attributes:
        amount: In base, positive.
        entry_price: In quote, as the two below.
        mark_price: None where the venue does not say, as with everything below.
        unrealized: Profit in the settle currency; negative is a loss.
        leverage: As a factor.
    """

    symbol: str
    side: PositionSide
    amount: Decimal
    entry_price: Decimal
    mark_price: Decimal | None
    liquidation_price: Decimal | None
    unrealized: Decimal | None
    leverage: Decimal | None
