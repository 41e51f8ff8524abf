"""What several use cases ask of a tenant's accounts within a transaction."""

from __future__ import annotations

from services import account_names
from services.domain.accounts import Account, AccountId
from services.errors import InvalidInput, NotAllowed, NotConnected
from services.persistence.database import TenantData


async def present(data: TenantData, account_id: AccountId) -> Account:
    """Return an account that is not removed; raises NotConnected ``account_unknown``."""
    account = await data.accounts.present(account_id)
    if account is None:
        raise NotConnected("account_unknown")
    return account


async def names(data: TenantData) -> list[str]:
    """Return the names of the accounts that are not removed."""
    return [account.name for account in await data.accounts.listed()]


async def require_free(data: TenantData, name: str, *, but: str | None = None) -> None:
    """Refuse a name that another account has; `but` is its own one.

    Raises:
        InvalidInput: ``account_name_taken`` (name, suggestion).
    """
    others = [other for other in await names(data) if other != but]
    if account_names.is_taken(name, others):
        suggestion = account_names.free(name, others)
        raise InvalidInput("account_name_taken", name=name, suggestion=suggestion)


async def leave(data: TenantData, account_id: AccountId) -> None:
    """Move everybody whose default an account is to the oldest other one.

    Raises:
        NotAllowed: ``last_account``; there is no other one.
    """
    others = [account for account in await data.accounts.all() if account.id != account_id]
    if not others:
        raise NotAllowed("last_account")
    await data.members.move_default(account_id, others[0].id)
