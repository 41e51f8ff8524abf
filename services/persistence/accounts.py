"""Accounts and members of one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import null, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import (
    Account,
    AccountId,
    Environment,
    KeyPermissions,
    Member,
    Role,
    TenantId,
    UserId,
)
from services.persistence.messages import insert_of
from services.persistence.models import AccountRow, MemberRow

# Stands in no name that people type: theirs are normalised, which makes it a plain space.
_REMOVED_MARK = "\u00a0#"


def account_of(row: AccountRow) -> Account:
    """Return the domain value of a row."""
    return Account(
        id=AccountId(row.id),
        tenant_id=TenantId(row.tenant_id),
        name=row.name,
        exchange=row.exchange,
        environment=Environment(row.environment),
        is_active=row.is_active,
        credentials_version=row.credentials_version,
        key_hint=row.key_hint,
        is_exposed=row.is_exposed,
        permissions=None if row.permissions is None else _permissions_of(row.permissions),
        key_expires_at=row.key_expires_at,
        checked_at=row.checked_at,
        feed=row.feed,
    )


def _permissions_of(document: dict[str, Any]) -> KeyPermissions:
    ends = document["expires_at"]
    return KeyPermissions(
        **document
        | {
            "expires_at": None if ends is None else datetime.fromisoformat(ends),
            "unknown": tuple(document["unknown"]),
        }
    )


def _document_of(permissions: KeyPermissions) -> dict[str, Any]:
    ends = permissions.expires_at
    return asdict(permissions) | {
        "expires_at": None if ends is None else ends.isoformat(),
        "unknown": list(permissions.unknown),
    }


def member_of(row: MemberRow) -> Member:
    """Return the domain value of a row."""
    return Member(
        tenant_id=TenantId(row.tenant_id),
        user_id=UserId(row.user_id),
        name=row.name,
        role=Role(row.role),
        language=row.language,
        time_zone=row.time_zone,
        is_red_up=row.is_red_up,
        is_dark=row.is_dark,
        account_id=AccountId(row.account_id),
        valued_in=row.valued_in,
    )


class Accounts:
    """A tenant's exchange accounts."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def all(self) -> Sequence[Account]:
        """Return every active account, oldest first."""
        return await self._list(AccountRow.is_active)

    async def listed(self) -> Sequence[Account]:
        """Return every account that is not removed, inactive ones too, oldest first."""
        return await self._list()

    async def get(self, account_id: AccountId) -> Account | None:
        """Return an active account of this tenant, or None."""
        account = await self.find(account_id)
        return account if account is not None and account.is_active else None

    async def find(self, account_id: AccountId) -> Account | None:
        """Return an account in whatever state, removed ones too: for its orders, or None."""
        row = await self._session.scalar(
            select(AccountRow)
            .where(AccountRow.id == account_id, AccountRow.tenant_id == self._tenant_id)
            .execution_options(populate_existing=True)
        )
        return None if row is None else account_of(row)

    async def present(self, account_id: AccountId) -> Account | None:
        """Return an account that is not removed, active or not, or None."""
        found = await self._list(AccountRow.id == account_id)
        return found[0] if found else None

    async def add(
        self,
        name: str,
        exchange: str,
        environment: Environment,
        *,
        now: datetime,
        feed: str | None = None,
    ) -> Account | None:
        """Insert an account without a key; None, and nothing happens, if the name is taken."""
        result = await self._session.execute(
            insert_of(self._session)(AccountRow)
            .values(
                tenant_id=self._tenant_id,
                name=name,
                exchange=exchange,
                environment=environment.value,
                is_active=True,
                created_at=now,
                credentials_version=0,
                is_exposed=False,
                feed=feed,
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "name"])
            .returning(AccountRow.id)
        )
        account_id = result.scalar_one_or_none()
        return None if account_id is None else await self.find(AccountId(account_id))

    async def rename(self, account_id: AccountId, name: str) -> bool:
        """Give an account another name; False, and nothing happens, if that is taken."""
        try:
            async with self._session.begin_nested():
                return await self._update(account_id, name=name)
        except IntegrityError:
            return False

    async def set_active(self, account_id: AccountId, *, is_active: bool) -> bool:
        """Switch an account on or off; False if there is none, or it is removed."""
        return await self._update(account_id, is_active=is_active)

    async def set_feed(self, account_id: AccountId, feed: str | None) -> bool:
        """Give a paper account the prices of another venue; its gateway is opened anew."""
        version = AccountRow.credentials_version + 1
        return await self._update(account_id, feed=feed, credentials_version=version)

    async def set_exposed(self, account_id: AccountId, *, is_exposed: bool) -> bool:
        """Note whether a secret of an account may still stand in the chat."""
        return await self._update(account_id, is_exposed=is_exposed)

    async def set_key(self, account_id: AccountId, *, hint: str | None, is_exposed: bool) -> bool:
        """Note what is shown of an account's new key, and whether it was seen."""
        return await self._update(account_id, key_hint=hint, is_exposed=is_exposed)

    async def checked(
        self, account_id: AccountId, permissions: KeyPermissions | None, *, now: datetime
    ) -> bool:
        """Keep what the venue says of an account's key; None: it does not take it."""
        return await self._update(
            account_id,
            permissions=null() if permissions is None else _document_of(permissions),
            key_expires_at=None if permissions is None else permissions.expires_at,
            checked_at=now,
        )

    async def remove(self, account: Account, *, now: datetime) -> bool:
        """Forget an account's key and free its name; its orders keep pointing at it."""
        return await self._update(
            account.id,
            name=f"{account.name}{_REMOVED_MARK}{account.id}",
            is_active=False,
            removed_at=now,
            credentials=None,
            credentials_version=account.credentials_version + 1,
            data_key_version=None,
            key_hint=None,
            permissions=null(),
            key_expires_at=None,
        )

    async def _update(self, account_id: AccountId, **values: Any) -> bool:
        result = await self._session.execute(
            update(AccountRow)
            .where(
                AccountRow.id == account_id,
                AccountRow.tenant_id == self._tenant_id,
                AccountRow.removed_at.is_(None),
            )
            .values(**values)
            .returning(AccountRow.id)
            .execution_options(synchronize_session=False)
        )
        return result.scalar_one_or_none() is not None

    async def _list(self, *criteria: Any) -> Sequence[Account]:
        rows = await self._session.scalars(
            select(AccountRow)
            .where(
                AccountRow.tenant_id == self._tenant_id,
                AccountRow.removed_at.is_(None),
                *criteria,
            )
            .order_by(AccountRow.id)
            .execution_options(populate_existing=True)
        )
        return [account_of(row) for row in rows]


class Members:
    """The people of a tenant and their preferences."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def get(self, user_id: UserId) -> Member | None:
        """Return a member, or None for anybody else."""
        row = await self._session.scalar(
            select(MemberRow).where(
                MemberRow.tenant_id == self._tenant_id, MemberRow.user_id == user_id
            )
        )
        return None if row is None else member_of(row)

    async def save(self, member: Member) -> None:
        """Write a member's role and preferences; the member must exist."""
        await self._session.execute(
            update(MemberRow)
            .where(MemberRow.tenant_id == self._tenant_id, MemberRow.user_id == member.user_id)
            .values(
                role=member.role.value,
                language=member.language,
                time_zone=member.time_zone,
                is_red_up=member.is_red_up,
                is_dark=member.is_dark,
                account_id=member.account_id,
                valued_in=member.valued_in,
            )
        )

    async def add(self, member: Member) -> None:
        """Insert a member; the pair of tenant and user must be new."""
        self._session.add(
            MemberRow(
                tenant_id=self._tenant_id,
                user_id=member.user_id,
                name=member.name,
                role=member.role.value,
                language=member.language,
                time_zone=member.time_zone,
                is_red_up=member.is_red_up,
                is_dark=member.is_dark,
                account_id=member.account_id,
                valued_in=member.valued_in,
            )
        )
        await self._session.flush()

    async def move_default(self, old: AccountId, new: AccountId) -> None:
        """Give everybody whose default account is `old` another one of this tenant."""
        await self._session.execute(
            update(MemberRow)
            .where(MemberRow.tenant_id == self._tenant_id, MemberRow.account_id == old)
            .values(account_id=new)
        )
