"""A tenant's exchange accounts and the gateways behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.domain.accounts import Account, AccountId, Member, TenantId
from services.domain.market import Market
from services.domain.orders import Order
from services.domain.paper import LostPrices
from services.errors import CredentialsRejected, ExchangeUnavailable, NotConnected, NotFound
from services.exchange.gateway import ExchangeGateway
from services.exchange.pool import Pool
from services.persistence.database import Database
from services.symbols import find_market, past_market
from services.tradable import check_tradable

AskLost = Callable[[Account, str | None], LostPrices | None]
"""Tells of an account, and of a symbol or None for any, whether its prices are lost."""


class Accounts:
    """Finds accounts and opens their gateways."""

    def __init__(
        self,
        database: Database,
        pool: Pool,
        *,
        may_attest: bool = False,
        ask_lost: AskLost = lambda *_: None,
    ) -> None:
        """Take the parts.

        Args:
            database: Where accounts are kept.
            pool: Opens their gateways.
            may_attest: As `services.tradable.check_tradable`.
            ask_lost: As `services.paper.PaperVenue.lost_prices`.
        """
        self._database = database
        self._pool = pool
        self._may_attest = may_attest
        self._ask_lost = ask_lost

    async def all(self, member: Member) -> Sequence[Account]:
        """Return the tenant's active accounts, oldest first."""
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

    async def find(self, tenant_id: TenantId, account_id: AccountId) -> Account:
        """Return an account of the tenant in whatever state, removed ones too: for its orders.

        Raises:
            NotConnected: There never was one with this id.
        """
        async with self._database.read(tenant_id) as data:
            account = await data.accounts.find(account_id)
        if account is None:
            raise NotConnected("account_unknown")
        return account

    def check_tradable(self, account: Account) -> None:
        """Refuse to trade on an account; raises as `services.tradable.check_tradable`."""
        check_tradable(account, may_attest=self._may_attest)

    def lost_prices(self, account: Account, symbol: str | None = None) -> LostPrices | None:
        """Tell whether the prices that fill a practice account's orders are lost just now.

        Args:
            account: Of any kind; the others never lose theirs in this sense.
            symbol: Whose price matters; None: any that an open order waits for.
        """
        return self._ask_lost(account, symbol)

    async def open(
        self, tenant_id: TenantId, account_id: AccountId
    ) -> tuple[Account, ExchangeGateway]:
        """Return an account and its gateway.

        Raises:
            NotConnected: As `get`, or the exchange is not available.
        """
        account = await self.get(tenant_id, account_id)
        return account, await self._pool.gateway(account)

    async def reach(
        self, tenant_id: TenantId, account_id: AccountId
    ) -> tuple[Account, ExchangeGateway]:
        """Return an account, switched off or not, and its gateway: to follow its orders.

        Raises:
            NotConnected: ``account_unknown``, ``no_key`` for a removed one, or the exchange is
                not available.
        """
        account = await self.find(tenant_id, account_id)
        return account, await self._pool.gateway(replace(account, is_active=True))

    async def market_of(self, order: Order) -> Market:
        """Return the market of an order, to show it.

        What the venue cannot say any more (the account is removed, the market delisted, the
        venue away), the order itself tells.
        """
        try:
            _, gateway = await self.reach(order.tenant_id, order.account_id)
            return find_market(order.request.symbol, await gateway.markets())
        except (NotConnected, NotFound, CredentialsRejected, ExchangeUnavailable):
            price = order.average or order.request.price or order.quote_price
            return past_market(order.request, price)

    async def of(self, member: Member) -> tuple[Account, ExchangeGateway]:
        """Return the member's default account and its gateway."""
        return await self.open(member.tenant_id, member.account_id)

    async def close_idle(self) -> None:
        """Close the gateways that nobody used for a while."""
        await self._pool.sweep()
