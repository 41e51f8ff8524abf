"""One-time links to the form for credentials; only digests of their secrets are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import ChatId, TenantId, UserId
from services.domain.web_forms import WebForm
from services.persistence.models_secrets import WebFormRow


class WebForms:
    """The links of one tenant's people."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def put(self, digest: bytes, form: WebForm) -> None:
        """Store a link; it takes the place of the person's earlier ones."""
        await self.drop(form.user_id)
        self._session.add(
            WebFormRow(
                digest=digest,
                tenant_id=self._tenant_id,
                chat_id=form.chat_id,
                user_id=form.user_id,
                draft=form.draft,
                expires_at=form.expires_at,
                used_at=None,
            )
        )
        await self._session.flush()

    async def drop(self, user_id: UserId) -> None:
        """Delete a person's links."""
        await self._session.execute(
            delete(WebFormRow).where(
                WebFormRow.tenant_id == self._tenant_id, WebFormRow.user_id == user_id
            )
        )


class WebDoor:
    """The links as somebody comes who has nothing but one, across tenants."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, digest: bytes, *, now: datetime) -> WebForm | None:
        """Return what a link that still opens was made for."""
        row = await self._session.scalar(
            select(WebFormRow).where(
                WebFormRow.digest == digest,
                WebFormRow.used_at.is_(None),
                WebFormRow.expires_at > now,
            )
        )
        return None if row is None else _form_of(row)

    async def use(self, digest: bytes, *, now: datetime) -> WebForm | None:
        """Use a link up; None when it opens no more. Of two at once one gets it."""
        row = await self._session.scalar(
            update(WebFormRow)
            .where(
                WebFormRow.digest == digest,
                WebFormRow.used_at.is_(None),
                WebFormRow.expires_at > now,
            )
            .values(used_at=now)
            .returning(WebFormRow)
        )
        return None if row is None else _form_of(row)

    async def forget_old(self, *, now: datetime) -> None:
        """Drop the links whose time is over."""
        await self._session.execute(delete(WebFormRow).where(WebFormRow.expires_at < now))


def _form_of(row: WebFormRow) -> WebForm:
    return WebForm(
        tenant_id=TenantId(row.tenant_id),
        chat_id=ChatId(row.chat_id),
        user_id=UserId(row.user_id),
        draft=row.draft,
        expires_at=row.expires_at,
    )
