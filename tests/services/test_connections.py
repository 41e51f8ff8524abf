"""Accounts are connected with keys that cannot move money out, and stop when that changes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.connections import Connections, NewAccount
from services.domain.accounts import AccountId, Member, Role, UserId
from services.domain.keys import Check, Finding
from services.domain.messages import ALERT, KEY_EXPIRING, KEY_REFUSED
from services.domain.orders import (
    Order,
    OrderStatus,
    OrderType,
    OrderWish,
    Quantity,
    QuantityKind,
    Side,
)
from services.domain.secrets import Credentials
from services.domain.venues import KeyKind
from services.errors import (
    AssistantError,
    CredentialsRejected,
    Expired,
    InvalidInput,
    NotAllowed,
    NotConnected,
    NotFound,
)
from services.orders import Card, Place
from services.persistence.database import Database
from services.tradable import check_tradable
from services.vault import SealBrokenError
from tests import makers
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT, open_tenant
from tests.services.connections_world import LIVE, SANDBOX, World, connecting, keys
from tests.services.exchange.answering import MEXC, MEXC_KEY, answering
from tests.services.vault_world import edit, look
from tests.venues.client import Venue, VenueProcess

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, VenueProcess]]:
    folder = tmp_path_factory.mktemp("venues")
    with (
        VenueProcess("binance", folder / "binance", ca=folder) as binance,
        VenueProcess("okx", folder / "okx", ca=folder) as okx,
    ):
        yield {"binance": binance, "okx": okx}


@pytest.fixture
async def binance(processes: dict[str, VenueProcess]) -> AsyncIterator[Venue]:
    async with Venue.borrow(processes["binance"]) as venue:
        await venue.set_price("BTC/USDT", "60000")
        yield venue


@pytest.fixture
async def okx(processes: dict[str, VenueProcess]) -> AsyncIterator[Venue]:
    async with Venue.borrow(processes["okx"]) as venue:
        await venue.set_price("BTC/USDT", "60000")
        yield venue


@pytest.fixture
async def world(
    any_database: Database, clock: Clock, binance: Venue, okx: Venue
) -> AsyncIterator[World]:
    """On SQLite and on PostgreSQL."""
    async with connecting(any_database, clock, binance, okx) as opened:
        yield opened


@pytest.fixture
async def small(
    database: Database, clock: Clock, binance: Venue, okx: Venue
) -> AsyncIterator[World]:
    """On SQLite, for what does not depend on the database."""
    async with connecting(database, clock, binance, okx) as opened:
        yield opened


def as_role(member: Member, role: Role) -> Member:
    return replace(member, role=role)


async def refused(work: Awaitable[object], error: type[AssistantError]) -> AssistantError:
    with pytest.raises(error) as caught:
        await work
    return caught.value


class TestAdding:
    async def test_a_good_key_makes_an_account_with_what_the_venue_says_of_it(
        self, world: World, binance: Venue, any_url: str
    ) -> None:
        made = await binance.add_key(ips=["127.0.0.1"], expires_ms=1_900_000_000_000)

        account = await world.connect("binance", made, name="  My\u202e  main ")

        assert account.name == "My main"
        assert account.exchange == "binance"
        assert account.environment is LIVE
        assert account.is_active
        assert account.credentials_version == 1
        assert account.key_hint == made["key"][-4:]
        assert not account.is_exposed
        assert account.permissions is not None
        assert account.permissions.is_safe
        assert account.permissions.ip_bound is True
        assert account.key_expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
        assert account.checked_at == world.clock()
        assert await world.stored(account) == account
        assert account in await world.connections.all(world.member)
        rows = await look(any_url, "SELECT * FROM exchange_account")
        assert not [row for row in rows if made["secret"] in str(row) or made["key"] in str(row)]

    async def test_its_key_opens_for_it(self, world: World, okx: Venue) -> None:
        made = await okx.add_key()
        account = await world.connect("okx", made)

        async with world.database.read(account.tenant_id) as data:
            sealed = await data.keys.credentials_of(account.id)

        assert sealed is not None
        opened = await world.keyring.open_credentials(account, sealed)
        assert opened == keys(made)

    async def test_the_default_account_stays_what_it_was(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())

        async with world.database.read(world.member.tenant_id) as data:
            member = await data.members.get(world.member.user_id)

        assert member is not None
        assert member.account_id == world.member.account_id != account.id

    async def test_a_refused_key_stores_nothing_and_says_why(
        self, world: World, binance: Venue, any_url: str
    ) -> None:
        made = await binance.add_key()
        await binance.set_key(made["key"], permissions={"enableWithdrawals": True})

        refusal = await refused(world.connect("binance", made), CredentialsRejected)

        assert refusal.code == "key_not_accepted"
        assert refusal.params["examination"].failed.finding is Finding.CAN_WITHDRAW
        assert len(await world.connections.all(world.member)) == 1
        assert await look(any_url, "SELECT count(*) FROM tenant_key") == [(0,)]

    async def test_a_sandbox_account_is_one_of_its_own(self, world: World, okx: Venue) -> None:
        made = await okx.add_key(environment="demo")

        account = await world.connect("okx", made, environment=SANDBOX)

        assert account.environment is SANDBOX

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("", "account_name_empty"),
            (" \u200b\u202e ", "account_name_empty"),
            ("x" * 33, "account_name_long"),
            ("paper", "account_name_taken"),
            ("ＰＡＰＥＲ", "account_name_taken"),
        ],
    )
    async def test_a_name_that_does_not_do_is_refused_before_the_venue_is_asked(
        self, small: World, okx: Venue, name: str, code: str
    ) -> None:
        made = await okx.add_key()

        refusal = await refused(small.connect("okx", made, name=name), InvalidInput)

        assert refusal.code == code
        assert await okx.journal("request") == []

    async def test_a_taken_name_brings_a_free_one(self, world: World, okx: Venue) -> None:
        await world.connect("okx", await okx.add_key(), name="OKX")

        refusal = await refused(
            world.connect("okx", await okx.add_key(), name="okx"), InvalidInput
        )

        assert refusal.params == {"name": "okx", "suggestion": "okx 2"}
        assert await world.connections.suggest_name(world.member, "okx", LIVE) == "OKX 2"
        assert await world.connections.suggest_name(world.member, "okx", SANDBOX) == "OKX demo"

    async def test_of_two_at_once_under_one_name_one_is_stored(
        self, world: World, okx: Venue
    ) -> None:
        first, second = await okx.add_key(), await okx.add_key()

        results = await asyncio.gather(
            world.connect("okx", first), world.connect("okx", second), return_exceptions=True
        )

        codes = [result.code for result in results if isinstance(result, InvalidInput)]
        assert codes == ["account_name_taken"]
        assert [a.name for a in await world.connections.all(world.member)] == ["Paper", "Main"]

    async def test_a_missing_part_is_named(self, small: World) -> None:
        half = Credentials.of({"apiKey": "a", "secret": "b"})
        new = NewAccount("okx", LIVE, "Main", half)

        refusal = await refused(small.connections.add(small.member, new), InvalidInput)

        assert refusal.code == "credential_missing"
        assert refusal.params == {"field": "password"}

    async def test_what_pasting_adds_is_taken_off(self, small: World, okx: Venue) -> None:
        made = await okx.add_key()
        pasted = {name: f" {text}\r\n" for name, text in made.items() if name != "account"}

        account = await small.connect("okx", pasted)

        assert account.key_hint == made["key"][-4:]

    @pytest.mark.parametrize("exchange", ["paper", "nothing", ""])
    async def test_what_ccxt_does_not_know_is_refused(self, small: World, exchange: str) -> None:
        new = NewAccount(exchange, LIVE, "Main", MEXC_KEY)

        refusal = await refused(small.connections.add(small.member, new), NotFound)

        assert refusal.code == "exchange_unknown"

    async def test_a_venue_without_a_sandbox_is_refused_there(self, small: World) -> None:
        new = NewAccount("mexc", SANDBOX, "Main", MEXC_KEY)

        assert (await refused(small.connections.add(small.member, new), InvalidInput)).code == (
            "no_sandbox"
        )

    async def test_a_venue_that_nobody_enabled_is_refused(self, small: World) -> None:
        new = NewAccount("bitstamp", LIVE, "Main", MEXC_KEY)

        assert (await refused(small.connections.add(small.member, new), NotConnected)).code == (
            "exchange_not_available"
        )

    async def test_an_examination_stores_nothing(
        self, world: World, okx: Venue, any_url: str
    ) -> None:
        found = await world.connections.examine(
            world.member, "okx", LIVE, keys(await okx.add_key())
        )

        assert found.is_acceptable
        assert await look(any_url, "SELECT count(*) FROM exchange_account") == [(1,)]
        assert await look(any_url, "SELECT count(*) FROM tenant_key") == [(0,)]


class TestKeysMadeHere:
    async def test_a_made_ed25519_key_connects_and_its_secret_never_left(
        self, small: World, binance: Venue
    ) -> None:
        key = small.connections.generate_key(KeyKind.ED25519)
        made = await binance.add_key(public_key=key.public)
        kept = small.connections.keep_secret(small.member, key.private.reveal())

        secret = small.connections.kept_secret(small.member, kept)
        account = await small.connect("binance", made | {"secret": secret})

        assert account.permissions is not None
        assert account.permissions.is_safe
        assert "PRIVATE" not in key.public
        assert key.private.reveal() not in repr(key)


class TestUnverifiableVenues:
    async def test_live_is_refused_without_the_operators_leave(
        self, database: Database, clock: Clock, tmp_path: Path
    ) -> None:
        async with (
            answering(tmp_path / "tls", MEXC) as server,
            connecting(database, clock, network=server.network) as world,
        ):
            new = NewAccount("mexc", LIVE, "Main", MEXC_KEY, is_attested=True)
            refusal = await refused(world.connections.add(world.member, new), CredentialsRejected)

        failed = refusal.params["examination"].failed
        assert failed.finding is Finding.UNVERIFIABLE
        assert failed.params["may_attest"] is False

    async def test_the_owners_word_counts_as_long_as_the_operator_allows_it(
        self, database: Database, clock: Clock, tmp_path: Path
    ) -> None:
        async with (
            answering(tmp_path / "tls", MEXC) as server,
            connecting(database, clock, network=server.network, may_attest=True) as world,
        ):
            new = NewAccount("mexc", LIVE, "Main", MEXC_KEY, is_attested=True)
            account, _ = await world.connections.add(world.member, new)
            assert await world.connections.recheck_all() == 0
            account = await world.stored(account)

        check_tradable(account, may_attest=True)
        with pytest.raises(CredentialsRejected) as refusal:
            check_tradable(account, may_attest=False)
        assert refusal.value.code == "account_key_unverified"


class TestRights:
    """Only owners manage accounts, and only their own."""

    ACTS: dict[str, Callable[[World, Member, AccountId], Awaitable[object]]] = {  # noqa: RUF012
        "examine": lambda w, m, _: w.connections.examine(m, "okx", LIVE, MEXC_KEY),
        "add": lambda w, m, _: w.connections.add(m, NewAccount("okx", LIVE, "New", MEXC_KEY)),
        "replace_key": lambda w, m, a: w.connections.replace_key(m, a, MEXC_KEY),
        "test": lambda w, m, a: w.connections.test(m, a),
        "rename": lambda w, m, a: w.connections.rename(m, a, "New"),
        "set_active": lambda w, m, a: w.connections.set_active(m, a, is_active=False),
        "remove": lambda w, m, a: w.connections.remove(m, a),
    }

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER])
    @pytest.mark.parametrize("act", ACTS)
    async def test_others_change_nothing(
        self, small: World, okx: Venue, act: str, role: Role
    ) -> None:
        account = await small.connect("okx", await okx.add_key())
        before = await small.connections.all(small.member)

        work = self.ACTS[act](small, as_role(small.member, role), account.id)
        assert (await refused(work, NotAllowed)).code == "owner_only"

        assert await small.connections.all(small.member) == before

    @pytest.mark.parametrize("act", sorted(set(ACTS) - {"examine", "add"}))
    async def test_another_tenants_account_is_out_of_reach(
        self, world: World, okx: Venue, act: str
    ) -> None:
        account = await world.connect("okx", await okx.add_key())
        before = await world.connections.all(world.member)
        intruder = await open_tenant(
            world.database, now=world.clock(), chat_id=OTHER_CHAT, user_id=8
        )

        work = self.ACTS[act](world, intruder, account.id)
        assert (await refused(work, NotConnected)).code == "account_unknown"

        assert await world.connections.all(world.member) == before

    def test_every_act_of_a_member_is_tried_or_changes_nothing(self) -> None:
        harmless = {"all", "get", "suggest_name", "keep_secret", "kept_secret"}
        acts = {
            name
            for name, method in inspect.getmembers(Connections, inspect.isfunction)
            if not name.startswith("_") and "member" in inspect.signature(method).parameters
        }
        assert acts == set(self.ACTS) | harmless


class TestReplacingKeys:
    async def test_the_new_key_takes_the_place_of_the_old(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        await world.connections.set_exposed(account.tenant_id, account.id, is_exposed=True)
        made = await okx.add_key(ips=["127.0.0.1"])

        replaced, found = await world.connections.replace_key(world.member, account.id, keys(made))

        assert found.is_acceptable
        assert replaced.credentials_version == 2
        assert replaced.key_hint == made["key"][-4:]
        assert not replaced.is_exposed
        assert replaced.permissions is not None
        assert replaced.permissions.ip_bound is True
        async with world.database.read(account.tenant_id) as data:
            sealed = await data.keys.credentials_of(account.id)
        assert sealed is not None
        assert await world.keyring.open_credentials(replaced, sealed) == keys(made)

    async def test_a_refused_key_leaves_the_old_one(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        bad = await okx.add_key(permissions={"perm": "read_only,trade,withdraw"})

        await refused(
            world.connections.replace_key(world.member, account.id, keys(bad)),
            CredentialsRejected,
        )

        assert await world.stored(account) == account

    async def test_an_open_gateway_speaks_with_the_new_key_at_once(
        self, small: World, okx: Venue
    ) -> None:
        first = await okx.add_key()
        account = await small.connect("okx", first)
        _, gateway = await small.accounts.open(account.tenant_id, account.id)
        await gateway.balances()
        await okx.call("remove_key", key=first["key"])

        await small.connections.replace_key(small.member, account.id, keys(await okx.add_key()))
        _, gateway = await small.accounts.open(account.tenant_id, account.id)

        assert "USDT" in await gateway.balances()

    async def test_a_practice_account_has_no_key(self, small: World) -> None:
        work = small.connections.replace_key(small.member, small.member.account_id, MEXC_KEY)
        assert (await refused(work, NotConnected)).code == "no_key"
        work_too = small.connections.test(small.member, small.member.account_id)
        assert (await refused(work_too, NotConnected)).code == "no_key"


class TestTesting:
    async def test_what_the_venue_says_now_is_kept(self, world: World, okx: Venue) -> None:
        made = await okx.add_key()
        account = await world.connect("okx", made)
        await okx.set_key(made["key"], permissions={"perm": "read_only"})
        world.clock.advance(DAY)

        found = await world.connections.test(world.member, account.id)

        assert found.is_acceptable
        stored = await world.stored(account)
        assert stored.permissions is not None
        assert not stored.permissions.can_trade
        assert stored.checked_at == world.clock()

    async def test_a_venue_that_is_away_changes_nothing(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        await okx.listen("refuse")

        found = await world.connections.test(world.member, account.id)

        assert found.failed is not None
        assert found.failed.check is Check.REACH
        assert await world.stored(account) == account


class TestNaming:
    async def test_an_account_is_renamed(self, world: World) -> None:
        account = await world.connections.rename(
            world.member, world.member.account_id, " Practice\n one"
        )

        assert account.name == "Practice one"
        assert await world.connections.get(world.member, account.id) == account

    async def test_its_own_name_in_other_letters_is_free(self, world: World) -> None:
        account = await world.connections.rename(world.member, world.member.account_id, "PAPER")
        assert account.name == "PAPER"

    async def test_the_name_of_another_is_taken(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())

        refusal = await refused(
            world.connections.rename(world.member, account.id, "Paper"), InvalidInput
        )

        assert refusal.code == "account_name_taken"
        assert await world.stored(account) == account


class TestSwitchingOff:
    async def test_members_move_to_the_oldest_other_account(
        self, world: World, okx: Venue
    ) -> None:
        account = await world.connect("okx", await okx.add_key())

        paper = await world.connections.set_active(
            world.member, world.member.account_id, is_active=False
        )

        assert not paper.is_active
        async with world.database.read(world.member.tenant_id) as data:
            member = await data.members.get(world.member.user_id)
            active = await data.accounts.all()
        assert member is not None
        assert member.account_id == account.id
        assert [entry.id for entry in active] == [account.id]
        assert len(await world.connections.all(world.member)) == 2

    async def test_it_comes_back(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        await world.connections.set_active(world.member, account.id, is_active=False)
        await refused(world.accounts.open(account.tenant_id, account.id), NotConnected)

        back = await world.connections.set_active(world.member, account.id, is_active=True)

        assert back.is_active
        _, gateway = await world.accounts.open(account.tenant_id, account.id)
        assert "USDT" in await gateway.balances()

    async def test_the_last_one_stays(self, world: World) -> None:
        work = world.connections.set_active(world.member, world.member.account_id, is_active=False)
        assert (await refused(work, NotAllowed)).code == "last_account"
        work = world.connections.remove(world.member, world.member.account_id)
        assert (await refused(work, NotAllowed)).code == "last_account"
        assert [a.is_active for a in await world.connections.all(world.member)] == [True]

    async def test_an_order_on_it_is_still_followed_and_cancelled(
        self, small: World, okx: Venue
    ) -> None:
        account, order = await resting(small, okx)
        await small.connections.set_active(small.member, account.id, is_active=False)

        cancelled = await small.orders.cancel(small.member, order.id)

        assert cancelled.status is OrderStatus.CANCELED


class TestRemoving:
    async def test_the_key_is_gone_and_the_name_is_free(
        self, world: World, okx: Venue, any_url: str
    ) -> None:
        account = await world.connect("okx", await okx.add_key())

        removed = await world.connections.remove(world.member, account.id)

        assert removed == account
        assert [a.name for a in await world.connections.all(world.member)] == ["Paper"]
        rows = await look(
            any_url,
            "SELECT credentials, data_key_version, key_hint, credentials_version"
            f" FROM exchange_account WHERE id = {account.id}",
        )
        assert rows == [(None, None, None, 2)]
        assert (await world.connect("okx", await okx.add_key())).name == account.name
        assert (await world.stored(account)).name == f"Main\u00a0#{account.id}"

    async def test_whose_default_it_was_gets_another(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        async with world.database.write(world.member.tenant_id) as data:
            await data.members.save(replace(world.member, account_id=account.id))

        await world.connections.remove(world.member, account.id)

        async with world.database.read(world.member.tenant_id) as data:
            member = await data.members.get(world.member.user_id)
        assert member is not None
        assert member.account_id == world.member.account_id

    async def test_its_alerts_end(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        async with world.database.write(world.member.tenant_id) as data:
            mine = replace(world.member, account_id=account.id)
            await makers.alert(data, mine, now=world.clock(), key="theirs")
            kept = await makers.alert(data, world.member, now=world.clock(), key="kept")

        await world.connections.remove(world.member, account.id)

        async with world.database.read(world.member.tenant_id) as data:
            assert [alert.id for alert in await data.alerts.watching()] == [kept.id]

    async def test_open_orders_hold_it_unless_its_owner_is_sure(
        self, small: World, okx: Venue
    ) -> None:
        account, order = await resting(small, okx)

        refusal = await refused(small.connections.remove(small.member, account.id), NotAllowed)
        assert refusal.code == "orders_open"
        assert refusal.params["count"] == 1
        await small.connections.remove(small.member, account.id, is_sure=True)

        assert (await okx.orders())[0]["status"] == "open"
        async with small.database.read_all() as data:
            assert order.id not in {o.id for o in await data.sweeps.unsettled_orders()}

    async def test_its_orders_stay_readable(self, small: World, okx: Venue) -> None:
        account, order = await resting(small, okx)
        await small.orders.cancel(small.member, order.id)
        await small.connections.remove(small.member, account.id)

        [receipt] = await small.orders.history(small.member)

        assert receipt.order.id == order.id
        assert receipt.account.name == f"Main\u00a0#{account.id}"
        assert (receipt.market.base, receipt.market.quote) == ("BTC", "USDT")

    async def test_it_is_gone_for_every_other_act(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        await world.connections.remove(world.member, account.id)

        for name in ("replace_key", "test", "rename", "set_active", "remove"):
            work = TestRights.ACTS[name](world, world.member, account.id)
            assert (await refused(work, NotConnected)).code == "account_unknown"


class TestDrafts:
    async def test_a_kept_secret_opens_for_its_member_only(self, small: World) -> None:
        kept = small.connections.keep_secret(small.member, "my secret, 秘密")

        assert "secret" not in kept
        assert small.connections.kept_secret(small.member, kept) == "my secret, 秘密"
        colleague = replace(small.member, user_id=UserId(999))
        stranger = await open_tenant(
            small.database, now=small.clock(), chat_id=OTHER_CHAT, user_id=7
        )
        for member in (colleague, stranger):
            with pytest.raises(Expired) as refusal:
                small.connections.kept_secret(member, kept)
            assert refusal.value.code == "draft_gone"

    @pytest.mark.parametrize("kept", ["", "no base64!", "AAAA", "cXQyOg=="])
    async def test_what_was_not_kept_here_does_not_open(self, small: World, kept: str) -> None:
        with pytest.raises(Expired):
            small.connections.kept_secret(small.member, kept)


class TestWatching:
    async def test_a_key_that_gained_a_right_stops_and_its_owner_is_told_once(
        self, world: World, binance: Venue
    ) -> None:
        made = await binance.add_key()
        account = await world.connect("binance", made)
        await binance.set_key(made["key"], permissions={"enableWithdrawals": True})

        assert await world.connections.recheck_all() == 1
        assert await world.connections.recheck_all() == 1

        [message] = await world.messages()
        assert message.kind == KEY_REFUSED
        assert message.subject_id == account.id
        assert message.user_id == world.member.user_id
        assert message.priority == ALERT
        assert message.payload == {
            "name": "Main",
            "exchange": "binance",
            "environment": "live",
            "finding": "can_withdraw",
            "params": {"exchange": "binance", "egress": None},
        }
        assert CHAT in world.rung
        with pytest.raises(CredentialsRejected) as refusal:
            world.accounts.check_tradable(await world.stored(account))
        assert refusal.value.code == "account_key_unsafe"

    async def test_a_key_that_lost_it_again_trades_again(
        self, world: World, binance: Venue
    ) -> None:
        made = await binance.add_key()
        account = await world.connect("binance", made)
        await binance.set_key(made["key"], permissions={"permitsUniversalTransfer": True})
        await world.connections.recheck_all()
        await binance.set_key(made["key"], permissions={"permitsUniversalTransfer": False})

        assert await world.connections.recheck_all() == 0

        world.accounts.check_tradable(await world.stored(account))

    async def test_a_revoked_key_stops(self, world: World, okx: Venue) -> None:
        made = await okx.add_key()
        account = await world.connect("okx", made)
        await okx.call("remove_key", key=made["key"])

        assert await world.connections.recheck_all() == 1

        [message] = await world.messages()
        assert message.payload["finding"] == "key_unknown"
        stored = await world.stored(account)
        assert stored.permissions is None
        assert stored.is_active
        with pytest.raises(CredentialsRejected) as refusal:
            world.accounts.check_tradable(stored)
        assert refusal.value.code == "account_key_refused"

    async def test_an_unknown_right_is_named_in_plain_json(
        self, world: World, binance: Venue
    ) -> None:
        made = await binance.add_key()
        await world.connect("binance", made)
        await binance.set_key(made["key"], permissions={"enableGifts": True})

        await world.connections.recheck_all()

        [message] = await world.messages()
        assert message.payload["params"]["rights"] == ["enableGifts"]

    async def test_a_venue_that_is_away_stops_nobody(self, world: World, okx: Venue) -> None:
        account = await world.connect("okx", await okx.add_key())
        await okx.listen("refuse")

        assert await world.connections.recheck_all() == 0

        assert await world.messages() == []
        assert await world.stored(account) == account

    async def test_a_venue_that_is_away_is_asked_once_a_round(
        self, small: World, binance: Venue, okx: Venue
    ) -> None:
        await small.connect("binance", await binance.add_key(), name="One")
        await small.connect("binance", await binance.add_key(), name="Two")
        made = await okx.add_key()
        await small.connect("okx", made, name="Three")
        await okx.call("remove_key", key=made["key"])
        await binance.call("restrict")
        asked = len(await binance.journal("request"))

        assert await small.connections.recheck_all() == 1

        assert len(await binance.journal("request")) == asked + 1

    async def test_the_end_of_a_key_is_told_14_7_3_and_1_days_before_once_each(
        self, world: World, binance: Venue
    ) -> None:
        ends = world.clock() + timedelta(days=20)
        made = await binance.add_key(expires_ms=int(ends.timestamp() * 1000))
        account = await world.connect("binance", made)
        told = {}

        for day in range(20):
            await world.connections.recheck_all()
            await world.connections.recheck_all()
            for message in await world.messages():
                assert message.kind == KEY_EXPIRING
                assert message.subject_id == account.id
                assert message.payload["expires_at"] == ends.isoformat()
                told[20 - day] = message.payload["days"]
            world.clock.advance(DAY)

        assert told == {14: 14, 7: 7, 3: 3, 1: 1}

    async def test_a_key_connected_late_gets_the_nearest_warning_only(
        self, world: World, binance: Venue
    ) -> None:
        ends = world.clock() + timedelta(days=2)
        made = await binance.add_key(expires_ms=int(ends.timestamp() * 1000))
        await world.connect("binance", made)

        await world.connections.recheck_all()

        assert [m.payload["days"] for m in await world.messages()] == [3]

    async def test_only_what_was_not_looked_at_for_a_day_is_due(
        self, small: World, okx: Venue
    ) -> None:
        account = await small.connect("okx", await okx.add_key())
        asked = len(await okx.journal("request"))

        await small.connections.recheck_due()
        small.clock.advance(DAY - timedelta(seconds=1))
        await small.connections.recheck_due()
        assert len(await okx.journal("request")) == asked
        small.clock.advance(timedelta(seconds=1))
        await small.connections.recheck_due()

        assert len(await okx.journal("request")) > asked
        assert (await small.stored(account)).checked_at == small.clock()

    async def test_a_broken_account_keeps_no_other_from_its_check(
        self, world: World, okx: Venue, any_url: str
    ) -> None:
        broken = await world.connect("okx", await okx.add_key(), name="Broken")
        made = await okx.add_key()
        await world.connect("okx", made, name="Sound")
        await edit(
            any_url,
            "UPDATE exchange_account SET credentials_version = 7 WHERE id = :id",
            id=broken.id,
        )
        await okx.call("remove_key", key=made["key"])

        with pytest.raises(SealBrokenError):
            await world.connections.test(world.member, broken.id)
        assert await world.connections.recheck_all() == 1

    async def test_switched_off_and_practice_accounts_are_left_alone(
        self, small: World, okx: Venue
    ) -> None:
        account = await small.connect("okx", await okx.add_key())
        await small.connections.set_active(small.member, account.id, is_active=False)
        asked = len(await okx.journal("request"))

        assert await small.connections.recheck_all() == 0

        assert len(await okx.journal("request")) == asked


class TestTrading:
    @pytest.mark.parametrize("environment", ["live", "demo"])
    async def test_a_good_key_trades(self, small: World, okx: Venue, environment: str) -> None:
        made = await okx.add_key(environment=environment)
        kind = LIVE if environment == "live" else SANDBOX
        trader = await as_default(small, await small.connect("okx", made, environment=kind))

        order = await small.orders.confirm(trader, (await drawn(small, trader)).order.id, 1)

        assert isinstance(order, Order)
        assert order.status is OrderStatus.CLOSED

    async def test_an_exposed_account_gets_no_card(self, small: World, okx: Venue) -> None:
        account = await small.connect("okx", await okx.add_key())
        trader = await as_default(small, account)
        await small.connections.set_exposed(account.tenant_id, account.id, is_exposed=True)

        assert (await refused(drawn(small, trader), CredentialsRejected)).code == (
            "account_exposed"
        )

    async def test_an_account_that_was_exposed_meanwhile_confirms_nothing(
        self, small: World, okx: Venue
    ) -> None:
        account = await small.connect("okx", await okx.add_key())
        trader = await as_default(small, account)
        card = await drawn(small, trader)
        await small.connections.set_exposed(account.tenant_id, account.id, is_exposed=True)

        work = small.orders.confirm(trader, card.order.id, 1)
        assert (await refused(work, CredentialsRejected)).code == "account_exposed"

        assert await okx.orders() == []

    async def test_an_order_confirmed_before_is_not_sent_and_says_why(
        self, small: World, okx: Venue
    ) -> None:
        account = await small.connect("okx", await okx.add_key())
        trader = await as_default(small, account)
        card = await drawn(small, trader)
        async with small.database.write(trader.tenant_id) as data:
            confirmed = await data.orders.confirm(card.order.id, message_id=1, now=small.clock())
        assert confirmed is not None
        await small.connections.set_exposed(account.tenant_id, account.id, is_exposed=True)

        await small.execution.send(confirmed)

        async with small.database.read(trader.tenant_id) as data:
            order = await data.orders.get(card.order.id)
        assert order is not None
        assert order.status is OrderStatus.NOT_PLACED
        assert order.reason == "account_exposed"
        assert await okx.orders() == []
        assert [message.kind for message in await small.messages()] == ["order"]

    async def test_practice_always_trades(self, small: World) -> None:
        await small.connections.set_exposed(
            small.member.tenant_id, small.member.account_id, is_exposed=True
        )

        card = await drawn(small, small.member)
        order = await small.orders.confirm(small.member, card.order.id, 1)

        assert isinstance(order, Order)
        assert order.status is OrderStatus.CLOSED


async def as_default(world: World, account: Any) -> Member:
    member = replace(world.member, account_id=account.id)
    async with world.database.write(member.tenant_id) as data:
        await data.members.save(member)
    return member


async def drawn(world: World, member: Member, *, price: Decimal | None = None) -> Card:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    quantity = Quantity(QuantityKind.BASE, Decimal("0.001"))
    wish = OrderWish(Side.BUY, "BTC", quantity, kind, price)
    return await world.orders.draft(member, wish, Place(CHAT, f"key {world.clock()}"))


async def resting(world: World, okx: Venue) -> tuple[Any, Order]:
    """An account with an order in the venue's book."""
    account = await world.connect("okx", await okx.add_key())
    trader = await as_default(world, account)
    card = await drawn(world, trader, price=Decimal(50_000))
    order = await world.orders.confirm(trader, card.order.id, 1)
    assert isinstance(order, Order)
    assert order.status is OrderStatus.OPEN
    return account, order
