"""Whether an account may trade at all, from what is stored of it; pure."""

from __future__ import annotations

from services.domain.accounts import Account, Environment
from services.errors import CredentialsRejected


def check_tradable(account: Account, *, may_attest: bool) -> None:
    """Refuse to trade real money with a key that was seen, or that could do harm.

    Args:
        account: As it is stored.
        may_attest: The operator lets owners vouch for keys that their venue says nothing about.

    Raises:
        CredentialsRejected: ``account_exposed``; ``account_key_refused``, the venue does not
            take the key any more; ``account_key_unsafe``, it may move money out;
            ``account_key_unverified``; ``account_read_only``, it may look only.
    """
    objection = None
    if account.environment is Environment.LIVE:
        objection = _objection(account, may_attest=may_attest)
    if objection is not None:
        raise objection


def _objection(account: Account, *, may_attest: bool) -> CredentialsRejected | None:
    permissions = account.permissions
    if account.is_exposed:
        return CredentialsRejected("account_exposed")
    if permissions is None:
        return CredentialsRejected("account_key_refused")
    if permissions.can_withdraw or permissions.can_transfer or permissions.unknown:
        return CredentialsRejected("account_key_unsafe")
    if not (permissions.is_verified or may_attest):
        return CredentialsRejected("account_key_unverified")
    if not (permissions.can_read and permissions.can_trade):
        return CredentialsRejected("account_read_only")
    return None
