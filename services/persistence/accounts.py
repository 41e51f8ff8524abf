"""Accounts and members of one tenant."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import (
    Account,
    AccountId,
    Environment,
    Member,
    Role,
    TenantId,
    UserId,
)
from services.persistence.models import AccountRow, MemberRow


def account_of(row: AccountRow) -> Account:
    """Return the domain value of a row."""
    return Account(
        id=AccountId(row.id),
        tenant_id=TenantId(row.tenant_id),
        name=row.name,
        exchange=row.exchange,
        environment=Environment(row.environment),
        is_active=row.is_active,
    )


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
    )


class Accounts:
    """A tenant's exchange accounts."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def all(self) -> Sequence[Account]:
        """Return every active account, oldest first."""
        rows = await self._session.scalars(
            select(AccountRow)
            .where(AccountRow.tenant_id == self._tenant_id, AccountRow.is_active)
            .order_by(AccountRow.id)
        )
        return [account_of(row) for row in rows]

    async def get(self, account_id: AccountId) -> Account | None:
        """Return an active account of this tenant, or None."""
        row = await self._session.scalar(
            select(AccountRow).where(
                AccountRow.id == account_id,
                AccountRow.tenant_id == self._tenant_id,
                AccountRow.is_active,
            )
        )
        return None if row is None else account_of(row)


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
            )
        )
        await self._session.flush()
