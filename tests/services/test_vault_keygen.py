"""Keys made here sign as the venues' classes want them, and only their public part is shown."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, unquote

import ccxt.async_support
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from services.domain.venues import KeyKind
from services.exchange.venues import CURATED
from services.vault_keygen import generate_key

KINDS = list(KeyKind)


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_keys_are_alike(kind: KeyKind) -> None:
    first, second = generate_key(kind), generate_key(kind)

    assert first.private != second.private
    assert first.public != second.public


@pytest.mark.parametrize("kind", KINDS)
def test_the_private_part_is_shown_nowhere(kind: KeyKind) -> None:
    key = generate_key(kind)

    assert "PRIVATE" not in f"{key} {key!r} {key.public}"
    with pytest.raises(TypeError):
        json.dumps(key.private)


def test_an_ed25519_key_is_short_enough_to_be_known_as_one() -> None:
    assert len(generate_key(KeyKind.ED25519).private.reveal()) <= 120


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_has_plain_line_feeds_and_none_at_its_ends(kind: KeyKind) -> None:
    key = generate_key(kind)
    for text in (key.private.reveal(), key.public):
        assert "\r" not in text
        assert text == text.strip()


def test_an_rsa_key_is_long_enough() -> None:
    public = load_pem_public_key(generate_key(KeyKind.RSA).public.encode())
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048


def test_binance_requests_are_signed_by_an_ed25519_key() -> None:
    key = generate_key(KeyKind.ED25519)
    exchange = ccxt.async_support.binance({"apiKey": "id", "secret": key.private.reveal()})

    signed = exchange.sign("account/apiRestrictions", ["sapi"], "GET", {"recvWindow": 5000})

    payload, _, signature = signed["url"].partition("?")[2].rpartition("&signature=")
    public = load_pem_public_key(key.public.encode())
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(base64.b64decode(unquote(signature)), payload.encode())
    assert dict(parse_qsl(payload))["recvWindow"] == "5000"


def test_bybit_requests_are_signed_by_an_rsa_key() -> None:
    key = generate_key(KeyKind.RSA)
    exchange = ccxt.async_support.bybit({"apiKey": "id", "secret": key.private.reveal()})

    signed: Any = exchange.sign("v5/user/query-api", ["private"], "GET", {})

    headers = signed["headers"]
    text = headers["X-BAPI-TIMESTAMP"] + "id" + headers["X-BAPI-RECV-WINDOW"]
    public = load_pem_public_key(key.public.encode())
    assert isinstance(public, rsa.RSAPublicKey)
    signature = base64.b64decode(headers["X-BAPI-SIGN"])
    public.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_every_kind_is_offered_somewhere() -> None:
    assert {kind for venue in CURATED.values() for kind in venue.key_kinds} == set(KeyKind)
