"""Rights of keys asked of real classes over the wire: the right question, the answer read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.clock import utc_now
from services.domain.accounts import Environment
from services.domain.keys import KeyFacts
from services.domain.secrets import Credentials
from services.errors import CredentialsRejected, ExchangeUnavailable
from services.exchange.connector import Connector
from services.exchange.network import Network
from services.exchange.permissions import key_facts, permissions
from tests.services.exchange.answering import Answering, answering
from tests.services.exchange.key_answers import API_KEY, CONTRACTS
from tests.venues.client import Venue, VenueProcess

LIVE, SANDBOX = Environment.LIVE, Environment.SANDBOX
SECRET = "c2VjcmV0" * 8
MASTER_KEY, AGENT_KEY = "0x" + "11" * 32, "0x" + "22" * 32
MASTER = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
AGENT = "0x1563915e194D8CfBA1943570603F7606A3115508"


async def at_once(_seconds: float) -> None:
    """Wait for nothing between two tries."""


def credentials(venue: str) -> Credentials:
    fields = {"apiKey": API_KEY, "secret": SECRET}
    if venue in {"okx", "bitget", "kucoin"}:
        fields["password"] = "phrase"
    if venue == "coinbase":
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        fields["secret"] = pem.decode().strip()
    return Credentials.of(fields)


@asynccontextmanager
async def asked(
    network: Network, venue: str, environment: Environment, keys: Credentials
) -> AsyncIterator[Any]:
    connector = Connector(network, {}, now=utc_now, pause=at_once)
    client = connector.private(venue, environment, keys)
    try:
        yield client
    finally:
        await client.close()
        await connector.close()


async def facts_of(
    network: Network, venue: str, environment: Environment, keys: Credentials
) -> KeyFacts:
    async with asked(network, venue, environment, keys) as client:
        return await key_facts(client)


@pytest.mark.parametrize("venue", CONTRACTS)
async def test_the_real_class_asks_the_venues_endpoint_and_its_answer_is_read(
    venue: str, tmp_path: Path
) -> None:
    contract = CONTRACTS[venue]
    answers = {contract.method: contract.good, ("GET", "/v2/user/uid"): {"code": 200, "data": 7}}
    async with answering(tmp_path, answers) as server:
        facts = await facts_of(server.network, venue, LIVE, credentials(venue))

    assert facts.permissions.is_safe
    assert facts.permissions.can_trade
    assert contract.method in {(method, path) for _, method, path in server.asked}


async def test_a_venue_without_an_endpoint_is_asked_nothing_and_stays_unverified(
    tmp_path: Path,
) -> None:
    async with answering(tmp_path, {}) as server:
        facts = await facts_of(server.network, "mexc", LIVE, credentials("mexc"))

    assert not facts.permissions.is_verified
    assert not facts.permissions.is_safe
    assert server.asked == []


async def test_an_answer_that_is_no_answer_refuses_the_key(tmp_path: Path) -> None:
    answers = {CONTRACTS["bitget"].method: {"code": "00000", "data": {}}}
    async with answering(tmp_path, answers) as server:
        facts = await facts_of(server.network, "bitget", LIVE, credentials("bitget"))

    assert not facts.permissions.is_safe


class TestWallets:
    """A wallet of Hyperliquid that may only act for its owner cannot withdraw."""

    @staticmethod
    def keys(private_key: str) -> Credentials:
        return Credentials.of({"walletAddress": MASTER, "privateKey": private_key})

    @staticmethod
    async def ask(tmp_path: Path, roles: Mapping[str, Any]) -> tuple[KeyFacts, Answering]:
        def info(body: Mapping[str, Any]) -> Any:
            return roles[body["type"]]

        async with answering(tmp_path, {("POST", "/info"): info}) as server:
            facts = await facts_of(
                server.network, "hyperliquid", LIVE, TestWallets.keys(AGENT_KEY)
            )
        return facts, server

    async def test_an_agent_of_the_owner_is_safe_and_its_end_is_told(self, tmp_path: Path) -> None:
        facts, _ = await self.ask(
            tmp_path,
            {
                "userRole": {"role": "agent", "data": {"user": MASTER.lower()}},
                "extraAgents": [
                    {"name": "bot", "address": AGENT.lower(), "validUntil": 1798645219000}
                ],
            },
        )

        assert facts.permissions.is_safe
        assert facts.permissions.can_trade
        assert facts.permissions.expires_at == datetime(2026, 12, 30, 15, 40, 19, tzinfo=UTC)

    @pytest.mark.parametrize(
        "role",
        [
            {"role": "agent", "data": {"user": "0x" + "33" * 20}},
            {"role": "agent"},
            {"role": "user"},
            {"role": "vault"},
            {"role": "missing"},
            {},
            None,
        ],
    )
    async def test_any_other_wallet_is_refused(
        self, tmp_path: Path, role: dict[str, Any] | None
    ) -> None:
        facts, _ = await self.ask(tmp_path, {"userRole": role or [], "extraAgents": []})

        assert not facts.permissions.is_safe

    async def test_the_owners_own_key_is_refused_without_asking(self, tmp_path: Path) -> None:
        async with answering(tmp_path, {}) as server:
            facts = await facts_of(server.network, "hyperliquid", LIVE, self.keys(MASTER_KEY))

        assert facts.permissions.can_withdraw
        assert server.asked == []


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
        yield venue


@pytest.fixture
async def okx(processes: dict[str, VenueProcess]) -> AsyncIterator[Venue]:
    async with Venue.borrow(processes["okx"]) as venue:
        yield venue


def network(venue: Venue) -> Network:
    return Network(venue.ca_file, venue.resolve)


def keys(made: Mapping[str, str]) -> Credentials:
    fields = {"apiKey": made["key"], "secret": made["secret"], "password": made["passphrase"]}
    return Credentials.of({name: text for name, text in fields.items() if text})


async def test_binance_tells_the_rights_of_a_key(binance: Venue) -> None:
    made = await binance.add_key(ips=["127.0.0.1"], expires_ms=1_900_000_000_000)

    facts = await facts_of(network(binance), "binance", LIVE, keys(made))

    assert facts.permissions.is_safe
    assert facts.permissions.can_trade
    assert facts.permissions.ip_bound is True
    assert facts.permissions.expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
    assert facts.created_at is not None


@pytest.mark.parametrize(
    "right", ["enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"]
)
async def test_binance_keys_that_let_money_out_are_seen(binance: Venue, right: str) -> None:
    made = await binance.add_key()
    await binance.set_key(made["key"], permissions={right: True})

    assert not (await facts_of(network(binance), "binance", LIVE, keys(made))).permissions.is_safe


async def test_binance_demo_keys_are_not_asked_about(binance: Venue) -> None:
    made = await binance.add_key(environment="demo")

    facts = await facts_of(network(binance), "binance", SANDBOX, keys(made))

    assert not facts.permissions.is_verified
    assert not [e for e in await binance.journal("request") if "apiRestrictions" in e["path"]]


@pytest.mark.parametrize("environment", [LIVE, SANDBOX])
async def test_okx_tells_the_rights_of_a_key(okx: Venue, environment: Environment) -> None:
    made = await okx.add_key(environment="demo" if environment is SANDBOX else "live")

    facts = await facts_of(network(okx), "okx", environment, keys(made))

    assert facts.permissions.is_safe
    assert facts.permissions.can_trade
    assert facts.permissions.ip_bound is False
    assert facts.account_mode == "2"
    assert facts.position_mode == "net_mode"


async def test_okx_keys_that_withdraw_are_seen(okx: Venue) -> None:
    made = await okx.add_key(permissions={"perm": "read_only,trade,withdraw"})

    assert (await facts_of(network(okx), "okx", LIVE, keys(made))).permissions.can_withdraw


async def test_a_key_that_the_venue_does_not_take_is_told_from_a_venue_that_is_away(
    okx: Venue,
) -> None:
    made = await okx.add_key()
    wrong = keys(made | {"passphrase": "another"})

    async with asked(network(okx), "okx", LIVE, wrong) as client:
        with pytest.raises(CredentialsRejected) as refusal:
            await permissions(client)
    await okx.listen("refuse")
    async with asked(network(okx), "okx", LIVE, keys(made)) as client:
        with pytest.raises(ExchangeUnavailable):
            await permissions(client)

    assert refusal.value.code == "passphrase_wrong"


async def test_a_refused_address_is_told(okx: Venue) -> None:
    made = await okx.add_key(ips=["203.0.113.7"])

    async with asked(network(okx), "okx", LIVE, keys(made)) as client:
        with pytest.raises(CredentialsRejected) as refusal:
            await permissions(client)

    assert refusal.value.code == "address_not_allowed"
    assert refusal.value.params == {"egress": "127.0.0.1"}
