"""A practice account on the prices of a venue that speaks its own protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from services.clock import utc_now
from services.domain.accounts import Balance, Environment
from services.persistence.database import Database
from tests.contract.worlds import TRAITS, World
from tests.eventually import eventually
from tests.makers import open_tenant
from tests.services.feed_world import FeedWorld, feed_world
from tests.venues.client import Venue, VenueProcess

# Far more than any order here waits for, and too little for a large one.
_MUCH, _LITTLE = "100000", "100"
# Enough to empty a side of the thin book.
_OWNED = Balance("USDT", free=Decimal(100_000), used=Decimal(0))


@dataclass(frozen=True, slots=True)
class _Strangers:
    fed: FeedWorld

    async def trade_at(self, symbol: str, price: Decimal) -> None:
        await self._trade(symbol, price, _MUCH)

    async def fill_in_part(self, client_order_id: str, symbol: str, price: Decimal) -> None:
        assert client_order_id
        await self._trade(symbol, price, _LITTLE)

    async def _trade(self, symbol: str, price: Decimal, amount: str) -> None:
        await self.fed.venue.set_price(symbol, price)
        await self.fed.venue.call("print_trade", symbol=symbol, price=price, amount=amount)
        if await self.fed.gateway.open_orders():
            await eventually(self.fed.paper.match, within=15, of="a fill")


@asynccontextmanager
async def paper_on_wire(process: VenueProcess, database: Database) -> AsyncIterator[World]:
    """A new account at the practice venue, on the prices of a wire venue."""
    member = await open_tenant(database, now=utc_now())
    async with Venue.borrow(process) as venue, feed_world(database, venue, member) as fed:
        async with database.write(member.tenant_id) as data:
            await data.accounts.set_feed(member.account_id, venue.name)
        async with database.write_all() as books:
            await books.paper.save_balances(member.account_id, [_OWNED])
        traits = TRAITS[f"{venue.name}-{Environment.PAPER}"]
        yield World(fed.gateway, traits, _Strangers(fed), utc_now)
