"""What an account holds, what it is worth, and changes that nobody here caused."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.accounts import Accounts
from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import (
    Account,
    AccountId,
    Balance,
    Environment,
    Member,
    Position,
    Wallet,
)
from services.domain.market import EXACT
from services.domain.messages import REST, Message
from services.domain.orders import OrderStatus
from services.domain.paper import LostPrices
from services.errors import ExchangeUnavailable
from services.exchange.gateway import ExchangeGateway
from services.execution import Execution
from services.persistence.assets import Snapshot, Wallets
from services.persistence.database import Database, TenantData
from services.persistence.types import plain
from services.valuation import rates, symbols_for

# Accounts that are read at the same time; each venue's own budget paces the calls.
_AT_ONCE = 4
# How often a real venue is asked for holdings besides what its stream hints at.
_ASKED_EVERY = timedelta(minutes=2)
# How old the time of the last look may get in the snapshot while nothing changes.
_STORED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Holding:
    """One currency with its worth, all wallets added up.

    Attributes:
        value: In the member's currency; None when no path of pairs leads there.
        wallets: What each wallet holds of it, in units of the currency.
    """

    balance: Balance
    value: Decimal | None
    wallets: tuple[tuple[Wallet, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything on one account, the most valuable first.

    Attributes:
        valued_in: The currency of every `value`.
        read_at: When the venue said so.
        is_stale: The venue can't be reached: this is what it said at `read_at`.
        lost: The prices that a practice account goes by are lost: nothing fills there.
    """

    account: Account
    holdings: tuple[Holding, ...]
    positions: tuple[Position, ...]
    valued_in: str
    read_at: datetime
    is_stale: bool = False
    lost: LostPrices | None = None

    @property
    def total(self) -> Decimal:
        """Sum of what can be valued, in `valued_in`."""
        return sum((h.value for h in self.holdings if h.value is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of one currency's total; positive came in."""

    currency: str
    difference: Decimal


async def _worth(
    gateway: ExchangeGateway, currencies: Sequence[str], valued_in: str
) -> Mapping[str, Decimal]:
    try:
        markets = await gateway.markets()
        symbols = symbols_for(currencies, valued_in, markets)
        quotes = await gateway.quotes(symbols) if symbols else {}
    except ExchangeUnavailable:
        # What is held is worth showing without its price.
        return {valued_in: Decimal(1)}
    return rates(currencies, valued_in, markets, quotes)


def totals(wallets: Wallets) -> dict[str, Balance]:
    """Return the holdings of all wallets added up, by currency."""
    added: dict[str, Balance] = {}
    for held in wallets.values():
        for currency, balance in held.items():
            before = added.get(currency, Balance(currency, Decimal(0), Decimal(0)))
            added[currency] = Balance(
                currency, before.free + balance.free, before.used + balance.used
            )
    return added


def _holdings(wallets: Wallets, worth: Mapping[str, Decimal]) -> tuple[Holding, ...]:
    holdings = []
    for currency, balance in totals(wallets).items():
        rate = worth.get(currency)
        parts = tuple(
            (wallet, held[currency].total) for wallet, held in wallets.items() if currency in held
        )
        value = None if rate is None else EXACT.multiply(balance.total, rate)
        holdings.append(Holding(balance, value, parts))
    return tuple(sorted(holdings, key=lambda h: h.value or Decimal(0), reverse=True))


class Balances:
    """Reads and watches holdings."""

    def __init__(
        self, database: Database, accounts: Accounts, execution: Execution, *, now: Now
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._execution = execution
        self._now = now
        self._due_at: dict[AccountId, datetime] = {}

    async def portfolio(self, member: Member) -> Portfolio:
        """Return what the member's account holds now.

        Where the venue can't be reached, what it held when last read, marked stale.

        Raises:
            ExchangeUnavailable: The venue can't be reached and was never read.
        """
        account, gateway = await self._accounts.of(member)
        async with self._database.read(member.tenant_id) as data:
            last = await data.assets.snapshot(account.id)
        is_stale = False
        try:
            found = Snapshot(
                await gateway.wallets(), tuple(await gateway.positions()), self._now()
            )
        except ExchangeUnavailable:
            if last.at is None:
                raise
            found, is_stale = last, True
        worth = await _worth(gateway, list(totals(found.wallets)), member.valued_in)
        return Portfolio(
            account,
            _holdings(found.wallets, worth),
            found.positions,
            member.valued_in,
            found.at or self._now(),
            is_stale,
            self._accounts.lost_prices(account),
        )

    async def sync_all(self) -> int:
        """Compare every account with its last snapshot; return how many accounts changed."""
        async with self._database.read_all() as data:
            accounts = await data.sweeps.active_accounts()
        turns = asyncio.Semaphore(_AT_ONCE)
        due = [account for account in accounts if self._is_due(account)]

        async def in_turn(account: Account) -> bool:
            async with turns:
                return await attempt(
                    self.sync(account), otherwise=False, event="balance_not_synced"
                )

        return sum(await asyncio.gather(*map(in_turn, due)))

    async def look(self, account_id: AccountId) -> None:
        """Read an account's orders and holdings because its venue said that something moved."""
        async with self._database.read_all() as data:
            account = await data.sweeps.active_account(account_id)
        if account is not None:
            await self.sync(account)

    def _is_due(self, account: Account) -> bool:
        # A venue tells by its stream what moved: asking often would only spend its budget.
        if account.environment is Environment.PAPER:
            return True
        now, due_at = self._now(), self._due_at.get(account.id)
        if due_at is not None and now < due_at:
            return False
        jitter = random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, no secret
        self._due_at[account.id] = now + _ASKED_EVERY * jitter
        return True

    async def sync(self, account: Account) -> bool:
        """Compare one account with its snapshot and tell the tenant what it did not cause.

        Holdings read while an order of ours was moving may lie on either side of its fills:
        then nothing is said, and the next sync decides.
        """
        _, gateway = await self._accounts.open(account.tenant_id, account.id)
        await self._execution.follow_account(account)
        async with self._database.read(account.tenant_id) as data:
            before = await data.assets.snapshot(account.id)
        wallets, positions = await gateway.wallets(), await gateway.positions()
        if await self._execution.follow_account(account):
            return False
        after = Snapshot(wallets, tuple(positions), self._now())
        changes = () if before.at is None else _changes(before, after)
        if not _is_worth_storing(before, after):
            return False
        return await self._store(account, before, after, changes)

    async def _store(
        self, account: Account, before: Snapshot, after: Snapshot, changes: Sequence[Change]
    ) -> bool:
        now = self._now()
        async with self._database.read_all() as everything:
            place = await everything.sweeps.chat_of(account.tenant_id)
        async with self._database.write(account.tenant_id) as data:
            if await _is_moving(data, account, before):
                return False
            # A wallet that could not be read this time keeps what it held.
            wallets = {**before.wallets, **after.wallets}
            await data.assets.replace(account.id, wallets, after.positions, now=now)
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


async def _is_moving(data: TenantData, account: Account, before: Snapshot) -> bool:
    if (await data.assets.snapshot(account.id)).wallets != before.wallets:
        return True
    orders = await data.orders.open()
    return any(o.account_id == account.id and o.status is not OrderStatus.OPEN for o in orders)


def _is_worth_storing(before: Snapshot, after: Snapshot) -> bool:
    if before.at is None or after.at is None or after.at - before.at > _STORED_EVERY:
        return True
    if any(before.wallets.get(wallet) != held for wallet, held in after.wallets.items()):
        return True
    return _held(before.positions) != _held(after.positions)


def _held(positions: Sequence[Position]) -> set[tuple[str, str, Decimal, Decimal]]:
    # Marks move with every look; what was traded does not.
    return {(p.symbol, p.side.value, p.amount, p.entry_price) for p in positions}


def _changes(before: Snapshot, after: Snapshot) -> Sequence[Change]:
    # Money that moved between wallets is still there: only wallets read both times count.
    both = before.wallets.keys() & after.wallets.keys()
    old = totals({wallet: before.wallets[wallet] for wallet in both})
    new = totals({wallet: after.wallets[wallet] for wallet in both})
    nothing = Decimal(0)
    changes = []
    for currency in sorted({*old, *new}):
        was = old[currency].total if currency in old else nothing
        now = new[currency].total if currency in new else nothing
        if was != now:
            changes.append(Change(currency, now - was))
    return changes
