"""Rows of accounts: names are unique, removed ones are gone for all but their orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.domain.accounts import Account, Environment, KeyPermissions, Member
from services.persistence.database import Database
from tests.clock import Clock

GOOD = KeyPermissions(can_read=True, can_trade=True, can_withdraw=False, can_transfer=False)


@pytest.fixture
async def account(any_database: Database, member: Member, clock: Clock) -> Account:
    async with any_database.write(member.tenant_id) as data:
        added = await data.accounts.add("Main", "okx", Environment.LIVE, now=clock())
    assert added is not None
    return added


async def test_a_new_account_has_no_key_and_is_active(account: Account) -> None:
    assert account.is_active
    assert account.credentials_version == 0
    assert account.key_hint is None
    assert account.permissions is None
    assert not account.is_exposed


async def test_a_taken_name_adds_nothing_and_the_transaction_goes_on(
    any_database: Database, member: Member, account: Account, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        assert await data.accounts.add("Main", "okx", Environment.LIVE, now=clock()) is None
        assert not await data.accounts.rename(account.id, "Paper")
        assert await data.accounts.rename(account.id, "Other")

    async with any_database.read(member.tenant_id) as data:
        assert [a.name for a in await data.accounts.listed()] == ["Paper", "Other"]


@pytest.mark.parametrize(
    "permissions",
    [
        GOOD,
        replace(GOOD, is_verified=False, can_withdraw=True, ip_bound=False),
        replace(GOOD, ip_bound=True, unknown=("enableGifts", "…")),
        None,
    ],
)
async def test_what_the_venue_said_comes_back_as_it_was(
    any_database: Database,
    member: Member,
    account: Account,
    clock: Clock,
    permissions: KeyPermissions | None,
) -> None:
    ends = clock() + timedelta(days=90, microseconds=1)
    said = permissions and replace(permissions, expires_at=ends)
    async with any_database.write(member.tenant_id) as data:
        assert await data.accounts.checked(account.id, said, now=clock())

    async with any_database.read(member.tenant_id) as data:
        stored = await data.accounts.get(account.id)

    assert stored is not None
    assert stored.permissions == said
    assert stored.key_expires_at == (None if said is None else ends)
    assert stored.checked_at == clock()


async def test_inactive_and_removed_accounts_are_told_apart(
    any_database: Database, member: Member, account: Account, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        await data.accounts.set_active(account.id, is_active=False)
        assert await data.accounts.get(account.id) is None
        assert account.id not in {a.id for a in await data.accounts.all()}
        assert await data.accounts.present(account.id) is not None
        assert account.id in {a.id for a in await data.accounts.listed()}

        assert await data.accounts.remove(account, now=clock())
        assert await data.accounts.present(account.id) is None
        assert account.id not in {a.id for a in await data.accounts.listed()}
        assert await data.accounts.find(account.id) is not None


async def test_a_removed_account_does_not_change_any_more(
    any_database: Database, member: Member, account: Account, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        await data.accounts.remove(account, now=clock())

        assert not await data.accounts.remove(account, now=clock())
        assert not await data.accounts.set_active(account.id, is_active=True)
        assert not await data.accounts.rename(account.id, "Back")
        assert not await data.accounts.checked(account.id, GOOD, now=clock())
        assert not await data.accounts.set_exposed(account.id, is_exposed=True)


async def test_a_removed_name_can_be_given_and_removed_again(
    any_database: Database, member: Member, account: Account, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        await data.accounts.remove(account, now=clock())
        again = await data.accounts.add("Main", "okx", Environment.LIVE, now=clock())
        assert again is not None
        assert await data.accounts.remove(again, now=clock())


async def test_the_default_of_a_newcomer_is_an_active_account(
    any_database: Database, member: Member, account: Account
) -> None:
    async with any_database.write(member.tenant_id) as data:
        await data.accounts.set_active(member.account_id, is_active=False)

    async with any_database.read_all() as everything:
        default = await everything.directory.default_account(member.tenant_id)

    assert default.id == account.id
