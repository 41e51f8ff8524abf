"""Holdings and positions of one tenant as they were last seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import (
    AccountId,
    Balance,
    Position,
    PositionSide,
    TenantId,
    Wallet,
)
from services.persistence.models import AssetRow
from services.persistence.models_market import PositionRow

Wallets = Mapping[Wallet, Mapping[str, Balance]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an account held when it was last read; `at` is None before the first time."""

    wallets: Wallets
    positions: tuple[Position, ...]
    at: datetime | None


class Assets:
    """The last snapshot of each account."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def snapshot(self, account_id: AccountId) -> Snapshot:
        """Return the last snapshot of an account."""
        rows = await self._session.scalars(
            select(AssetRow).where(
                AssetRow.tenant_id == self._tenant_id, AssetRow.account_id == account_id
            )
        )
        wallets: dict[Wallet, dict[str, Balance]] = {}
        seen = []
        for row in rows:
            seen.append(row.synced_at)
            held = wallets.setdefault(Wallet(row.wallet), {})
            if row.currency:
                held[row.currency] = Balance(row.currency, row.free, row.used)
        positions = await self._session.scalars(
            select(PositionRow)
            .where(PositionRow.tenant_id == self._tenant_id, PositionRow.account_id == account_id)
            .order_by(PositionRow.symbol, PositionRow.side)
        )
        return Snapshot(wallets, tuple(map(_position_of, positions)), max(seen, default=None))

    async def replace(
        self,
        account_id: AccountId,
        wallets: Wallets,
        positions: Sequence[Position] = (),
        *,
        now: datetime,
    ) -> None:
        """Make this the snapshot of the account; an empty wallet is remembered as read."""
        for table in (AssetRow, PositionRow):
            await self._session.execute(
                delete(table).where(
                    table.tenant_id == self._tenant_id, table.account_id == account_id
                )
            )
        nothing = Balance("", Decimal(0), Decimal(0))
        self._session.add_all(
            self._row(account_id, wallet, balance, now)
            for wallet, held in wallets.items()
            for balance in [*held.values(), nothing]
        )
        self._session.add_all(
            PositionRow(
                account_id=account_id,
                symbol=position.symbol,
                side=position.side.value,
                tenant_id=self._tenant_id,
                amount=position.amount,
                entry_price=position.entry_price,
                mark_price=position.mark_price,
                unrealized=position.unrealized,
                liquidation_price=position.liquidation_price,
                leverage=position.leverage,
                synced_at=now,
            )
            for position in positions
        )
        await self._session.flush()

    async def expect(self, account_id: AccountId, changes: Mapping[str, Decimal]) -> None:
        """Move the trading wallet by what our own orders did; nothing before the first read."""
        rows = await self._session.scalars(
            select(AssetRow)
            .where(
                AssetRow.tenant_id == self._tenant_id,
                AssetRow.account_id == account_id,
                AssetRow.wallet == Wallet.SPOT.value,
            )
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
                balance = Balance(currency, change, Decimal(0))
                self._session.add(self._row(account_id, Wallet.SPOT, balance, synced_at))
        await self._session.flush()

    def _row(
        self, account_id: AccountId, wallet: Wallet, balance: Balance, now: datetime
    ) -> AssetRow:
        return AssetRow(
            account_id=account_id,
            wallet=wallet.value,
            currency=balance.currency,
            tenant_id=self._tenant_id,
            free=balance.free,
            used=balance.used,
            synced_at=now,
        )


def _position_of(row: PositionRow) -> Position:
    return Position(
        symbol=row.symbol,
        side=PositionSide(row.side),
        amount=row.amount,
        entry_price=row.entry_price,
        mark_price=row.mark_price,
        liquidation_price=row.liquidation_price,
        unrealized=row.unrealized,
        leverage=row.leverage,
    )
