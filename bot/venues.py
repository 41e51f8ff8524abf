"""What reaches venues: opened once, shared by all, closed in the right order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.parts import Base
from bot.settings import Settings
from handlers.jobs import MOVED
from services.accounts import Accounts
from services.domain.accounts import Account, Environment
from services.domain.market import Market
from services.domain.pairs import VenueKey
from services.exchange.connector import Connector, VenueSettings
from services.exchange.gateway import ExchangeGateway
from services.exchange.live import PublicData
from services.exchange.network import Network
from services.exchange.pool import Pool
from services.exchange.synthetic import SyntheticMarket
from services.live_accounts import LiveAccounts
from services.paper import PaperVenue
from services.paper_feed import Feeds
from services.paper_prices import FeedPrices


@dataclass(frozen=True, slots=True)
class Venues:
    """Everything that reaches venues, opened together and closed together."""

    connector: Connector
    public: PublicData
    feeds: Feeds
    paper: PaperVenue
    live_accounts: LiveAccounts
    pool: Pool

    async def close(self) -> None:
        """Close what is open, those who use something before it."""
        await self.live_accounts.close()
        await self.pool.close()
        await self.paper.close()
        await self.public.close()
        await self.connector.close()


def venues_of(base: Base) -> Venues:
    """Put together what reaches venues; nothing is opened yet."""
    parts, settings, now = base.parts, base.parts.settings, base.parts.now
    connector = Connector(_network(settings), _venue_settings(settings), now=now)
    prices = FeedPrices(now=now, silence=parts.silence)
    public = PublicData(connector, now=now, silence=parts.silence, on_quote=prices.heard)
    feeds = Feeds(public, prices)
    paper = PaperVenue(base.database, SyntheticMarket(settings.paper_seed), now, feeds=feeds)
    live_accounts = LiveAccounts(
        base.database,
        base.keyring,
        connector,
        public,
        now=now,
        on_move=lambda account: base.engine.defer(MOVED, str(account.id)),
    )

    async def open_gateway(account: Account) -> ExchangeGateway:
        if account.environment is Environment.PAPER:
            return parts.wrap_gateway(paper.gateway_of(account))
        return parts.wrap_gateway(await live_accounts.gateway(account))

    pool = Pool(open_gateway, now=now)
    return Venues(connector, public, feeds, paper, live_accounts, pool)


def _network(settings: Settings) -> Network:
    table = settings.network
    proxy = None if table.proxy is None else table.proxy.get_secret_value()
    return Network(table.ca_file, table.resolve, proxy)


def _venue_settings(settings: Settings) -> Mapping[str, VenueSettings]:
    return {
        name: VenueSettings(
            table.enabled,
            timedelta(milliseconds=table.timeout_ms),
            table.rate_limit_per_minute,
            table.options,
        )
        for name, table in settings.exchanges.items()
    }


def reloader(
    accounts: Accounts, public: PublicData
) -> Callable[[Account], Awaitable[Mapping[str, Market]]]:
    """Return what asks an account's venue for its markets afresh."""

    async def reload(account: Account) -> Mapping[str, Market]:
        venue = VenueKey.of(account)
        if venue.environment is Environment.PAPER:
            _, gateway = await accounts.open(account.tenant_id, account.id)
            return await gateway.markets()
        return await public.of(venue.exchange, venue.environment).reload()

    return reload
