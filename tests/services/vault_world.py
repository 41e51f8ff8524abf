"""Tenants with accounts and sealed credentials, and hands that edit their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, text

from services.domain.accounts import Account, AccountId, Environment, TenantId
from services.domain.secrets import Credentials, SealedCredentials
from services.keyring import Keyring
from services.persistence.database import Database
from services.persistence.engine import write_engine
from services.persistence.models import AccountRow, TenantRow
from tests.clock import Clock

CANARY = "canary-7f3a"
"""Stands in every secret; where else it is found, one leaked."""


def credentials_of(number: int) -> Credentials:
    """Return credentials, others for each number."""
    return Credentials.of(
        {
            "apiKey": f"{CANARY}-key-{number:06}",
            "secret": f"{CANARY}-secret-{number:06}-秘密",
            "password": f"{CANARY}-pass-{number}",
        }
    )


async def open_accounts(
    url: str, *, tenants: int = 1, each: int = 1, exchange: str = "binance"
) -> list[Account]:
    """Make tenants with live accounts that have no credentials yet, tenant by tenant."""
    engine, now = write_engine(url), Clock()()
    accounts = []
    async with engine.begin() as connection:
        for _ in range(tenants):
            tenant = await connection.scalar(
                insert(TenantRow)
                .values(orders_counted=0, alerts_counted=0, created_at=now)
                .returning(TenantRow.id)
            )
            for number in range(each):
                name = f"Account {number}"
                account = await connection.scalar(
                    insert(AccountRow)
                    .values(
                        tenant_id=tenant,
                        name=name,
                        exchange=exchange,
                        environment="live",
                        is_active=True,
                        created_at=now,
                    )
                    .returning(AccountRow.id)
                )
                assert tenant is not None
                assert account is not None
                place = AccountId(account), TenantId(tenant)
                accounts.append(Account(*place, name, exchange, Environment.LIVE))
    await engine.dispose()
    return accounts


async def store(
    database: Database, keyring: Keyring, account: Account, credentials: Credentials
) -> SealedCredentials:
    """Give an account its first credentials."""
    async with database.write(account.tenant_id) as data:
        sealed = await keyring.seal_within(data, account, credentials)
        assert await data.keys.put(account.id, sealed)
    return sealed


async def stored(database: Database, account: Account) -> SealedCredentials:
    """Return what the row of an account holds."""
    async with database.read(account.tenant_id) as data:
        sealed = await data.keys.credentials_of(account.id)
    assert sealed is not None
    return sealed


async def edit(url: str, statement: str, **values: Any) -> None:
    """Change rows as somebody would who can write to the database."""
    engine = write_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement), values)
    await engine.dispose()


async def look(url: str, statement: str, **values: Any) -> Sequence[Any]:
    """Return the rows of a query, as plain tuples."""
    engine = write_engine(url)
    async with engine.begin() as connection:
        rows = (await connection.execute(text(statement), values)).all()
    await engine.dispose()
    return [tuple(row) for row in rows]
