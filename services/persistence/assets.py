"""Holdings of one tenant as they were last seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import AccountId, Balance, TenantId
from services.persistence.models import AssetRow


class Assets:
    """The last snapshot of each account."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def snapshot(self, account_id: AccountId) -> Mapping[str, Balance]:
        """Return the last snapshot by currency; empty before the first."""
        rows = await self._session.scalars(
            select(AssetRow).where(
                AssetRow.tenant_id == self._tenant_id, AssetRow.account_id == account_id
            )
        )
        return {row.currency: Balance(row.currency, row.free, row.used) for row in rows}

    async def replace(
        self, account_id: AccountId, balances: Mapping[str, Balance], *, now: datetime
    ) -> None:
        """Make `balances` the snapshot of the account."""
        await self._session.execute(
            delete(AssetRow).where(
                AssetRow.tenant_id == self._tenant_id, AssetRow.account_id == account_id
            )
        )
        self._session.add_all(
            AssetRow(
                account_id=account_id,
                currency=balance.currency,
                tenant_id=self._tenant_id,
                free=balance.free,
                used=balance.used,
                synced_at=now,
            )
            for balance in balances.values()
        )
        await self._session.flush()

    async def expect(self, account_id: AccountId, changes: Mapping[str, Decimal]) -> None:
        """Move the snapshot by what our own orders did; nothing before the first snapshot."""
        rows = await self._session.scalars(
            select(AssetRow)
            .where(AssetRow.tenant_id == self._tenant_id, AssetRow.account_id == account_id)
            .with_for_update()
        )
        known = {row.currency: row for row in rows}
        if not known:
            return
        synced_at = max(row.synced_at for row in known.values())
        for currency, change in changes.items():
            if currency in known:
                known[currency].free = known[currency].free + change
            else:
                self._session.add(
                    AssetRow(
                        account_id=account_id,
                        currency=currency,
                        tenant_id=self._tenant_id,
                        free=change,
                        used=Decimal(0),
                        synced_at=synced_at,
                    )
                )
        await self._session.flush()
