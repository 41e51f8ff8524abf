"""The venues that the contract is tried on, and the few things in which they truly differ."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from services.clock import Now, utc_now
from services.domain.accounts import Balance, Environment, Wallet
from services.domain.market import Market
from services.domain.orders import OrderRequest, OrderType, Side
from services.domain.secrets import Credentials
from services.exchange.ccxt_gateway import CcxtGateway
from services.exchange.ccxt_market_data import CcxtMarketData
from services.exchange.connector import Connector, VenueSettings
from services.exchange.gateway import ExchangeGateway
from services.exchange.network import Network
from services.exchange.synthetic import SyntheticMarket
from services.exchange.venues import venue as venue_row
from services.paper import PaperVenue
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import open_tenant
from tests.venues.client import Venue, VenueProcess

BTC = "BTC/USDT"
# Little traded everywhere, so that an order of a few thousand is not filled at once.
THIN = "OP/USDT"
PERPETUAL = "BTC/USDT:USDT"
ZERO = Decimal(0)
_SEED = 7
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Traits:
    """In what a venue differs from the others.

    Attributes:
        wallets: What can be read.
        reuses_ended_ids: A client order id is free again once its order has ended.
        tells_rights: It says what a key may do.
        has_cost_minimum: It states the smallest worth of an order.
        refuses_funds_as: Code of an order beyond what is free.
    """

    wallets: frozenset[Wallet]
    reuses_ended_ids: bool = False
    tells_rights: bool = True
    has_cost_minimum: bool = True
    refuses_funds_as: str = "funds_refused"


_ALL_BUT_MARGIN = frozenset({Wallet.SPOT, Wallet.FUNDING, Wallet.SWAP})
TRAITS = {
    "paper": Traits(frozenset({Wallet.SPOT}), refuses_funds_as="insufficient_funds"),
    "binance-live": Traits(_ALL_BUT_MARGIN, reuses_ended_ids=True),
    "binance-sandbox": Traits(
        frozenset({Wallet.SPOT, Wallet.SWAP}), reuses_ended_ids=True, tells_rights=False
    ),
    "okx-live": Traits(
        frozenset({Wallet.SPOT, Wallet.FUNDING}), reuses_ended_ids=True, has_cost_minimum=False
    ),
    "okx-sandbox": Traits(
        frozenset({Wallet.SPOT, Wallet.FUNDING}), reuses_ended_ids=True, has_cost_minimum=False
    ),
    "binance-paper": Traits(frozenset({Wallet.SPOT}), refuses_funds_as="insufficient_funds"),
    "okx-paper": Traits(
        frozenset({Wallet.SPOT}), has_cost_minimum=False, refuses_funds_as="insufficient_funds"
    ),
}
"""Every difference that the suite allows, one row a venue."""


class Outside(Protocol):
    """What a test can do to a venue from the outside."""

    async def trade_at(self, symbol: str, price: Decimal) -> None:
        """Let the market trade at a price, and resting orders meet it."""

    async def fill_in_part(self, client_order_id: str, symbol: str, price: Decimal) -> None:
        """Fill a part of a resting order of that limit price."""


@dataclass(frozen=True, slots=True)
class World:
    """A gateway, what its venue is like, and the venue itself."""

    gateway: ExchangeGateway
    traits: Traits
    outside: Outside
    now: Now

    async def market(self, symbol: str = BTC) -> Market:
        return (await self.gateway.markets())[symbol]

    async def near(self, ratio: str, symbol: str = BTC) -> Decimal:
        """A price on the tick at `ratio` times the last one."""
        last = (await self.gateway.quotes([symbol]))[symbol].last
        return (await self.market(symbol)).nearest_price(last * Decimal(ratio))

    async def balance(self, currency: str) -> Balance:
        none = Balance(currency, ZERO, ZERO)
        return (await self.gateway.balances()).get(currency, none)


def market_order(side: Side, amount: str | Decimal, symbol: str = BTC) -> OrderRequest:
    return OrderRequest(symbol, side, OrderType.MARKET, Decimal(amount))


def limit_order(
    side: Side, amount: str | Decimal, price: Decimal, symbol: str = BTC
) -> OrderRequest:
    return OrderRequest(symbol, side, OrderType.LIMIT, Decimal(amount), price)


@dataclass(frozen=True, slots=True)
class _PaperMarket:
    gateway: ExchangeGateway
    venue: PaperVenue
    clock: Clock

    async def trade_at(self, symbol: str, price: Decimal) -> None:
        last = (await self.gateway.quotes([symbol]))[symbol].last
        await self.venue.push(symbol.partition("/")[0], price / last)
        self.clock.advance(_SECOND)
        await self.venue.match()

    async def fill_in_part(self, client_order_id: str, symbol: str, price: Decimal) -> None:
        assert client_order_id
        await self.trade_at(symbol, price)


@dataclass(frozen=True, slots=True)
class _WireMarket:
    venue: Venue

    async def trade_at(self, symbol: str, price: Decimal) -> None:
        await self.venue.set_price(symbol, price)

    async def fill_in_part(self, client_order_id: str, symbol: str, price: Decimal) -> None:
        assert symbol
        assert price
        await self.venue.fill(client_order_id, "10")


async def paper_world(database: Database, clock: Clock) -> World:
    """A new account at the practice venue."""
    member = await open_tenant(database, now=clock())
    venue = PaperVenue(database, SyntheticMarket(_SEED), clock)
    gateway = venue.gateway(member.account_id)
    return World(gateway, TRAITS["paper"], _PaperMarket(gateway, venue, clock), clock)


@asynccontextmanager
async def wire_world(process: VenueProcess, environment: Environment) -> AsyncIterator[World]:
    """A new account at a venue that speaks its own protocol."""
    async with Venue.borrow(process) as venue, opened(venue) as connector:
        gateway = await gateway_of(connector, venue, environment)
        traits = TRAITS[f"{venue.name}-{environment}"]
        yield World(gateway, traits, _WireMarket(venue), utc_now)
        await gateway.close()


@asynccontextmanager
async def opened(
    venue: Venue, *, patience: timedelta = timedelta(seconds=10)
) -> AsyncIterator[Connector]:
    """The product's own way to a venue, without its waits."""
    # The budgets are tested elsewhere; here nothing is to wait for them.
    settings = VenueSettings(timeout=patience, rate_limit_per_minute=10_000_000)
    network = Network(ca_file=venue.ca_file, resolve=venue.resolve)
    connector = Connector(network, {venue.name: settings}, now=utc_now, pause=_no_pause)
    try:
        yield connector
    finally:
        await connector.close()


async def gateway_of(
    connector: Connector, venue: Venue, environment: Environment, **key: object
) -> CcxtGateway:
    """Connect a new key of a venue."""
    place = "live" if environment is Environment.LIVE else "demo"
    made = await venue.add_key(environment=place, **key)
    fields = {"apiKey": made["key"], "secret": made["secret"], "password": made["passphrase"]}
    credentials = Credentials.of({name: text for name, text in fields.items() if text})
    data = CcxtMarketData(connector.public(venue.name, environment), now=utc_now)
    return CcxtGateway(
        connector.private(venue.name, environment, credentials),
        data,
        venue_row(venue.name),
        environment,
        now=utc_now,
        pauses=(0, 0),
    )


async def _no_pause(seconds: float) -> None:
    assert seconds >= 0
