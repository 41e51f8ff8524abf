"""Credentials open for the account that they were sealed for; keys are changed without a loss."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.domain.accounts import Account, AccountId, ChatId, Environment, TenantId
from services.inbox import Handle, Inbox
from services.keyring import ForeignKeyError, Keyring, MissingKeyError
from services.persistence.database import Database
from services.persistence.engine import sqlite_path
from services.vault import SealBrokenError, Vault
from services.vault_keys import MasterKey, new_key
from tests import databases
from tests.clock import Clock
from tests.robustness.first_format import FIRST_KEY, FIRST_SEAL, FIRST_TEXT, FIRST_UPDATE
from tests.services.vault_world import (
    CANARY,
    credentials_of,
    edit,
    look,
    open_accounts,
    store,
    stored,
)

KEY, NEWER = new_key(), new_key()
OLD_ID, NEW_ID = MasterKey(KEY).id, MasterKey(NEWER).id
ONE, TWO, THREE = credentials_of(1), credentials_of(2), credentials_of(3)
CHAT = ChatId(7)


@pytest.fixture
def keyring(any_database: Database, clock: Clock) -> Keyring:
    return Keyring(any_database, Vault(KEY), now=clock)


@pytest.fixture
def newer(any_database: Database, clock: Clock) -> Keyring:
    """After the operator added a key: it writes, the old one reads."""
    return Keyring(any_database, Vault(NEWER, (KEY,)), now=clock)


@pytest.fixture
async def account(any_url: str) -> Account:
    [account] = await open_accounts(any_url)
    return account


async def test_credentials_open_as_they_were_sealed(
    any_database: Database, keyring: Keyring, account: Account
) -> None:
    await store(any_database, keyring, account, ONE)

    sealed = await stored(any_database, account)

    assert (sealed.version, sealed.data_key_version) == (1, 1)
    assert await keyring.open_credentials(account, sealed) == ONE


async def test_an_account_without_credentials_has_none(
    any_database: Database, account: Account
) -> None:
    async with any_database.read(account.tenant_id) as data:
        assert await data.keys.credentials_of(account.id) is None
        assert await data.keys.credentials_of(AccountId(99_999)) is None


async def test_sealing_at_the_same_time_makes_one_data_key(
    any_url: str, keyring: Keyring, account: Account, clock: Clock
) -> None:
    async with databases.opened(any_url) as beside:
        elsewhere = Keyring(beside, Vault(KEY), now=clock)
        sealed = await asyncio.gather(
            *(ring.seal_credentials(account, ONE) for ring in (keyring, elsewhere) * 15)
        )

    assert await look(any_url, "SELECT tenant_id, version FROM tenant_key") == [
        (account.tenant_id, 1)
    ]
    for each in sealed:
        assert await keyring.open_credentials(account, each) == ONE


async def test_only_the_next_version_is_stored(
    any_database: Database, keyring: Keyring, account: Account
) -> None:
    first, second = [await keyring.seal_credentials(account, each) for each in (ONE, TWO)]

    async with any_database.write(account.tenant_id) as data:
        stored_first = await data.keys.put(account.id, first)
        stored_second = await data.keys.put(account.id, second)

    assert (stored_first, stored_second) == (True, False)
    assert await keyring.open_credentials(account, await stored(any_database, account)) == ONE


async def test_an_older_blob_is_refused_where_the_version_moved_on(
    any_database: Database, any_url: str, keyring: Keyring, account: Account
) -> None:
    old = await store(any_database, keyring, account, ONE)
    await store(any_database, keyring, replace(account, credentials_version=1), TWO)

    await edit(any_url, "UPDATE exchange_account SET credentials = :body", body=old.body)

    sealed = await stored(any_database, account)
    assert sealed.version == 2
    with pytest.raises(SealBrokenError):
        await keyring.open_credentials(account, sealed)


DISPLACED = {
    "account": "the other account of the tenant",
    "tenant": "another tenant's account",
    "exchange": "the same account at another exchange",
    "environment": "the same account in another environment",
    "version": "the same account at another version",
}


@pytest.mark.parametrize("case", DISPLACED)
async def test_a_row_copied_elsewhere_does_not_open(
    any_database: Database, any_url: str, keyring: Keyring, case: str
) -> None:
    first, second, third, _ = await open_accounts(any_url, tenants=2, each=2)
    for victim in (first, second, third):
        await store(any_database, keyring, victim, ONE)
    place = {
        "account": second,
        "tenant": third,
        "exchange": replace(first, exchange="okx"),
        "environment": replace(first, environment=Environment.SANDBOX),
        "version": first,
    }[case]
    await edit(
        any_url,
        "UPDATE exchange_account SET exchange = :exchange, environment = :environment,"
        " credentials_version = :version, credentials ="
        " (SELECT a.credentials FROM exchange_account AS a WHERE a.id = :source) WHERE id = :id",
        exchange=place.exchange,
        environment=place.environment.value,
        version=2 if case == "version" else 1,
        source=first.id,
        id=place.id,
    )

    with pytest.raises(SealBrokenError):
        await keyring.open_credentials(place, await stored(any_database, place))
    assert (await keyring.verify()).credentials.broken == 1


async def test_a_data_key_copied_to_another_tenant_opens_nothing(
    any_database: Database, any_url: str, keyring: Keyring
) -> None:
    first, second = await open_accounts(any_url, tenants=2)
    for each in (first, second):
        await store(any_database, keyring, each, ONE)
    await edit(
        any_url,
        "UPDATE tenant_key SET wrapped = (SELECT k.wrapped FROM tenant_key AS k"
        " WHERE k.tenant_id = :first), master_key_id = :id WHERE tenant_id = :second",
        first=first.tenant_id,
        id=OLD_ID,
        second=second.tenant_id,
    )
    await edit(
        any_url,
        "UPDATE exchange_account SET credentials = (SELECT a.credentials FROM exchange_account"
        " AS a WHERE a.id = :first) WHERE id = :second",
        first=first.id,
        second=second.id,
    )

    with pytest.raises(SealBrokenError):
        await keyring.open_credentials(second, await stored(any_database, second))
    found = await keyring.verify()
    assert (found.data_keys.broken, found.credentials.broken) == (1, 1)


async def test_what_does_not_open_is_an_alarm_without_a_secret(
    any_database: Database, keyring: Keyring, account: Account
) -> None:
    sealed = await store(any_database, keyring, account, ONE)

    with capture_logs() as logs, pytest.raises(SealBrokenError) as broken:
        await keyring.open_credentials(replace(account, exchange="okx"), sealed)

    [alarm] = logs
    assert (alarm["event"], alarm["log_level"]) == ("credentials_broken", "error")
    assert (alarm["tenant"], alarm["account"]) == (account.tenant_id, account.id)
    assert CANARY not in f"{logs} {broken.value!r}"


async def test_credentials_without_their_data_key_are_broken_not_a_crash(
    any_database: Database, any_url: str, keyring: Keyring, account: Account
) -> None:
    sealed = await store(any_database, keyring, account, ONE)
    await edit(any_url, "DELETE FROM tenant_key")

    with pytest.raises(SealBrokenError):
        await keyring.open_credentials(account, sealed)
    assert (await keyring.verify()).credentials.broken == 1


async def test_a_new_data_key_takes_every_account_of_its_tenant_along(
    any_database: Database, any_url: str, keyring: Keyring
) -> None:
    accounts = await open_accounts(any_url, tenants=2, each=3)
    for number, each in enumerate(accounts):
        await store(any_database, keyring, each, credentials_of(number))
    removed = "UPDATE exchange_account SET is_active = :no WHERE id = :id"
    await edit(any_url, removed, no=False, id=accounts[1].id)
    before = [await stored(any_database, each) for each in accounts]

    assert await keyring.rekey(accounts[0].tenant_id) == 3

    after = [await stored(any_database, each) for each in accounts]
    assert [each.data_key_version for each in after] == [2, 2, 2, 1, 1, 1]
    assert [each.version for each in after] == [1] * 6
    assert after[3:] == before[3:]
    for number, each in enumerate(accounts):
        assert await keyring.open_credentials(each, after[number]) == credentials_of(number)
    assert await look(any_url, "SELECT version FROM tenant_key ORDER BY tenant_id") == [(2,), (1,)]
    with pytest.raises(SealBrokenError):
        await keyring.open_credentials(accounts[0], before[0])


async def test_credentials_that_a_new_data_key_overtook_are_not_stored(
    any_database: Database, keyring: Keyring, account: Account
) -> None:
    late = await keyring.seal_credentials(account, ONE)
    await keyring.rekey(account.tenant_id)

    async with any_database.write(account.tenant_id) as data:
        assert not await data.keys.put(account.id, late)

    await store(any_database, keyring, account, TWO)
    assert await keyring.open_credentials(account, await stored(any_database, account)) == TWO


async def test_storing_and_rekeying_at_the_same_time_loses_nothing(
    any_database: Database, any_url: str, keyring: Keyring, clock: Clock
) -> None:
    accounts = await open_accounts(any_url, each=8)
    tenant_id = accounts[0].tenant_id
    async with databases.opened(any_url) as beside:
        elsewhere = Keyring(beside, Vault(KEY), now=clock)
        await asyncio.gather(
            *(store(any_database, keyring, each, ONE) for each in accounts),
            *(elsewhere.rekey(tenant_id) for _ in range(4)),
        )

    for each in accounts:
        assert await keyring.open_credentials(each, await stored(any_database, each)) == ONE
    assert (await keyring.verify()).credentials.opened == len(accounts)


async def test_broken_credentials_keep_a_tenant_on_its_data_key(
    any_database: Database, any_url: str, keyring: Keyring
) -> None:
    first, second = await open_accounts(any_url, each=2)
    for each in (first, second):
        await store(any_database, keyring, each, ONE)
    await edit(
        any_url, "UPDATE exchange_account SET exchange = 'okx' WHERE id = :id", id=second.id
    )

    with pytest.raises(SealBrokenError):
        await keyring.rekey(first.tenant_id)

    assert await look(any_url, "SELECT version FROM tenant_key") == [(1,)]
    assert await keyring.open_credentials(first, await stored(any_database, first)) == ONE


async def test_a_tenant_without_a_data_key_needs_no_new_one(
    any_url: str, keyring: Keyring, account: Account
) -> None:
    assert await keyring.rekey(account.tenant_id) == 0
    assert await keyring.rekey(TenantId(99_999)) == 0
    assert await keyring.tenants() == []
    assert await look(any_url, "SELECT * FROM tenant_key") == []


async def test_after_a_rotation_the_old_key_is_not_needed(
    any_database: Database, any_url: str, keyring: Keyring, newer: Keyring, clock: Clock
) -> None:
    await keyring.check()
    accounts = await open_accounts(any_url, tenants=3, each=2)
    for number, each in enumerate(accounts):
        await store(any_database, keyring, each, credentials_of(number))
    bodies = [await stored(any_database, each) for each in accounts]
    await Inbox(any_database, Vault(KEY), now=clock).accept([(5, CHAT, "five"), (6, CHAT, "six")])
    told: list[int] = []

    done = await newer.rotate(told.append)

    assert (done.data_keys, done.updates, done.is_complete) == (3, 2, True)
    assert told == [3]
    alone = Keyring(any_database, Vault(NEWER), now=clock)
    await alone.check()
    found = await alone.verify()
    assert (found.data_keys.opened, found.credentials.opened) == (3, 6)
    assert (found.updates.opened, found.seal.opened) == (2, 1)
    assert (found.broken, found.stale) == (0, 0)
    for number, each in enumerate(accounts):
        assert await alone.open_credentials(each, bodies[number]) == credentials_of(number)
    handled: list[str] = []
    await Inbox(any_database, Vault(NEWER), now=clock).drain(CHAT, _keeping(handled))
    assert handled == ["five", "six"]
    with pytest.raises(ForeignKeyError) as refused:
        await keyring.check()
    assert refused.value.key_id == NEW_ID


async def test_a_second_rotation_finds_nothing_to_do(
    any_database: Database, keyring: Keyring, newer: Keyring, account: Account
) -> None:
    await store(any_database, keyring, account, ONE)
    await newer.rotate()

    again = await newer.rotate()

    assert (again.data_keys, again.updates, again.is_complete) == (0, 0, True)


async def test_a_database_of_the_first_format_rotates(
    any_database: Database, clock: Clock
) -> None:
    async with any_database.write_all() as data:
        await data.directory.set_seal(FIRST_SEAL)
        await data.inbox.accept(7, CHAT, FIRST_UPDATE, now=clock())
    await Keyring(any_database, Vault(FIRST_KEY), now=clock).check()
    for stranger in (Vault(NEWER), Vault(FIRST_KEY, (NEWER,))):
        with pytest.raises(ForeignKeyError):
            await Keyring(any_database, stranger, now=clock).check()

    done = await Keyring(any_database, Vault(NEWER, (FIRST_KEY,)), now=clock).rotate()

    assert (done.updates, done.is_complete) == (1, True)
    await Keyring(any_database, Vault(NEWER), now=clock).check()
    handled: list[str] = []
    await Inbox(any_database, Vault(NEWER), now=clock).drain(CHAT, _keeping(handled))
    assert handled == [FIRST_TEXT]


async def test_a_rotation_skips_what_is_broken_and_says_that_it_is_not_complete(
    any_database: Database, any_url: str, keyring: Keyring, newer: Keyring
) -> None:
    sound, broken = await open_accounts(any_url, tenants=2)
    for each in (sound, broken):
        await store(any_database, keyring, each, ONE)
    await edit(
        any_url,
        "UPDATE tenant_key SET wrapped = :body WHERE tenant_id = :id",
        body=b"qk1:" + bytes(60),
        id=broken.tenant_id,
    )

    done = await newer.rotate()

    assert not done.is_complete
    assert done.data_keys == 1
    found = done.verification
    assert (found.data_keys.broken, found.credentials.broken) == (1, 1)
    assert await newer.open_credentials(sound, await stored(any_database, sound)) == ONE


async def test_the_check_seals_a_new_database_with_its_key(
    any_database: Database, keyring: Keyring
) -> None:
    await keyring.check()
    await keyring.check()

    with pytest.raises(ForeignKeyError) as refused:
        await Keyring(any_database, Vault(NEWER)).check()
    assert refused.value.key_id == OLD_ID


@pytest.mark.parametrize("has_seal", [True, False])
async def test_the_check_refuses_rows_under_a_key_that_is_not_given(
    any_database: Database,
    any_url: str,
    keyring: Keyring,
    newer: Keyring,
    account: Account,
    *,
    has_seal: bool,
) -> None:
    if has_seal:
        await keyring.check()
    await store(any_database, newer, account, ONE)
    before = await look(any_url, "SELECT * FROM seal")

    with pytest.raises(MissingKeyError) as refused:
        await keyring.check()

    assert refused.value.key_id == NEW_ID
    assert await look(any_url, "SELECT * FROM seal") == before
    await newer.check()


async def test_the_check_refuses_waiting_updates_under_a_key_that_is_not_given(
    any_database: Database, keyring: Keyring, clock: Clock
) -> None:
    await keyring.check()
    inbox = Inbox(any_database, Vault(NEWER, (KEY,)), now=clock)
    await inbox.accept([(5, CHAT, "five")])

    with pytest.raises(MissingKeyError):
        await keyring.check()

    await inbox.drain(CHAT, _keeping([]))
    await keyring.check()


async def test_the_status_counts_by_key(
    any_database: Database, any_url: str, keyring: Keyring, newer: Keyring
) -> None:
    await keyring.check()
    first, second, third = await open_accounts(any_url, tenants=3)
    for each in (first, second):
        await store(any_database, keyring, each, ONE)
    await store(any_database, newer, third, ONE)

    status = await newer.status()

    assert (status.writes, status.reads) == (NEW_ID, (NEW_ID, OLD_ID))
    assert status.seal == OLD_ID
    assert status.data_keys == {OLD_ID: 2, NEW_ID: 1}
    assert status.credentials == 3
    found = await newer.verify()
    assert (found.stale, found.data_keys.stale) == (3, 2)


async def test_large_databases_are_read_page_by_page(
    any_database: Database, any_url: str, keyring: Keyring, newer: Keyring, clock: Clock
) -> None:
    accounts = await open_accounts(any_url, tenants=120)
    for each in accounts:
        await store(any_database, keyring, each, ONE)
    inbox = Inbox(any_database, Vault(KEY), now=clock)
    await inbox.accept([(number, CHAT, "text") for number in range(1, 121)])
    told: list[int] = []

    done = await newer.rotate(told.append)

    assert told == [100, 120]
    assert (done.data_keys, done.updates, done.is_complete) == (120, 120, True)
    found = done.verification
    assert (found.credentials.opened, found.updates.opened) == (120, 120)


async def test_no_secret_stands_in_the_files_of_a_database(
    database: Database, sqlite_url: str, clock: Clock
) -> None:
    keyring = Keyring(database, Vault(KEY), now=clock)
    accounts = await open_accounts(sqlite_url, tenants=20, each=2)
    for number, each in enumerate(accounts):
        await store(database, keyring, each, credentials_of(number))
    await keyring.rekey(accounts[0].tenant_id)
    await Keyring(database, Vault(NEWER, (KEY,)), now=clock).rotate()

    path = sqlite_path(sqlite_url)
    assert path is not None
    content = _content(path)

    assert f"{path.name}-wal" in content
    for secret in (CANARY.encode(), KEY, NEWER, KEY.hex().encode(), NEWER.hex().encode()):
        assert [name for name, held in content.items() if secret in held] == []


def _content(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}


def _keeping(handled: list[str]) -> Handle:
    async def keep(text: str) -> None:
        handled.append(text)

    return keep
