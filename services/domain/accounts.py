"""Who: tenants, members, chats and the exchange accounts they trade on."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Account:
    """An exchange account of a tenant.

    Attributes:
        name: Unique within the tenant, as the user called it.
        exchange: ccxt id of the venue, or ``paper``.
    """

    id: AccountId
    tenant_id: TenantId
    name: str
    exchange: str
    environment: Environment
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """A person within a tenant, with the person's own preferences.

    Attributes:
        language: ``en`` or ``zh_Hans``.
        time_zone: IANA name.
        is_red_up: True paints rises red, as mainland China does.
        is_dark: True draws charts on a dark background.
        account_id: The default account for orders and balances.
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
