"""The paper venue on a database of its own, with one account and a market that tests push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from services.domain.accounts import AccountId, Balance
from services.domain.orders import OrderRequest, OrderType, Side
from services.domain.paper import Matched
from services.exchange.gateway import ExchangeGateway
from services.exchange.synthetic import SyntheticMarket
from services.paper import PaperVenue
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import open_tenant

SEED = 7
BTC = "BTC/USDT"
SECOND = timedelta(seconds=1)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class World:
    """What a test acts on."""

    database: Database
    clock: Clock
    venue: PaperVenue
    account_id: AccountId
    gateway: ExchangeGateway

    async def last(self, symbol: str = BTC) -> Decimal:
        return (await self.gateway.quotes([symbol]))[symbol].last

    async def balance(self, currency: str) -> Balance:
        empty = Balance(currency, NOTHING, NOTHING)
        return (await self.gateway.balances()).get(currency, empty)

    async def pass_time(self, step: timedelta = SECOND) -> Sequence[Matched]:
        """Let time pass and the venue look at its open orders."""
        self.clock.advance(step)
        return await self.venue.match()

    async def near(self, ratio: str, symbol: str = BTC) -> Decimal:
        """A price on the grid at `ratio` times the present one."""
        market = (await self.gateway.markets())[symbol]
        return market.nearest_price(await self.last(symbol) * Decimal(ratio))


async def build(database: Database, clock: Clock) -> World:
    member = await open_tenant(database, now=clock())
    return await restarted(database, clock, member.account_id)


async def restarted(database: Database, clock: Clock, account_id: AccountId) -> World:
    """Another process on the same database."""
    venue = PaperVenue(database, SyntheticMarket(SEED), clock)
    await venue.load()
    return World(database, clock, venue, account_id, venue.gateway(account_id))


def market_order(side: Side, amount: str, symbol: str = BTC) -> OrderRequest:
    return OrderRequest(symbol, side, OrderType.MARKET, Decimal(amount))


def limit_order(
    side: Side, amount: str | Decimal, price: Decimal, symbol: str = BTC
) -> OrderRequest:
    return OrderRequest(symbol, side, OrderType.LIMIT, Decimal(amount), price)
