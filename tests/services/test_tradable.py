"""Real money moves only by a key that was proved harmless and that nobody has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.domain.accounts import Account, AccountId, Environment, KeyPermissions, TenantId
from services.errors import CredentialsRejected
from services.tradable import check_tradable

GOOD = KeyPermissions(can_read=True, can_trade=True, can_withdraw=False, can_transfer=False)
LIVE = Account(
    AccountId(1),
    TenantId(1),
    "Main",
    "okx",
    Environment.LIVE,
    credentials_version=1,
    permissions=GOOD,
)


def objection(account: Account, *, may_attest: bool = False) -> str | None:
    try:
        check_tradable(account, may_attest=may_attest)
    except CredentialsRejected as refusal:
        return refusal.code
    return None


def test_a_proved_key_trades() -> None:
    assert objection(LIVE) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_exposed": True}, "account_exposed"),
        ({"permissions": None}, "account_key_refused"),
        ({"permissions": replace(GOOD, can_withdraw=True)}, "account_key_unsafe"),
        ({"permissions": replace(GOOD, can_transfer=True)}, "account_key_unsafe"),
        ({"permissions": replace(GOOD, unknown=("gifts",))}, "account_key_unsafe"),
        ({"permissions": replace(GOOD, is_verified=False)}, "account_key_unverified"),
        ({"permissions": replace(GOOD, can_trade=False)}, "account_read_only"),
        ({"permissions": replace(GOOD, can_read=False)}, "account_read_only"),
    ],
)
def test_any_other_does_not(changes: dict[str, Any], code: str) -> None:
    assert objection(replace(LIVE, **changes)) == code


@pytest.mark.parametrize("environment", [Environment.PAPER, Environment.SANDBOX])
@pytest.mark.parametrize(
    "changes",
    [{}, {"is_exposed": True}, {"permissions": None}],
)
def test_play_money_always_moves(environment: Environment, changes: dict[str, Any]) -> None:
    assert objection(replace(LIVE, environment=environment, **changes)) is None


def test_a_claim_counts_where_the_operator_allows_it_and_never_beyond_itself() -> None:
    claimed = replace(LIVE, permissions=replace(GOOD, is_verified=False))

    assert objection(claimed, may_attest=True) is None
    assert objection(replace(claimed, is_exposed=True), may_attest=True) == "account_exposed"
