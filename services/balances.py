"""What an account holds, what it is worth, and changes that nobody here caused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.accounts import Accounts
from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import Account, Balance, Member
from services.domain.market import EXACT, MarketType, Quote
from services.domain.messages import REST, Message
from services.domain.orders import OrderStatus
from services.exchange.gateway import ExchangeGateway
from services.execution import Execution
from services.persistence.database import Database, TenantData
from services.persistence.types import plain

VALUED_IN = "USDT"


@dataclass(frozen=True, slots=True)
class Holding:
    """One currency with its worth.

    Attributes:
        value: In `VALUED_IN`; None when no market leads there.
    """

    balance: Balance
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything on one account, the most valuable first."""

    account: Account
    holdings: tuple[Holding, ...]

    @property
    def total(self) -> Decimal:
        """Sum of what can be valued, in `VALUED_IN`."""
        return sum((h.value for h in self.holdings if h.value is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of one currency's total; positive came in."""

    currency: str
    difference: Decimal


async def value_of(gateway: ExchangeGateway, balances: Mapping[str, Balance]) -> Sequence[Holding]:
    """Return holdings with their worth in `VALUED_IN`, the most valuable first."""
    markets = await gateway.markets()
    symbols = {
        market.base: market.symbol
        for market in markets.values()
        if market.type is MarketType.SPOT and market.quote == VALUED_IN
    }
    held = [symbols[currency] for currency in balances if currency in symbols]
    quotes: Mapping[str, Quote] = await gateway.quotes(held) if held else {}
    holdings = []
    for currency, balance in balances.items():
        value = balance.total if currency == VALUED_IN else None
        if currency in symbols:
            value = EXACT.multiply(balance.total, quotes[symbols[currency]].last)
        holdings.append(Holding(balance, value))
    return sorted(holdings, key=lambda h: h.value or Decimal(0), reverse=True)


class Balances:
    """Reads and watches holdings."""

    def __init__(
        self, database: Database, accounts: Accounts, execution: Execution, *, now: Now
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._execution = execution
        self._now = now

    async def portfolio(self, member: Member) -> Portfolio:
        """Return what the member's account holds now."""
        account, gateway = await self._accounts.of(member)
        holdings = await value_of(gateway, await gateway.balances())
        return Portfolio(account, tuple(holdings))

    async def sync_all(self) -> int:
        """Compare every account with its last snapshot; return how many accounts changed."""
        async with self._database.read_all() as data:
            accounts = await data.sweeps.active_accounts()
        changed = 0
        for account in accounts:
            changed += await attempt(
                self.sync(account), otherwise=False, event="balance_not_synced"
            )
        return changed

    async def sync(self, account: Account) -> bool:
        """Compare one account with its snapshot and tell the tenant what it did not cause.

        Holdings read while an order of ours was moving may lie on either side of its fills:
        then nothing is said, and the next sync decides.
        """
        _, gateway = await self._accounts.open(account.tenant_id, account.id)
        await self._execution.follow_account(account)
        async with self._database.read(account.tenant_id) as data:
            before = await data.assets.snapshot(account.id)
        balances = await gateway.balances()
        if await self._execution.follow_account(account):
            return False
        changes = _changes(before, balances)
        if before and not changes:
            return False
        return await self._store(account, before, balances, changes if before else ())

    async def _store(
        self,
        account: Account,
        before: Mapping[str, Balance],
        balances: Mapping[str, Balance],
        changes: Sequence[Change],
    ) -> bool:
        now = self._now()
        async with self._database.read_all() as everything:
            place = await everything.sweeps.chat_of(account.tenant_id)
        async with self._database.write(account.tenant_id) as data:
            if await _is_moving(data, account, before):
                return False
            await data.assets.replace(account.id, balances, now=now)
            if place is None or not changes:
                return False
            chat_id, user_id = place
            message = Message(
                chat_id=chat_id,
                user_id=user_id,
                kind="balance",
                subject_id=account.id,
                dedupe=f"balance:{account.id}:{now.isoformat()}",
                priority=REST,
                payload={change.currency: plain(change.difference) for change in changes},
            )
            await data.outbox.put(message, now=now)
        return True


async def _is_moving(data: TenantData, account: Account, before: Mapping[str, Balance]) -> bool:
    if await data.assets.snapshot(account.id) != before:
        return True
    orders = await data.orders.open()
    return any(o.account_id == account.id and o.status is not OrderStatus.OPEN for o in orders)


def _changes(before: Mapping[str, Balance], after: Mapping[str, Balance]) -> Sequence[Change]:
    nothing = Decimal(0)
    changes = []
    for currency in sorted({*before, *after}):
        old = before[currency].total if currency in before else nothing
        new = after[currency].total if currency in after else nothing
        if new != old:
            changes.append(Change(currency, new - old))
    return changes
