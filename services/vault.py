"""Sealing: AES-256-GCM under keys derived from one master key, bound to where a text belongs.

The master key is 32 random bytes that never stand in the database. Every purpose has a subkey
of its own (HKDF-SHA256), and the context (purpose, owner) is authenticated, so a sealed text
copied to another row does not open. Source: design notes on trust, 2.1-2.4.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
# A random key has about 30 distinct bytes; fewer than this is a pattern, not a key.
_DISTINCT_BYTES = 16
_VERSION = b"qt1"


class WeakKeyError(ValueError):
    """The master key is not 32 random bytes; the text says what is wrong, never the key."""


class SealBrokenError(Exception):
    """A sealed text does not open: wrong key, wrong place or changed bytes."""


def check_key(key: bytes) -> None:
    """Refuse keys that nobody drew at random.

    Raises:
        WeakKeyError: With the fault.
    """
    if len(key) != KEY_BYTES:
        raise WeakKeyError(f"it has {len(key)} bytes instead of {KEY_BYTES}")
    if len(set(key)) < _DISTINCT_BYTES:
        raise WeakKeyError("it repeats itself, so it is not random")
    if key.isascii() and key.decode().isprintable():
        raise WeakKeyError("it is plain text, so it is not random")


def new_key() -> bytes:
    """Draw a master key."""
    while True:
        key = os.urandom(KEY_BYTES)
        if len(set(key)) >= _DISTINCT_BYTES:
            return key


def _associated_data(*parts: str | int) -> bytes:
    # Length before each part: ("a", "bc") and ("ab", "c") must differ.
    encoded = (str(part).encode() for part in parts)
    return _VERSION + b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class Vault:
    """Seals and opens texts for a purpose and a place."""

    def __init__(self, master_key: bytes) -> None:
        check_key(master_key)
        self._master_key = master_key
        self._ciphers: dict[str, AESGCM] = {}

    def __repr__(self) -> str:
        return "Vault(***)"

    def seal(self, text: str, *, purpose: str, place: int) -> bytes:
        """Encrypt a text for one purpose and one place (a row, a tenant)."""
        nonce = os.urandom(_NONCE_BYTES)
        data = _associated_data(purpose, place)
        return nonce + self._cipher(purpose).encrypt(nonce, text.encode(), data)

    def open(self, sealed: bytes, *, purpose: str, place: int) -> str:
        """Decrypt what `seal` made for the same purpose and place.

        Raises:
            SealBrokenError: It was made elsewhere, with another key, or was changed.
        """
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        data = _associated_data(purpose, place)
        try:
            return self._cipher(purpose).decrypt(nonce, body, data).decode()
        except (InvalidTag, ValueError):
            raise SealBrokenError(purpose) from None

    def _cipher(self, purpose: str) -> AESGCM:
        if purpose not in self._ciphers:
            key = HKDF(
                hashes.SHA256(), KEY_BYTES, salt=None, info=b"quanttrade " + purpose.encode()
            )
            self._ciphers[purpose] = AESGCM(key.derive(self._master_key))
        return self._ciphers[purpose]
