"""The key doctor at venues that speak the real protocols: one finding a cause, nothing stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.clock import utc_now
from services.domain.accounts import Environment
from services.domain.keys import Check, Examination, Finding, Verdict
from services.domain.secrets import Credentials
from services.exchange.connector import Connector
from services.exchange.network import Network
from services.key_doctor import KeyDoctor
from services.key_steps import Attestation
from tests.clock import Clock
from tests.services.connections_world import LIVE, SANDBOX, UNHURRIED, at_once, keys
from tests.services.exchange.answering import MEXC, MEXC_KEY, answering
from tests.venues.client import Venue, VenueProcess

NOTHING = Attestation()


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


async def examined(
    venue: Venue,
    credentials: Credentials,
    *,
    exchange: str | None = None,
    environment: Environment = LIVE,
    attestation: Attestation = NOTHING,
    **options: Any,
) -> Examination:
    connector = Connector(Network(venue.ca_file, venue.resolve), {}, now=utc_now, pause=at_once)
    doctor = KeyDoctor(connector, **{"now": utc_now} | options)
    try:
        return await doctor.examine(exchange or venue.name, environment, credentials, attestation)
    finally:
        await connector.close()


def said(found: Examination) -> dict[Check, tuple[Verdict, Finding | None]]:
    return {step.check: (step.verdict, step.finding) for step in found.steps}


def cause(found: Examination) -> tuple[Check, Finding | None]:
    assert found.failed is not None
    return found.failed.check, found.failed.finding


OK = (Verdict.OK, None)
UNTRIED = (Verdict.UNTRIED, None)


class TestGoodKeys:
    async def test_every_check_passes_at_binance(self, binance: Venue) -> None:
        made = await binance.add_key(ips=["127.0.0.1"], expires_ms=1_900_000_000_000)

        found = await examined(binance, keys(made))

        assert found.is_acceptable
        assert said(found) == dict.fromkeys(Check, OK)
        assert list(said(found)) == list(Check)
        assert found.offset is not None
        assert abs(found.offset) < timedelta(seconds=1)

    async def test_an_open_key_passes_with_a_warning_at_okx(self, okx: Venue) -> None:
        found = await examined(okx, keys(await okx.add_key()), egress="203.0.113.9")

        assert found.is_acceptable
        assert said(found)[Check.ADDRESS] == (Verdict.WARNING, Finding.ADDRESS_OPEN)
        assert found.egress == "203.0.113.9"
        assert said(found)[Check.EXPIRY] == UNTRIED

    async def test_our_address_is_known_from_a_key_bound_to_that_one(self, okx: Venue) -> None:
        made = await okx.add_key(ips=["127.0.0.1"])

        found = await examined(okx, keys(made))

        assert found.egress == "127.0.0.1"
        assert said(found)[Check.ADDRESS] == OK

    async def test_a_key_for_looking_only_passes_with_a_warning(self, binance: Venue) -> None:
        made = await binance.add_key()
        await binance.set_key(made["key"], permissions={"enableSpotAndMarginTrading": False})

        found = await examined(binance, keys(made))

        assert found.is_acceptable
        assert said(found)[Check.TRADE] == (Verdict.WARNING, Finding.CANNOT_TRADE)

    async def test_a_key_that_ends_soon_passes_with_a_warning(self, binance: Venue) -> None:
        made = await binance.add_key(expires_ms=1_900_000_000_000)
        clock = Clock(datetime(2030, 3, 10, tzinfo=UTC))

        found = await examined(binance, keys(made), now=clock)

        assert said(found)[Check.EXPIRY] == (Verdict.WARNING, Finding.EXPIRES_SOON)

    @pytest.mark.parametrize("name", ["binance", "okx"])
    async def test_a_sandbox_key_passes_in_the_sandbox(
        self, name: str, binance: Venue, okx: Venue
    ) -> None:
        venue = {"binance": binance, "okx": okx}[name]
        made = await venue.add_key(environment="demo")

        found = await examined(venue, keys(made), environment=SANDBOX)

        assert found.is_acceptable
        assert said(found)[Check.READ] == OK

    async def test_a_clock_that_is_off_is_told_and_allowed_for(self, binance: Venue) -> None:
        made = await binance.add_key()
        await binance.call("clock", skew_ms=-30_000)

        found = await examined(binance, keys(made))

        assert found.is_acceptable
        assert said(found)[Check.CLOCK] == (Verdict.WARNING, Finding.CLOCK_OFF)
        assert found.offset is not None
        assert timedelta(seconds=29) < found.offset < timedelta(seconds=31)


class TestBadKeys:
    @pytest.mark.parametrize(
        ("changes", "finding"),
        [
            ({"secret": "x" * 64}, Finding.SIGNATURE),
            ({"apiKey": "y" * 64}, Finding.KEY_REFUSED),
            ({"apiKey": "short"}, Finding.KEY_UNKNOWN),
        ],
    )
    async def test_binance_names_the_cause(
        self, binance: Venue, changes: dict[str, str], finding: Finding
    ) -> None:
        found = await examined(binance, keys(await binance.add_key(), **changes))

        assert cause(found) == (Check.KEY, finding)
        assert said(found)[Check.REACH] == OK
        assert said(found)[Check.READ] == UNTRIED
        assert found.facts is None

    @pytest.mark.parametrize(
        ("changes", "finding"),
        [
            ({"secret": "x" * 32}, Finding.SIGNATURE),
            ({"apiKey": "c5dcfbf1-f3a7-4b8e-9d2c-1a2b3c4d5e6f"}, Finding.KEY_UNKNOWN),
            ({"password": "another"}, Finding.PASSPHRASE),
        ],
    )
    async def test_okx_names_the_cause(
        self, okx: Venue, changes: dict[str, str], finding: Finding
    ) -> None:
        found = await examined(okx, keys(await okx.add_key(), **changes))

        assert cause(found) == (Check.KEY, finding)

    async def test_a_key_bound_to_another_address_brings_ours(self, okx: Venue) -> None:
        made = await okx.add_key(ips=["203.0.113.7"])

        found = await examined(okx, keys(made))

        assert cause(found) == (Check.KEY, Finding.ADDRESS_REFUSED)
        assert found.egress == "127.0.0.1"
        assert found.failed is not None
        assert found.failed.params["egress"] == "127.0.0.1"

    async def test_a_demo_key_is_unknown_to_the_live_venue(self, okx: Venue) -> None:
        made = await okx.add_key(environment="demo")

        assert cause(await examined(okx, keys(made))) == (Check.KEY, Finding.KEY_UNKNOWN)

    @pytest.mark.parametrize(
        ("right", "check", "finding"),
        [
            ("enableWithdrawals", Check.WITHDRAW, Finding.CAN_WITHDRAW),
            ("enableInternalTransfer", Check.TRANSFER, Finding.CAN_TRANSFER),
            ("permitsUniversalTransfer", Check.TRANSFER, Finding.CAN_TRANSFER),
            ("enableGifts", Check.RIGHTS, Finding.UNKNOWN_RIGHT),
        ],
    )
    async def test_a_right_too_many_is_refused(
        self, binance: Venue, right: str, check: Check, finding: Finding
    ) -> None:
        made = await binance.add_key()
        await binance.set_key(made["key"], permissions={right: True})

        assert cause(await examined(binance, keys(made))) == (check, finding)

    @pytest.mark.parametrize("right", ["enableWithdrawals", "permitsUniversalTransfer"])
    async def test_a_right_that_is_not_told_is_refused(self, binance: Venue, right: str) -> None:
        made = await binance.add_key()
        await binance.set_key(made["key"], permissions={right: None})

        found = await examined(binance, keys(made))

        assert cause(found) == (Check.RIGHTS, Finding.UNKNOWN_RIGHT)
        assert found.failed is not None
        assert found.failed.params["rights"] == (right,)

    async def test_a_key_that_cannot_read_is_refused(self, okx: Venue) -> None:
        made = await okx.add_key(permissions={"perm": ""})

        assert cause(await examined(okx, keys(made)))[1] in {
            Finding.CANNOT_READ,
            Finding.UNKNOWN_RIGHT,
        }

    async def test_swapped_fields_are_noticed_before_anything_is_sent(self, okx: Venue) -> None:
        swapped = Credentials.of(
            {
                "apiKey": "A1B2C3D4" * 4,
                "secret": "c5dcfbf1-f3a7-4b8e-9d2c-1a2b3c4d5e6f",
                "password": "phrase",
            }
        )

        found = await examined(okx, swapped)

        assert cause(found) == (Check.SHAPE, Finding.SWAPPED)
        assert await okx.journal("request") == []

    async def test_a_torn_key_is_noticed_before_anything_is_sent(self, binance: Venue) -> None:
        torn = Credentials.of({"apiKey": "a" * 64, "secret": "half of\nit"})

        found = await examined(binance, torn)

        assert cause(found) == (Check.SHAPE, Finding.MALFORMED)
        assert found.failed is not None
        assert found.failed.params["field"] == "secret"
        assert await binance.journal("request") == []


class TestVenuesInTrouble:
    async def test_a_venue_that_is_away_says_nothing_about_the_key(self, okx: Venue) -> None:
        made = await okx.add_key()
        await okx.listen("refuse")

        found = await examined(okx, keys(made))

        assert cause(found) == (Check.REACH, Finding.UNREACHABLE)
        assert said(found)[Check.KEY] == UNTRIED

    async def test_a_venue_that_serves_another_country_is_told(self, binance: Venue) -> None:
        made = await binance.add_key()
        await binance.call("restrict")

        found = await examined(binance, keys(made))

        assert cause(found) == (Check.REACH, Finding.RESTRICTED)

    @pytest.mark.parametrize("kind", ["garbage", "untrusted"])
    async def test_a_stranger_in_the_venues_place_gets_nothing(
        self, okx: Venue, kind: str
    ) -> None:
        made = await okx.add_key()
        await okx.listen(kind)

        found = await examined(okx, keys(made))

        assert cause(found) == (Check.REACH, Finding.UNREACHABLE)
        assert await okx.journal("request") == []


class TestRegions:
    @pytest.mark.parametrize(("region", "lives_at"), [("eea", "myokx"), ("us", "okxus")])
    async def test_a_key_of_another_site_is_found_there(
        self, okx: Venue, region: str, lives_at: str
    ) -> None:
        made = await okx.add_key(region=region)

        found = await examined(okx, keys(made))

        assert cause(found) == (Check.KEY, Finding.KEY_ELSEWHERE)
        assert found.region == lives_at
        assert found.failed is not None
        assert found.failed.params["region"] == lives_at

    async def test_it_is_found_with_a_wrong_passphrase_too(self, okx: Venue) -> None:
        made = await okx.add_key(region="eea")

        found = await examined(okx, keys(made, password="another"))

        assert found.region == "myokx"

    async def test_only_the_venues_own_sites_are_asked_and_nothing_is_changed_there(
        self, okx: Venue
    ) -> None:
        made = await okx.add_key(region="us")

        await examined(okx, keys(made))

        requests = await okx.journal("request")
        assert {entry["host"] for entry in requests} == {
            "www.okx.com",
            "eea.okx.com",
            "us.okx.com",
        }
        assert {entry["method"] for entry in requests} == {"GET"}

    async def test_a_key_that_no_site_knows_is_unknown(self, okx: Venue) -> None:
        made = await okx.add_key()
        await okx.call("remove_key", key=made["key"])

        found = await examined(okx, keys(made))

        assert cause(found) == (Check.KEY, Finding.KEY_UNKNOWN)
        assert found.region is None


async def test_where_a_venue_does_not_tell_only_reading_is_proved(tmp_path: Path) -> None:
    async with answering(tmp_path, MEXC) as server:
        connector = Connector(server.network, UNHURRIED, now=utc_now, pause=at_once)
        doctor = KeyDoctor(connector, now=utc_now)
        found = await doctor.examine("mexc", LIVE, MEXC_KEY, NOTHING)
        await connector.close()

    assert said(found)[Check.READ] == OK
    assert said(found)[Check.WITHDRAW] == UNTRIED
    assert cause(found) == (Check.RIGHTS, Finding.UNVERIFIABLE)


async def test_no_part_of_a_key_stands_in_what_was_found(okx: Venue) -> None:
    made = await okx.add_key()
    for changes in ({}, {"password": "another-phrase"}, {"secret": "wrong-secret-text"}):
        found = await examined(okx, keys(made, **changes))
        for text in (made["key"], made["secret"], made["passphrase"], *changes.values()):
            assert text not in repr(found)
