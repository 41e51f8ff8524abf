"""What the vault stores: each tenant's data keys, and the sealed credentials of its accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import Account, AccountId, TenantId
from services.domain.secrets import SealedCredentials, WrappedKey
from services.persistence.accounts import account_of
from services.persistence.messages import StoredUpdate, insert_of
from services.persistence.models import AccountRow, TenantRow
from services.persistence.models_chat import InboxRow
from services.persistence.models_vault import TenantKeyRow

# Small enough that a transaction which seals a page anew keeps nobody waiting.
_PAGE = 100


@dataclass(frozen=True, slots=True)
class HeldCredentials:
    """An account with its sealed credentials, and the data key that they name.

    Attributes:
        key: None where the tenant has no data key of that version.
    """

    account: Account
    sealed: SealedCredentials
    key: WrappedKey | None = None


class DataKeys:
    """A tenant's data keys, and what they seal."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def newest(self) -> WrappedKey | None:
        """Return the data key that seals now, None before the first."""
        row = await self._session.scalar(
            select(TenantKeyRow)
            .where(TenantKeyRow.tenant_id == self._tenant_id)
            .order_by(TenantKeyRow.version.desc())
            .limit(1)
        )
        return None if row is None else _key_of(row)

    async def lock(self) -> None:
        """Keep other transactions that lock off this tenant's data keys until the end."""
        # The tenant's row, since a first data key has none; rows that point at it may still come.
        await self._session.execute(
            select(TenantRow.id)
            .where(TenantRow.id == self._tenant_id)
            .with_for_update(key_share=True)
        )

    async def get(self, version: int) -> WrappedKey | None:
        """Return a data key, or None."""
        row = await self._session.get(TenantKeyRow, (self._tenant_id, version))
        return None if row is None else _key_of(row)

    async def add(self, key: WrappedKey, *, now: datetime) -> None:
        """Store a data key; where the version is taken, the stored one stays."""
        insert = insert_of(self._session)
        await self._session.execute(
            insert(TenantKeyRow)
            .values(
                tenant_id=self._tenant_id,
                version=key.version,
                master_key_id=key.master_key_id,
                wrapped=key.wrapped,
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "version"])
        )

    async def forget_before(self, version: int) -> None:
        """Delete the data keys older than a version."""
        await self._session.execute(
            delete(TenantKeyRow).where(
                TenantKeyRow.tenant_id == self._tenant_id, TenantKeyRow.version < version
            )
        )

    async def credentials(self) -> Sequence[HeldCredentials]:
        """Return every account with credentials, switched off or removed ones included."""
        rows = await self._session.scalars(
            select(AccountRow)
            .where(AccountRow.tenant_id == self._tenant_id, AccountRow.credentials.is_not(None))
            .order_by(AccountRow.id)
        )
        return [_held(row) for row in rows]

    async def credentials_of(self, account_id: AccountId) -> SealedCredentials | None:
        """Return an account's sealed credentials, None where it has none."""
        row = await self._session.scalar(
            select(AccountRow).where(
                AccountRow.id == account_id, AccountRow.tenant_id == self._tenant_id
            )
        )
        return None if row is None or row.credentials is None else _held(row).sealed

    async def put(self, account_id: AccountId, sealed: SealedCredentials) -> bool:
        """Store an account's next credentials.

        False, and nothing is changed, if others were stored meanwhile or their data key is gone:
        seal again.
        """
        await self.lock()
        data_key = select(TenantKeyRow.version).where(
            TenantKeyRow.tenant_id == self._tenant_id,
            TenantKeyRow.version == sealed.data_key_version,
        )
        result = await self._session.execute(
            update(AccountRow)
            .where(
                AccountRow.id == account_id,
                AccountRow.tenant_id == self._tenant_id,
                AccountRow.credentials_version == sealed.version - 1,
                data_key.exists(),
            )
            .values(
                credentials=sealed.body,
                credentials_version=sealed.version,
                data_key_version=sealed.data_key_version,
            )
            .returning(AccountRow.id)
        )
        return result.scalar_one_or_none() is not None

    async def reseal(
        self, account_id: AccountId, old: SealedCredentials, new: SealedCredentials
    ) -> bool:
        """Put the same credentials under another data key; False if they changed meanwhile."""
        result = await self._session.execute(
            update(AccountRow)
            .where(
                AccountRow.id == account_id,
                AccountRow.tenant_id == self._tenant_id,
                AccountRow.credentials_version == old.version,
                AccountRow.data_key_version == old.data_key_version,
            )
            .values(credentials=new.body, data_key_version=new.data_key_version)
            .returning(AccountRow.id)
        )
        return result.scalar_one_or_none() is not None


class KeyStore:
    """Everything that the vault seals, across tenants: for rotation and checks.

    Pages are read in the order of their keys, each from after the last entry of the one before.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def keys(
        self, *, after: tuple[int, int], limit: int = _PAGE, not_under: str | None = None
    ) -> Sequence[WrappedKey]:
        """Return a page of data keys by tenant and version.

        Args:
            after: Tenant and version of the last one that was read, (0, 0) to begin.
            limit: Most entries.
            not_under: Leave out those under this master key.
        """
        tenant_id, version = after
        beyond = (TenantKeyRow.tenant_id > tenant_id) | (
            (TenantKeyRow.tenant_id == tenant_id) & (TenantKeyRow.version > version)
        )
        query = select(TenantKeyRow).where(beyond)
        if not_under is not None:
            query = query.where(TenantKeyRow.master_key_id != not_under)
        order = (TenantKeyRow.tenant_id, TenantKeyRow.version)
        return [
            _key_of(row)
            for row in await self._session.scalars(query.order_by(*order).limit(limit))
        ]

    async def rewrap(self, key: WrappedKey, *, old_master_key_id: str) -> bool:
        """Store a data key under another master key; False if somebody did so before."""
        result = await self._session.execute(
            update(TenantKeyRow)
            .where(
                TenantKeyRow.tenant_id == key.tenant_id,
                TenantKeyRow.version == key.version,
                TenantKeyRow.master_key_id == old_master_key_id,
            )
            .values(master_key_id=key.master_key_id, wrapped=key.wrapped)
            .returning(TenantKeyRow.version)
        )
        return result.scalar_one_or_none() is not None

    async def keys_by_master(self) -> Mapping[str, int]:
        """Count the data keys under each master key."""
        rows = await self._session.execute(
            select(TenantKeyRow.master_key_id, func.count()).group_by(TenantKeyRow.master_key_id)
        )
        return {row[0]: row[1] for row in rows}

    async def credentials(self, *, after: int, limit: int = _PAGE) -> Sequence[HeldCredentials]:
        """Return a page of accounts with credentials, by account id, 0 to begin."""
        rows = await self._session.execute(
            select(AccountRow, TenantKeyRow)
            .outerjoin(
                TenantKeyRow,
                (TenantKeyRow.tenant_id == AccountRow.tenant_id)
                & (TenantKeyRow.version == AccountRow.data_key_version),
            )
            .where(AccountRow.id > after, AccountRow.credentials.is_not(None))
            .order_by(AccountRow.id)
            .limit(limit)
        )
        return [
            replace(_held(account), key=None if key is None else _key_of(key))
            for account, key in rows
        ]

    async def credentials_count(self) -> int:
        """Count the accounts with credentials."""
        query = select(func.count()).where(AccountRow.credentials.is_not(None))
        return await self._session.scalar(query) or 0

    async def tenants(self) -> Sequence[TenantId]:
        """Return the tenants with a data key."""
        rows = await self._session.scalars(select(TenantKeyRow.tenant_id).distinct())
        return sorted(TenantId(row) for row in rows)

    async def updates(
        self, *, after: int, limit: int = _PAGE, not_head: bytes = b""
    ) -> Sequence[StoredUpdate]:
        """Return a page of unhandled updates by id, without those that start with `not_head`."""
        query = select(InboxRow).where(InboxRow.done_at.is_(None), InboxRow.update_id > after)
        if not_head:
            query = query.where(func.substr(InboxRow.body, 1, len(not_head)) != not_head)
        rows = await self._session.scalars(query.order_by(InboxRow.update_id).limit(limit))
        return [StoredUpdate(row.update_id, row.body) for row in rows]

    async def update_heads(self, length: int) -> Sequence[bytes]:
        """Return the distinct first bytes of the unhandled updates."""
        head = func.substr(InboxRow.body, 1, length)
        rows = await self._session.scalars(
            select(head).where(InboxRow.done_at.is_(None)).distinct()
        )
        return [bytes(row) for row in rows]

    async def reseal_update(self, update_id: int, body: bytes) -> None:
        """Store an update's body sealed anew, unless it was handled meanwhile."""
        await self._session.execute(
            update(InboxRow)
            .where(InboxRow.update_id == update_id, InboxRow.done_at.is_(None))
            .values(body=body)
        )


def _key_of(row: TenantKeyRow) -> WrappedKey:
    return WrappedKey(TenantId(row.tenant_id), row.version, row.master_key_id, row.wrapped)


def _held(row: AccountRow) -> HeldCredentials:
    sealed = SealedCredentials(
        row.credentials or b"", row.credentials_version, row.data_key_version or 0
    )
    return HeldCredentials(account_of(row), sealed)
