"""Credentials of accounts, sealed for their destination, and the keys behind them.

A tenant gets its data key with its first credentials. Nothing that was opened is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from services.clock import Now, utc_now
from services.domain.accounts import Account, TenantId
from services.domain.secrets import Credentials, SealedCredentials, WrappedKey
from services.key_checks import SEAL, SEAL_PLACE, SEAL_TEXT, Verification, opened, verify
from services.key_rotation import OnProgress, Rotation, rotate
from services.persistence.database import Database, SystemData, TenantData
from services.persistence.keys import HeldCredentials
from services.vault import DataKey, Destination, SealBrokenError, UnknownKeyError, Vault

_log = structlog.get_logger(__name__)


class ForeignKeyError(Exception):
    """The master keys are not those of this database.

    Attributes:
        key_id: The id of the database's own, None where it is not known.
    """

    def __init__(self, key_id: str | None) -> None:
        super().__init__(key_id)
        self.key_id = key_id


class MissingKeyError(Exception):
    """Rows are sealed under a master key that was not given.

    Attributes:
        key_id: Its id.
    """

    def __init__(self, key_id: str) -> None:
        super().__init__(key_id)
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Status:
    """What is sealed under which master key, by its id.

    Attributes:
        writes: The key that seals what is new.
        reads: All keys that were given.
        seal: The key of the known text; None for one that names no key, or none yet.
        data_keys: How many data keys are under each.
        credentials: How many accounts have credentials.
    """

    writes: str
    reads: tuple[str, ...]
    seal: str | None
    data_keys: Mapping[str, int]
    credentials: int


class Keyring:
    """Seals and opens the credentials of accounts, and looks after the keys."""

    def __init__(self, database: Database, vault: Vault, *, now: Now = utc_now) -> None:
        self._database = database
        self._vault = vault
        self._now = now

    async def seal_credentials(
        self, account: Account, credentials: Credentials
    ) -> SealedCredentials:
        """Seal an account's next credentials, version `account.credentials_version` + 1.

        Opens a write transaction; inside of one, use `seal_within`. Store the result with
        `TenantData.keys.put`, which notices when it is out of date.

        Raises:
            SealBrokenError: The tenant's data key does not open.
        """
        async with self._database.write(account.tenant_id) as data:
            return await self.seal_within(data, account, credentials)

    async def seal_within(
        self, data: TenantData, account: Account, credentials: Credentials
    ) -> SealedCredentials:
        """Seal as `seal_credentials` does, in a write transaction that is open already."""
        key = self._vault.data_key(await self._sealing_key(data, account.tenant_id))
        text = json.dumps(credentials.reveal(), ensure_ascii=False)
        return _sealed(text, key, account, account.credentials_version + 1)

    async def open_credentials(self, account: Account, sealed: SealedCredentials) -> Credentials:
        """Open what was sealed for this account.

        Raises:
            SealBrokenError: It belongs to another tenant, account, exchange, environment or
                version, or was changed. It is logged as an alarm.
        """
        async with self._database.read(account.tenant_id) as data:
            key = await data.keys.get(sealed.data_key_version)
        try:
            text = opened(self._vault, HeldCredentials(account, sealed, key))
        except SealBrokenError:
            _log.error("credentials_broken", tenant=account.tenant_id, account=account.id)
            raise
        return Credentials.of(json.loads(text))

    async def check(self) -> None:
        """Make sure that the master keys are this database's; a new one is sealed with the first.

        Raises:
            ForeignKeyError: They are not; nothing was changed.
            MissingKeyError: Rows need another key besides; nothing was changed.
        """
        async with self._database.read_all() as data:
            seal = await data.directory.seal()
            needed = await self._needed(data)
        if seal is not None:
            self._check_seal(seal)
        for key_id in sorted(needed - set(self._vault.key_ids)):
            raise MissingKeyError(key_id)
        if seal is None:
            body = self._vault.seal(SEAL_TEXT, purpose=SEAL, place=SEAL_PLACE)
            async with self._database.write_all() as data:
                await data.directory.set_seal(body)

    async def rotate(self, on_progress: OnProgress = lambda _done: None) -> Rotation:
        """Move everything to the vault's writing key; call again after an interruption.

        No other process may use the database.
        """
        return await rotate(self._database, self._vault, on_progress)

    async def rekey(self, tenant_id: TenantId) -> int:
        """Give a tenant a new data key and seal its credentials anew; all of it or nothing.

        Returns:
            How many accounts' credentials were sealed anew.

        Raises:
            SealBrokenError: Some don't open; nothing was changed.
        """
        async with self._database.write(tenant_id) as data:
            await data.keys.lock()
            newest = await data.keys.newest()
            if newest is None:
                return 0
            fresh = self._vault.new_data_key(tenant_id, newest.version + 1)
            await data.keys.add(fresh, now=self._now())
            key, held = self._vault.data_key(fresh), await data.keys.credentials()
            for each in held:
                await self._move(data, each, key)
            await data.keys.forget_before(fresh.version)
        return len(held)

    async def tenants(self) -> list[TenantId]:
        """Return the tenants that have a data key."""
        async with self._database.read_all() as data:
            return list(await data.keys.tenants())

    async def verify(self) -> Verification:
        """Open everything once and count."""
        return await verify(self._database, self._vault)

    async def status(self) -> Status:
        """Count what is sealed under which key, without opening it."""
        async with self._database.read_all() as data:
            seal = await data.directory.seal()
            return Status(
                writes=self._vault.key_id,
                reads=self._vault.key_ids,
                seal=None if seal is None else self._vault.sealed_by(seal),
                data_keys=await data.keys.keys_by_master(),
                credentials=await data.keys.credentials_count(),
            )

    async def _sealing_key(self, data: TenantData, tenant_id: TenantId) -> WrappedKey:
        await data.keys.lock()
        newest = await data.keys.newest()
        if newest is None:
            newest = self._vault.new_data_key(tenant_id, 1)
            await data.keys.add(newest, now=self._now())
        return newest

    async def _move(self, data: TenantData, held: HeldCredentials, key: DataKey) -> None:
        account, old = held.account, held.sealed
        behind = await data.keys.get(old.data_key_version)
        text = opened(self._vault, replace(held, key=behind))
        if not await data.keys.reseal(account.id, old, _sealed(text, key, account, old.version)):
            raise SealBrokenError

    async def _needed(self, data: SystemData) -> set[str]:
        heads = await data.keys.update_heads(len(self._vault.head))
        named = {self._vault.sealed_by(head) for head in heads}
        return {*await data.keys.keys_by_master(), *(name for name in named if name)}

    def _check_seal(self, seal: bytes) -> None:
        try:
            self._vault.open(seal, purpose=SEAL, place=SEAL_PLACE)
        except UnknownKeyError as unknown:
            raise ForeignKeyError(unknown.key_id) from None
        except SealBrokenError:
            raise ForeignKeyError(None) from None


def _sealed(text: str, key: DataKey, account: Account, version: int) -> SealedCredentials:
    body = key.seal(text, Destination.of(account, row_version=version))
    return SealedCredentials(body, version, key.version)
