"""The answer about a good key passes; each danger, each gap and each strange word does not."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.exchange.key_rights import READERS, Asked
from tests.services.exchange.key_answers import API_KEY, CONTRACTS

NOW = datetime(2026, 11, 22, tzinfo=UTC)
VENUES = [pytest.param(name, id=name) for name in CONTRACTS]


def read(venue: str, answer: object) -> Any:
    return READERS[venue](answer, Asked(API_KEY, NOW))


def changed(answer: Any, path: tuple[str | int, ...], value: object) -> Any:
    copied = copy.deepcopy(answer)
    *way, last = path
    place = copied
    for step in way:
        place = place[step]
    place[last] = value
    return copied


def without(answer: Any, path: tuple[str | int, ...]) -> Any:
    copied = copy.deepcopy(answer)
    *way, last = path
    place = copied
    for step in way:
        place = place[step]
    del place[last]
    return copied


def contracts(kind: str) -> list[Any]:
    return [
        pytest.param(venue, path, value, id=f"{venue}-{name}")
        for venue, contract in CONTRACTS.items()
        for name, (path, value) in getattr(contract, kind).items()
    ]


def test_every_venue_with_a_reader_has_a_contract() -> None:
    assert {"okx" if name in {"myokx", "okxus"} else name for name in READERS} == set(CONTRACTS)


@pytest.mark.parametrize("venue", VENUES)
def test_a_recorded_good_answer_passes(venue: str) -> None:
    permissions = read(venue, CONTRACTS[venue].good).permissions

    assert permissions.is_safe
    assert permissions.can_read
    assert permissions.can_trade
    assert permissions.unknown == ()


@pytest.mark.parametrize(("venue", "path", "value"), contracts("dangerous"))
def test_a_right_that_lets_money_out_is_seen_as_one(
    venue: str, path: tuple[str | int, ...], value: object
) -> None:
    permissions = read(venue, changed(CONTRACTS[venue].good, path, value)).permissions

    assert permissions.can_withdraw or permissions.can_transfer
    assert not permissions.is_safe


@pytest.mark.parametrize(("venue", "path", "value"), contracts("strange"))
def test_what_nobody_has_heard_of_is_refused(
    venue: str, path: tuple[str | int, ...], value: object
) -> None:
    permissions = read(venue, changed(CONTRACTS[venue].good, path, value)).permissions

    assert permissions.unknown
    assert not permissions.is_safe


@pytest.mark.parametrize(
    ("venue", "path"),
    [
        pytest.param(name, path, id=f"{name}-{path[-1]}")
        for name, contract in CONTRACTS.items()
        for path in contract.needed
    ],
)
def test_a_missing_field_is_refused(venue: str, path: tuple[str | int, ...]) -> None:
    assert not read(venue, without(CONTRACTS[venue].good, path)).permissions.is_safe


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("answer", [None, {}, [], "", "<html>", 0, [None], {"data": None}])
def test_an_answer_of_another_form_is_refused(venue: str, answer: object) -> None:
    assert not read(venue, answer).permissions.is_safe


@pytest.mark.parametrize(
    ("venue", "bound"),
    [(name, None if name == "coinbase" else True) for name in CONTRACTS],
)
def test_listed_addresses_are_noticed(venue: str, bound: bool | None) -> None:  # noqa: FBT001
    facts = read(venue, CONTRACTS[venue].good)

    assert facts.permissions.ip_bound is bound
    if bound and venue not in {"binance", "kucoin"}:
        assert facts.addresses == ("203.0.113.7",)


@pytest.mark.parametrize(
    ("venue", "path", "value"),
    [
        ("binance", ("ipRestrict",), False),
        ("okx", ("data", 0, "ip"), ""),
        ("bybit", ("result", "ips"), ["*"]),
        ("bybit", ("result", "ips"), []),
        ("bitget", ("data", "ips"), ""),
        ("gate", (0, "ip_whitelist"), []),
        ("kucoin", ("data", "ipWhitelist"), ""),
        ("kraken", ("result", "ip_allowlist"), []),
        ("htx", ("data", 0, "ipAddresses"), ""),
    ],
)
def test_a_key_for_any_address_is_noticed(
    venue: str, path: tuple[str | int, ...], value: object
) -> None:
    permissions = read(venue, changed(CONTRACTS[venue].good, path, value)).permissions

    assert permissions.ip_bound is False
    assert permissions.is_safe


@pytest.mark.parametrize(
    ("venue", "ends"),
    [
        ("binance", datetime(2026, 12, 30, 15, 40, 19, tzinfo=UTC)),
        ("bybit", datetime(2027, 1, 1, tzinfo=UTC)),
        ("kraken", datetime(2026, 12, 30, 15, 40, 19, tzinfo=UTC)),
        ("htx", NOW + timedelta(days=30)),
        ("okx", None),
        ("coinbase", None),
    ],
)
def test_the_end_of_a_key_is_read_where_it_is_told(venue: str, ends: datetime | None) -> None:
    assert read(venue, CONTRACTS[venue].good).permissions.expires_at == ends


@pytest.mark.parametrize(
    ("venue", "path", "value"),
    [
        ("binance", ("tradingAuthorityExpirationTime",), 0),
        ("binance", ("tradingAuthorityExpirationTime",), -1),
        ("bybit", ("result", "expiredAt"), "1970-01-01T00:00:00Z"),
        ("kraken", ("result", "valid_until"), "0"),
        ("htx", ("data", 0, "validDays"), -1),
    ],
)
def test_a_key_without_an_end_has_none(
    venue: str, path: tuple[str | int, ...], value: object
) -> None:
    permissions = read(venue, changed(CONTRACTS[venue].good, path, value)).permissions

    assert permissions.expires_at is None
    assert permissions.is_safe


@pytest.mark.parametrize(
    ("venue", "path", "value"),
    [
        ("binance", ("enableSpotAndMarginTrading",), False),
        ("okx", ("data", 0, "perm"), "read_only"),
        ("bybit", ("result", "readOnly"), 1),
        ("bitget", ("data", "authorities"), ["stor"]),
        ("gate", (0, "perms", 1, "read_only"), True),
        ("kucoin", ("data", "permission"), "General"),
        (
            "kraken",
            ("result", "permissions"),
            CONTRACTS["kraken"].good["result"]["permissions"][:3],
        ),
        ("coinbase", ("can_trade",), False),
        ("htx", ("data", 0, "permission"), "readOnly"),
    ],
)
def test_a_key_for_looking_only_is_safe_and_cannot_trade(
    venue: str, path: tuple[str | int, ...], value: object
) -> None:
    permissions = read(venue, changed(CONTRACTS[venue].good, path, value)).permissions

    assert permissions.is_safe
    assert not permissions.can_trade


def test_okx_tells_how_the_account_is_set() -> None:
    facts = read("okx", CONTRACTS["okx"].good)

    assert facts.account_mode == "2"
    assert facts.position_mode == "long_short_mode"


def test_a_right_of_a_new_name_that_is_off_harms_nobody() -> None:
    answer = CONTRACTS["binance"].good | {"enableGifts": False}

    assert read("binance", answer).permissions.is_safe


def test_a_harmless_right_may_be_left_out() -> None:
    answer = without(CONTRACTS["binance"].good, ("enablePortfolioMarginTrading",))

    assert read("binance", answer).permissions.is_safe


def test_no_more_of_a_venues_words_is_kept_than_fits_a_message() -> None:
    answer = CONTRACTS["binance"].good | {f"enable{'X' * 500}{n}": True for n in range(99)}

    unknown = read("binance", answer).permissions.unknown

    assert len(unknown) == 10
    assert max(map(len, unknown)) == 40
