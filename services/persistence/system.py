"""Rows across tenants: who may come in, and what the sweeps look for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import (
    Account,
    AccountId,
    ChatId,
    Environment,
    Member,
    Role,
    TenantId,
    UserId,
)
from services.domain.alerts import Alert
from services.domain.orders import Order, OrderStatus
from services.persistence.accounts import account_of, member_of
from services.persistence.alerts import alert_of
from services.persistence.messages import insert_of
from services.persistence.models import (
    AccountRow,
    AlertRow,
    ChatRow,
    MemberRow,
    OrderRow,
    TenantRow,
)
from services.persistence.models_chat import (
    ButtonRow,
    ConversationRow,
    InboxRow,
    OutboxRow,
    SealRow,
    StrangerRow,
)
from services.persistence.orders import order_of

_UNSETTLED = (
    OrderStatus.CONFIRMED,
    OrderStatus.SENDING,
    OrderStatus.UNKNOWN,
    OrderStatus.OPEN,
)
# Telegram keeps updates for 24 h; twice that, and no id can come again.
_INBOX_KEPT = timedelta(hours=48)
_SENT_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person about to get a tenant, with the first guesses for the preferences."""

    user_id: UserId
    name: str
    language: str
    time_zone: str


class Directory:
    """Which tenant a chat belongs to, and who is a member there."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def tenant_of(self, chat_id: ChatId) -> TenantId | None:
        """Return the tenant that a chat belongs to, or None."""
        row = await self._session.get(ChatRow, chat_id)
        return None if row is None else TenantId(row.tenant_id)

    async def member(self, tenant_id: TenantId, user_id: UserId) -> Member | None:
        """Return the member, or None."""
        row = await self._session.get(MemberRow, (tenant_id, user_id))
        return None if row is None else member_of(row)

    async def is_owner(self, user_id: UserId) -> bool:
        """Tell whether the person owns a tenant."""
        owns = (MemberRow.user_id == user_id, MemberRow.role == Role.OWNER.value)
        query = select(MemberRow.user_id).where(*owns).limit(1)
        return await self._session.scalar(query) is not None

    async def has_owner(self) -> bool:
        """Tell whether anybody owns a tenant here yet."""
        query = select(MemberRow.user_id).where(MemberRow.role == Role.OWNER.value).limit(1)
        return await self._session.scalar(query) is not None

    async def open_tenant(self, chat_id: ChatId, person: Newcomer, *, now: datetime) -> Member:
        """Make a tenant of a chat: its owner and a paper account."""
        tenant = TenantRow(orders_counted=0, alerts_counted=0, created_at=now)
        self._session.add(tenant)
        await self._session.flush()
        account = AccountRow(
            tenant_id=tenant.id,
            name="Paper",
            exchange="paper",
            environment=Environment.PAPER.value,
            is_active=True,
            created_at=now,
        )
        self._session.add_all(
            [account, ChatRow(id=chat_id, tenant_id=tenant.id, is_reachable=True)]
        )
        await self._session.flush()
        member = MemberRow(
            tenant_id=tenant.id,
            user_id=person.user_id,
            name=person.name,
            role=Role.OWNER.value,
            language=person.language,
            time_zone=person.time_zone,
            is_red_up=person.language.startswith("zh"),
            is_dark=True,
            account_id=account.id,
        )
        self._session.add(member)
        await self._session.flush()
        return member_of(member)

    async def default_account(self, tenant_id: TenantId) -> Account:
        """Return the tenant's oldest active account."""
        row = await self._session.scalar(
            select(AccountRow)
            .where(AccountRow.tenant_id == tenant_id, AccountRow.is_active)
            .order_by(AccountRow.id)
        )
        if row is None:
            raise LookupError("a tenant without an account")
        return account_of(row)

    async def refuse(self, user_id: UserId, *, now: datetime) -> bool:
        """Note a stranger; True the first time only."""
        insert = insert_of(self._session)
        result = await self._session.execute(
            insert(StrangerRow)
            .values(user_id=user_id, refused_at=now)
            .on_conflict_do_nothing(index_elements=["user_id"])
            .returning(StrangerRow.user_id)
        )
        return result.scalar_one_or_none() is not None

    async def move_chat(self, old: ChatId, new: ChatId) -> None:
        """Follow a group that became a supergroup: every row takes the new id."""
        await self._session.execute(update(ChatRow).where(ChatRow.id == old).values(id=new))
        for row in (OrderRow, AlertRow, ButtonRow, ConversationRow, OutboxRow):
            await self._session.execute(update(row).where(row.chat_id == old).values(chat_id=new))

    async def set_reachable(self, chat_id: ChatId, *, is_reachable: bool) -> None:
        """Note whether the chat still takes messages."""
        await self._session.execute(
            update(ChatRow).where(ChatRow.id == chat_id).values(is_reachable=is_reachable)
        )

    async def is_reachable(self, chat_id: ChatId) -> bool:
        """Tell whether the chat took the last message."""
        row = await self._session.get(ChatRow, chat_id)
        return row is not None and row.is_reachable

    async def seal(self) -> bytes | None:
        """Return the text sealed with the master key of this database, None on a new one."""
        row = await self._session.get(SealRow, 1)
        return None if row is None else row.body

    async def set_seal(self, body: bytes) -> None:
        """Store the sealed text, in place of the one before."""
        await self._session.merge(SealRow(id=1, body=body))
        await self._session.flush()


class Sweeps:
    """What the jobs look for; rows are the truth, jobs are hints."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def expired_drafts(self, *, now: datetime) -> Sequence[Order]:
        """Return the drafts whose time is over."""
        rows = await self._session.scalars(
            select(OrderRow).where(
                OrderRow.status == OrderStatus.DRAFT.value, OrderRow.expires_at <= now
            )
        )
        return [order_of(row) for row in rows]

    async def unsettled_orders(self) -> Sequence[Order]:
        """Return the confirmed orders that have not ended, oldest first.

        Those of removed accounts are left out: nobody can ask for them any more.
        """
        rows = await self._session.scalars(
            select(OrderRow)
            .join(AccountRow, AccountRow.id == OrderRow.account_id)
            .where(
                OrderRow.status.in_([status.value for status in _UNSETTLED]),
                AccountRow.removed_at.is_(None),
            )
            .order_by(OrderRow.id)
        )
        return [order_of(row) for row in rows]

    async def watching_alerts(self) -> Sequence[tuple[Alert, datetime]]:
        """Return every alert that has not fired, with the time up to which it was checked."""
        rows = await self._session.scalars(
            select(AlertRow).where(AlertRow.fired_at.is_(None), AlertRow.removed_at.is_(None))
        )
        return [(alert_of(row), row.checked_at) for row in rows]

    async def alerts_checked(self, *, now: datetime, besides: Collection[AccountId] = ()) -> None:
        """Note that every watching alert was checked up to `now`, at least.

        Args:
            now: Up to when.
            besides: Accounts whose alerts were not.
        """
        await self._session.execute(
            update(AlertRow)
            .where(
                AlertRow.account_id.not_in(besides),
                AlertRow.checked_at < now,
                AlertRow.fired_at.is_(None),
                AlertRow.removed_at.is_(None),
            )
            .values(checked_at=now)
        )

    async def active_accounts(self) -> Sequence[Account]:
        """Return every active account."""
        rows = await self._session.scalars(select(AccountRow).where(AccountRow.is_active))
        return [account_of(row) for row in rows]

    async def active_account(self, account_id: AccountId) -> Account | None:
        """Return an active account, whoever's it is."""
        row = await self._session.scalar(
            select(AccountRow).where(AccountRow.id == account_id, AccountRow.is_active)
        )
        return None if row is None else account_of(row)

    async def chat_of(self, tenant_id: TenantId) -> tuple[ChatId, UserId] | None:
        """Return where a tenant is told what concerns the whole account, and its owner."""
        query = (
            select(ChatRow.id, MemberRow.user_id)
            .join(MemberRow, MemberRow.tenant_id == ChatRow.tenant_id)
            .where(ChatRow.tenant_id == tenant_id, MemberRow.role == Role.OWNER.value)
            .limit(1)
        )
        found = (await self._session.execute(query)).first()
        return None if found is None else (ChatId(found[0]), UserId(found[1]))

    async def forget_old(self, *, now: datetime) -> None:
        """Delete what nobody can need again: done updates, old buttons, dead drafts."""
        dead = (OrderStatus.DECLINED.value, OrderStatus.EXPIRED.value)
        for statement in (
            delete(InboxRow).where(InboxRow.done_at < now - _INBOX_KEPT),
            delete(ButtonRow).where(ButtonRow.expires_at < now),
            delete(ConversationRow).where(ConversationRow.expires_at < now),
            delete(OutboxRow).where(
                OutboxRow.state == "sent", OutboxRow.created_at < now - _SENT_KEPT
            ),
            delete(OrderRow).where(
                OrderRow.status.in_(dead),
                OrderRow.number.is_(None),
                OrderRow.updated_at < now - _SENT_KEPT,
            ),
        ):
            await self._session.execute(statement)
