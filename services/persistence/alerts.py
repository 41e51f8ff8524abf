"""Price alerts of one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import AccountId, ChatId, TenantId, UserId
from services.domain.alerts import Alert, AlertId, Condition, Direction, PercentMove, PriceCross
from services.persistence.messages import insert_of
from services.persistence.models import AlertRow, TenantRow


def alert_of(row: AlertRow) -> Alert:
    """Return the domain value of a row."""
    return Alert(
        id=AlertId(row.id),
        tenant_id=TenantId(row.tenant_id),
        account_id=AccountId(row.account_id),
        chat_id=ChatId(row.chat_id),
        user_id=UserId(row.user_id),
        number=row.number,
        symbol=row.symbol,
        condition=_condition_of(row),
        created_at=row.created_at,
        fired_at=row.fired_at,
        fired_price=row.fired_price,
    )


def _condition_of(row: AlertRow) -> Condition:
    direction = Direction(row.direction)
    if row.level is not None:
        return PriceCross(direction, row.level)
    if row.percent is None or row.window_s is None:
        raise ValueError("an alert row holds neither level nor move")
    return PercentMove(direction, row.percent, timedelta(seconds=row.window_s))


def _columns_of(condition: Condition) -> dict[str, Any]:
    match condition:
        case PriceCross(direction, level):
            return {"direction": direction.value, "level": level}
        case PercentMove(direction, percent, window):
            seconds = int(window.total_seconds())
            return {"direction": direction.value, "percent": percent, "window_s": seconds}


class Alerts:
    """A tenant's alerts."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def add(
        self,
        symbol: str,
        condition: Condition,
        *,
        account_id: AccountId,
        chat_id: ChatId,
        user_id: UserId,
        request_key: str,
        now: datetime,
    ) -> Alert:
        """Store an alert; a `request_key` seen before returns the alert it made then."""
        known = await self._maybe(AlertRow.request_key == request_key)
        if known is not None:
            return alert_of(known)
        number = await self._session.scalar(
            update(TenantRow)
            .where(TenantRow.id == self._tenant_id)
            .values(alerts_counted=TenantRow.alerts_counted + 1)
            .returning(TenantRow.alerts_counted)
        )
        insert = insert_of(self._session)
        await self._session.execute(
            insert(AlertRow)
            .values(
                tenant_id=self._tenant_id,
                account_id=account_id,
                chat_id=chat_id,
                user_id=user_id,
                number=number,
                request_key=request_key,
                symbol=symbol,
                created_at=now,
                checked_at=now,
                **_columns_of(condition),
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "request_key"])
        )
        stored = await self._maybe(AlertRow.request_key == request_key)
        if stored is None:
            raise LookupError("the alert was just written and is not there")
        return alert_of(stored)

    async def get(self, alert_id: AlertId) -> Alert | None:
        """Return an alert of this tenant, removed or not, or None."""
        row = await self._maybe(AlertRow.id == alert_id)
        return None if row is None else alert_of(row)

    async def watching(self) -> Sequence[Alert]:
        """Return the alerts that have not fired, oldest first."""
        rows = await self._session.scalars(
            select(AlertRow)
            .where(
                AlertRow.tenant_id == self._tenant_id,
                AlertRow.fired_at.is_(None),
                AlertRow.removed_at.is_(None),
            )
            .order_by(AlertRow.number)
        )
        return [alert_of(row) for row in rows]

    async def remove(self, alert_id: AlertId, *, now: datetime) -> bool:
        """Stop an alert; it can be restored. False when it is not watching."""
        return await self._update(alert_id, AlertRow.removed_at.is_(None), removed_at=now)

    async def restore(self, alert_id: AlertId, *, now: datetime) -> bool:
        """Let a removed alert watch again, from now on."""
        return await self._update(
            alert_id, AlertRow.removed_at.is_not(None), removed_at=None, checked_at=now
        )

    async def fire(self, alert_id: AlertId, *, price: Decimal, now: datetime) -> bool:
        """Mark an alert as fired; False when it fired or was removed meanwhile."""
        return await self._update(
            alert_id, AlertRow.removed_at.is_(None), fired_at=now, fired_price=price
        )

    async def _update(self, alert_id: AlertId, *criteria: Any, **values: Any) -> bool:
        result = await self._session.execute(
            update(AlertRow)
            .where(
                AlertRow.tenant_id == self._tenant_id,
                AlertRow.id == alert_id,
                AlertRow.fired_at.is_(None),
                *criteria,
            )
            .values(**values)
            .returning(AlertRow.id)
            .execution_options(synchronize_session=False)
        )
        return len(result.all()) == 1

    async def _maybe(self, *criteria: Any) -> AlertRow | None:
        row: AlertRow | None = await self._session.scalar(
            select(AlertRow)
            .where(AlertRow.tenant_id == self._tenant_id, *criteria)
            .execution_options(populate_existing=True)
        )
        return row
