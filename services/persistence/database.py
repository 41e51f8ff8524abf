"""Transactions, each with the repositories that its caller may use.

A tenant's transaction holds repositories that carry the tenant in every statement; there is no
way to write a query without it. Only sweeps and the gate take the cross-tenant door.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.domain.accounts import TenantId
from services.persistence.accounts import Accounts, Members
from services.persistence.alerts import Alerts
from services.persistence.assets import Assets
from services.persistence.chat_state import Buttons, Conversations
from services.persistence.deletions import DeletionQueue, Deletions
from services.persistence.keys import DataKeys, KeyStore
from services.persistence.markets import Markets, Pairs
from services.persistence.messages import Deliveries, Inbox, Outbox
from services.persistence.orders import Orders
from services.persistence.paper import PaperBooks
from services.persistence.system import Directory, Sweeps
from services.persistence.web_forms import WebDoor, WebForms


@dataclass(frozen=True, slots=True)
class TenantData:
    """One tenant's rows within one transaction."""

    accounts: Accounts
    members: Members
    orders: Orders
    alerts: Alerts
    assets: Assets
    buttons: Buttons
    conversations: Conversations
    outbox: Outbox
    pairs: Pairs
    keys: DataKeys
    deletions: Deletions
    web_forms: WebForms


@dataclass(frozen=True, slots=True)
class SystemData:
    """Rows across tenants within one transaction: the gate, the sweeps, the paper venue."""

    directory: Directory
    sweeps: Sweeps
    inbox: Inbox
    deliveries: Deliveries
    paper: PaperBooks
    markets: Markets
    keys: KeyStore
    deletions: DeletionQueue
    web_door: WebDoor


def _tenant_data(session: AsyncSession, tenant_id: TenantId) -> TenantData:
    return TenantData(
        accounts=Accounts(session, tenant_id),
        members=Members(session, tenant_id),
        orders=Orders(session, tenant_id),
        alerts=Alerts(session, tenant_id),
        assets=Assets(session, tenant_id),
        buttons=Buttons(session, tenant_id),
        conversations=Conversations(session, tenant_id),
        outbox=Outbox(session, tenant_id),
        pairs=Pairs(session, tenant_id),
        keys=DataKeys(session, tenant_id),
        deletions=Deletions(session, tenant_id),
        web_forms=WebForms(session, tenant_id),
    )


def _system_data(session: AsyncSession) -> SystemData:
    return SystemData(
        directory=Directory(session),
        sweeps=Sweeps(session),
        inbox=Inbox(session),
        deliveries=Deliveries(session),
        paper=PaperBooks(session),
        markets=Markets(session),
        keys=KeyStore(session),
        deletions=DeletionQueue(session),
        web_door=WebDoor(session),
    )


class Database:
    """Opens transactions that commit on a clean exit and roll back on any error.

    Never await the network inside a write transaction: on SQLite there is one writer.
    """

    def __init__(self, *, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._write = async_sessionmaker(writer, expire_on_commit=False)
        self._read = async_sessionmaker(reader, expire_on_commit=False)

    @asynccontextmanager
    async def read(self, tenant_id: TenantId) -> AsyncIterator[TenantData]:
        """Read one tenant's rows."""
        async with self._read() as session:
            yield _tenant_data(session, tenant_id)

    @asynccontextmanager
    async def write(self, tenant_id: TenantId) -> AsyncIterator[TenantData]:
        """Change one tenant's rows in one transaction."""
        async with self._write() as session, session.begin():
            yield _tenant_data(session, tenant_id)

    @asynccontextmanager
    async def read_all(self) -> AsyncIterator[SystemData]:
        """Read rows across tenants."""
        async with self._read() as session:
            yield _system_data(session)

    @asynccontextmanager
    async def write_all(self) -> AsyncIterator[SystemData]:
        """Change rows across tenants in one transaction."""
        async with self._write() as session, session.begin():
            yield _system_data(session)
