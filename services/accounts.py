"""A tenant's exchange accounts and the gateways behind them."""

from __future__ import annotations

from collections.abc import Sequence

from services.domain.accounts import Account, AccountId, Member, TenantId
from services.errors import NotConnected
from services.exchange.gateway import ExchangeGateway
from services.exchange.pool import Pool
from services.persistence.database import Database


class Accounts:
    """Finds accounts and opens their gateways."""

    def __init__(self, database: Database, pool: Pool) -> None:
        self._database = database
        self._pool = pool

    async def all(self, member: Member) -> Sequence[Account]:
        """Return the tenant's accounts, oldest first."""
        async with self._database.read(member.tenant_id) as data:
            return await data.accounts.all()

    async def get(self, tenant_id: TenantId, account_id: AccountId) -> Account:
        """Return an active account of the tenant.

        Raises:
            NotConnected: There is none with this id.
        """
        async with self._database.read(tenant_id) as data:
            account = await data.accounts.get(account_id)
        if account is None:
            raise NotConnected("account_unknown")
        return account

    async def open(
        self, tenant_id: TenantId, account_id: AccountId
    ) -> tuple[Account, ExchangeGateway]:
        """Return an account and its gateway.

        Raises:
            NotConnected: As `get`, or the exchange is not available.
        """
        account = await self.get(tenant_id, account_id)
        return account, self._pool.gateway(account)

    async def of(self, member: Member) -> tuple[Account, ExchangeGateway]:
        """Return the member's default account and its gateway."""
        return await self.open(member.tenant_id, member.account_id)
