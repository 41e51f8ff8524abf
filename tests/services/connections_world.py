"""A tenant that connects accounts to wire venues on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.accounts import Accounts
from services.clock import utc_now
from services.connections import Connections, NewAccount
from services.domain.accounts import Account, ChatId, Environment, Member
from services.domain.messages import Delivery, Message
from services.domain.secrets import Credentials
from services.exchange.connector import Connector, VenueSettings
from services.exchange.gateway import ExchangeGateway
from services.exchange.live import PublicData
from services.exchange.network import Network
from services.exchange.pool import Pool
from services.exchange.synthetic import SyntheticMarket
from services.execution import Execution
from services.keyring import Keyring
from services.live_accounts import LiveAccounts
from services.orders import Orders
from services.outbox import Outbox
from services.paper import PaperVenue
from services.persistence.database import Database
from services.vault import Vault
from services.vault_keys import new_key
from tests.clock import Clock
from tests.makers import CHAT, open_tenant
from tests.services.office import LIMITS
from tests.venues.client import Venue

LIVE, SANDBOX = Environment.LIVE, Environment.SANDBOX
UNHURRIED = {"mexc": VenueSettings(rate_limit_per_minute=100_000)}


@dataclass(frozen=True, slots=True)
class World:
    """What a test acts on; `rung` collects the chats that were told to look."""

    database: Database
    clock: Clock
    member: Member
    connections: Connections
    accounts: Accounts
    execution: Execution
    orders: Orders
    outbox: Outbox
    keyring: Keyring
    rung: list[ChatId]

    async def messages(self, chat_id: ChatId = CHAT) -> list[Message]:
        """Deliver what waits for a chat, and return it."""
        delivered: list[Message] = []

        async def send(_member: Member, delivery: Delivery) -> None:
            delivered.append(delivery.message)

        await self.outbox.drain(chat_id, send)
        return delivered

    async def connect(
        self,
        exchange: str,
        made: Mapping[str, str],
        *,
        name: str = "Main",
        environment: Environment = LIVE,
    ) -> Account:
        """Connect an account with a good key."""
        new = NewAccount(exchange, environment, name, keys(made))
        account, _ = await self.connections.add(self.member, new)
        return account

    async def stored(self, account: Account) -> Account:
        """Return an account as it is stored now."""
        return await self.accounts.find(account.tenant_id, account.id)


def keys(made: Mapping[str, str], **changes: str) -> Credentials:
    """Return what a person would hand over of a venue's key."""
    fields = {"apiKey": made["key"], "secret": made["secret"], "password": made["passphrase"]}
    return Credentials.of({name: text for name, text in (fields | changes).items() if text})


async def at_once(_seconds: float) -> None:
    """Wait for nothing between two tries."""


@asynccontextmanager
async def connecting(
    database: Database,
    clock: Clock,
    *venues: Venue,
    network: Network | None = None,
    egress: str | None = None,
    may_attest: bool = False,
) -> AsyncIterator[World]:
    """Open everything that connecting accounts needs, on these venues."""
    if network is None:
        addresses = {host: address for venue in venues for host, address in venue.resolve.items()}
        network = Network(venues[0].ca_file, addresses)
    connector = Connector(network, UNHURRIED, now=utc_now, pause=at_once)
    public = PublicData(connector, now=utc_now)
    vault, rung = Vault(new_key()), list[ChatId]()
    keyring = Keyring(database, vault, now=clock)
    live = LiveAccounts(
        database, keyring, connector, public, now=utc_now, on_move=lambda _account: None
    )
    paper = PaperVenue(database, SyntheticMarket(7), clock)
    await paper.load()

    async def opened(account: Account) -> ExchangeGateway:
        if account.environment is Environment.PAPER:
            return paper.gateway(account.id)
        return await live.gateway(account)

    pool = Pool(opened, now=clock)
    accounts = Accounts(database, pool, may_attest=may_attest)
    execution = Execution(database, accounts, now=clock, on_message=rung.append)
    connections = Connections(
        database,
        keyring,
        connector,
        pool,
        vault=vault,
        now=clock,
        on_message=rung.append,
        egress=egress,
        may_attest=may_attest,
    )
    orders = Orders(
        database, accounts, execution, limits=LIMITS, now=clock, on_message=rung.append
    )
    member = await open_tenant(database, now=clock())
    try:
        yield World(
            database,
            clock,
            member,
            connections,
            accounts,
            execution,
            orders,
            Outbox(database, now=clock),
            keyring,
            rung,
        )
    finally:
        await live.close()
        await pool.close()
        await public.close()
        await connector.close()
