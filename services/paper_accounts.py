"""Practice accounts: a person may have several, on invented prices or on those of real venues."""

from __future__ import annotations

from collections.abc import Mapping

from services import account_names
from services.account_rows import names, present
from services.clock import Now
from services.domain.accounts import Account, AccountId, Environment, Member, Permission, may
from services.domain.market import Market
from services.errors import InvalidInput, LimitExceeded, NotAllowed
from services.exchange.paper_markets import MARKETS
from services.paper_feed import Feeds, label_of
from services.persistence.database import Database, TenantData

MOST = 10
"""How many practice accounts a tenant may have."""
_NAME = "Paper"


class PaperAccounts:
    """Opens practice accounts; their opening balance comes with the first touch."""

    def __init__(self, database: Database, feeds: Feeds, *, now: Now) -> None:
        self._database = database
        self._feeds = feeds
        self._now = now

    async def open(self, member: Member, feed: str | None = None) -> Account:
        """Open another practice account under the next free name.

        Args:
            member: An owner.
            feed: ccxt id of the venue whose public prices it takes; None for invented ones.

        Raises:
            NotAllowed: ``owner_only``.
            LimitExceeded: ``too_many_paper_accounts`` (maximum).
            Otherwise as `services.paper_feed.Feeds.check`; nothing was opened.
        """
        _require_owner(member)
        await self._markets(feed)
        async with self._database.write(member.tenant_id) as data:
            listed = await data.accounts.listed()
            practice = [one for one in listed if one.environment is Environment.PAPER]
            if len(practice) >= MOST:
                raise LimitExceeded("too_many_paper_accounts", maximum=MOST)
            account = await data.accounts.add(
                account_names.free(_name(feed), await names(data)),
                Environment.PAPER.value,
                Environment.PAPER,
                now=self._now(),
                feed=feed,
            )
        if account is None:
            raise LookupError("no free name")
        return account

    async def set_feed(self, member: Member, account_id: AccountId, feed: str | None) -> Account:
        """Let a practice account take its prices from a venue; None: they are invented again.

        What it holds stays. Its alerts go on at the new prices.

        Raises:
            NotAllowed: ``owner_only``, or ``orders_open`` (count, name): they wait for prices
                that would not come any more.
            NotConnected: ``account_unknown``.
            InvalidInput: ``account_not_practice``, or ``feed_lacks_symbol`` (exchange, symbol)
                for one that an alert of the account watches.
            Otherwise as `services.paper_feed.Feeds.check`; nothing was changed.
        """
        _require_owner(member)
        async with self._database.read(member.tenant_id) as data:
            _require_practice(await present(data, account_id))
        markets = await self._markets(feed)
        async with self._database.write(member.tenant_id) as data:
            # Changing the row first keeps every other step of the account waiting.
            await data.accounts.set_feed(account_id, feed)
            account = await present(data, account_id)
            await _require_idle(data, account)
            await _require_listed(data, account, markets)
        return account

    async def _markets(self, feed: str | None) -> Mapping[str, Market]:
        return MARKETS if feed is None else await self._feeds.check(feed)


def _name(feed: str | None) -> str:
    if feed is None:
        return _NAME
    label = label_of(feed)[: account_names.LONGEST - len(_NAME) - 4]
    return account_names.cleaned(f"{_NAME} {label}")


def _require_owner(member: Member) -> None:
    if not may(member.role, Permission.MANAGE):
        raise NotAllowed("owner_only")


def _require_practice(account: Account) -> None:
    if account.environment is not Environment.PAPER:
        raise InvalidInput("account_not_practice", name=account.name)


async def _require_idle(data: TenantData, account: Account) -> None:
    orders = [order for order in await data.orders.open() if order.account_id == account.id]
    if orders:
        raise NotAllowed("orders_open", count=len(orders), name=account.name)


async def _require_listed(
    data: TenantData, account: Account, markets: Mapping[str, Market]
) -> None:
    for alert in await data.alerts.watching():
        if alert.account_id == account.id and alert.symbol not in markets:
            venue = _NAME if account.feed is None else label_of(account.feed)
            raise InvalidInput("feed_lacks_symbol", exchange=venue, symbol=alert.symbol)
