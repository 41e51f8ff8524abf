"""A paper account on the prices of a venue that speaks its own protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from services.accounts import Accounts
from services.clock import utc_now
from services.domain.accounts import Account, Balance, Member
from services.domain.market import Market
from services.domain.paper import Matched
from services.exchange.gateway import ExchangeGateway
from services.exchange.live import PublicData
from services.exchange.pool import Pool
from services.exchange.synthetic import SyntheticMarket
from services.paper import PaperVenue
from services.paper_accounts import PaperAccounts
from services.paper_feed import Feeds
from services.paper_prices import FeedPrices
from services.persistence.database import Database
from tests.contract.worlds import opened
from tests.eventually import eventually
from tests.venues.client import Venue

BTC = "BTC/USDT"
NOTHING = Decimal(0)
# Short, so that a test of silence takes a moment.
SILENCE = timedelta(seconds=1.5)


@dataclass(frozen=True, slots=True)
class FeedWorld:
    """What a test acts on; `venue` is where the prices come from."""

    database: Database
    venue: Venue
    member: Member
    paper: PaperVenue
    accounts: Accounts
    paper_accounts: PaperAccounts
    account: Account
    gateway: ExchangeGateway

    async def market(self, symbol: str = BTC) -> Market:
        return (await self.gateway.markets())[symbol]

    async def balance(self, currency: str) -> Balance:
        none = Balance(currency, NOTHING, NOTHING)
        return (await self.gateway.balances()).get(currency, none)

    async def matched(self) -> Sequence[Matched]:
        """Let the venue pass over its orders until it has filled something."""
        return await eventually(self.paper.match, within=15, of="a fill")

    async def offer(self, price: str, amount: str = "1") -> None:
        """Let somebody offer bitcoin at a price, and nobody take it."""
        bid = str(Decimal(price) - 10)
        await self.venue.call("set_book", symbol=BTC, bids=[[bid, "1"]], asks=[[price, amount]])

    async def trade(self, price: str, amount: str) -> None:
        """Let strangers trade bitcoin without moving the book."""
        await self.venue.call("print_trade", symbol=BTC, price=price, amount=amount)

    async def questions(self) -> int:
        """Return how often the venue was asked for its trades."""
        paths = [entry.get("path", "") for entry in await self.venue.journal("request")]
        return sum("rades" in path for path in paths)


@asynccontextmanager
async def feed_world(database: Database, venue: Venue, member: Member) -> AsyncIterator[FeedWorld]:
    """One process with the member's account on the venue's prices."""
    async with opened(venue, patience=timedelta(seconds=1)) as connector:
        prices = FeedPrices(now=utc_now, silence=SILENCE)
        public = PublicData(connector, now=utc_now, on_quote=prices.heard, silence=SILENCE)
        feeds = Feeds(public, prices)
        paper = PaperVenue(database, SyntheticMarket(7), utc_now, feeds=feeds)

        async def gateway(account: Account) -> ExchangeGateway:
            return paper.gateway_of(account)

        accounts = Accounts(database, Pool(gateway), ask_lost=paper.lost_prices)
        paper_accounts = PaperAccounts(database, feeds, now=utc_now)
        stored = await accounts.get(member.tenant_id, member.account_id)
        account = replace(stored, feed=venue.name)
        try:
            yield FeedWorld(
                database,
                venue,
                member,
                paper,
                accounts,
                paper_accounts,
                account,
                paper.gateway_of(account),
            )
        finally:
            await paper.close()
            await public.close()
