"""Holdings at real venues: every wallet counted, moves between them silent, old figures marked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from services.accounts import Accounts
from services.balances import Balances, Portfolio
from services.domain.accounts import Account, ChatId, Environment, Member, Wallet
from services.domain.messages import Delivery, Message
from services.errors import ExchangeUnavailable
from services.exchange.client import Client
from services.exchange.gateway import ExchangeGateway
from services.exchange.pool import Pool
from services.execution import Execution
from services.outbox import Outbox
from services.persistence.database import Database
from tests.clock import Clock
from tests.contract.worlds import gateway_of, opened
from tests.makers import CHAT, open_tenant
from tests.services.situations import D
from tests.venues.client import Venue, VenueProcess

MINUTE = timedelta(minutes=1)
PERPETUAL = "BTC/USDT:USDT"
HELD = {
    "spot": {"USDT": "1000", "BTC": "0.5"},
    "funding": {"USDT": "200", "ETH": "2"},
    "futures": {"USDT": "300"},
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A tenant whose default account is at the venue."""

    venue: Venue
    database: Database
    clock: Clock
    member: Member
    accounts: Accounts
    balances: Balances
    client: Client

    async def portfolio(self) -> Portfolio:
        return await self.balances.portfolio(self.member)

    async def sync(self) -> list[Message]:
        """Look once more, and return what the tenant is told."""
        self.clock.advance(MINUTE)
        account = await self.accounts.get(self.member.tenant_id, self.member.account_id)
        await self.balances.sync(account)
        told: list[Message] = []

        async def send(_member: Member, delivery: Delivery) -> None:
            told.append(delivery.message)

        await Outbox(self.database, now=self.clock).drain(CHAT, send)
        return told


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    with VenueProcess("binance", tmp_path_factory.mktemp("binance")) as running:
        yield running


@pytest.fixture
async def desk(process: VenueProcess, database: Database, clock: Clock) -> AsyncIterator[Desk]:
    """An account with three wallets."""
    async with desk_at(process, database, clock) as found:
        yield found


@asynccontextmanager
async def desk_at(process: VenueProcess, database: Database, clock: Clock) -> AsyncIterator[Desk]:
    patience = timedelta(seconds=2)
    async with Venue.borrow(process) as venue, opened(venue, patience=patience) as connector:
        gateway = await gateway_of(connector, venue, Environment.LIVE, balances=HELD)

        async def open_gateway(_account: Account) -> ExchangeGateway:
            return gateway

        rung: list[ChatId] = []
        pool = Pool(open_gateway, now=clock)
        accounts = Accounts(database, pool)
        execution = Execution(database, accounts, now=clock, on_message=rung.append)
        member = await open_tenant(database, now=clock())
        balances = Balances(database, accounts, execution, now=clock)
        yield Desk(venue, database, clock, member, accounts, balances, gateway._client)
        await pool.close()


async def test_every_wallet_is_counted_and_told_apart(desk: Desk) -> None:
    portfolio = await desk.portfolio()

    held = {holding.balance.currency: holding for holding in portfolio.holdings}
    assert held["USDT"].balance.total == 1500
    assert dict(held["USDT"].wallets) == {
        Wallet.SPOT: D(1000),
        Wallet.FUNDING: D(200),
        Wallet.SWAP: D(300),
    }
    assert set(held) == {"USDT", "BTC", "ETH"}
    assert not portfolio.is_stale


async def test_everything_is_valued_in_the_members_currency(desk: Desk) -> None:
    await desk.venue.set_price("BTC/USDT", 60_000)

    portfolio = await desk.portfolio()

    worth = {holding.balance.currency: holding.value for holding in portfolio.holdings}
    assert worth["BTC"] == 30_000
    assert worth["USDT"] == 1500
    assert portfolio.valued_in == "USDT"


async def test_a_move_between_wallets_is_no_news(desk: Desk) -> None:
    await desk.sync()
    await desk.venue.deposit("spot", "USDT", "-400")
    await desk.venue.deposit("funding", "USDT", "400")

    assert await desk.sync() == []


async def test_a_deposit_to_any_wallet_is_told_once(desk: Desk) -> None:
    await desk.sync()
    await desk.venue.deposit("funding", "USDC", "55.5")

    [message] = await desk.sync()

    assert (message.kind, message.payload) == ("balance", {"USDC": "55.5"})
    assert await desk.sync() == []


async def test_money_that_came_to_an_emptied_account_is_told(desk: Desk) -> None:
    for wallet, held in HELD.items():
        for currency, amount in held.items():
            await desk.venue.deposit(wallet, currency, f"-{amount}")
    await desk.sync()
    await desk.venue.deposit("spot", "BTC", "0.1")

    [message] = await desk.sync()

    assert message.payload == {"BTC": "0.1"}


async def test_a_wallet_that_cannot_be_read_is_not_called_a_withdrawal(desk: Desk) -> None:
    await desk.sync()
    await desk.venue.fault("status", path="/sapi/v1/asset/get-funding-asset", status=403, times=9)

    assert await desk.sync() == []
    await desk.venue.call("clear_faults")
    assert await desk.sync() == []


async def test_out_of_reach_the_last_figures_are_shown_as_old(desk: Desk) -> None:
    await desk.sync()
    read_at = desk.clock()
    await desk.venue.listen("refuse")
    desk.clock.advance(MINUTE)

    portfolio = await desk.portfolio()

    assert portfolio.is_stale
    assert portfolio.read_at == read_at
    held = {holding.balance.currency: holding for holding in portfolio.holdings}
    assert held["USDT"].balance.total == 1500
    assert held["USDT"].value == 1500
    assert held["BTC"].value is None


async def test_out_of_reach_and_never_read_is_said(desk: Desk) -> None:
    await desk.venue.listen("refuse")

    with pytest.raises(ExchangeUnavailable):
        await desk.portfolio()


async def test_positions_are_shown_and_remembered(desk: Desk) -> None:
    await desk.client.write("create_order", PERPETUAL, "market", "buy", "0.002")

    portfolio = await desk.portfolio()
    await desk.sync()
    async with desk.database.read(desk.member.tenant_id) as data:
        stored = await data.assets.snapshot(desk.member.account_id)

    [position] = portfolio.positions
    assert (position.symbol, position.amount) == (PERPETUAL, D("0.002"))
    assert [(p.symbol, p.amount) for p in stored.positions] == [(PERPETUAL, D("0.002"))]
