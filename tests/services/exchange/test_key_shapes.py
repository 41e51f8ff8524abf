"""Keys that were swapped, torn or pasted badly are noticed before anything is sent."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.domain.venues import KeyKind
from services.exchange.key_shapes import is_swapped, malformed, tidied
from services.vault_keygen import generate_key

KEYS = {
    "okx": ("c5dcfbf1-f3a7-4b8e-9d2c-1a2b3c4d5e6f", "A1B2C3D4" * 4),
    "bybit": ("aB3" * 6, "xY9z" * 9),
    "bitget": ("bg_" + "0a" * 16, "0b" * 32),
    "gate": ("0a" * 16, "0b" * 32),
    "kucoin": ("0a1b2c" * 4, "c5dcfbf1-f3a7-4b8e-9d2c-1a2b3c4d5e6f"),
    "kraken": ("aB3+" * 14, "xY9/" * 21 + "ab=="),
    "mexc": ("mx0vglABC", "0a" * 16),
}


def parts(exchange: str) -> dict[str, str]:
    key, secret = KEYS[exchange]
    return {"apiKey": key, "secret": secret, "password": "phrase"}


@pytest.mark.parametrize("exchange", KEYS)
def test_parts_in_their_places_are_not_swapped(exchange: str) -> None:
    assert not is_swapped(exchange, parts(exchange))


@pytest.mark.parametrize("exchange", KEYS)
def test_parts_in_each_others_place_are(exchange: str) -> None:
    given = parts(exchange)
    assert is_swapped(exchange, given | {"apiKey": given["secret"], "secret": given["apiKey"]})


def test_a_wallets_key_in_the_place_of_its_address_is_noticed() -> None:
    given = {"walletAddress": "0x" + "1a" * 32, "privateKey": "0x" + "2b" * 20}
    assert is_swapped("hyperliquid", given)
    assert not is_swapped("hyperliquid", dict(zip(given, reversed(given.values()), strict=True)))


@pytest.mark.parametrize("exchange", ["binance", "bitstamp"])
def test_where_both_look_alike_nothing_is_claimed(exchange: str) -> None:
    assert not is_swapped(exchange, {"apiKey": "a" * 64, "secret": "b" * 64})


@pytest.mark.parametrize("exchange", ["binance", "coinbase", "bybit"])
def test_a_private_key_where_the_key_id_belongs_is_swapped(exchange: str) -> None:
    pem = generate_key(KeyKind.ED25519).private.reveal()
    assert is_swapped(exchange, {"apiKey": pem, "secret": "a" * 64})


@pytest.mark.parametrize(
    "text", ["two words", "line\nbreak", "tab\tin it", "schlüssel", "zero\u200bwidth"]
)
def test_what_no_key_holds_is_malformed(text: str) -> None:
    assert malformed({"apiKey": "good", "secret": text}) == "secret"


def test_a_passphrase_may_hold_anything() -> None:
    assert malformed({"apiKey": "good", "password": "süß & two words!"}) is None


@pytest.mark.parametrize("kind", list(KeyKind))
@pytest.mark.parametrize(
    "pasted",
    [
        lambda pem: pem,
        lambda pem: f"  {pem}\n\n",
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: pem.replace("\n", "\\n"),
        lambda pem: pem.replace("\n", " "),
        lambda pem: pem.replace("\n", ""),
    ],
)
def test_a_private_key_survives_being_pasted(kind: KeyKind, pasted: object) -> None:
    pem = generate_key(kind).private.reveal()

    text = tidied(pasted(pem))  # type: ignore[operator]

    assert text == pem
    assert malformed({"secret": text}) is None
    load_pem_private_key(text.encode(), None)


@pytest.mark.parametrize("cut", [10, 40, 100, -1, -10])
def test_a_private_key_that_was_cut_is_malformed(cut: int) -> None:
    pem = generate_key(KeyKind.ED25519).private.reveal()
    assert malformed({"secret": tidied(pem[:cut])}) == "secret"


def test_the_public_part_is_not_the_secret() -> None:
    assert malformed({"secret": tidied(generate_key(KeyKind.ED25519).public)}) == "secret"


@pytest.mark.parametrize("text", ["  abc\r\n", "\tabc ", "abc"])
def test_blanks_around_a_value_are_taken_off(text: str) -> None:
    assert tidied(text) == "abc"
