"""The composition root: what is used is chosen here and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.databases import check_seal, open_database
from bot.parts import Base, Parts
from bot.venues import Venues, reloader, venues_of
from handlers.jobs import OUTBOX, SYNC_MARKETS
from services.accounts import Accounts
from services.alerts import Alerts
from services.balances import Balances
from services.chat_state import ChatState
from services.connections import Connections
from services.container import Services
from services.deletions import Deletions
from services.domain.accounts import ChatId
from services.engine import LocalEngine
from services.execution import Execution
from services.inbox import Inbox
from services.keyring import Keyring
from services.looks import Looks
from services.market_sync import MarketSync
from services.orders import Orders
from services.outbox import Outbox
from services.pairs import Pairs
from services.paper_accounts import PaperAccounts
from services.quotes import Quotes
from services.risk import Limits
from services.tenants import Tenants
from services.upkeep import Upkeep
from services.vault import Vault
from services.watching import Watching
from services.web_forms import WebForms


@asynccontextmanager
async def open_services(parts: Parts) -> AsyncIterator[Services]:
    """Open the database and build every use case on it."""
    async with open_database(parts.settings.database_url) as database:
        vault = Vault(parts.master_key, parts.old_keys)
        await check_seal(database, vault)
        keyring = Keyring(database, vault, now=parts.now)
        base = Base(parts, database, vault, keyring, LocalEngine())
        venues = venues_of(base)
        await venues.paper.load()
        try:
            yield _services(base, venues)
        finally:
            await venues.close()


def _services(base: Base, venues: Venues) -> Services:
    settings, now, database = base.parts.settings, base.parts.now, base.database
    on_message = _waker(base.engine)
    accounts = Accounts(
        database,
        venues.pool,
        may_attest=settings.allow_unverified_keys,
        ask_lost=venues.paper.lost_prices,
    )
    market_sync = _market_sync(base, venues, accounts)
    execution = Execution(
        database,
        accounts,
        now=now,
        on_message=on_message,
        on_refusal=market_sync.on_refusal,
    )
    looks = Looks(venues.public)
    return Services(
        tenants=Tenants(database, access=settings.access, now=now),
        accounts=accounts,
        live_accounts=venues.live_accounts,
        connections=_connections(base, venues),
        paper_accounts=PaperAccounts(database, venues.feeds, now=now),
        quotes=Quotes(accounts, database),
        watching=Watching(accounts, venues.public, looks, now=now),
        orders=_orders(base, accounts, execution, market_sync),
        pairs=Pairs(database, accounts, now=now),
        market_sync=market_sync,
        execution=execution,
        balances=Balances(database, accounts, execution, now=now),
        alerts=_alerts(base, accounts, looks),
        chat_state=ChatState(database, now=now),
        deletions=Deletions(database, now=now, on_message=on_message),
        web_forms=WebForms(database, public_url=settings.public_url, now=now),
        inbox=Inbox(database, base.vault, now=now),
        outbox=Outbox(database, now=now),
        upkeep=Upkeep(database, now=now),
        paper=venues.paper,
        engine=base.engine,
    )


def _market_sync(base: Base, venues: Venues, accounts: Accounts) -> MarketSync:
    return MarketSync(
        base.database,
        accounts,
        now=base.parts.now,
        on_message=_waker(base.engine),
        on_due=lambda venue: base.engine.defer(SYNC_MARKETS, venue),
        load=reloader(accounts, venues.public),
    )


def _connections(base: Base, venues: Venues) -> Connections:
    settings = base.parts.settings
    return Connections(
        base.database,
        base.keyring,
        venues.connector,
        venues.pool,
        vault=base.vault,
        now=base.parts.now,
        on_message=_waker(base.engine),
        egress=None if settings.egress_ip is None else str(settings.egress_ip),
        may_attest=settings.allow_unverified_keys,
    )


def _orders(
    base: Base, accounts: Accounts, execution: Execution, market_sync: MarketSync
) -> Orders:
    settings = base.parts.settings
    return Orders(
        base.database,
        accounts,
        execution,
        limits=Limits(settings.max_order_cost, settings.guard_percent / 100),
        now=base.parts.now,
        on_message=_waker(base.engine),
        on_refusal=market_sync.on_refusal,
    )


def _alerts(base: Base, accounts: Accounts, looks: Looks) -> Alerts:
    return Alerts(
        base.database,
        accounts,
        now=base.parts.now,
        on_message=_waker(base.engine),
        looks=looks,
    )


def _waker(engine: LocalEngine) -> Callable[[ChatId], None]:
    def wake(chat_id: ChatId) -> None:
        engine.defer(OUTBOX, str(chat_id))

    return wake
