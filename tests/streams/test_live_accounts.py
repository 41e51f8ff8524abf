"""Accounts at real venues are followed while they are active, by the key that they have now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import structlog

from services.connections import Connections, NewAccount
from services.domain.accounts import Account, AccountId, Environment, Member
from services.domain.secrets import Credentials
from services.exchange.account_stream import Pace
from services.exchange.connector import Connector
from services.exchange.live import PublicData
from services.exchange.network import Network
from services.exchange.pool import Pool
from services.keyring import Keyring
from services.live_accounts import LiveAccounts
from services.persistence.database import Database
from services.vault import Vault
from services.vault_keys import new_key
from tests.eventually import eventually
from tests.flow.exchanges.venues import MovingClock
from tests.makers import open_tenant
from tests.services.vault_world import edit
from tests.venues.client import Venue, VenueProcess

PACE = Pace(pause=(0.1, 1.0), refused=(0.2, 0.4), silence=1.5, hints=(0.02, 0.02))


@dataclass
class Desk:
    """A tenant with accounts at real venues."""

    binance: Venue
    okx: Venue
    connections: Connections
    accounts: LiveAccounts
    member: Member
    clock: MovingClock
    hints: list[AccountId] = field(default_factory=list)

    async def connect(self, venue: Venue, name: str) -> tuple[Account, dict[str, str]]:
        """Connect an account by a new key of an account of that name at the venue."""
        key = await new_key_of(venue, name)
        new = NewAccount(venue.name, Environment.LIVE, name, credentials_of(venue, key))
        account, _ = await self.connections.add(self.member, new)
        return account, key

    async def hinted(self, venue: Venue, name: str, account: Account) -> None:
        """Let money come in and wait for the hint at the account."""
        self.hints.clear()
        wallet = "spot" if venue.name == "binance" else "trading"
        await venue.deposit(wallet, "USDT", 1, account=name)
        await eventually(lambda: account.id in self.hints, within=1, of="a hint")


async def new_key_of(venue: Venue, name: str) -> dict[str, str]:
    passphrase = {"passphrase": "Correct-horse-7"} if venue.name == "okx" else {}
    return await venue.add_key(account=name, **passphrase)


def credentials_of(venue: Venue, key: dict[str, str]) -> Credentials:
    texts = {"apiKey": key["key"], "secret": key["secret"]}
    if venue.name == "okx":
        texts["password"] = key["passphrase"]
    return Credentials.of(texts)


@pytest.fixture
async def binance(processes: dict[str, VenueProcess]) -> AsyncIterator[Venue]:
    async with Venue.borrow(processes["binance"]) as venue:
        yield venue


@pytest.fixture
async def okx(processes: dict[str, VenueProcess]) -> AsyncIterator[Venue]:
    async with Venue.borrow(processes["okx"]) as venue:
        yield venue


@pytest.fixture
async def desk(any_database: Database, binance: Venue, okx: Venue) -> AsyncIterator[Desk]:
    clock = MovingClock()
    network = Network(ca_file=binance.ca_file, resolve={**binance.resolve, **okx.resolve})
    connector, vault = Connector(network, {}, now=clock), Vault(new_key())
    keyring = Keyring(any_database, vault, now=clock)
    public = PublicData(connector, now=clock)
    hints: list[AccountId] = []
    accounts = LiveAccounts(
        any_database,
        keyring,
        connector,
        public,
        now=clock,
        on_move=lambda account: hints.append(account.id),
        pace=PACE,
    )
    pool = Pool(accounts.gateway, now=clock)
    connections = Connections(
        any_database,
        keyring,
        connector,
        pool,
        vault=vault,
        now=clock,
        on_message=lambda _: None,
    )
    member = await open_tenant(any_database, now=clock())
    yield Desk(binance, okx, connections, accounts, member, clock, hints)
    await accounts.close()
    await pool.close()
    await public.close()
    await connector.close()


async def private(venue: Venue, name: str = "") -> list[dict[str, Any]]:
    """Return the lines that carry what happens on an account, of any unless a name is given."""
    lines = [line for line in await venue.sockets() if line["account"]]
    # A line of OKX is logged in before it has subscribed.
    ready = [line for line in lines if venue.name != "okx" or len(line["topics"]) == 2]
    return [line for line in ready if name in {"", line["account"]}]


async def lines(venue: Venue, count: int, name: str = "") -> list[dict[str, Any]]:
    """Wait until there are that many."""

    async def found() -> bool:
        return len(await private(venue, name)) == count

    await eventually(found, within=8, of=f"{count} private lines")
    return await private(venue, name)


async def test_accounts_are_followed_and_a_paper_account_is_not(desk: Desk) -> None:
    at_binance, _ = await desk.connect(desk.binance, "main")
    at_okx, _ = await desk.connect(desk.okx, "main okx")

    assert await desk.accounts.follow() == 2

    # Binance has a line of its own for contracts.
    await lines(desk.binance, 2)
    await lines(desk.okx, 1)
    await desk.hinted(desk.binance, "main", at_binance)
    await desk.hinted(desk.okx, "main okx", at_okx)


async def test_what_is_followed_is_left_alone(desk: Desk) -> None:
    await desk.connect(desk.okx, "main")
    await desk.accounts.follow()
    before = await lines(desk.okx, 1)

    assert await desk.accounts.follow() == 1
    await asyncio.gather(*(desk.accounts.follow() for _ in range(3)))

    assert await private(desk.okx) == before


async def test_a_hint_names_the_account_that_moved(desk: Desk) -> None:
    ones, _ = await desk.connect(desk.okx, "one")
    others, _ = await desk.connect(desk.okx, "other")
    await desk.accounts.follow()
    await lines(desk.okx, 1, "one")
    await lines(desk.okx, 1, "other")
    await desk.hinted(desk.okx, "one", ones)

    await desk.hinted(desk.okx, "other", others)

    assert ones.id not in desk.hints


async def test_an_account_with_another_key_is_followed_anew(desk: Desk) -> None:
    account, old = await desk.connect(desk.okx, "main")
    await desk.accounts.follow()
    [line] = await lines(desk.okx, 1)
    other = await new_key_of(desk.okx, "main")

    await desk.connections.replace_key(desk.member, account.id, credentials_of(desk.okx, other))
    await desk.okx.call("remove_key", key=old["key"])
    assert await desk.accounts.follow() == 1

    async def is_new() -> bool:
        ids = [each["id"] for each in await private(desk.okx)]
        return len(ids) == 1 and ids != [line["id"]]

    await eventually(is_new, within=5, of="the line of the new key")
    await desk.hinted(desk.okx, "main", account)


async def test_an_account_that_is_switched_off_or_removed_is_not_followed(desk: Desk) -> None:
    off, _ = await desk.connect(desk.okx, "off")
    gone, _ = await desk.connect(desk.okx, "gone")
    await desk.accounts.follow()
    await lines(desk.okx, 2)

    await desk.connections.set_active(desk.member, off.id, is_active=False)
    await desk.connections.remove(desk.member, gone.id)
    assert await desk.accounts.follow() == 0

    await lines(desk.okx, 0)
    assert await desk.okx.sockets() == []
    await desk.connections.set_active(desk.member, off.id, is_active=True)
    assert await desk.accounts.follow() == 1
    await lines(desk.okx, 1, "off")


async def test_a_broken_key_stops_no_other_account(desk: Desk, any_url: str) -> None:
    broken, _ = await desk.connect(desk.okx, "broken")
    refused, key = await desk.connect(desk.okx, "refused")
    good, _ = await desk.connect(desk.okx, "good")
    damage = "UPDATE exchange_account SET credentials = :junk WHERE id = :id"
    await edit(any_url, damage, junk=b"junk" * 20, id=broken.id)
    await desk.okx.set_key(key["key"], expires_ms=1)

    assert await desk.accounts.follow() == 2

    await lines(desk.okx, 1, "good")
    await desk.hinted(desk.okx, "good", good)
    await desk.okx.set_key(key["key"], expires_ms=None)
    await lines(desk.okx, 1, "refused")
    await desk.hinted(desk.okx, "refused", refused)


async def test_a_key_that_does_not_open_is_tried_again_after_a_while(
    desk: Desk, any_url: str
) -> None:
    broken, _ = await desk.connect(desk.okx, "broken")
    damage = "UPDATE exchange_account SET credentials = :junk WHERE id = :id"
    await edit(any_url, damage, junk=b"junk" * 20, id=broken.id)

    tries = []
    for step in (0, 1, 1, 10):
        desk.clock.advance(timedelta(minutes=step))
        with structlog.testing.capture_logs() as entries:
            await desk.accounts.follow()
        tries.append(sum(entry["event"] == "account_not_followed" for entry in entries))

    assert tries == [1, 0, 0, 1]


async def test_nothing_is_left_at_the_end(desk: Desk) -> None:
    before = asyncio.all_tasks()
    for venue in (desk.binance, desk.okx):
        await desk.connect(venue, f"at {venue.name}")
    await desk.accounts.follow()
    await lines(desk.binance, 2)
    await lines(desk.okx, 1)

    await desk.accounts.close()

    assert asyncio.all_tasks() <= before
    for venue in (desk.binance, desk.okx):
        await lines(venue, 0)
